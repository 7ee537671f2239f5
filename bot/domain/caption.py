"""How long a caption is, as each network counts it, and how long it may be."""

import unicodedata

from bot.domain.emoji import EMOJI
from bot.domain.link import links

#: Characters a caption may have; Slack's own limit is far beyond any caption.
LONGEST = {"x": 280, "slack": 4000}

_LINK = 23
_EMOJI = 2
#: What counts once; everything else, such as kana, kanji and hangul, counts twice.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))


def caption_length(network: str, text: str) -> int:
    """Return the length of *text* on *network*: characters, on X weighted ones.

    X counts composed characters: Latin once, CJK and emoji twice, any address as 23
    (docs.x.com, "Counting characters"; version 3 of twitter-text's configuration).
    """
    if network != "x":
        return len(text)
    text = unicodedata.normalize("NFC", text)
    length = at = 0
    for span in links(text):
        length += _weigh(text[at : span.start]) + _LINK
        at = span.end
    return length + _weigh(text[at:])


def _weigh(text: str) -> int:
    text, pictures = EMOJI.subn("", text)
    return pictures * _EMOJI + sum(_weight(ord(character)) for character in text)


def _weight(point: int) -> int:
    return 1 if any(first <= point <= last for first, last in _LIGHT) else 2
