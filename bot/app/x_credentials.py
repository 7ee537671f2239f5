"""Whose credentials serve an X account: those that `accounts` names, or the plain X_… settings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.account import Account, Credentials
from bot.domain.post import Target
from bot.domain.schedule import Plan
from bot.errors import ConfigError, TargetPaused
from bot.settings import Settings, names

#: What serves the one account of a file that names no credentials.
_PLAIN = Credentials(
    **{
        f"{key}_env": names()[f"x_{key}"]
        for key in (
            "api_key",
            "api_secret",
            "access_token",
            "access_token_secret",
            "client_id",
            "client_secret",
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What serves one account. Secrets; never printed."""

    account: Account
    #: API key, its secret, access token, its secret; empty where an OAuth 2.0 login serves.
    oauth1: tuple[str, ...] = field(default=(), repr=False)
    client_id: str | None = field(default=None, repr=False)
    #: None for an app that has none.
    client_secret: str | None = field(default=None, repr=False)
    #: Where `x login` keeps the account's tokens.
    login: Path

    @property
    def logged_in(self) -> bool:
        """Whether there is anything to ask X with."""
        return bool(self.oauth1) or self.login.exists()


def account_of(target: Target, plan: Plan) -> Account:
    """Return the account of *target*; `ConfigError` where the file has none of that name."""
    account = plan.account(target)
    if account is None:
        known = f"it has {', '.join(plan.accounts)}" if plan.accounts else "it has none"
        raise ConfigError(
            f"schedules.yaml has no account {target.destination}; {known}.",
            hint="Name it under `accounts:`; docs/schedules.md shows how.",
        )
    return account


def keys_of(account: Account, among: Collection[str], settings: Settings) -> Keys | None:
    """Return what serves *account*, *among* all of the file; None where nothing of it is set.

    Raises `ConfigError` for half a set, and for one set that would have to serve several accounts.
    """
    named = _named(account)
    four, client = _four(named), _client(named)
    if not _set(four + client, settings):
        return None
    if named is _PLAIN and len(among) > 1:
        raise ConfigError(
            f"The plain X_… settings can serve one account, not {' and '.join(among)}.",
            hint="Name the credentials of each under `accounts:` in schedules.yaml.",
        )
    _refuse_half(account, four, settings)
    if named.client_secret_env and settings.secret(named.client_secret_env):
        _refuse_half(account, client, settings)
    return Keys(
        account=account,
        oauth1=tuple(filter(None, (_value(name, settings) for name in four))),
        client_id=_value(named.client_id_env, settings),
        client_secret=_value(named.client_secret_env, settings),
        login=settings.data_dir / "x" / f"{account.handle.removeprefix('@').lower()}.json",
    )


def live_on_x(plan: Plan, settings: Settings) -> bool:
    """Return whether posts to X leave this disk: somebody has set something that is for it."""
    every = [_named(account) for account in plan.accounts.values()] or [_PLAIN]
    return not plan.preview and any(_set(_four(n) + _client(n), settings) for n in every)


def connected(target: Target, plan: Plan, settings: Settings) -> Keys:
    """Return what serves *target*; `ConfigError` that says what is missing, and what helps."""
    account = account_of(target, plan)
    keys = keys_of(account, plan.accounts, settings)
    if keys is None:
        raise ConfigError(
            f"Nothing is connected that could post to {target}.", hint=how_to_connect(account)
        )
    if not keys.oauth1:
        _require_login(keys)
    return keys


def _require_login(keys: Keys) -> None:
    """Raise `ConfigError` unless a login is kept that may be used, and is the account's own.

    A file that was copied or put back may be anybody's; X is asked whose it is once, not each time.
    """
    from bot.x_api.token import TokenFile  # noqa: PLC0415  # see `bot.app`

    handle = keys.account.handle
    log_in = f"`reelbot x login --account {handle}` does it, once."
    if not keys.logged_in:
        raise ConfigError(f"Nobody has logged in as {handle}.", hint=log_in)
    try:
        token = TokenFile(keys.login).load()
    except TargetPaused as error:
        raise ConfigError(str(error), hint=error.hint) from None
    if token.handle.casefold() != handle.casefold():
        raise ConfigError(
            f"The login that is kept for {handle} is that of {token.handle}.",
            hint=f"Log in as {handle}: {log_in}",
        )


def how_to_connect(account: Account) -> str:
    """Return what to set, in one sentence."""
    named, ways = _named(account), []
    if four := _four(named):
        ways.append(", ".join(four))
    if named.client_id_env:
        ways.append(f"{named.client_id_env} and log in with `reelbot x login`")
    return f"Set {'; or '.join(ways)}: docs/x.md shows the way."


def _named(account: Account) -> Credentials:
    return _PLAIN if account.credentials == Credentials() else account.credentials


def _four(named: Credentials) -> list[str]:
    four = (
        named.api_key_env,
        named.api_secret_env,
        named.access_token_env,
        named.access_token_secret_env,
    )
    return list(filter(None, four))


def _client(named: Credentials) -> list[str]:
    return list(filter(None, (named.client_id_env, named.client_secret_env)))


def _set(names: Sequence[str], settings: Settings) -> Sequence[str]:
    return [name for name in names if settings.secret(name)]


def _refuse_half(account: Account, names: Sequence[str], settings: Settings) -> None:
    have = _set(names, settings)
    missing = [name for name in names if name not in have]
    if have and missing:
        raise ConfigError(
            f"Half the credentials of {account.handle} are set: {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing.",
            hint=f"Set {', '.join(missing)}, or remove {', '.join(have)}.",
        )


def _value(name: str | None, settings: Settings) -> str | None:
    secret = settings.secret(name) if name else None
    return secret.get_secret_value() if secret else None
