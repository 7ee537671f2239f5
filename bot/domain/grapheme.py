"""Graphemes: what people take for one character. A text is never cut within one."""

import unicodedata
from collections.abc import Iterator

from bot.domain.emoji import EMOJI

_MARKS = {"Mn", "Me", "Mc"}
#: Joiners, vowel signs of Thai and Lao, and the voicing marks of halfwidth kana; no marks by name.
_JOINS = "\u200c\u200d\u0e33\u0eb3\uff9e\uff9f"
_SKINS, _TAGS = ("\U0001f3fb", "\U0001f3ff"), ("\U000e0020", "\U000e007f")
_VIRAMA = 9  # the combining class of what joins two consonants of an Indic script
_LEADING = (("\u1100", "\u115f"), ("\ua960", "\ua97c"))
_FOLLOWING = (("\u1160", "\u11ff"), ("\ud7b0", "\ud7fb"))
_SYLLABLES = ("\uac00", "\ud7a3")
#: Signs that stand over the number behind them.
_NUMBER_SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"


def graphemes(text: str) -> Iterator[str]:
    """Yield the graphemes of *text* (Unicode's UAX #29), every emoji as one."""
    at = 0
    while at < len(text):
        end = _end(text, at)
        yield text[at:end]
        at = end


def _end(text: str, at: int) -> int:
    if text.startswith("\r\n", at):
        return at + 2
    emoji = EMOJI.match(text, at)
    end = emoji.end() if emoji else at + 1
    while end < len(text) and _belongs(text, end):
        end += 1
    return end


def _belongs(text: str, at: int) -> bool:
    """Return whether the character at *at* is a part of the grapheme before it."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(before) == "Cc" or unicodedata.category(after) == "Cc":
        return False
    return (
        _is_mark(after)
        or _within(after, _SKINS, _TAGS)
        or before in _NUMBER_SIGNS
        or _hangul(before, after)
        or (unicodedata.category(after) == "Lo" and _is_joined(text, at))
    )


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in _MARKS or character in _JOINS


def _is_joined(text: str, at: int) -> bool:
    """Return whether the marks before *at* join two consonants."""
    while at > 0 and _is_mark(text[at - 1]):
        at -= 1
        if unicodedata.combining(text[at]) == _VIRAMA:
            return True
    return False


def _hangul(before: str, after: str) -> bool:
    if _within(after, *_FOLLOWING):
        return _within(before, *_LEADING, *_FOLLOWING, _SYLLABLES)
    return _within(before, *_LEADING) and _within(after, *_LEADING, _SYLLABLES)


def _within(character: str, *ranges: tuple[str, str]) -> bool:
    return any(first <= character <= last for first, last in ranges)
