"""Which channel a target means: found once by its name, then known by its id.

Asked before anything is posted or uploaded, so that what cannot go out costs nothing. A
channel that is renamed later stays the same one until the next start.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.domain.post import Target
from bot.errors import TargetPaused
from bot.slack_api.refusal import refuse
from bot.slack_api.web_api import WebApi

#: Channels of one page; Slack advises against more than 200.
_PAGE = "200"
_MISSING_SCOPE = frozenset({"missing_scope"})


class Channels:
    """The channels of one workspace, by name."""

    def __init__(self, api: WebApi) -> None:
        self._api = api
        self._ids: dict[str, str] = {}
        self._looking = asyncio.Lock()

    async def resolve(self, target: Target) -> str:
        """Return the id; raises `TargetPaused` unless the app can post there."""
        name = target.destination.lower()
        if not name.startswith("#"):
            return target.destination
        async with self._looking:  # many posts at once ask for one listing
            if name not in self._ids:
                self._ids[name] = await self._find(name.removeprefix("#"), target)
            return self._ids[name]

    def forget(self, target: Target) -> None:
        """Look the channel up anew next time."""
        self._ids.pop(target.destination.lower(), None)

    async def _find(self, name: str, target: Target) -> str:
        async with aclosing(self._list(target)) as channels:
            async for channel in channels:
                if name not in {channel.get("name"), channel.get("name_normalized")}:
                    continue
                if channel.get("is_archived"):
                    raise refuse("is_archived", target)
                if channel.get("is_member") is False:
                    raise refuse("not_in_channel", target)
                return str(channel.get("id"))
        raise refuse("channel_not_found", target)

    async def _list(self, target: Target) -> AsyncGenerator[dict[str, object]]:
        """Yield the channels: public ones first, private ones where the app may know of them."""
        for kind in ("public_channel", "private_channel"):
            cursor = ""
            while True:
                answer = await self._api.read(
                    "conversations.list",
                    target,
                    expect=_MISSING_SCOPE,
                    types=kind,
                    limit=_PAGE,
                    **({"cursor": cursor} if cursor else {}),
                )
                if not answer["ok"]:
                    self._require_public(kind, target)
                    break
                listed = answer.get("channels")
                for channel in listed if isinstance(listed, list) else ():
                    if isinstance(channel, dict):
                        yield channel
                more = answer.get("response_metadata")
                cursor = str(more.get("next_cursor") or "") if isinstance(more, dict) else ""
                if not cursor:
                    break

    def _require_public(self, kind: str, target: Target) -> None:
        if kind == "public_channel":
            raise TargetPaused(
                f"The Slack app may not list channels, so {target} cannot be found by its name.",
                hint="Add the scope channels:read and install the app anew, or name the channel "
                "by its id (C…).",
            )
