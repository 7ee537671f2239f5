"""`doctor`, `health`, `db upgrade`: is everything as it should be?"""

import http.client
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import session, show

if TYPE_CHECKING:
    from bot.cli.doctor import Finding

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

_MARKS = {"good": "[green]GOOD[/]", "note": "[yellow]NOTE[/]", "fail": "[red]FAIL[/]"}
_HEALTH_SECONDS = 3.0


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(doctor)
    app.command()(health)
    db = typer.Typer(no_args_is_help=True)
    db.command()(upgrade)
    app.add_typer(db, name="db", help="Look after the database.")


def doctor(json: Json = False) -> None:
    """Check settings, files, disk, database and keys; say how to mend what is wrong."""

    async def ask() -> "list[Finding]":
        from bot.cli.doctor import examine

        return await examine(session.settings())

    findings = session.wait_for(ask)
    if json:
        show.as_json(findings)
    else:
        rows = ((_MARKS[f.verdict], f.what, f.fix or "") for f in findings)
        show.table(("", "", "what to do"), rows)
    if any(f.verdict == "fail" for f in findings):
        raise typer.Exit(2)


def health() -> None:
    """Ask the engine on this machine whether it is ready; exits 1 if it is not."""
    settings = session.settings()
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104  # read, not bound
    connection = http.client.HTTPConnection(host, settings.port, timeout=_HEALTH_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        words = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as e:
        show.err.print(f"No engine answers on {host}:{settings.port}: {e}.")
        show.err.print("`reelbot run` starts one.")
        raise typer.Exit(1) from None
    finally:
        connection.close()
    show.out.print(words)
    if answer.status != http.client.OK:
        raise typer.Exit(1)


def upgrade() -> None:
    """Create the database, or bring it up to this program. The engine does so by itself."""
    from bot.app import upgrade_database

    upgrade_database(session.settings())
    show.out.print("The database is up to date.")
