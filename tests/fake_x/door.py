"""Who is at the door: the account, by whichever kind of token, and what the token may do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tests.fake_x.accounts import SCOPES, Account, People
from tests.fake_x.oauth1 import Signatures, Signed, header_parameters
from tests.fake_x.refusal import Refusal, app_only, forbidden, problem, read_only, unauthorized


@dataclass(frozen=True)
class Caller:
    """Somebody whose token is good; no account for the app itself."""

    account: Account | None
    kind: Literal["oauth1", "oauth2", "app"]
    scopes: frozenset[str] = SCOPES
    #: `x-access-level`, of OAuth 1.0a alone.
    level: str | None = None


class Door:
    """Looks at the tokens of every call."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._signatures = Signatures(people)

    def guess(self, authorization: str) -> Account | None:
        """Return whose token that seems to be, unchecked."""
        try:
            signed = header_parameters(authorization) if authorization.startswith("OAuth ") else {}
        except Refusal:
            return None
        token = self._people.oauth1.get(signed.get("oauth_token", ""))
        user = self._people.oauth2.get(authorization.removeprefix("Bearer "))
        found = token or user
        return found.account if found else None

    def check(self, request: Signed, *, now: datetime, wall: datetime) -> Caller:
        """Return who calls; a 401 for nobody. *wall* is what signatures are held against."""
        authorization = request.authorization
        if authorization.startswith("OAuth "):
            token = self._signatures.check(request, wall)
            return Caller(token.account, "oauth1", level=token.level)
        bearer = authorization.removeprefix("Bearer ")
        if bearer == self._people.app.bearer:
            return Caller(None, "app")
        user = self._people.oauth2.get(bearer)
        if user is None or user.revoked or now >= user.expires_at:
            raise unauthorized()
        return Caller(user.account, "oauth2", user.scopes)


def admit(caller: Caller, needed: frozenset[str], *, app: str, writes: bool) -> None:
    """Refuse what the token may not do; *app*: whether the app alone `may`, `must` or `never`."""
    if caller.kind == "app":
        if app == "never":
            raise app_only()
        return
    if app == "must":
        raise problem(403, "Unsupported Authentication", _APP_NEEDED, "unsupported-authentication")
    if writes and caller.level == "read":
        raise read_only()
    if not needed <= caller.scopes:
        raise forbidden()
    if writes and caller.account and caller.account.refusal:
        raise forbidden(caller.account.refusal)


_APP_NEEDED = (
    "Authenticating with OAuth 1.0a User Context is forbidden for this endpoint.  Supported "
    "authentication types are [OAuth 2.0 Application-Only]."
)
