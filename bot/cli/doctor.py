"""`doctor`: everything that can be known before a video is paid for."""

import os
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import typer
from rich.text import Text

from bot.cli import session, show
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


def doctor(json: Json = False) -> None:
    """Check settings, files, disk, database and keys; say how to mend what is wrong."""
    findings = session.wait_for(lambda: examine(session.settings()))
    if json:
        show.as_json(findings)
    else:
        show.facts(row for finding in findings for row in _rows(finding))
    if any(finding.verdict == "fail" for finding in findings):
        raise typer.Exit(2)


def _rows(finding: "Finding") -> Iterator[tuple[show.Cell, show.Cell]]:
    yield _MARKS[finding.verdict], finding.what
    if finding.fix:
        yield "", f"→ {finding.fix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    verdict: Literal["good", "note", "fail"]
    what: str
    #: One sentence of what to do about it.
    fix: str | None = None


async def examine(settings: "Settings") -> list[Finding]:
    """Look at everything; sends nothing, changes nothing."""
    findings = [_python(), _media(), *_files(settings), *_disk(settings)]
    findings += [finding async for finding in _database(settings)]
    return findings + list(_credentials(settings))


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
    from bot.app import load

    try:
        plan, prompts = load(settings)
        templates = prompts.list()
    except BotError as e:
        yield Finding(verdict="fail", what=str(e), fix=e.hint)
        return
    schedules = f"{settings.schedules}: {len(plan.schedules)} schedule(s)"
    yield Finding(verdict="good", what=f"{schedules}, {len(templates)} template(s)")
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


def _credentials(settings: "Settings") -> Iterator[Finding]:
    """Say which live networks have credentials; half a set is a mistake worth naming."""
    for network, fields in _SETS.items():
        have = [name for name, field in fields.items() if getattr(settings, field)]
        missing = [name for name in fields if name not in have]
        if not have:
            yield Finding(verdict="good", what=f"{network}: no credentials, posts are previewed")
        elif missing:
            fix = f"Set {', '.join(missing)}, or remove {', '.join(have)}."
            yield Finding(verdict="fail", what=f"{network}: half the credentials", fix=fix)
        else:
            fix = "Posts are previewed until live publishing is built."
            yield Finding(verdict="note", what=f"{network}: credentials are set", fix=fix)


_SETS = {
    "slack": {"SLACK_BOT_TOKEN": "slack_bot_token", "SLACK_APP_TOKEN": "slack_app_token"},
    "x": {
        "X_API_KEY": "x_api_key",
        "X_API_SECRET": "x_api_secret",
        "X_ACCESS_TOKEN": "x_access_token",
        "X_ACCESS_TOKEN_SECRET": "x_access_token_secret",
    },
}
