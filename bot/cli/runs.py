"""`runs …`: what was made, what waits for a person, and what that person says."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import report, session, show
from bot.cli.options import Json, RunId
from bot.domain.command import CommandKind
from bot.domain.run import Run, RunState
from bot.errors import RequestError

if TYPE_CHECKING:
    from bot.app import App

app = typer.Typer(no_args_is_help=True)


class Answer(StrEnum):
    """What a person says of an uncertain request."""

    HAPPENED = "happened"
    NOT_SENT = "not-sent"
    GIVE_UP = "give-up"
    WAIT = "wait"


@app.command("list")
def list_runs(
    state: Annotated[list[RunState] | None, typer.Option(help="Only runs in this state.")] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="How many, newest first.")
    ] = 20,
    json: Json = False,
) -> None:
    """List the newest runs.

    [bold]reelbot runs list --state attention --state waiting[/]
    """

    async def ask() -> None:
        from bot.app import database_exists, reading

        settings, runs = session.settings(), list[Run]()
        if database_exists(settings):
            async with reading(settings) as store:
                runs = list(await store.list_runs(states=state or (), limit=limit))
        if json:
            show.as_json(runs)
        elif runs:
            show.table(("run", "state", "made", "price", "asked by"), map(_row, runs))
        elif state:
            show.result("There are no such runs.")
        else:
            show.result("There are no runs yet. `reelbot demo` makes one without any keys.")

    session.wait_for(ask)


def _row(run: Run) -> tuple[show.Cell, ...]:
    price = show.usd(run.price.total) if run.price else "–"
    return run.id, report.state(run), show.when(run.created_at), price, run.request.source


@app.command("show")
def show_run(run: RunId, json: Json = False) -> None:
    """Show one run: every step, every request that was sent, every dollar.

    [bold]reelbot runs show last[/]
    """

    async def ask() -> None:
        settings = session.settings()
        async with session.reading(settings) as store:
            found = await session.find_run(store, run)
            effects, spends = await store.effects(found.id), await store.spends(found.id)
        if json:
            show.as_json({"run": found, "effects": effects, "spends": spends})
        else:
            report.full(found, settings.data_dir, effects, spends)

    session.wait_for(ask)


@app.command()
def follow(run: RunId, json: Json = False) -> None:
    """Follow a run to its end; without an engine, be the engine for it (go on after Ctrl-C)."""
    _with_run(run, lambda app, found: session.follow_to_rest(app, found.id, json=json))


@app.command()
def approve(run: RunId, json: Json = False) -> None:
    """Let a run's posts out. The first decision wins."""
    _ask_and_follow(CommandKind.APPROVE, run, json=json)


@app.command()
def reject(run: RunId) -> None:
    """Keep a run's posts in. Nothing is posted."""
    _ask_only(CommandKind.REJECT, run)


@app.command()
def edit(
    run: RunId,
    caption: Annotated[str, typer.Option(metavar="TEXT", help="The new words of the post.")],
    to: Annotated[str | None, typer.Option(metavar="TARGET", help="Only for this target.")] = None,
) -> None:
    """Change the words of a run's posts; they have to be approved again.

    [bold]reelbot runs edit last --caption "A quiet evening." --to x:@reelbot[/]
    """
    if not caption.strip():
        raise RequestError("The caption is empty.", hint="Give --caption the new words.")

    to = _plain(to)

    def check(found: Run) -> None:
        _must_go_to(found, to)

    _ask_only(CommandKind.EDIT, run, check, caption=caption, **({"target": to} if to else {}))


def _plain(target: str | None) -> str | None:
    """Return *target* as runs write it; what is none is told apart by what they go to."""
    from bot.domain.post import Target

    try:
        return str(Target.parse(target)) if target else target
    except ValueError:
        return target


def _must_go_to(run: Run, target: str | None) -> None:
    targets = [str(each) for each in run.request.targets]
    if target is not None and target not in targets:
        raise RequestError(
            f"Run {run.id} does not go to {target!r}.", hint=f"It goes to {', '.join(targets)}."
        )


@app.command()
def retry(run: RunId, json: Json = False) -> None:
    """Go on where a run failed. What went out does not go out again."""
    _ask_and_follow(CommandKind.RETRY, run, json=json)


@app.command()
def cancel(run: RunId) -> None:
    """End a run that is not over. What is already paid for stays paid."""
    _ask_only(CommandKind.CANCEL, run)


@app.command()
def undo(
    run: RunId,
    target: Annotated[
        str | None, typer.Option(metavar="TARGET", help="Only there; everywhere if left out.")
    ] = None,
) -> None:
    """Take down the posts of a run where they went out.

    [bold]reelbot runs undo last --target slack:#cats[/]
    """
    target = _plain(target)

    def check(found: Run) -> None:
        _must_go_to(found, target)

    _ask_only(CommandKind.UNDO, run, check, **({"target": target} if target else {}))


@app.command()
def post(
    run: RunId,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="slack:#cats, x:@reelbot.")],
    caption: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The words of this post.")
    ] = None,
    json: Json = False,
) -> None:
    """Post a finished video to one more place. What went out elsewhere stays.

    [bold]reelbot runs post last x:@reelbot --caption "A quiet evening."[/]
    """
    from bot.domain.post import Target

    try:
        args = {"target": str(Target.parse(target))}
    except ValueError as e:
        raise RequestError(f"{e}.", hint="Name it as in schedules.yaml.") from e
    args |= {"caption": caption} if caption else {}
    _ask_and_follow(CommandKind.POST, run, json=json, **args)


@app.command()
def resolve(
    run: RunId,
    answer: Annotated[Answer, typer.Option("--as", help="What you saw over there.")],
    target: Annotated[
        str | None, typer.Option(metavar="TARGET", help="Which post, if several are open.")
    ] = None,
    remote_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Its id over there.")
    ] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Its address over there.")] = None,
    json: Json = False,
) -> None:
    """Say what became of a request whose answer was lost, after you looked there.

    [bold]reelbot runs resolve last --as happened --url https://x.com/reelbot/status/1[/]
    """
    given = {"answer": answer.value, "target": _plain(target), "id": remote_id, "url": url}
    args = {name: text for name, text in given.items() if text}
    _ask_and_follow(CommandKind.RESOLVE, run, json=json, **args)


# --- how they ask ------------------------------------------------------------------------------


def _ask_only(
    kind: CommandKind,
    reference: str,
    check: Callable[[Run], None] | None = None,
    **args: str,
) -> None:
    async def act(app: "App", found: Run) -> None:
        if check:
            check(found)
        async with session.moving(app, found.id):
            show.result(await session.ask(app, kind, found.id, **args))

    _with_run(reference, act)


def _ask_and_follow(kind: CommandKind, reference: str, *, json: bool, **args: str) -> None:
    async def act(app: "App", found: Run) -> None:
        async def ask() -> None:
            show.remark(await session.ask(app, kind, found.id, **args))

        await session.follow_to_rest(app, found.id, json=json, after=ask)

    _with_run(reference, act)


def _with_run(reference: str, act: Callable[["App", Run], Awaitable[None]]) -> None:
    async def ask() -> None:
        from bot.app import opened

        settings = session.settings()
        async with session.reading(settings) as store:
            found = await session.find_run(store, reference)
        async with opened(settings) as app:
            await act(app, found)

    session.wait_for(ask)
