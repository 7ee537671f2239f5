"""The files people write: read and checked, nothing else; what is wrong is a `ConfigError`."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app.vendors import capabilities_of
from bot.app.x_credentials import connected, how_to_connect, live_on_x
from bot.domain.account import Account
from bot.domain.post import Limits, Target
from bot.domain.run import RunRequest
from bot.domain.schedule import Plan, ProviderType, Schedule
from bot.domain.video import parse_size
from bot.errors import ConfigError, RequestError
from bot.ports import PromptLibrary
from bot.settings import Settings
from bot.telemetry import configure_logging

if TYPE_CHECKING:
    from bot.prompts import JinjaPrompts


def load_settings(*, quiet: bool = False, env_file: Path = Path(".env")) -> Settings:
    """Read the settings and let the log follow them; *quiet* logs only errors, unless debugging."""
    settings = Settings.load(env_file)
    level = "ERROR" if quiet and settings.log_level != "DEBUG" else settings.log_level
    configure_logging(settings.log_format, level)
    return settings


def prompt_library(settings: Settings) -> "JinjaPrompts":
    """Return the templates alone."""
    from bot.prompts import JinjaPrompts

    return JinjaPrompts(settings.prompts)


def schedule_schema() -> Mapping[str, object]:
    """Return the JSON Schema of `schedules.yaml`."""
    from bot.schedules import json_schema

    return json_schema()


def next_moments(schedule: Schedule, count: int) -> list[datetime]:
    """Return the next *count* moments of *schedule*, UTC."""
    from bot.scheduler import moments

    return moments(schedule, datetime.now(UTC), count=count)


def load(
    settings: Settings, adapt: Callable[[Plan, PromptLibrary], Plan] | None = None
) -> tuple[Plan, "JinjaPrompts"]:
    """Read and check all files people write. Raises `ConfigError`; touches nothing."""
    from bot.schedules import load_plan

    plan, prompts = load_plan(settings.schedules), prompt_library(settings)
    if adapt:
        plan = adapt(plan, prompts)
    check(plan, prompts)
    return plan, prompts


def check(plan: Plan, prompts: "JinjaPrompts") -> None:
    """Raise `ConfigError` for what templates and models do not allow."""
    from bot.schedules import check_plan

    capabilities = {name: capabilities_of(entry) for name, entry in plan.providers.items()}
    errors = check_plan(plan, prompts, capabilities, lambda target: limits_of(target, plan))
    if errors:
        raise ConfigError("\n".join(map(str, errors)), hint=errors[0].hint)


def limits_of(target: Target, plan: Plan) -> Limits:
    """Return what *target* takes, as its publisher will say."""
    from bot.publishers.limits import LIMITS, x_limits

    account = plan.account(target) if target.network == "x" else None
    return x_limits(account) if account else LIMITS[target.network]


def refuse_misfits(request: RunRequest, plan: Plan) -> None:
    """Raise `RequestError` for a video that one of its targets will never take."""
    spec = request.video
    for target in request.targets:
        if why := limits_of(target, plan).misfit(*parse_size(spec.size), spec.seconds):
            raise RequestError(
                f"{target} {why}.", hint="Ask for another length or size, or leave it out."
            )


def used(plan: Plan) -> list[tuple[str, Sequence[Target]]]:
    """Return who makes videos for which targets."""
    scheduled = [(s.provider, s.targets) for s in plan.schedules if s.enabled]
    return [*scheduled, (plan.ad_hoc.provider, plan.ad_hoc.targets)]


def refuse_unpublishable(
    plan: Plan, settings: Settings, used: Iterable[tuple[str, Sequence[Target]]]
) -> None:
    """Raise `ConfigError` for videos that could not be shown where they are meant to go.

    A paid one would be wasted on a preview, unless the file says so. The studio's are SIMULATED,
    and what goes to real people must be marked as taking such. For X the credentials must be whole.
    """
    if plan.preview:
        return
    on_x = live_on_x(plan, settings)
    for name, targets in used:
        slack = [t for t in targets if t.network == "slack" and settings.slack_bot_token]
        x = [t for t in targets if t.network == "x" and on_x]
        for target in x:
            connected(target, plan, settings)
        if plan.providers[name].type is ProviderType.STUDIO:
            _refuse_simulated([*slack, *x], plan)
        else:
            _refuse_mute([t for t in targets if t not in {*slack, *x}], name, plan)


def _refuse_simulated(live: Iterable[Target], plan: Plan) -> None:
    for target in live:
        if target.network == "x":
            raise ConfigError(
                f"The studio's videos are SIMULATED, and never go to {target}.",
                hint="Name a provider that makes real ones, or write `publish: preview` at the top "
                "of schedules.yaml.",
            )
        if target.destination not in plan.room.allow_simulated:
            raise ConfigError(
                f"The studio's videos are SIMULATED, and {target} is not said to take such.",
                hint="Name the channel under `allow_simulated` of `slack:` in schedules.yaml, or "
                "write `publish: preview` at its top.",
            )


def _refuse_mute(mute: Sequence[Target], provider: str, plan: Plan) -> None:
    if not mute:
        return
    target = mute[0]
    connect = "`reelbot slack setup` connects Slack"
    if target.network == "x":
        account = plan.account(target) or Account(handle=target.destination)
        connect = how_to_connect(account).removesuffix(".")
    raise ConfigError(
        f"Provider {provider!r} costs money, but nothing is connected that could post to {target}.",
        hint=f"{connect}; `publish: preview` at the top of schedules.yaml shows the posts locally.",
    )
