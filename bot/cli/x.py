"""`x …`: the accounts on X, and whose their credentials are."""

import asyncio
import sys
import webbrowser
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import session, show
from bot.cli.options import Json
from bot.errors import ConfigError, RequestError, TargetUnavailable

if TYPE_CHECKING:
    from bot.app import Whose
    from bot.x_api.login import Login

app = typer.Typer(no_args_is_help=True)

#: How long somebody may take to say yes or no, seconds.
_PATIENCE = 300.0

Account = Annotated[
    str | None,
    typer.Option(metavar="@NAME", help="Which account, where schedules.yaml has several."),
]


@app.callback()
def x() -> None:
    """Connect to X."""


@app.command()
def login(
    account: Account = None,
    no_browser: Annotated[
        bool,
        typer.Option(
            "--no-browser", metavar="", help="Print the address, and take the answer pasted."
        ),
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            min=1, max=65535, metavar="PORT", help="Of the callback URL http://127.0.0.1:PORT/…"
        ),
    ] = 8722,
) -> None:
    """Have X let the bot post for an account, by OAuth 2.0, and keep the login for it."""
    from bot.app import x_keys, x_log_in
    from bot.x_api.login import Login, redirect_url

    settings = session.settings()
    keys = x_keys(settings, account)
    if keys.client_id is None:
        raise ConfigError(
            f"There is no client id for {keys.account.handle}.",
            hint="Set X_CLIENT_ID, or name its variable under client_id_env; see docs/x.md.",
        )
    entering = Login(
        client_id=keys.client_id, client_secret=keys.client_secret, redirect=redirect_url(port)
    )
    show.remark(f"Open this address as {keys.account.handle}:\n\n{entering.url}\n")
    code = _pasted(entering) if no_browser else _by_browser(entering, port)
    session.wait_for(lambda: x_log_in(entering, code, keys, settings))
    show.result(f"Logged in as {keys.account.handle}; {keys.login} keeps it, for its owner alone.")
    if keys.oauth1:
        show.remark("The access token that is set goes before it: unset it to use this login.")


def _by_browser(entering: "Login", port: int) -> str:
    return session.wait_for(lambda: _hear(entering, port))


async def _hear(entering: "Login", port: int) -> str:
    """Return the code, once X has sent the browser back to us."""
    from bot.x_api.login import answered

    try:
        async with answered(entering, port) as answer:
            if not await asyncio.to_thread(webbrowser.open, entering.url):
                show.remark("No browser could be opened here; --no-browser does without.")
            return entering.code(await asyncio.wait_for(answer, _PATIENCE))
    except TimeoutError:
        raise TargetUnavailable(
            "Nobody answered within five minutes, so nothing was stored.",
            hint="Try again; on a server without a browser with --no-browser.",
        ) from None
    except asyncio.CancelledError:
        show.remark("Nothing was stored.")
        raise


def _pasted(entering: "Login") -> str:
    try:
        show.remark(
            "Afterwards the browser shows an address that it cannot open. Copy the whole of it, "
            "paste it here and press Enter within 30 seconds:"
        )
        line = sys.stdin.readline().strip()
    except KeyboardInterrupt:
        show.remark("\nNothing was stored.")
        raise typer.Exit(130) from None
    if not line:
        raise RequestError("Nothing was pasted, so nothing was stored.", hint="Try again.")
    return entering.code(line)


@app.command()
def whoami(account: Account = None, json: Json = False) -> None:
    """Ask X whose the credentials are, and what they may do; X charges $0.010."""
    from bot.app import x_keys, x_whose

    settings = session.settings()
    keys = x_keys(settings, account)
    found = session.wait_for(lambda: x_whose(keys, settings))
    if json:
        show.as_json(_as_json(found))
    else:
        show.facts(_facts(found))
    for problem in found.problems:
        show.failure(str(problem), problem.hint)
    if found.problems:
        raise typer.Exit(1)


def _facts(found: "Whose") -> Iterator[tuple[show.Cell, show.Cell]]:
    yield "account", f"{found.handle} ({found.name}, id {found.id})"
    yield "by", found.kind
    yield "may", _may(found)
    if found.expires_at:
        yield "renewed", f"by itself, next {show.when(found.expires_at)}"
    if found.skew is not None:
        seconds = found.skew.total_seconds()
        yield "clock", f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} X's"
    yield "credits", "not used up; X tells no balance to those who pay per use"


def _may(found: "Whose") -> str:
    if found.scopes:
        return ", ".join(found.scopes)
    return found.access or "X does not say"


def _as_json(found: "Whose") -> dict[str, object]:
    return {
        "account": found.account,
        "handle": found.handle,
        "name": found.name,
        "id": found.id,
        "kind": found.kind,
        "access": found.access,
        "scopes": list(found.scopes),
        "expires_at": found.expires_at,
        "skew_seconds": found.skew.total_seconds() if found.skew is not None else None,
        "problems": [{"what": str(p), "fix": p.hint} for p in found.problems],
    }
