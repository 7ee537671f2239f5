"""The YAML between the `---` lines of a template."""

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, model_validator

from bot.document import Document, Shape, Wrong
from bot.domain.video import parse_size
from bot.errors import TemplateError

#: The key of a text that is the same in every language.
ANY_LANGUAGE = ""

_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_VARIABLE = re.compile("[A-Za-z][A-Za-z0-9_]{0,63}")


def _by_language(value: Any) -> Any:
    if isinstance(value, dict) and ANY_LANGUAGE in value:
        raise Wrong("a language has no name", "Write en, ja or pt-BR.")
    return {ANY_LANGUAGE: value} if isinstance(value, str) else value


def _language(key: str) -> str:
    if key != ANY_LANGUAGE and not _LANGUAGE.fullmatch(key):
        raise Wrong("is not a language", "Write en, ja or pt-BR.")
    return key


def _name(key: str) -> str:
    if not _VARIABLE.fullmatch(key) or key == "self":  # Jinja keeps that name to itself
        raise Wrong("is not a variable's name", "Write it as mood or time_of_day.")
    return key


def _size(text: str) -> str:
    try:
        parse_size(text)
    except ValueError:
        raise Wrong("is not a size", "Write width x height, as in 1280x720.") from None
    return text


Words = Annotated[str, Field(min_length=1, max_length=4000)]
Value = Annotated[str, Field(min_length=1, max_length=2000)]
Texts = Annotated[
    dict[Annotated[str, AfterValidator(_language)], Words],
    BeforeValidator(_by_language),
    Field(min_length=1),
]


class VariableShape(Shape):
    """What may be filled in."""

    choices: Annotated[tuple[Value, ...], Field(min_length=2, max_length=50)] | None = None
    default: Value | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """Take a text for its default, and nothing for: it must be given."""
        if value is None:
            return {}
        return {"default": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _agrees(self) -> "VariableShape":
        if self.choices and self.default and self.default not in self.choices:
            raise Wrong("its default is not among its choices", "Add it there, or leave it out.")
        return self


class LongCaption(StrEnum):
    """What becomes of a caption that is too long for a network."""

    REFUSE = "refuse"
    CUT = "cut"


class VideoShape(Shape):
    """The video this template is written for."""

    seconds: Annotated[StrictInt, Field(ge=1, le=3600)] | None = None
    size: Annotated[str, AfterValidator(_size)] | None = None
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class FrontMatter(Shape):
    """All keys."""

    description: Words
    caption: Texts | None = None
    long_caption: LongCaption = LongCaption.REFUSE
    alt: Texts | None = None
    variables: dict[Annotated[str, AfterValidator(_name)], VariableShape] = Field(default={})
    video: VideoShape = VideoShape()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages its words come in; none if they are the same for all."""
        named = self.caption if self.caption and ANY_LANGUAGE not in self.caption else self.alt
        return tuple(key for key in named or {} if key != ANY_LANGUAGE)


def split(source: str, name: str) -> tuple[Document, str, int]:
    """Return the front matter, the body, and the line on which the body begins."""
    lines = source.replace("\r\n", "\n").split("\n")
    if not lines or lines[0].rstrip() != "---":
        hint = "Begin with a line ---, then description: …, then a line ---, then the prompt."
        raise TemplateError(f"{name}:1: it does not begin with a front matter", hint=hint)
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        hint = "Close it with a line ---; the prompt comes after that."
        raise TemplateError(f"{name}:1: the front matter has no end", hint=hint)
    document = Document("\n".join(lines[1:end]), name=name, first_line=2, error=TemplateError)
    return document, "\n".join(lines[end + 1 :]), end + 2
