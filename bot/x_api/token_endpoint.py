"""The place where X hands out tokens: it makes a new pair of an old one.

Its one invariant: it asks once. A refresh token serves once, so when the answer is lost only X
knows whether the login still stands, and a person is told.

Shapes: docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code; RFC 6749 §5, §6.
"""

from datetime import timedelta
from urllib.parse import quote

import httpx

from bot.errors import PublishError, TargetPaused, TargetUnavailable
from bot.ports import Clock
from bot.x_api.refusal import decode, said
from bot.x_api.token import LOG_IN, Token
from bot.x_api.web_api import NOT_SENT

_PATH = "/2/oauth2/token"
#: Seconds for each step of the request: connecting, sending, the answer.
_TIMEOUT = 20.0


class TokenEndpoint:
    """The endpoint, as one client of it."""

    def __init__(
        self, url: str, *, client_id: str, client_secret: str | None, clock: Clock
    ) -> None:
        """Make it.

        Args:
            url: of the API.
            client_id: of the app.
            client_secret: None for a public client.
            clock: tells when the new token ends.
        """
        self._url = url
        self._clock = clock
        self._client: dict[str, str] = {}
        self._auth = httpx.Auth()  # adds nothing
        if client_secret is None:
            self._client = {"client_id": client_id}
        else:  # both encoded, as RFC 6749 §2.3.1 asks
            pair = (quote(client_id, safe=""), quote(client_secret, safe=""))
            self._auth = httpx.BasicAuth(*pair)

    def renew(self, token: Token) -> Token:
        """Return the pair that follows *token*, which no longer serves; blocks.

        Raises `TargetUnavailable` when X was not reached or could not answer, and `TargetPaused`
        when the login has ended, or may have.
        """
        now = self._clock.now()
        answer = self._ask({"grant_type": "refresh_token", "refresh_token": token.refresh}, token)
        try:
            return Token(
                access=str(answer["access_token"]),
                refresh=str(answer.get("refresh_token") or token.refresh),
                expires_at=now + timedelta(seconds=float(str(answer["expires_in"]))),
                scopes=tuple(str(answer.get("scope") or "").split()) or token.scopes,
                handle=token.handle,
            )
        except (KeyError, ValueError, OverflowError):
            raise _lost("its answer cannot be read", token) from None

    def _ask(self, form: dict[str, str], token: Token) -> dict[str, object]:
        try:
            with httpx.Client(base_url=self._url, timeout=_TIMEOUT) as client:
                response = client.post(_PATH, data=form | self._client, auth=self._auth)
        except NOT_SENT as error:
            raise TargetUnavailable(
                f"X could not be reached to renew the login ({type(error).__name__}).",
                hint="Check the network and X_API_URL; it is tried again by itself.",
            ) from error
        except httpx.HTTPError as error:
            raise _lost(f"no answer came ({type(error).__name__})", token) from error
        answer = decode(response)
        if response.is_success and answer is not None:
            return dict(answer)
        raise _refused(response, token)


def _refused(response: httpx.Response, token: Token) -> PublishError:
    status, answer = response.status_code, decode(response)
    if response.is_server_error or status == httpx.codes.TOO_MANY_REQUESTS:
        return TargetUnavailable(
            f"X could not renew the login of {token.handle} (status {status}).",
            hint="It is tried again by itself.",
        )
    if response.is_success:
        return _lost("its answer cannot be read", token)
    if answer is None:
        return TargetPaused(
            f"What stands at X_API_URL answered {_PATH} with {status}.",
            hint="Check X_API_URL, and a proxy on the way there.",
        )
    if answer.get("error") in {"unauthorized_client", "invalid_client"}:
        return TargetPaused(
            f"X does not accept the app that {token.handle} logged in with: “{said(answer)}”.",
            hint="Check the client id and the client secret; a public client has no secret.",
        )
    return TargetPaused(f"The X login of {token.handle} has ended: “{said(answer)}”.", hint=LOG_IN)


def _lost(how: str, token: Token) -> TargetPaused:
    return TargetPaused(
        f"X did not say whether it renewed the login of {token.handle}: {how}.", hint=LOG_IN
    )
