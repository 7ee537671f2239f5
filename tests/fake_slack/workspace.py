"""What a workspace holds: people, channels, messages, files, views, tokens.

Nothing here knows HTTP. All is a function of the clock, so a share that shows later shows by
itself, whoever has died meanwhile.
"""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fake_slack.refusal import Refusal

TEAM, APP, BOT, BOT_USER = "T0REELBOT", "A0REELBOT", "B0REELBOT", "U0REELBOT"
BOT_SCOPES = frozenset(
    [
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "reactions:write",
        "team:read",
        "usergroups:read",
        "users:read",
    ]
)


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Token:
    """What a token may do."""

    scopes: frozenset[str]
    #: `bot` (xoxb) or `app` (xapp).
    kind: str
    revoked: bool = False


@dataclass
class Channel:
    id: str
    name: str
    #: Whether it is a direct message with *name*, a user id.
    is_im: bool = False
    is_private: bool = False
    is_archived: bool = False
    members: set[str] = field(default_factory=set)
    messages: list[dict] = field(default_factory=list)

    @property
    def shape(self) -> dict:
        if self.is_im:
            return {"id": self.id, "is_im": True, "user": self.name, "is_archived": False}
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_general": False,
            "is_member": BOT_USER in self.members,
            "num_members": len(self.members),
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }


@dataclass
class File:
    """A file from the moment its upload address was asked for."""

    id: str
    name: str
    #: What the caller said its size would be, and what arrived.
    length: int
    received: int | None = None
    sha256: str | None = None
    title: str | None = None
    alt_txt: str | None = None
    completed_at: datetime | None = None
    #: Where it is to show, with which words: (channel id, thread, comment, blocks).
    pending: list[tuple[str, str | None, str, list | None]] = field(default_factory=list)
    #: Messages it shows in, as `shares` tells them.
    shares: dict[str, dict[str, list[dict]]] = field(default_factory=dict)
    ims: list[str] = field(default_factory=list)
    deleted: bool = False
    #: What a person put there, and where those with a token fetch it.
    content: bytes | None = None
    address: str | None = None


@dataclass
class View:
    """A modal that is open, or somebody's Home."""

    id: str
    user: str
    shape: dict
    #: The one below it.
    below: "View | None" = None


class Workspace:
    """One Slack workspace with the bot in it."""

    def __init__(self, clock: Any = None) -> None:
        self.clock = clock or SystemClock()
        self._numbers = itertools.count(1)
        self._stamps: set[str] = set()
        self.tokens = {
            "xoxb-test": Token(BOT_SCOPES, "bot"),
            "xapp-test": Token(frozenset({"connections:write"}), "app"),
        }
        self.users: dict[str, dict] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, list[str]] = {}
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        #: (channel id, user, message) of what only one person was shown.
        self.ephemerals: list[tuple[str, str, dict]] = []
        self.triggers: dict[str, tuple[str, datetime]] = {}
        #: Seconds until a completed file shows in its channels.
        self.share_lag = 0.0
        #: Completions that are answered with ok and never show.
        self.drop_shares = 0
        #: The largest file it takes.
        self.max_bytes = 1_000_000_000
        self.add_user(BOT_USER, "reelbot", is_bot=True)

    # --- what tests set up -----------------------------------------------------------------------

    def add_user(self, user_id: str, name: str, **more: object) -> str:
        """Add a person; *more* overrides what `users.info` tells (`is_restricted`, `tz`)."""
        self.users[user_id] = {
            "id": user_id,
            "team_id": TEAM,
            "name": name,
            "real_name": name.title(),
            "deleted": False,
            "is_bot": False,
            "is_admin": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_stranger": False,
            "tz": "Europe/Berlin",
            "tz_offset": 3600,
            "profile": {"real_name": name.title(), "display_name": name},
            **more,
        }
        return user_id

    def add_channel(
        self,
        name: str,
        *,
        members: tuple[str, ...] = (BOT_USER,),
        private: bool = False,
        archived: bool = False,
    ) -> Channel:
        channel = Channel(
            id=self.number("C"),
            name=name.lstrip("#"),
            is_private=private,
            is_archived=archived,
            members=set(members),
        )
        self.channels[channel.id] = channel
        return channel

    # --- what methods use ------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.clock.now()

    def number(self, letter: str) -> str:
        """Return an id that looks like one of Slack's and is never given twice."""
        return f"{letter}0{next(self._numbers):08X}"

    def stamp(self) -> str:
        """Return the `ts` of a message of now; unique in the workspace."""
        microseconds = round(self.now().timestamp() * 1_000_000)
        while (ts := f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06}") in self._stamps:
            microseconds += 1
        self._stamps.add(ts)
        return ts

    def find(self, name: str) -> Channel | None:
        """Return a channel by its id or `#name`."""
        named = (c for c in self.channels.values() if not c.is_im and c.name == name.lstrip("#"))
        return self.channels.get(name) or next(named, None)

    def visible(self, name: object) -> Channel:
        """Return a channel the bot can see; `channel_not_found`."""
        channel = self.find(name) if isinstance(name, str) else None
        hidden = channel and (channel.is_private or channel.is_im)
        if channel is None or (hidden and BOT_USER not in channel.members):
            raise Refusal("channel_not_found")
        return channel

    def writable(self, name: object) -> Channel:
        """Return a channel the bot can write into."""
        channel = self.visible(name)
        if channel.is_archived:
            raise Refusal("is_archived")
        if BOT_USER not in channel.members:
            raise Refusal("not_in_channel")
        return channel

    def direct(self, user: str) -> Channel:
        """Return the direct messages between the bot and *user*."""
        if user not in self.users:
            raise Refusal("user_not_found")
        known = (c for c in self.channels.values() if c.is_im and c.name == user)
        found = next(known, None)
        if found is None:
            both = {user, BOT_USER}
            found = Channel(id=self.number("D"), name=user, is_im=True, members=both)
            self.channels[found.id] = found
        return found

    def message(self, channel: Channel, ts: object) -> dict:
        """Return a message; `message_not_found`."""
        found = next((m for m in channel.messages if m["ts"] == ts), None)
        if found is None:
            raise Refusal("message_not_found")
        return found

    def post(self, channel: Channel, message: dict, thread_ts: str | None = None) -> dict:
        """Put *message* into *channel*, under its parent if *thread_ts* names one."""
        message = {"type": "message", "team": TEAM, "ts": self.stamp(), **message}
        if thread_ts:
            parent = self.message(channel, thread_ts)
            thread_ts = parent.get("thread_ts", thread_ts)
            message["thread_ts"] = parent["thread_ts"] = thread_ts
            parent["reply_count"] = parent.get("reply_count", 0) + 1
            repliers = {*parent.get("reply_users", ()), message["user"]}
            parent |= {"reply_users": sorted(repliers), "reply_users_count": len(repliers)}
            parent["latest_reply"] = message["ts"]
        channel.messages.append(message)
        return message

    def own(self, **message: object) -> dict:
        """Return a message as the bot sends it."""
        sender = {"user": BOT_USER, "bot_id": BOT, "app_id": APP}
        return {**sender, **{k: v for k, v in message.items() if v is not None}}

    def trigger(self, user: str) -> str:
        """Return a trigger that opens one view for *user* within three seconds."""
        trigger = f"{self.number('')}.{TEAM}.trigger"
        self.triggers[trigger] = (user, self.now() + timedelta(seconds=3))
        return trigger

    def exchange(self, trigger: object) -> str:
        """Use *trigger* up and return whose it is."""
        if not isinstance(trigger, str) or trigger not in self.triggers:
            raise Refusal("invalid_trigger_id")
        user, until = self.triggers[trigger]
        if not user:
            raise Refusal("exchanged_trigger_id")
        if self.now() > until:
            raise Refusal("expired_trigger_id")
        self.triggers[trigger] = ("", until)
        return user

    def show_shares(self) -> None:
        """Let completed files show where their time has come."""
        for file in self.files.values():
            if file.completed_at is None or file.deleted or not file.pending:
                continue
            if self.now() < file.completed_at + timedelta(seconds=self.share_lag):
                continue
            pending, file.pending = file.pending, []
            for channel_id, thread_ts, comment, blocks in pending:
                self._share(file, self.channels[channel_id], thread_ts, comment, blocks)

    def _share(
        self,
        file: File,
        channel: Channel,
        thread_ts: str | None,
        comment: str,
        blocks: list | None,
    ) -> None:
        message = self.own(text=comment, files=[{"id": file.id}], upload=True, blocks=blocks)
        posted = self.post(channel, message, thread_ts)
        if channel.is_im:
            file.ims.append(channel.id)
        kind = "private" if channel.is_private or channel.is_im else "public"
        share = {
            "ts": posted["ts"],
            "channel_name": channel.name,
            "team_id": TEAM,
            "share_user_id": BOT_USER,
            "reply_users": [],
            "reply_users_count": 0,
            "reply_count": 0,
        }
        if "thread_ts" in posted:
            share["thread_ts"] = posted["thread_ts"]
        file.shares.setdefault(kind, {}).setdefault(channel.id, []).append(share)
