"""Something that a person asked for: who, where, and how to answer only them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One command, click, submission or mention."""

    user: str
    #: The channel it was done in; None in App Home and in dialogs opened there.
    channel: str | None = None
    #: The thread it belongs to; answers go there.
    thread: str | None = None
    #: Slack's id of the interaction, or of the dialog that was sent. With that of a command or a
    #: click a dialog may be opened within three seconds.
    trigger: str
    #: Where answers for this person go, five times within half an hour; None without one.
    response_url: str | None = None

    @property
    def by(self) -> str:
        """The person, as runs and commands name people."""
        return f"slack:{self.user}"

    @property
    def key(self) -> str:
        """The key of the run it asks for: the same, delivered again, is the same run."""
        digest = hashlib.sha256(self.trigger.encode()).hexdigest()
        return f"{self.by}!{digest[:24]}"

    @classmethod
    def by_command(cls, body: Mapping[str, Any]) -> "Asked":
        """Return who typed a slash command."""
        return cls(
            user=body["user_id"],
            channel=body["channel_id"],
            trigger=body["trigger_id"],
            response_url=body.get("response_url"),
        )

    @classmethod
    def by_hand(cls, body: Mapping[str, Any]) -> "Asked":
        """Return who clicked, or chose a shortcut."""
        message = body.get("message") or {}
        return cls(
            user=body["user"]["id"],
            channel=(body.get("channel") or {}).get("id"),
            thread=message.get("thread_ts"),
            trigger=body["trigger_id"],
            response_url=body.get("response_url"),
        )

    @classmethod
    def by_dialog(cls, body: Mapping[str, Any]) -> "Asked":
        """Return who submitted a dialog.

        Where our ack got lost Slack has the person send it again, as another interaction: it is
        known by the dialog, which is opened once.
        """
        return replace(cls.by_hand(body), trigger=body["view"]["id"])

    @classmethod
    def by_event(cls, body: Mapping[str, Any]) -> "Asked":
        """Return who an event is about."""
        event = body["event"]
        return cls(
            user=event["user"],
            channel=event.get("channel"),
            thread=event.get("thread_ts"),
            trigger=body["event_id"],
        )
