"""`demo`: one video without any keys, so that everybody sees what the bot does."""

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.cli import session, show
from bot.cli.options import Json
from bot.domain.schedule import (
    ApprovalMode,
    ApprovalPolicy,
    Plan,
    ProviderEntry,
    ProviderType,
    Schedule,
    VideoDefaults,
    resolve_video,
)
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.ports import PromptLibrary
    from bot.settings import Settings

_STUDIO = ProviderEntry(name="studio", type=ProviderType.STUDIO)


def demo(json: Json = False) -> None:
    """Make one video of the first schedule and preview its posts. Needs no keys, posts nothing.

    Everything it makes stays in a folder of its own, data/demo.
    """
    chosen = session.settings()
    folder = chosen.data_dir / "demo"
    ours = chosen.model_copy(
        update={"data_dir": folder, "database_url": f"sqlite:///{(folder / 'demo.db').absolute()}"}
    )
    session.wait_for(lambda: _demo(ours, json=json))


async def _demo(settings: "Settings", *, json: bool) -> None:
    from bot.app import desk

    async with desk(settings, preview=True, adapt=_for_demo) as at:
        at.refuse_low_disk()
        (schedule,) = at.plan.schedules
        request = at.intake.fired_by_hand(schedule.id, session.person())
        show.remark(f"Firing {schedule.id}. Everything is SIMULATED: no keys, no costs, no posts.")
        async with at.opened() as app:
            await app.gate.start()
            await session.begin(app, request, detach=False, json=json)


def _for_demo(plan: Plan, prompts: "PromptLibrary") -> Plan:
    """Return the plan with one schedule, made by the studio, and nobody to ask."""
    enabled = [s for s in plan.schedules if s.enabled] or plan.schedules
    if not enabled:
        raise ConfigError(
            "schedules.yaml has no schedule to show.", hint="Add one, then try again."
        )
    first = enabled[0]
    return replace(
        plan,
        providers={"studio": _STUDIO},
        schedules=(
            replace(
                first,
                provider="studio",
                video=_studio_shape(first, plan, prompts),
                approval=ApprovalPolicy(mode=ApprovalMode.AUTO),
            ),
        ),
        ad_hoc=replace(plan.ad_hoc, provider="studio", video=VideoDefaults()),
        defaults=VideoDefaults(),
    )


def _studio_shape(schedule: Schedule, plan: Plan, prompts: "PromptLibrary") -> VideoDefaults:
    """Return what was asked for as far as the studio makes it; another model may make more."""
    from bot.app import capabilities_of

    (model,) = capabilities_of(_STUDIO).models.values()
    asked = resolve_video(schedule.video, prompts.get(schedule.template), plan.defaults)
    return VideoDefaults(
        model=model.name,
        size=asked.size if asked.size in model.sizes else model.sizes[0],
        seconds=asked.seconds if asked.seconds in model.seconds else model.seconds[0],
    )
