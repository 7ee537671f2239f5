"""Characters: names that stand for somebody with colours of their own.

Called before a prompt is read, which knows nouns only. The one invariant: a text that
names no character is read as it stands.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from bot.studio.renderer.spec import Subject
from bot.studio.renderer.vocabulary import SUBJECTS

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
#: Who a character is when the words do not say.
_NOUN = "cat"
_KINDS = (Subject.CAT, Subject.DOG, Subject.MONSTER)
_BEINGS = {word for word, subject in SUBJECTS.items() if subject in _KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """Somebody who looks the same in every clip; colours are `#rrggbb`."""

    name: str
    #: The colour of the whole figure.
    coat: str
    #: The colour of what it wears: a collar, a scarf, a tag.
    accent: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError("A character has a name.")
        for colour in (self.coat, self.accent):
            if not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
                raise ValueError(f"A character's colours are written #rrggbb, not {colour!r}.")

    def pattern(self) -> re.Pattern[str]:
        """Match the name as whole words, in any case."""
        words = r"\s+".join(map(re.escape, self.name.split()))
        return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


def lead(texts: Sequence[str], characters: Sequence[Character]) -> Character | None:
    """Return who the clip is about: whom the texts name first, else the first of all."""
    for text in texts:
        found = [(hit.start(), who) for who in characters if (hit := who.pattern().search(text))]
        if found:
            return min(found, key=lambda entry: entry[0])[1]
    return characters[0] if characters else None


def introduce(texts: Sequence[str], characters: Sequence[Character]) -> tuple[str, ...]:
    """Put a noun for every name, until a text has said what somebody is."""
    if not characters:
        return tuple(texts)
    names = [who.pattern() for who in characters]
    said: set[str] = set()
    introduced = []
    for text in texts:
        said.update(re.findall(r"[a-z]+", text.lower()))
        noun = "" if said & _BEINGS else _NOUN
        introduced.append(reduce(lambda left, name: name.sub(noun, left), names, text))
    return tuple(introduced)
