"""What `doctor` finds about X: the credentials as they stand here, and what X says of them."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from bot.cli.finding import Finding
from bot.domain.account import Account
from bot.domain.schedule import Plan
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.app import Keys, Whose
    from bot.settings import Settings


def examine(settings: "Settings") -> list[Finding]:
    """Say whether each account has its credentials; half a set is worth naming. Sends nothing."""
    plan = _plan(settings)
    if plan and plan.accounts:
        found = [f for account in plan.accounts.values() for f in _examine(account, plan, settings)]
    else:
        found = list(_unused(settings))
    return found or [Finding(verdict="good", what="x: no credentials, posts are previewed")]


def _unused(settings: "Settings") -> Iterator[Finding]:
    """Look at the plain settings where the file has no account for them, or is broken."""
    from bot.app import keys_of

    try:
        keys = keys_of(Account(handle="X"), (), settings)
    except BotError as e:
        yield _wrong(e)
        return
    if keys:
        fix = "Name a target x:@account in schedules.yaml, or remove them."
        what = "x: credentials are set, but no schedule goes there"
        yield Finding(verdict="note", what=what, fix=fix)


def _examine(account: Account, plan: Plan, settings: "Settings") -> Iterator[Finding]:
    from bot.app import how_to_connect, keys_of, live_on_x

    try:
        keys = keys_of(account, plan.accounts, settings)
    except BotError as e:
        yield _wrong(e)
        return
    handle = account.handle
    if account.unlabelled_by:
        what = f"x: {account.unlabelled_by} took the label made with AI from posts of {handle}"
        fix = "Take unlabelled_by out of its entry to label them again, as X's rules ask."
        yield Finding(verdict="note", what=what, fix=fix)
    if keys is None:
        if live_on_x(plan, settings):
            what = f"x: there are no credentials for {handle}"
            yield Finding(verdict="fail", what=what, fix=how_to_connect(account))
    elif keys.oauth1:
        yield Finding(verdict="good", what=f"x: {handle} has an access token")
    elif not keys.logged_in:
        fix = f"`reelbot x login --account {handle}` does it, once."
        yield Finding(verdict="fail", what=f"x: nobody has logged in as {handle}", fix=fix)
    else:
        yield _login(keys)


def _login(keys: "Keys") -> Finding:
    """Say whether what `x login` has kept is the account's, and nobody else's to read."""
    from bot.x_api.token import TokenFile

    handle = keys.account.handle
    try:
        token = TokenFile(keys.login).load()
    except BotError as e:
        return _failed(e)
    if token.handle.casefold() != handle.casefold():
        fix = f"`reelbot x login --account {handle}`, as {handle}."
        what = f"x: the login for {handle} is that of {token.handle}"
        return Finding(verdict="fail", what=what, fix=fix)
    return Finding(verdict="good", what=f"x: {handle} has a login")


async def ask(settings: "Settings") -> AsyncIterator[Finding]:
    """Ask X whose the credentials are, and whether they may post; one read for each account."""
    from bot.app import keys_of

    plan = _plan(settings)
    if plan is None:
        return
    for account in plan.accounts.values():
        if any(finding.verdict == "fail" for finding in _examine(account, plan, settings)):
            continue
        if keys := keys_of(account, plan.accounts, settings):
            for finding in await _asked(keys, settings):
                yield finding


async def _asked(keys: "Keys", settings: "Settings") -> list[Finding]:
    from bot.app import x_whose

    try:
        found = await x_whose(keys, settings)
    except BotError as e:
        return [_failed(e)]
    good = Finding(verdict="good", what=_good(found))
    return [_failed(problem) for problem in found.problems] or [good]


def _good(found: "Whose") -> str:
    may = "may post" if found.scopes or found.access else "may read; X does not say whether post"
    return (
        f"x: the {found.kind} credentials of {found.handle} are its own, {may}; credits are not "
        "used up, but X tells no balance"
    )


def _failed(error: BotError) -> Finding:
    return Finding(verdict="fail", what=f"x: {error}", fix=error.hint)


def _wrong(error: BotError) -> Finding:
    """Return what is wrong here, before anybody was asked."""
    what = str(error)
    return Finding(verdict="fail", what=f"x: {what[0].lower()}{what[1:]}", fix=error.hint)


def _plan(settings: "Settings") -> Plan | None:
    """Return what schedules.yaml says; None while it is broken, as told elsewhere."""
    from bot.app import load

    try:
        return load(settings)[0]
    except BotError:
        return None
