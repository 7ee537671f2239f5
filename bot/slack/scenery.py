"""Makes a Scene: looks up what a view needs beside the run itself.

`board` asks for every card, `room` for every answer. Reads only.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.post import Target
from bot.domain.run import Run, RunState
from bot.domain.schedule import Plan, Schedule
from bot.domain.video import Derivation, VideoStatus
from bot.ports import Clock, Publisher, Stop, Store, VideoProvider
from bot.slack.lists import Dashboard, Upcoming
from bot.slack.people import People
from bot.slack.scene import Scene
from bot.slack.strips import Strips
from bot.slack.words import Words, words

_PERSON = re.compile(r"slack:([UW][A-Z0-9]{2,})")
#: Runs that a dashboard looks at.
_MOST = 50

#: When a schedule is due next, after an instant; None if never.
NextMoment = Callable[[Schedule, datetime], datetime | None]
#: Who holds everything back, by a row or by the file `STOP`; None if nobody does.
Stopped = Callable[[], Awaitable[Stop | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenery:
    """Everything that is looked at to draw something."""

    clock: Clock
    store: Store
    plan: Callable[[], Plan]
    providers: Mapping[str, VideoProvider]
    publishers: Mapping[str, Publisher]
    next_moment: NextMoment
    people: People
    strips: Strips
    stopped: Stopped

    @property
    def words(self) -> Words:
        """The texts of the room's language."""
        return words(self.plan().room.language)

    def is_live(self, target: Target) -> bool:
        """Return whether a post to *target* would leave the preview."""
        publisher = self.publishers.get(target.network)
        return publisher is not None and not publisher.preview

    def accounts(self) -> tuple[Target, ...]:
        """Return the X accounts that the file names."""
        plan = self.plan()
        every = [plan.ad_hoc.targets, *(s.targets for s in plan.schedules)]
        named = [t for targets in every for t in targets if t.network == "x"]
        named += [Target(network="x", destination=handle) for handle in plan.accounts]
        once: dict[str, Target] = {}
        for target in named:
            once.setdefault(target.destination.casefold(), target)
        return tuple(once.values()) if "x" in self.publishers else ()

    async def scene(self, *runs: Run, naming: Iterable[str] = ()) -> Scene:
        """Return the scene for *runs*; of one alone also its bill and its frames."""
        one = runs[0] if len(runs) == 1 else None
        told = " ".join([*naming, *map(_people_in, runs)])
        return Scene(
            words=self.words,
            now=self.clock.now(),
            command=self.plan().room.command,
            people=await self.people.names(sorted(set(_PERSON.findall(told)))),
            spends=await self.store.spends(one.id) if one else (),
            preview=all(p.preview for p in self.publishers.values()),
            may_post_x=self._open_accounts(one) if one else (),
            may_remix=one is not None and self.may_remix(one),
            confirm_over_usd=self.plan().room.confirm_over_usd,
            frames=await self.strips.of(one) if one else None,
        )

    def _open_accounts(self, run: Run) -> tuple[Target, ...]:
        out = {d.target for d in run.delivered}
        return tuple(t for t in self.accounts() if t not in out)

    def may_remix(self, run: Run) -> bool:
        """Return whether the provider can change the video of *run*, and has it still."""
        provider, job = self.providers.get(run.request.provider), run.job
        if (
            provider is None
            or job is None
            or Derivation.REMIX not in provider.capabilities.derivations
        ):
            return False
        is_there = not (run.removed and run.removed.at_provider)
        fresh = job.expires_at is None or job.expires_at > self.clock.now()
        return run.video_status is VideoStatus.COMPLETED and is_there and fresh

    # --- the whole house ------------------------------------------------------------------------

    async def dashboard(self) -> Dashboard:
        """Return how everything stands."""
        store, budget, now = self.store, self.plan().budget, self.clock.now()
        going = await store.list_runs(states={RunState.RUNNING, RunState.WAITING}, limit=_MOST)
        stuck = await store.list_runs(states={RunState.ATTENTION}, limit=_MOST)
        over = [state for state in RunState if state.is_terminal]
        asked = [run for run in going if waits_for_approval(run)]
        return Dashboard(
            fires=await self.fires(),
            in_flight=[run for run in going if not waits_for_approval(run)],
            waiting=[*stuck, *asked],
            last=await store.list_runs(states=over, limit=10),
            spent=await store.spent(now.astimezone(ZoneInfo(budget.timezone)).date()),
            cap=budget.per_day_usd,
            stop=await self.stopped(),
        )

    async def scene_of(self, board: Dashboard) -> Scene:
        """Return the scene for all that *board* tells."""
        runs = [*board.in_flight, *board.waiting, *board.last]
        held = [fire.paused_by or "" for fire in board.fires]
        stop = board.stop.by if board.stop else ""
        return await self.scene(naming=[str(runs), *held, stop])

    async def fires(self) -> list[Upcoming]:
        """Return the next moment of every schedule, the nearest first."""
        paused = await self.store.paused()
        coming = [
            Upcoming(
                schedule_id=schedule.id,
                at=at,
                paused_by=paused[schedule.id].by if schedule.id in paused else None,
            )
            for schedule in self.plan().schedules
            if schedule.enabled and (at := self.next_moment(schedule, self.clock.now()))
        ]
        return sorted(coming, key=lambda fire: fire.at)


def waits_for_approval(run: Run) -> bool:
    """Return whether somebody has to let the run's posts out."""
    return run.asked_at is not None and run.approval is None and not run.state.is_terminal


def _people_in(run: Run) -> str:
    by = [run.request.source, run.ended_by, *(d.detail for d in run.deliveries)]
    by += [act.by for act in run.acts]
    by += [run.failure.message if run.failure else None]
    by += [run.approval.by if run.approval else None, run.removed.by if run.removed else None]
    return " ".join(filter(None, by))
