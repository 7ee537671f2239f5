"""`demo`, `run`, `make`, `fire`, `stop`, `start`: what makes videos, and what stops them."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import session, show
from bot.domain.schedule import (
    ApprovalMode,
    ApprovalPolicy,
    Plan,
    ProviderEntry,
    ProviderType,
    VideoDefaults,
)
from bot.domain.video import Asset
from bot.errors import ConfigError, RequestError

if TYPE_CHECKING:
    from bot.app import App
    from bot.pipeline import Gate
    from bot.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Detach = Annotated[bool, typer.Option("--detach", help="Do not wait for it to finish.")]

#: What a first frame may be, by its first bytes.
_IMAGES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
_MAX_IMAGE_BYTES = 20 * 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (demo, run, make, fire, stop, start):
        app.command()(command)


def demo(json: Json = False) -> None:
    """Make one video of the first schedule and preview its posts. Needs no keys, posts nothing."""
    chosen = session.quiet_settings()
    folder = chosen.data_dir / "demo"
    ours = chosen.model_copy(
        update={"data_dir": folder, "database_url": f"sqlite:///{(folder / 'demo.db').absolute()}"}
    )
    session.wait_for(lambda: _demo(ours, json=json))


async def _demo(settings: "Settings", *, json: bool) -> None:
    from bot.app import opened

    async with opened(settings, preview=True, adapt=_for_demo) as app:
        if not app.plan.schedules:
            raise ConfigError(
                f"{settings.schedules} has no schedule to show.", hint="Add one, then try again."
            )
        schedule = app.plan.schedule("cat-hourly") or app.plan.schedules[0]
        request = app.intake.fired_by_hand(schedule.id, session.person())
        if not json:
            show.err.print(f"Firing [bold]{schedule.id}[/] now. Everything is SIMULATED.")
        await app.gate.start()
        await session.start_and_follow(app, request, detach=False, json=json)
        if not json:
            show.out.print(f"\nSee the posts as people would: [bold]{app.feed.absolute()}[/]")


def _for_demo(plan: Plan) -> Plan:
    """Return the plan with the studio in place of every provider, and nobody to ask."""
    auto = ApprovalPolicy(mode=ApprovalMode.AUTO)
    schedules = tuple(
        replace(s, provider="studio", video=replace(s.video, model=None), approval=auto)
        for s in plan.schedules
    )
    return replace(
        plan,
        providers={"studio": ProviderEntry(name="studio", type=ProviderType.STUDIO)},
        schedules=schedules,
        ad_hoc=replace(plan.ad_hoc, provider="studio", video=VideoDefaults()),
        defaults=replace(plan.defaults, model=None),
    )


def run() -> None:
    """Run the bot: fire the schedules, move all runs, serve health. Ends on SIGTERM or Ctrl-C."""
    chosen = session.settings()
    session.wait_for(lambda: _run(chosen))


async def _run(settings: "Settings") -> None:
    from bot.app import opened

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with opened(settings) as app, app.serving() as address:
        _greet(app, address)
        await ended.wait()
        show.err.print("Stopping: what is being sent is finished, everything else is kept.")


def _greet(app: "App", address: str) -> None:
    on = [s.id for s in app.plan.schedules if s.enabled]
    show.err.print(f"reelbot runs: {len(on)} schedule(s): {', '.join(on) or 'none'}.")
    show.err.print(f"Health: {address}/healthz   Posts go to the preview: {app.feed.absolute()}")


def make(  # typer reads the options from the signature
    prompt: Annotated[str | None, typer.Argument(help="What the video should show.")] = None,
    template: Annotated[str | None, typer.Option(help="A template of prompts/ instead.")] = None,
    var: Annotated[list[str] | None, typer.Option(help="A variable, name=value.")] = None,
    provider: Annotated[str | None, typer.Option(help="Who makes it.")] = None,
    model: Annotated[str | None, typer.Option(help="With which model.")] = None,
    size: Annotated[str | None, typer.Option(help="Such as 1280x720.")] = None,
    seconds: Annotated[int | None, typer.Option(help="How long.")] = None,
    image: Annotated[Path | None, typer.Option(help="An image file: the first frame.")] = None,
    to: Annotated[list[str] | None, typer.Option(help="slack:#cats, x:@reelbot.")] = None,
    caption: Annotated[str | None, typer.Option(help="The words of the post.")] = None,
    lang: Annotated[str | None, typer.Option(help="The language of the words.")] = None,
    detach: Detach = False,
    json: Json = False,
) -> None:
    """Make a video now and publish it where schedules.yaml says for requests by people."""
    from bot.intake import Wish

    chosen = session.quiet_settings()
    wish = Wish(
        by=session.person(),
        prompt=prompt,
        template=template,
        variables=variables(var or []),
        provider=provider,
        video=VideoDefaults(model=model, size=size, seconds=seconds),
        image=_image(image) if image else None,
        targets=tuple(to or []),
        caption=caption,
        lang=lang,
    )

    async def ask() -> None:
        from bot.app import opened

        async with opened(chosen) as app:
            request = app.intake.wished(wish)
            app.refuse_unpublishable(request)
            if image:
                kept = await app.media.save(_chunks(image), _media_type(image))
                request = replace(request, video=replace(request.video, reference=kept))
            await session.start_and_follow(app, request, detach=detach, json=json)

    session.wait_for(ask)


def variables(pairs: list[str]) -> dict[str, str]:
    """Return what `--var name=value` said; `RequestError` for anything else."""
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise RequestError(f"{wrong[0]!r} is not name=value.", hint="Such as --var mood=sleepy.")
    return {name.strip(): value for name, value in (pair.split("=", 1) for pair in pairs)}


def _media_type(path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(12)
        size = path.stat().st_size
    except OSError as e:
        raise RequestError(f"{path} cannot be read: {e.strerror}.", hint="Check --image.") from e
    kind = next((kind for magic, kind in _IMAGES.items() if head.startswith(magic)), None)
    if kind is None or size > _MAX_IMAGE_BYTES:
        raise RequestError(
            f"{path} is not an image of up to 20 MB.", hint="Give a PNG, a JPEG or a WebP file."
        )
    return kind


def _image(path: Path) -> Asset:
    """Return a stand-in to check the request with; the file is kept once all else is right."""
    return Asset(sha256="", path=str(path), media_type=_media_type(path), bytes=0)


async def _chunks(path: Path) -> AsyncGenerator[bytes]:
    yield await asyncio.to_thread(path.read_bytes)


def fire(
    schedule: Annotated[str, typer.Argument(help="The id of a schedule.")],
    detach: Detach = False,
    json: Json = False,
) -> None:
    """Fire a schedule now. Each time is a new run, however often."""
    chosen = session.quiet_settings()

    async def ask() -> None:
        from bot.app import opened

        async with opened(chosen) as app:
            request = app.intake.fired_by_hand(schedule, session.person())
            await session.start_and_follow(app, request, detach=detach, json=json)

    session.wait_for(ask)


def stop(
    why: Annotated[str | None, typer.Option(help="For whoever finds everything stopped.")] = None,
) -> None:
    """Stop all paid and public requests at once, until `start`. Jobs in flight are kept."""
    from bot.ports import Stop

    async def ask() -> None:
        async with _gate() as gate:
            await gate.stop(Stop(by=session.person(), at=datetime.now(UTC), why=why))
        show.out.print("Stopped. Nothing is paid for or posted until `reelbot start`.")

    session.wait_for(ask)


def start() -> None:
    """Let paid and public requests leave again; runs that were held back go on."""

    async def ask() -> None:
        async with _gate() as gate:
            await gate.start()
        show.out.print("Started.")

    session.wait_for(ask)


@asynccontextmanager
async def _gate() -> AsyncGenerator["Gate"]:
    from bot.app import gate

    async with gate(session.settings()) as opened:
        yield opened
