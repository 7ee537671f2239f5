"""What Slack says of our tokens: whose they are, what they may do, where the app is.

`app` opens it for `reelbot slack setup` and `reelbot doctor`. It only reads: nobody in Slack sees
anything of it. All failures are `PublishError`s, one sentence and what to do.
"""

from collections.abc import Awaitable, Collection
from typing import TypeVar

from bot.domain.post import Target
from bot.errors import TargetPaused, TargetUnavailable
from bot.slack_api.channels import Channels
from bot.slack_api.refusal import TOKEN, refuse
from bot.slack_api.web_api import WebApi

T = TypeVar("T")

_NO_TOKEN = frozenset(TOKEN | {"not_allowed_token_type"})
_NO_SOCKET = frozenset({"access_denied", "forbidden_team", "missing_scope", "not_allowed"})


class Access:
    """One app in one workspace, by its tokens."""

    def __init__(
        self, *, bot: WebApi, app: WebApi, app_id: str | None, scopes: Collection[str]
    ) -> None:
        """Make it.

        Args:
            bot: carries the bot token.
            app: carries the app-level token.
            app_id: the app that the app-level token names, None if it names none.
            scopes: what the bot needs.
        """
        self._bot = bot
        self._app = app
        self._app_id = app_id
        self._needed = scopes
        self._channels = Channels(bot)

    async def who(self) -> str:
        """Return whose the bot token is, as in "@reelbot in Acme"."""
        answer = await _now(self._bot.read("auth.test", "the workspace"))
        return f"@{answer.get('user')} in {answer.get('team')}"

    def require_scopes(self) -> None:
        """Raise for what the bot token may not do; `who` has asked before.

        Slack tells it in the header x-oauth-scopes; where a proxy drops it nothing is missing.
        """
        told = self._bot.scopes
        missing = [scope for scope in self._needed if scope not in told]
        if told and missing:
            raise TargetPaused(
                f"The app lacks the permissions {', '.join(missing)}.",
                hint="Paste what `reelbot slack manifest` prints into its App Manifest, and "
                "install it anew.",
            )

    async def try_socket(self) -> None:
        """Return if the app-level token opens Socket Mode; the address it gives is not used."""
        answer = await _now(
            self._app.read("apps.connections.open", "the workspace", expect=_NO_TOKEN | _NO_SOCKET)
        )
        word = answer.get("error")
        if word == "missing_scope":
            raise TargetPaused(
                "The app-level token lacks the permission connections:write.",
                hint="Generate a new one with it; that of an old one cannot be changed.",
            )
        if word in _NO_TOKEN:
            raise TargetPaused(
                f"Slack does not accept the app-level token ({word}).",
                hint="Generate one under Basic Information, App-Level Tokens, and put it into "
                "SLACK_APP_TOKEN.",
            )
        if word:
            raise TargetPaused(
                f"Slack opens no socket ({word}).",
                hint="Turn Socket Mode on in the settings of the app, and install it anew.",
            )

    async def require_one_app(self) -> None:
        """Raise if the two tokens are those of two apps: one would post and the other hear."""
        us = await _now(self._bot.read("auth.test", "the workspace"))
        bot = str(us.get("bot_id"))
        answer = await _now(self._bot.read("bots.info", "the workspace", bot=bot))
        about = answer.get("bot")
        posting = about.get("app_id") if isinstance(about, dict) else None
        if posting and self._app_id and posting != self._app_id:
            raise TargetPaused(
                f"The bot token is that of the app {posting}, the app-level token that of "
                f"{self._app_id}.",
                hint="Take both from the settings of one app.",
            )

    async def try_channel(self, channel: str) -> None:
        """Return if the app can post to *channel*, `#name` or an id; no direct messages."""
        target = Target(network="slack", destination=channel)
        if channel.startswith("#"):
            await _now(self._channels.resolve(target))
        else:
            answer = await _now(self._bot.read("conversations.info", target, channel=channel))
            about = answer.get("channel")
            shown = about if isinstance(about, dict) else {}
            if shown.get("is_archived"):
                raise refuse("is_archived", target)
            if shown.get("is_member") is False:
                raise refuse("not_in_channel", target)


async def _now(answer: Awaitable[T]) -> T:
    """Return the answer; nobody repeats the question by itself, as others of this room do."""
    try:
        return await answer
    except TargetUnavailable as error:
        hint = "Check the network and SLACK_API_URL, and try again in a minute."
        raise TargetUnavailable(str(error), hint=hint, retry_after=error.retry_after) from error
