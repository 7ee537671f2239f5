"""The command line: one file per group of commands. Parses, asks the app, prints.

People read sentences: every failure the bot can name ends here as one sentence of what happened
and one of what to do, never as a traceback. Exit codes: 0 done, 1 the run failed, 2 bad input or
configuration, 130 interrupted. Commands import what they need when they run: `--help` is instant.
"""

import os
import sys

import typer

from bot.cli import database, engine, prompts, runs, schedules
from bot.errors import BotError, ConfigError, MediaError, StoreError

app = typer.Typer(
    name="reelbot",
    help="Turn prompt templates into videos on a schedule and post them to Slack and X, once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
engine.register(app)
app.add_typer(runs.app, name="runs", help="See what was made, and decide what waits for you.")
app.add_typer(schedules.app, name="schedules", help="See and check schedules.yaml.")
app.add_typer(prompts.app, name="prompts", help="See, try and check the prompt templates.")
database.register(app)


def run() -> int:
    """Run the command line of this process; return its exit code."""
    try:
        app()
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else 1
    except BotError as e:
        return fail(e)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  # whoever read us has gone
        return 1
    except Exception as e:  # noqa: BLE001  # a bug; people get a sentence, the log level a traceback
        return _give_up(e)
    return 0


def fail(error: BotError) -> int:
    """Print *error* for people; return the exit code that belongs to it."""
    typer.secho(f"{error}", err=True, fg=typer.colors.RED)
    if error.hint:
        typer.echo(error.hint, err=True)
    return 2 if isinstance(error, ConfigError | StoreError | MediaError) else 1


def _give_up(error: Exception) -> int:
    if os.environ.get("REELBOT_LOG_LEVEL", "").upper() == "DEBUG":
        raise error
    words = f"reelbot has met a bug: {type(error).__name__}: {error}".splitlines()[0]
    typer.secho(words, err=True, fg=typer.colors.RED)
    typer.echo("Set REELBOT_LOG_LEVEL=DEBUG and try again to see where, then report it.", err=True)
    return 1
