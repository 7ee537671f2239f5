"""Who the people of the workspace are: their names, whether they are guests, their groups.

`rights` and `scenery` ask. Answers are kept for five minutes. The invariant: whoever Slack does
not tell us about is nobody.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import PublishError
from bot.ports import Clock
from bot.slack_api.web_api import WebApi

#: How long an answer counts.
FRESH = timedelta(minutes=5)
#: People and groups remembered at most.
_MOST = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in Slack."""

    id: str
    name: str
    #: Whether it is a full member of this workspace: no guest, no bot, nobody from elsewhere.
    is_member: bool


class People:
    """Asks Slack who somebody is."""

    def __init__(self, api: WebApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        #: The workspace, once Slack has told; nobody is known to be of it before.
        self.team: str | None = None
        self._persons: dict[str, tuple[datetime, Person]] = {}
        self._groups: dict[str, tuple[datetime, frozenset[str]]] = {}
        #: A burst of commands by one person asks once.
        self._asking = asyncio.Lock()

    async def person(self, user: str) -> Person:
        """Return who *user* is. Raises `PublishError` while Slack does not tell."""
        async with self._asking:
            known = self._persons.get(user)
            if known and self._clock.now() < known[0]:
                return known[1]
            return await self._ask_person(user)

    async def _ask_person(self, user: str) -> Person:
        if self.team is None:
            us = await self._api.read("auth.test", "workspace")
            self.team = str(us.get("team_id"))
        answer = await self._api.read("users.info", user, user=user)
        person = self._read(user, answer.get("user"))
        if len(self._persons) >= _MOST:
            self._persons.clear()
        self._persons[user] = (self._clock.now() + FRESH, person)
        return person

    def _read(self, user: str, told: object) -> Person:
        about: Mapping[str, object] = told if isinstance(told, dict) else {}
        profile = about.get("profile")
        names: Mapping[str, object] = profile if isinstance(profile, dict) else {}
        name = names.get("display_name") or names.get("real_name") or about.get("name") or user
        outside = ("is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted")
        ours = about.get("team_id") == self.team
        member = bool(about) and ours and not any(about.get(flag) for flag in outside)
        return Person(id=user, name=str(name), is_member=member)

    async def group(self, group: str) -> frozenset[str]:
        """Return who is in the user group. Raises `PublishError` while Slack does not tell."""
        async with self._asking:
            known = self._groups.get(group)
            if known and self._clock.now() < known[0]:
                return known[1]
            return await self._ask_group(group)

    async def _ask_group(self, group: str) -> frozenset[str]:
        answer = await self._api.read("usergroups.users.list", group, usergroup=group)
        listed = answer.get("users")
        users = frozenset(map(str, listed if isinstance(listed, list) else ()))
        self._groups[group] = (self._clock.now() + FRESH, users)
        return users

    async def names(self, users: Sequence[str]) -> dict[str, str]:
        """Return the names of *users*; those that Slack does not tell are left out."""
        names = {}
        for user in users:
            try:
                names[user] = (await self.person(user)).name
            except PublishError:
                continue
        return names
