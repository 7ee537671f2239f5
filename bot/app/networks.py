"""Who shows posts, and the control room: the networks that are connected, previews of all else."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app.vendors import CONNECT_SECONDS
from bot.domain.budget import Charge
from bot.domain.post import Target
from bot.domain.refusal import Refusal
from bot.domain.schedule import Plan, Schedule
from bot.ports import Clock, PromptLibrary, Publisher, Stop, Store, VideoProvider
from bot.settings import Settings

if TYPE_CHECKING:
    import httpx

    from bot.app.x import XApis
    from bot.media import Library
    from bot.slack.room import ControlRoom, Tokens

#: What one request to Slack may take; below the time after which a lost post is looked for.
_SLACK_SECONDS = 20.0


def slack_client(settings: Settings) -> "httpx.AsyncClient | None":
    """Return what talks to Slack; None without a token."""
    import httpx

    token = settings.slack_bot_token
    if token is None:
        return None
    return httpx.AsyncClient(
        base_url=settings.slack_api_url,
        headers={"authorization": f"Bearer {token.get_secret_value()}"},
        timeout=httpx.Timeout(_SLACK_SECONDS, connect=CONNECT_SECONDS),
    )


def publishers_of(
    slack: "httpx.AsyncClient | None",
    x: "XApis | None",
    *,
    previews: bool,
    plan: Callable[[], Plan],
    media: "Library",
    clock: Clock,
    feed: Path,
    charge: Callable[[Charge], Awaitable[None]],
) -> Mapping[str, Publisher]:
    """Return who shows posts: the networks that are connected, and previews of all others.

    With *previews* nothing reaches a network. *charge* hears what one charges beside its posts.
    """
    from bot.publishers.preview import PreviewPublisher
    from bot.publishers.slack import SlackPublisher

    publishers: dict[str, Publisher] = {
        network: PreviewPublisher(
            network, feed, media=media, clock=clock, account=lambda target: plan().account(target)
        )
        for network in ("slack", "x")
    }
    if slack and not previews:
        publishers["slack"] = SlackPublisher(
            slack,
            media=media,
            clock=clock,
            allow_simulated=lambda: plan().room.allow_simulated,
        )
    if x and not previews:
        from bot.publishers.feed import Feed
        from bot.publishers.showcase import Showcase
        from bot.publishers.x import XPublisher

        publishers["x"] = XPublisher(
            lambda: plan().accounts,
            x,
            media=media,
            clock=clock,
            charge=charge,
            showcase=Showcase(Feed(feed), media),
        )
    return publishers


def room_of(
    slack: "httpx.AsyncClient",
    settings: Settings,
    *,
    plan: Callable[[], Plan],
    clock: Clock,
    store: Store,
    media: "Library",
    prompts: PromptLibrary,
    providers: Mapping[str, VideoProvider],
    publishers: Mapping[str, Publisher],
    refusals: Callable[[], Mapping[Target, Refusal | None]],
    stopped: Callable[[], Awaitable[Stop | None]],
) -> "ControlRoom | None":
    """Return the control room; None where Slack has no way to reach us."""
    from bot.slack.room import ControlRoom

    tokens = _slack_tokens(settings)
    if tokens is None:
        return None
    return ControlRoom(
        client=slack,
        tokens=tokens,
        clock=clock,
        store=store,
        media=media,
        prompts=prompts,
        providers=providers,
        publishers=publishers,
        plan=plan,
        next_moment=_next_moment,
        stopped=stopped,
        draw_strip=media.strip,
        is_picture=media.is_picture,
        refusals=refusals,
    )


def _slack_tokens(settings: Settings) -> "Tokens | None":
    from bot.slack.room import Tokens

    bot, app, secret = (
        each.get_secret_value() if each else None
        for each in (
            settings.slack_bot_token,
            settings.slack_app_token,
            settings.slack_signing_secret,
        )
    )
    by_http = settings.slack_events_url is not None
    if bot is None or not (secret if by_http else app):
        return None
    return Tokens(bot=bot, signing_secret=secret) if by_http else Tokens(bot=bot, app=app)


def _next_moment(schedule: Schedule, after: datetime) -> datetime | None:
    from bot.scheduler import moments

    return next(iter(moments(schedule, after, count=1)), None) if schedule.enabled else None
