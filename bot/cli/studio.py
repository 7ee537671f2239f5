"""`studio`: the Videos API of the studio for other programs, on a port of its own."""

import asyncio
import re
import signal
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import session, show

if TYPE_CHECKING:
    from bot.settings import Settings

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_MAX_WORKERS = 16


def _length(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})([mhd])", text)
    if not found or int(found[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no length of time; write 90m, 24h or 7d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def studio(
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="The port; 0 takes any free one.")
    ] = 8091,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="The address; another machine's needs a key.")
    ] = "127.0.0.1",
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where jobs and clips are kept, instead of the data folder."
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=_MAX_WORKERS, metavar="N", help="Renders at once.")
    ] = 1,
    expires_after: Annotated[
        timedelta,
        typer.Option(parser=_length, metavar="LENGTH", help="How long a clip can be had: 90m, 7d…"),
    ] = "24h",  # type: ignore[assignment]  # typer parses a default as it parses what is typed
    webhook_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Who is told what has finished.")
    ] = None,
    webhook_anywhere: Annotated[
        bool, typer.Option("--webhook-anywhere", help="Let webhooks leave this machine.")
    ] = False,
) -> None:
    """Serve the studio as a Videos API: free, SIMULATED clips for any client of that protocol.

    [bold]reelbot studio --port 8091[/], then point the client's base URL at it.
    """
    from bot.app import load_settings

    settings = load_settings()

    async def serve() -> None:
        from bot.app import serving_studio

        kept = folder or settings.data_dir / "served"
        ended = _told_to_end()
        async with serving_studio(
            settings,
            kept,
            host=host,
            port=port,
            workers=workers,
            expires_after=expires_after,
            webhook_url=webhook_url,
            webhook_anywhere=webhook_anywhere,
        ) as address:
            _greet(settings, address, kept)
            await ended.wait()
            show.remark("Stopping: a render is begun anew by the next start, everything is kept.")

    session.wait_for(serve)


def _told_to_end() -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    return ended


def _greet(settings: "Settings", address: str, folder: Path) -> None:
    key = ' -H "Authorization: Bearer $REELBOT_STUDIO_API_KEY"' if settings.studio_api_key else ""
    show.result(f"The studio serves the Videos API: {address}/v1   Kept in: {folder}")
    show.result(
        f"Try: curl {address}/v1/videos{key} -H 'Content-Type: application/json' "
        """-d '{"prompt": "A cat sails home at dusk"}'"""
    )
