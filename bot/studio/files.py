"""The studio's files: what a render starts from, and clips after it.

    files/<job id>/video.mp4, thumbnail.webp, spritesheet.jpg    finished, whole
    sources/<source id>                                          an image or a clip jobs start from
    rendering/<job id>-<random>/                                 what a worker is writing

Invariant: a folder under files/ is whole. A render happens elsewhere and arrives by one rename, so
neither a killed server nor a worker that outlives it for a moment can spoil a clip.
"""

import os
import secrets
import shutil
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import BinaryIO, Final

#: The protocol's variants: file name and media type.
VARIANTS: Final = {
    "video": ("video.mp4", "video/mp4"),
    "thumbnail": ("thumbnail.webp", "image/webp"),
    "spritesheet": ("spritesheet.jpg", "image/jpeg"),
}


class Files:
    """All calls block on the disk; all may be repeated."""

    def __init__(self, folder: Path) -> None:
        self._clips = folder / "files"
        self._sources = folder / "sources"
        self._rendering = folder / "rendering"
        #: What `sources` was called when all of them were reference images.
        self._references = folder / "references"

    def open(self, *, clips: AbstractSet[str], sources: AbstractSet[str]) -> None:
        """Make the folders and clear away what a kill left behind: all but what is named."""
        shutil.rmtree(self._rendering, ignore_errors=True)
        if self._references.exists() and not self._sources.exists():
            self._references.rename(self._sources)
        for folder in (self._clips, self._sources, self._rendering):
            folder.mkdir(parents=True, exist_ok=True)
        self.remove_clips({path.name for path in self._clips.iterdir()} - clips)
        self.remove_sources({path.name for path in self._sources.iterdir()} - sources)

    def keep_source(self, source: str, content: BinaryIO) -> None:
        """On disk when this returns; nothing is left when it raises."""
        try:
            with self.source(source).open("wb") as file:
                shutil.copyfileobj(content, file)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:  # a full disk
            self.remove_sources([source])
            raise

    def source(self, source: str) -> Path:
        return self._sources / source

    def start(self, job_id: str) -> Path:
        """A new folder for one attempt at a render."""
        folder = self._rendering / f"{job_id}-{secrets.token_hex(4)}"
        folder.mkdir()
        return folder

    def finish(self, job_id: str, folder: Path) -> None:
        """Move a finished render to its place, over one that a kill left unrecorded."""
        shutil.rmtree(self._clips / job_id, ignore_errors=True)
        folder.replace(self._clips / job_id)

    def clip(self, job_id: str, variant: str) -> Path:
        return self._clips / job_id / VARIANTS[variant][0]

    def remove_clips(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            shutil.rmtree(self._clips / job_id, ignore_errors=True)

    def remove_sources(self, sources: Iterable[str]) -> None:
        for source in sources:
            self.source(source).unlink(missing_ok=True)

    def abandon(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
