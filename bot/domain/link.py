"""Addresses in a text, as X finds them: with `https://`, and without it.

What X calls an address is told by the descriptions and the published cases of twitter-text 3.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate, takewhile
from typing import NamedTuple

from bot.domain.tlds import TLDS

_LATIN = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253-\u0289\u02bb\u0300-\u036f\u1e00-\u1eff"
#: Marks of the writing direction, and what is no character at all.
_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\ufeff\uffff"
#: What a label of a host may be made of: nearly anything after `https://`, Latin without it.
_ANY = rf"[^\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x9f{_MARKS}]"
_ASCII = f"[a-z0-9{_LATIN}]"

_START = re.compile(
    rf"(?<![a-z0-9@＠$#＃\ufffe\ufeff\uffff])"
    rf"(?:(?P<protocol>https?://)(?={_ANY})"
    rf"|(?<![-_./{_LATIN}])(?={_ASCII}(?:[-_]|{_ASCII})*+\.{_ANY}))",
    re.IGNORECASE,
)
_HOST = re.compile(rf"(?:{_ANY}|[-_.])+")
_BARE_HOST = re.compile(rf"(?:(?:[-_]|{_ASCII})+\.)+(?:{_ANY}|[-_])+", re.IGNORECASE)
_LABEL = re.compile(rf"{_ANY}(?:(?:{_ANY}|[-_])*{_ANY})?")
_PUNYCODE = re.compile("xn--[a-z0-9-]+", re.IGNORECASE)
#: What may not follow a top-level domain.
_GOES_ON = re.compile("[a-zA-Z0-9@+-]")
_LONGEST_TLD = max(map(len, TLDS))
_LONGEST_LABEL = 63

_PATH_CHARS = rf"a-z0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&\u0400-\u04ff{_LATIN}"
_PARENS = rf"\((?:[{_PATH_CHARS}]|\([{_PATH_CHARS}]++\))++\)"
_TAIL = re.compile(
    r"(?::[0-9]+)?"
    rf"(?:/(?:(?:[{_PATH_CHARS}]|{_PARENS})*(?:[a-z0-9=_#/+\-\u0400-\u04ff{_LATIN}]|{_PARENS}))?)?"
    r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?",
    re.IGNORECASE,
)
#: X's own short address ends with its name, whatever stands behind it.
_SHORT = re.compile(r"(https?://t\.co/([a-z0-9]++))(?:\?[^\s?]*[a-z0-9\-_&=#/])?", re.IGNORECASE)
_LONGEST_SHORT = 40


class Span(NamedTuple):
    """Where something stands in a text."""

    start: int
    end: int


def links(text: str) -> Iterator[Span]:
    """Yield where the addresses of *text* stand, from left to right."""
    at = 0
    while start := _START.search(text, at):
        end = _end(text, start.end(), bare=not start["protocol"])
        if end is not None and start["protocol"]:
            end = _end_of_short(text[start.start() : end], end)
        if end is None:
            at = start.start() + 1
        else:
            yield Span(start.start(), end)
            at = end


def _end(text: str, start: int, *, bare: bool) -> int | None:
    """Return where the address ends whose host begins at *start*; None if it is none."""
    run = (_BARE_HOST if bare else _HOST).match(text, start)
    end = _end_of_host(text, run) if run else None
    tail = _TAIL.match(text, end) if end else None
    return tail.end() if tail else end


def _end_of_short(address: str, end: int) -> int | None:
    short = _SHORT.match(address)
    if short is None:
        return end
    if len(short[2]) > _LONGEST_SHORT:
        return None
    return end - len(address) + short.end()


def _end_of_host(text: str, run: re.Match[str]) -> int | None:
    """Return where the longest host ends that *run* begins with; None if there is none."""
    labels = run[0].split(".")
    hosts = takewhile(_LABEL.fullmatch, labels)
    at = [run.start() + n for n in accumulate(len(label) + 1 for label in hosts)]
    for i, start in reversed(list(enumerate(at, 1))):
        end = _end_of_top_level(text, start, run.end()) if i < len(labels) else None
        if end and "_" not in labels[i - 1] and _resolves(text[run.start() : end]):
            return end
    return None


def _end_of_top_level(text: str, start: int, limit: int) -> int | None:
    """Return where the longest top-level domain ends that begins at *start*."""
    if punycode := _PUNYCODE.match(text, start, limit):
        return punycode.end()
    for end in range(min(limit, start + _LONGEST_TLD), start, -1):
        if text[start:end].casefold() in TLDS and not _GOES_ON.match(text, end):
            return end
    return None


def _resolves(host: str) -> bool:
    """Return whether the name system could know *host*: no label has over 63 bytes there."""
    if any(len(label) > _LONGEST_LABEL for label in host.split(".")):
        return False
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def has_link(text: str) -> bool:
    """Return whether X would find an address in *text*."""
    return next(links(unicodedata.normalize("NFC", text)), None) is not None
