"""`schedules …`: what `schedules.yaml` says, and when it will happen."""

from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.cli import session, show
from bot.cli.options import Json, OnlySchedule, ScheduleId
from bot.domain.schedule import Pause, Plan, Schedule
from bot.errors import ConfigError, RequestError

app = typer.Typer(no_args_is_help=True)


def _plan() -> Plan:
    from bot.app import load

    plan, _ = load(session.settings())
    return plan


def _next(schedule: Schedule, count: int) -> Sequence[datetime]:
    from bot.app import next_moments

    return next_moments(schedule, count) if schedule.enabled else []


@app.command("list")
def list_schedules(json: Json = False) -> None:
    """List the schedules and when each fires next."""
    schedules = _plan().schedules
    if json:
        show.as_json([{"schedule": s, "next": next(iter(_next(s, 1)), None)} for s in schedules])
    elif schedules:
        show.table(("schedule", "cron", "next", "makes"), map(_row, schedules))
    else:
        show.result("There are no schedules yet. docs/schedules.md shows how to write one.")


def _row(schedule: Schedule) -> tuple[str, ...]:
    due = [_there(schedule, moment) for moment in _next(schedule, 1)]
    return (
        schedule.id,
        schedule.cron,
        due[0] if due else "never" if schedule.enabled else "off",
        f"{schedule.template} by {schedule.provider} for {', '.join(map(str, schedule.targets))}",
    )


def _there(schedule: Schedule, due: datetime) -> str:
    return due.astimezone(ZoneInfo(schedule.timezone)).strftime("%a %Y-%m-%d %H:%M %Z")


@app.command("next")
def next_fires(
    schedule: OnlySchedule = None,
    count: Annotated[
        int, typer.Option("-n", "--count", metavar="N", min=1, max=1000, help="How many.")
    ] = 5,
    json: Json = False,
) -> None:
    """Show when schedules fire next, in their own time zone and in UTC.

    [bold]reelbot schedules next cat-hourly --count 24[/]
    """
    chosen = _chosen(_plan(), schedule)
    fires = sorted(((due, s) for s in chosen for due in _next(s, count)), key=lambda f: f[0])[
        :count
    ]
    if json:
        show.as_json([{"schedule": s.id, "due": due} for due, s in fires])
    elif fires:
        rows = ((s.id, _there(s, due), f"{due:%Y-%m-%d %H:%M}") for due, s in fires)
        show.table(("schedule", "next", "UTC"), rows)
    else:
        show.result("Nothing will fire.")


def _chosen(plan: Plan, only: str | None) -> Sequence[Schedule]:
    if only is None:
        return plan.schedules
    chosen = plan.schedule(only)
    if chosen is None:
        known = [s.id for s in plan.schedules]
        near = get_close_matches(only, known, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known) or 'none'}."
        raise RequestError(f"There is no schedule {only!r}.", hint=hint)
    return [chosen]


@app.command()
def check(json: Json = False) -> None:
    """Check schedules.yaml against the templates and the models, without sending anything."""
    from bot.app import link_costs, load

    try:
        plan, prompts = load(session.settings())
        notes = list(link_costs(plan, prompts, datetime.now(UTC)))
    except ConfigError as e:
        if json:
            errors = [{"message": line} for line in str(e).splitlines()]
            errors[0] |= {"hint": e.hint} if e.hint else {}
            show.as_json({"ok": False, "errors": errors})
            raise typer.Exit(2) from None
        raise
    if json:
        ids = [s.id for s in plan.schedules]
        show.as_json({"ok": True, "schedules": ids, "notes": notes})
        return
    for note in notes:
        show.remark(f"{note}.")
    show.result(f"{session.settings().schedules} is fine: {len(plan.schedules)} schedule(s).")


@app.command()
def pause(schedule: ScheduleId) -> None:
    """Hold a schedule back until `schedules resume`. Moments that pass are not made up."""
    _hold(schedule, held=True)


@app.command()
def resume(schedule: ScheduleId) -> None:
    """Let a paused schedule fire again, from its next moment on."""
    _hold(schedule, held=False)


def _hold(schedule: str, *, held: bool) -> None:
    async def ask() -> None:
        from bot.app import opened

        [chosen] = _chosen(_plan(), schedule)
        async with opened(session.settings()) as app:
            if not held:
                await app.store.unpause(chosen.id)
                show.result(f"{chosen.id} fires again.")
                return
            pause = Pause(by=session.person(), at=app.desk.clock.now())
            await app.store.pause(chosen.id, pause)
            by = (await app.store.paused())[chosen.id].by
            show.result(f"{chosen.id} is paused by {by}; `reelbot schedules resume {chosen.id}`.")

    session.wait_for(ask)


@app.command()
def schema() -> None:
    """Print the JSON Schema of schedules.yaml, for editors.

    [bold]reelbot schedules schema > schedules.schema.json[/]
    """
    from bot.app import schedule_schema

    show.as_json(schedule_schema())
