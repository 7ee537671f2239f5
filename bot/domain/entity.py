"""What X makes something of in a text: addresses, mentions, cashtags, hashtags."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.link import links

_LATIN = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"


class Kind(StrEnum):
    """What an entity is."""

    LINK = "link"
    MENTION = "mention"
    CASHTAG = "cashtag"
    HASHTAG = "hashtag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One of them, where it stands."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)


#: By the descriptions and the published cases of twitter-text 3; a mention may name a list.
_PATTERNS = {
    Kind.MENTION: re.compile(
        r"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?<=\b[Rr][Tt]))"
        r"[@＠][A-Za-z0-9_]{1,20}+(?:/[A-Za-z][A-Za-z0-9_-]{0,24}+)?"
        rf"(?![@＠{_LATIN}]|://)"
    ),
    Kind.CASHTAG: re.compile(
        rf"(?<![^\s{_MARKS}])\$[A-Za-z]{{1,6}}(?:[._][A-Za-z]{{1,2}})?"
        r"(?![^\s!-/:-@\[-`{-~])"
    ),
    Kind.HASHTAG: re.compile(r"(?<![\w&/])[#＃]\w+"),
}


def entities(text: str) -> tuple[Entity, ...]:
    """Return the entities of *text* from left to right; none overlaps another."""
    found: list[Entity] = []
    for each in sorted(_candidates(text), key=lambda each: each.start):
        if not found or each.start >= found[-1].end:
            found.append(each)
    return tuple(found)


def _candidates(text: str) -> Iterator[Entity]:
    for span in links(text):
        yield Entity(kind=Kind.LINK, text=text[span.start : span.end], start=span.start)
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            yield Entity(kind=kind, text=match[0], start=match.start())
