"""A video's file, copied to where a person wants it: from this disk, else from its provider.

`videos download` calls `fetch`. Its one invariant: what has the name that was asked for is whole;
an interrupted copy leaves nothing.
"""

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bot.cli import clips, show
from bot.domain.run import Run
from bot.domain.video import Variant, VideoJob, VideoStatus
from bot.errors import NotFound, RequestError

if TYPE_CHECKING:
    from bot.settings import Settings

_SUFFIXES = {Variant.VIDEO: ".mp4", Variant.THUMBNAIL: ".webp", Variant.SPRITESHEET: ".jpg"}
_CHUNK = 1 << 20

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """A file that was copied."""

    #: None for standard output.
    path: Path | None
    bytes: int
    #: `here`, or the provider's name.
    source: str


async def fetch(
    run: Run, variant: Variant, settings: "Settings", *, to: str | None, force: bool
) -> Got:
    """Copy the file to *to* (a file, a folder, `-`; by default a name of its own, here).

    Raises `RequestError` for a place where it cannot go, before anything is read, and `NotFound`
    for a file that is nowhere any more.
    """
    kept = clips.kept(run, settings.data_dir / "media").get(variant)
    suffix = Path(kept.path).suffix if kept else _SUFFIXES[variant]
    path = None if to == "-" else _place(to, _name(run, variant, suffix), force=force)
    _must_not_be_terminal(path)
    if kept:
        chunks = _read(settings.data_dir / "media" / kept.path)
        return Got(path=path, bytes=await _write(chunks, path, kept.bytes), source="here")
    job = made(run)
    from bot.app import desk

    async with desk(settings) as at, at.provider(job.provider) as provider:
        if variant not in provider.capabilities.variants:
            raise NotFound(
                f"No {variant} of {run.id} is kept here, and {job.provider} serves none.",
                hint="`reelbot videos show` names the files that are there.",
            )
        size = await _write(provider.download(job, variant), path, None)
    return Got(path=path, bytes=size, source=job.provider)


def _name(run: Run, variant: Variant, suffix: str) -> str:
    return f"{run.id}{suffix}" if variant is Variant.VIDEO else f"{run.id}-{variant}{suffix}"


def _place(to: str | None, name: str, *, force: bool) -> Path:
    path = Path(to) if to else Path(name)
    try:
        path = path / name if path.is_dir() else path
        there, home = path.exists(), path.parent.is_dir()
    except OSError as e:
        raise _unwritable(path, e) from e
    if there and not path.is_file():  # a device, which must not be replaced by a file
        raise RequestError(f"{path} is not a file.", hint="Name another, or - after --to.")
    if there and not force:
        raise RequestError(f"{path} is there already.", hint="Replace it with --force.")
    if not home:
        raise RequestError(f"There is no folder {path.parent}.", hint="Make it, or choose another.")
    return path


def _unwritable(path: Path, error: OSError) -> RequestError:
    return RequestError(
        f"{path} cannot be written: {error.strerror}.", hint="Choose another place with --to."
    )


def _must_not_be_terminal(path: Path | None) -> None:
    if path is None and sys.stdout.isatty():
        raise RequestError(
            "A terminal cannot show this file.", hint="Redirect it, or name a file after --to."
        )


def made(run: Run) -> VideoJob:
    """Return the job whose provider may still have the file; `NotFound` where there is none."""
    if run.removed and run.removed.at_provider:
        raise NotFound(
            f"The video of {run.id} was deleted by {run.removed.by}, {show.when(run.removed.at)}.",
            hint="`reelbot make` makes a new one.",
        )
    if run.job is None or run.video_status is not VideoStatus.COMPLETED:
        status = (run.video_status or VideoStatus.UNKNOWN).value.replace("_", " ")
        raise NotFound(
            f"The video of {run.id} is not there: {status}.",
            hint=f"`reelbot videos show {run.id}` says why.",
        )
    return run.job


async def _read(path: Path) -> AsyncGenerator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk


async def _write(chunks: AsyncGenerator[bytes], path: Path | None, total: int | None) -> int:
    """Write *chunks* beside *path*, then give them its name; return how many bytes they were."""
    with _progress(total) as advance:
        if path is None:
            return await _pump(chunks, sys.stdout.buffer, advance)
        part = path.with_name(f".{secrets.token_hex(8)}.part")  # fits where the name itself fits
        try:
            with part.open("xb") as file:
                size = await _pump(chunks, file, advance)
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as e:
            raise _unwritable(path, e) from e
        finally:
            part.unlink(missing_ok=True)
        return size


async def _pump(chunks: AsyncGenerator[bytes], file: BinaryIO, advance: Advance) -> int:
    size = 0
    async with aclosing(chunks) as arriving:
        async for chunk in arriving:
            await asyncio.to_thread(file.write, chunk)
            size += len(chunk)
            advance(len(chunk))
    file.flush()
    return size


@contextmanager
def _progress(total: int | None) -> Iterator[Advance]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    columns = (BarColumn(bar_width=20), DownloadColumn(), TransferSpeedColumn())
    shown = show.err.is_terminal
    with Progress(*columns, console=show.err, transient=True, disable=not shown) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.advance(task, count)
