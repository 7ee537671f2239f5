"""A file of `NAME=value` lines, and how `slack setup` puts values into it.

The invariant: the file is the old one or the new one, never half of either; all that is not
replaced stays byte by byte; and nobody but its owner may read it.
"""

import os
import re
import stat
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from bot.errors import ConfigError

_BOM = "\ufeff"
#: The part of a line that stays: name and sign; value; a comment behind it.
_LINE = re.compile(
    r"""(?P<name>\s*(?:export[^\S\r\n]+)?'?[^\s=#']+'?[^\S\r\n]*)
        (?:=(?:
           [^\S\r\n]*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
           |[^\r\n]*?(?=[^\S\r\n]+\#|[^\S\r\n]*(?:[\r\n]|$))
        ))?
        (?P<rest>[^\r\n]*(?:\r\n|\n|\r)?)""",
    re.VERBOSE | re.DOTALL,
)


class EnvFile:
    """The file at *path*, which need not be there yet."""

    def __init__(self, path: Path) -> None:
        """Look at the file; raises `ConfigError` unless it can be written, and is no link."""
        self._path = path
        try:
            self._was: os.stat_result | None = path.lstat()
        except FileNotFoundError:
            self._was = None
        except OSError as e:
            raise _unusable(path, f"{e.strerror}") from e
        if self._was and stat.S_ISLNK(self._was.st_mode):
            raise _unusable(path, "it is a link to another file")
        if self._was and not stat.S_ISREG(self._was.st_mode):
            raise _unusable(path, "it is not a file")
        if self._was and not (self._was.st_mode & stat.S_IWUSR and os.access(path, os.W_OK)):
            raise _unusable(path, "it is read-only")
        if not (path.parent.is_dir() and os.access(path.parent, os.W_OK | os.X_OK)):
            raise _unusable(path, "its folder cannot be written")

    def put(self, values: Mapping[str, str]) -> None:
        """Write *values*: in place of those that are there, otherwise at the end; mode 0600.

        Values must need no quotes. Raises `ConfigError`; then the file is as it was.
        """
        try:
            old = self._path.read_bytes().decode("utf-8") if self._was else ""
            self._replace(_filled(old, values).encode())
        except (OSError, UnicodeDecodeError) as e:
            why = e.strerror if isinstance(e, OSError) else "it is not UTF-8 text"
            raise _unusable(self._path, f"{why}") from e

    def _replace(self, content: bytes) -> None:
        handle, name = tempfile.mkstemp(prefix=".env.", dir=self._path.parent)  # 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if (
                self._was and sys.platform != "win32" and os.geteuid() == 0
            ):  # the bot must still be able to read it
                os.chown(name, self._was.st_uid, self._was.st_gid)
            Path(name).replace(self._path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise


def _filled(text: str, values: Mapping[str, str]) -> str:
    bom = _BOM if text.startswith(_BOM) else ""
    bindings = list(parse_stream(StringIO(text.removeprefix(_BOM), newline="")))
    lines = [_line(binding, values) for binding in bindings]
    end = "\r\n" if "\r\n" in text else "\n"
    there = {binding.key for binding in bindings}
    added = [f"{name}={value}{end}" for name, value in values.items() if name not in there]
    kept = "".join(lines)
    if added and kept and not kept.endswith(("\n", "\r")):
        kept += end
    return bom + kept + "".join(added)


def _line(binding: Binding, values: Mapping[str, str]) -> str:
    line = binding.original.string
    match = _LINE.match(line)
    if binding.key is None or binding.key not in values or match is None:
        return line
    return f"{match['name'].rstrip(' ')}={values[binding.key]}{match['rest']}"


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path} cannot be written: {why}.",
        hint="Name a file that this user may write with --env-file; nothing was written.",
    )
