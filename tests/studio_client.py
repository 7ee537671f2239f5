"""What tests say to a studio over HTTP, and what they expect of its answers.

A stand-in draws (`tests/studio_stand_in.py`), so that a render takes no time and goes as its prompt
says.
"""

import asyncio
import base64
import io
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from bot.studio import Studio

STAND_IN = "tests.studio_stand_in"
VIDEOS = "/v1/videos"

#: The fields of a Video and the JSON types of each, as the API description requires them.
VIDEO_FIELDS: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "object": (str,),
    "model": (str,),
    "status": (str,),
    "progress": (int,),
    "created_at": (int,),
    "completed_at": (int, type(None)),
    "expires_at": (int, type(None)),
    "prompt": (str, type(None)),
    "size": (str,),
    "seconds": (str,),
    "remixed_from_video_id": (str, type(None)),
    "error": (dict, type(None)),
}

Video = dict[str, Any]


def check_video(video: Video) -> Video:
    assert video.keys() == VIDEO_FIELDS.keys()
    for name, types in VIDEO_FIELDS.items():
        assert type(video[name]) in types, name
    assert video["object"] == "video"
    assert video["status"] in {"queued", "in_progress", "completed", "failed"}
    return video


class Turned:
    """A clock that stands where a test put it."""

    def __init__(self) -> None:
        self.now = datetime(2027, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(folder: Path, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    studio = Studio(folder, _renderer=STAND_IN, **options)
    await studio.open()
    try:
        transport = httpx.ASGITransport(studio.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
            yield client
    finally:
        await studio.close()


async def create(client: httpx.AsyncClient, prompt: str = "a cat", **fields: object) -> Video:
    answer = await client.post(VIDEOS, json={"prompt": prompt, **fields})
    assert answer.status_code == 200, answer.text
    return check_video(answer.json())


async def get(client: httpx.AsyncClient, video: Video) -> Video:
    return check_video((await client.get(f"{VIDEOS}/{video['id']}")).json())


async def until(client: httpx.AsyncClient, video: Video, *status: str, within: float = 60) -> Video:
    deadline = time.monotonic() + within
    while (seen := await get(client, video))["status"] not in status:
        assert time.monotonic() < deadline, seen
        await asyncio.sleep(0.01)
    return seen


async def until_it_moves(client: httpx.AsyncClient, video: Video, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while (seen := await get(client, video))["progress"] == 0:
        assert time.monotonic() < deadline, seen
        await asyncio.sleep(0.01)


async def held(folder: Path, within: float = 60) -> int:
    """Wait until a render holds; the id of its process."""
    deadline = time.monotonic() + within
    while not (text := _text(folder / "held")):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    return int(text)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


async def eventually(condition: Callable[[], bool], within: float = 10) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def an_image(size: tuple[int, int] = (720, 1280), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


def data_url(image: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(image).decode()}"


def assert_refused(
    answer: httpx.Response, status: int, code: str | None, param: str | None = None
) -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["message"]
    assert (error["code"], error["param"]) == (code, param)
