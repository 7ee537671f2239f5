"""`make`, `fire`: a video now, because a person wants one."""

from dataclasses import replace
from typing import Annotated

import typer

from bot.cli import session
from bot.cli.image import load
from bot.cli.options import (
    Characters,
    Detach,
    ImageSource,
    Json,
    Language,
    ScheduleId,
    Template,
    Variables,
)
from bot.domain.schedule import VideoDefaults
from bot.errors import RequestError


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
    image: ImageSource = None,
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
        characters=tuple(character or []),
        targets=tuple(to or []),
        caption=caption,
        lang=lang,
    )

    async def ask() -> None:
        from bot.app import desk

        frame = await load(image) if image else None
        async with desk(session.settings()) as at:
            request = at.intake.wished(replace(wish, image=frame.stand_in if frame else None))
            at.refuse_unpublishable(request)
            at.refuse_low_disk()
            async with at.opened() as app:
                if frame:
                    kept = await frame.keep(app)
                    request = replace(request, video=replace(request.video, reference=kept))
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
