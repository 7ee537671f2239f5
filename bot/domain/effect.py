"""Effects: outside writes that must happen at most once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

#: Why one was not sent, where a person says that it was not; they may not have seen all.
DENIED = "a person says so"


class EffectState(StrEnum):
    """What we know about an outside write."""

    SENDING = "sending"  #: Committed before the socket opened. Found again: look before sending.
    DONE = "done"  #: It happened once; `result` says what came of it.
    NOT_SENT = "not_sent"  #: It surely did not happen; it may be sent.
    UNCERTAIN = "uncertain"  #: Looking did not settle it; only a person does.


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One row of the ledger."""

    #: `run:effect[:target]:generation`; `room:effect:…` for what belongs to no run.
    key: str
    run_id: str | None
    state: EffectState = EffectState.SENDING
    #: What equal writes share in the other side's listing; two of them are never in the air at
    #: once. None where they can be told apart anyway.
    fingerprint: str | None = None
    #: What `find` needs to recognise it: a media key, a file id.
    handle: Mapping[str, str]
    #: What came of it, as the caller encoded it; None until done.
    result: str | None = None
    #: The other side's id of the thing made, so that `find` can leave out what others own.
    remote_id: str | None = None
    #: Times it was sent.
    attempts: int = 1
    #: When it was last sent.
    started_at: datetime
    #: Why it is uncertain or was not sent, for people.
    detail: str | None = None

    @property
    def kind(self) -> str:
        """What sort of write it is: `create`, `post`, `card`, `told`."""
        return self.key.split(":", 2)[1]
