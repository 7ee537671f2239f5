"""`slack …`: the app in the workspace, and its tokens."""

import getpass
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import session, show
from bot.cli.env_file import EnvFile
from bot.cli.options import Yes
from bot.errors import RequestError
from bot.slack_api.secret import Secret, needed

if TYPE_CHECKING:
    from bot.app import SlackApp
    from bot.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def slack() -> None:
    """Connect to Slack."""


@app.command()
def manifest() -> None:
    """Print the app's manifest, as Slack's editor of manifests takes it."""
    from bot.app import slack_app

    show.as_json(slack_app(session.settings()).manifest)


@app.command()
def setup(
    env_file: Annotated[
        Path, typer.Option(metavar="FILE", help="Where the tokens are kept.")
    ] = Path(".env"),
    yes: Yes = False,
) -> None:
    """Say how to make the app, check its tokens at Slack, and keep them in .env.

    With [bold]--yes[/] it asks nothing and takes them from the environment, or from the file.
    """
    from bot.app import slack_app

    settings, file = session.settings(env_file), EnvFile(env_file)
    wanted, made = needed(by_http=settings.slack_events_url is not None), slack_app(settings)
    tokens = _taken(wanted, settings) if yes else _asked(wanted, settings, made)
    trusted = _with(settings, tokens)
    session.wait_for(lambda: _try(trusted))
    file.put(tokens)
    show.result(f"{env_file} holds {' and '.join(tokens)} now; only its owner can read it.")
    _tell_overruled(tokens, env_file)
    _tell_what_next()


# --- the tokens --------------------------------------------------------------------------------


def _taken(wanted: Sequence[Secret], settings: "Settings") -> dict[str, str]:
    """Return the tokens that are set; `RequestError` without them, exits 1 for wrong ones."""
    known = {secret.variable: _known(secret, settings) for secret in wanted}
    if absent := [name for name, value in known.items() if not value]:
        raise RequestError(
            f"{' and '.join(absent)} must be set.",
            hint="Set them in the environment; without --yes they are asked for.",
        )
    tokens = {name: value for name, value in known.items() if value}
    for secret in wanted:
        _refuse(secret, tokens[secret.variable])
    return tokens


def _asked(wanted: Sequence[Secret], settings: "Settings", made: "SlackApp") -> dict[str, str]:
    if not (sys.stdin.isatty() and show.err.is_terminal):
        names = " and ".join(secret.variable for secret in wanted)
        raise RequestError(
            "Nobody can be asked here.", hint=f"Set {names} in the environment, and add --yes."
        )
    _tell_how(made)
    try:
        return {secret.variable: _ask(secret, settings) for secret in wanted}
    except (KeyboardInterrupt, EOFError):
        show.remark("\nNothing was written.")
        raise typer.Exit(130) from None


def _ask(secret: Secret, settings: "Settings") -> str:
    """Ask for a token until it looks right; it is not shown."""
    known = _known(secret, settings)
    kept = " Enter keeps the one that is set." if known else ""
    show.remark(f"The {secret.name} ({secret.looks}): {secret.where}.{kept}")
    while True:
        typed = getpass.getpass(f"{secret.variable}: ", stream=sys.stderr).strip() or known
        if not typed:
            continue
        mistake = secret.mistake(typed)
        if mistake is None:
            return typed
        show.failure(mistake, f"Take the {secret.name}: {secret.where}.")


def _known(secret: Secret, settings: "Settings") -> str | None:
    value = settings.secret(secret.variable)
    return value.get_secret_value() if value else None


def _refuse(secret: Secret, value: str) -> None:
    if mistake := secret.mistake(value):
        show.failure(mistake, f"Take the {secret.name}: {secret.where}.")
        raise typer.Exit(1)


def _with(settings: "Settings", tokens: Mapping[str, str]) -> "Settings":
    from pydantic import SecretStr

    from bot.settings import names

    fields = {name: field for field, name in names().items()}
    secrets = {fields[name]: SecretStr(value) for name, value in tokens.items()}
    return settings.model_copy(update=secrets)


async def _try(settings: "Settings") -> None:
    """Ask Slack about the tokens; `PublishError` unless they do all the bot needs."""
    from bot.app import slack_access

    async with slack_access(settings) as access:
        show.result(f"The bot token is that of {await access.who()}.")
        access.require_scopes()
        if settings.slack_events_url is None:
            await access.try_socket()
            await access.require_one_app()
            show.result("The app-level token opens Socket Mode.")


# --- what people are told ----------------------------------------------------------------------


def _tell_how(made: "SlackApp") -> None:
    show.result("1. Open this address, choose your workspace, and create the app:\n")
    show.result(made.link)
    show.result(
        "\n   An app that you have already: paste what `reelbot slack manifest` prints into its\n"
        "   App Manifest, save, and install it anew.\n"
        "\n2. Install it: OAuth & Permissions, Install. If an admin has to approve it, send this:\n"
    )
    show.result(made.plea)
    show.result("\n3. Paste its tokens. They are not shown, and go to Slack and .env alone.\n")


def _tell_overruled(tokens: Mapping[str, str], env_file: Path) -> None:
    """Warn of tokens that nobody will read, because the environment says something else."""
    read = session.settings(env_file)
    for name, value in tokens.items():
        now = read.secret(name)
        if now and now.get_secret_value() != value:
            show.failure(
                f"The environment sets {name} to something else, and wins over {env_file}.",
                f"Unset {name} there.",
            )


def _tell_what_next() -> None:
    show.result(
        "\nNext:\n"
        "* In every channel the bot posts to: /invite @reelbot. In a private one it sees nothing\n"
        "  before.\n"
        '* In schedules.yaml, `slack: {desk: "#video-desk"}` names the channel where schedules\n'
        "  report, and `slack.rights` says who may do what; see docs/slack-setup.md.\n"
        "* `reelbot doctor --online` checks all of it; `reelbot run` starts the bot."
    )
