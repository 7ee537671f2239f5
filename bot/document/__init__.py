"""YAML that people write: its data, the line of every piece, and errors that name both.

`schedules` and `prompts` read their files through it. Nothing but `ConfigError` (or the subclass
the caller names) leaves it, whatever the bytes are, and no value is ever echoed: a key for an
API may stand in the wrong place.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from bot.document.tree import Fault, Location, Syntax, TreeReader, compose
from bot.document.words import Shape, Wrong, fault, nearest, suggest
from bot.errors import ConfigError

__all__ = ["Document", "Fault", "Location", "Shape", "Wrong", "nearest", "read_text", "suggest"]

ShapeT = TypeVar("ShapeT", bound=Shape)

#: Mistakes told at once; whoever has more has one in a script.
MAX_TOLD = 50

_WORD = re.compile(r"[\w.-]{1,64}")


def read_text(
    path: Path, *, name: str, max_bytes: int, error: type[ConfigError] = ConfigError
) -> str:
    """Return the UTF-8 text of *path*; *error* when it is missing, too large or not text."""
    try:
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except FileNotFoundError as missing:
        hint = f"It is looked for at {path}."
        raise error(f"{name}: there is no such file", hint=hint) from missing
    except OSError as failure:
        raise error(f"{name}: cannot be read: {failure.strerror or failure}") from failure
    if len(raw) > max_bytes:
        raise error(f"{name}: is larger than {max_bytes // 1024} KB", hint="Is it the right file?")
    return _decode(raw, name, error)


def _decode(raw: bytes, name: str, error: type[ConfigError]) -> str:
    hint = "Save it as UTF-8."
    if b"\0" in raw:
        raise error(f"{name}: is not a text file", hint=hint)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        raise error(f"{name}:{line}: is not UTF-8 text", hint=hint) from wrong


class Document:
    """A parsed document."""

    def __init__(
        self, text: str, *, name: str, first_line: int = 1, error: type[ConfigError] = ConfigError
    ) -> None:
        """Parse *text*, whose first line is *first_line* of the file *name*."""
        self.name = name
        self._error = error
        self._first_line = first_line
        reader = TreeReader()
        try:
            node = compose(text)
            self.data = reader.read(node) if node is not None else None
        except Syntax as wrong:
            raise self._at(wrong.line + first_line, str(wrong), wrong.hint) from wrong
        self._lines = reader.lines
        if reader.faults:
            raise self.refuse(reader.faults)

    def line(self, location: Location) -> int:
        """Return the line of *location*; where it is missing, that of the piece around it."""
        while location and location not in self._lines:
            location = location[:-1]
        return self._lines.get(location, 0) + self._first_line

    def parse(self, shape: type[ShapeT]) -> ShapeT:
        """Return the data as *shape*, or raise everything that is wrong with it."""
        if self.data is None:
            raise self._error(f"{self.name}: there is nothing in it")
        try:
            return shape.model_validate(self.data)
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
            raise self.refuse([fault(shape, self.data, d) for d in details]) from None

    def refuse(self, faults: Sequence[Fault]) -> ConfigError:
        """Return the error that tells all *faults*, one per line, in the order of the file."""
        ordered = sorted(faults, key=lambda each: self.line(each.location))
        errors = [self._error_of(each) for each in ordered]
        if len(errors) == 1:
            return errors[0]
        told = errors[:MAX_TOLD]
        lines = [f"{error} ({error.hint})" if error.hint else str(error) for error in told]
        more = len(errors) - len(told)
        hint = f"There are {more} more." if more else None
        return self._error("\n".join(lines), hint=hint)

    def _error_of(self, wrong: Fault) -> ConfigError:
        where = _path(wrong.location)
        what = f"{where}: {wrong.what}" if where else wrong.what
        return self._at(self.line(wrong.location), what, wrong.hint)

    def _at(self, line: int, what: str, hint: str | None) -> ConfigError:
        return self._error(f"{self.name}:{line}: {what}", hint=hint)


def _path(location: Location) -> str:
    """Return *location* as people write it: `schedules[1].cron`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{_key(part)}" for part in location]
    return "".join(parts).removeprefix(".")


def _key(key: str) -> str:
    return key if _WORD.fullmatch(key) else ascii(key[:64])
