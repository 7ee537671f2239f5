"""Slack's limits, written down once more: what the views make is held to them here.

From docs.slack.dev/reference/block-kit and /surfaces; characters are counted as UTF-16 units.
"""

import re
from collections.abc import Iterator
from typing import Any

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MOST_BUTTONS = 4
_DATE = r"!date\^\d{1,12}\^\{date_short_pretty\} \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC"
#: The only tokens that our own words may hold: a link, a moment, the name of a channel.
TOKEN = re.compile(rf"<(?:https?://[^\s<>|]+\|[^<>|]+|{_DATE}|#[CGD][A-Z0-9]+)>")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067\ud800-\udfff]")


def check_message(message: Any) -> list[str]:
    """Return what Slack, or our own manners, would refuse in a message."""
    faults = [*_text("text", message.text, 3000, mrkdwn=True), *_blocks("message", message.blocks)]
    buttons = [e for e in elements(message.blocks) if e["type"] == "button"]
    if len(buttons) > MOST_BUTTONS:
        faults.append(f"{len(buttons)} buttons")
    return faults


def check_view(view: dict[str, Any]) -> list[str]:
    """Return what Slack would refuse in a modal or in App Home."""
    faults = _blocks(view["type"], view["blocks"])
    if view["type"] == "modal":
        for name in ("title", "submit", "close"):
            faults += _object(name, view[name], 24, plain=True)
        if len(view["private_metadata"]) > 3000:
            faults.append("private_metadata is too long")
        if not any(block["type"] == "input" for block in view["blocks"]):
            faults.append("nothing to fill in")
    return faults


def elements(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what people can press or fill in."""
    for block in blocks:
        inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        yield from (e for e in inside if e and "action_id" in e)


def texts(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (type, text) of every text object within *value*."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str) and "type" in value:
            yield value["type"], value["text"]
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def _blocks(surface: str, blocks: list[dict[str, Any]]) -> list[str]:
    faults = [] if 0 < len(blocks) <= MOST_BLOCKS[surface] else [f"{len(blocks)} blocks"]
    for i, block in enumerate(blocks):
        check = _CHECKS.get(block["type"])
        faults += check(f"block {i}", block) if check else [f"what is {block['type']}?"]
        ids = [element["action_id"] for element in elements([block])]
        if len(ids) != len(set(ids)):
            faults.append(f"block {i}: the same action twice")
    named = [block["block_id"] for block in blocks if "block_id" in block]
    if len(named) != len(set(named)):
        faults.append("the same block_id twice")
    return faults


def _text(at: str, text: str, most: int, *, mrkdwn: bool) -> list[str]:
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    faults = [] if 0 < units <= most else [f"{at}: {units} characters of {most}"]
    if _CONTROL.search(text):
        faults.append(f"{at}: a control character")
    if mrkdwn:
        rest = TOKEN.sub("", text)
        if re.search(r"[<>]|&(?!amp;|lt;|gt;)", rest):
            faults.append(f"{at}: not escaped: {rest!r}")
    return faults


def _object(at: str, text: dict[str, Any], most: int, *, plain: bool = False) -> list[str]:
    if text["type"] == "plain_text":
        known = {"type", "text", "emoji"}
    else:
        known = {"type", "text", "verbatim"}
    faults = _text(at, text["text"], most, mrkdwn=text["type"] == "mrkdwn")
    if set(text) != known or (plain and text["type"] != "plain_text"):
        faults.append(f"{at}: not the text it must be")
    if text.get("verbatim") is False:
        faults.append(f"{at}: names in it would be linked")
    return faults


def _section(at: str, block: dict[str, Any]) -> list[str]:
    faults = _object(at, block["text"], 3000)
    return faults + (_element(at, block["accessory"]) if "accessory" in block else [])


def _context(at: str, block: dict[str, Any]) -> list[str]:
    faults = [] if 0 < len(block["elements"]) <= 10 else [f"{at}: too many elements"]
    return faults + [f for text in block["elements"] for f in _object(at, text, 2000)]


def _actions(at: str, block: dict[str, Any]) -> list[str]:
    faults = [] if 0 < len(block["elements"]) <= 25 else [f"{at}: too many elements"]
    return faults + [f for element in block["elements"] for f in _element(at, element)]


def _rich_text(at: str, block: dict[str, Any]) -> list[str]:
    faults = []
    for part in block["elements"]:
        for piece in part["elements"]:
            faults += _text(at, piece["text"], 3000, mrkdwn=False)
            if (part["type"], piece["type"], set(piece)) != (
                "rich_text_quote",
                "text",
                {"type", "text"},
            ):
                faults.append(f"{at}: more than a quote")
    return faults


def _image(at: str, block: dict[str, Any]) -> list[str]:
    faults = _text(at, block["alt_text"], 2000, mrkdwn=False)
    return faults + (
        [] if ("image_url" in block) != ("slack_file" in block) else [f"{at}: no image"]
    )


def _input(at: str, block: dict[str, Any]) -> list[str]:
    faults = _object(at, block["label"], 2000, plain=True)
    if "hint" in block:
        faults += _object(at, block["hint"], 2000, plain=True)
    if block["block_id"] != block["element"]["action_id"] or len(block["block_id"]) > 255:
        faults.append(f"{at}: it could not be read")
    return faults + _element(at, block["element"])


def _element(at: str, element: dict[str, Any]) -> list[str]:
    if element["type"] == "image":
        return _image(at, element)
    at, faults = f"{at}, {element['action_id']}", []
    if len(element["action_id"]) > 255:
        faults.append(f"{at}: too long an action_id")
    if "placeholder" in element:
        faults += _object(at, element["placeholder"], 150, plain=True)
    if element["type"] == "button":
        faults += _object(at, element["text"], 75, plain=True)
        faults += _text(at, element["value"], 2000, mrkdwn=False)
        if element.get("style", "danger") not in {"primary", "danger"}:
            faults.append(f"{at}: no such style")
        faults += _confirm(at, element["confirm"]) if "confirm" in element else []
    elif element["type"] == "plain_text_input":
        if not len(element.get("initial_value", "").encode("utf-16-le")) // 2 <= 3000:
            faults.append(f"{at}: initial_value is too long")
    elif element["type"] != "file_input":
        faults += _options(at, element)
    return faults


def _options(at: str, element: dict[str, Any]) -> list[str]:
    most = 10 if element["type"] in {"radio_buttons", "checkboxes"} else 100
    options = element["options"]
    faults = [] if 0 < len(options) <= most else [f"{at}: {len(options)} options"]
    for option in options:
        faults += _object(at, option["text"], 75, plain=True)
        faults += _text(at, option["value"], 150, mrkdwn=False)
    if len({option["value"] for option in options}) != len(options):
        faults.append(f"{at}: the same value twice")
    chosen = [*element.get("initial_options", [])]
    chosen += [element["initial_option"]] if "initial_option" in element else []
    return faults + [f"{at}: chosen, but no option" for c in chosen if c not in options]


def _confirm(at: str, confirm: dict[str, Any]) -> list[str]:
    limits = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
    return [
        f for name, most in limits.items() for f in _object(at, confirm[name], most, plain=True)
    ]


def _nothing(_at: str, _block: dict[str, Any]) -> list[str]:
    return []


_CHECKS = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "rich_text": _rich_text,
    "image": _image,
    "input": _input,
    "header": lambda at, block: _object(at, block["text"], 150, plain=True),
    "divider": _nothing,
}
