"""`runs …`: what was made, what waits for a person, and what that person says."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import session, show
from bot.domain.command import CommandKind
from bot.domain.run import Run, RunState
from bot.errors import NotFound, RequestError

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer(no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Reference = Annotated[str, typer.Argument(help="A run's id, the beginning of it, or `last`.")]


@app.command("list")
def list_runs(
    state: Annotated[list[RunState] | None, typer.Option(help="Only runs in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    json: Json = False,
) -> None:
    """List the newest runs."""

    async def ask() -> None:
        from bot.app import database_exists, reading

        settings, runs = session.settings(), list[Run]()
        if database_exists(settings):
            async with reading(settings) as store:
                runs = list(await store.list_runs(states=state or (), limit=limit))
        if json:
            show.as_json(runs)
        elif not runs:
            show.out.print("No runs yet. `reelbot demo` makes one without any keys.")
        else:
            show.table(("run", "state", "asked by", "made", "price"), map(_row, runs))

    session.wait_for(ask)


def _row(run: Run) -> tuple[str, ...]:
    price = show.usd(run.price.total) if run.price else "–"
    return run.id, show.state(run), run.request.source, show.when(run.created_at), price


@app.command("show")
def show_run(run: Reference, json: Json = False) -> None:
    """Show one run: its prompt, price, files and deliveries."""

    async def ask() -> None:
        settings = session.settings()
        found = await _found(settings, run)
        if json:
            show.as_json(found)
        else:
            show.summary(found, settings.data_dir / "media")

    session.wait_for(ask)


@app.command()
def follow(run: Reference, json: Json = False) -> None:
    """Follow a run to its end; without an engine, be the engine for it (resume after Ctrl-C)."""

    async def act(app: Any, found: Run) -> None:
        await session.follow(app, found.id, json=json)

    _with_run(run, act)


@app.command()
def approve(run: Reference, json: Json = False) -> None:
    """Let a run's posts out. The first decision wins."""
    _tell_and_follow(CommandKind.APPROVE, run, json=json)


@app.command()
def reject(run: Reference) -> None:
    """Keep a run's posts in. Nothing is posted."""
    _tell_only(CommandKind.REJECT, run)


@app.command()
def edit(
    run: Reference,
    caption: Annotated[str, typer.Option(help="The new words of the post.")],
    to: Annotated[str | None, typer.Option(help="Only for this target.")] = None,
) -> None:
    """Change the words of a run's posts; they have to be approved again."""
    _tell_only(CommandKind.EDIT, run, caption=caption, **({"target": to} if to else {}))


@app.command()
def retry(run: Reference, json: Json = False) -> None:
    """Go on where a run failed. What went out does not go out again."""
    _tell_and_follow(CommandKind.RETRY, run, json=json)


@app.command()
def cancel(run: Reference) -> None:
    """End a run that is not over. What is already paid for stays paid."""
    _tell_only(CommandKind.CANCEL, run)


@app.command()
def resolve(
    run: Reference,
    answer: Annotated[str, typer.Option("--as", help="happened, not-sent, give-up or wait.")],
    target: Annotated[str | None, typer.Option(help="Which post, if several are open.")] = None,
    remote_id: Annotated[str | None, typer.Option("--id", help="Its id over there.")] = None,
    url: Annotated[str | None, typer.Option(help="Its address over there.")] = None,
    json: Json = False,
) -> None:
    """Say what became of a request whose answer was lost, after you looked there."""
    if answer not in {"happened", "not-sent", "give-up", "wait"}:
        raise RequestError(
            f"{answer!r} is no answer.", hint="Say --as happened, not-sent, give-up or wait."
        )
    given = {"answer": answer, "target": target, "id": remote_id, "url": url}
    args = {name: text for name, text in given.items() if text}
    _tell_and_follow(CommandKind.RESOLVE, run, json=json, **args)


def _tell_only(kind: CommandKind, reference: str, **args: str) -> None:
    async def act(app: Any, found: Run) -> None:
        async with session.moving(app, found.id):
            show.out.print(await session.tell(app, kind, found.id, **args))

    _with_run(reference, act)


def _tell_and_follow(kind: CommandKind, reference: str, *, json: bool, **args: str) -> None:
    async def act(app: Any, found: Run) -> None:
        async with session.moving(app, found.id):
            show.err.print(await session.tell(app, kind, found.id, **args))
            run = await show.follow(app.pipeline.watch(found.id))
        session.finish(run, app.settings.data_dir / "media", json=json)

    _with_run(reference, act)


async def _found(settings: "Settings", reference: str) -> Run:
    from bot.app import database_exists, reading

    if not database_exists(settings):
        raise NotFound("There are no runs yet.", hint="`reelbot make` starts one.")
    async with reading(settings) as store:
        return await session.find_run(store, reference)


def _with_run(reference: str, act: Any) -> None:
    chosen = session.quiet_settings()

    async def ask() -> None:
        from bot.app import opened

        found = await _found(chosen, reference)
        async with opened(chosen) as app:
            await act(app, found)

    session.wait_for(ask)
