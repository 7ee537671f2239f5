"""The files people write: read and checked, nothing else; what is wrong is a `ConfigError`."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app.vendors import capabilities_of
from bot.domain.post import Target
from bot.domain.schedule import Plan, ProviderType, Schedule
from bot.errors import ConfigError
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
    errors = check_plan(plan, prompts, capabilities)
    if errors:
        raise ConfigError("\n".join(map(str, errors)), hint=errors[0].hint)


def used(plan: Plan) -> list[tuple[str, Sequence[Target]]]:
    """Return who makes videos for which targets."""
    scheduled = [(s.provider, s.targets) for s in plan.schedules if s.enabled]
    return [*scheduled, (plan.ad_hoc.provider, plan.ad_hoc.targets)]


def refuse_unpublishable(
    plan: Plan, settings: Settings, used: Iterable[tuple[str, Sequence[Target]]]
) -> None:
    """Raise `ConfigError` for videos that could not be shown where they are meant to go.

    A paid one would be wasted on a preview, unless the file says so. The studio's are SIMULATED,
    and what goes to real people must be marked as taking such.
    """
    if plan.preview:
        return
    for name, targets in used:
        live = [t for t in targets if t.network == "slack" and settings.slack_bot_token]
        if plan.providers[name].type is ProviderType.STUDIO:
            _refuse_simulated(live, plan)
        else:
            _refuse_mute([t for t in targets if t not in live], name)


def _refuse_simulated(live: Iterable[Target], plan: Plan) -> None:
    for target in live:
        if target.destination not in plan.room.allow_simulated:
            raise ConfigError(
                f"The studio's videos are SIMULATED, and {target} is not said to take such.",
                hint="Name the channel under `allow_simulated` of `slack:` in schedules.yaml, or "
                "write `publish: preview` at its top.",
            )


def _refuse_mute(mute: Sequence[Target], provider: str) -> None:
    if not mute:
        return
    connect = "This version cannot post to X yet: leave the target out"
    if mute[0].network == "slack":
        connect = "`reelbot slack setup` connects Slack"
    raise ConfigError(
        f"Provider {provider!r} costs money, but nothing is connected that could post to "
        f"{mute[0]}.",
        hint=f"{connect}; `publish: preview` at the top of schedules.yaml shows the posts locally.",
    )
