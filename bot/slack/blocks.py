"""The few kinds of block we use, each within Slack's limits.

The views build from these. The invariant: whatever text goes in, what comes out is taken by Slack,
and a text that is too long is cut where people see it.

Limits: docs.slack.dev/reference/block-kit. They are counted in UTF-16 units here, the strictest
reading of "characters".
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Block = dict[str, Any]

MOST_BLOCKS = 50
MOST_IN_VIEW = 100
SECTION = 3000
CONTEXT = 2000
HEADER = 150
LABEL = 75
TITLE = 24  # of a modal, its submit and its close
METADATA = 3000
#: The fallback text; Slack cuts at 40 000, nobody reads that in a notification.
FALLBACK = 1000
OPTIONS = 100

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: Signs that look the same and format nothing.
_TAME = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
#: Bidirectional overrides and isolates: they would turn our own words round.
_TURNING = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
_FILE_ID = re.compile(r"F[A-Z0-9]{6,}")
_SHORT_WORD = 12
#: Characters of one piece of a long quote: within SECTION however many units each of them takes.
_PIECE = SECTION // 2
#: What may not end a cut: it belongs to what was cut off.
_JOINING = {"\u200d", "\ufe0f"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What `chat.postMessage`, `chat.update` and `chat.postEphemeral` take."""

    #: A whole sentence, for notifications and screen readers.
    text: str
    blocks: Sequence[Block]


def message(text: str, blocks: Iterable[Block]) -> Message:
    """Return the message; *text* is mrkdwn, what people wrote in it already escaped."""
    return Message(text=_fit(text, FALLBACK), blocks=list(blocks)[:MOST_BLOCKS])


# --- text --------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Return *text* without signs that steer instead of showing; line breaks and tabs stay."""
    return "".join(c for c in text if c in "\n\t" or _shows(c))


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cs"} and character not in _TURNING


def cut(text: str, most: int) -> str:
    """Return *text* in at most *most* units, ending in "…" if there was more."""
    return _cut(clean(text), most, {})


def escape(text: str, most: int = SECTION) -> str:
    """Return *text* for mrkdwn: as written, mentioning and linking nothing."""
    return _cut(clean(text), most, _ESCAPES)


def inline(text: str, most: int = 80) -> str:
    """Return *text* as one line within a line of ours: it mentions and formats nothing."""
    line = " ".join(clean(text).split())
    line = _UNDERSCORE.sub("ˍ", line.translate(_TAME))
    if not any(unicodedata.bidirectional(c) in {"R", "AL"} for c in line):
        return _whole_words(_cut(line, most, _ESCAPES))
    return f"\u2068{_whole_words(_cut(line, most - 2, _ESCAPES))}\u2069"


def _whole_words(line: str) -> str:
    """Return a line that was cut, without the word that was cut through, if it is a short one."""
    start, blank, rest = line.rpartition(" ")
    cut_through = line.endswith("…") and blank and len(rest) <= _SHORT_WORD
    return f"{start}…" if cut_through else line


def _cut(text: str, most: int, escapes: dict[str, str]) -> str:
    shown, size, fitting = list[str](), 0, 0
    for character in text:
        written = escapes.get(character, character)
        size += _units(written)
        if size > most:
            break
        shown.append(written)
        if size < most:
            fitting = len(shown)
    else:
        return "".join(shown)
    kept = shown[:fitting]
    while kept and (kept[-1] in _JOINING or kept[-1].isspace()):
        kept.pop()
    return "".join(kept) + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fit(text: str, most: int) -> str:
    """Return text of ours within *most*: line by line, so that no token is torn apart."""
    if _units(text) <= most:
        return text
    kept, size = list[str](), 2
    for line in text.split("\n"):
        size += _units(line) + 1
        if size > most:
            break
        kept.append(line)
    return "\n".join([*kept, "…"])


def when(moment: datetime) -> str:
    """Return *moment* in the reader's own time; UTC where tokens are not read."""
    fallback = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def link(url: str, text: str) -> str:
    """Return a link on *text*, which is already escaped; only the text where it is no address."""
    if not re.fullmatch(r"https?://[^\s|<>]{1,2000}", url):
        return text
    return f"<{url.replace('&', '&amp;')}|{text.replace('|', '¦')}>"


# --- blocks ------------------------------------------------------------------------------------


def plain(text: str, most: int = SECTION) -> Block:
    """Return a text object that shows *text* as it is; it is never empty."""
    return {"type": "plain_text", "text": cut(text, most) or "–", "emoji": False}


def mrkdwn(text: str, most: int = SECTION) -> Block:
    """Return a text object of our own words; only tokens in <…> mean anything in it."""
    return {"type": "mrkdwn", "text": _fit(text, most) or "–", "verbatim": True}


def section(text: str, accessory: Block | None = None) -> Block:
    """Return a paragraph, with something at its right side."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block | ({"accessory": accessory} if accessory else {})


def context(text: str) -> Block:
    """Return a paragraph in small grey letters."""
    return {"type": "context", "elements": [mrkdwn(text, CONTEXT)]}


def header(text: str) -> Block:
    """Return a heading."""
    return {"type": "header", "text": plain(text, HEADER)}


def quote(text: str, most: int = SECTION) -> Block:
    """Return what people wrote, sign for sign; a long text in pieces that read as one."""
    shown = cut(text, most) or "–"
    pieces = [shown[at : at + _PIECE] for at in range(0, len(shown), _PIECE)]
    words = [{"type": "text", "text": piece} for piece in pieces]
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": words}]}


def actions(*buttons: Block) -> list[Block]:
    """Return the row of *buttons*; no row without any."""
    return [{"type": "actions", "elements": list(buttons)}] if buttons else []


def picture(source: str, alt: str) -> Block:
    """Return an image, as a block or as an accessory, of a Slack file id or a public address."""
    where = {"slack_file": {"id": source}} if _FILE_ID.fullmatch(source) else {"image_url": source}
    return {"type": "image", "alt_text": cut(alt, CONTEXT), **where}


def option(text: str, value: str) -> Block:
    """Return one choice of a select; *value* has at most 150 characters."""
    return {"text": plain(text, LABEL), "value": value}


def field(
    label: str, element: Block, *, key: str, optional: bool = False, hint: str | None = None
) -> Block:
    """Return a labelled input; block and action both carry *key*, by which it is read."""
    block: Block = {
        "type": "input",
        "block_id": key,
        "label": plain(label, CONTEXT),
        "element": element | {"action_id": key},
        "optional": optional,
    }
    return block | ({"hint": plain(hint, CONTEXT)} if hint else {})


def divider() -> Block:
    """Return a line across."""
    return {"type": "divider"}
