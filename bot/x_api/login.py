"""OAuth 2.0 with PKCE: a person lets the app post for an account, and X gives it tokens.

    Login ──url──> browser at X ──redirect──> `answered`, or pasted ──> code ──> exchange ──> Token

What X does, from docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code: the redirect
must equal, octet by octet, a callback URL of the app; 127.0.0.1 is taken, `localhost` is not; a
code is good once, for 30 seconds. tweepy's own login knows only twitter.com and waits for ever.
"""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx

from bot.errors import ConfigError, PublishError, RequestError, TargetPaused, TargetUnavailable
from bot.ports import Clock
from bot.x_api.access import SCOPES
from bot.x_api.refusal import clean, decode, said
from bot.x_api.token import Token

#: Where people are asked; API and tokens live elsewhere.
_PAGE = "https://x.com/i/oauth2/authorize"
_PATH = "/callback"
#: Nothing that a browser asks for is longer; bytes.
_MOST = 16 * 1024
_ANEW = "Run `reelbot x login` again."


def redirect_url(port: int | str) -> str:
    """Return the callback URL that the app at X must have."""
    return f"http://127.0.0.1:{port}{_PATH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One login; what it keeps secret is used once."""

    client_id: str
    #: None for an app that has none.
    client_secret: str | None = field(repr=False)
    redirect: str
    _state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    _verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)

    @property
    def url(self) -> str:
        """Where a person says yes or no."""
        digest = hashlib.sha256(self._verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect,
            "scope": " ".join(SCOPES),
            "state": self._state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{_PAGE}?{urlencode(asked, quote_via=quote)}"

    def is_answer(self, address: str) -> bool:
        """Return whether X, and nobody else, has sent the browser to *address*."""
        state = _query(address).get("state", "")
        # As bytes: text may be compared in ASCII alone, and who sends the address is anybody.
        return secrets.compare_digest(state.encode(errors="replace"), self._state.encode())

    def code(self, address: str) -> str:
        """Return the code in the *address* that the browser was sent to.

        Raises `RequestError` for what is no such address, and `TargetPaused` for a no.
        """
        said = _query(address)
        if not said.keys() & {"code", "error"} or "state" not in said:
            raise RequestError(
                "That is not the address that X sends the browser to.",
                hint=f"It begins with {self.redirect}?; copy the whole of it. {_ANEW}",
            )
        if not self.is_answer(address):
            raise TargetPaused("That address answers another login.", hint=_ANEW)
        if "code" not in said:
            raise _denied(said["error"])
        return said["code"]

    async def exchange(self, code: str, client: httpx.AsyncClient, clock: Clock) -> Token:
        """Return the tokens that X gives for *code*; one request, and the code is used up.

        The token names no account yet. Raises `TargetPaused` when X does not take the code or the
        app, and `TargetUnavailable`.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": self._verifier,
            "client_id": self.client_id,
        }
        try:
            response = await client.post("/2/oauth2/token", data=form, auth=self._proof())
        except httpx.HTTPError as error:
            raise TargetUnavailable(
                f"X gave no answer to the login ({type(error).__name__}).", hint=_ANEW
            ) from None  # its text may hold what was sent
        if not response.is_success:
            raise _refused(response)
        return _token(response, clock)

    def _proof(self) -> httpx.Auth:
        if self.client_secret is None:
            return httpx.Auth()
        # RFC 6749 §2.3.1 has both encoded.
        return httpx.BasicAuth(quote(self.client_id, safe=""), quote(self.client_secret, safe=""))


# --- the loopback ------------------------------------------------------------------------------


@asynccontextmanager
async def answered(login: Login, port: int) -> AsyncGenerator["asyncio.Future[str]"]:
    """Wait on *port* of this machine for X's answer; gives the address, once it came.

    Whatever else asks there, or answers another login, is turned away. Raises `ConfigError` for a
    port that cannot be had.
    """
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    callers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = asyncio.current_task()
        assert caller
        callers[caller] = writer
        with suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1] if head.startswith("GET ") else ""
            status, said = _received(login, path, answer)
            writer.write(_page(status, said))
            await writer.drain()
        writer.close()

    try:
        server = await asyncio.start_server(serve, "127.0.0.1", port, limit=_MOST)
    except OSError as error:
        raise ConfigError(
            f"Port {port} cannot be had: {error.strerror or error}.",
            hint="Give another one with --port, and the app at X the callback URL "
            f"{redirect_url('PORT')}; or use --no-browser.",
        ) from error
    try:
        yield answer
    finally:
        server.close()
        for writer in callers.values():  # browsers open connections on which they ask nothing
            writer.close()
        await asyncio.gather(*callers)


def _received(login: Login, path: str, answer: "asyncio.Future[str]") -> tuple[HTTPStatus, str]:
    if urlsplit(path).path != _PATH or answer.done():
        return HTTPStatus.NOT_FOUND, "There is nothing here."
    if not login.is_answer(path):
        return HTTPStatus.BAD_REQUEST, "This answers another login; nothing was done."
    answer.set_result(path)
    return HTTPStatus.OK, "Go back to the terminal: it says what came of it."


def _page(status: HTTPStatus, said: str) -> bytes:
    body = f"<!doctype html><title>reelbot</title><p>{said}</p>".encode()
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Content-Security-Policy: default-src 'none'",
        "Referrer-Policy: no-referrer",  # the address holds the code
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


# --- what X says -------------------------------------------------------------------------------


def _query(address: str) -> Mapping[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    except ValueError:  # [ and such
        return {}


def _denied(word: str) -> PublishError:
    if word == "access_denied":
        return TargetPaused("The app was not allowed in, so nothing was stored.", hint=_ANEW)
    return TargetPaused(f"X did not let anybody decide ({clean(word)}).", hint=_ANEW)


def _refused(response: httpx.Response) -> PublishError:
    status, words = response.status_code, said(decode(response))
    told = f"“{words}”" if words else f"status {response.status_code}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return TargetUnavailable(f"X answered the login with {status}.", hint=_ANEW)
    if status == HTTPStatus.UNAUTHORIZED:
        return TargetPaused(
            f"X does not take the app for itself: {told}.",
            hint="Client id and client secret must be those of one app, under its OAuth 2.0 keys; "
            "an app of the type Web App or Bot needs the secret.",
        )
    return TargetPaused(
        f"X does not take the login: {told}.",
        hint=f"A code is good once, for 30 seconds. {_ANEW}",
    )


def _token(response: httpx.Response, clock: Clock) -> Token:
    answer = decode(response) or {}
    try:
        return Token(
            access=str(answer["access_token"]),
            refresh=str(answer["refresh_token"]),
            expires_at=clock.now() + timedelta(seconds=float(str(answer["expires_in"]))),
            scopes=tuple(str(answer.get("scope") or "").split()),
            handle="",
        )
    except (KeyError, ValueError, OverflowError):  # no cause: it might quote a token
        raise TargetUnavailable(
            "X's answer to the login is not what it documents.", hint=_ANEW
        ) from None
