"""`videos …`: the videos that were made, wherever they are: look, fetch, delete."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import clips, derive, download, session, show
from bot.cli.options import Json, Provider, VideoId, VideoIds, Yes
from bot.domain.command import CommandKind, CommandState
from bot.domain.run import Run
from bot.domain.video import Variant, VideoJob, VideoStatus
from bot.errors import NotFound, RequestError

if TYPE_CHECKING:
    from bot.app import App
    from bot.ports import Store
    from bot.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_videos(
    provider: Provider = None,
    status: Annotated[
        list[VideoStatus] | None, typer.Option(help="Only videos in this status; again for more.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="PROVIDER", help="What this provider itself lists, other programs' included."
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="How many, newest first.")
    ] = 20,
    json: Json = False,
) -> None:
    """List the newest videos, of all providers.

    [bold]reelbot videos list --status failed[/]

    [bold]reelbot videos list --at gateway[/]
    """
    if at is not None and (provider or status):
        raise RequestError(
            "--at shows what the provider lists, all of it.",
            hint="Leave --provider and --status out, or --at.",
        )

    async def ask() -> None:
        if at is not None:
            await _list_at(at, limit, json=json)
        else:
            await _list_ours(provider, status or (), limit, json=json)

    session.wait_for(ask)


async def _list_ours(
    provider: str | None, statuses: Sequence[VideoStatus], limit: int, *, json: bool
) -> None:
    from bot.app import database_exists

    settings, found = session.settings(), list[clips.Clip]()
    if database_exists(settings):
        async with session.reading(settings) as store:
            runs = await store.videos(provider=provider, statuses=statuses, limit=limit)
            found = [await _clip(store, run, settings) for run in runs]
    if json:
        show.as_json(found)
    elif found:
        clips.listing(found, datetime.now(UTC))
    elif provider or statuses:
        show.result("There are no such videos.")
    else:
        show.result("There are no videos yet. `reelbot demo` makes one without any keys.")


async def _list_at(name: str, limit: int, *, json: bool) -> None:
    from bot.app import database_exists, desk

    settings, jobs, ours = session.settings(), list[VideoJob](), list[str | None]()
    async with (
        desk(settings) as at,
        at.provider(name) as provider,
        aclosing(provider.list()) as listing,
    ):
        async for job in listing:
            jobs.append(job)
            if len(jobs) == limit:
                break
    if jobs and database_exists(settings):
        async with session.reading(settings) as store:
            ours = [await store.run_of_video(name, job.id) for job in jobs]
    found = list(zip(jobs, ours or [None] * len(jobs), strict=True))
    if json:
        show.as_json([{"video": job, "run": run_id} for job, run_id in found])
    elif found:
        clips.listing_at(found, datetime.now(UTC))
    else:
        show.result(f"{name} lists no videos.")


@app.command("show")
def show_video(video: VideoId, json: Json = False) -> None:
    """Show one video: its files, its price, what it grew out of and what out of it.

    [bold]reelbot videos show last[/]
    """

    async def ask() -> None:
        settings = session.settings()
        async with session.reading(settings) as store:
            run = await session.find_video(store, video)
            clip = await _clip(store, run, settings)
            origins = [await _clip(store, each, settings) for each in await _origins(store, run)]
            grown = await store.derived_from(run.id)
            derived = [await _clip(store, each, settings) for each in grown]
        if json:
            show.as_json({"video": clip, "run": run, "origins": origins, "derived": derived})
        else:
            clips.full(run, clip, (origins, derived), settings.data_dir)

    session.wait_for(ask)


async def _origins(store: "Store", run: Run) -> list[Run]:
    """Return what the video grew out of, and that in turn; up to what this database knows."""
    chain: list[Run] = []
    while origin := run.request.video.origin:
        try:
            run = await store.get_run(origin.run_id)
        except NotFound:
            break
        chain.append(run)
    return chain


@app.command()
def watch(video: VideoId, json: Json = False) -> None:
    """Follow a video while it is made; without an engine, be the engine for it.

    [bold]reelbot videos watch last[/]
    """

    async def ask() -> None:
        from bot.app import opened

        settings = session.settings()
        async with session.reading(settings) as store:
            found = await session.find_video(store, video)
        async with opened(settings) as app:
            await session.follow_to_rest(app, found.id, json=json)

    session.wait_for(ask)


@app.command("download")
def download_video(
    video: VideoId,
    variant: Annotated[Variant, typer.Option(help="Which of its files.")] = Variant.VIDEO,
    to: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="A file or a folder; - is standard output."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Replace a file that is there.")
    ] = False,
    json: Json = False,
) -> None:
    """Copy a video's file to where you want it; from its provider if it is not kept here.

    [bold]reelbot videos download last --variant thumbnail --to cat.webp[/]
    """
    if to == "-" and json:
        raise RequestError(
            "Standard output cannot hold the file and the JSON.", hint="Name a file after --to."
        )

    async def ask() -> None:
        settings = session.settings()
        async with session.reading(settings) as store:
            run = await session.find_video(store, video)
        got = await download.fetch(run, variant, settings, to=to, force=force)
        if json:
            show.as_json(got)
        elif got.path:
            show.result(got.path)

    session.wait_for(ask)


for each in (derive.remix, derive.edit, derive.extend, derive.character):
    app.command()(each)


# --- delete ------------------------------------------------------------------------------------


@app.command()
def delete(
    videos: VideoIds,
    only_here: Annotated[
        bool,
        typer.Option("--only-here", metavar="", help="Do not ask the provider to forget them."),
    ] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Delete videos at their providers and here. What was posted stays posted.

    [bold]reelbot videos delete last[/]
    """

    async def ask() -> None:
        from bot.app import opened

        settings = session.settings()
        async with session.reading(settings) as store:
            found = {(run := await session.find_video(store, each)).id: run for each in videos}
        for run in found.values():
            _must_be_over(run)
        async with opened(settings) as app:
            for run in found.values():
                show.remark(f"{run.id}  {_goes(run, app, only_here=only_here)}")
                show.remark(f"  {session.first_words(run, 2)}")
            these = "this video" if len(found) == 1 else f"these {len(found)} videos"
            session.confirm(f"Delete {these} for ever?", yes=yes)
            await _delete(app, list(found), {"where": "here"} if only_here else {}, json=json)

    session.wait_for(ask)


def _must_be_over(run: Run) -> None:
    if not run.state.is_terminal:
        raise RequestError(
            f"Run {run.id} is not over: {run.state.value}.",
            hint=f"`reelbot runs cancel {run.id}` ends it.",
        )
    if run.job is None and not run.files:
        raise RequestError(
            f"There is nothing to delete of {run.id}: no video was made.",
            hint="`reelbot videos list` shows what is there.",
        )


def _goes(run: Run, app: "App", *, only_here: bool) -> str:
    """Return in words what a delete takes away, and where."""
    here = clips.kept(run, app.desk.settings.data_dir / "media").values()
    size = sum(asset.bytes for asset in here) / 1e6
    words = [f"here: {size:.2f} MB" if here else "here: nothing"]
    name = run.request.provider
    provider = app.desk.providers.get(name)
    if run.removed and run.removed.at_provider:
        words.append(f"{name} has forgotten it")
    elif run.job and not only_here:
        able = provider is not None and provider.capabilities.delete
        words.append(f"at {name}: {run.job.id}" if able else f"{name} cannot delete it")
    return "; ".join(words)


async def _delete(app: "App", ids: Sequence[str], args: dict[str, str], *, json: bool) -> None:
    """Delete one after the other; exits 1 if one was refused, when all have been asked for."""
    answers = []
    async with session.moving(app, *ids, makes=False):
        for run_id in ids:
            command = await session.tell(app, CommandKind.DELETE, run_id, **args)
            done, said = command.state is CommandState.DONE, command.answer or "Done."
            answers.append({"id": run_id, "deleted": done, "answer": said})
            if not json:
                _say(f"{run_id}: {said}" if len(ids) > 1 else said, done=done)
    if json:
        show.as_json(answers)
    if not all(answer["deleted"] for answer in answers):
        raise typer.Exit(1)


def _say(answer: str, *, done: bool) -> None:
    if done:
        show.result(answer)
    else:
        show.failure(answer, None)


async def _clip(store: "Store", run: Run, settings: "Settings") -> clips.Clip:
    return clips.clip_of(run, await store.spends(run.id), settings.data_dir / "media")
