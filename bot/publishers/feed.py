"""The page that shows posts, and the records it is drawn from. Used by `preview` and `showcase`.

    posts/<id>.json   one post each, written once; the truth
    files/            clips and stills, so that the folder can be copied or outlive the library
    feed.html         drawn anew from the newest records whenever one is added; never read

Everything is written beside and renamed, so nothing is ever half there.
"""

import os
import re
import shutil
import uuid
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, ValidationError

#: Posts on the page; older ones stay in `posts/`.
SHOWN = 200
_LINK = re.compile(r"([#＃@][\w]+|https?://\S+)")
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Record(BaseModel):
    """One shown post."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    at: datetime
    network: str
    destination: str
    caption: str | None
    alt_text: str | None
    #: Names in `files/`.
    clip: str
    still: str | None
    simulated: bool
    #: Where it is on its network; None for what was only previewed.
    url: str | None = None
    #: Whether it says that it was made with AI.
    labelled: bool = True

    @property
    def place(self) -> str:
        """The destination without its sign: the name of a channel or an account."""
        return self.destination.lstrip("#@")

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The caption cut into texts, and whether a network would make each a link."""
        parts = _LINK.split(self.caption or "")
        return [(text, bool(i % 2)) for i, text in enumerate(parts) if text]


class Feed:
    """A folder with records, files and the page. `OSError` where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        """Open *folder*, made if it is not there, and draw what a kill left undrawn."""
        self.page = folder / "feed.html"
        self._posts = folder / "posts"
        self._files = folder / "files"
        for room in (self._posts, self._files):
            room.mkdir(parents=True, exist_ok=True)
        self.draw()

    def share(self, source: Path) -> None:
        """Put *source* into `files/`, as a second name of the same bytes where the disk can."""
        home = self._files / source.name
        if home.exists():
            return
        with suppress(OSError):  # another disk, or one without hard links
            os.link(source, home)
            return
        part = home.with_suffix(f".{uuid.uuid4().hex}.part")
        try:
            shutil.copyfile(source, part)
            part.replace(home)
        finally:
            part.unlink(missing_ok=True)

    def add(self, record: Record) -> None:
        """Keep *record*; on disk when it returns."""
        _write(self._posts / f"{record.id}.json", record.model_dump_json(indent=2))

    def get(self, post_id: str) -> Record | None:
        """Return the record of that id; None without one, or with one that cannot be read."""
        return _read(self._posts / f"{post_id}.json")

    def remove(self, post_id: str) -> None:
        """Forget the record of that id and draw the page without it; its files stay."""
        (self._posts / f"{post_id}.json").unlink(missing_ok=True)
        self.draw()

    def draw(self) -> None:
        """Draw the page of the newest posts.

        Looks again afterwards: whoever added a post meanwhile may have drawn before us.
        """
        drawn = None
        while (names := self._newest()) != drawn:
            records = sorted(filter(None, map(_read, names)), key=lambda r: r.at, reverse=True)
            _write(self.page, _TEMPLATES.get_template("feed.html.j2").render(posts=records))
            drawn = names

    def _newest(self) -> list[Path]:
        """Return the newest records by the time they were written, without opening any."""
        with os.scandir(self._posts) as entries:
            dated = [(e.stat().st_mtime_ns, e.name) for e in entries if e.name.endswith(".json")]
        return [self._posts / name for _, name in sorted(dated, reverse=True)[:SHOWN]]


def _read(path: Path) -> Record | None:
    try:
        return Record.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(f".{uuid.uuid4().hex}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
