"""`run`, `stop`, `start`, `health`: the engine, its brake, and whether it is well."""

import asyncio
import gc
import json as json_module
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import session, show
from bot.cli.options import Json
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.app import App
    from bot.pipeline import Gate
    from bot.settings import Settings

_HEALTH_SECONDS = 5.0


def run() -> None:
    """Run the bot: fire the schedules, move all runs, serve health and metrics.

    Ends on Ctrl-C or SIGTERM; what was begun goes on with the next start.
    """
    from bot.app import load_settings

    chosen = load_settings()
    session.wait_for(lambda: _run(chosen))


async def _run(settings: "Settings") -> None:
    from bot.app import running

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with running(settings) as (app, address):
        _greet(app, address)
        gc.collect()
        gc.freeze()  # what stays for good: looking through it held up an ack for 0.2 s
        await ended.wait()
        show.remark("Stopping: what is being sent is finished, everything else is kept.")


def _greet(app: "App", address: str) -> None:
    on = [s.id for s in app.desk.plan.schedules if s.enabled]
    show.result(f"reelbot runs: {len(on)} schedule(s): {', '.join(on) or 'none'}.")
    show.result(f"Health: {address}/healthz   Metrics: {address}/metrics")
    for name, entry in app.desk.plan.providers.items():
        if entry.webhook_secret_env:
            show.result(f"Webhooks: {address}/webhooks/{name}")
    if app.room:
        show.result(f"Slack: {app.desk.plan.room.command} asks for a video.")
    if app.live:
        show.result(f"Posts to {' and '.join(app.live)} go out.")
    if app.previewed:
        networks = " and ".join(app.previewed)
        show.result(f"Posts to {networks} are previewed: {app.feed.absolute().as_uri()}")


def stop(
    why: Annotated[
        str | None, typer.Option(metavar="TEXT", help="For whoever finds everything stopped.")
    ] = None,
) -> None:
    """Stop all paid and public requests at once, until `start`. Jobs in flight are kept.

    [bold]reelbot stop --why "wrong account"[/]
    """
    from bot.ports import Stop

    async def ask() -> None:
        async with _gate() as gate:
            before = await gate.stopped()
            await gate.stop(Stop(by=session.person(), at=datetime.now(UTC), why=why))
        if before:
            show.result(f"Already stopped by {before.by}, {show.when(before.at)}.")
        else:
            show.result("Stopped. Nothing is paid for or posted until `reelbot start`.")

    session.wait_for(ask)


def start() -> None:
    """Let paid and public requests leave again; runs that were held back go on."""

    async def ask() -> None:
        async with _gate() as gate:
            before = await gate.stopped()
            await gate.start()
        show.result(
            f"Started. It was stopped by {before.by}, {show.when(before.at)}."
            if before
            else "Nothing was stopped."
        )

    session.wait_for(ask)


@asynccontextmanager
async def _gate() -> AsyncGenerator["Gate"]:
    from bot.app import gate

    async with gate(session.settings()) as opened:
        yield opened


def health(
    live: Annotated[
        bool, typer.Option("--live", help="Only ask whether it turns, as a container does.")
    ] = False,
    json: Json = False,
) -> None:
    """Ask the engine on this machine whether it is ready; exits 1 if it is not.

    A stopped engine, or one with a full disk, is not ready, but restarting it mends nothing:
    whoever restarts what is unwell asks with --live.
    """
    settings = session.settings()
    if settings.port == 0:
        raise ConfigError(
            "REELBOT_PORT is 0, so nobody knows which port the engine took.",
            hint="Set REELBOT_PORT to a fixed port, for the engine as well.",
        )
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # asked, not bound
    ready, answer = _ask(host, settings.port, "/healthz" if live else "/readyz")
    if json:
        show.as_json(answer)
    else:
        show.result(f"The engine is {'' if ready else 'not '}{'alive' if live else 'ready'}.")
        show.facts((name, str(said)) for name, said in answer.get("checks", answer).items())
    if not ready:
        raise typer.Exit(1)


def _ask(host: str, port: int, path: str) -> tuple[bool, dict[str, Any]]:
    import http.client

    connection = http.client.HTTPConnection(host, port, timeout=_HEALTH_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status == http.client.OK, dict(json_module.loads(answer.read()))
    except (OSError, http.client.HTTPException, ValueError, TypeError) as e:
        why = getattr(e, "strerror", None) or "what answers is no reelbot"
        show.failure(f"No engine answers on {host}:{port}: {why}.", "`reelbot run` starts one.")
        raise typer.Exit(1) from None
    finally:
        connection.close()
