"""One call of Slack's Web API, and what its answer means.

The publisher, the control room and `Channels` call it. Its one invariant: it sends once, and what
it raises says whether Slack may have done as asked all the same.
"""

import json
from collections.abc import Mapping

import httpx

from bot.errors import AmbiguousPost, PublishError, TargetPaused, TargetUnavailable
from bot.slack_api.refusal import Place, refuse

#: What went wrong before a byte of the request was sent.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
#: Words after which "it's possible some aspect of the operation succeeded", as Slack puts it.
LOST = {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
LIMITED = {"message_limit_exceeded", "rate_limited", "ratelimited"}
_MAY_HAVE_HAPPENED = {408, 409, 425}
#: Seconds to wait where Slack names none.
_PAUSE = 30.0

Answer = Mapping[str, object]
#: A text, or what is sent as JSON.
Argument = object


class WebApi:
    """The Web API of one workspace."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        #: What the token may do, as the last answer told; empty if none did.
        self.scopes: frozenset[str] = frozenset()

    async def read(
        self,
        method: str,
        place: Place,
        *,
        expect: frozenset[str] = frozenset(),
        **arguments: Argument,
    ) -> Answer:
        """Call what may be repeated: as `call`, but a lost answer is `TargetUnavailable`."""
        try:
            return await self.call(method, place, expect=expect, **arguments)
        except AmbiguousPost as error:
            raise TargetUnavailable(str(error), hint=error.hint) from error

    async def call(
        self,
        method: str,
        place: Place,
        *,
        expect: frozenset[str] = frozenset(),
        **arguments: Argument,
    ) -> Answer:
        """Return the answer, `ok` or with one of the *expect*ed words.

        Raises `AmbiguousPost` when Slack may have done it; `TargetUnavailable`, `TargetPaused` and
        `PostRejected` mean that it surely did not.
        """
        form = {k: v if isinstance(v, str) else json.dumps(v) for k, v in arguments.items()}
        try:
            response = await self._client.post(method, data=form, follow_redirects=False)
        except NOT_SENT as error:
            raise TargetUnavailable(
                f"Slack could not be reached ({type(error).__name__}).",
                hint="Check the network and SLACK_API_URL; it is tried again by itself.",
            ) from error
        except httpx.HTTPError as error:
            raise _lost(f"no answer to {method} came ({type(error).__name__})") from error
        answer = self._read(response, method)
        word = answer.get("error")
        if answer["ok"] or word in expect:
            return answer
        raise _meaning(str(word), place, answer)

    def _read(self, response: httpx.Response, method: str) -> Answer:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise _limited(response)
        if (
            response.is_server_error
            or response.has_redirect_location
            or status in _MAY_HAVE_HAPPENED
        ):
            raise _lost(f"it answered {method} with {status}")
        answer = _decode(response)
        if answer is None and response.is_client_error:
            raise TargetPaused(
                f"What stands at SLACK_API_URL answered {method} with {status}.",
                hint="Check SLACK_API_URL, and a proxy on the way there.",
            )
        if answer is None:
            raise _lost(f"its answer to {method} cannot be read")
        if not answer["ok"] and answer.get("error") in LIMITED:
            raise _limited(response)
        scopes = response.headers.get("x-oauth-scopes", "").replace(" ", "")
        self.scopes = frozenset(filter(None, scopes.split(",")))
        return answer


def _decode(response: httpx.Response) -> Answer | None:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and isinstance(answer.get("ok"), bool) else None


def _meaning(word: str, place: Place, answer: Answer) -> PublishError:
    return _lost(f"it answered {word}") if word in LOST else refuse(word, place, answer)


def _limited(response: httpx.Response) -> TargetUnavailable:
    seconds = response.headers.get("retry-after", "").strip()
    pause = float(seconds) if seconds.isdecimal() else _PAUSE
    return TargetUnavailable(
        "Slack asked to slow down.",
        hint="It is tried again by itself.",
        retry_after=pause,
    )


def _lost(how: str) -> AmbiguousPost:
    return AmbiguousPost(
        f"Slack did not say whether it was done: {how}.",
        hint="It is looked for by itself.",
    )
