"""Emoji: what people see as one picture, however many characters it is written with."""

import re

#: The emoji of the first plane, by Unicode's list; of the second the blocks that are made of them.
_BASE = (
    "[\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3"
    "\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07"
    "\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_MODIFIER = "[\U0001f3fb-\U0001f3ff]"
_TAGS = "[\U000e0020-\U000e007e]+\U000e007f"
#: What stands alone, or is joined to others: in colour, with a skin, as the flag of a region.
_PART = rf"(?:[\u00a9\u00ae]\ufe0f|{_BASE}(?:\ufe0f?{_MODIFIER}|\ufe0f)?(?:{_TAGS})?)"

#: Flags, keycaps, families and all else, by the grammar of Unicode's UTS #51, section 1.4.9.
EMOJI = re.compile(rf"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_PART}(?:\u200d{_PART})*")
