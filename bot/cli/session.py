"""Talking to an engine: the one that runs, or our own for a single run.

Commands never write a Run. They start one or append a Command; if an engine runs it does the work
and we follow, otherwise we are the engine for as long as that one run moves.
"""

import asyncio
import getpass
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from bot.cli import receipt, report, show
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


def settings(env_file: Path = Path(".env")) -> "Settings":
    """Read the settings; only errors are logged, for the command itself tells what happens."""
    from bot.app import load_settings

    return load_settings(quiet=True, env_file=env_file)


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
async def moving(app: "App", *run_ids: str, makes: bool = True) -> AsyncGenerator[None]:
    """See to it that somebody moves the runs while the context is open; once for each App.

    *makes*: as `App.engine` takes it.
    """
    async with AsyncExitStack() as stack:
        if not app.store.engine_running():
            with suppress(EngineRunning):  # one that starts this very moment
                await stack.enter_async_context(app.engine(only=run_ids, makes=makes))
                yield
                return
        substitute = asyncio.create_task(_stand_in(app, run_ids, makes=makes))
        try:
            yield
        finally:
            substitute.cancel()
            await asyncio.gather(substitute, return_exceptions=True)


async def _stand_in(app: "App", run_ids: Collection[str], *, makes: bool) -> None:
    """Move the runs if the engine that should do it has gone, or was there for others."""
    away = 0
    while away < _PATIENCE:
        await asyncio.sleep(1)
        away = 0 if await asyncio.to_thread(app.store.engine_running) else away + 1
    try:
        async with app.engine(only=run_ids, makes=makes):
            show.remark("The engine has gone; going on without it.")
            await asyncio.Event().wait()
    except BotError as e:
        show.failure(str(e), e.hint)


async def begin(app: "App", request: RunRequest, *, detach: bool, json: bool) -> None:
    """Start a run and follow it to its rest; exits 1 if it failed."""
    run = await app.pipeline.start(request)
    price = receipt.expected(app.intake.price(request), request.provider)
    show.remark(f"Run {run.id}: {_shape(request)} It costs {price}.")
    if not detach:
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
    of = f", {report.lineage(spec.origin)}" if spec.origin else ""
    return f"{spec.seconds} s, {spec.size}, by {request.provider}{of}."


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
    answered = await tell(app, kind, run_id, **args)
    if answered.state is CommandState.REFUSED:
        show.failure(answered.answer or "Refused.", None)
        raise typer.Exit(1)
    return answered.answer or "Done."


async def tell(app: "App", kind: CommandKind, run_id: str, **args: str) -> Command:
    """Give a command and return it with the engine's answer."""
    command = Command(kind=kind, run_id=run_id, args=args, by=person(), at=app.desk.clock.now())
    return await app.pipeline.ask(command)


def confirm(question: str, *, yes: bool) -> None:
    """Return when a person says yes; *yes* says it beforehand, for programs.

    Exits 1 for any other answer, 130 for Ctrl-C. Raises `RequestError` where nobody can be asked.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and show.err.is_terminal):
        raise RequestError("Nobody can be asked here.", hint="Say so beforehand: --yes.")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # asyncio's would wait for us
    try:
        show.err.print(show.text(f"{question} [y/N] "), end="")
        answer = sys.stdin.readline().strip().lower()
    except KeyboardInterrupt:
        show.remark("")
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    if answer not in {"y", "yes"}:
        show.remark("Nothing was done.")
        raise typer.Exit(1)


@asynccontextmanager
async def reading(settings: "Settings") -> AsyncGenerator["Store"]:
    """Open the database as it is; it is not made for a question."""
    from bot.app import database_exists
    from bot.app import reading as read

    if not database_exists(settings):
        raise NotFound("There are no runs yet.", hint="`reelbot make` starts one.")
    async with read(settings) as store:
        yield store


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


async def find_video(store: "Store", reference: str) -> Run:
    """Return the run of the video that *reference* names: an id, its beginning, or `last`."""
    if reference == "last":
        newest = await store.videos(limit=1)
        if not newest:
            raise NotFound("There are no videos yet.", hint="`reelbot make` makes one.")
        return newest[0]
    run = await find_run(store, reference)
    if run.video_status is None:
        raise NotFound(
            f"Run {run.id} has not asked for a video: {run.state.value}.",
            hint=f"`reelbot runs show {run.id}` says where it stands.",
        )
    return run


def first_words(run: Run, indent: int) -> str:
    """Return as much of what *run*'s video shows as a line takes behind *indent* columns."""
    return show.one_line(run.prompt.text if run.prompt else run.request.prompt or "", indent)
