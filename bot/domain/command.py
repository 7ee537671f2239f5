"""Commands: rows by which the CLI and other doors ask the engine for something."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class CommandKind(StrEnum):
    """What can be asked for."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"  #: Change a caption; what was approved must be approved again.
    RETRY = "retry"
    CANCEL = "cancel"
    RESOLVE = "resolve"  #: A person says what became of an uncertain write.
    UNDO = "undo"  #: Take down the posts that went out, or the one to `target`.
    POST = "post"  #: Post a finished video to one more target.
    DELETE = "delete"  #: Delete the files of a run that is over, at the provider and here.


class CommandState(StrEnum):
    """What became of a command."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"  #: `answer` says why; nothing was changed.


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing somebody asks of the engine. Applied once, in order of id."""

    #: Given by the store; 0 before it is added.
    id: int = 0
    kind: CommandKind
    run_id: str
    #: What the kind needs; texts only.
    args: Mapping[str, str] = field(default_factory=dict)
    #: Who asks.
    by: str
    at: datetime
    state: CommandState = CommandState.PENDING
    #: One sentence for whoever asked.
    answer: str | None = None
