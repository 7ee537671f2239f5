"""The options of a typed line: where they begin, and what they say.

`line` calls `split`, then `read_options`. Values may stand in quotes, straight or curly; a caption
needs none. Options within quotes are words.
"""

import re
from difflib import get_close_matches
from typing import Any

from bot.domain.post import Target
from bot.domain.video import parse_size
from bot.errors import RequestError
from bot.slack.words import Words

#: What may end a quote that begins so; phones mix the curly with the straight ones.
_CLOSING = {'"': '"”“', "“": '”"', "”": '”"', "„": '“”"', "«": "»", "「": "」", "『": "』"}
_SHAPES = ("portrait", "landscape", "square")
_WORD_OPTIONS = ("caption", "why")
_VALUES = ("seconds", "model", "size", "to", "lang", "provider", "template", *_WORD_OPTIONS)
OPTIONS = (*_VALUES, *_SHAPES)
#: Two hyphens and a letter; a long dash only right before an option's name (phones make them).
_OPTION = re.compile(
    rf"(?:^|(?<=\s))(?:--([a-zA-Z][^\s=]*)|[—–―]({'|'.join(OPTIONS)})(?=[\s=]|$))=?", re.IGNORECASE
)
_CHANNEL = re.compile(r"<#([CGD][A-Z0-9]+)(?:\|[^>]*)?>")
_PAIR = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


def split(text: str) -> tuple[str, str]:
    """Return what stands before the options, and the options."""
    start = _end_of_quote(text)
    match = _OPTION.search(text, start)
    if match is None:
        return text, ""
    return text[: match.start()].strip(), text[match.start() :]


def _end_of_quote(text: str) -> int:
    """Return where the quoted prompt ends that *text* begins with; 0 without one."""
    at = _closing(text, 0)
    rest = text[at + 1 :]
    whole = not rest.strip() or (rest[:1].isspace() and _OPTION.match(rest.lstrip()))
    return at + 1 if at > 0 and whole else 0


def _closing(text: str, start: int) -> int:
    """Return where the quote ends that begins at *start*; -1 without one."""
    ends = (text.find(sign, start + 1) for sign in _CLOSING.get(text[start : start + 1], ""))
    return min((end for end in ends if end > 0), default=-1)


def unquoted(head: str) -> str | None:
    """Return what stands in the quotes that *head* consists of; None without them."""
    end = _end_of_quote(head)
    return plain(head[1 : end - 1]) if end and end == len(head) else None


def plain(text: str) -> str:
    """Return *text* as it was typed: Slack sends three signs as entities."""
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text.strip()


def read_options(text: str, words: Words) -> dict[str, Any]:
    """Return the fields of a Line that *text* gives; `RequestError` for what cannot be meant."""
    return _Options(words).read(text)


class _Options:
    """Reads the options behind a line into the fields of a Line."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._given: dict[str, Any] = {}

    def read(self, text: str) -> dict[str, Any]:
        """Return the fields; `RequestError` for the first thing that cannot be meant."""
        found = list(_options_in(text))
        ends = [match.start() for match in found[1:]] + [len(text)]
        for match, end in zip(found, ends, strict=False):
            self._take((match[1] or match[2]).lower(), text[match.end() : end])
        return self._given

    def _take(self, name: str, rest: str) -> None:
        tokens = _words_in(rest) if name in _WORD_OPTIONS else _tokens(rest)
        if name not in OPTIONS:
            near = get_close_matches(name, OPTIONS, 1)
            key = "line.option.near" if near else "line.option.unknown"
            raise refusal(self._words, key, option=name, near=near[0] if near else "")
        if name in _SHAPES:
            self._given["shape"] = name
        elif not tokens:
            raise refusal(self._words, "line.option.empty", option=name)
        elif name in _WORD_OPTIONS:
            self._given[name] = plain(tokens[0])
            tokens = tokens[1:]
        else:
            self._set(name, plain(tokens[0]))
            tokens = self._pairs(tokens[1:]) if name == "template" else tokens[1:]
        if tokens:
            raise refusal(self._words, "line.leftover", leftover=tokens[0], option=name)

    def _set(self, name: str, value: str) -> None:
        if name == "seconds":
            match = re.fullmatch(r"([1-9][0-9]{0,3})(?:s|sec|秒)?", value, re.IGNORECASE)
            if not match:
                raise refusal(self._words, "line.seconds", value=value)
            self._given[name] = int(match[1])
        elif name == "size":
            self._given[name] = self._size(value)
        elif name == "to":
            targets = [self._target(each) for each in value.split(",") if each]
            self._given["targets"] = (*self._given.get("targets", ()), *targets)
        else:
            self._given[name] = value

    def _size(self, value: str) -> str:
        size = value.lower().replace("×", "x").replace("*", "x")
        try:
            parse_size(size)
        except ValueError as e:
            raise refusal(self._words, "line.size", value=value) from e
        return size

    def _target(self, text: str) -> str:
        text = _CHANNEL.sub(r"slack:\1", text)
        network = {"#": "slack:", "@": "x:"}.get(text[:1], "")
        try:
            return str(Target.parse(network + text))
        except ValueError as e:
            raise refusal(self._words, "line.target", value=text) from e

    def _pairs(self, tokens: list[str]) -> list[str]:
        """Take the `key=value` of a template; return what is left."""
        pairs: dict[str, str] = {}
        for i, token in enumerate(tokens):
            match = _PAIR.fullmatch(token)
            if not match:
                return tokens[i:]
            pairs[match[1]] = plain(match[2])
        if pairs:
            self._given["variables"] = pairs
        return []


def _options_in(text: str) -> list[re.Match[str]]:
    """Return where options begin, those within quotes left out."""
    found, free_from = [], 0
    for match in _OPTION.finditer(text):
        if match.start() < free_from:
            continue
        found.append(match)
        free_from = _end_of_value(text, match.end())
    return found


def _end_of_value(text: str, start: int) -> int:
    """Return where the quoted value behind an option ends; *start* if there is none."""
    end = _closing(text, _next_word(text, start))
    return end + 1 if end > 0 else start


def _next_word(text: str, start: int) -> int:
    match = re.compile(r"\s*").match(text, start)
    return match.end() if match else start


def _words_in(text: str) -> list[str]:
    """Return a value of many words: the quoted ones and what is left, or all of them."""
    text = text.strip()
    end = _end_of_value(text, 0)
    return [text[1 : end - 1], *text[end:].split()] if end else [text] * bool(text)


def _tokens(text: str) -> list[str]:
    """Return the words of *text*; what stands in quotes, also behind `key=`, is one."""
    tokens, at = list[str](), 0
    for match in re.finditer(r"\S+", text):
        if match.start() < at:
            continue
        at = match.end()
        prefix = re.match(r"[A-Za-z_][A-Za-z0-9_]*=", match[0])
        begin = match.start() + (prefix.end() if prefix else 0)
        end = _closing(text, begin)
        if end < 0:
            tokens.append(match[0])
            continue
        at = end + 1
        tokens.append((prefix[0] if prefix else "") + text[begin + 1 : end])
    return tokens


def refusal(words: Words, key: str, **values: object) -> RequestError:
    """Return the error *key* of the words: what was typed, and what to type instead."""
    shown = {name: str(value)[:80] for name, value in values.items()}
    return RequestError(words(key, **shown), hint=words(f"{key}.hint", **shown))
