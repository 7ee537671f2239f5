"""The cards in Slack: which ones a run should have, putting them up, keeping them true.

Implements `ports.Board`. The pipeline puts cards up through its ledger; here is one request each.
Editing goes through `updates`. A card is known again by its metadata, so that a lost one is found.

The invariant: a card is drawn from the run and from nothing else; drawn again it says how the run
stands now, and what was decided has no buttons any more.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.domain.card import Card, CardKind, CardWish
from bot.domain.post import Target
from bot.domain.room import RoomConfig, Who
from bot.domain.run import Run, RunState
from bot.errors import AmbiguousPost, PublishError, TargetPaused, TargetUnavailable
from bot.pipeline.steps.approve import expiry
from bot.ports import Clock, Store
from bot.slack import notice
from bot.slack.approval import approval_card
from bot.slack.blocks import Message
from bot.slack.card import desk_card
from bot.slack.lacking import Lacking
from bot.slack.pace import Pace
from bot.slack.rights import asker
from bot.slack.scenery import Scenery, waits_for_approval
from bot.slack.streaks import CAP, Streaks
from bot.slack.strips import Strips
from bot.slack.updates import Updates
from bot.slack_api.channels import Channels
from bot.slack_api.web_api import WebApi

log = structlog.get_logger()

#: The metadata by which a card is known again.
EVENT = "reelbot_card"
#: Seconds by which Slack's clock may be behind ours.
_SKEW = timedelta(seconds=5)
#: Cards wait so long after Slack could not be reached; seconds.
_SILENCE = 15.0
#: A reminder comes when so much of the patience is over.
_REMIND_AT = 0.75
#: Runs that ended within this may have cards that say otherwise.
_LATELY = timedelta(hours=24)
_MOST = 200
#: More approvals than this are one message, and no card calls anybody.
INBOX_OVER = 3
#: What Slack says when it does not take a block; a frame strip that it has not looked at yet.
_BLOCKS = frozenset({"invalid_blocks"})


class SlackBoard:
    """A `Board` in one workspace."""

    #: The client's timeout and half as much again: a message shows as soon as it is taken.
    settle = 30.0
    #: History tells of every message of a channel that the app is in; where it may not be read,
    #: `find` raises.
    find_is_authoritative = True

    def __init__(
        self,
        api: WebApi,
        *,
        clock: Clock,
        store: Store,
        config: Callable[[], RoomConfig],
        scenery: Scenery,
        strips: Strips,
        channels: Channels,
    ) -> None:
        self._api = api
        self._clock = clock
        self._store = store
        self._config = config
        self._scenery = scenery
        self._strips = strips
        self._channels = channels
        self._pace = Pace(clock)
        self.updates = Updates(api, clock, self._pace)
        self._streaks = Streaks()
        #: The workspace's address, as in https://reelbot.slack.com/; None until Slack told.
        self.workspace: str | None = None
        #: Ids of channels that were named.
        self._ids: dict[str, str] = {}
        #: No card is put up before; None until the room is open.
        self._silent_until: datetime | None = None
        #: Places that need a person; they are left alone until then.
        self._quiet: dict[str, datetime] = {}
        #: The runs that wait for approval, as far as this process has seen them.
        self.waiting: dict[str, Run] = {}
        self.lacking = Lacking(clock)
        #: Whoever wants to hear that something moved.
        self.on_change: Callable[[Run], None] = lambda _run: None

    # --- which cards ----------------------------------------------------------------------------

    def wishes(self, run: Run) -> Sequence[CardWish]:
        """Return the cards that *run* should have and lacks; none while Slack is out of reach."""
        now = self._clock.now()
        if self._silent_until is None or now < self._silent_until:
            return ()
        late = run.state.is_terminal and run.request.asked_in is None
        wanted = [
            (CardKind.DESK, 0, None if late else self.desk_of(run)),
            (CardKind.APPROVAL, run.generation, self._approval_place(run)),
            (CardKind.REMINDER, run.generation, self._reminder_place(run)),
            (CardKind.NOTICE, run.generation, self._notice_place(run)),
        ]
        wishes = [CardWish(kind=k, generation=g, place=p) for k, g, p in wanted if p]
        lacking = [wish for wish in wishes if not any(card.answers(wish) for card in run.cards)]
        if not lacking:
            self.lacking.found(run.id)
        elif self._pace.is_crowded(lacking[0].place):  # no run is held back, nothing is written
            self._comes_back(run.id, lacking[0].place)
            return ()
        else:
            self.lacking.note(run.id)
        return [wish for wish in lacking if self._quiet.get(wish.place, now) <= now]

    def _comes_back(self, run_id: str, place: str) -> None:
        if not self.lacking.is_put_off(run_id):
            turn = self._pace.promise(place)
            self.lacking.look_in(run_id, turn - self._clock.now())

    def desk_of(self, run: Run) -> str | None:
        """Return where the run's own card belongs; None for nowhere."""
        return self._id(run.request.asked_in or self._config().desk)

    def _id(self, place: str | None) -> str | None:
        return self._ids.get(place, place) if place else None

    def _approval_place(self, run: Run) -> str | None:
        """Return where approval is asked for beside the desk card; None where that has buttons."""
        approvers = self._id(self._config().approvers)
        return approvers if waits_for_approval(run) and approvers != self.desk_of(run) else None

    def _reminder_place(self, run: Run) -> str | None:
        if not waits_for_approval(run) or self._clock.now() < remind_at(run):
            return None
        return self._approval_place(run) or self.desk_of(run)

    def _notice_place(self, run: Run) -> str | None:
        return self.desk_of(run) if self._must_tell(run) else None

    def _must_tell(self, run: Run) -> bool:
        if run.state is RunState.ATTENTION:
            return True
        if run.state is RunState.FAILED and self._is_told_of(run):
            return self._streaks.is_first(run)
        return self._streaks.ends(run)

    def _is_told_of(self, run: Run) -> bool:
        """Return whether a failure is told beside the card: nobody may be looking at it."""
        capped = run.failure is not None and run.failure.code == CAP
        return capped or run.request.source.startswith("schedule:")

    # --- putting them up ------------------------------------------------------------------------

    async def put(self, run: Run, wish: CardWish) -> Card:
        """Put up the card; one request. Whatever goes wrong, the run is looked at again later."""
        try:
            return await self._put(run, wish)
        except AmbiguousPost:
            self.lacking.look_in(run.id, timedelta(seconds=self.settle))
            raise
        except PublishError as error:
            wait = timedelta(seconds=error.retry_after or _SILENCE)
            if isinstance(error, TargetPaused):  # the others are not to wait for this one place
                self._quiet[wish.place] = self._clock.now() + wait
            elif error.retry_after is None:
                self._silent_until = self._clock.now() + wait
            self.lacking.look_in(run.id, wait)
            raise

    async def _put(self, run: Run, wish: CardWish) -> Card:
        place = await self.resolve(wish.place)
        drawn = await self._draw_new(run, wish)
        message = notice.with_call(drawn, self._call(run, wish))
        await self._pace.turn(place)
        try:
            answer = await self._api.call(
                "chat.postMessage",
                place,
                expect=_BLOCKS,
                channel=place,
                text=message.text,
                blocks=list(message.blocks),
                metadata={"event_type": EVENT, "event_payload": _marks(run, wish)},
                unfurl_links=False,
                unfurl_media=False,
                **_in_thread(self._thread(run, wish, place)),
            )
        except TargetUnavailable as error:
            self._pace.hold(place, error.retry_after)
            raise
        if not answer["ok"]:
            self._strips.leave_out(run)
            raise TargetUnavailable(retry_after=1.0)
        card = self._card(wish, str(answer.get("channel") or place), str(answer.get("ts")))
        self.updates.shows((card.place, card.id), drawn)  # a call is worth no edit
        return card

    async def _draw_new(self, run: Run, wish: CardWish) -> Message:
        if wish.kind is CardKind.NOTICE and run.state is RunState.FAILED:
            self._streaks.saw(run)
        card = Card(kind=wish.kind, generation=wish.generation, place=wish.place, id="")
        drawn = await self._draw(run, card)
        assert drawn
        return drawn

    def _thread(self, run: Run, wish: CardWish, place: str) -> str | None:
        """Return the message in whose thread the new one belongs."""
        if wish.kind in {CardKind.DESK, CardKind.APPROVAL}:
            return None
        streak = self._streaks.of(run)
        above = [card for card in run.cards if card.kind in {CardKind.DESK, CardKind.APPROVAL}]
        if wish.kind is CardKind.NOTICE and run.state is RunState.SUCCEEDED and streak:
            above = [streak.card] if streak.card else []
        elif wish.kind is CardKind.NOTICE and run.state is RunState.FAILED:
            above = []  # the next failures of the schedule are told there, too
        there = [card for card in above if card.place == place]
        known = [card.id for card in there if not self.updates.is_gone((card.place, card.id))]
        return known[-1] if known else None

    def _call(self, run: Run, wish: CardWish) -> str:
        """Return who must act: nobody else is ever mentioned."""
        config = self._config()
        asks = wish.kind is CardKind.APPROVAL
        if (asks and len(self.waiting) <= INBOX_OVER) or wish.kind is CardKind.REMINDER:
            public = any(t.network == "x" for t in run.request.targets)
            return notice.calling(config.publish_x if public else config.generate)
        if wish.kind is CardKind.NOTICE and run.state is RunState.ATTENTION:
            user = asker(run)
            return notice.calling(Who(users=(user,)) if user else config.admin)
        capped = run.failure is not None and run.failure.code == CAP
        if wish.kind is CardKind.NOTICE and run.state is RunState.FAILED and capped:
            return notice.calling(config.admin)
        return ""

    def _card(self, wish: CardWish, place: str, ts: str) -> Card:
        return Card(
            kind=wish.kind,
            generation=wish.generation,
            place=place,
            id=ts,
            url=self.permalink(place, ts),
        )

    def permalink(self, place: str, ts: str) -> str | None:
        """Return the address of a message, as Slack forms it."""
        return (
            f"{self.workspace}archives/{place}/p{ts.replace('.', '')}" if self.workspace else None
        )

    async def find(self, run: Run, wish: CardWish, *, since: datetime) -> Sequence[Card]:
        """Return the cards with the run's marks since then; raises `PublishError` if unreadable."""
        place = await self.resolve(wish.place)
        thread = self._thread(run, wish, place)
        method = "conversations.replies" if thread else "conversations.history"
        wanted: dict[str, Any] = {
            "channel": place,
            "oldest": f"{(since - _SKEW).timestamp():.6f}",
            "include_all_metadata": True,
            "limit": "200",
        } | ({"ts": thread} if thread else {})
        found = list[Card]()
        while True:
            answer = await self._api.read(method, place, **wanted)
            marked = [m for m in messages(answer) if _is_marked(m, _marks(run, wish))]
            found += [self._card(wish, place, str(m["ts"])) for m in marked]
            wanted["cursor"] = next_page(answer)
            if not wanted["cursor"]:
                return found

    async def resolve(self, place: str) -> str:
        """Return the channel's id. Raises `TargetPaused` for one that the app cannot post to."""
        if not place.startswith("#"):
            return place
        found = await self._channels.resolve(Target(network="slack", destination=place))
        self._ids[place] = found
        return found

    # --- keeping them true ----------------------------------------------------------------------

    def show(self, run: Run) -> None:
        """Have the cards of *run* say how it stands, soon."""
        self._saw(run)
        for card in run.cards:
            place = (card.place, card.id)
            self.updates.show(place, partial(self._draw, run, card))
        streak = self._streaks.of(run)
        if streak and streak.card and streak.last.id == run.id:
            self.updates.show((streak.card.place, streak.card.id), lambda: self._draw_streak(run))
        self.on_change(run)

    def _saw(self, run: Run) -> None:
        self._streaks.saw(run)
        if waits_for_approval(run):
            self.waiting[run.id] = run
        else:
            self.waiting.pop(run.id, None)

    async def _draw(self, run: Run, card: Card) -> Message | None:
        scene = await self._scenery.scene(run)
        if card.kind is CardKind.DESK:
            return desk_card(run, scene)
        if card.kind is CardKind.APPROVAL:
            return approval_card(run, scene, generation=card.generation)
        if card.kind is CardKind.REMINDER:
            return notice.reminder(run, scene)
        if run.state is RunState.SUCCEEDED and run.request.source.startswith("schedule:"):
            return notice.recovered(run, scene)
        if run.state is RunState.FAILED and self._is_told_of(run):
            return await self._draw_streak(run)
        return notice.needs_person(run, scene)

    async def _draw_streak(self, run: Run) -> Message | None:
        streak = self._streaks.of(run)
        if streak is None or run.id not in streak.runs:
            return None
        return notice.failed(streak, await self._scenery.scene(streak.last))

    # --- coming back ----------------------------------------------------------------------------

    async def close(self) -> None:
        """Wish for nothing any more, and show what still waits to be shown."""
        self._silent_until = None
        await self.updates.flush()

    async def refresh(self) -> None:
        """Bring the cards of unfinished and lately ended runs up to date, and put up what lacks."""
        self._strips.try_again()
        await self._resolve_names()
        newest = await self._store.list_runs(limit=_MOST)
        parked = await self._store.list_runs(states={RunState.WAITING}, limit=_MOST)
        for run in parked:
            self._saw(run)
        for run in sorted(newest, key=lambda run: run.updated_at):
            self._saw(run)
        self._silent_until = self._clock.now()
        since = self._clock.now() - _LATELY
        for run in newest:
            if not run.state.is_terminal or run.updated_at > since:
                self.show(run)
                self._look_now(run)

    async def _resolve_names(self) -> None:
        config = self._config()
        for place in {config.desk, config.approvers} - {None}:
            try:
                await self.resolve(str(place))
            except PublishError as error:
                log.warning("a channel of the control room", why=str(error), hint=error.hint)

    def remind(self) -> None:
        """Have the runs looked at whose reminder is due."""
        for run in self.waiting.values():
            if run.id not in self.lacking:
                self._look_now(run)

    def _look_now(self, run: Run) -> None:
        if self.wishes(run):
            self.lacking.look_in(run.id, timedelta(0))


def remind_at(run: Run) -> datetime:
    """Return when the approvers of *run* are reminded."""
    assert run.asked_at
    return run.asked_at + (expiry(run) - run.asked_at) * _REMIND_AT


def _in_thread(thread: str | None) -> dict[str, Any]:
    return {"thread_ts": thread} if thread else {}


def _marks(run: Run, wish: CardWish) -> dict[str, Any]:
    return {"run": run.id, "kind": wish.kind.value, "generation": wish.generation}


def messages(answer: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return the messages of one page of a history."""
    listed = answer.get("messages")
    return [m for m in listed if isinstance(m, dict)] if isinstance(listed, list) else []


def _is_marked(message: Mapping[str, Any], marks: Mapping[str, Any]) -> bool:
    metadata = message.get("metadata") or {}
    return metadata.get("event_type") == EVENT and metadata.get("event_payload") == marks


def next_page(answer: Mapping[str, object]) -> str:
    """Return the cursor of the page after this one; empty after the last."""
    more = answer.get("response_metadata")
    return str(more.get("next_cursor") or "") if isinstance(more, dict) else ""
