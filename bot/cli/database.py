"""`db …`: the database."""

import typer

from bot.cli import session, show

app = typer.Typer(no_args_is_help=True)


@app.callback()
def database() -> None:
    """Look after the database."""


@app.command()
def upgrade() -> None:
    """Create the database, or bring it up to this program. The engine does so by itself."""
    from bot.app import upgrade_database

    upgrade_database(session.settings())
    show.result("The database is up to date.")
