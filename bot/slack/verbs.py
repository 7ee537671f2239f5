"""The verbs of the slash command: one table, from which help, parsing and rights are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from bot.domain.room import Right


class Takes(StrEnum):
    """What stands behind a verb."""

    NOTHING = "nothing"
    RUN = "run"
    RUN_AND_WORDS = "run_and_words"
    SCHEDULE = "schedule"
    MAYBE_SCHEDULE = "maybe_schedule"
    MAYBE_NUMBER = "maybe_number"
    MAYBE_VERB = "maybe_verb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb. What it does stands in the words under `verb.<name>`."""

    name: str
    takes: Takes = Takes.NOTHING
    right: Right = Right.ANYONE
    #: The options it understands, without the dashes.
    options: frozenset[str] = frozenset()


_TO_POST = frozenset({"caption", "to", "lang"})

_ALL = (
    Verb(name="help", takes=Takes.MAYBE_VERB),
    Verb(name="status"),
    Verb(name="list", takes=Takes.MAYBE_NUMBER),
    Verb(name="failed"),
    Verb(name="show", takes=Takes.RUN),
    Verb(name="next", takes=Takes.MAYBE_SCHEDULE),
    Verb(name="approve", takes=Takes.RUN, right=Right.GENERATE),
    Verb(name="reject", takes=Takes.RUN, right=Right.GENERATE),
    Verb(name="cancel", takes=Takes.RUN, right=Right.GENERATE),
    Verb(name="retry", takes=Takes.RUN, right=Right.GENERATE),
    Verb(name="remix", takes=Takes.RUN_AND_WORDS, right=Right.GENERATE, options=_TO_POST),
    Verb(name="undo", takes=Takes.RUN, right=Right.GENERATE),
    Verb(name="delete", takes=Takes.RUN, right=Right.GENERATE),
    Verb(name="templates"),
    Verb(name="schedules"),
    Verb(name="pause", takes=Takes.SCHEDULE, right=Right.GENERATE),
    Verb(name="resume", takes=Takes.SCHEDULE, right=Right.ADMIN),
    Verb(name="fire", takes=Takes.SCHEDULE, right=Right.GENERATE),
    Verb(name="stop", options=frozenset({"why"})),
    Verb(name="start", right=Right.ADMIN),
    Verb(name="cost"),
)

#: In the order in which help tells of them.
VERBS: Mapping[str, Verb] = {verb.name: verb for verb in _ALL}


def nearest(name: str) -> Verb | None:
    """Return the verb that *name* was probably meant to be; None if it looks like none."""
    near = get_close_matches(name.lower(), VERBS, 1, cutoff=0.75)
    return VERBS[near[0]] if near else None
