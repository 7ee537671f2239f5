"""`videos remix`, `edit`, `extend`, `character`: what a video is the beginning of."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import clips, download, receipt, session, show
from bot.cli.options import Detach, Json, Provider, VideoId, Yes
from bot.domain.video import Derivation, Variant
from bot.errors import NotFound, RequestError

if TYPE_CHECKING:
    from bot.app import Desk
    from bot.settings import Settings

Prompt = Annotated[str, typer.Argument(metavar="PROMPT", help="What should be different.")]
Targets = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="TARGET", help="slack:#cats, x:@reelbot; again for more."),
]
Caption = Annotated[str | None, typer.Option(metavar="TEXT", help="The words of the post.")]


def remix(
    video: VideoId,
    prompt: Prompt,
    to: Targets = None,
    caption: Caption = None,
    yes: Yes = False,
    detach: Detach = False,
    json: Json = False,
) -> None:
    """Make the same video again with something changed, and publish it.

    [bold]reelbot videos remix last "The same, but in the snow"[/]
    """
    _derive(video, Derivation.REMIX, prompt, to, caption, yes=yes, detach=detach, json=json)


def edit(
    video: VideoId,
    prompt: Prompt,
    to: Targets = None,
    caption: Caption = None,
    yes: Yes = False,
    detach: Detach = False,
    json: Json = False,
) -> None:
    """Make an edited version of a video, and publish it; what followed remix in the protocol.

    [bold]reelbot videos edit last "Make the sky red" --yes[/]
    """
    _derive(video, Derivation.EDIT, prompt, to, caption, yes=yes, detach=detach, json=json)


def extend(
    video: VideoId,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What happens next.")],
    seconds: Annotated[int, typer.Option(metavar="N", min=1, help="How much longer it gets.")],
    to: Targets = None,
    caption: Caption = None,
    yes: Yes = False,
    detach: Detach = False,
    json: Json = False,
) -> None:
    """Make a video longer, and publish the whole; only what is added costs.

    [bold]reelbot videos extend last "Then it falls asleep" --seconds 4[/]
    """
    how = Derivation.EXTENSION
    _derive(video, how, prompt, to, caption, added=seconds, yes=yes, detach=detach, json=json)


def _derive(
    reference: str,
    how: Derivation,
    prompt: str,
    to: list[str] | None,
    caption: str | None,
    *,
    added: int = 0,
    yes: bool,
    detach: bool,
    json: bool,
) -> None:
    from bot.intake import Wish

    wish = Wish(by=session.person(), prompt=prompt, targets=tuple(to or []), caption=caption)

    async def ask() -> None:
        from bot.app import desk

        settings = session.settings()
        async with session.reading(settings) as store:
            source = await session.find_video(store, reference)
        async with desk(settings) as at:
            request = at.intake.derived(source, how, wish, now=at.clock.now(), added=added)
            at.refuse_low_disk()
            what = f"{how.value.capitalize()} of {source.id}: "
            show.remark(what + session.first_words(source, len(what)))
            async with at.opened() as app:
                price = receipt.expected(app.intake.price(request), request.provider)
                session.confirm(f"It costs {price}. Make it?", yes=yes)
                await session.begin(app, request, detach=detach, json=json)

    session.wait_for(ask)


def character(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    clip: Annotated[
        str,
        typer.Argument(metavar="CLIP", help="An MP4 file that shows it, or the id of a video."),
    ],
    provider: Provider = None,
    json: Json = False,
) -> None:
    """Have a provider keep who is seen in a clip; prints the id for `make --character`.

    [bold]reelbot videos character Mimi last[/]
    """

    async def ask() -> None:
        from bot.app import desk

        settings = session.settings()
        path, maker = await _clip_file(clip, settings)
        async with desk(settings) as at:
            chosen = provider or maker or at.plan.ad_hoc.provider
            _must_keep_characters(at, chosen)
            async with at.provider(chosen) as keeper:
                character_id = await keeper.create_character(name, path)
        if json:
            show.as_json({"id": character_id, "name": name, "provider": chosen})
        else:
            show.result(character_id)

    session.wait_for(ask)


async def _clip_file(reference: str, settings: "Settings") -> tuple[Path, str | None]:
    """Return the file that *reference* names, and the provider that made it if it is one's."""
    with suppress(OSError):  # the name of no file, such as one that is too long
        if (path := Path(reference)).is_file():
            return path, None
    async with session.reading(settings) as store:
        run = await session.find_video(store, reference)
    asset = clips.kept(run, settings.data_dir / "media").get(Variant.VIDEO)
    if asset is None:
        download.made(run)
        raise NotFound(
            f"The video of {run.id} is not kept here.",
            hint=f"`reelbot videos download {run.id}` fetches it; then name the file.",
        )
    return settings.data_dir / "media" / asset.path, run.request.provider


def _must_keep_characters(at: "Desk", name: str) -> None:
    known = at.providers.get(name)
    if known and not known.capabilities.characters:
        able = [n for n, each in at.providers.items() if each.capabilities.characters]
        raise RequestError(
            f"{name} keeps no characters.",
            hint=f"It can be asked of: {', '.join(able) or 'no provider of schedules.yaml'}.",
        )
