"""What `reelbot slack` and `reelbot doctor` need of Slack, without an engine; it only reads."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.app.vendors import CONNECT_SECONDS
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.slack_api.access import Access

#: What the app is called in Slack; people there can rename it.
_SLACK_NAME = "reelbot"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackApp:
    """The app that a workspace makes for the bot."""

    manifest: Mapping[str, object]
    #: Where Slack offers to make it.
    link: str
    #: What to write to the admin who approves it.
    plea: str


def slack_app(settings: Settings) -> SlackApp:
    """Return the app as `schedules.yaml` and the settings name it. Raises `ConfigError`."""
    from bot.schedules import load_plan
    from bot.slack import manifest
    from bot.slack.words import words

    room = load_plan(settings.schedules).room
    texts = words(room.language)
    made = manifest.manifest(
        texts, name=_SLACK_NAME, command=room.command, url=settings.slack_events_url
    )
    return SlackApp(
        manifest=made,
        link=manifest.link(made),
        plea=manifest.plea(texts, name=_SLACK_NAME, url=settings.slack_events_url),
    )


@asynccontextmanager
async def slack_access(settings: Settings) -> AsyncGenerator["Access"]:
    """Open what asks Slack about the tokens of *settings*; it only reads."""
    import httpx

    from bot.slack.manifest import SCOPES
    from bot.slack_api.access import Access
    from bot.slack_api.secret import app_id
    from bot.slack_api.web_api import WebApi

    def client(token: SecretStr | None) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        return httpx.AsyncClient(
            base_url=settings.slack_api_url, headers=headers, timeout=CONNECT_SECONDS
        )

    token = settings.slack_app_token
    async with client(settings.slack_bot_token) as bot, client(token) as app:
        yield Access(
            bot=WebApi(bot),
            app=WebApi(app),
            app_id=app_id(token.get_secret_value()) if token else None,
            scopes=SCOPES,
        )
