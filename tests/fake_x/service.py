"""The fake as an application: it logs a call, meets it with its fault, checks it and does it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tests.fake_x.accounts import Account, People
from tests.fake_x.billing import limit_headers
from tests.fake_x.body import append_fields, json_object
from tests.fake_x.door import Caller, Door, admit
from tests.fake_x.fault import Cut, Garbled, Hang, Planned, RateLimit, Reset, Slow, Status
from tests.fake_x.media import Library
from tests.fake_x.oauth1 import Signed
from tests.fake_x.oauth2 import Consents
from tests.fake_x.operation import OPERATIONS, Call, Operation, World
from tests.fake_x.posts import Feed
from tests.fake_x.refusal import Refusal, no_credits, problem, too_many
from tests.fake_x.retired import upload
from tests.fake_x.shape import check_body, check_query
from tests.fake_x.wire import Halved, read, reset, reset_half_way, target

_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Service:
    """An ASGI application for uvicorn."""

    def __init__(self, clock: Any = None, *, hashing: bool = True) -> None:
        self.people = People()
        self.library = Library(hashing=hashing)
        self.feed = Feed(self.library)
        self.world = World(clock or SystemClock(), self.people, self.library, self.feed)
        self.credits, self.limits = self.world.credits, self.world.limits
        #: What signatures are held against.
        self.wall_clock: Any = self.world.clock
        #: Seconds by which X's clock is ahead: in the `Date` of answers, and for signatures.
        self.skew = 0.0
        self.consents = Consents(self.people)
        #: Who is logged in at the browser, and says yes; None says no.
        self.person: Account | None = None
        #: All that arrived, in order.
        self.calls: list[Call] = []
        #: How many TCP connections were opened.
        self.connections = 0
        #: Real seconds of a simulated round trip; the first call of a connection waits for two.
        self.delay = 0.0
        #: Whether the upload of version 1.1 is still there.
        self.retired = False
        self._door = Door(self.people)
        self._planned: list[Planned] = []
        self._fresh: set[Any] = set()
        self._app = Starlette(routes=self._routes())

    def _routes(self) -> list[Route]:
        routes = [Route(one.path, self._endpoint(one), methods=[one.method]) for one in OPERATIONS]
        return [
            *routes,
            Route("/2/oauth2/token", self._token, methods=["POST"]),
            Route("/i/oauth2/authorize", self._authorize, methods=["GET"]),
            Route("/1.1/media/upload.json", self._retired, methods=["POST"]),
            Route("/-/log", self._log, methods=["GET"]),
            Route("/{rest:path}", self._unknown, methods=_METHODS),
        ]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["fake_x.transport"] = send.__self__.transport
        await self._app(scope, receive, send)

    # --- answering -------------------------------------------------------------------------------

    def _endpoint(self, one: Operation) -> Callable:
        async def answer(request: Request) -> Response:
            return await self._answer(
                request, one.name, lambda call, raw: self._do(one, call, request, raw)
            )

        return answer

    async def _token(self, request: Request) -> Response:
        def does(call: Call, raw: bytes) -> Response:
            call.body = dict(parse_qsl(raw.decode(), keep_blank_values=True))
            authorization = call.headers.get("authorization", "")
            answer = self.consents.token(call.body, authorization, self.world.now())
            return self._response(call, 200, answer, {"cache-control": "no-store"})

        return await self._answer(request, "token", does)

    async def _authorize(self, request: Request) -> Response:
        def does(call: Call, raw: bytes) -> Response:
            url = str(request.url)
            target = self.consent(url, self.person) if self.person else self.deny(url)
            call.status, call.answer = 302, target
            return RedirectResponse(target, 302)

        return await self._answer(request, "authorize", does)

    async def _retired(self, request: Request) -> Response:
        if not self.retired:
            return await self._unknown(request)

        def does(call: Call, raw: bytes) -> Response:
            assert self.person
            kind, now = call.headers.get("content-type", ""), self.world.now()
            return self._response(call, *upload(self.library, self.person, raw, kind, now), {})

        return await self._answer(request, "retired", does)

    async def _unknown(self, request: Request) -> Response:
        def does(call: Call, raw: bytes) -> Response:
            raise Refusal(404, problem(404, "Not Found", "Not Found").body)

        return await self._answer(request, "unknown", does)

    async def _log(self, request: Request) -> Response:
        names = sorted({call.name for call in self.calls})
        counts = {name: self.count(name) for name in names}
        media = {one.id: one.size for one in self.library.all.values()}
        said = {"connections": self.connections, "calls": counts, "media": media}
        return Response(json.dumps(said), media_type="application/json")

    async def _answer(
        self, request: Request, name: str, does: Callable[[Call, bytes], Response]
    ) -> Response:
        """Log the call, and let it end as planned."""
        call = self._arrived(request, name)
        fault = call.fault
        if isinstance(fault, Reset) and fault.reading:
            return await reset_half_way(request)
        try:
            raw = await read(request)
        except ClientDisconnect:
            return Response()
        await self._wait(request)

        def run() -> Response:
            try:
                if raw is None:
                    raise Refusal(413, "<html>413 Payload Too Large</html>")
                return does(call, raw)
            except Refusal as refusal:
                return self._response(call, refusal.status, refusal.body, refusal.headers)

        return await self._end(request, call, run)

    def _arrived(self, request: Request, name: str) -> Call:
        headers = {k.lower(): v for k, v in request.headers.items()}
        call = Call(
            name=name,
            method=request.method,
            path=request.url.path,
            at=self.world.now(),
            query=dict(request.query_params),
            headers=headers,
            id=request.path_params.get("id", ""),
            account=self._door.guess(headers.get("authorization", "")),
        )
        handle = call.account.handle if call.account else None
        call.fault = next((p.fault for p in self._planned if p.hits(name, handle)), None)
        self.calls.append(call)
        return call

    def _do(self, one: Operation, call: Call, request: Request, raw: bytes) -> Response:
        """Do what was asked for, if all that X checks before is right."""
        caller = self._enter(one, call, request, raw)
        headers = {"x-access-level": caller.level} if caller.level else {}
        headers |= self.world.limits.take(one.name, caller.account, self.world.now())
        self.world.credits.check(one.name, self.people.app.owner)
        self._check_shape(one, call, raw)
        try:
            status, answer = one.does(self.world, call)
        except Refusal as refusal:
            refusal.headers = headers | refusal.headers
            raise
        finally:
            call.content = b""
        return self._response(call, status, answer, headers)

    def _enter(self, one: Operation, call: Call, request: Request, raw: bytes) -> Caller:
        """Check the token."""
        form = "application/x-www-form-urlencoded" in call.headers.get("content-type", "")
        signed = Signed(
            request.method,
            f"{request.url.scheme}://{call.headers['host']}{target(request)}",
            call.headers.get("authorization", ""),
            raw.decode() if form else "",
        )
        wall = self.wall_clock.now() + timedelta(seconds=self.skew)
        caller = self._door.check(signed, now=self.world.now(), wall=wall)
        admit(caller, one.scopes, app=one.app, writes=one.writes)
        return caller

    def _check_shape(self, one: Operation, call: Call, raw: bytes) -> None:
        call.asked = check_query(one.name, call.query)
        if one.name == "append":
            call.body, call.content = append_fields(raw, call.headers.get("content-type", ""))
            call.body["bytes"] = len(call.content)
        elif one.body is not None:
            call.body = json_object(raw)
            check_body(call.body, one.body, (one.method, one.path))

    def _response(self, call: Call, status: int, answer: Any, headers: dict) -> Response:
        """Build the answer; text is HTML, None is nothing."""
        call.status, call.answer = status, answer
        now = self.world.now().astimezone(UTC) + timedelta(seconds=self.skew)
        headers = {"date": format_datetime(now, usegmt=True), "api-version": "2.167", **headers}
        if answer is None:
            return Response(b"", status, headers)
        if isinstance(answer, str):
            return Response(answer, status, headers, "text/html")
        kind = "application/problem+json" if "title" in answer else "application/json"
        return Response(json.dumps(answer), status, headers, kind)

    async def _wait(self, request: Request) -> None:
        transport = request.scope["fake_x.transport"]
        trips = 2 if transport in self._fresh else 1
        self._fresh.discard(transport)
        if self.delay:
            await asyncio.sleep(self.delay * trips)

    # --- faults ----------------------------------------------------------------------------------

    async def _end(self, request: Request, call: Call, run: Callable[[], Response]) -> Response:
        """Do and answer, as the call's fault lets it."""
        match call.fault:
            case None:
                return run()
            case Slow(seconds):
                answer = run()
                await asyncio.sleep(seconds)
                return answer
            case RateLimit(seconds):
                until = int(self.world.now().timestamp()) + seconds
                refused = too_many(limit_headers(100, 0, until))
                return self._undone(call, refused.status, refused.body, refused.headers)
            case Garbled() | Cut() as fault:
                return Halved(run(), honest=isinstance(fault, Garbled))
            case Status(code, body, headers, happens):
                if happens:
                    run()
                return self._undone(
                    call, code, self._plain(code) if body is None else body, headers
                )
        return await self._silence(request, call, run)

    def _plain(self, code: int) -> dict | str:
        """Return the body that X sends with that status."""
        if code == 402:
            return no_credits(self.people.app.owner).body
        title = HTTPStatus(code).phrase
        return problem(code, title, title).body

    def _undone(self, call: Call, status: int, body: dict | str, headers: dict) -> Response:
        """Answer beside what was done: the log keeps what was."""
        kept = call.status, call.answer
        response = self._response(call, status, body, headers)
        call.status, call.answer = kept
        return response

    async def _silence(self, request: Request, call: Call, run: Callable[[], Response]) -> Response:
        fault = call.fault
        assert isinstance(fault, Reset | Hang)
        if fault.happens:
            run()
        if isinstance(fault, Reset):
            reset(request)
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return Response()
