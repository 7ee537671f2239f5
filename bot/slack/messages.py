"""Our own messages in Slack: how one is put up, and how it is found again by its marks.

`board` and `bulletins` send through here, by way of the ledger; it is one request each. The
invariant: no two messages bear the same marks, so that `find` tells whether a lost one arrived.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.post import Target
from bot.errors import TargetUnavailable
from bot.slack.blocks import Message
from bot.slack.pace import Pace
from bot.slack.updates import Place
from bot.slack_api.channels import Channels
from bot.slack_api.web_api import WebApi

#: Seconds after which a message shows in the history: the client's timeout and half as much again.
SETTLE = 30.0
#: Seconds by which Slack's clock may be behind ours.
_SKEW = timedelta(seconds=5)
#: What Slack says when it does not take a block; a frame strip that it has not looked at yet.
_BLOCKS = frozenset({"invalid_blocks"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The metadata by which a message is known again; people do not see it."""

    event: str
    payload: Mapping[str, object]

    @property
    def metadata(self) -> Mapping[str, object]:
        """What `chat.postMessage` takes."""
        return {"event_type": self.event, "event_payload": self.payload}

    def are_on(self, message: Mapping[str, Any]) -> bool:
        """Return whether *message* bears them."""
        metadata = message.get("metadata") or {}
        found = (metadata.get("event_type"), metadata.get("event_payload"))
        return found == (self.event, self.payload)


class Messages:
    """Puts up messages, each in its channel's turn."""

    def __init__(self, api: WebApi, channels: Channels, pace: Pace) -> None:
        self._api = api
        self._channels = channels
        self._pace = pace
        #: Ids of channels that were named.
        self._ids: dict[str, str] = {}

    def known(self, place: str) -> str:
        """Return the channel's id, or its name as long as that was not looked up."""
        return self._ids.get(place, place)

    async def resolve(self, place: str) -> str:
        """Return the channel's id. Raises `TargetPaused` for one that the app cannot post to."""
        if not place.startswith("#"):
            return place
        found = await self._channels.resolve(Target(network="slack", destination=place))
        self._ids[place] = found
        return found

    async def post(
        self,
        place: str,
        shown: Message,
        marks: Marks,
        thread: str | None = None,
        *,
        at_once: bool = False,
    ) -> Place | None:
        """Put the message up in the channel of that id; None where Slack takes no such blocks.

        One request, never repeated. Raises as `WebApi.call` does, and `TargetUnavailable` while
        the channel is crowded; with *at_once*, for what a person did, it waits for Slack alone.
        """
        if at_once:
            self._pace.take_now(place)
        else:
            await self._pace.turn(place)
        try:
            answer = await self._api.call(
                "chat.postMessage",
                place,
                expect=_BLOCKS,
                channel=place,
                text=shown.text,
                blocks=list(shown.blocks),
                metadata=marks.metadata,
                unfurl_links=False,
                unfurl_media=False,
                **({"thread_ts": thread} if thread else {}),
            )
        except TargetUnavailable as error:
            self._pace.hold(place, error.retry_after)
            raise
        if not answer["ok"]:
            return None
        return str(answer.get("channel") or place), str(answer.get("ts"))

    async def find(
        self, place: str, marks: Marks, *, since: datetime, thread: str | None = None
    ) -> list[str]:
        """Return the stamps of the messages with those marks; raises `PublishError` if unreadable.

        A reply shows in its thread alone, any other message in its channel alone.
        """
        method = "conversations.replies" if thread else "conversations.history"
        wanted: dict[str, Any] = {
            "channel": place,
            "oldest": f"{(since - _SKEW).timestamp():.6f}",
            "include_all_metadata": True,
            "limit": "200",
        } | ({"ts": thread} if thread else {})
        found = list[str]()
        while True:
            answer = await self._api.read(method, place, **wanted)
            found += [str(m["ts"]) for m in _messages(answer) if marks.are_on(m)]
            wanted["cursor"] = _next_page(answer)
            if not wanted["cursor"]:
                return found


def _messages(answer: Mapping[str, object]) -> list[dict[str, Any]]:
    listed = answer.get("messages")
    return [m for m in listed if isinstance(m, dict)] if isinstance(listed, list) else []


def _next_page(answer: Mapping[str, object]) -> str:
    """Return the cursor of the page after this one; empty after the last."""
    more = answer.get("response_metadata")
    return str(more.get("next_cursor") or "") if isinstance(more, dict) else ""
