"""`schedules …`: what `schedules.yaml` says, and when it will happen."""

import json as json_module
import sys
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.cli import session, show
from bot.domain.schedule import Schedule
from bot.errors import RequestError

app = typer.Typer(no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command("list")
def list_schedules(json: Json = False) -> None:
    """List the schedules and when each fires next."""
    from bot.app import load

    plan, _ = load(session.settings())
    if json:
        show.as_json([{"schedule": s, "next": _next(s, 1)} for s in plan.schedules])
        return
    columns = ("id", "cron", "time zone", "template", "provider", "publish", "next")
    show.table(columns, map(_row, plan.schedules))


def _row(schedule: Schedule) -> tuple[str, ...]:
    due = _local(schedule, _next(schedule, 1)) if schedule.enabled else ["off"]
    return (
        schedule.id,
        schedule.cron,
        schedule.timezone,
        schedule.template,
        schedule.provider,
        ", ".join(map(str, schedule.targets)),
        *due,
    )


def _next(schedule: Schedule, count: int) -> list[datetime]:
    from bot.app import next_moments

    return next_moments(schedule, count)


def _local(schedule: Schedule, due: list[datetime]) -> list[str]:
    zone = ZoneInfo(schedule.timezone)
    return [moment.astimezone(zone).strftime("%a %Y-%m-%d %H:%M %Z") for moment in due]


@app.command("next")
def next_fires(
    schedule: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    count: Annotated[int, typer.Option("-n", "--count", min=1, max=1000)] = 5,
    json: Json = False,
) -> None:
    """Show when schedules fire next, in their own time zone and in UTC."""
    from bot.app import load

    plan, _ = load(session.settings())
    if schedule and plan.schedule(schedule) is None:
        known = ", ".join(s.id for s in plan.schedules) or "none"
        raise RequestError(f"There is no schedule {schedule!r}.", hint=f"Known: {known}.")
    chosen = [s for s in plan.schedules if s.enabled and schedule in {None, s.id}]
    fires = sorted((due, s) for s in chosen for due in _next(s, count))[:count] if chosen else []
    if json:
        show.as_json([{"schedule": s.id, "due": due} for due, s in fires])
        return
    rows = ((s.id, *_local(s, [due]), f"{due:%Y-%m-%d %H:%M}Z") for due, s in fires)
    show.table(("schedule", "there", "UTC"), rows)


@app.command()
def check() -> None:
    """Check schedules.yaml against the templates and the models, without sending anything."""
    from bot.app import load

    settings = session.settings()
    plan, _ = load(settings)
    show.out.print(f"{settings.schedules} is fine: {len(plan.schedules)} schedule(s).")


@app.command()
def schema() -> None:
    """Print the JSON Schema of schedules.yaml, for editors."""
    from bot.app import schedule_schema

    sys.stdout.write(json_module.dumps(schedule_schema(), indent=2, ensure_ascii=False) + "\n")
