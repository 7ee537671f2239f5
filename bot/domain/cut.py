"""Cutting: a text that is too long for X ends earlier, where a reader would pause."""

from collections.abc import Iterator
from itertools import chain

from bot.domain.caption import caption_length
from bot.domain.entity import entities
from bot.domain.grapheme import graphemes

_ELLIPSIS = "…"
#: A reader pauses behind these even where no blank follows, as in Japanese.
_PAUSES = "。、！？」』）．，"
#: What an ellipsis does not follow.
_LOOSE = ",;:"


def cut(text: str, most: int) -> str:
    """Return the beginning of *text* and an ellipsis, *most* long as X counts; short enough: as is.

    Never cut within an address, a mention, a tag or a grapheme, and never so that another address
    or mention comes of it. Empty if not even the first of these has room.
    """
    if caption_length("x", text) <= most:
        return text
    ends = list(_ends(text, most - caption_length("x", _ELLIPSIS)))
    for end in chain(_pauses(text, ends), reversed(ends)):
        kept = _bare(text[:end])
        if kept and _keeps(text, kept) and caption_length("x", kept + _ELLIPSIS) <= most:
            return kept + _ELLIPSIS
    return ""


def _bare(text: str) -> str:
    while text and (text[-1].isspace() or text[-1] in _LOOSE):
        text = text[:-1]
    return text


def _ends(text: str, most: int) -> Iterator[int]:
    """Yield where *text* may end without being longer than *most*."""
    end = length = 0
    for unit in _units(text):
        length += caption_length("x", unit)
        if length > most:
            return
        end += len(unit)
        yield end


def _units(text: str) -> Iterator[str]:
    """Yield what must stay whole: graphemes, and all of them that an entity reaches into."""
    within = entities(text)
    start = end = 0
    for grapheme in graphemes(text):
        end += len(grapheme)
        if not any(entity.start < end < entity.end for entity in within):
            yield text[start:end]
            start = end


def _pauses(text: str, ends: list[int]) -> Iterator[int]:
    """Yield the ends of words, the last one first, that leave at least half of what has room."""
    for end in reversed(ends):
        if end < ends[-1] / 2:
            return
        if text[end : end + 1].isspace() or text[end - 1] in _PAUSES:
            yield end


def _keeps(text: str, kept: str) -> bool:
    """Return whether *kept* has the entities of *text* as far as it goes, and no other."""
    known = tuple(entity for entity in entities(text) if entity.end <= len(kept))
    return entities(kept + _ELLIPSIS) == known
