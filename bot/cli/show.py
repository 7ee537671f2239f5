"""How the command line shows things: tables, one run as it moves, JSON.

Results go to standard output, everything said on the way to standard error, so that `--json` can
be piped.
"""

import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.domain.post import Delivery, DeliveryStatus
from bot.domain.run import Run, RunState, Step, WaitReason

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_COLOURS = {
    RunState.SUCCEEDED: "green",
    RunState.FAILED: "red",
    RunState.ATTENTION: "bold yellow",
    RunState.WAITING: "cyan",
    RunState.RUNNING: "cyan",
    RunState.CANCELLED: "dim",
}

_DOING = {
    Step.RENDER: "rendering the prompt",
    Step.RESERVE: "reserving its price",
    Step.CREATE: "asking for the video",
    Step.WAIT: "waiting for the video",
    Step.DOWNLOAD: "downloading",
    Step.INSPECT: "looking into the file",
    Step.FIT: "fitting it to its targets",
    Step.APPROVE: "waiting for approval",
    Step.PUBLISH: "publishing",
    Step.NOTIFY: "telling people",
}


def as_json(value: object) -> None:
    """Print *value*, dataclasses and all, as JSON; money as text, so that no cent is lost."""
    from pydantic_core import to_json

    sys.stdout.write(to_json(value, indent=2).decode() + "\n")


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print *rows*; cells may hold rich markup, so escape what people wrote."""
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*row)
    out.print(grid)


def state(run: Run) -> str:
    """Return the run's state in words, coloured."""
    words = run.state.value + (f" ({run.reason})" if run.reason else "")
    return f"[{_COLOURS[run.state]}]{words}[/]"


def usd(amount: Decimal) -> str:
    """Return *amount* as people write dollars; small ones with all their digits."""
    return f"${amount:.2f}" if amount == round(amount, 2) else f"${amount.normalize():f}"


def when(moment: datetime | None) -> str:
    """Return *moment* in this machine's time zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else "–"


# --- one run, moving ---------------------------------------------------------------------------


async def follow(runs: AsyncIterator[Run]) -> Run:
    """Show a run as it moves; return it when it rests, waits for a person, or is held back."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=err.is_terminal) as bar:
        task = bar.add_task("starting", total=100)
        said = ""
        async with aclosing(cast("Any", runs)) as moving:
            async for run in moving:
                words, percent = _doing(run), _percent(run)
                bar.update(task, description=words, completed=percent)
                if not err.is_terminal and words != said:
                    err.print(f"{run.id}  {words}")
                said = words
                if _rests(run):
                    return cast("Run", run)
    raise AssertionError("a run is watched until it rests")


def _doing(run: Run) -> str:
    if run.state is RunState.WAITING and run.reason != WaitReason.PROVIDER:
        again = f" until {when(run.wake_at)}" if run.wake_at else ""
        return f"waiting ({run.reason}){again}"
    if run.state.is_terminal or run.state is RunState.ATTENTION or run.step is None:
        return run.state.value
    words = _DOING[run.step]
    return f"{words}: {run.job.status.value}" if run.step is Step.WAIT and run.job else words


def _percent(run: Run) -> float:
    """Return how far the run is; most of the time goes into the video itself."""
    if run.state.is_terminal:
        return 100
    if run.step is Step.WAIT and run.job:
        return 5 + 0.85 * (run.job.progress or 0)
    order = list(Step)
    return 0 if run.step is None else {True: 2, False: 92}[order.index(run.step) < 3]  # noqa: PLR2004


def _rests(run: Run) -> bool:
    """Whether following on would only wait for a person."""
    if run.state.is_terminal or run.state is RunState.ATTENTION:
        return True
    held = {WaitReason.APPROVAL, WaitReason.STOPPED, WaitReason.TARGET_PAUSED}
    return run.state is RunState.WAITING and run.reason in held


# --- one run, standing -------------------------------------------------------------------------


def summary(run: Run, media: Path) -> None:
    """Print what became of *run*: a short table, one line per delivery."""
    grid = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for name, text in _lines(run, media):
        grid.add_row(name, text)
    out.print(grid)


def _lines(run: Run, media: Path) -> Iterable[tuple[str, str]]:
    simulated = run.inspection is not None and run.inspection.simulated
    stamp = "  [black on yellow] SIMULATED [/]" if simulated else ""
    yield "run", f"{run.id}  {state(run)}{stamp}"
    if run.prompt:
        yield "prompt", escape(run.prompt.text)
    if run.prompt and run.prompt.caption:
        yield "caption", escape(run.prompt.caption)
    if run.price:
        yield "price", usd(run.price.total)
    for name in ("video", "thumbnail", "spritesheet"):
        if asset := getattr(run, name):
            yield name, escape(str(media / asset.path))
    for finding in run.inspection.findings if run.inspection else ():
        yield "note", escape(finding)
    for target in run.request.targets:
        yield str(target), _delivery(run.delivery(target))
    if run.failure:
        yield "why", escape(run.failure.message)
        yield "what to do", escape(run.failure.hint or "")
    elif hint := _next_step(run):
        yield "what to do", hint


def _delivery(delivery: Delivery) -> str:
    if delivery.status is DeliveryStatus.DELIVERED:
        how = "previewed" if delivery.preview else "posted"
        return f"[green]{how}[/] {escape(delivery.url or '')}"
    words = escape(f"{delivery.detail or ''} {delivery.hint or ''}".strip())
    return f"{delivery.status.value} {words}".strip()


def _next_step(run: Run) -> str | None:
    if run.state is not RunState.WAITING:
        return None
    return {
        WaitReason.APPROVAL.value: f"reelbot runs approve {run.id}   (or reject, edit)",
        WaitReason.STOPPED.value: "reelbot start",
        WaitReason.PROVIDER.value: f"reelbot runs follow {run.id}",
        WaitReason.BACKOFF.value: f"reelbot runs follow {run.id}",
    }.get(run.reason or "")
