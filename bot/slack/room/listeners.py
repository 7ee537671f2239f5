"""What Slack delivers, handed to whoever deals with it: the ack first, then the work.

The invariant: what comes to a listener is acked already. The only exception is a submitted dialog,
whose ack says what is wrong with it.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError
from bot.slack.asked import Asked
from bot.slack.buttons import Action
from bot.slack.deliveries import is_answered
from bot.slack.manifest import REMIX_SHORTCUT
from bot.slack.modal import Origin
from bot.slack.replays import Replays
from bot.slack.room.buttons import Buttons
from bot.slack.room.commands import Commands
from bot.slack.room.dialogs import Dialogs, first_input
from bot.slack.room.homes import Homes
from bot.slack.room.office import Office
from bot.slack.room.visits import Visits

Body = Mapping[str, Any]

_ANYTHING = re.compile(".*", re.DOTALL)
#: What may be a stop waits behind nothing.
_STOP = re.compile(r"\s*stop\b", re.IGNORECASE)
_logger = logging.getLogger("bot.slack.bolt")
_logger.setLevel(logging.ERROR)  # it tells of every delivery that nobody listens for
#: Whoever is turned away is told so once in this, and so many people at most.
_TOLD_FOR, _MOST_TURNED_AWAY = timedelta(seconds=10), 100


class Listeners:
    """Listens to one Bolt app."""

    def __init__(
        self,
        office: Office,
        *,
        commands: Commands,
        buttons: Buttons,
        dialogs: Dialogs,
        homes: Homes,
        visits: Visits,
    ) -> None:
        self._office = office
        self._commands = commands
        self._buttons = buttons
        self._dialogs = dialogs
        self._homes = homes
        self._visits = visits
        self._replays = Replays()
        #: Who was told that too much is going on, and until when they know.
        self._turned_away: dict[str, datetime] = {}

    def listen(self, app: AsyncApp) -> None:
        """Register with *app*."""
        app.command(_ANYTHING)(self.command)
        app.action(_ANYTHING)(self.action)
        app.view(_ANYTHING)(self.submission)
        app.shortcut(_ANYTHING)(self.shortcut)
        app.event("app_home_opened")(self.home_opened)
        app.event("app_mention")(self.mentioned)

    async def command(self, body: Body) -> None:
        """A slash command."""
        asked, text = Asked.by_command(body), str(body.get("text") or "")
        if self._replays.is_new(asked.trigger):
            self._do(asked, lambda: self._type(asked, text), at_once=bool(_STOP.match(text)))

    async def _type(self, asked: Asked, text: str) -> None:
        line = self._commands.parse(text)
        await self._commands.obey(asked, line)
        await self._visits.welcome(asked)

    async def action(self, body: Body) -> None:
        """A click, or a choice in a dialog that is open."""
        asked = Asked.by_hand(body)
        if not self._replays.is_new(asked.trigger):
            return
        view, action = body.get("view"), body["actions"][0]
        if view and view["type"] == "modal":
            self._do(asked, lambda: self._dialogs.change(view))
            return
        name, value = action["action_id"], str(action.get("value") or "")
        self._do(asked, lambda: self._press(asked, name, value), at_once=name == Action.STOP)

    async def _press(self, asked: Asked, name: str, value: str) -> None:
        await self._buttons.press(asked, name, value)
        self._homes.moved()

    async def submission(self, ack: AsyncAck, body: Body) -> None:
        """A dialog that was sent."""
        asked = Asked.by_dialog(body)
        if self._office.crew.is_full:  # what was filled in stays, to be sent again
            busy = self._office.words("answer.busy")
            await ack(response_action="errors", errors={first_input(body["view"]): busy})
            return
        try:
            then, errors = await self._dialogs.read(asked, body["view"])
        except (BotError, ValueError, KeyError) as error:
            then, errors = (lambda error=error: self._office.refuse(asked, error)), {}
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        await ack()
        if then and self._replays.is_new(asked.trigger):
            self._do(_back_in(asked, body), then)

    async def shortcut(self, body: Body) -> None:
        """A shortcut of a message."""
        asked = Asked.by_hand(body)
        if body.get("callback_id") != REMIX_SHORTCUT or not self._replays.is_new(asked.trigger):
            return
        message, channel = body["message"], body["channel"]["id"]
        stamps = (message.get("ts"), message.get("thread_ts"))
        self._do(asked, lambda: self._visits.shortcut(asked, channel, stamps))

    async def home_opened(self, body: Body) -> None:
        """Somebody opened Home, or the direct messages."""
        if self._replays.is_new(body["event_id"]):
            asked = Asked.by_event(body)
            self._do(asked, lambda: self._arrive(asked), quietly=True)

    async def _arrive(self, asked: Asked) -> None:
        await self._homes.open(asked)
        await self._visits.welcome(asked)

    async def mentioned(self, body: Body) -> None:
        """Somebody named the bot."""
        if self._replays.is_new(body["event_id"]) and body["event"].get("user"):
            asked = Asked.by_event(body)
            self._do(asked, lambda: self._visits.mention(asked))

    def _do(
        self,
        asked: Asked,
        work: Callable[[], Awaitable[None]],
        *,
        quietly: bool = False,
        at_once: bool = False,
    ) -> None:
        """Have *work* done after the ack; the person hears why it cannot be."""

        async def attempt() -> None:
            try:
                await work()
            except Exception as error:  # noqa: BLE001  # a person waits for an answer
                if not quietly:
                    await self._office.refuse(asked, error)

        if not self._office.crew.take(attempt(), at_once=at_once) and not quietly:
            self._turn_away(asked)

    def _turn_away(self, asked: Asked) -> None:
        """Say that too much is going on: to one person now and then, or the answers add to it."""
        now = self._office.now()
        if now < self._turned_away.get(asked.user, now):
            return
        if len(self._turned_away) >= _MOST_TURNED_AWAY:
            self._turned_away = {u: at for u, at in self._turned_away.items() if at > now}
        if len(self._turned_away) < _MOST_TURNED_AWAY:
            self._turned_away[asked.user] = now + _TOLD_FOR
            self._office.crew.take(self._office.say(asked, "answer.busy"), at_once=True)


def _back_in(asked: Asked, body: Body) -> Asked:
    """Return the person where the dialog was opened: what is wrong is told there."""
    origin = Origin.unpack(body["view"]["private_metadata"])
    return replace(asked, channel=origin.channel, thread=origin.thread)


class _AckFirst(AsyncMiddleware):
    """Acks before a listener runs: Bolt looks for a listener's ack every 10 ms only."""

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002  # Bolt hands it on
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002  # Bolt calls it so
    ) -> BoltResponse | None:
        if not is_answered(req.body):
            await req.context.ack()
        return await next()


def bolt(client: AsyncWebClient, team: Callable[[], AuthorizeResult]) -> AsyncApp:
    """Return the Bolt app; it asks Slack nothing before an ack.

    *team* says whose the deliveries are. Signatures are the business of `events`.
    """

    async def authorize(**_: object) -> AuthorizeResult:
        return team()

    app = AsyncApp(
        name="reelbot",
        logger=_logger,
        client=client,
        authorize=authorize,
        signing_secret="",
        request_verification_enabled=False,
    )
    app._token = None  # noqa: SLF001  # the client's, which would have Bolt ask before each ack
    # SLACK_CLIENT_ID and SLACK_CLIENT_SECRET in the environment would make it an app for many
    # workspaces that keeps their tokens in a folder.
    app._async_oauth_flow = app._async_installation_store = None  # noqa: SLF001
    app.use(_AckFirst())
    return app
