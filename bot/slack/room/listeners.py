"""What Slack delivers, handed to whoever deals with it: the ack first, then the work.

The invariant: a listener does nothing before its ack but look whether the delivery is new. The
only exception is a submitted dialog, whose ack says what is wrong with it.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError
from bot.slack.asked import Asked
from bot.slack.buttons import Action
from bot.slack.manifest import REMIX_SHORTCUT
from bot.slack.modal import Origin
from bot.slack.replays import Replays
from bot.slack.room.buttons import Buttons
from bot.slack.room.commands import Commands
from bot.slack.room.dialogs import Dialogs
from bot.slack.room.homes import Homes
from bot.slack.room.office import Office
from bot.slack.room.visits import Visits

Body = Mapping[str, Any]

_ANYTHING = re.compile(".*", re.DOTALL)
#: What may be a stop waits behind nothing.
_STOP = re.compile(r"\s*stop\b", re.IGNORECASE)
_logger = logging.getLogger("bot.slack.bolt")
_logger.setLevel(logging.ERROR)  # it tells of every delivery that nobody listens for
_DIALOGS_OPEN = {Action.EDIT, Action.REMIX, Action.POST, Action.RESOLVE, Action.MAKE}


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

    def listen(self, app: AsyncApp) -> None:
        """Register with *app*."""
        app.command(_ANYTHING)(self.command)
        app.action(_ANYTHING)(self.action)
        app.view(_ANYTHING)(self.submission)
        app.shortcut(_ANYTHING)(self.shortcut)
        app.event("app_home_opened")(self.home_opened)
        app.event("app_mention")(self.mentioned)

    async def command(self, ack: AsyncAck, body: Body) -> None:
        """A slash command."""
        text = str(body.get("text") or "")
        at_once = bool(_STOP.match(text))
        if self._office.crew.is_full and not at_once:
            await ack(self._office.words("answer.busy"))
            return
        await ack()
        asked = Asked.by_command(body)
        if self._replays.is_new(asked.trigger):
            self._do(asked, lambda: self._type(asked, text), at_once=at_once)

    async def _type(self, asked: Asked, text: str) -> None:
        line = self._commands.parse(text)
        await self._commands.obey(asked, line)
        await self._visits.welcome(asked)

    async def action(self, ack: AsyncAck, body: Body) -> None:
        """A click, or a choice in a dialog that is open."""
        await ack()
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
        asked = Asked.by_hand(body)
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

    async def shortcut(self, ack: AsyncAck, body: Body) -> None:
        """A shortcut of a message."""
        await ack()
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

        self._office.crew.take(attempt(), at_once=at_once)


def _back_in(asked: Asked, body: Body) -> Asked:
    """Return the person where the dialog was opened: what is wrong is told there."""
    origin = Origin.unpack(body["view"]["private_metadata"])
    return replace(asked, channel=origin.channel, thread=origin.thread)


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
    return app
