"""Talking to an engine: the one that runs, or our own for a single run.

Commands never write a Run. They start one or append a Command; if an engine runs it does the work
and we follow, otherwise we are the engine for as long as that one run moves.
"""

import asyncio
import getpass
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import typer

from bot.cli import report, show
from bot.cli.follow import follow
from bot.domain.command import Command, CommandKind, CommandState
from bot.domain.run import Run, RunRequest, RunState, WaitReason
from bot.errors import BotError, EngineRunning, NotFound, RequestError

if TYPE_CHECKING:
    from bot.app import App
    from bot.ports import Store
    from bot.settings import Settings

T = TypeVar("T")

#: Seconds without any engine after which a run that is followed is moved by ourselves; long enough
#: for one that restarts.
_PATIENCE = 5


def settings() -> "Settings":
    """Read the settings; only errors are logged, for the command itself tells what happens."""
    from bot.app import load_settings

    return load_settings(quiet=True)


def person() -> str:
    """Return who sits at this shell."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user need not have a name
        return "cli"


def wait_for(coroutine: Callable[[], Awaitable[T]]) -> T:
    """Run a command's coroutine; Ctrl-C ends it in words and exits 130."""

    async def main() -> T:
        return await coroutine()

    try:
        return asyncio.run(main())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@asynccontextmanager
async def moving(app: "App", run_id: str) -> AsyncGenerator[None]:
    """See to it that somebody moves the run while the context is open."""
    async with AsyncExitStack() as stack:
        if not app.store.engine_running():
            with suppress(EngineRunning):  # one that starts this very moment
                await stack.enter_async_context(app.engine(only=run_id))
                yield
                return
        substitute = asyncio.create_task(_stand_in(app, run_id))
        try:
            yield
        finally:
            substitute.cancel()
            await asyncio.gather(substitute, return_exceptions=True)


async def _stand_in(app: "App", run_id: str) -> None:
    """Move the run if the engine that should do it has gone, or was there for another run."""
    away = 0
    while away < _PATIENCE:
        await asyncio.sleep(1)
        away = 0 if await asyncio.to_thread(app.store.engine_running) else away + 1
    try:
        async with app.engine(only=run_id):
            show.remark("The engine has gone; going on without it.")
            await asyncio.Event().wait()
    except BotError as e:
        show.failure(str(e), e.hint)


async def begin(app: "App", request: RunRequest, *, detach: bool, json: bool) -> None:
    """Start a run and follow it to its rest; exits 1 if it failed."""
    run = await app.pipeline.start(request)
    if not detach:
        show.remark(f"Run {run.id}: {_shape(request)}")
        await follow_to_rest(app, run.id, json=json)
        return
    if json:
        show.as_json(run)
    else:
        show.result(run.id)
    if not app.store.engine_running():
        show.remark("No engine is running; `reelbot run` will make it.")


def _shape(request: RunRequest) -> str:
    spec = request.video
    return f"{spec.seconds} s, {spec.size}, by {request.provider}."


async def follow_to_rest(
    app: "App", run_id: str, *, json: bool, after: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Move or follow a run to its rest, after *after*, and print it; exits 1 if it failed."""
    try:
        async with moving(app, run_id):
            if after:
                await after()
            run = await follow(app.pipeline.watch(run_id), stopped=app.gate.stopped)
    except asyncio.CancelledError:
        show.remark(f"Interrupted. The run is kept; go on with `reelbot runs follow {run_id}`.")
        raise
    _finish(run, app, json=json)


def _finish(run: Run, app: "App", *, json: bool) -> None:
    """Print a run that rests; exits 1 unless it did what it was asked, or waits for approval."""
    if json:
        show.as_json(run)
    else:
        report.short(run, app.desk.settings.data_dir)
    if run.state is not RunState.SUCCEEDED and run.reason != WaitReason.APPROVAL:
        raise typer.Exit(1)


async def ask(app: "App", kind: CommandKind, run_id: str, **args: str) -> str:
    """Give a command and return the engine's answer; exits 1 if it was refused."""
    command = Command(kind=kind, run_id=run_id, args=args, by=person(), at=app.desk.clock.now())
    answered = await app.pipeline.ask(command)
    if answered.state is CommandState.REFUSED:
        show.failure(answered.answer or "Refused.", None)
        raise typer.Exit(1)
    return answered.answer or "Done."


async def find_run(store: "Store", reference: str) -> Run:
    """Return the run that *reference* names: its id, the beginning of one, or `last`."""
    if reference == "last":
        runs = await store.list_runs(limit=1)
        if not runs:
            raise NotFound("There are no runs yet.", hint="`reelbot make` starts one.")
        return runs[0]
    runs = await store.find_runs(reference) if reference else []
    if not runs:
        raise NotFound(
            f"There is no run {reference!r}.", hint="`reelbot runs list` shows the newest ones."
        )
    exact = [run for run in runs if run.id == reference]
    if len(runs) > 1 and not exact:
        ids = ", ".join(run.id for run in runs)
        raise RequestError(f"{reference!r} could be {ids}.", hint="Give more of the id.")
    return (exact or runs)[0]
