"""What `doctor` finds about Slack: the tokens as they stand here, and what Slack says of them."""

from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import TYPE_CHECKING

from bot.cli.finding import Finding
from bot.domain.room import Who
from bot.domain.schedule import Plan
from bot.errors import BotError
from bot.slack_api.secret import needed

if TYPE_CHECKING:
    from bot.settings import Settings


def examine(settings: "Settings") -> list[Finding]:
    """Say whether the tokens are there, and each in its place; sends nothing."""
    wanted = needed(by_http=settings.slack_events_url is not None)
    have = [secret.variable for secret in wanted if settings.secret(secret.variable)]
    missing = [secret.variable for secret in wanted if secret.variable not in have]
    if not have:
        return [Finding(verdict="good", what="slack: no credentials, posts are previewed")]
    findings = list(_mistakes(settings))
    if missing:
        fix = f"Set {', '.join(missing)}, or remove {', '.join(have)}; `reelbot slack setup` helps."
        findings.append(Finding(verdict="fail", what="slack: half the credentials", fix=fix))
    how = "HTTP" if settings.slack_events_url else "Socket Mode"
    whole = Finding(verdict="good", what=f"slack: credentials are set, for {how}")
    return findings or [whole, *_gaps(settings)]


def _gaps(settings: "Settings") -> Iterator[Finding]:
    """Say what the file leaves open that people in Slack would miss when they need it."""
    plan = _plan(settings)
    if plan is None:
        return
    if plan.room.admin == Who():
        fix = "Name somebody under slack: rights: admin; `reelbot start` works without."
        what = "slack: nobody there may start again after a stop"
        yield Finding(verdict="note", what=what, fix=fix)
    asking = [s.id for s in plan.schedules if s.enabled and s.approval.mode == "required"]
    if asking and not (plan.room.desk or plan.room.approvers):
        fix = "Name a channel under slack: desk or slack: approvers; Home shows what waits."
        what = f"slack: approval of {', '.join(asking)} is asked for in no channel"
        yield Finding(verdict="note", what=what, fix=fix)


def _mistakes(settings: "Settings") -> Iterator[Finding]:
    for secret in needed(by_http=settings.slack_events_url is not None):
        value = settings.secret(secret.variable)
        if value and (mistake := secret.mistake(value.get_secret_value())):
            fix = f"Take the {secret.name}: {secret.where}."
            yield Finding(verdict="fail", what=f"slack: {mistake}", fix=fix)


async def ask(settings: "Settings") -> AsyncIterator[Finding]:
    """Ask Slack whose the tokens are, what they may do, and whether the app is where it posts.

    Asks nothing unless both tokens are there and look right.
    """
    from bot.app import slack_access

    wanted = needed(by_http=settings.slack_events_url is not None)
    whole = all(settings.secret(secret.variable) for secret in wanted)
    if not whole or any(_mistakes(settings)):
        return
    async with slack_access(settings) as access:
        try:
            who = await access.who()
        except BotError as e:
            yield _failed(e)
            return
        yield Finding(verdict="good", what=f"slack: the bot token is that of {who}")
        try:
            access.require_scopes()
        except BotError as e:
            yield _failed(e)
        if settings.slack_events_url is None:
            yield await _found("the app-level token opens Socket Mode", access.try_socket())
            yield await _found("both tokens are those of one app", access.require_one_app())
        for place in _places(settings):
            yield await _found(f"the app is in {place}", access.try_channel(place))


async def _found(what: str, trial: Awaitable[None]) -> Finding:
    try:
        await trial
    except BotError as e:
        return _failed(e)
    return Finding(verdict="good", what=f"slack: {what}")


def _failed(error: BotError) -> Finding:
    return Finding(verdict="fail", what=f"slack: {error}", fix=error.hint)


def _places(settings: "Settings") -> list[str]:
    """Return the channels that schedules.yaml names.

    Without direct messages (D…): to ask about those takes a permission that nothing else needs.
    """
    plan = _plan(settings)
    if plan is None:
        return []
    return [place for place in dict.fromkeys(_named(plan)) if not place.startswith("D")]


def _plan(settings: "Settings") -> Plan | None:
    """Return what schedules.yaml says; None while it is broken, as told elsewhere."""
    from bot.app import load

    try:
        return load(settings)[0]
    except BotError:
        return None


def _named(plan: Plan) -> Iterator[str]:
    yield from filter(None, (plan.room.desk, plan.room.approvers))
    if plan.preview:
        return
    targets = [*plan.ad_hoc.targets, *(t for s in plan.schedules if s.enabled for t in s.targets)]
    yield from (target.destination for target in targets if target.network == "slack")
