"""The command line: one file per group of commands. Parses, asks the app, prints.

People read sentences: every failure the bot can name ends here as one sentence of what happened
and one of what to do, never as a traceback. Results go to standard output, all else to standard
error. Exit codes: 0 done, 1 the run failed or the bot said no, 2 bad input or configuration, 130
interrupted. Commands import what they need when they run: `--help` is instant.
"""

import io
import os
import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from bot import __version__
from bot.cli import (
    database,
    demo,
    doctor,
    engine,
    make,
    prompts,
    runs,
    schedules,
    show,
    slack,
    studio,
    videos,
    x,
)
from bot.errors import BotError, ConfigError, MediaError, RequestError, StoreError

app = typer.Typer(
    name="reelbot",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        show.result(f"reelbot {__version__}")
        raise typer.Exit


@app.callback()
def reelbot(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            callback=_print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Turn prompt templates into videos on a schedule and post them to Slack and X, once.

    Try [bold]reelbot demo[/]: it needs no keys and posts nothing.
    """


_VIDEOS, _BOT, _FILES = "Videos", "The bot", "What you write"

for command in (demo.demo, make.make, make.fire):
    app.command(rich_help_panel=_VIDEOS)(command)
app.add_typer(
    runs.app,
    name="runs",
    help="See what was made, and decide what waits for you.",
    rich_help_panel=_VIDEOS,
)
app.add_typer(
    videos.app,
    name="videos",
    help="Find the videos that were made; fetch, remix, extend and delete them.",
    rich_help_panel=_VIDEOS,
)
for each in (engine.run, engine.stop, engine.start, engine.health, doctor.doctor, studio.studio):
    app.command(rich_help_panel=_BOT)(each)
app.add_typer(slack.app, name="slack", help="Connect to Slack.", rich_help_panel=_BOT)
app.add_typer(x.app, name="x", help="Connect to X.", rich_help_panel=_BOT)
app.add_typer(database.app, name="db", help="Look after the database.", rich_help_panel=_BOT)
app.add_typer(
    schedules.app, name="schedules", help="See and check schedules.yaml.", rich_help_panel=_FILES
)
app.add_typer(
    prompts.app,
    name="prompts",
    help="See, try and check the prompt templates.",
    rich_help_panel=_FILES,
)


def run() -> int:
    """Run the command line of this process; return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old terminal may lack a sign of a caption
    try:
        _refuse_garbled(sys.argv[1:])
        return app(prog_name="reelbot", standalone_mode=False) or 0
    except SystemExit as e:  # completion ends so
        return e.code if isinstance(e.code, int) else 0
    except typer.TyperException as e:
        return _correct(e)
    except BotError as e:
        return fail(e)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  # whoever read us has gone
        return 1
    except Exception as e:  # noqa: BLE001  # a bug; people get a sentence, DEBUG the traceback
        return _give_up(e)


def _refuse_garbled(arguments: Iterable[str]) -> None:
    """Raise `RequestError` for what is no text: no database and no network could take it."""
    for at, argument in enumerate(arguments, 1):
        try:
            argument.encode()
        except UnicodeEncodeError:  # its text would not print either
            raise RequestError(
                f"Word {at} of the command is not UTF-8 text.",
                hint="Type it anew, or rename the file that it names.",
            ) from None


def _correct(error: typer.TyperException) -> int:
    """Say what is wrong with the words of the command."""
    context = getattr(error, "ctx", None)
    if said := error.format_message():  # empty: the help was printed instead
        show.failure(
            said.replace("Value error, ", ""),
            f"`{context.command_path if context else 'reelbot'} --help` shows how.",
        )
    return 2


def fail(error: BotError) -> int:
    """Print *error* for people; return the exit code that belongs to it."""
    wrong = isinstance(error, ConfigError | StoreError | MediaError)
    hint = "Correct it and try again; `reelbot doctor` looks at everything." if wrong else None
    show.failure(str(error), error.hint or hint)
    return 2 if wrong else 1


def _give_up(error: Exception) -> int:
    if os.environ.get("REELBOT_LOG_LEVEL", "").upper() == "DEBUG":
        raise error
    show.failure(
        f"reelbot has met a bug: {type(error).__name__}: {error}".splitlines()[0],
        "Set REELBOT_LOG_LEVEL=DEBUG and try again to see where, then report it.",
    )
    return 1
