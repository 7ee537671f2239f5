"""A shot: all that decides a clip, as the studio's server wrote it down.

Built by the worker from an order, and handed to `render`. The one invariant: a shot that
exists can be rendered, but for files that turn out to be unreadable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Self

from bot.studio.renderer.act import Act
from bot.studio.renderer.character import Character
from bot.studio.renderer.encode import FRAMES_PER_SECOND

_LONGEST_SECONDS = 120
_LARGEST_SIDE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What to render: even sizes in pixels, any prompt, at least one act.

    `prompt` and `seed` decide geometry and motion; what acts change moves nothing.
    """

    prompt: str
    seed: int
    width: int
    height: int
    acts: tuple[Act, ...]
    characters: tuple[Character, ...] = ()
    #: Bytes of a PNG, JPEG or WebP; the clip then begins with this picture.
    reference: bytes | None = None
    #: A clip that the first act plays; the second goes on from its last frame.
    footage: Path | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.prompt, str) or type(self.seed) is not int:
            raise ValueError("A clip is made from a text and a whole number as its seed.")
        sides = (self.width, self.height)
        if not all(type(side) is int and _fits(side) for side in sides):
            raise ValueError(
                f"A clip cannot be {self.width}x{self.height}: sizes are even, 64 to 4096."
            )
        if not self.acts or self.seconds > _LONGEST_SECONDS:
            raise ValueError(f"A clip has at least one act and at most {_LONGEST_SECONDS} seconds.")
        if self.reference is not None and self.footage is not None:
            raise ValueError("A clip begins with a picture or with footage, not with both.")

    @property
    def seconds(self) -> int:
        return sum(act.seconds for act in self.acts)

    @property
    def frames(self) -> int:
        return self.seconds * FRAMES_PER_SECOND

    @property
    def starts(self) -> tuple[int, ...]:
        """The second at which each act begins."""
        return (0, *accumulate(act.seconds for act in self.acts[:-1]))

    @classmethod
    def ordered(cls, order: Mapping[str, Any]) -> Self:
        """Read the order of a worker: the script of a job, with paths for files.

        Raises ValueError, in one sentence, for what is no script or cannot be rendered.
        """
        try:
            return cls._read(order)
        except KeyError as error:
            raise ValueError(f"The order of a clip says nothing of {error}.") from error
        except (TypeError, AttributeError) as error:
            raise ValueError(f"The order of a clip is not in its form: {error}.") from error
        except OSError as error:
            reason = error.strerror or "it is gone"
            raise ValueError(f"The reference of a clip cannot be opened: {reason}.") from error

    @classmethod
    def _read(cls, order: Mapping[str, Any]) -> Self:
        reference, footage = order["reference"], order["footage"]
        acts = (Act(seconds=act["seconds"], changes=tuple(act["changes"])) for act in order["acts"])
        return cls(
            prompt=order["prompt"],
            seed=order["seed"],
            width=order["width"],
            height=order["height"],
            acts=tuple(acts),
            characters=tuple(Character(**entry) for entry in order["characters"]),
            reference=Path(reference).read_bytes() if reference is not None else None,
            footage=Path(footage) if footage is not None else None,
        )


def _fits(side: int) -> bool:
    return side % 2 == 0 and 64 <= side <= _LARGEST_SIDE
