"""Talking to an engine: the one that runs, or our own for a single run.

Commands never write a Run. They start one or append a Command; if an engine runs it does the work
and we follow, otherwise we are the engine for as long as that one run moves.
"""

import asyncio
import getpass
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from bot.cli import show
from bot.domain.command import Command, CommandKind, CommandState
from bot.domain.run import Run, RunRequest, RunState, WaitReason
from bot.errors import EngineRunning, NotFound, RequestError

if TYPE_CHECKING:
    from bot.app import App
    from bot.ports import Store
    from bot.settings import Settings

T = TypeVar("T")


def settings() -> "Settings":
    """Read the settings and let the log follow them."""
    from bot.app import load_settings

    return load_settings()


def quiet_settings() -> "Settings":
    """Read the settings and log only errors: the command itself tells people what happens."""
    from bot.app import load_settings

    return load_settings(quiet=True)


def person() -> str:
    """Return who sits at this shell."""
    return f"cli:{getpass.getuser()}"


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
            # One that starts this very moment moves the run as well.
            with suppress(EngineRunning):
                await stack.enter_async_context(app.engine(only=run_id))
        yield


async def start_and_follow(app: "App", request: RunRequest, *, detach: bool, json: bool) -> None:
    """Start a run and follow it to its rest; exits 1 if it failed."""
    run = await app.pipeline.start(request)
    if detach:
        _tell_detached(app, run, json=json)
        return
    await follow(app, run.id, json=json)


def _tell_detached(app: "App", run: Run, *, json: bool) -> None:
    if json:
        show.as_json(run)
    else:
        show.out.print(run.id)
    if not app.store.engine_running():
        show.err.print("No engine is running; `reelbot run` will make it.")


async def follow(app: "App", run_id: str, *, json: bool) -> None:
    """Follow a run to its rest and print it; exits 1 if it failed."""
    try:
        async with moving(app, run_id):
            run = await show.follow(app.pipeline.watch(run_id))
    except asyncio.CancelledError:
        show.err.print(f"Interrupted. Run {run_id} is kept: `reelbot runs follow {run_id}`.")
        raise
    finish(run, app.settings.data_dir / "media", json=json)


def finish(run: Run, media: Path, *, json: bool) -> None:
    """Print a run that rests; exits 1 unless it did what it was asked, or waits for approval."""
    if json:
        show.as_json(run)
    else:
        show.summary(run, media)
    fine = run.state is RunState.SUCCEEDED or run.reason == WaitReason.APPROVAL
    if not fine:
        raise typer.Exit(1)


async def tell(app: "App", kind: CommandKind, run_id: str, **args: str) -> str:
    """Give a command and return the engine's answer; exits 1 if it was refused."""
    command = Command(kind=kind, run_id=run_id, args=args, by=person(), at=app.clock.now())
    answered = await app.pipeline.ask(command)
    if answered.state is CommandState.REFUSED:
        show.err.print(f"[red]{answered.answer}[/]")
        raise typer.Exit(1)
    return answered.answer or ""


async def find_run(store: "Store", reference: str) -> Run:
    """Return the run that *reference* names: its id, the beginning of one, or `last`."""
    if reference == "last":
        runs = await store.list_runs(limit=1)
        if not runs:
            raise NotFound("There are no runs yet.", hint="`reelbot make` starts one.")
        return runs[0]
    runs = await store.find_runs(reference)
    if not runs:
        raise NotFound(
            f"There is no run {reference!r}.", hint="`reelbot runs list` shows the newest ones."
        )
    if len(runs) > 1:
        ids = ", ".join(run.id for run in runs)
        raise RequestError(f"{reference!r} could be {ids}.", hint="Give more of the id.")
    return runs[0]
