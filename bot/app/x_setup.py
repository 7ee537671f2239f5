"""What `reelbot x` and `reelbot doctor` need of X, without an engine."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app.disk import make_folder
from bot.app.tell import SystemClock
from bot.app.x import x_api, x_client
from bot.app.x_credentials import Keys, how_to_connect, keys_of
from bot.domain.account import Account
from bot.domain.post import Target
from bot.domain.schedule import Plan
from bot.errors import ConfigError, PublishError, RequestError, TargetPaused, TargetUnavailable
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.x_api.access import Identity
    from bot.x_api.login import Login


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """What X says of an account's credentials."""

    #: As schedules.yaml writes it.
    account: str
    #: Whose the credentials are.
    handle: str
    name: str
    id: str
    #: `OAuth 1.0a` or `OAuth 2.0`.
    kind: str
    #: `read` or `read-write`; None where X does not tell.
    access: str | None
    #: Of a login.
    scopes: Sequence[str] = ()
    #: When a login is renewed next.
    expires_at: datetime | None = None
    #: Our clock minus X's; None where X does not tell.
    skew: timedelta | None
    #: Why they do not serve.
    problems: Sequence[PublishError] = ()


def x_account(settings: Settings, name: str | None) -> tuple[Account, Plan]:
    """Return the account *name*, or the one that schedules.yaml has.

    Raises `RequestError` for a name that it does not have, and where it has none or several.
    """
    from bot.schedules import load_plan

    plan = load_plan(settings.schedules)
    known = ", ".join(plan.accounts)
    if name is not None:
        return _named(name, plan), plan
    if len(plan.accounts) != 1:
        has = f"has several X accounts: {known}" if plan.accounts else "has no X account"
        raise RequestError(f"schedules.yaml {has}.", hint="Say which with --account @name.")
    return next(iter(plan.accounts.values())), plan


def _named(name: str, plan: Plan) -> Account:
    try:
        target = Target.parse(f"x:@{name.removeprefix('x:').removeprefix('@')}")
    except ValueError:
        raise RequestError(
            f"{name[:40]!r} is not the name of an X account.", hint="It looks like @reelbot."
        ) from None
    account = plan.account(target)
    if account is None and plan.accounts:
        raise RequestError(
            f"schedules.yaml has no X account {target.destination}.",
            hint=f"It has {', '.join(plan.accounts)}.",
        )
    return account or Account(handle=target.destination)


def x_keys(settings: Settings, name: str | None) -> Keys:
    """Return what serves the account *name*, or the one there is.

    Raises `ConfigError` where anything of it is missing, and as `x_account` does.
    """
    account, plan = x_account(settings, name)
    keys = keys_of(account, plan.accounts, settings)
    if keys is None:
        raise ConfigError(
            f"There are no credentials for {account.handle}.", hint=how_to_connect(account)
        )
    return keys


async def x_whose(keys: Keys, settings: Settings) -> Whose:
    """Ask X whose *keys* are: one read, $0.010. Raises `PublishError` where it does not say."""
    from bot.x_api.access import Access
    from bot.x_api.token import TokenFile

    handle = keys.account.handle
    async with x_client(settings) as client:
        api = x_api(client, keys, settings, SystemClock())
        access = Access(api, Target(network="x", destination=handle))
        me = await _now(access.who())
        login = None if keys.oauth1 else TokenFile(keys.login).load()
        scopes = login.scopes if login else ()
        trials: list[Callable[[], None]] = [
            partial(access.require_account, me, handle),
            partial(access.require_writing, scopes),
            access.require_clock,
        ]
    return Whose(
        account=handle,
        handle=me.handle,
        name=me.name,
        id=me.id,
        kind="OAuth 1.0a" if keys.oauth1 else "OAuth 2.0",
        access=api.access,
        scopes=scopes,
        expires_at=login.expires_at if login else None,
        skew=api.skew,
        problems=list(_problems(trials)),
    )


async def _now(answer: Awaitable["Identity"]) -> "Identity":
    """Return the answer; nobody repeats the question by itself, as an engine does."""
    try:
        return await answer
    except TargetUnavailable as error:
        hint = "Check the network and X_API_URL, and try again in a minute."
        raise TargetUnavailable(str(error), hint=hint) from error


def _problems(trials: Iterable[Callable[[], None]]) -> Iterator[PublishError]:
    for trial in trials:
        try:
            trial()
        except PublishError as error:
            yield error


async def x_log_in(login: "Login", code: str, keys: Keys, settings: Settings) -> None:
    """Exchange *code* for the tokens of the account of *keys*, and keep them.

    Raises `PublishError` where X gives none, or those of another account; then nothing is kept.
    """
    import httpx

    from bot.x_api.access import Access
    from bot.x_api.token import TokenFile
    from bot.x_api.web_api import XApi

    handle = keys.account.handle
    async with x_client(settings) as client:
        token = await login.exchange(code, client, SystemClock())
        client.headers["authorization"] = f"Bearer {token.access}"
        access = Access(XApi(client, httpx.Auth(), clock=SystemClock()), f"x:{handle}")
        me = await _now(access.who())
    if me.handle.casefold() != handle.casefold():
        raise TargetPaused(
            f"X was opened as {me.handle}, not as {handle}, so nothing was stored.",
            hint=f"Log in to X as {handle} in that browser, then run `reelbot x login` again.",
        )
    access.require_writing(token.scopes)
    make_folder(settings.data_dir)
    _make_private(keys.login.parent)
    file = TokenFile(keys.login)
    with file.hold():  # an engine that is renewing the old one would put that over this one
        file.store(replace(token, handle=me.handle))


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The folder {folder} cannot be made: {error.strerror}.",
            hint="Move away what stands there, and run `reelbot x login` again.",
        ) from error
