"""Every request of our client, against OpenAI's published schema of the Videos API, strictly.

The schema is not ours to keep here: where it lies beside the checkout as `shared/data`, or in the
folder that `REELBOT_SHARED` names, it is read, and elsewhere these tests are skipped.
"""

import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError
from PIL import Image
from starlette.datastructures import UploadFile
from starlette.requests import Request

from bot.domain.video import (
    Capabilities,
    Derivation,
    Model,
    Origin,
    Variant,
    VideoRequest,
    VideoStatus,
)
from bot.providers.videos_api import VideosApiProvider
from tests.clock import FakeClock
from tests.fake_videos_api import FILES

NAME = Path("data/openai-videos.openapi.json")
#: What the guide has and the schema has not.
UNWRITTEN = {"characters"}
MODEL = Model(name="sora-2", sizes=("1280x720",), seconds=(4, 8), usd_per_second=Decimal("0.10"))
REQUEST = VideoRequest(prompt="a cat", model="sora-2", seconds=8, size="1280x720")


def schema_file() -> Path | None:
    folders = [parent / "shared" for parent in Path(__file__).parents]
    if named := os.environ.get("REELBOT_SHARED"):
        folders.insert(0, Path(named))
    return next((folder / NAME for folder in folders if (folder / NAME).exists()), None)


pytestmark = pytest.mark.skipif(
    schema_file() is None, reason=f"{NAME} is not beside the checkout, see REELBOT_SHARED"
)


@cache
def schema() -> dict[str, Any]:
    file = schema_file()
    assert file
    return json.loads(file.read_bytes())


def check(value: object, by: dict[str, Any]) -> None:
    """Raise unless *value* is what the part *by* of the schema says, and nothing beside."""
    Draft202012Validator({**by, "components": schema()["components"]}).validate(value)


def resolved(by: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in by:
        return by
    found: dict[str, Any] = schema()["components"]["schemas"][by["$ref"].rsplit("/", 1)[1]]
    return found


def operation(method: str, path: str) -> dict[str, Any]:
    """Return what the schema says of a request; a template's braces stand for one segment."""
    for template, methods in sorted(schema()["paths"].items(), key=lambda item: "{" in item[0]):
        pattern = re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(template))
        if re.fullmatch("/v1" + pattern, path) and method.lower() in methods:
            found: dict[str, Any] = methods[method.lower()]
            return found
    raise AssertionError(f"the schema has no {method} {path}")


async def fields(request: httpx.Request) -> dict[str, Any]:
    """Return the body; a form's brackets become objects and lists, a file its presence."""
    kind = request.headers["content-type"].partition(";")[0]
    body = await request.aread()
    if kind == "application/json":
        return json.loads(body)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    headers = [(name.lower(), value) for name, value in request.headers.raw]
    scope = {"type": "http", "method": "POST", "headers": headers, "path": "/", "query_string": b""}
    found: dict[str, Any] = {}
    async with Request(scope, receive).form() as form:
        for name, part in form.multi_items():
            if match := re.fullmatch(r"(\w+)\[\]\[(\w+)\]", name):
                found.setdefault(match[1], []).append({match[2]: part})
            else:
                assert name not in found, f"{name} comes twice"
                found[name] = "a file" if isinstance(part, UploadFile) else part
    return found


async def validate(request: httpx.Request) -> str:
    """Raise unless the schema allows *request*; return its operation."""
    said = operation(request.method, request.url.raw_path.decode().partition("?")[0])
    assert request.headers["authorization"] == "Bearer key"
    parameters = {p["name"]: p["schema"] for p in said.get("parameters", ()) if p["in"] == "query"}
    for name, text in request.url.params.multi_items():
        by = parameters[name]
        check(int(text) if by.get("type") == "integer" else text, by)
    if "requestBody" not in said:
        assert await request.aread() == b""
        assert "content-type" not in request.headers
        return str(said["operationId"])
    kind = request.headers["content-type"].partition(";")[0]
    by = said["requestBody"]["content"][kind]["schema"]
    body = await fields(request)
    check(body, by)
    assert set(body) <= set(resolved(by)["properties"]) | UNWRITTEN
    return str(said["operationId"])


@asynccontextmanager
async def client(**video: Any) -> AsyncIterator[tuple[VideosApiProvider, list[str]]]:
    """Yield a provider, and the operations that it asked for and the schema allows."""
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(await validate(request))
        if request.url.path.endswith("/content"):
            kind = request.url.params.get("variant", "video")
            return httpx.Response(200, content=FILES[VARIANT_FILE[kind]])
        item = {"id": "video_1", "object": "video", "status": "completed", "name": "Luna"} | video
        if request.url.path == "/v1/videos" and request.method == "GET":
            return httpx.Response(200, json={"object": "list", "data": [item], "has_more": False})
        return httpx.Response(200, json=item)

    async with httpx.AsyncClient(
        base_url="http://p.test/v1",
        headers={"authorization": "Bearer key"},
        transport=httpx.MockTransport(answer),
    ) as http:
        provider = VideosApiProvider(
            "p",
            client=http,
            clock=FakeClock(),
            capabilities=Capabilities(
                models={"sora-2": MODEL},
                variants=frozenset(Variant),
                reference=True,
                derivations=frozenset(Derivation),
                characters=True,
                delete=True,
            ),
        )
        yield provider, asked


VARIANT_FILE = dict(zip(["video", "thumbnail", "spritesheet"], FILES, strict=True))


@pytest.mark.parametrize("characters", [(), ("char_1", "char_2")])
async def test_a_create_from_words(characters: tuple[str, ...]) -> None:
    async with client() as (provider, asked):
        await provider.create(replace(REQUEST, characters=characters))
    assert asked == ["createVideo"]


@pytest.mark.parametrize("characters", [(), ("char_1", "char_2")])
async def test_a_create_from_an_image(tmp_path: Path, characters: tuple[str, ...]) -> None:
    Image.new("RGB", (640, 640)).save(path := tmp_path / "cat.png")
    async with client() as (provider, asked):
        await provider.create(replace(REQUEST, reference=str(path), characters=characters))
    assert asked == ["createVideo"]


@pytest.mark.parametrize(
    "how,name",
    [
        (Derivation.REMIX, "CreateVideoRemix"),
        (Derivation.EDIT, "CreateVideoEdit"),
        (Derivation.EXTENSION, "CreateVideoExtend"),
    ],
)
async def test_what_grows_out_of_a_video(how: Derivation, name: str) -> None:
    origin = Origin(how=how, video_id="a/b video_1", run_id="r", seconds=4)
    async with client() as (provider, asked):
        await provider.create(replace(REQUEST, origin=origin))
    assert asked == [name]


async def test_everything_that_follows_a_create() -> None:
    async with client(status="queued") as (provider, asked):
        job = await provider.create(REQUEST)
    async with client() as (provider, asked):
        async with provider._clock.auto(), aclosing(provider.watch(job)) as looks:
            (seen,) = [seen async for seen in looks]
        assert seen.status is VideoStatus.COMPLETED
        for variant in Variant:
            async with aclosing(provider.download(seen, variant)) as chunks:
                assert [chunk async for chunk in chunks]
        await provider.delete(seen)
    assert asked == ["GetVideo", *["RetrieveVideoContent"] * 3, "DeleteVideo"]


async def test_every_way_to_list() -> None:
    async with client() as (provider, asked):
        assert [job.id async for job in provider.list()] == ["video_1"]
        assert [job.id async for job in provider.list(limit=1, after="v", order="asc")]
        await provider.find(REQUEST, since=FakeClock().now(), claimed=())
    assert asked == ["ListVideos"] * 3


async def test_characters(tmp_path: Path) -> None:
    (clip := tmp_path / "luna.mp4").write_bytes(FILES[VARIANT_FILE["video"]])
    async with client() as (provider, asked):
        assert await provider.create_character("Luna", clip) == "video_1"
        assert await provider.character_name("char_1") == "Luna"
    assert asked == ["CreateVideoCharacter", "GetVideoCharacter"]


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": ""},
        {"prompt": "a cat", "seconds": 4},
        {"prompt": "a cat", "size": "1x1"},
        {"prompt": "a cat", "duration": "4"},
        {},
    ],
)
async def test_the_validator_is_strict(body: dict[str, Any]) -> None:
    """Or the tests above would prove nothing."""
    headers = {"authorization": "Bearer key"}
    request = httpx.Request("POST", "http://p.test/v1/videos", json=body, headers=headers)
    with pytest.raises((ValidationError, AssertionError)):
        await validate(request)
