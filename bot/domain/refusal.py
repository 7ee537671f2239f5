"""Refusals: a target takes no posts until a person has looked after it."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.post import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a target said when it was asked last."""

    target: Target
    #: What happened, in one sentence.
    why: str
    #: What to do about it, in one sentence.
    hint: str | None
    #: When it was asked.
    at: datetime
