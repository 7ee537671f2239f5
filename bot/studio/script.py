"""A job's script: all that the renderer needs to make the video, and how it grows into the next.

A remix or an edit says new words to every act, an extension adds an act; the first prompt and the
seed stay for ever, for they decide geometry and motion. Invariant: a script is enough to make its
video again, so that a parent may expire or be deleted.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A stretch of the video; `changes` are the words said since the first prompt, oldest first."""

    seconds: int
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a character looks; colours are `#rrggbb`."""

    name: str
    coat: str
    accent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """`reference` and `footage` each name a source, a file in `Files`; at most one is set."""

    prompt: str
    seed: int
    width: int
    height: int
    acts: tuple[Act, ...]
    characters: tuple[Look, ...] = ()
    #: An image that the video begins with.
    reference: str | None = None
    #: A clip that the first act plays.
    footage: str | None = None

    @property
    def seconds(self) -> int:
        return sum(act.seconds for act in self.acts)

    @property
    def source(self) -> str | None:
        """The file it cannot be made without."""
        return self.reference or self.footage

    @property
    def chars(self) -> int:
        """All its words, counted."""
        changes = sum(len(change) for act in self.acts for change in act.changes)
        return len(self.prompt) + changes

    def changed(self, prompt: str) -> Self:
        """Return the script of a remix or an edit."""
        acts = (replace(act, changes=(*act.changes, prompt)) for act in self.acts)
        return replace(self, acts=tuple(acts))

    def extended(self, prompt: str, seconds: int) -> Self:
        """Return the script of an extension: the scene goes on, and the new words with it."""
        changes = (*self.acts[-1].changes, prompt)
        return replace(self, acts=(*self.acts, Act(seconds=seconds, changes=changes)))

    def order(self, locate: Callable[[str], Path]) -> dict[str, Any]:
        """Return what the renderer is told, with paths for the names of files."""
        files = {"reference": self.reference, "footage": self.footage}
        paths = {name: str(locate(source)) if source else None for name, source in files.items()}
        return asdict(self) | paths

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        found = json.loads(text)
        acts = [Act(seconds=act["seconds"], changes=tuple(act["changes"])) for act in found["acts"]]
        looks = [Look(**look) for look in found["characters"]]
        return cls(**found | {"acts": tuple(acts), "characters": tuple(looks)})
