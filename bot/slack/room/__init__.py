"""The control room, put together: where people ask, watch, decide and stop.

    Slack ──socket or HTTP──> listeners ──> commands, buttons, dialogs, homes, visits
                                               └──> acts ──> Intake, Pipeline, Store
    Pipeline ──> board ──> cards           └──> bulletins, inbox ──> what belongs to no run

`app` alone builds a ControlRoom: before the pipeline, which shows its runs on `board` and tells
`notices`, and opens it once the pipeline runs.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route

from bot.domain.post import Target
from bot.domain.refusal import Refusal
from bot.domain.room import RoomConfig
from bot.domain.run import Run
from bot.domain.schedule import Plan
from bot.errors import PublishError
from bot.intake import Intake
from bot.pipeline import Pipeline
from bot.ports import Clock, MediaLibrary, PromptLibrary, Publisher, Store, VideoProvider
from bot.slack.board import SlackBoard
from bot.slack.bulletins import Bulletins
from bot.slack.connection import Connection
from bot.slack.crew import Crew
from bot.slack.deliveries import Deliveries
from bot.slack.events import Events
from bot.slack.inbox import Inbox
from bot.slack.notices import Notices
from bot.slack.pauses import Pauses
from bot.slack.people import People
from bot.slack.rights import Rights
from bot.slack.room.acts import Acts
from bot.slack.room.buttons import Buttons
from bot.slack.room.commands import Commands
from bot.slack.room.dialogs import Dialogs
from bot.slack.room.homes import Homes
from bot.slack.room.listeners import Listeners, bolt
from bot.slack.room.office import IsPicture, Office
from bot.slack.room.visits import Visits
from bot.slack.scenery import NextMoment, Scenery, Stopped
from bot.slack.stops import Stops
from bot.slack.strips import DrawStrip, Strips
from bot.slack_api.channels import Channels
from bot.slack_api.web_api import WebApi

__all__ = ["ControlRoom", "Tokens"]

log = structlog.get_logger()

Work = Callable[[], Coroutine[Any, Any, None]]

#: Between two looks at what waits for people, and at the token; seconds.
_LOOK_EVERY, _TOKEN_EVERY = 15.0, 60.0
#: What was taken is finished within this when the room closes; seconds.
_GRACE_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """How the room proves itself, and how Slack does. Secrets; never logged."""

    bot: str
    #: For Socket Mode (xapp-…); None where Slack sends HTTP.
    app: str | None = None
    #: For HTTP; None in Socket Mode.
    signing_secret: str | None = None


class ControlRoom:
    """Slack as the control room of one workspace."""

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        tokens: Tokens,
        clock: Clock,
        store: Store,
        media: MediaLibrary,
        prompts: PromptLibrary,
        providers: Mapping[str, VideoProvider],
        publishers: Mapping[str, Publisher],
        plan: Callable[[], Plan],
        next_moment: NextMoment,
        stopped: Stopped,
        draw_strip: DrawStrip,
        is_picture: IsPicture,
        refusals: Callable[[], Mapping[Target, Refusal | None]],
    ) -> None:
        """Make a room; nothing is sent before it is open.

        Args:
            client: with Slack's address (up to `/api/`), the bot token, timeouts and no retries;
                closed by whoever made it.
            tokens: the secrets.
            clock: the time.
            store: where runs are.
            media: where clips are.
            prompts: the templates.
            providers: who makes videos.
            publishers: who shows them.
            plan: what `schedules.yaml` says, asked each time.
            next_moment: when a schedule is due next.
            stopped: who holds everything back, if anybody does.
            draw_strip: makes the picture of a video's frames that cards show.
            is_picture: whether a file that somebody handed in is one.
            refusals: of targets that are asked without a run, those that are not known to be
                well, and what they said if that is known; asked each time.
        """
        self._client = client
        self._tokens = tokens
        self._clock = clock
        self._store = store
        self._media = media
        self._prompts = prompts
        self._providers = providers
        self._publishers = publishers
        self._plan = plan
        self._api = WebApi(client)
        self._people = People(self._api, clock)
        self._strips = Strips(self._api, client, media, draw_strip, clock)
        self._is_picture = is_picture
        self._refusals = refusals
        self._scenery = Scenery(
            clock=clock,
            store=store,
            plan=plan,
            providers=providers,
            publishers=publishers,
            next_moment=next_moment,
            people=self._people,
            strips=self._strips,
            stopped=stopped,
        )
        self.board = SlackBoard(
            self._api,
            clock=clock,
            store=store,
            config=self._config,
            scenery=self._scenery,
            strips=self._strips,
            channels=Channels(self._api),
        )
        self.notices = Notices(self.board)
        self._us = AuthorizeResult(enterprise_id=None, team_id=None, bot_token=tokens.bot)
        self._web = AsyncWebClient(token=tokens.bot, base_url=str(client.base_url))
        self._app = bolt(self._web, lambda: self._us)
        self._deliveries = Deliveries(self._app, _tell)
        secret = tokens.signing_secret
        self._events = Events(self._app, secret) if secret else None
        self._access = "it is starting"
        #: What is looked after again and again.
        self._looks: list[Work] = []
        self._connection: Connection | None = None
        self._is_back = asyncio.Event()

    def _config(self) -> RoomConfig:
        return self._plan().room

    @property
    def state(self) -> str:
        """`ok`, or in one sentence why the room does not work."""
        if self._access != "ok" or self._connection is None:
            return self._access
        return self._connection.state

    def routes(self) -> list[Route]:
        """Return the routes that Slack sends to; none in Socket Mode."""
        return [self._events.route()] if self._events else []

    @asynccontextmanager
    async def open(self, *, pipeline: Pipeline, intake: Intake) -> AsyncGenerator[None]:
        """Listen and show, while the context is open; *pipeline* runs already."""
        crew = Crew(_tell)
        bulletins = Bulletins(
            pipeline.once, self.board.messages, clock=self._clock, store=self._store
        )
        self._looks = [
            bulletins.look,
            self._inbox(bulletins).look,
            self._stops(bulletins).look,
            self._pauses(bulletins).look,
        ]
        homes = self._listen(self._office(pipeline, intake, crew, bulletins))

        def moved(_run: Run) -> None:
            homes.moved()

        self.board.on_change = moved
        works: list[Work] = [
            self.board.updates.run,
            partial(self.board.lacking.run, pipeline.remind),
            homes.run,
            self._deliveries.run,
            self._keep_looking,
            self._keep_asking,
            self._keep_catching_up,
        ]
        if self._tokens.app:
            self._connection = self._socket(self._tokens.app)
            works.append(self._connection.run)
        tasks = [asyncio.create_task(self._for_ever(work)) for work in works]
        try:
            yield
        finally:
            if self._events:
                self._events.is_closed = True
            socket = tasks[-1] if self._tokens.app else None
            if socket:
                socket.cancel()
                await asyncio.gather(socket, return_exceptions=True)
            await self._deliveries.drain()
            await crew.drain(_GRACE_SECONDS)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._close_board()

    async def _close_board(self) -> None:
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await self.board.close()
        except TimeoutError:
            log.info("cards stay as they are until the next start")

    def _inbox(self, bulletins: Bulletins) -> Inbox:
        return Inbox(
            bulletins,
            self.board,
            clock=self._clock,
            store=self._store,
            config=self._config,
            scenery=self._scenery,
        )

    def _stops(self, bulletins: Bulletins) -> Stops:
        return Stops(
            bulletins,
            clock=self._clock,
            store=self._store,
            config=self._config,
            scenery=self._scenery,
        )

    def _pauses(self, bulletins: Bulletins) -> Pauses:
        return Pauses(
            bulletins,
            self.board,
            clock=self._clock,
            store=self._store,
            config=self._config,
            scenery=self._scenery,
            refusals=self._refusals,
        )

    def _office(
        self, pipeline: Pipeline, intake: Intake, crew: Crew, bulletins: Bulletins
    ) -> Office:
        rights = Rights(
            self._people,
            self._config,
            self._store,
            self._clock,
            is_live=self._scenery.is_live,
        )
        return Office(
            api=self._api,
            client=self._client,
            clock=self._clock,
            store=self._store,
            plan=self._plan,
            prompts=self._prompts,
            providers=self._providers,
            publishers=self._publishers,
            media=self._media,
            is_picture=self._is_picture,
            pipeline=pipeline,
            intake=intake,
            people=self._people,
            rights=rights,
            scenery=self._scenery,
            board=self.board,
            bulletins=bulletins,
            crew=crew,
        )

    def _listen(self, office: Office) -> Homes:
        acts = Acts(office)
        dialogs = Dialogs(office, acts)
        homes, visits = Homes(office), Visits(office, dialogs)
        commands, buttons = Commands(office, acts, dialogs), Buttons(office, acts, dialogs)
        listeners = Listeners(
            office,
            commands=commands,
            buttons=buttons,
            dialogs=dialogs,
            homes=homes,
            visits=visits,
        )
        listeners.listen(self._app)
        return homes

    def _socket(self, token: str) -> Connection:
        web = AsyncWebClient(token=token, base_url=str(self._client.base_url))
        web.retry_handlers.clear()
        return Connection(self._deliveries, web, on_open=self._is_back.set)

    async def _refresh(self) -> str:
        """Put up what lacks; return `ok`, or why it has to be tried again."""
        try:
            await self.board.refresh()
            for look in self._looks:
                await look()
        except Exception as error:  # noqa: BLE001  # the next look tries again
            _tell(error)
            return str(error)
        return "ok"

    # --- what goes on by itself -----------------------------------------------------------------

    async def _for_ever(self, work: Work) -> None:
        """Begin *work* again where it ends in a way that nobody foresaw: months lie before it."""
        while True:
            try:
                await work()
            except Exception as error:  # noqa: BLE001  # told, and begun again
                _tell(error)
            await self._clock.sleep(_LOOK_EVERY)

    async def _keep_asking(self) -> None:
        """Ask who we are, again and again: a token that was revoked is told and waited for."""
        while True:
            was, now = self._access, await self._ask_who_we_are()
            if now == "ok" and was != "ok":
                now = await self._refresh()
            elif now != was:
                log.warning("Slack", state=now)
            self._access = now
            await self._clock.sleep(_TOKEN_EVERY if self._access == "ok" else _LOOK_EVERY)

    async def _ask_who_we_are(self) -> str:
        try:
            answer = await self._api.read("auth.test", "workspace")
        except PublishError as error:
            return f"{error} {error.hint or ''}".strip()
        self._people.team = str(answer.get("team_id"))
        self.board.workspace = str(answer.get("url") or "") or None
        self._us = AuthorizeResult(
            enterprise_id=None,
            team_id=self._people.team,
            bot_user_id=str(answer.get("user_id")),
            bot_id=str(answer.get("bot_id")),
            bot_token=self._tokens.bot,
        )
        return "ok"

    async def _keep_catching_up(self) -> None:
        """Bring the cards up to date when we come back: meanwhile nobody saw what moved."""
        while True:
            await self._is_back.wait()
            self._is_back.clear()
            if self._access == "ok":
                await self._refresh()

    async def _keep_looking(self) -> None:
        """Look after what nobody tells of: reminders, the inbox, what lacks or was not said."""
        while True:
            await self._clock.sleep(_LOOK_EVERY)
            try:
                self.board.remind()
                for look in self._looks:
                    await look()
            except Exception as error:  # noqa: BLE001  # as above
                _tell(error)


def _tell(error: Exception) -> None:
    log.error("control room", error=str(error), exc_info=error)
