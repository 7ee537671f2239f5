"""Prompts: the templates people write, and what they render to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

#: A text in one or more languages: `{"": text}` or `{"en": …, "ja": …}`.
Text = Mapping[str, str]


def in_language(text: Mapping[str, T] | None, lang: str | None) -> T | None:
    """Return *text* in *lang*; the only or first one where *lang* is None. None without a text.

    Takes a `Text`, or what was made of each of its languages. Raises `KeyError` when the text
    exists, but not in that language.
    """
    if not text:
        return None
    if "" in text:
        return text[""]
    return text[lang] if lang else next(iter(text.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable of a template."""

    name: str
    #: None: one of `choices` is picked at random for each video; without choices the caller must
    #: give it.
    default: str | None = None
    #: Empty means any text.
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTemplate:
    """A file in `prompts/`, addressed by its stem."""

    name: str
    description: str
    variables: tuple[Variable, ...]
    languages: tuple[str, ...]
    #: Video defaults of the front matter; None where the file says nothing.
    seconds: int | None = None
    size: str | None = None
    model: str | None = None
    #: SHA-256 of the source, so that a Run says exactly what it was made from.
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a template (or a person) asks for: text for the provider, words for the post."""

    #: For the provider only; never used as the caption.
    text: str
    caption: str | None
    alt_text: str | None
    #: Whether the caption may be cut where it is too long for a network.
    may_cut: bool = False
    template: str | None = None
    digest: str | None = None
    #: All of them, with the defaults and what was picked at random.
    variables: Mapping[str, str] = field(default_factory=dict)
