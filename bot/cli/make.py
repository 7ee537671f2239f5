"""`make`, `fire`: a video now, because a person wants one."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import session
from bot.cli.options import (
    Characters,
    Detach,
    ImageFile,
    Json,
    Language,
    ScheduleId,
    Template,
    Variables,
)
from bot.domain.schedule import VideoDefaults
from bot.domain.video import Asset
from bot.errors import RequestError

if TYPE_CHECKING:
    from bot.app import App
    from bot.domain.run import RunRequest

_MAX_IMAGE_BYTES = 20_000_000
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def make(
    prompt: Annotated[
        str | None, typer.Argument(metavar="PROMPT", help="What the video should show.")
    ] = None,
    template: Template = None,
    var: Variables = None,
    provider: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who makes it; a name of schedules.yaml.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which of its models makes it.")
    ] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Such as 1280x720.")] = None,
    seconds: Annotated[int | None, typer.Option(metavar="N", min=1, help="How long it is.")] = None,
    image: ImageFile = None,
    character: Characters = None,
    to: Annotated[
        list[str] | None,
        typer.Option(metavar="TARGET", help="slack:#cats, x:@reelbot; again for more."),
    ] = None,
    caption: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The words of the post.")
    ] = None,
    lang: Language = None,
    detach: Detach = False,
    json: Json = False,
) -> None:
    """Make a video now and publish it.

    What you leave out comes from the template, then from ad_hoc in schedules.yaml.

    [bold]reelbot make "A paper boat in the rain" --seconds 4 --to slack:#cats[/]

    [bold]reelbot make --template cute_cat --var mood=sleepy[/]
    """
    from bot.intake import Wish

    wish = Wish(
        by=session.person(),
        prompt=prompt,
        template=template,
        variables=variables(var),
        provider=provider,
        video=VideoDefaults(model=model, size=size, seconds=seconds),
        image=_stand_in(image) if image else None,
        characters=tuple(character or []),
        targets=tuple(to or []),
        caption=caption,
        lang=lang,
    )

    async def ask() -> None:
        from bot.app import desk

        async with desk(session.settings()) as at:
            request = at.intake.wished(wish)
            at.refuse_unpublishable(request)
            at.refuse_low_disk()
            async with at.opened() as app:
                if image:
                    request = await _with_image(app, request, image)
                await session.begin(app, request, detach=detach, json=json)

    session.wait_for(ask)


def fire(schedule: ScheduleId, detach: Detach = False, json: Json = False) -> None:
    """Fire a schedule now. Each time is a new run, however often.

    [bold]reelbot fire cat-hourly[/]
    """

    async def ask() -> None:
        from bot.app import desk

        async with desk(session.settings()) as at:
            request = at.intake.fired_by_hand(schedule, session.person())
            at.refuse_unpublishable(request)
            at.refuse_low_disk()
            async with at.opened() as app:
                await session.begin(app, request, detach=detach, json=json)

    session.wait_for(ask)


def variables(pairs: list[str] | None) -> dict[str, str]:
    """Return what `--var name=value` said; `RequestError` for anything else."""
    split = [pair.partition("=") for pair in pairs or []]
    for pair, (name, equals, _) in zip(pairs or [], split, strict=True):
        if not equals or not name.strip():
            raise RequestError(f"{pair!r} is not name=value.", hint="Such as --var mood=sleepy.")
    return {name.strip(): value for name, _, value in split}


# --- the first frame ---------------------------------------------------------------------------


def _stand_in(path: Path) -> Asset:
    """Return what to check the request with; the file is kept once all else is right."""
    return Asset(sha256="", path=str(path), media_type=_media_type(path), bytes=0)


def _media_type(path: Path) -> str:
    from PIL import Image, UnidentifiedImageError

    try:
        too_large = path.stat().st_size > _MAX_IMAGE_BYTES
        if not too_large:
            with Image.open(path, formats=list(_MEDIA_TYPES)) as image:
                image.verify()
                return _MEDIA_TYPES[image.format or ""]
    except UnidentifiedImageError:
        pass
    except OSError as e:
        raise RequestError(
            f"The image {path} cannot be read: {e.strerror or 'it is damaged'}.",
            hint="Check the path after --image.",
        ) from e
    except (SyntaxError, ValueError, Image.DecompressionBombError):  # what Pillow says of damage
        pass
    raise RequestError(
        f"{path} is not an image of up to {_MAX_IMAGE_BYTES // 1_000_000} MB.",
        hint="Give --image a PNG, a JPEG or a WebP file.",
    )


async def _with_image(app: "App", request: "RunRequest", path: Path) -> "RunRequest":
    kept = await app.media.save(_chunks(path), _media_type(path))
    return replace(request, video=replace(request.video, reference=kept))


async def _chunks(path: Path) -> AsyncGenerator[bytes]:
    yield await asyncio.to_thread(path.read_bytes)
