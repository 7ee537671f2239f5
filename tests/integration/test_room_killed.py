"""The bot dies at any call of Slack, whatever people are doing: each thing shows once.

Every story is told again and again: killed before its first call leaves, after that call but
before its answer is read, and so on for the second and all others, until one telling comes
through alive. After each death the bot starts again, Slack delivers once more what it delivered,
and whoever sees that nothing came of it does it again.
"""

import asyncio
import itertools
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import pytest

from bot.domain.effect import EffectState
from bot.domain.run import Run, RunState
from bot.domain.schedule import Plan
from bot.errors import PostRejected, TargetPaused
from bot.store import open_store
from tests.fake_slack.delivery import Delivery
from tests.slack_room import PATIENCE, Executioner, House, Live, X, ask, button_names

#: Calls by which the room asks whether it may speak at all, before any story begins.
_AT_THE_DOOR = ("auth.test", "apps.connections.open")
#: Effects that are messages.
_SHOWN = frozenset({"answer", "card", "inbox", "mended", "mention", "paused", "told", "welcome"})


class Assassin(Executioner):
    """Kills at a call of Slack, once the story has begun."""

    def __init__(self, at: int, calls: tuple[str, ...]) -> None:
        super().__init__(at, self._counts)
        self.calls = calls
        self.awake = False

    def _counts(self, line: str) -> bool:
        method = line.partition(":")[0]
        is_call = method.startswith(self.calls)
        return self.awake and is_call and method not in _AT_THE_DOOR


@dataclass
class Story:
    """What people do, and how one sees that it is done."""

    house: House
    deliveries: list[Delivery] = field(default_factory=list)

    #: Deaths that it has at least; fewer would mean that it tells nothing.
    deaths = 2
    #: What the calls begin with at which people die.
    calls = ("chat.", "conversations.", "files.", "http", "users.", "views.")

    def prepare(self) -> None:
        """Write the file."""

    async def begin(self, bot: Live) -> None:
        """Come to where it starts; nobody dies yet."""

    async def act(self, bot: Live) -> None:
        """Do what is not done yet, as a person who looks at Slack would."""

    def is_over(self, runs: list[Run]) -> bool:
        raise NotImplementedError

    def check(self, runs: list[Run]) -> None:
        """Look at the end."""

    # --- what stories share ------------------------------------------------------------------

    def card(self, channel=None, action: str | None = None) -> dict | None:
        """Return the newest card in *channel*, one with the button *action*."""
        cards = [c for c in self.house.cards(channel) if not action or action in button_names(c)]
        return cards[-1] if cards else None

    async def click(self, card: dict | None, action: str, user: str) -> None:
        if card:
            self.deliveries.append(await self.house.slack.click(card, action, user))

    async def fill_in(self, values: dict[str, str], user: str) -> None:
        """Fill in the dialog that opens, if one does."""
        for _ in range(40):
            if view := self.house.slack.view_of(user):
                self.deliveries.append(await self.house.slack.submit(view, values, user))
                return
            await asyncio.sleep(0.005)

    @property
    def asked(self) -> int:
        """How often somebody asked; who is impatient while the disk is slow asks twice."""
        kinds = {"view_submission", None}
        commands = [d for d in self.deliveries if d.payload.get("type") in kinds]
        return len(commands)

    def said(self, text: str, channel=None) -> list[dict]:
        """Return the messages with *text*, answers in threads included."""
        channels = [channel] if channel else self.house.slack.workspace.channels.values()
        return [m for c in channels for m in c.messages if text in (m.get("text") or "")]

    async def succeed(self, bot: Live) -> None:
        await ask(self.house)
        await bot.state(RunState.SUCCEEDED)
        await self.house.until(lambda: self.card(action="run.undo"), tick=1.0)


class Making(Story):
    deaths = 16

    async def act(self, bot: Live) -> None:
        if not await bot.store.list_runs():
            self.deliveries.append(await ask(self.house))

    def is_over(self, runs: list[Run]) -> bool:
        done = runs and runs[0].state is RunState.SUCCEEDED
        return bool(done) and self.card(action="run.undo") is not None

    def check(self, runs: list[Run]) -> None:
        assert len(self.house.world.vendor.jobs) == len(runs) == len(self.house.cards())
        assert self.house.world.posts == ["slack:#cats"] * len(runs)
        assert len(runs) <= self.asked


class Approving(Story):
    deaths = 6

    def prepare(self) -> None:
        self.house.ask_for()
        self.house.set(approvers="#approvals")

    async def begin(self, bot: Live) -> None:
        await ask(self.house, 'a cat --caption "Old words"')
        await self.house.until(lambda: self.card(self.house.approvals, "run.approve"), tick=0.5)
        await self.house.until(lambda: self.card(action="run.cancel"), tick=0.5)

    async def act(self, bot: Live) -> None:
        card = self.card(self.house.approvals, "run.approve")
        await self.click(card, "run.approve", self.house.bob)

    def is_over(self, runs: list[Run]) -> bool:
        return runs[0].state is RunState.SUCCEEDED and "osted" in self.house.cards()[0]["text"]

    def check(self, runs: list[Run]) -> None:
        assert self.house.world.posts == ["slack:#cats"]
        assert button_names(self.house.cards(self.house.approvals)[0]) == []


class Rejecting(Approving):
    async def act(self, bot: Live) -> None:
        card = self.card(self.house.approvals, "run.reject")
        await self.click(card, "run.reject", self.house.bob)

    def is_over(self, runs: list[Run]) -> bool:
        return runs[0].state is RunState.CANCELLED and not self.card(action="run.cancel")

    def check(self, runs: list[Run]) -> None:
        assert self.house.world.posts == []


class Editing(Approving):
    deaths = 12

    async def act(self, bot: Live) -> None:
        if (await bot.run()).generation > 1:
            return
        if not self.house.slack.view_of(self.house.bob):
            card = self.card(self.house.approvals, "run.edit")
            await self.click(card, "run.edit", self.house.bob)
        await self.fill_in({"caption:0": "New words"}, self.house.bob)

    def is_over(self, runs: list[Run]) -> bool:
        asking = self.card(self.house.approvals, "run.approve")
        return (
            runs[0].generation == 2
            and asking is not None
            and "New words" in str(asking["blocks"])
            and len(self.house.cards(self.house.approvals)) == 2
            and bool(self.said("changed the text"))
        )

    def check(self, runs: list[Run]) -> None:
        [line] = self.said("changed the text", self.house.cats)
        assert line["thread_ts"] == self.house.cards()[0]["ts"]
        assert self.house.world.posts == []
        old, _ = self.house.cards(self.house.approvals)
        assert button_names(old) == []


class Remixing(Story):
    deaths = 10  # a dialog, a card, two calls for its frames, an edit; more edits as time falls

    async def begin(self, bot: Live) -> None:
        await self.succeed(bot)

    async def act(self, bot: Live) -> None:
        if len(await bot.store.list_runs()) > 1:
            return
        card = self.house.cards()[0]
        slack, jane = self.house.slack, self.house.jane
        if not slack.view_of(jane):
            self.deliveries.append(await slack.shortcut("run.remix", jane, message=card))
        await self.fill_in({"prompt": "at night"}, jane)

    def is_over(self, runs: list[Run]) -> bool:
        done = [run for run in runs if run.state is RunState.SUCCEEDED]
        told = [card for card in self.house.cards() if "osted" in card["text"]]
        return len(done) == len(told) == len(runs) > 1

    def check(self, runs: list[Run]) -> None:
        assert len(self.house.world.vendor.jobs) == len(runs) <= 1 + self.asked
        assert self.house.world.posts == ["slack:#cats"] * len(runs)


class TakingDown(Story):
    deaths = 4

    async def begin(self, bot: Live) -> None:
        await self.succeed(bot)

    async def act(self, bot: Live) -> None:
        await self.click(self.card(action="run.undo"), "run.undo", self.house.bob)

    def is_over(self, runs: list[Run]) -> bool:
        return not runs[0].delivered and not self.card(action="run.undo")

    def check(self, runs: list[Run]) -> None:
        assert set(self.house.world.slack.taken_down) == {"post-1"}
        assert self.house.world.posts == ["slack:#cats"]


class PostingToX(Story):
    deaths = 10

    def prepare(self) -> None:
        plan: Plan = self.house.plan
        schedule = replace(plan.schedules[0], targets=(X,))  # names the account
        self.house.plan = replace(plan, schedules=(schedule,))

    async def begin(self, bot: Live) -> None:
        await self.succeed(bot)

    async def act(self, bot: Live) -> None:
        if not self.house.slack.view_of(self.house.bob):
            await self.click(self.card(action="run.post"), "run.post", self.house.bob)
        await self.fill_in({"caption": "A cat surfs."}, self.house.bob)

    def is_over(self, runs: list[Run]) -> bool:
        done = runs[0].state is RunState.SUCCEEDED and len(runs[0].delivered) == 2
        return done and not self.card(action="run.post") and bool(self.said("has it posted to"))

    def check(self, runs: list[Run]) -> None:
        assert self.house.world.posts == ["slack:#cats", "x:@reelbot"]
        assert len(self.said("has it posted to")) == 1


class Retrying(Story):
    deaths = 8

    async def begin(self, bot: Live) -> None:
        self.house.world.slack.script = [PostRejected("The words are not allowed.")]
        await ask(self.house)
        await bot.state(RunState.FAILED)
        await self.house.until(lambda: self.card(action="run.retry"), tick=0.5)

    async def act(self, bot: Live) -> None:
        await self.click(self.card(action="run.retry"), "run.retry", self.house.bob)

    def is_over(self, runs: list[Run]) -> bool:
        done = runs[0].state is RunState.SUCCEEDED and "osted" in self.house.cards()[0]["text"]
        return done and bool(self.said("has it tried again"))

    def check(self, runs: list[Run]) -> None:
        assert len(self.house.world.vendor.jobs) == 1
        assert self.house.world.posts == ["slack:#cats"]
        assert len(self.said("has it tried again")) == 1


class Pausing(Story):
    """The first thing that Jane ever types: she is welcomed, too."""

    deaths = 6

    async def act(self, bot: Live) -> None:
        if not await bot.store.paused():
            slack, jane = self.house.slack, self.house.jane
            text = "pause cat-hourly"
            self.deliveries.append(await slack.slash("/video", text, user=jane, channel="#cats"))

    def is_over(self, runs: list[Run]) -> bool:
        return bool(self.said("paused cat-hourly") and self.said("I make videos"))

    def check(self, runs: list[Run]) -> None:
        assert len(self.said("I make videos")) == 1
        assert len(self.said("paused cat-hourly")) <= self.asked
        assert runs == []


class Stopping(Story):
    deaths = 4

    async def act(self, bot: Live) -> None:
        if not await bot.store.stopped():
            slack, jane = self.house.slack, self.house.jane
            self.deliveries.append(await slack.slash("/video", "stop", user=jane, channel="#cats"))

    def is_over(self, runs: list[Run]) -> bool:
        return bool(self.said("stopped everything", self.house.desk))

    def check(self, runs: list[Run]) -> None:
        lines = self.said("stopped everything", self.house.desk)
        assert len(lines) <= self.asked
        assert "<@U0ANN>" in lines[0]["text"]


class Crowding(Story):
    """A fourth video waits for approval: the inbox comes."""

    deaths = 6
    calls = ("chat.postMessage", "conversations.", "users.")

    def prepare(self) -> None:
        self.house.ask_for()
        self.house.set(approvers="#approvals")

    async def begin(self, bot: Live) -> None:
        for n in range(3):
            await ask(self.house, f"a cat, {n}")
        await self.house.until(lambda: len(self._asking()) == 3, tick=0.5)
        await self.house.calm(4)

    def _asking(self) -> list[dict]:
        cards = self.house.cards(self.house.approvals)
        return [card for card in cards if "run.approve" in button_names(card)]

    async def act(self, bot: Live) -> None:
        if len(await bot.store.list_runs()) < 4:
            self.deliveries.append(await ask(self.house, "a cat, 3"))

    def is_over(self, runs: list[Run]) -> bool:
        asked = len(self._asking()) == len(self.house.cards()) == len(runs) > 3
        return asked and bool(self.said(f"{len(runs)} videos wait"))

    def check(self, runs: list[Run]) -> None:
        assert len(self.said("videos wait", self.house.approvals)) == 1
        assert len(runs) <= 3 + self.asked


class Mentioning(Story):
    deaths = 2

    async def begin(self, bot: Live) -> None:
        await self.succeed(bot)

    async def act(self, bot: Live) -> None:
        slack, card = self.house.slack, self.house.cards()[0]
        if not self._answers():
            mention = slack.mention("well?", user=self.house.jane, channel="#cats",
                                    thread_ts=card["ts"])  # fmt: skip
            self.deliveries.append(await mention)

    def _answers(self) -> list[dict]:
        thread = self.house.cards()[0]["ts"]
        mine = [m for m in self.house.cats.messages if m.get("user") == "U0REELBOT"]
        return [m for m in mine if m.get("thread_ts") == thread and m["ts"] != thread]

    def is_over(self, runs: list[Run]) -> bool:
        return bool(self._answers())

    def check(self, runs: list[Run]) -> None:
        assert len(self._answers()) <= len(self.deliveries)


class PausedAndMended(Story):
    """Two videos wait for an account without credits; somebody tops up and presses Retry."""

    deaths = 14
    calls = ("chat.postMessage", "chat.update", "conversations.")

    def prepare(self) -> None:
        self.house.ask_for(targets=(X,), approval=False)
        self.house.set(desk="#desk")

    async def begin(self, bot: Live) -> None:
        self.house.world.x.script = [TargetPaused("No credits are left.") for _ in range(9)]
        for n in range(2):
            await ask(self.house, f'a cat, {n} --caption "A cat, {n}."', user=self.house.bob)
        await self.house.until(
            lambda: sum("run.retry" in button_names(card) for card in self.house.cards()) == 2
        )
        assert not self._told()

    def _told(self) -> list[dict]:
        return [m for m in self.house.desk.messages if "reelbot_paused" in str(m["metadata"])]

    async def act(self, bot: Live) -> None:
        if self._told():
            self.house.world.x.script.clear()
            await self.click(self.card(action="run.retry"), "run.retry", self.house.bob)

    def is_over(self, runs: list[Run]) -> bool:
        done = [run for run in runs if run.state is RunState.SUCCEEDED]
        posted = [card for card in self.house.cards() if "osted" in card["text"]]
        acts = sum(len(run.acts) for run in runs)
        shown = len(done) == len(posted) == 2 and len(self.said("has it tried again")) == acts
        return shown and len(self.said("Posts go out to @reelbot")) == 2

    def check(self, runs: list[Run]) -> None:
        [told] = self._told()
        [mended] = [m for m in self.house.desk.messages if "reelbot_mended" in str(m["metadata"])]
        assert mended["thread_ts"] == told["ts"]
        assert self.house.world.posts == ["x:@reelbot"] * 2
        assert len(self.house.world.vendor.jobs) == 2


STORIES = [
    Making,
    Approving,
    Rejecting,
    Editing,
    Remixing,
    TakingDown,
    PostingToX,
    Retrying,
    Pausing,
    Stopping,
    Crowding,
    Mentioning,
    PausedAndMended,
]


async def passing(house: House, seconds: float) -> AsyncIterator[int]:
    """Let time pass in steps of so many *seconds*; yield their number, as long as one may wait."""
    end = asyncio.get_running_loop().time() + PATIENCE
    for step in itertools.count():
        yield step
        assert asyncio.get_running_loop().time() < end, "the story never ends"
        await house.clock.advance(seconds)
        await asyncio.sleep(0.005)


async def until_over(story: Story, bot: Live, killer: Assassin | None) -> None:
    """Let people act, and time pass, until the story is over or somebody is dead."""
    async with aclosing(passing(story.house, 1.0)) as steps:
        async for step in steps:
            if killer and killer.is_dead:
                return
            if story.is_over(list(await bot.store.list_runs())):
                return
            if step % 200 == 10:
                await story.act(bot)


async def tell(story: Story, killer: Assassin) -> list[Run]:
    """Tell the story; killed, start again and tell the rest."""
    house = story.house
    story.prepare()
    async with house.boot(killer) as bot:
        await story.begin(bot)
        killer.awake = True
        await until_over(story, bot, killer)
        await house.calm(1)
    async with house.boot() as bot:
        for delivery in list(story.deliveries):
            await house.slack.replay(delivery)
        await until_over(story, bot, None)
        await until_settled(story, bot)
        return list(await bot.store.list_runs())


async def until_settled(story: Story, bot: Live) -> None:
    """Let what was lost be looked for, and what lags behind follow."""
    house, sending = story.house, {EffectState.SENDING}
    async with aclosing(passing(house, 4.0)) as steps:
        async for step in steps:
            lost = await bot.store.effects_since(house.clock.start, kinds=_SHOWN, states=sending)
            if step >= 10 and not lost:
                return


def shown_once(house: House, runs: list[Run]) -> None:
    """Every message by the bot stands in the ledger, and none stands in Slack twice."""
    everything = [m for c in house.slack.workspace.channels.values() for m in c.messages]
    ours = [m for m in everything if m.get("user") == "U0REELBOT"]
    marks = [json.dumps(m["metadata"], sort_keys=True) for m in ours]
    assert all(m["metadata"] for m in ours)
    assert len(marks) == len(set(marks)), marks
    known = {card.id for run in runs for card in run.cards}
    cards = {m["ts"] for m in ours if m["metadata"]["event_type"] == "reelbot_card"}
    assert known == cards


@pytest.mark.slow
@pytest.mark.parametrize("story_of", STORIES, ids=lambda story: story.__name__.lower())
async def test_killed_at_any_call_of_slack_everything_shows_once(
    tmp_path, monkeypatch, story_of: Callable[[House], Story]
):
    monkeypatch.setattr("bot.slack.room._GRACE_SECONDS", 0.05)  # the dead do not finish anything
    empty = House(tmp_path).world.url
    open_store(empty, migrate=True)._close()
    at, alive = 0, False
    while not alive:
        at += 1
        folder = tmp_path / str(at)
        folder.mkdir()
        house = House(folder)
        shutil.copy(*(url.removeprefix("sqlite:///") for url in (empty, house.world.url)))
        house.world.vendor.seconds = 2.0
        house.timeout = 0.5
        story = story_of(house)
        killer = Assassin(at, story.calls)
        async with house.slack.serving():
            runs = await tell(story, killer)
        alive = not killer.is_dead
        where = killer.passed[-1:] if killer.is_dead else "nowhere"
        try:
            shown_once(house, runs)
            story.check(runs)
        except (AssertionError, ValueError) as error:
            raise AssertionError(f"killed at call {at}, {where}") from error
    assert at > story.deaths
