"""OAuth 2.0 with PKCE: the page that asks for consent, and the endpoint that hands out tokens."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.fake_x.accounts import SCOPES, Account, OAuth2Token, People
from tests.fake_x.refusal import Refusal, oauth

#: Seconds an access token lives, and a code.
LIFE, CODE_LIFE = 7200, 30


@dataclass
class Code:
    """What a consent left behind for the token endpoint."""

    account: Account
    redirect: str
    challenge: str
    scopes: frozenset[str]
    expires_at: datetime


@dataclass(frozen=True)
class Wish:
    """What an app asks a person for, as read from the address of the authorize page."""

    redirect: str
    state: str
    challenge: str
    scopes: frozenset[str]


class Consents:
    """Codes on their way from the consent to the token endpoint."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._codes: dict[str, Code] = {}

    def wish(self, url: str) -> Wish:
        """Return what the authorize page at *url* asks for; a 400 page if X would show one."""
        given = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        app = self._people.app
        scopes = frozenset(given.get("scope", "").split())
        fine = (
            given.get("response_type") == "code"
            and given.get("client_id") == app.client_id
            and given.get("redirect_uri") in app.redirects
            and given.get("code_challenge_method") == "S256"
            and re.fullmatch(r"[A-Za-z0-9_-]{43}", given.get("code_challenge", ""))
            and bool(given.get("state"))
            and scopes
            and scopes <= SCOPES
        )
        if not fine:
            raise Refusal(
                400, "<html>Something went wrong. You weren't able to give access.</html>"
            )
        return Wish(given["redirect_uri"], given["state"], given["code_challenge"], scopes)

    def grant(self, url: str, account: Account, now: datetime) -> str:
        """Let *account* say yes at *url*; return the address the browser is sent to."""
        wish = self.wish(url)
        name = f"code{len(self._codes) + 1}"
        until = now + timedelta(seconds=CODE_LIFE)
        self._codes[name] = Code(account, wish.redirect, wish.challenge, wish.scopes, until)
        return _redirect(wish, code=name)

    def deny(self, url: str) -> str:
        """Let somebody say no at *url*; return the address the browser is sent to."""
        return _redirect(self.wish(url), error="access_denied")

    def token(self, form: dict[str, str], authorization: str, now: datetime) -> dict:
        """Answer the token endpoint."""
        self._check_client(form, authorization)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form, now)
            case "refresh_token":
                return self._refresh(form, now)
        raise oauth(400, "unsupported_grant_type", "Missing required parameter [grant_type].")

    def _check_client(self, form: dict[str, str], authorization: str) -> None:
        app = self._people.app
        if app.confidential:
            if _basic(authorization) != (app.client_id, app.client_secret):
                raise oauth(401, "unauthorized_client", "Missing valid authorization header")
        elif "client_id" not in form:
            raise oauth(400, "invalid_request", "Missing required parameter [client_id].")
        elif form["client_id"] != app.client_id:
            raise oauth(400, "invalid_request", "Value passed for the client was invalid.")

    def _exchange(self, form: dict[str, str], now: datetime) -> dict:
        code = self._codes.get(form.get("code", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if code is None or now >= code.expires_at or form.get("redirect_uri") != code.redirect:
            raise oauth(400, "invalid_request", _BAD_CODE)
        if challenge != code.challenge:
            raise oauth(400, "invalid_request", _BAD_VERIFIER)
        code.expires_at = now  # once only
        return self._issue(code.account, code.scopes, now)

    def _refresh(self, form: dict[str, str], now: datetime) -> dict:
        old = self._people.refreshable(form.get("refresh_token", ""))
        if old is None:
            raise oauth(400, "invalid_request", "Value passed for the token was invalid.")
        old.used = True
        return self._issue(old.account, old.scopes, now)

    def _issue(self, account: Account, scopes: frozenset[str], now: datetime) -> dict:
        until = now + timedelta(seconds=LIFE)
        return _shown(self._people.issue_oauth2(account, until, scopes))


_BAD_CODE = "Value passed for the authorization code was invalid."
_BAD_VERIFIER = "Value passed for the code verifier did not match the code challenge."


def _shown(token: OAuth2Token) -> dict:
    shown = {
        "token_type": "bearer",
        "expires_in": LIFE,
        "access_token": token.access,
        "scope": " ".join(sorted(token.scopes)),
    }
    return shown | ({"refresh_token": token.refresh} if token.refresh else {})


def _basic(authorization: str) -> tuple[str, ...]:
    """Return the id and the secret of a Basic header; both are form-encoded (RFC 6749 §2.3.1)."""
    try:
        pair = base64.b64decode(authorization.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ()
    return tuple(unquote(part) for part in pair.split(":", 1))


def _redirect(wish: Wish, **more: str) -> str:
    mark = "&" if "?" in wish.redirect else "?"
    return f"{wish.redirect}{mark}{urlencode({'state': wish.state, **more})}"
