"""A Videos API server that does what a test tells it to, and remembers what it was asked.

    api = FakeVideosApi(clock, seconds_to_finish=90)
    with api.serve() as base_url: ...          # real HTTP from a thread: survives a killed client
    async with api.serving() as base_url: ...  # real HTTP in this loop: `FakeClock` sees it
    httpx.ASGITransport(app=api)               # no sockets at all

Faults are queued per operation (`create`, which remixes, edits and extensions are too, `look`,
`list`, `content`, `delete`, `character`, or `any`), used up in order:

    api.fail("create", Status(503), jobs=1)        # the job exists, the answer says 503
    api.fail("create", Reset(), jobs=0)            # the connection is reset before anything happens
    api.fail("create", Hang(), jobs=1, after=30)   # no answer, and the job appears 30 s later
    api.fail("create", Reset(), jobs=2)            # two jobs match
    api.fail("look", Status(429, headers={"retry-after": "7"}), times=3)
    api.fail("content", Cut(1000))                 # promises everything, sends 1000 bytes

`api.jobs` are the jobs that exist, which is what would have been paid; `api.log` is every request;
`api.count("look")` counts. A job's state is a function of the clock alone, so work goes on whoever
has died meanwhile. `api.listing_lag` keeps jobs out of the listing for so many seconds.
`api.dialect` is one of `DIALECTS`: how a known kind of server deviates.
"""

import asyncio
import json
import socket
import threading
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.server import ServerState

from tests.quick_renderer import FILES

MP4, WEBP, JPEG = FILES.values()


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


# --- faults -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Status:
    """Answer with that status; *body* is JSON, or text as it is. None: the usual error body."""

    code: int
    body: object = None
    headers: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Reset:
    """Answer nothing and reset the connection."""


@dataclass(frozen=True)
class Hang:
    """Answer nothing until the client gives up."""


@dataclass(frozen=True)
class Cut:
    """Send the usual answer's headers and that many bytes of its body, then reset."""

    bytes: int


Fault = Status | Reset | Hang | Cut


@dataclass(frozen=True)
class _Planned:
    fault: Fault
    #: Jobs a failing create makes all the same, and after how many seconds.
    jobs: int
    after: float


# --- jobs and dialects --------------------------------------------------------------------------


#: An uploaded image: (file name, media type, bytes).
Reference = tuple[str, str, int] | None


@dataclass(frozen=True)
class FakeJob:
    id: str
    prompt: str
    model: str
    size: str
    seconds: str
    created_at: datetime
    finishes_at: datetime
    #: (code, message) of the failure it ends in.
    error: tuple[str, str] | None = None
    #: The reference image it came with.
    reference: Reference = None
    characters: tuple[str, ...] = ()
    #: The job it grew out of, and how.
    parent: str | None = None
    how: str | None = None
    #: The body that asked for it then.
    asked: dict | None = None

    def status(self, now: datetime) -> str:
        if now >= self.finishes_at:
            return "failed" if self.error else "completed"
        early = now < self.created_at + (self.finishes_at - self.created_at) / 10
        return "queued" if early else "in_progress"

    def video(self, now: datetime) -> dict:
        """Return it as the specification shows a Video."""
        status, length = self.status(now), self.finishes_at - self.created_at
        over = status in {"completed", "failed"}
        part = (now - self.created_at) / length if length else 1
        return {
            "id": self.id,
            "object": "video",
            "model": self.model,
            "status": status,
            "progress": 100 if over else int(100 * part),
            "created_at": int(self.created_at.timestamp()),
            "completed_at": int(self.finishes_at.timestamp()) if over else None,
            "expires_at": int(self.finishes_at.timestamp()) + 3600 if over else None,
            "prompt": self.prompt,
            "size": self.size,
            "seconds": self.seconds,
            "remixed_from_video_id": self.parent if self.how == "remix" else None,
            "error": {"code": self.error[0], "message": self.error[1]}
            if self.error and status == "failed"
            else None,
        }


def _envelope(code: int, message: str) -> object:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None}}


@dataclass(frozen=True)
class Dialect:
    """How a kind of server deviates from the specification."""

    #: Changes a Video before it is sent; gets the base URL as well.
    video: Callable[[dict, str], dict] = lambda video, base: video
    error: Callable[[int, str], object] = _envelope
    created: int = 200
    #: Whether a create must be a form; JSON goes unread, and its fields are missed.
    forms_only: bool = False
    #: What the listing answers; 200 is a listing.
    lists: int = 200
    #: What a look at a failed job answers, with the job as the body.
    failed_look: int = 200
    #: What `/content` answers although the video is there (`url` in the job serves it).
    content: int = 200
    #: Variants served; LiteLLM serves the MP4 for all of them.
    variants: str = "all"
    #: What a delete answers: the object of the specification, the job as `deleted`, or a status.
    deletes: str | int = "object"
    #: Whether it has remixes, edits, extensions and characters.
    whole: bool = True


def _words(**words: str) -> Callable[[dict], dict]:
    return lambda video: video | {"status": words.get(video["status"], video["status"])}


def _vllm_omni(video: dict, base: str) -> dict:
    error = video["error"] and {"code": 500, "message": video["error"]["message"]}
    return video | {"error": error, "expires_at": None}


def _sglang(video: dict, base: str) -> dict:
    url = f"{base}/files/{video['id']}.mp4" if video["status"] == "completed" else None
    return video | {"seconds": 4.04, "url": url, "file_path": "/out/a.mp4", "quality": "standard"}


def _litellm(video: dict, base: str) -> dict:
    return {k: v for k, v in video.items() if k != "prompt"} | {"usage": {"duration_seconds": 4.0}}


def _reseller(video: dict, base: str) -> dict:
    said = _words(queued="pending", in_progress="processing", completed="succeeded")(video)
    job = {"task_id": video["id"], "status": said["status"].upper(), "duration": 4}
    if video["status"] == "completed":
        job |= {"video_url": f"{base}/files/{video['id']}.mp4", "usage": {"cost": "0.25"}}
    if video["status"] == "failed":
        job |= {"error": video["error"]["message"]}
    return {"code": "success", "data": job}


#: What FastAPI says of a form field that is not there.
MISSED = {"type": "missing", "loc": ["body", "prompt"], "msg": "Field required", "input": None}

DIALECTS = {
    "openai": Dialect(),
    "vllm-omni": Dialect(
        video=_vllm_omni,
        failed_look=500,
        forms_only=True,
        error=lambda code, message: {"detail": message},
        whole=False,
    ),
    "sglang": Dialect(video=_sglang, content=400, variants="none", deletes="status", whole=False),
    "litellm": Dialect(video=_litellm, lists=400, variants="mp4", deletes=405, whole=False),
    "reseller": Dialect(
        video=_reseller,
        created=202,
        lists=404,
        content=404,
        variants="none",
        deletes=404,
        whole=False,
        error=lambda code, message: {"message": message, "code": code},
    ),
}


@dataclass(frozen=True)
class Entry:
    """One request."""

    op: str
    at: datetime
    job_id: str | None
    request: Request


# --- the server ---------------------------------------------------------------------------------


class FakeVideosApi:
    """An ASGI application under `/v1`; see the module."""

    def __init__(self, clock=None, *, seconds_to_finish: float = 60.0) -> None:
        self.clock = clock or SystemClock()
        #: Of jobs created from now on.
        self.seconds_to_finish = seconds_to_finish
        #: (code, message) that jobs created from now on end in.
        self.error: tuple[str, str] | None = None
        self.dialect = DIALECTS["openai"]
        self.listing_lag = 0.0
        #: Requests without this key are 401.
        self.key: str | None = None
        #: What `/content` serves.
        self.files = {
            "video": (MP4, "video/mp4"),
            "thumbnail": (WEBP, "image/webp"),
            "spritesheet": (JPEG, "image/jpeg"),
        }
        #: Whether `/content` sends ETag and serves ranges.
        self.ranges = True
        #: Names by id.
        self.characters: dict[str, str] = {}
        self.log: list[Entry] = []
        self._jobs: list[FakeJob] = []
        self._faults: dict[str, deque[_Planned]] = defaultdict(deque)
        self._app = Starlette(
            routes=[
                Route("/v1/videos", self._create, methods=["POST"]),
                Route("/v1/videos", self._list, methods=["GET"]),
                Route("/v1/videos/edits", self._edit, methods=["POST"]),
                Route("/v1/videos/extensions", self._extend, methods=["POST"]),
                Route("/v1/videos/characters", self._character, methods=["POST"]),
                Route("/v1/videos/characters/{id}", self._look_character, methods=["GET"]),
                Route("/v1/videos/{id}/remix", self._remix, methods=["POST"]),
                Route("/v1/videos/{id}", self._look, methods=["GET"]),
                Route("/v1/videos/{id}", self._delete, methods=["DELETE"]),
                Route("/v1/videos/{id}/content", self._content, methods=["GET"]),
                Route("/files/{id}.mp4", self._file, methods=["GET"]),
            ]
        )

    # --- what tests say and ask

    def fail(self, op: str, fault: Fault, *, times: int = 1, jobs: int = 0, after=0.0) -> None:
        """Let the next *times* requests of that operation (or `any`) end in *fault*."""
        self._faults[op].extend([_Planned(fault, jobs, after)] * times)

    def count(self, op: str) -> int:
        return sum(entry.op == op for entry in self.log)

    @property
    def jobs(self) -> list[FakeJob]:
        """Every job that exists now, oldest first."""
        return [job for job in self._jobs if job.created_at <= self.clock.now()]

    def add(self, *, prompt="a cat", model="m", size="1280x720", seconds="4", ago=0.0) -> FakeJob:
        """Let a job exist that was created *ago* seconds ago."""
        created = self.clock.now() - timedelta(seconds=ago)
        job = FakeJob(
            id=f"video_{len(self._jobs):06d}",
            prompt=prompt,
            model=model,
            size=size,
            seconds=str(seconds),
            created_at=created,
            finishes_at=created + timedelta(seconds=self.seconds_to_finish),
            error=self.error,
        )
        self._jobs.append(job)
        return job

    def forget(self) -> None:
        """Lose every job, as an in-memory server does at a restart."""
        self._jobs.clear()

    # --- serving

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve on a free port of 127.0.0.1 from a thread; yields the base URL, ending in `/v1`."""
        with _listening() as listener:
            server = uvicorn.Server(self._config())
            thread = threading.Thread(
                target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True
            )
            thread.start()
            try:
                yield _url(listener)
            finally:
                server.should_exit = server.force_exit = True
                thread.join(10)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve on a free port of 127.0.0.1 in this event loop; yields the base URL."""
        config, state = self._config(), ServerState()
        config.load()
        loop = asyncio.get_running_loop()
        with _listening() as listener:
            server = await loop.create_server(
                lambda: config.http_protocol_class(config, state, {}), sock=listener
            )
            try:
                yield _url(listener)
            finally:
                server.close()
                for connection in list(state.connections):
                    connection.transport.abort()
                await asyncio.gather(*state.tasks, return_exceptions=True)

    def _config(self) -> uvicorn.Config:
        return uvicorn.Config(
            self,
            http="h11",
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            date_header=False,  # the listing shows the fake's own clock
        )

    async def __call__(self, scope, receive, send) -> None:
        """Find out the operation, log it, and let it end as planned."""
        request = Request(scope, receive)
        op, job_id = _operation(request)
        self.log.append(Entry(op, self.clock.now(), job_id, request))
        planned = self._next_fault(op)
        if planned is None:
            await self._app(scope, receive, send)
            return
        if op == "create" and not isinstance(planned.fault, Cut):
            self._make(*await _fields(request), planned.jobs, planned.after)  # of words alone
        await self._end(planned.fault, scope, receive, send)

    def _next_fault(self, op: str) -> _Planned | None:
        for name in (op, "any"):
            if self._faults[name]:
                return self._faults[name].popleft()
        return None

    async def _end(self, fault: Fault, scope, receive, send) -> None:
        match fault:
            case Status(code, body, headers):
                body = self.dialect.error(code, "as planned") if body is None else body
                text = body if isinstance(body, str) else json.dumps(body)
                await Response(text, code, headers)(scope, receive, send)
            case Reset():
                _reset(send)
            case Hang():
                _hang(send)
                while (await receive())["type"] != "http.disconnect":
                    pass
            case Cut(bytes=limit):
                await self._app(scope, receive, _cutting(send, limit))

    # --- the operations

    def _make(
        self, fields: dict, reference: Reference, copies: int = 1, after: float = 0.0
    ) -> list[FakeJob]:
        cast = tuple(one["id"] for one in fields.get("characters", ()))
        fields = {k: fields[k] for k in ("prompt", "model", "size", "seconds") if k in fields}
        made = [self.add(**fields, ago=-after) for _ in range(copies)]
        made = [replace(job, reference=reference, characters=cast) for job in made]
        self._jobs[len(self._jobs) - copies :] = made
        return made

    async def _create(self, request: Request) -> Response:
        if refused := self._unauthorized(request):
            return refused
        if self.dialect.forms_only and "json" in request.headers["content-type"]:
            return JSONResponse({"detail": [MISSED]}, 422)
        fields, reference = await _fields(request)
        if not isinstance(fields.get("seconds"), str):
            return self._error(400, "Invalid type for 'seconds': expected a string.")
        (job,) = self._make(fields, reference)
        return JSONResponse(self._video(job, request), self.dialect.created)

    async def _remix(self, request: Request) -> Response:
        fields, _ = await _fields(request)
        return self._derive(request, "remix", request.path_params["id"], fields)

    async def _edit(self, request: Request) -> Response:
        fields, _ = await _fields(request)
        return self._derive(request, "edit", fields["video"]["id"], fields)

    async def _extend(self, request: Request) -> Response:
        fields, _ = await _fields(request)
        return self._derive(request, "extension", fields["video"]["id"], fields)

    def _derive(self, request: Request, how: str, parent: str, fields: dict) -> Response:
        """Make a job of the parent's shape; an extension's `seconds` are the added ones."""
        if refused := self._unauthorized(request):
            return refused
        known = next((job for job in self.jobs if job.id == parent), None)
        if known is None or not self.dialect.whole:
            return self._error(404, "There is no such video.")
        seconds = int(known.seconds) + int(fields.get("seconds", 0))
        shape = {"model": known.model, "size": known.size, "seconds": str(seconds)}
        (job,) = self._make({"prompt": fields["prompt"]} | shape, None)
        self._jobs[-1] = job = replace(job, parent=parent, how=how, asked=fields)
        return JSONResponse(self._video(job, request), self.dialect.created)

    async def _character(self, request: Request) -> Response:
        if refused := self._unauthorized(request):
            return refused
        if not self.dialect.whole:
            return self._error(405, "Method not allowed.")
        async with request.form() as form:
            name, clip = form["name"], await form["video"].read()
        if clip[4:8] != b"ftyp":
            return self._error(400, "That is no clip.")
        character_id = f"char_{len(self.characters)}"
        self.characters[character_id] = name
        return JSONResponse({"id": character_id, "name": name, "created_at": 0})

    async def _look_character(self, request: Request) -> Response:
        character_id = request.path_params["id"]
        if character_id not in self.characters:
            return self._error(404, "There is no such character.")
        name = self.characters[character_id]
        return JSONResponse({"id": character_id, "name": name, "created_at": 0})

    async def _delete(self, request: Request) -> Response:
        if refused := self._unauthorized(request):
            return refused
        if isinstance(self.dialect.deletes, int):
            return self._error(self.dialect.deletes, "Not here.")
        if (job := self._find(request)) is None:
            return self._error(404, "There is no such video.")
        if job.status(self.clock.now()) not in {"completed", "failed"}:
            return self._error(409, "The video is being made.")
        self._jobs.remove(job)
        if self.dialect.deletes == "status":
            return JSONResponse(self._video(job, request) | {"status": "deleted"})
        return JSONResponse({"id": job.id, "object": "video.deleted", "deleted": True})

    async def _list(self, request: Request) -> Response:
        if refused := self._unauthorized(request):
            return refused
        if self.dialect.lists != 200:
            return self._error(self.dialect.lists, "There is no listing.")
        until = self.clock.now() - timedelta(seconds=self.listing_lag)
        jobs = [job for job in self._jobs if job.created_at <= until]
        jobs.sort(key=lambda job: job.created_at)
        if request.query_params.get("order", "desc") == "desc":
            jobs.reverse()
        ids = [job.id for job in jobs]
        if (after := request.query_params.get("after")) in ids:
            jobs = jobs[ids.index(after) + 1 :]
        limit = int(request.query_params.get("limit", "20"))
        data = [self._video(job, request) for job in jobs[:limit]]
        shown = [job.id for job in jobs[:limit]] or [None]
        ends = {"first_id": shown[0], "last_id": shown[-1], "has_more": len(jobs) > limit}
        date = format_datetime(self.clock.now(), usegmt=True)
        return JSONResponse({"object": "list", "data": data} | ends, headers={"date": date})

    async def _look(self, request: Request) -> Response:
        if refused := self._unauthorized(request):
            return refused
        if (job := self._find(request)) is None:
            return self._error(404, "There is no such video.")
        failed = job.status(self.clock.now()) == "failed"
        code = self.dialect.failed_look if failed else 200
        return JSONResponse(self._video(job, request), code)

    async def _content(self, request: Request) -> Response:
        if refused := self._unauthorized(request):
            return refused
        job, variant = self._find(request), request.query_params.get("variant", "video")
        if job is None or job.status(self.clock.now()) != "completed":
            return self._error(404, "Video is not ready yet, check its status.")
        if self.dialect.content != 200 or variant not in self.files:
            return self._error(max(self.dialect.content, 400), "Use the URL of the video.")
        if self.dialect.variants == "none" and "variant" in request.query_params:
            return self._error(404, "There is no such output.")
        return self._send(request, "video" if self.dialect.variants == "mp4" else variant)

    async def _file(self, request: Request) -> Response:
        return self._send(request, "video")

    def _send(self, request: Request, name: str) -> Response:
        content, media_type = self.files[name]
        headers = {"etag": '"one"', "accept-ranges": "bytes"} if self.ranges else {}
        wanted = request.headers.get("range")
        if not wanted or not self.ranges:
            return Response(content, 200, headers, media_type)
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        headers["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return Response(content[start:], 206, headers, media_type)

    def _find(self, request: Request) -> FakeJob | None:
        return next((job for job in self.jobs if job.id == request.path_params["id"]), None)

    def _video(self, job: FakeJob, request: Request) -> dict:
        base = str(request.base_url).rstrip("/")
        return self.dialect.video(job.video(self.clock.now()), base)

    def _error(self, code: int, message: str) -> Response:
        return JSONResponse(self.dialect.error(code, message), code)

    def _unauthorized(self, request: Request) -> Response | None:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return self._error(401, f"Incorrect key: {request.headers.get('authorization')}")
        return None


def _operation(request: Request) -> tuple[str, str | None]:
    parts = request.url.path.strip("/").split("/")
    if parts[0] == "files" or parts[-1] == "content":
        return "content", parts[1] if parts[0] == "files" else parts[2]
    if "characters" in parts:
        return "character", None
    if request.method == "DELETE":
        return "delete", parts[2]
    if request.method == "POST":
        return "create", None
    return ("look", parts[2]) if len(parts) > 2 else ("list", None)


async def _fields(request: Request) -> tuple[dict, Reference]:
    """Return the fields of a create and what is known of its reference image."""
    if request.headers["content-type"].startswith("application/json"):
        return await request.json(), None
    async with request.form() as form:
        files = {name: part for name, part in form.items() if isinstance(part, UploadFile)}
        reference = files.get("input_reference")
        known = reference and (reference.filename, reference.content_type, reference.size)
        fields = {name: part for name, part in form.items() if name not in files}
        if cast := form.getlist("characters[][id]"):
            fields["characters"] = [{"id": one} for one in cast]
        return fields, known


def _transport(send):
    """Return the connection below uvicorn's `send`; None over `httpx.ASGITransport`."""
    return getattr(getattr(send, "__self__", None), "transport", None)


def _reset(send) -> None:
    transport = _transport(send)
    if transport is None:
        raise httpx.ReadError("reset, as planned")
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # a close that sends RST, not FIN
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def _hang(send) -> None:
    if _transport(send) is None:
        raise httpx.ReadTimeout("no answer, as planned")


def _cutting(send, limit: int):
    """Return a `send` that resets the connection after *limit* bytes of body."""

    async def cut(message) -> None:
        if message["type"] == "http.response.body":
            part = message.get("body", b"")[:limit]
            message = message | {"body": part, "more_body": _transport(send) is not None}
            await send(message)
            await asyncio.sleep(0)
            if _transport(send) is not None:
                _transport(send).close()
        else:
            await send(message)

    return cut


@contextmanager
def _listening() -> Iterator[socket.socket]:
    # asyncio turns delays off (TCP_NODELAY) only where the protocol is spelt out
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)  # connections queue until uvicorn takes them: no need to wait for it
        yield listener


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
