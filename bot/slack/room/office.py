"""What every kind of interaction needs: to look things up, to say no, to answer, to command.

`commands`, `buttons`, `dialogs` and the others share one. Answers that only one person sees, and
only for a while, are sent once and never again; a lost one changes nothing. What stays goes through
the ledger, by way of `bulletins`.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from bot.domain.act import Act
from bot.domain.command import Command, CommandKind, CommandState
from bot.domain.room import RoomConfig
from bot.domain.run import Run
from bot.domain.schedule import Plan
from bot.domain.video import Asset
from bot.errors import BotError, PublishError
from bot.intake import Intake
from bot.pipeline import Pipeline
from bot.ports import Clock, MediaLibrary, PromptLibrary, Publisher, Store, VideoProvider
from bot.slack.asked import Asked
from bot.slack.blocks import Message, escape, message, section
from bot.slack.board import SlackBoard
from bot.slack.bulletins import Bulletin, Bulletins
from bot.slack.crew import Crew
from bot.slack.notice import told, with_call
from bot.slack.people import People
from bot.slack.reference import Reference
from bot.slack.replies import refusal_reply, stale_reply
from bot.slack.rights import Denied, Rights
from bot.slack.scenery import Scenery
from bot.slack.wishes import desk_card_of
from bot.slack.words import Words
from bot.slack_api.web_api import WebApi

log = structlog.get_logger()

_PERSON = re.compile(r"slack:([UW][A-Z0-9]{2,})")
#: Runs that a reference is looked for in.
_MOST = 200
#: What a person changed is told within this; an answer that comes later answers nobody.
_PATIENCE, SOON = timedelta(hours=24), timedelta(minutes=5)


#: Whether all of a file decodes as a picture that a provider takes.
IsPicture = Callable[[Asset], Awaitable[bool]]


class Unanswerable(Exception):  # not a failure: the answer is "no", and why
    """What was asked for cannot be done; *key* and *values* are for the words."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The room's insides, for whoever handles an interaction."""

    api: WebApi
    client: httpx.AsyncClient
    clock: Clock
    store: Store
    plan: Callable[[], Plan]
    prompts: PromptLibrary
    providers: Mapping[str, VideoProvider]
    publishers: Mapping[str, Publisher]
    media: MediaLibrary
    is_picture: IsPicture
    pipeline: Pipeline
    intake: Intake
    people: People
    rights: Rights
    scenery: Scenery
    board: SlackBoard
    bulletins: Bulletins
    crew: Crew

    @property
    def config(self) -> RoomConfig:
        """What the file says of the room, now."""
        return self.plan().room

    @property
    def words(self) -> Words:
        """The texts of the room's language."""
        return self.scenery.words

    def now(self) -> datetime:
        """Return the present instant."""
        return self.clock.now()

    # --- finding --------------------------------------------------------------------------------

    async def find(self, reference: Reference) -> Run:
        """Return the run that was named; `Unanswerable` for none or several."""
        command = self.config.command
        if reference.is_last:
            newest = await self.store.list_runs(limit=1)
            if not newest:
                raise Unanswerable("answer.none_yet", command=command)
            return newest[0]
        found = list(await self.store.find_runs(reference.part)) if reference.part else []
        if not found:
            runs = await self.store.list_runs(limit=_MOST)
            found = [run for run in runs if reference.names(run)]
        if len(found) != 1:
            key = "answer.which" if found else "answer.no_run"
            raise Unanswerable(key, command=command)
        return found[0]

    async def at_message(self, channel: str | None, *stamps: str | None) -> Run | None:
        """Return the run that has a card, or whose clip has its thread, at one of *stamps*."""
        for run in await self.store.list_runs(limit=_MOST):
            if any(card.place == channel and card.id in stamps for card in run.cards):
                return run
        return None

    # --- answering ------------------------------------------------------------------------------

    async def tell(self, asked: Asked, shown: Message) -> None:
        """Show *shown* to the person alone; what cannot be shown is logged."""
        try:
            await self._tell(asked, shown)
        except PublishError as error:
            log.info("an answer was not delivered", to=asked.user, why=str(error))

    async def say(self, asked: Asked, key: str, **values: object) -> None:
        """Tell one sentence."""
        text = self.words(key, **values)
        await self.tell(asked, message(text, [section(text)]))

    async def _tell(self, asked: Asked, shown: Message) -> None:
        if asked.response_url and await self._respond(asked.response_url, shown):
            return
        if asked.channel:
            await self.api.call(
                "chat.postEphemeral",
                asked.channel,
                channel=asked.channel,
                user=asked.user,
                text=shown.text,
                blocks=list(shown.blocks),
                **_in_thread(asked.thread),
            )
            return
        said = hashlib.sha256(shown.text.encode()).hexdigest()[:8]
        await self.post(f"room:answer:{asked.key}:{said}", asked.user, shown, within=SOON)

    async def _respond(self, url: str, shown: Message) -> bool:
        """Answer by the address that came with the interaction; whether Slack took it."""
        here, there = self.client.base_url, urlsplit(url)
        own = (there.scheme, there.hostname, there.port) == (here.scheme, here.host, here.port)
        slack = there.scheme == "https" and f".{there.hostname}".endswith(".slack.com")
        if not own and not slack:
            return False
        answer = {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": shown.text,
            "blocks": list(shown.blocks),
        }
        request = httpx.Request(  # not the client's: its headers carry our token
            "POST", url, json=answer, extensions={"timeout": self.client.timeout.as_dict()}
        )
        try:
            response = await self.client.send(request, follow_redirects=False)
        except httpx.HTTPError:
            return True  # it may have arrived; twice would be worse than never
        return response.is_success

    async def post(
        self,
        key: str,
        place: str,
        shown: Message,
        *,
        thread: str | None = None,
        within: timedelta = _PATIENCE,
    ) -> bool:
        """Say something that stays, once; whether it shows already.

        What cannot be said now follows by itself *within* that time.
        """
        until = self.now() + within
        bulletin = Bulletin(key=key, place=place, thread=thread, shown=shown, until=until)
        return await self.bulletins.post(bulletin) is not None

    async def announce(
        self,
        asked: Asked,
        place: str | None,
        shown: Message,
        *,
        call: str = "",
        under: str | None = None,
    ) -> None:
        """Say what a person changed, in *place*; and to them alone where they would not see it.

        It is said once *under* a key, or for what was asked.
        """
        key, posted = under or f"room:told:{asked.key}", with_call(shown, call)
        told = place is not None and await self.post(key, place, posted)
        if asked.channel and not (told and place == asked.channel):
            await self.tell(asked, shown)

    async def tell_all(
        self, asked: Asked, key: str, *, under: str | None = None, **values: object
    ) -> None:
        """Say who changed what in the house, where it was done."""
        scene = await self.scenery.scene(naming=[asked.by])
        text = scene.words(key, who=scene.who(asked.by), **values)
        place = asked.channel or self.config.desk
        await self.announce(asked, place, message(text, [section(text)]), under=under)

    async def refuse(self, asked: Asked, error: Exception) -> None:
        """Tell why not."""
        if isinstance(error, Denied | Unanswerable):
            await self.say(asked, error.key, **error.values)
        elif isinstance(error, BotError):
            await self.tell(asked, refusal_reply(error, await self.scenery.scene()))
        else:
            log.error("an interaction failed", error=str(error), exc_info=error)
            await self.say(asked, "answer.broken")

    async def say_stale(self, asked: Asked, run: Run) -> None:
        """Tell that somebody was first, and how the run stands now; nothing is done."""
        self.board.show(run)
        await self.tell(asked, stale_reply(run, await self.scenery.scene(run)))

    # --- commanding -----------------------------------------------------------------------------

    async def command(self, asked: Asked, kind: CommandKind, run: Run, **args: str) -> bool:
        """Have the engine do it; tell the person if it refuses. Whether it was done."""
        command = Command(kind=kind, run_id=run.id, args=args, by=asked.by, at=self.now())
        answered = await self.pipeline.ask(command)
        if answered.state is CommandState.DONE:
            return True
        await self.tell(asked, await self._in_words(self.words.said(answered.answer or "")))
        self.board.show(await self.store.get_run(run.id))
        return False

    async def change(self, asked: Asked, kind: CommandKind, run: Run, **args: str) -> None:
        """Have it done and told: in the thread of the run's card, or where it was done.

        The line is a card of the run. A person who would not see it there is told alone.
        """
        card = desk_card_of(run)
        place = card.place if card else asked.channel or self.config.desk
        told_in = {"told_in": place} if place else {}
        if not await self.command(asked, kind, run, **args, **told_in):
            return
        if card and card.place == asked.channel:
            return
        act = Act(kind=kind, by=asked.by, at=self.now(), place="", target=args.get("target"))
        if asked.channel:
            await self.tell(asked, told(act, await self.scenery.scene(naming=[asked.by])))

    async def add(self, asked: Asked, kind: CommandKind, run: Run, **args: str) -> None:
        """Leave a command that is done together with the next one."""
        command = Command(kind=kind, run_id=run.id, args=args, by=asked.by, at=self.now())
        await self.store.add_command(command)

    async def _in_words(self, answer: str) -> Message:
        """Return the engine's answer, people by their names."""
        names = await self.people.names(sorted(set(_PERSON.findall(answer))))
        named = _PERSON.sub(lambda match: f"@{names.get(match[1], match[1])}", answer)
        text = escape(named)
        return message(text, [section(text)])


def _in_thread(thread: str | None) -> dict[str, Any]:
    return {"thread_ts": thread} if thread else {}
