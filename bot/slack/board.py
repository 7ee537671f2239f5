"""The cards in Slack: which ones a run should have, putting them up, keeping them true.

Implements `ports.Board`. The pipeline puts cards up through its ledger; here is one request each.
Editing goes through `updates`. A card is known again by its metadata, so that a lost one is found.

The invariant: a card is drawn from the run and from nothing else; drawn again it says how the run
stands now, and what was decided has no buttons any more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.card import Card, CardKind, CardWish
from bot.domain.effect import EffectState
from bot.domain.room import RoomConfig, Who
from bot.domain.run import Run, RunState
from bot.errors import AmbiguousPost, PublishError, TargetPaused, TargetUnavailable
from bot.ports import Clock, Store
from bot.slack import notice
from bot.slack.approval import approval_card
from bot.slack.blocks import Message
from bot.slack.card import desk_card
from bot.slack.held import Held
from bot.slack.lacking import Lacking
from bot.slack.messages import SETTLE, Marks, Messages
from bot.slack.pace import Pace
from bot.slack.rights import asker, authors
from bot.slack.scene import Scene
from bot.slack.scenery import Scenery, waits_for_approval
from bot.slack.streaks import CAP, Streaks
from bot.slack.strips import Strips
from bot.slack.updates import Updates
from bot.slack.wishes import Wishes, is_told_of
from bot.slack_api.channels import Channels
from bot.slack_api.web_api import WebApi

log = structlog.get_logger()

#: The metadata by which a card is known again.
EVENT = "reelbot_card"
#: Cards wait so long after Slack could not be reached; seconds.
_SILENCE = 15.0
#: Runs that ended within this may have cards that say otherwise.
_LATELY = timedelta(hours=24)
_MOST = 200
#: More approvals than this are one message, and no card calls anybody.
INBOX_OVER = 3


class SlackBoard:
    """A `Board` in one workspace."""

    settle = SETTLE
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
        self._clock = clock
        self._store = store
        self._config = config
        self._scenery = scenery
        self._strips = strips
        self._pace = Pace(clock)
        self.messages = Messages(api, channels, self._pace)
        self.updates = Updates(api, clock, self._pace)
        self._streaks = Streaks()
        self._wishes = Wishes(
            clock=clock,
            config=config,
            messages=self.messages,
            updates=self.updates,
            streaks=self._streaks,
        )
        #: The workspace's address, as in https://reelbot.slack.com/; None until Slack told.
        self.workspace: str | None = None
        #: Cards that may be up already: run and kind.
        self._begun: set[tuple[str, str]] = set()
        #: No card is put up before; None until the room is open.
        self._silent_until: datetime | None = None
        #: Places that need a person; they are left alone until then.
        self._quiet: dict[str, datetime] = {}
        #: The runs that wait for approval, as far as this process has seen them.
        self.waiting: dict[str, Run] = {}
        #: Those of them that were more than a few.
        self._in_inbox: set[str] = set()
        #: Those that post, and what became of their targets.
        self.held = Held()
        self.lacking = Lacking(clock)
        #: Whoever wants to hear that something moved.
        self.on_change: Callable[[Run], None] = lambda _run: None

    # --- which cards ----------------------------------------------------------------------------

    def wishes(self, run: Run) -> Sequence[CardWish]:
        """Return the cards that *run* should have and lacks; none while Slack is out of reach."""
        now = self._clock.now()
        if self._silent_until is None or now < self._silent_until:
            return ()
        begun = (run.id, CardKind.DESK)
        wanted = self._wishes.lacking(run, begun=begun in self._begun)
        lacking = [w for w in wanted if w.kind is not CardKind.CALL or self._is_called(run, w)]
        if not lacking:
            self.lacking.found(run.id)
            self._begun.discard(begun)
        elif self._pace.is_crowded(lacking[0].place):  # no run is held back, nothing is written
            self._comes_back(run.id, lacking[0].place)
            return ()
        else:
            self.lacking.note(run.id)
        return [wish for wish in lacking if self._quiet.get(wish.place, now) <= now]

    def _is_called(self, run: Run, wish: CardWish) -> bool:
        """Return whether there is somebody to call; whom the inbox calls, no single run does."""
        if len(self.waiting) > INBOX_OVER:
            self._in_inbox.add(run.id)
        return run.id not in self._in_inbox and bool(self._call(run, wish))

    def _comes_back(self, run_id: str, place: str) -> None:
        if not self.lacking.is_put_off(run_id):
            turn = self._pace.promise(place)
            self.lacking.look_in(run_id, turn - self._clock.now())

    # --- putting them up ------------------------------------------------------------------------

    def prepare(self, run: Run, wish: CardWish) -> Mapping[str, str]:
        """Return the channel, and the message in whose thread the card belongs; empty for none."""
        return {"place": wish.place, "thread": self._wishes.thread(run, wish) or ""}

    async def put(self, run: Run, wish: CardWish, handle: Mapping[str, str]) -> Card:
        """Put up the card; one request. Whatever goes wrong, the run is looked at again later."""
        self._begun.add((run.id, wish.kind))
        try:
            return await self._put(run, wish, handle)
        except AmbiguousPost:
            self.lacking.look_in(run.id, timedelta(seconds=self.settle))
            raise
        except PublishError as error:
            self._begun.discard((run.id, wish.kind))
            wait = timedelta(seconds=error.retry_after or _SILENCE)
            if isinstance(error, TargetPaused):  # the others are not to wait for this one place
                self._quiet[wish.place] = self._clock.now() + wait
            elif error.retry_after is None:
                self._silent_until = self._clock.now() + wait
            self.lacking.look_in(run.id, wait)
            raise

    async def _put(self, run: Run, wish: CardWish, handle: Mapping[str, str]) -> Card:
        place = await self.messages.resolve(handle["place"])
        drawn = await self._draw_new(run, wish)
        shown = notice.with_call(drawn, self._call(run, wish))
        put = await self.messages.post(place, shown, _marks(run, wish), handle["thread"] or None)
        if put is None:
            self._strips.leave_out(run)
            raise TargetUnavailable(retry_after=1.0)
        self.updates.shows(put, drawn)  # a call is worth no edit
        return self._card(wish, *put)

    async def _draw_new(self, run: Run, wish: CardWish) -> Message:
        if wish.kind is CardKind.NOTICE and run.state is RunState.FAILED:
            self._streaks.saw(run)
        card = Card(kind=wish.kind, generation=wish.generation, place=wish.place, id="")
        drawn = await self._draw(run, card)
        assert drawn
        return drawn

    def _call(self, run: Run, wish: CardWish) -> str:
        """Return who must act: nobody else is ever mentioned."""
        config = self._config()
        asks = wish.kind in {CardKind.APPROVAL, CardKind.CALL}
        if (asks and len(self.waiting) <= INBOX_OVER) or wish.kind is CardKind.REMINDER:
            return notice.calling(self._approvers(run))
        if wish.kind is CardKind.NOTICE and run.state is RunState.ATTENTION:
            user = asker(run)
            return notice.calling(Who(users=(user,)) if user else config.admin)
        capped = run.failure is not None and run.failure.code == CAP
        if wish.kind is CardKind.NOTICE and run.state is RunState.FAILED and capped:
            return notice.calling(config.admin)
        return ""

    def _approvers(self, run: Run) -> Who:
        """Return who may let the posts out: with two people asked for, not whoever wrote them."""
        config = self._config()
        public = any(t.network == "x" for t in run.request.targets)
        who = config.publish_x if public else config.generate
        own = set() if config.self_approval else authors(run)
        return replace(who, users=tuple(user for user in who.users if user not in own))

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

    async def find(
        self, run: Run, wish: CardWish, handle: Mapping[str, str], *, since: datetime
    ) -> Sequence[Card]:
        """Return the cards with the run's marks since then; raises `PublishError` if unreadable."""
        place = await self.messages.resolve(handle["place"])
        thread = handle["thread"] if "thread" in handle else self._wishes.thread(run, wish)
        marks = _marks(run, wish)
        found = await self.messages.find(place, marks, since=since, thread=thread or None)
        return [self._card(wish, place, ts) for ts in found]

    # --- keeping them true ----------------------------------------------------------------------

    def show(self, run: Run) -> None:
        """Have the cards of *run* say how it stands, soon."""
        self._saw(run)
        for card in run.cards:
            if not _stays(run, card):
                self.updates.show((card.place, card.id), partial(self._draw, run, card))
        streak = self._streaks.of(run)
        if streak and streak.card and streak.last.id == run.id:
            self.updates.show((streak.card.place, streak.card.id), lambda: self._draw_streak(run))
        self.on_change(run)

    def _saw(self, run: Run) -> None:
        self._streaks.saw(run)
        self.held.saw(run)
        if waits_for_approval(run):
            self.waiting[run.id] = run
        else:
            self.waiting.pop(run.id, None)
            self._in_inbox.discard(run.id)

    async def _draw(self, run: Run, card: Card) -> Message | None:
        scene = await self._scenery.scene(run)
        if card.kind is CardKind.DESK:
            return desk_card(run, scene)
        if card.kind is CardKind.APPROVAL:
            return approval_card(run, scene, generation=card.generation)
        if card.kind is CardKind.CALL:
            return notice.call(run, scene, generation=card.generation)
        if card.kind is CardKind.REMINDER:
            return notice.reminder(run, scene)
        if card.kind is CardKind.ACT:
            return notice.told(run.acts[card.generation], scene)
        return await self._draw_notice(run, scene)

    async def _draw_notice(self, run: Run, scene: Scene) -> Message | None:
        if run.state is RunState.SUCCEEDED and run.request.source.startswith("schedule:"):
            return notice.recovered(run, scene)
        if run.state is RunState.FAILED and is_told_of(run):
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
        await self._look_for_lost(since)
        for run in newest:
            if not run.state.is_terminal or run.updated_at > since:
                self.show(run)
                self._look_now(run)

    async def _look_for_lost(self, since: datetime) -> None:
        """Have the runs looked at whose cards were being put up when somebody died."""
        sending = {EffectState.SENDING}
        lost = await self._store.effects_since(since, kinds={"card"}, states=sending)
        for effect in lost:
            run_id, _, kind, _ = effect.key.split(":")
            self._begun.add((run_id, kind))
            self.lacking.look_in(run_id, timedelta(0))

    async def _resolve_names(self) -> None:
        config = self._config()
        for place in {config.desk, config.approvers} - {None}:
            try:
                await self.messages.resolve(str(place))
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


def _stays(run: Run, card: Card) -> bool:
    """Return whether the card is right as it is: an edit would lose whom it calls."""
    if card.kind is CardKind.CALL:
        return card.generation == run.generation and waits_for_approval(run)
    return card.kind is CardKind.ACT  # what was done stays done


def _marks(run: Run, wish: CardWish) -> Marks:
    payload = {"run": run.id, "kind": wish.kind.value, "generation": wish.generation}
    return Marks(event=EVENT, payload=payload)
