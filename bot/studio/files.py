"""The studio's files: reference images before a render, clips after it.

    files/<job id>/video.mp4, thumbnail.webp, spritesheet.jpg    finished, whole
    references/<job id>                                          the image a job starts from
    rendering/<job id>-<random>/                                 what a worker is writing

Invariant: a folder under files/ is whole. A render happens elsewhere and arrives by one rename, so
neither a killed server nor a worker that outlives it for a moment can spoil a clip.
"""

import os
import secrets
import shutil
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

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
        self._references = folder / "references"
        self._rendering = folder / "rendering"

    def open(self, keep: AbstractSet[str]) -> None:
        """Make the folders and clear away what a kill left behind: all but the jobs in `keep`."""
        shutil.rmtree(self._rendering, ignore_errors=True)
        for folder in (self._clips, self._references, self._rendering):
            folder.mkdir(parents=True, exist_ok=True)
        found = {path.name for path in (*self._clips.iterdir(), *self._references.iterdir())}
        for job_id in found - keep:
            self.remove(job_id)

    def keep_reference(self, job_id: str, image: bytes) -> None:
        """On disk when this returns."""
        with self.reference(job_id).open("wb") as file:
            file.write(image)
            file.flush()
            os.fsync(file.fileno())

    def reference(self, job_id: str) -> Path:
        return self._references / job_id

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

    def remove(self, job_id: str) -> None:
        shutil.rmtree(self._clips / job_id, ignore_errors=True)
        self.reference(job_id).unlink(missing_ok=True)

    def abandon(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
