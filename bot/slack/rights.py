"""Who may do what: asked when something is typed, and again when a button is clicked.

The invariant: whoever is no full member of this workspace may do nothing, and where Slack does not
tell us who somebody is, the answer is no.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.domain.post import Target
from bot.domain.room import Right, RoomConfig, Who
from bot.domain.run import Run
from bot.domain.schedule import ApprovalMode
from bot.errors import PublishError
from bot.ports import Clock, Store
from bot.slack.asked import Asked
from bot.slack.blocks import escape
from bot.slack.people import People


class Denied(Exception):  # not a failure: the answer is "no", and why
    """Somebody may not do that; *key* and *values* are for the words."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class Rights:
    """Says no to whoever may not."""

    def __init__(
        self,
        people: People,
        config: Callable[[], RoomConfig],
        store: Store,
        clock: Clock,
        *,
        is_live: Callable[[Target], bool],
    ) -> None:
        """Make the rights; *is_live* says whether a post to a target would be public."""
        self._people = people
        self._config = config
        self._store = store
        self._clock = clock
        self._is_live = is_live

    async def require(self, asked: Asked, right: Right) -> None:
        """Raise `Denied` unless the person has *right*."""
        try:
            person = await self._people.person(asked.user)
            if not person.is_member:
                raise Denied("denied.outsider")
            if not await self._holds(asked, right):
                raise Denied(f"denied.{right}")
        except PublishError as error:
            raise Denied("denied.unknown", why=escape(str(error))) from error

    async def _holds(self, asked: Asked, right: Right) -> bool:
        for holders in self._config().holders(right):
            if await self._is_among(asked, holders):
                return True
        return False

    async def _is_among(self, asked: Asked, who: Who) -> bool:
        if who.everyone or asked.user in who.users or asked.channel in who.channels:
            return True
        for group in who.groups:
            if asked.user in await self._people.group(group):
                return True
        return False

    def needed_to_publish(self, run: Run) -> Right:
        """Return what lets the open posts of *run* out."""
        open_ones = [t for t in run.request.targets if not run.delivery(t).status.is_settled]
        return self.needed_for(tuple(open_ones))

    def needed_for(self, targets: tuple[Target, ...]) -> Right:
        """Return what lets posts out to *targets*."""
        public = any(t.network == "x" and self._is_live(t) for t in targets)
        return Right.PUBLISH_X if public else Right.GENERATE

    def needed_to_edit(self, run: Run) -> Right:
        """Return what lets people change the words: where nobody approves them, they go out."""
        if run.request.approval.mode is ApprovalMode.AUTO:
            return self.needed_to_publish(run)
        return Right.GENERATE

    async def require_approver(self, asked: Asked, run: Run) -> None:
        """Raise `Denied` unless the person may let the run's posts out."""
        await self.require(asked, self.needed_to_publish(run))
        if self._config().self_approval:
            return
        if _asked_for_posts(run) == asked.user:
            raise Denied("denied.own")
        if asked.user in _editors(run):
            raise Denied("denied.own_words")

    async def require_room_for_one_more(self, asked: Asked) -> None:
        """Raise `Denied` once the person has asked for as many videos today as one may."""
        config = self._config()
        if config.daily_limit is None:
            return
        since = _midnight(self._clock.now(), config.timezone)
        count = await self._store.count_asked(asked.by, since)
        if count >= config.daily_limit:
            raise Denied("denied.limit", n=config.daily_limit)


def asker(run: Run) -> str | None:
    """Return the Slack id of who asked for *run*; None where nobody in Slack did."""
    return _slack_id(run.request.source.split(" ", 1)[0])


def authors(run: Run) -> set[str]:
    """Return the Slack ids of those whose posts or words they are: somebody else approves them."""
    return {user for user in (_asked_for_posts(run), *_editors(run)) if user}


def _editors(run: Run) -> set[str]:
    """Return the Slack ids of those whose words *run* is about to post."""
    still_open = {str(t) for t in run.request.targets if not run.delivery(t).status.is_settled}
    by = {_slack_id(by) for target, by in run.edited_by.items() if target in still_open}
    return {user for user in by if user}


def _asked_for_posts(run: Run) -> str | None:
    """Return the Slack id of who asked for the posts that *run* is about to make."""
    return _slack_id(run.posting_asked_by) if run.posting_asked_by else asker(run)


def _slack_id(by: str) -> str | None:
    network, _, user = by.partition(":")
    return user if network == "slack" and user else None


def _midnight(now: datetime, timezone: str) -> datetime:
    there = now.astimezone(ZoneInfo(timezone))
    return there.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
