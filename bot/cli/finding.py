"""What `doctor` finds."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    verdict: Literal["good", "note", "fail"]
    what: str
    #: One sentence of what to do about it.
    fix: str | None = None
