"""What people can do to runs, schedules and the whole house, typed or clicked.

The rights are checked here, at the moment it is done. What a card does not show by itself is said
in its thread.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot.domain.command import CommandKind
from bot.domain.post import Target
from bot.domain.room import Right
from bot.domain.run import Run, RunRequest
from bot.domain.schedule import Pause
from bot.domain.video import Derivation
from bot.intake import Wish
from bot.ports import Clock, Stop
from bot.slack.asked import Asked
from bot.slack.blocks import inline
from bot.slack.notice import calling, stopped
from bot.slack.rights import Denied, asker
from bot.slack.room.office import Office, Unanswerable
from bot.slack.stops import start_key
from bot.slack_api.web_api import WebApi

#: Longer than this no stop waits for Slack to say who somebody is; seconds.
_STOP_SECONDS = 2.0
#: How long it counts that the app is in a channel.
_FRESH = timedelta(minutes=5)


class Acts:
    """Does things, for whoever may."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._places = Places(office.api, office.clock)

    # --- videos ---------------------------------------------------------------------------------

    async def make(self, asked: Asked, wish: Wish) -> None:
        """Ask for a video."""
        office = self._office
        await office.rights.require(asked, Right.GENERATE)
        await office.rights.require_room_for_one_more(asked)
        place = await self._places.card_place(asked)
        request = office.intake.wished(replace(wish, asked_in=place))
        await self._start(asked, request, place)

    async def remix(self, asked: Asked, source: Run, wish: Wish, how: Derivation) -> None:
        """Ask for a video that grows out of *source*'s, or for a new one where none can."""
        office = self._office
        await office.rights.require(asked, Right.GENERATE)
        await office.rights.require_room_for_one_more(asked)
        place = await self._places.card_place(asked)
        await self._start(asked, self.grown(source, replace(wish, asked_in=place), how), place)

    def grown(self, source: Run, wish: Wish, how: Derivation) -> RunRequest:
        """Return the request for what grows out of *source*'s video, or for a new one."""
        office, wish = self._office, replace(wish, asked_in=wish.asked_in or "-")
        if office.scenery.may_remix(source):
            return office.intake.derived(source, how, wish, now=office.now())
        return office.intake.wished(wish)

    async def _start(self, asked: Asked, request: RunRequest, place: str) -> None:
        await self._require_for_unasked(asked, request)
        run = await self._office.pipeline.start(replace(request, key=asked.key))
        if place != asked.channel:
            scene = await self._office.scenery.scene(run)
            key = "answer.asked_elsewhere"
            await self._office.say(asked, key, subject=scene.subject(run))

    async def _require_for_unasked(self, asked: Asked, request: RunRequest) -> None:
        """What nobody approves needs the right to publish at once."""
        if request.approval.mode == "auto":
            needed = self._office.rights.needed_for(request.targets)
            await self._office.rights.require(asked, needed)

    async def fire(self, asked: Asked, schedule_id: str) -> None:
        """Fire a schedule by hand."""
        office = self._office
        await office.rights.require(asked, Right.GENERATE)
        await office.rights.require_room_for_one_more(asked)
        request = office.intake.fired_by_hand(schedule_id, asked.by)
        await self._require_for_unasked(asked, request)
        await office.pipeline.start(replace(request, key=asked.key))
        await office.tell_all(asked, "told.fire", name=inline(schedule_id))

    # --- decisions ------------------------------------------------------------------------------

    async def approve(self, asked: Asked, run: Run) -> None:
        """Let the posts out that *run* shows."""
        if run.approval or run.state.is_terminal:  # too late: that is all that they hear
            await self._office.rights.require(asked, Right.GENERATE)
        else:  # it may begin to wait before the engine has read the command
            await self._office.rights.require_approver(asked, run)
        await self._command(asked, CommandKind.APPROVE, run, generation=str(run.generation))

    async def reject(self, asked: Asked, run: Run) -> None:
        """End the run; nothing is posted."""
        await self._allowed(asked, CommandKind.REJECT, run)

    async def cancel(self, asked: Asked, run: Run) -> None:
        """End the run."""
        await self._allowed(asked, CommandKind.CANCEL, run)

    async def retry(self, asked: Asked, run: Run) -> None:
        """Have it tried again; what it would post needs the right to."""
        await self._office.rights.require(asked, self._office.rights.needed_to_publish(run))
        await self._office.change(asked, CommandKind.RETRY, run)

    async def undo(self, asked: Asked, run: Run) -> None:
        """Take the posts down."""
        out = tuple(d.target for d in run.delivered)
        await self._office.rights.require(asked, self._office.rights.needed_for(out))
        await self._command(asked, CommandKind.UNDO, run)

    async def delete(self, asked: Asked, run: Run) -> None:
        """Delete the video: one's own, or an admin any."""
        own = asker(run) == asked.user
        await self._office.rights.require(asked, Right.GENERATE if own else Right.ADMIN)
        await self._command(asked, CommandKind.DELETE, run)

    async def edit(self, asked: Asked, run: Run, captions: dict[str, str]) -> None:
        """Change the words of posts; what was approved must be approved again."""
        await self._office.rights.require(asked, self._office.rights.needed_to_edit(run))
        *first, last = captions.items()
        for target, caption in first:  # all of them in one go: approval is asked for once
            await self._office.add(asked, CommandKind.EDIT, run, target=target, caption=caption)
        target, caption = last
        await self._office.change(asked, CommandKind.EDIT, run, target=target, caption=caption)

    async def post(self, asked: Asked, run: Run, target: str, caption: str | None) -> None:
        """Post the video to one more target."""
        place = Target.parse(target)
        await self._office.rights.require(asked, self._office.rights.needed_for((place,)))
        words = {"caption": caption} if caption else {}
        await self._office.change(asked, CommandKind.POST, run, target=target, **words)

    async def resolve(self, asked: Asked, run: Run, answers: dict[str, str]) -> None:
        """Say what became of an uncertain write."""
        await self._office.rights.require(asked, self._office.rights.needed_to_publish(run))
        await self._command(asked, CommandKind.RESOLVE, run, **answers)

    async def _allowed(self, asked: Asked, kind: CommandKind, run: Run) -> None:
        await self._office.rights.require(asked, Right.GENERATE)
        await self._command(asked, kind, run)

    async def _command(self, asked: Asked, kind: CommandKind, run: Run, **args: str) -> bool:
        return await self._office.command(asked, kind, run, **args)

    # --- the house ------------------------------------------------------------------------------

    async def pause(self, asked: Asked, schedule_id: str) -> None:
        """Hold a schedule back."""
        await self._office.rights.require(asked, Right.GENERATE)
        self._must_know(schedule_id)
        pause = Pause(by=asked.by, at=self._office.now())
        await self._office.store.pause(schedule_id, pause)
        await self._office.tell_all(asked, "told.pause", name=inline(schedule_id))

    async def resume(self, asked: Asked, schedule_id: str) -> None:
        """Let a schedule fire again."""
        await self._office.rights.require(asked, Right.ADMIN)
        self._must_know(schedule_id)
        await self._office.store.unpause(schedule_id)
        await self._office.tell_all(asked, "told.resume", name=inline(schedule_id))

    def _must_know(self, schedule_id: str) -> None:
        if self._office.plan().schedule(schedule_id) is None:
            command = self._office.config.command
            raise Unanswerable("answer.no_schedule", name=inline(schedule_id), command=command)

    async def stop(self, asked: Asked, why: str | None = None) -> None:
        """Stop all that costs or shows. Any member may."""
        office = self._office
        await self._require_for_a_stop(asked)
        stop = Stop(by=asked.by, at=office.now(), why=why)
        await office.pipeline.stop(stop)
        shown = stopped(stop, await office.scenery.scene(naming=[asked.by]))
        call = calling(office.config.admin)
        await office.announce(asked, office.config.desk or asked.channel, shown, call=call)

    async def _require_for_a_stop(self, asked: Asked) -> None:
        """Refuse outsiders. Where Slack does not tell, or not soon, the safe answer is to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                try:
                    await self._office.rights.require(asked, Right.ANYONE)
                except Denied as denied:
                    if denied.key != "denied.unknown":
                        raise

    async def start(self, asked: Asked) -> None:
        """Let everything go on. Only an admin may."""
        await self._office.rights.require(asked, Right.ADMIN)
        stop = await self._office.scenery.stopped()
        await self._office.pipeline.resume()
        key = start_key(stop) if stop else None
        await self._office.tell_all(asked, "told.start", under=key)

    def price(self, wish: Wish) -> Decimal:
        """Return what the wish would cost in all, USD; `BotError` for one that cannot be done."""
        office = self._office
        return self.whole_price(office.intake.wished(replace(wish, asked_in=wish.asked_in or "-")))

    def whole_price(self, request: RunRequest) -> Decimal:
        """Return what the request costs, its posts included, USD."""
        return self._office.intake.price(request).total


class Places:
    """Where a person's cards can stand: where it was asked for, if the app is there."""

    def __init__(self, api: WebApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        #: Channels that the app is in, and until when that counts.
        self._here: dict[str, datetime] = {}

    async def card_place(self, asked: Asked) -> str:
        """Return the channel, or the person's direct messages with the app where it is not in it.

        Of direct messages Slack does not tell whose they are; they may be with anybody.
        """
        if asked.channel and not asked.channel.startswith("D") and await self._is_in(asked.channel):
            return asked.channel
        answer = await self._api.read("conversations.open", asked.user, users=asked.user)
        channel = answer.get("channel")
        return str(channel["id"]) if isinstance(channel, dict) else asked.user

    async def _is_in(self, channel: str) -> bool:
        """Return whether the app can post there; a yes counts for five minutes."""
        now = self._clock.now()
        if channel in self._here and now < self._here[channel]:
            return True
        answer = await self._api.read(
            "conversations.info",
            channel,
            expect=frozenset({"channel_not_found", "missing_scope"}),
            channel=channel,
        )
        about = answer.get("channel")
        is_in = isinstance(about, dict) and bool(about.get("is_member"))
        if is_in:
            self._here[channel] = now + _FRESH
        return is_in
