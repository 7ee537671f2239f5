"""How long a caption is, as each network counts it, and how long it may be."""

import re
import unicodedata

#: Characters a caption may have; Slack's own limit is far beyond any caption.
LONGEST = {"x": 280, "slack": 4000}

_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_URL_LENGTH = 23
_EMOJI = r"[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]?"
#: One picture, however many characters it is written with: flags, families, skin tones, keycaps.
_PICTURE = re.compile(
    rf"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_EMOJI}(?:\u200d{_EMOJI})*"
)
#: What counts once; everything else, such as kana, kanji and hangul, counts twice.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))


def caption_length(network: str, text: str) -> int:
    """Return the length of *text* on *network*: characters, on X weighted ones.

    X counts composed characters: Latin once, CJK and emoji twice, any address as 23
    (docs.x.com, "Counting characters"). Addresses without `https://` are not seen here.
    """
    if network != "x":
        return len(text)
    text = unicodedata.normalize("NFC", text)
    text, urls = _URL.subn("", text)
    text, pictures = _PICTURE.subn("", text)
    return urls * _URL_LENGTH + pictures * 2 + sum(_weight(ord(c)) for c in text)


def _weight(point: int) -> int:
    return 1 if any(first <= point <= last for first, last in _LIGHT) else 2
