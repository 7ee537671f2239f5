"""Incoming webhooks: a vendor says that a video is finished, and its run looks at once.

`app` builds `Hooks`, `web.build` serves its route, and `run` passes the hints on. A webhook is
only a hint: nothing of its body is believed but which video to look at, and whatever is lost here
the usual looks find. Nothing is done before the signature holds; no body and no secret is logged.

Signed as https://www.standardwebhooks.com says; `video.completed` and `video.failed` with the
video's id under `data.id` as OpenAI's Videos API sends them.
"""

import asyncio
import base64
import binascii
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus

import structlog
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.domain.video import LONGEST_ID
from bot.errors import ConfigError
from bot.web.seen import Seen

#: A real one has some 200 bytes.
MAX_BYTES = 64 * 1024
#: A body is read up to here and thrown away, so that its sender hears the answer.
_HEARD_BYTES = 1024 * 1024
#: A sender that has not sent its body after this is slow on purpose; seconds.
_READ_SECONDS = 10.0
#: Hints that wait to be passed on at most; further ones are dropped.
_MOST_WAITING = 10_000
#: A video that nobody knows is looked up again after this: its create may not be written down
#: yet, if the vendor was very quick. Seconds.
_AGAIN_SECONDS = 2.0
#: The same refusal is logged this often: whoever finds the address could fill the disk. Seconds.
_TELL_SECONDS = 60.0
#: The standard's least length of a secret, which nobody can guess; bytes.
_SECRET_BYTES = 24

_TYPES = {"video.completed", "video.failed"}

#: Gives the run of a provider's video, None without one.
Find = Callable[[str, str], Awaitable[str | None]]
#: Has a run look at its provider.
Nudge = Callable[[str], Awaitable[None]]

log = structlog.get_logger("reelbot")


class Outcome(StrEnum):
    """What became of a webhook; each has one."""

    NUDGED = "nudged"  #: The run of its video was told.
    UNKNOWN = "unknown"  #: No run of ours asked for its video.
    REPEATED = "repeated"  #: It had come before.
    IGNORED = "ignored"  #: It is about something else.
    DROPPED = "dropped"  #: It could not be passed on; the usual looks find what it told of.
    UNAUTHORIZED = "unauthorized"
    MALFORMED = "malformed"
    OVERSIZED = "oversized"
    NOT_FOUND = "not_found"


_STATUS = {
    Outcome.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    Outcome.MALFORMED: HTTPStatus.BAD_REQUEST,
    Outcome.OVERSIZED: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Outcome.NOT_FOUND: HTTPStatus.NOT_FOUND,
}


class _Refused(Exception):  # not a failure: the answer is "no", and why
    def __init__(self, outcome: Outcome, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hint:
    provider: str
    video_id: str
    #: It was unknown once.
    again: bool = False


def read_secrets(name: str, text: str) -> Sequence[Webhook]:
    """Return what verifies with the secrets in *text*, which blanks separate: old and new ones.

    Raises `ConfigError` that names the variable *name* and repeats no secret.
    """
    try:
        keys = [_key(secret) for secret in text.split()]
    except (ValueError, binascii.Error):
        keys = []
    if not keys:
        raise ConfigError(
            f"{name} must be whsec_ and at least {_SECRET_BYTES} bytes in base64.",
            hint="Copy the webhook's signing secret from the vendor; blanks separate several.",
        )
    return [Webhook(key) for key in keys]


def _key(secret: str) -> bytes:
    prefix, encoded = secret[:6], secret[6:].rstrip("=")
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    if prefix != "whsec_" or len(key) < _SECRET_BYTES:
        raise ValueError
    return key


class Hooks:
    """Takes webhooks in and passes them on as hints; belongs to one event loop."""

    def __init__(
        self, secrets: Mapping[str, Sequence[Webhook]], *, count: Callable[[str], None]
    ) -> None:
        """Take webhooks of the providers that have *secrets*; *count* hears every `Outcome`."""
        self._secrets = secrets
        self._count = count
        self._seen = Seen()
        self._waiting: asyncio.Queue[_Hint] = asyncio.Queue(_MOST_WAITING)
        self._told: dict[tuple[str, str], float] = {}

    def routes(self) -> list[Route]:
        """Return the one route. Unknown providers and those without a secret look the same."""
        return [Route("/webhooks/{provider}", self._receive, methods=["POST"])]

    @asynccontextmanager
    async def run(self, *, find: Find, nudge: Nudge) -> AsyncGenerator[None]:
        """Pass hints on while the context is open; what came before waits for it.

        *find* gives the run of a provider's video, *nudge* has it look. Hints that are left at
        the end are lost.
        """
        drain = asyncio.create_task(self._drain(find, nudge))
        try:
            yield
        finally:
            drain.cancel()
            await asyncio.gather(drain, return_exceptions=True)

    async def _drain(self, find: Find, nudge: Nudge) -> None:
        while True:
            hint = await self._waiting.get()
            try:
                outcome = await self._pass_on(hint, find, nudge)
            except Exception as e:  # noqa: BLE001  # the next hint may fare better
                log.warning("webhook lost", provider=hint.provider, error=str(e))
                outcome = Outcome.DROPPED
            if outcome:
                self._count(outcome)

    async def _pass_on(self, hint: _Hint, find: Find, nudge: Nudge) -> Outcome | None:
        """Return what became of the webhook; None when it is to be looked up once more."""
        run_id = await find(hint.provider, hint.video_id)
        if run_id is not None:
            await nudge(run_id)
            return Outcome.NUDGED
        if hint.again:
            return Outcome.UNKNOWN
        later = replace(hint, again=True)
        asyncio.get_running_loop().call_later(_AGAIN_SECONDS, self._offer, later)
        return None

    def _offer(self, hint: _Hint) -> None:
        try:
            self._waiting.put_nowait(hint)
        except asyncio.QueueFull:
            self._count(Outcome.DROPPED)

    async def _receive(self, request: Request) -> Response:
        """Answer; whatever takes time comes after the answer."""
        provider = request.path_params["provider"]
        try:
            await self._take(provider, request)
        except _Refused as refused:
            self._count(refused.outcome)
            if refused.outcome is not Outcome.NOT_FOUND:
                self._tell(provider, f"{refused}")
            oversized = refused.outcome is Outcome.OVERSIZED
            raise HTTPException(
                _STATUS[refused.outcome], headers={"connection": "close"} if oversized else None
            ) from None
        return Response()

    async def _take(self, provider: str, request: Request) -> None:
        if provider not in self._secrets:
            raise _Refused(Outcome.NOT_FOUND, "no such provider")
        body = await _read(request)
        _verify(self._secrets[provider], body, request.headers)
        video_id = _video_of(body)
        if video_id is None:
            self._count(Outcome.IGNORED)
        elif not self._seen.add(f"{provider} {request.headers['webhook-id']}", time.monotonic()):
            self._count(Outcome.REPEATED)
        else:
            self._offer(_Hint(provider=provider, video_id=video_id))

    def _tell(self, provider: str, why: str) -> None:
        now = time.monotonic()
        if now - self._told.get((provider, why), -_TELL_SECONDS) >= _TELL_SECONDS:
            self._told[provider, why] = now
            log.warning("webhook refused", provider=provider, why=why)


async def _read(request: Request) -> bytes:
    """Return the body; nothing beyond `MAX_BYTES` is kept, whatever length was announced."""
    body, length = bytearray(), 0
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for chunk in request.stream():
                length += len(chunk)
                if length <= MAX_BYTES:
                    body += chunk
                elif length > _HEARD_BYTES:
                    break
    except (TimeoutError, ClientDisconnect):
        raise _Refused(Outcome.MALFORMED, "its body did not come") from None
    if length > MAX_BYTES:
        raise _Refused(Outcome.OVERSIZED, "it is too large")
    return bytes(body)


def _verify(secrets: Iterable[Webhook], body: bytes, headers: Mapping[str, str]) -> None:
    """Raise `_Refused` unless one of *secrets* has signed *body*, and lately."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise _Refused(Outcome.MALFORMED, "its body is not JSON") from None
    why = ""
    for secret in secrets:
        try:
            secret.verify(text, dict(headers), json_parse=False)
        except WebhookVerificationError as error:
            why = f"{error}"
        except ValueError:  # a list of signatures or base64 that is none
            why = "Invalid Signature Headers"
        else:
            return
    raise _Refused(Outcome.UNAUTHORIZED, why)


def _video_of(body: bytes) -> str | None:
    """Return the id of the video that is finished; None when it is about something else."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise _Refused(Outcome.MALFORMED, "its body is no event")
    if event["type"] not in _TYPES:
        return None
    data = event.get("data")
    video_id = data.get("id") if isinstance(data, dict) else None
    if not (isinstance(video_id, str) and 0 < len(video_id) <= LONGEST_ID):
        raise _Refused(Outcome.MALFORMED, "it names no video")
    if not video_id.isprintable():  # half a surrogate pair or NUL, which no database takes
        raise _Refused(Outcome.MALFORMED, "it names no video")
    return video_id
