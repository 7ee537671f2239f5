"""What the studio refuses to draw, in the way the original refused it.

A prompt is accepted and its job then fails with `moderation_blocked`; a character is refused at
once, since there is no job to fail. The original's sentence: community.openai.com/t/1372868.
The list is short on purpose: it lets clients meet a refusal, and the procedural renderer could draw
none of it anyway. Invariant: whole words only, so that no innocent word is caught for its middle.
"""

import re
import unicodedata
from typing import Final

CODE: Final = "moderation_blocked"
MESSAGE: Final = "Your request was blocked by our moderation system."

#: Never words of everyday prompts ("kill", "shoot", "naked"): an assassin bug is a fine subject.
WORDS: Final = (
    "beheading", "child abuse", "decapitation", "deepfake", "disembowelment", "genocide", "gore",
    "mutilation", "nudity", "porn", "pornographic", "pornography", "rape", "self-harm",
    "sexually explicit", "swastika", "torture", "darth vader", "mickey mouse", "pikachu",
)  # fmt: skip

_BLOCKED: Final = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, WORDS))})(?!\w)")


def blocked(text: str) -> bool:
    """Whether any of `WORDS` stands in `text`, however it is capitalised or spaced."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _BLOCKED.search(" ".join(folded.split())) is not None
