"""The fake itself: HTTP and WebSockets on loopback, and the logs that tests look at."""

import asyncio
import hashlib
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.fake_slack import chat, conversations, files, people, views  # noqa: F401 they register
from tests.fake_slack.chat import decoded
from tests.fake_slack.delivery import Delivery, post
from tests.fake_slack.fault import Fault, Hang, Planned, RateLimit, Refuse, Reset, Slow, Status
from tests.fake_slack.human import People
from tests.fake_slack.method import METHODS, Call
from tests.fake_slack.refusal import Refusal
from tests.fake_slack.response_url import ResponseUrls
from tests.fake_slack.socket_mode import Sockets
from tests.fake_slack.workspace import Channel, File, Token, Workspace

_STRUCTURED = {"attachments", "blocks", "files", "metadata", "view"}
SIGNING_SECRET = "signing-secret"


@dataclass
class Upload:
    """Bytes that arrived at an upload address."""

    file_id: str
    bytes: int
    sha256: str | None
    headers: dict[str, str]


class FakeSlack(People):
    """See `tests.fake_slack`."""

    def __init__(self, clock: Any = None, *, hashing: bool = True) -> None:
        self.workspace = Workspace(clock)
        self.sockets = Sockets()
        self.base = ""
        #: Logs: all that arrived, in order.
        self.calls: list[Call] = []
        self.uploads: list[Upload] = []
        self.responses: list[dict] = []
        self.deliveries: list[Delivery] = []
        #: Where to deliver by signed HTTP; None for Socket Mode.
        self.request_url: str | None = None
        self.signing_secret = SIGNING_SECRET
        #: By method: seconds (of the clock) between two calls about one channel.
        self.spacing: dict[str, float] = {}
        self._hashing = hashing
        self._planned: list[Planned] = []
        self._response_urls = ResponseUrls(self.workspace)
        self._last: dict[tuple[str, str | None], datetime] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- what tests look at and set --------------------------------------------------------------

    @property
    def api_url(self) -> str:
        """What belongs into SLACK_API_URL."""
        return f"{self.base}/api/"

    def fail(
        self, method: str, fault: Fault, *, times: int = 1, channel: str | None = None
    ) -> None:
        """Let the next *times* calls of *method* meet *fault*.

        Beside the Web API's methods there are `upload` and `response_url`; `any` is all of them.
        """
        self._planned.append(Planned(method, fault, channel, times))

    def count(self, method: str) -> int:
        """Return how many calls of *method* arrived."""
        if method == "upload":
            return len(self.uploads)
        return sum(call.method == method for call in self.calls)

    def called(self, method: str) -> list[dict]:
        """Return the arguments of every call of *method*."""
        return [call.args for call in self.calls if call.method == method]

    def messages(self, channel: str) -> list[dict]:
        """Return what everybody sees in *channel* now, oldest first."""
        self.workspace.show_shares()
        found = self.workspace.find(channel)
        assert found, f"there is no channel {channel}"
        return found.messages

    def clips(self, channel: str) -> list[dict]:
        """Return the messages in *channel* that show a file."""
        return [m for m in self.messages(channel) if m.get("files")]

    def seen_by(self, user: str) -> list[dict]:
        """Return what only *user* was shown."""
        return [message for _, who, message in self.workspace.ephemerals if who == user]

    def token(self, name: str) -> Token:
        return self.workspace.tokens[name]

    # --- serving ---------------------------------------------------------------------------------

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FakeSlack"]:
        """Serve in this event loop."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/upload/v1/{file}", self._upload)
        app.router.add_post("/response/{id}", self._respond)
        app.router.add_get("/files-pri/{file}", self._download)
        app.router.add_get("/link", self.sockets.connect)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        with _listening() as listener:
            self.base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            await web.SockSite(runner, listener).start()
            self._loop = asyncio.get_running_loop()
            try:
                yield self
            finally:
                await self.sockets.close()
                await runner.cleanup()

    @contextmanager
    def serve(self) -> Iterator["FakeSlack"]:
        """Serve from a thread: it outlives a client that is killed. Act through `ask`."""
        ready, over = threading.Event(), asyncio.Event()

        async def run() -> None:
            async with self.serving():
                ready.set()
                await over.wait()

        thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield self
        finally:
            assert self._loop
            self._loop.call_soon_threadsafe(over.set)
            thread.join(10)

    def ask(self, action: Coroutine[Any, Any, Any]) -> Any:
        """Do *action* in the thread of `serve` and return what it returns."""
        assert self._loop
        return asyncio.run_coroutine_threadsafe(action, self._loop).result(30)

    # --- the Web API -----------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        args = await _arguments(request)
        header = request.headers.get("authorization", "")
        token = args.pop("token", None) or header.removeprefix("Bearer ")
        call = Call(
            method=request.match_info["method"],
            args=args,
            token=token,
            workspace=self.workspace,
            at=self.workspace.now(),
            base=self.base,
        )
        self.calls.append(call)
        channel = _channel(args)
        fault = call.fault = self._meet(call.method, channel) or self._too_soon(call, channel)
        return await self._answer(request, fault, lambda: self._run(call))

    def _run(self, call: Call) -> web.Response:
        self.workspace.show_shares()
        scopes = frozenset[str]()
        try:
            token = self._check_token(call.token)
            scopes = token.scopes
            method = METHODS.get(call.method)
            if method is None:
                raise Refusal("unknown_method", req_method=call.method)
            call.answer = method.run(call, token)
        except Refusal as refusal:
            call.answer = refusal.answer
        headers = {"x-oauth-scopes": ",".join(sorted(scopes))} if scopes else {}
        return web.json_response(call.answer, headers=headers)

    def _check_token(self, name: str) -> Token:
        token = self.workspace.tokens.get(name)
        if not name:
            raise Refusal("not_authed")
        if token is None:
            raise Refusal("invalid_auth")
        if token.revoked:
            raise Refusal("token_revoked")
        return token

    def _meet(self, method: str, channel: str | None) -> Fault | None:
        for planned in self._planned:
            if planned.times and planned.hits(method, channel):
                planned.times -= 1
                return planned.fault
        return None

    def _too_soon(self, call: Call, channel: str | None) -> Fault | None:
        apart, key = self.spacing.get(call.method), (call.method, channel)
        last, now = self._last.get(key), self.workspace.now()
        if apart and last and now - last < timedelta(seconds=apart):
            return RateLimit(1)
        self._last[key] = now
        return None

    async def _answer(
        self, request: web.Request, fault: Fault | None, does: Callable[[], web.Response]
    ) -> web.StreamResponse:
        """Do what was asked for and answer, as *fault* lets it."""
        match fault:
            case None:
                return does()
            case Refuse(word, more):
                return web.json_response({"ok": False, "error": word, **more})
            case RateLimit(seconds):
                body = {"ok": False, "error": "ratelimited"}
                headers = {"retry-after": str(seconds)}
                return web.json_response(body, status=429, headers=headers)
            case Slow(seconds):
                answer = does()
                await asyncio.sleep(seconds)
                return answer
        if fault.happens:
            does()
        if isinstance(fault, Status):
            return web.Response(status=fault.code, text=fault.body, content_type="text/html")
        if isinstance(fault, Reset):
            _reset(request)
        hangs = isinstance(fault, Hang)
        while hangs and request.transport is not None:  # noqa: ASYNC110 nobody tells of its end
            await asyncio.sleep(0.01)
        return web.Response()

    # --- uploads ---------------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        file = self.workspace.files.get(request.match_info["file"])
        fault = self._meet("upload", None)
        if isinstance(fault, Reset) and not fault.happens:  # in the middle of the bytes
            await request.content.readany()
            return await self._answer(request, fault, web.Response)
        digest, size = hashlib.sha256(), 0
        while chunk := await request.content.readany():
            size += len(chunk)
            if self._hashing:
                digest.update(chunk)

        def keep() -> web.Response:
            headers = {k.lower(): v for k, v in request.headers.items()}
            name = request.match_info["file"]
            sha256 = digest.hexdigest() if self._hashing else None
            self.uploads.append(Upload(name, size, sha256, headers))
            if file is None or file.received is not None:
                return web.Response(status=404, text="Not Found")
            if size != file.length:
                return web.Response(status=400, text="the file has another length than announced")
            file.received, file.sha256 = size, sha256
            return web.Response(text=f"OK - {size}")

        return await self._answer(request, fault, keep)

    def add_picture(self, name: str, content: bytes) -> str:
        """Have a person's picture lie in Slack; return its id."""
        file = File(id=f"F{len(self.workspace.files):010}", name=name, length=len(content))
        file.received, file.completed_at = len(content), self.workspace.clock.now()
        file.content, file.address = content, f"{self.base}/files-pri/{file.id}"
        self.workspace.files[file.id] = file
        return file.id

    async def _download(self, request: web.Request) -> web.Response:
        file = self.workspace.files[request.match_info["file"]]
        if request.headers.get("authorization") != "Bearer xoxb-test":
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        return web.Response(body=file.content)

    # --- towards the bot -------------------------------------------------------------------------

    async def deliver(self, delivery: Delivery) -> Delivery:
        """Take *delivery* to the bot, by socket or by HTTP, and wait for its ack."""
        self.deliveries.append(delivery)
        if self.request_url:
            await post(delivery, self.request_url, self.signing_secret, self.sockets.patience)
        else:
            await self.sockets.deliver(delivery)
        return delivery

    def response_url(self, user: str, channel: Channel, message: dict | None = None) -> str:
        return f"{self.base}/response/{self._response_urls.issue(user, channel, message)}"

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        body, name = await request.json(), request.match_info["id"]
        self.responses.append(body)
        fault = self._meet("response_url", None)
        return await self._answer(request, fault, lambda: self._use(name, body))

    def _use(self, name: str, body: dict) -> web.Response:
        try:
            self._response_urls.use(name, body)
        except Refusal as refusal:
            gone = refusal.word in {"expired_url", "used_url"}
            return web.json_response(refusal.answer, status=404 if gone else 400)
        return web.Response(text="ok")


async def _arguments(request: web.Request) -> dict:
    """Return the arguments of a call, wherever they stand."""
    args: dict = dict(request.query)
    if request.content_type == "application/json":
        args |= json.loads(await request.text() or "{}")
    else:
        args |= dict(await request.post())
    return {k: decoded(v) if k in _STRUCTURED else v for k, v in args.items()}


def _channel(args: dict) -> str | None:
    for name in ("channel", "channel_id", "channels"):
        if args.get(name):
            return str(args[name])
    return None


def _reset(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # a close that sends RST, not FIN
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


@contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        yield listener
