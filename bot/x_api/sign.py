"""Signatures: how a request shows whose it is.

The only module that has tweepy sign. The invariant: what makes a request ours stays in its
`Authorization` header and goes nowhere else.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import timedelta

import httpx

from bot.ports import Clock
from bot.x_api.token import Token, TokenFile

#: How long before its end a token is renewed: longer than any request is under way.
_EARLY = timedelta(minutes=2)


def oauth1(api_key: str, api_secret: str, token: str, token_secret: str) -> httpx.Auth:
    """Return what signs as one account, by OAuth 1.0a (RFC 5849).

    Bodies of JSON and multipart are no part of such a signature, so they may be streams.
    """
    return _OAuth1(api_key, api_secret, token, token_secret)


class _OAuth1(httpx.Auth):
    def __init__(self, *secrets: str) -> None:
        # tweepy brings much along: only for those who post to X.
        from requests import PreparedRequest  # noqa: PLC0415 - see above
        from tweepy import OAuth1UserHandler  # type: ignore[import-untyped]  # noqa: PLC0415

        self._blank = PreparedRequest
        self._sign = OAuth1UserHandler(*secrets).apply_auth()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Sign *request*: its method, address and query, with a nonce of its own."""
        signed = self._blank()
        # Set, not prepared: what is signed must be the address as httpx sends it.
        signed.method, signed.url = request.method, str(request.url)
        signed.prepare_headers({})
        request.headers["authorization"] = self._sign(signed).headers["Authorization"]
        yield request


class OAuth2(httpx.Auth):
    """Signs as the account that logged in with OAuth 2.0, and keeps its login fresh."""

    def __init__(self, tokens: TokenFile, renew: Callable[[Token], Token], *, clock: Clock) -> None:
        """Make it.

        Args:
            tokens: keeps the login.
            renew: makes a new pair of an old one; blocks, and is called in a thread.
            clock: tells when a token ends.
        """
        self._tokens = tokens
        self._renew_token = renew
        self._clock = clock
        self._renewing = asyncio.Lock()  # many segments at once meet the end of a token

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign *request*; a 401 renews once and sends it again, as X surely did nothing."""
        token = self._tokens.load()  # another process may have renewed it
        if token.expires_at - self._clock.now() < _EARLY:
            token = await self._renew(token)
        response = yield _bearing(request, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            yield _bearing(request, await self._renew(token))

    async def _renew(self, stale: Token) -> Token:
        """Return the pair that follows *stale*, whoever has asked for it.

        In a thread: what X answers is kept even when whoever waited for it is cancelled.
        """
        async with self._renewing:
            return await asyncio.to_thread(self._renew_once, stale)

    def _renew_once(self, stale: Token) -> Token:
        with self._tokens.hold():
            token = self._tokens.load()
            if token.access != stale.access:
                return token
            self._tokens.store(token)  # what the disk does not take must not be asked for
            fresh = self._renew_token(token)
            self._tokens.store(fresh)
            return fresh


def _bearing(request: httpx.Request, token: Token) -> httpx.Request:
    request.headers["authorization"] = f"Bearer {token.access}"
    return request
