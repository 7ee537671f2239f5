"""One run as it moves: a bar on a terminal, now and then a line anywhere else."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager

from bot.cli import show
from bot.domain.run import Run, RunState, Step, WaitReason
from bot.ports import Stop

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
#: How far a run is at the begin of each step, in percent; most of the time goes into the video.
_BEGIN = dict(zip(Step, (0, 1, 2, 5, 90, 92, 94, 96, 97, 99), strict=True))
#: Without a terminal a line is worth this much progress.
_PERCENT_PER_LINE = 20

Update = Callable[[str, float], None]


async def follow(
    runs: AsyncGenerator[Run], *, stopped: Callable[[], Awaitable[Stop | None]]
) -> Run:
    """Show a run as it moves; return it when it rests, waits for a person, or is held back."""
    with _bar() if show.err.is_terminal else _lines() as update:
        async with aclosing(runs) as moving:
            async for run in moving:
                update(doing(run), percent(run))
                if rests(run) and not await _is_let_go(run, stopped):
                    return run
    raise AssertionError("a run is watched until it rests")


@contextmanager
def _bar() -> Iterator[Update]:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=show.err, transient=True) as progress:
        task = progress.add_task("starting", total=100)
        yield lambda words, done: progress.update(task, description=words, completed=done)


@contextmanager
def _lines() -> Iterator[Update]:
    said, at = "", 0.0

    def update(words: str, done: float) -> None:
        nonlocal said, at
        if words != said or done >= at + _PERCENT_PER_LINE:
            said, at = words, done
            show.remark(f"{done:3.0f}%  {words}")

    yield update


def doing(run: Run) -> str:
    """Return in words what *run* does now."""
    if run.state is RunState.WAITING and run.reason != WaitReason.PROVIDER:
        again = f" until {show.when(run.wake_at)}" if run.wake_at else ""
        return f"waiting ({run.reason}){again}"
    if run.state.is_terminal or run.state is RunState.ATTENTION or run.step is None:
        return run.state.value
    status = f": {run.job.status.value.replace('_', ' ')}" if run.job else ""
    return _DOING[run.step] + (status if run.step is Step.WAIT else "")


def percent(run: Run) -> float:
    """Return how far *run* is."""
    if run.state.is_terminal or run.step is None:
        return 100
    begin = _BEGIN[run.step]
    if run.step is Step.WAIT and run.job:
        return begin + 0.85 * (run.job.progress or 0)
    return begin


async def _is_let_go(run: Run, stopped: Callable[[], Awaitable[Stop | None]]) -> bool:
    """Return whether *run* was held back by a stop that is lifted; the engine will see it soon."""
    return run.reason == WaitReason.STOPPED and await stopped() is None


def rests(run: Run) -> bool:
    """Return whether following on would only wait for a person."""
    held = {WaitReason.APPROVAL, WaitReason.STOPPED, WaitReason.TARGET_PAUSED}
    if run.state is RunState.WAITING:
        return run.reason in held
    return run.state.is_terminal or run.state is RunState.ATTENTION
