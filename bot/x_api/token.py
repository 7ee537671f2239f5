"""An OAuth 2.0 login: the two tokens that X gave for an account, and the file that keeps them.

A refresh token serves once, so the file is the login. Its invariant: it is the old pair or the new
one, never half of either; nobody but its owner may read it; and one process renews it at a time.
"""

import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from bot.errors import TargetPaused, TargetUnavailable

LOG_IN = "Log in again with `reelbot x login`."
#: Seconds to wait for another process that renews, longer than its request may take; and between
#: two looks at the lock.
_PATIENCE, _LOOK = 60.0, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What X gave for one account."""

    access: str = field(repr=False)
    #: Serves once; the answer brings the next one.
    refresh: str = field(repr=False)
    expires_at: AwareDatetime
    scopes: tuple[str, ...]
    #: Whose it is: `@reelbot`.
    handle: str


_SHAPE = TypeAdapter(Token)


class TokenFile:
    """The file at *path*."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Token:
        """Return the pair; raises `TargetPaused` if there is none that can be trusted."""
        try:
            with self.path.open("rb") as file:
                self._check(os.fstat(file.fileno()))
                return _SHAPE.validate_json(file.read(1 << 16))
        except FileNotFoundError:
            raise TargetPaused(
                f"There is no X login at {self.path}.", hint="Log in with `reelbot x login`."
            ) from None
        except OSError as error:
            raise self._unusable(str(error.strerror)) from error
        except ValidationError:  # it quotes what it read: no cause, no log
            raise self._unusable("it holds no login") from None

    def store(self, token: Token) -> None:
        """Keep *token* in place of what was there, on the disk when this returns; mode 0600.

        Raises `TargetPaused`; then what was there still is.
        """
        try:
            self._replace(_SHAPE.dump_json(token, indent=2))
        except OSError as error:
            raise self._unusable(str(error.strerror)) from error

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep all others, in this process or another, from renewing; blocks until it is free.

        Raises `TargetUnavailable` if it stays taken.
        """
        until = time.monotonic() + _PATIENCE
        try:
            file = self.path.with_name(f"{self.path.name}.lock").open("a", encoding="utf-8")
        except OSError as error:
            raise self._unusable(str(error.strerror)) from error
        with file:
            while not _try_lock(file):
                if time.monotonic() > until:
                    raise TargetUnavailable("Another process is still renewing the X login.")
                time.sleep(_LOOK)
            yield

    def _check(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise self._unusable("it is not a file")
        if sys.platform != "win32" and found.st_mode & 0o077:
            raise TargetPaused(
                f"Others can read the X login at {self.path}.",
                hint=f"Run `chmod 600 {self.path}`, and log in again if somebody did.",
            )

    def _replace(self, content: bytes) -> None:
        handle, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)  # 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._keep_owner(name)
            Path(name).replace(self.path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise
        _sync_folder(self.path.parent)

    def _keep_owner(self, name: str) -> None:
        """Let the bot read what root has written for it."""
        if sys.platform != "win32" and os.geteuid() == 0:
            with suppress(FileNotFoundError):
                was = self.path.stat()
                os.chown(name, was.st_uid, was.st_gid)

    def _unusable(self, why: str) -> TargetPaused:
        return TargetPaused(f"The X login at {self.path} cannot be used: {why}.", hint=LOG_IN)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def _sync_folder(folder: Path) -> None:
        """Windows cannot, and need not."""
else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _sync_folder(folder: Path) -> None:
        """Have the new name on the disk too."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _try_lock(file: IO[str]) -> bool:
    try:
        _lock(file)
    except OSError:
        return False
    return True
