"""The studio's server over HTTP: the protocol, its refusals, and what survives a kill.

A stand-in draws (`tests/studio_stand_in.py`), so that a render takes no time and goes as its prompt
says; the marked tests at the end make real clips.
"""

import asyncio
import http.client
import io
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import av
import httpx
import psutil
import pytest
from PIL import Image

from bot.studio import Studio
from bot.studio import process as worker_process
from bot.studio.store import FolderInUse
from tests.studio_client import (
    STAND_IN,
    VIDEOS,
    Turned,
    an_image,
    assert_refused,
    check_video,
    create,
    data_url,
    eventually,
    get,
    held,
    opened,
    until,
    until_it_moves,
)
from tests.studio_process import StudioProcess


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
async def client(tmp_path: Path, clock: Turned) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(tmp_path, clock=clock) as client:
        yield client


def files_of(folder: Path, video_id: str) -> list[Path]:
    return list(folder.rglob(f"{video_id}*"))


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "bot.studio.worker" in _line(child)]


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# What can be asked


async def test_a_create_answers_a_queued_video_with_the_defaults(
    client: httpx.AsyncClient, clock: Turned
) -> None:
    video = await create(client)
    assert video["id"].startswith("video_")
    assert video | {"id": ""} == {
        "id": "",
        "object": "video",
        "model": "studio-1",
        "status": "queued",
        "progress": 0,
        "created_at": int(clock().timestamp()),
        "completed_at": None,
        "expires_at": None,
        "prompt": "a cat",
        "size": "720x1280",
        "seconds": "4",
        "remixed_from_video_id": None,
        "error": None,
    }


async def test_a_video_completes_and_says_until_when_it_can_be_had(
    client: httpx.AsyncClient, clock: Turned
) -> None:
    video = await until(client, await create(client), "completed")
    assert video["progress"] == 100
    assert video["completed_at"] == int(clock().timestamp())
    assert video["expires_at"] == int((clock() + timedelta(hours=24)).timestamp())


async def test_what_was_asked_for_is_what_is_drawn(client: httpx.AsyncClient) -> None:
    asked = {"model": "studio-1", "size": "1792x1024", "seconds": "12", "seed": 41}
    video = await until(client, await create(client, "a boat", **asked), "completed")
    assert (video["size"], video["seconds"]) == ("1792x1024", "12")
    drawn = (await client.get(f"{VIDEOS}/{video['id']}/content")).text
    assert "prompt='a boat', seed=41, width=1792, height=1024, seconds=12" in drawn


async def test_a_form_without_a_file_is_as_good_as_json(client: httpx.AsyncClient) -> None:
    """The official Python client always sends forms; (None, text) makes httpx send one."""
    fields = {"prompt": "a kite", "seconds": "8", "size": "1280x720", "seed": "5"}
    answer = await client.post(VIDEOS, files={name: (None, text) for name, text in fields.items()})
    video = check_video(answer.json())
    assert (video["prompt"], video["seconds"], video["size"]) == ("a kite", "8", "1280x720")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_an_image_file_reaches_the_renderer(client: httpx.AsyncClient, kind: str) -> None:
    image = an_image(kind=kind)
    answer = await client.post(
        VIDEOS, data={"prompt": "a cat"}, files={"input_reference": ("cat", image)}
    )
    video = await until(client, answer.json(), "completed")
    drawn = (await client.get(f"{VIDEOS}/{video['id']}/content")).text
    assert repr(image) in drawn


@pytest.mark.parametrize("form", [True, False], ids=["bracketed form name", "JSON object"])
async def test_an_image_in_a_data_url_reaches_the_renderer(
    client: httpx.AsyncClient, form: bool
) -> None:
    url = data_url(an_image())
    if form:
        parts = {"prompt": (None, "a cat"), "input_reference[image_url]": (None, url)}
        answer = await client.post(VIDEOS, files=parts)
    else:
        body = {"prompt": "a cat", "input_reference": {"image_url": url}}
        answer = await client.post(VIDEOS, json=body)
    video = await until(client, check_video(answer.json()), "completed")
    drawn = (await client.get(f"{VIDEOS}/{video['id']}/content")).text
    assert repr(an_image()) in drawn


async def test_without_a_seed_each_video_differs(client: httpx.AsyncClient) -> None:
    videos = [await until(client, await create(client), "completed") for _ in range(2)]
    one, two = [(await client.get(f"{VIDEOS}/{video['id']}/content")).text for video in videos]
    assert one != two


async def test_progress_moves_while_a_video_is_made(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    video = await create(client, "hold it")
    await held(tmp_path)
    assert (await get(client, video))["progress"] == 50
    (tmp_path / "release").touch()
    assert (await until(client, video, "completed"))["progress"] == 100


async def test_videos_are_made_one_at_a_time_in_order(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    first = await create(client, "hold it")
    second, third = await create(client), await create(client)
    await held(tmp_path)
    assert [(await get(client, video))["status"] for video in (second, third)] == ["queued"] * 2
    (tmp_path / "release").touch()
    for video in (third, second, first):
        await until(client, video, "completed")


# Lists


async def test_a_list_pages_from_the_newest(client: httpx.AsyncClient) -> None:
    made = [(await create(client))["id"] for _ in range(3)]
    newest = list(reversed(made))
    page = (await client.get(VIDEOS, params={"limit": 2})).json()
    for video in page["data"]:
        check_video(video)
    assert [video["id"] for video in page.pop("data")] == newest[:2]
    assert page == {
        "object": "list",
        "first_id": newest[0],
        "last_id": newest[1],
        "has_more": True,
    }
    rest = (await client.get(VIDEOS, params={"limit": 2, "after": page["last_id"]})).json()
    assert [video["id"] for video in rest["data"]] == newest[2:]
    assert rest["has_more"] is False


async def test_a_list_can_begin_with_the_oldest(client: httpx.AsyncClient) -> None:
    made = [(await create(client))["id"] for _ in range(3)]
    page = (await client.get(VIDEOS, params={"order": "asc", "after": made[0]})).json()
    assert [video["id"] for video in page["data"]] == made[1:]


async def test_a_list_holds_twenty_unless_asked_otherwise(client: httpx.AsyncClient) -> None:
    for _ in range(21):
        await create(client)
    page = (await client.get(VIDEOS)).json()
    assert (len(page["data"]), page["has_more"]) == (20, True)
    assert len((await client.get(VIDEOS, params={"limit": 100})).json()["data"]) == 21


@pytest.mark.parametrize("videos", [0, 1])
async def test_an_empty_page_has_no_ids(client: httpx.AsyncClient, videos: int) -> None:
    for _ in range(videos):
        await create(client)
    page = (await client.get(VIDEOS, params={"limit": 0})).json()
    assert page == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": videos > 0,
    }


# Content


async def test_each_variant_has_its_type(client: httpx.AsyncClient) -> None:
    video = await until(client, await create(client), "completed")
    path = f"{VIDEOS}/{video['id']}/content"
    for variant, kind, name in [
        ("video", "video/mp4", "video.mp4"),
        ("thumbnail", "image/webp", "thumbnail.webp"),
        ("spritesheet", "image/jpeg", "spritesheet.jpg"),
    ]:
        answer = await client.get(path, params={"variant": variant})
        assert answer.headers["content-type"] == kind
        assert answer.text.startswith(name)
        assert int(answer.headers["content-length"]) == len(answer.content)
    assert (await client.get(path)).text.startswith("video.mp4")


async def test_a_download_can_be_resumed(client: httpx.AsyncClient) -> None:
    video = await until(client, await create(client), "completed")
    path = f"{VIDEOS}/{video['id']}/content"
    whole = await client.get(path)
    part = await client.get(path, headers={"range": "bytes=10-", "if-range": whole.headers["etag"]})
    assert part.status_code == 206
    assert part.content == whole.content[10:]
    assert (
        part.headers["content-range"] == f"bytes 10-{len(whole.content) - 1}/{len(whole.content)}"
    )


async def test_there_is_no_content_before_completion(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    making, waiting = await create(client, "hold it"), await create(client)
    await held(tmp_path)
    for video in (making, waiting):
        answer = await client.get(f"{VIDEOS}/{video['id']}/content")
        assert_refused(answer, 404, "video_not_ready")
        assert answer.json()["error"]["message"].startswith("Video is not ready yet, use GET")


async def test_there_is_no_content_after_a_failure(client: httpx.AsyncClient) -> None:
    video = await until(client, await create(client, "raise it"), "failed")
    assert_refused(await client.get(f"{VIDEOS}/{video['id']}/content"), 404, "video_failed")


async def test_expired_content_is_refused_and_later_deleted(
    client: httpx.AsyncClient, clock: Turned, tmp_path: Path
) -> None:
    old = await until(client, await create(client), "completed")
    clock.now += timedelta(hours=24)
    answer = await client.get(f"{VIDEOS}/{old['id']}/content")
    assert_refused(answer, 404, "video_expired")
    assert "Downloads expire after 24 hours" in answer.json()["error"]["message"]
    await until(client, await create(client), "completed")
    await eventually(lambda: not (tmp_path / "files" / old["id"]).exists())
    assert (await get(client, old))["status"] == "completed"


# Deletion


async def test_a_deleted_video_is_gone_with_its_files(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    fields = {"input_reference": {"image_url": data_url(an_image())}}
    video = await until(client, await create(client, **fields), "completed")
    assert files_of(tmp_path, video["id"])
    answer = await client.delete(f"{VIDEOS}/{video['id']}")
    assert answer.json() == {"id": video["id"], "object": "video.deleted", "deleted": True}
    assert not files_of(tmp_path, video["id"])
    for refused in (
        await client.get(f"{VIDEOS}/{video['id']}"),
        await client.get(f"{VIDEOS}/{video['id']}/content"),
        await client.delete(f"{VIDEOS}/{video['id']}"),
    ):
        assert_refused(refused, 404, "not_found")


async def test_an_unfinished_video_cannot_be_deleted(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    making, waiting = await create(client, "hold it"), await create(client)
    await held(tmp_path)
    for video, status in ((making, "in_progress"), (waiting, "queued")):
        answer = await client.delete(f"{VIDEOS}/{video['id']}")
        assert_refused(answer, 409, "video_not_finished")
        assert (await get(client, video))["status"] == status


# Refusals


def with_image(image: bytes, **fields: object) -> dict[str, object]:
    return {"prompt": "x", "input_reference": {"image_url": data_url(image)}, **fields}


@pytest.mark.parametrize(
    "body,code,param",
    [
        ({}, "missing_required_parameter", "prompt"),
        ({"prompt": None}, "missing_required_parameter", "prompt"),
        ({"prompt": ""}, "empty_string", "prompt"),
        ({"prompt": 7}, "invalid_type", "prompt"),
        ({"prompt": "x" * 32_001}, "string_above_max_length", "prompt"),
        ({"prompt": "half a \ud83d"}, "invalid_value", "prompt"),
        ({"prompt": "x", "seconds": 4}, "invalid_type", "seconds"),
        ({"prompt": "x", "seconds": "5"}, "invalid_value", "seconds"),
        ({"prompt": "x", "size": "1x1"}, "invalid_value", "size"),
        ({"prompt": "x", "size": "\ud83d"}, "invalid_value", "size"),
        ({"prompt": "x", "size": ["720x1280"]}, "invalid_type", "size"),
        ({"prompt": "x", "model": "sora-3"}, "invalid_value", "model"),
        ({"prompt": "x", "model": "sora-2", "size": "1920x1080"}, "invalid_value", "size"),
        ({"prompt": "x", "characters": "char_1"}, "invalid_type", "characters"),
        ({"prompt": "x", "characters": ["char_1"]}, "invalid_type", "characters[0]"),
        ({"prompt": "x", "characters": [{"id": 1}]}, "invalid_type", "characters[0].id"),
        ({"prompt": "x", "characters": [{"name": "x"}]}, "invalid_value", "characters[0]"),
        ({"prompt": "x", "characters": [{"id": "\ud83d"}]}, "invalid_value", "characters[0].id"),
        ({"prompt": "x", "characters": [{"id": "char_1"}]}, "invalid_value", "characters[0].id"),
        ({"prompt": "x", "characters": [{}] * 3}, "array_above_max_length", "characters"),
        ({"prompt": "x", "model": False}, "invalid_type", "model"),
        ({"prompt": "x", "seed": -1}, "invalid_value", "seed"),
        ({"prompt": "x", "seed": 2**32}, "invalid_value", "seed"),
        ({"prompt": "x", "seed": True}, "invalid_type", "seed"),
        ({"prompt": "x", "seed": 1.5}, "invalid_type", "seed"),
        ({"prompt": "x", "seed": "²"}, "invalid_type", "seed"),
        ({"prompt": "x", "fps": 24}, "unknown_parameter", "fps"),
        ({"prompt": "x", "input_reference": "cat.png"}, "invalid_type", "input_reference"),
        ({"prompt": "x", "input_reference": {}}, "invalid_value", "input_reference"),
        (
            {"prompt": "x", "input_reference": {"file_id": "file-1"}},
            "invalid_value",
            "input_reference",
        ),
        (
            {"prompt": "x", "input_reference": {"image_url": "http://127.0.0.1/cat.png"}},
            "invalid_value",
            "input_reference.image_url",
        ),
        (
            {"prompt": "x", "input_reference": {"image_url": "data:image/png;base64,###"}},
            "invalid_value",
            "input_reference.image_url",
        ),
        (with_image(b"GIF89a"), "invalid_image", "input_reference"),
        (with_image(an_image((720, 720))), "invalid_image", "input_reference"),
        (with_image(an_image()[:-60]), "invalid_image", "input_reference"),
        (with_image(an_image(kind="GIF")), "invalid_image", "input_reference"),
    ],
)
async def test_a_wrong_field_is_refused_in_the_envelope(
    client: httpx.AsyncClient, body: dict[str, object], code: str, param: str
) -> None:
    content = json.dumps(body)
    answer = await client.post(
        VIDEOS, content=content, headers={"content-type": "application/json"}
    )
    assert_refused(answer, 400, code, param)
    assert (await client.get(VIDEOS)).json()["data"] == []


async def test_integer_seconds_get_the_original_sentence(client: httpx.AsyncClient) -> None:
    answer = await client.post(VIDEOS, json={"prompt": "x", "seconds": 4})
    assert answer.json()["error"]["message"] == (
        "Invalid type for 'seconds': expected one of '4','8','12','16','20', but got an integer "
        "instead."
    )


@pytest.mark.parametrize("length", [1, 32_000])
async def test_the_shortest_and_the_longest_prompt_pass(
    client: httpx.AsyncClient, length: int
) -> None:
    video = await create(client, "🐈" * length)
    assert len(video["prompt"]) == length


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"prompt": "\xff"}', b"[" * 100_000, b"9" * 5000],
    ids=["empty", "open", "array", "null", "not UTF-8", "deep", "long integer"],
)
async def test_a_body_that_is_no_json_object_is_refused(
    client: httpx.AsyncClient, content: bytes
) -> None:
    answer = await client.post(
        VIDEOS, content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


PART = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'


@pytest.mark.parametrize(
    "kind,content",
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=b", b"no form"),
        ("multipart/form-data; boundary=b", PART % (b"prompt", b"x") * 2 + b"--b--\r\n"),
        ("multipart/form-data; boundary=b", PART % (b"n", b"x") * 30 + b"--b--\r\n"),
        (
            "multipart/form-data; boundary=b",
            PART % (b"size", b"x") + PART % (b"size[a]", b"x") + b"--b--\r\n",
        ),
        (
            "multipart/form-data; boundary=b; charset=undefined",
            PART % (b"prompt", b"x") + b"--b--\r\n",
        ),
        ("application/x-www-form-urlencoded", b"prompt=x"),
        ("text/plain", b"a cat"),
    ],
    ids=[
        "no boundary",
        "no form",
        "twice",
        "too many",
        "text and object",
        "charset",
        "urlencoded",
        "text",
    ],
)
async def test_a_body_that_is_no_such_form_is_refused(
    client: httpx.AsyncClient, kind: str, content: bytes
) -> None:
    answer = await client.post(VIDEOS, content=content, headers={"content-type": kind})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "path,code,param",
    [
        (f"{VIDEOS}?limit=101", "integer_above_max_value", "limit"),
        (f"{VIDEOS}?limit=-1", "integer_below_min_value", "limit"),
        (f"{VIDEOS}?limit=many", "invalid_type", "limit"),
        (f"{VIDEOS}?order=up", "invalid_value", "order"),
        (f"{VIDEOS}?after=video_none", "invalid_value", "after"),
        (f"{VIDEOS}/video_none/content?variant=gif", "invalid_value", "variant"),
    ],
)
async def test_a_wrong_query_is_refused_in_the_envelope(
    client: httpx.AsyncClient, path: str, code: str, param: str
) -> None:
    assert_refused(await client.get(path), 400, code, param)


@pytest.mark.parametrize(
    "method,path,status,code",
    [
        ("GET", f"{VIDEOS}/video_none", 404, "not_found"),
        ("GET", f"{VIDEOS}/..%2F..%2Fetc", 404, None),
        ("GET", f"{VIDEOS}/%00", 404, "not_found"),
        ("GET", f"{VIDEOS}/video_none/content", 404, "not_found"),
        ("DELETE", f"{VIDEOS}/video_none", 404, "not_found"),
        ("PUT", f"{VIDEOS}/video_none", 405, None),
        ("GET", "/v1/images", 404, None),
    ],
)
async def test_what_is_not_there_is_refused_in_the_envelope(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str | None
) -> None:
    assert_refused(await client.request(method, path), status, code)


async def test_an_image_above_the_limit_is_too_large(client: httpx.AsyncClient) -> None:
    image = an_image() + bytes(20 * 1024 * 1024)
    answer = await client.post(
        VIDEOS, data={"prompt": "a cat"}, files={"input_reference": ("cat.png", image)}
    )
    assert_refused(answer, 413, "file_too_large", "input_reference")


async def test_a_body_above_the_limit_is_too_large(client: httpx.AsyncClient) -> None:
    answer = await client.post(VIDEOS, json={"prompt": "x" * 40 * 1024 * 1024})
    assert_refused(answer, 413, "request_too_large")


async def test_a_full_queue_refuses_with_429(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.studio.model.MAX_QUEUED", 1)
    await create(client, "hold it")
    await held(tmp_path)
    await create(client)
    answer = await client.post(VIDEOS, json=with_image(an_image()))
    assert_refused(answer, 429, "queue_full")
    assert answer.headers["retry-after"] == "30"
    assert not list((tmp_path / "sources").iterdir())


# Renders that go wrong


async def test_a_render_that_raises_fails_only_its_job(client: httpx.AsyncClient) -> None:
    bad, good = await create(client, "raise it"), await create(client)
    failed = await until(client, bad, "failed")
    assert failed["error"] == {
        "code": "render_failed",
        "message": "The video could not be rendered: ValueError: a shot nobody can draw",
    }
    assert failed["completed_at"] is None
    await until(client, good, "completed")


async def test_a_worker_killed_once_is_forgiven(client: httpx.AsyncClient) -> None:
    await until(client, await create(client, "die once"), "completed")


async def test_a_worker_that_always_dies_fails_only_its_job(client: httpx.AsyncClient) -> None:
    bad, good = await create(client, "die always"), await create(client)
    assert (await until(client, bad, "failed"))["error"]["code"] == "render_failed"
    await until(client, good, "completed")


async def test_a_render_that_hangs_fails_only_its_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = worker_process.SILENCE
    monkeypatch.setattr(worker_process, "SILENCE", 0.5)
    async with opened(tmp_path) as client:
        bad = await until(client, await create(client, "hang on"), "failed")
        assert bad["error"]["code"] == "render_failed"
        monkeypatch.setattr(worker_process, "SILENCE", patience)
        await until(client, await create(client), "completed")


async def test_a_renderer_that_cannot_be_imported_fails_the_job(tmp_path: Path) -> None:
    studio = Studio(tmp_path, _renderer="tests.no_such_renderer")
    await studio.open()
    transport = httpx.ASGITransport(studio.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
        failed = await until(client, await create(client), "failed")
    await studio.close()
    assert "ModuleNotFoundError" in failed["error"]["message"]


async def test_a_renderer_may_print(client: httpx.AsyncClient) -> None:
    await until(client, await create(client, "print it"), "completed")


# What survives


async def test_jobs_wait_through_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as client:
        making, waiting = await create(client, "hold it"), await create(client)
        worker = await held(tmp_path)
    assert gone(worker)
    (tmp_path / "release").touch()
    async with opened(tmp_path) as client:
        for video in (making, waiting):
            again = await until(client, video, "completed")
            assert again["created_at"] == video["created_at"]


async def test_completed_videos_outlive_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as client:
        video = await until(client, await create(client), "completed")
        before = (await client.get(f"{VIDEOS}/{video['id']}/content")).content
    async with opened(tmp_path) as client:
        assert await get(client, video) == video
        assert (await client.get(f"{VIDEOS}/{video['id']}/content")).content == before


async def test_what_a_kill_left_behind_is_cleared_away(tmp_path: Path) -> None:
    for name in ("files/video_x", "rendering/video_x-1"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "video.mp4").touch()
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "video_x").touch()
    async with opened(tmp_path):
        assert not files_of(tmp_path, "video_x")


async def test_a_folder_has_one_studio_at_a_time(tmp_path: Path) -> None:
    async with opened(tmp_path):
        second = Studio(tmp_path, _renderer=STAND_IN)
        with pytest.raises(FolderInUse):
            await second.open()
        await second.close()


async def test_a_closed_studio_says_so(tmp_path: Path) -> None:
    studio = Studio(tmp_path, _renderer=STAND_IN)
    transport = httpx.ASGITransport(studio.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
        assert_refused(await client.get(VIDEOS), 503, "studio_closed")
        await studio.open()
        assert (await client.get(VIDEOS)).is_success
        await studio.close()
        await studio.close()
        assert_refused(await client.get(VIDEOS), 503, "studio_closed")


async def test_an_idle_studio_keeps_no_worker_that_has_rendered(client: httpx.AsyncClient) -> None:
    await until(client, await create(client), "completed")
    await eventually(lambda: not workers())
    await until(client, await create(client), "completed")


async def test_a_new_studio_has_a_warm_worker(client: httpx.AsyncClient) -> None:
    await eventually(lambda: len(workers()) == 1)


async def test_closing_while_a_render_hangs_leaves_no_process(tmp_path: Path) -> None:
    async with opened(tmp_path) as client:
        await create(client, "hold it")
        worker = await held(tmp_path)
    assert gone(worker)


# As a process of its own


def to(studio: StudioProcess) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=studio.url.removesuffix("/v1"), trust_env=False)


async def test_the_server_speaks_over_a_real_socket(tmp_path: Path) -> None:
    with StudioProcess(tmp_path, renderer=STAND_IN) as studio:
        async with to(studio) as client:
            video = await until(client, await create(client), "completed")
            path = f"{VIDEOS}/{video['id']}/content"
            part = await client.get(path, headers={"range": "bytes=0-8"})
            assert (part.status_code, part.text) == (206, "video.mp4")


async def test_a_client_that_sends_too_much_reads_why(tmp_path: Path) -> None:
    """Plain clients send everything before they read; hung up on, they would see no answer."""

    def send() -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=30)
        with closing(connection):
            connection.request("POST", VIDEOS, bytes(40 * 1024 * 1024))
            answer = connection.getresponse()
            return answer.status, answer.read()

    with StudioProcess(tmp_path, renderer=STAND_IN) as studio:
        status, body = await asyncio.to_thread(send)
    assert status == 413
    assert json.loads(body)["error"]["code"] == "request_too_large"


async def test_a_server_killed_in_a_render_finishes_it_after_its_restart(tmp_path: Path) -> None:
    """The worker must die too: with the server gone, nobody else would end it."""
    with StudioProcess(tmp_path, renderer=STAND_IN) as studio:
        async with to(studio) as client:
            making, waiting = await create(client, "hold it"), await create(client)
            worker = await held(tmp_path)
            studio.kill()
            await eventually(lambda: gone(worker))
            (tmp_path / "release").touch()
            studio.start()
            for video in (making, waiting):
                await until(client, video, "completed")


async def test_a_server_that_is_told_to_stop_leaves_nothing_running(tmp_path: Path) -> None:
    with StudioProcess(tmp_path, renderer=STAND_IN) as studio:
        async with to(studio) as client:
            await create(client, "hold it")
            worker = await held(tmp_path)
        assert studio.stop() == 0
        assert gone(worker)


async def test_every_answered_create_survives_a_kill(tmp_path: Path) -> None:
    answered: list[str] = []

    async def create_until_killed(client: httpx.AsyncClient) -> None:
        while True:
            try:
                answered.append((await create(client))["id"])
            except httpx.TransportError:
                return

    with StudioProcess(tmp_path, renderer=STAND_IN) as studio:
        async with to(studio) as client:
            creators = [asyncio.create_task(create_until_killed(client)) for _ in range(4)]
            await eventually(lambda: len(answered) > 20)
            os.kill(studio.pid, signal.SIGKILL)
            await asyncio.gather(*creators)
            studio.kill()
            studio.start()
            for video_id in answered:
                assert (await client.get(f"{VIDEOS}/{video_id}")).is_success


# With the renderer itself


@pytest.mark.slow
async def test_a_kill_in_the_middle_changes_no_byte_of_a_real_clip(tmp_path: Path) -> None:
    fields = {"prompt": "a cat sails home at dusk", "seed": 5, "seconds": "4"}
    with StudioProcess(tmp_path) as studio:
        async with to(studio) as client:
            whole = await until(client, await create(client, **fields), "completed", within=300)
            broken = await create(client, **fields)
            await until_it_moves(client, broken)
            studio.kill()
            studio.start()
            await until(client, broken, "completed", within=300)
            for variant in ("video", "thumbnail", "spritesheet"):
                one, two = [
                    await client.get(f"{VIDEOS}/{video['id']}/content", params={"variant": variant})
                    for video in (whole, broken)
                ]
                assert one.content == two.content
                if variant == "video":
                    check_clip(one.content)
                else:
                    kind = Image.open(io.BytesIO(one.content)).get_format_mimetype()
                    assert kind == one.headers["content-type"]


def check_clip(content: bytes) -> None:
    with av.open(io.BytesIO(content)) as clip:
        picture, sound = clip.streams.video[0], clip.streams.audio[0]
        assert (picture.width, picture.height) == (720, 1280)
        assert picture.codec_context.name == "h264"
        assert sound.codec_context.name == "aac"
        assert clip.duration is not None
        assert clip.duration / av.time_base == pytest.approx(4, abs=0.1)
