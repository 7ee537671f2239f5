"""`doctor`: everything that can be known before a video is paid for."""

import os
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from bot.cli import session, show, slack_doctor, x_doctor
from bot.cli.finding import Finding
from bot.cli.options import Json
from bot.domain.run import RunState
from bot.domain.schedule import Plan, ProviderEntry, ProviderType
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.settings import Settings

_MIN_FREE_BYTES = 1_000_000_000


_MARKS = {
    "good": Text("GOOD", style="green"),
    "note": Text("NOTE", style="yellow"),
    "fail": Text("FAIL", style="red"),
}


def doctor(
    online: Annotated[
        bool,
        typer.Option(
            "--online", metavar="", help="Ask Slack and X, too; X takes $0.010 for each account."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Check settings, files, disk, database and keys; say how to mend what is wrong."""
    findings = session.wait_for(lambda: examine(session.settings(), online=online))
    if json:
        show.as_json(findings)
    else:
        show.facts(row for finding in findings for row in _rows(finding))
    if any(finding.verdict == "fail" for finding in findings):
        raise typer.Exit(2)


def _rows(finding: Finding) -> Iterator[tuple[show.Cell, show.Cell]]:
    yield _MARKS[finding.verdict], finding.what
    if finding.fix:
        yield "", f"→ {finding.fix}"


async def examine(settings: "Settings", *, online: bool = False) -> list[Finding]:
    """Look at everything; changes nothing, and sends nothing unless *online*."""
    findings = [_python(), _media(), *_files(settings), *_disk(settings)]
    findings += [finding async for finding in _database(settings)]
    findings += slack_doctor.examine(settings)
    if online:
        findings += [finding async for finding in slack_doctor.ask(settings)]
    findings += x_doctor.examine(settings)
    if online:
        findings += [finding async for finding in x_doctor.ask(settings)]
    return findings


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(verdict="good", what=f"Python {version}, SQLite {sqlite3.sqlite_version}")


def _media() -> Finding:
    import av

    try:
        for name in ("libx264", "aac"):
            av.codec.Codec(name, "w")
    except av.error.FFmpegError as e:
        fix = "Install PyAV from its wheels: python -m pip install --force-reinstall av."
        return Finding(verdict="fail", what=f"PyAV {av.__version__} lacks a codec: {e}", fix=fix)
    return Finding(verdict="good", what=f"PyAV {av.__version__} writes H.264 and AAC")


def _files(settings: "Settings") -> Iterator[Finding]:
    from bot.app import link_costs, load

    try:
        plan, prompts = load(settings)
        templates = prompts.list()
        dear = list(link_costs(plan, prompts, datetime.now(UTC)))
    except BotError as e:
        yield Finding(verdict="fail", what=str(e), fix=e.hint)
        return
    schedules = f"{settings.schedules}: {len(plan.schedules)} schedule(s)"
    yield Finding(verdict="good", what=f"{schedules}, {len(templates)} template(s)")
    for note in dear:
        fix = "Leave the link out, or put it where it costs nothing, such as the profile."
        yield Finding(verdict="note", what=note, fix=fix)
    yield from _providers(plan, settings)


def _providers(plan: Plan, settings: "Settings") -> Iterator[Finding]:
    for name, entry in plan.providers.items():
        if entry.type is ProviderType.STUDIO:
            yield Finding(verdict="good", what=f"provider {name}: the studio, SIMULATED and free")
        elif entry.api_key_env and settings.secret(entry.api_key_env) is None:
            fix = f"Set {entry.api_key_env} in the environment or in .env, if you use {name}."
            yield Finding(verdict="note", what=f"provider {name}: no key", fix=fix)
        else:
            yield Finding(verdict="good", what=f"provider {name}: {entry.base_url}")
        yield from _webhooks(entry, settings)
        yield from _prices(plan, name)


def _webhooks(entry: ProviderEntry, settings: "Settings") -> Iterator[Finding]:
    from bot.app import webhook_secrets

    try:
        secrets = webhook_secrets(entry, settings)
    except BotError as e:
        yield Finding(verdict="fail", what=f"provider {entry.name}: {e}", fix=e.hint)
        return
    if secrets:
        what = f"webhooks at /webhooks/{entry.name}, {len(secrets)} secret(s)"
        yield Finding(verdict="good", what=f"provider {entry.name}: {what}")


def _prices(plan: Plan, name: str) -> Iterator[Finding]:
    for model in plan.providers[name].models.values():
        if model.usd_per_second is None:
            fix = "Write its usd_per_second; until then it is refused."
            yield Finding(verdict="note", what=f"{name}: {model.name} has no price", fix=fix)


def _disk(settings: "Settings") -> Iterator[Finding]:
    folder = settings.data_dir
    existing = next(p for p in [folder, *folder.absolute().parents] if p.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        fix = "Set REELBOT_DATA_DIR to a folder you may write to."
        yield Finding(verdict="fail", what=f"{existing} cannot be written", fix=fix)
        return
    free = shutil.disk_usage(existing).free
    what = f"{free / 1e9:.1f} GB are free for {folder}"
    if free < _MIN_FREE_BYTES:
        yield Finding(verdict="note", what=what, fix="Make room before it is less than 0.2 GB.")
    else:
        yield Finding(verdict="good", what=what)
    stop = folder / "STOP"
    if stop.exists():
        yield Finding(verdict="note", what=f"stopped by {stop}", fix="`reelbot start` removes it.")


async def _database(settings: "Settings") -> AsyncIterator[Finding]:
    from bot.app import database_exists, reading

    if not database_exists(settings):
        yield Finding(verdict="good", what="database: none yet, the engine will make it")
        return
    try:
        async with reading(settings) as store:
            counts = await store.count_runs()
            running, stop = store.engine_running(), await store.stopped()
    except BotError as e:
        yield Finding(verdict="fail", what=str(e), fix=e.hint)
        return
    states = ", ".join(f"{n} {state}" for state, n in counts.items() if n) or "no runs yet"
    yield Finding(verdict="good", what=f"database: {states}")
    yield Finding(verdict="good", what=f"engine: {'running' if running else 'not running'}")
    if stop:
        what = f"stopped by {stop.by}, {show.when(stop.at)}{f': {stop.why}' if stop.why else ''}"
        yield Finding(verdict="note", what=what, fix="`reelbot start` lets requests leave again.")
    if counts.get(RunState.ATTENTION):
        fix = "`reelbot runs list --state attention`, then `runs resolve`."
        yield Finding(verdict="note", what="runs need a person", fix=fix)
