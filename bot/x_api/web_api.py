"""One call of X's API, and what its answer means.

The publisher, the upload and `Access` call it. Its one invariant: it sends once, and what it raises
says whether X may have done as asked all the same.
"""

from collections.abc import Mapping
from datetime import timedelta

import httpx

from bot.errors import AmbiguousPost, PublishError, TargetUnavailable
from bot.ports import Clock
from bot.x_api.refusal import Answer, Place, decode, refuse, told_time

#: What went wrong before a byte of the request was sent.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_MAY_HAVE_HAPPENED = {408, 409, 425}


class XApi:
    """The API as one account sees it."""

    def __init__(self, client: httpx.AsyncClient, auth: httpx.Auth, *, clock: Clock) -> None:
        """Make it.

        Args:
            client: knows the address and the timeouts; many accounts may share it.
            auth: the account's.
            clock: compared with X's.
        """
        self._client = client
        self._auth = auth
        self._clock = clock
        #: Our clock minus X's, by the last answer; None until one told.
        self.skew: timedelta | None = None
        #: What the token may do, as the last answer told: `read-write`; None if it did not.
        self.access: str | None = None

    async def read(
        self,
        method: str,
        path: str,
        place: Place,
        *,
        json: object = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call what may be repeated: as `call`, but a lost answer is `TargetUnavailable`."""
        try:
            return await self.call(method, path, place, json=json, params=params)
        except AmbiguousPost as error:
            raise TargetUnavailable(str(error), hint="It is tried again by itself.") from error

    async def call(
        self,
        method: str,
        path: str,
        place: Place,
        *,
        json: object = None,
        params: Mapping[str, str] | None = None,
        content: httpx.AsyncByteStream | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer; empty if X said nothing but that it is done.

        *content* must be readable again: a request that meets a 401 was not done, and is signed
        anew. Raises `AmbiguousPost` when X may have done it; `TargetUnavailable`, `TargetPaused`
        and `PostRejected` mean that it surely did not.
        """
        request = self._client.build_request(
            method, path, json=json, params=params, content=content, headers=headers
        )
        try:
            response = await self._client.send(request, auth=self._auth, follow_redirects=False)
        except NOT_SENT as error:
            raise TargetUnavailable(
                f"X could not be reached ({type(error).__name__}).",
                hint="Check the network and X_API_URL; it is tried again by itself.",
            ) from error
        except httpx.HTTPError as error:
            raise _lost(f"no answer to {method} {path} came ({type(error).__name__})") from error
        self._note(response)
        return self._read(response, f"{method} {path}", place)

    def _note(self, response: httpx.Response) -> None:
        if told := told_time(response):
            self.skew = self._clock.now() - told
        self.access = response.headers.get("x-access-level")

    def _read(self, response: httpx.Response, call: str, place: Place) -> Answer:
        if failed := self._failed(response, call, place):
            raise failed
        answer = decode(response) if response.content else {}
        if answer is None:
            raise _lost(f"its answer to {call} cannot be read")
        return answer

    def _failed(self, response: httpx.Response, call: str, place: Place) -> PublishError | None:
        status = response.status_code
        if response.is_success:
            return None
        if response.is_client_error and status not in _MAY_HAVE_HAPPENED:
            return refuse(response, place, now=self._clock.now())
        return _lost(f"it answered {call} with {status}")


def _lost(how: str) -> AmbiguousPost:
    return AmbiguousPost(
        f"X did not say whether it was done: {how}.", hint="It is looked for by itself."
    )
