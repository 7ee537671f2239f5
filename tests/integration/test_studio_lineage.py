"""Videos made from videos and from files: what the renderer is told, and what that needs.

The stand-in writes down what it was told to draw; its clips to look at are text.
"""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.studio import footage, model
from tests.studio_client import (
    VIDEOS,
    Turned,
    Video,
    an_image,
    assert_refused,
    check_video,
    create,
    data_url,
    eventually,
    held,
    opened,
    until,
)

CLIP = b"footage 640x360 2.5"


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
async def client(tmp_path: Path, clock: Turned) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(tmp_path, clock=clock) as client:
        yield client


async def post(client: httpx.AsyncClient, path: str, **body: object) -> httpx.Response:
    return await client.post(f"{VIDEOS}{path}", json=body)


async def send(client: httpx.AsyncClient, path: str, clip: bytes, **form: str) -> httpx.Response:
    return await client.post(f"{VIDEOS}{path}", data=form, files={"video": ("clip.mp4", clip)})


async def completed(client: httpx.AsyncClient, answer: httpx.Response) -> Video:
    assert answer.status_code == 200, answer.text
    return await until(client, check_video(answer.json()), "completed")


async def made(client: httpx.AsyncClient, prompt: str = "a cat", **fields: Any) -> Video:
    return await until(client, await create(client, prompt, **fields), "completed")


async def drawn(client: httpx.AsyncClient, video: Video) -> str:
    return (await client.get(f"{VIDEOS}/{video['id']}/content")).text


def sources(folder: Path) -> list[Path]:
    return list((folder / "sources").iterdir())


# Remixes and edits


@pytest.mark.parametrize("kind", ["remix", "edit"])
async def test_new_words_are_said_to_every_act_of_the_old_scene(
    client: httpx.AsyncClient, kind: str
) -> None:
    parent = await made(client, "a cat", seed=41, seconds="8", size="1280x720", model="sora-2")
    if kind == "remix":
        answer = await post(client, f"/{parent['id']}/remix", prompt="at night")
    else:
        answer = await post(client, "/edits", prompt="at night", video={"id": parent["id"]})
    child = await completed(client, answer)
    assert child["remixed_from_video_id"] == parent["id"]
    assert (child["prompt"], child["model"]) == ("at night", "sora-2")
    assert (child["seconds"], child["size"]) == ("8", "1280x720")
    again = await completed(client, await post(client, f"/{child['id']}/remix", prompt="in snow"))
    told = await drawn(client, again)
    assert "prompt='a cat', seed=41, width=1280, height=720, seconds=8" in told
    assert "acts=[{'seconds': 8, 'changes': ['at night', 'in snow']}]" in told


@pytest.mark.parametrize(
    "parts", [{"prompt": (None, "at night")}, {"prompt": "at night"}], ids=["form", "JSON"]
)
async def test_a_remix_may_be_a_form(client: httpx.AsyncClient, parts: Any) -> None:
    parent = await made(client)
    path = f"{VIDEOS}/{parent['id']}/remix"
    form = isinstance(parts["prompt"], tuple)
    answer = await (client.post(path, files=parts) if form else client.post(path, json=parts))
    assert check_video(answer.json())["prompt"] == "at night"


async def test_a_form_names_the_video_in_brackets(client: httpx.AsyncClient) -> None:
    parent = await made(client)
    parts = {"prompt": (None, "at night"), "video[id]": (None, parent["id"])}
    child = check_video((await client.post(f"{VIDEOS}/edits", files=parts)).json())
    assert child["remixed_from_video_id"] == parent["id"]


@pytest.mark.parametrize("state", ["queued", "in_progress", "failed"])
async def test_nothing_is_made_from_a_video_that_is_not_completed(
    client: httpx.AsyncClient, tmp_path: Path, state: str
) -> None:
    if state == "failed":
        parent = await until(client, await create(client, "raise it"), "failed")
    else:
        making, waiting = await create(client, "hold it"), await create(client)
        await held(tmp_path)
        parent = waiting if state == "queued" else making
    answer = await post(client, f"/{parent['id']}/remix", prompt="at night")
    assert_refused(answer, 400, "video_not_completed", "video_id")
    assert answer.json()["error"]["message"] == (
        f"Video is {state}; only completed videos can be remixed."
    )
    answer = await post(
        client, "/extensions", prompt="and on", video={"id": parent["id"]}, seconds="4"
    )
    assert_refused(answer, 400, "video_not_completed", "video")


async def test_nothing_is_made_from_a_deleted_video(client: httpx.AsyncClient) -> None:
    parent = await made(client)
    await client.delete(f"{VIDEOS}/{parent['id']}")
    for path, body in [
        (f"/{parent['id']}/remix", {}),
        ("/edits", {"video": {"id": parent["id"]}}),
        ("/extensions", {"video": {"id": parent["id"]}, "seconds": "4"}),
    ]:
        assert_refused(await post(client, path, prompt="at night", **body), 404, "not_found")


async def test_an_expired_video_is_remixed_from_its_words(
    client: httpx.AsyncClient, clock: Turned, tmp_path: Path
) -> None:
    parent = await made(client, seed=41)
    clock.now += timedelta(hours=25)
    child = await completed(client, await post(client, f"/{parent['id']}/remix", prompt="at night"))
    await eventually(lambda: not (tmp_path / "files" / parent["id"]).exists())
    assert "prompt='a cat', seed=41" in await drawn(client, child)


async def test_a_lineage_cannot_grow_for_ever(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "MAX_SCRIPT_CHARS", 20)
    parent = await made(client)
    child = await completed(client, await post(client, f"/{parent['id']}/remix", prompt="x" * 10))
    answer = await post(client, f"/{child['id']}/remix", prompt="x" * 10)
    assert_refused(answer, 400, "string_above_max_length", "prompt")


# Extensions


async def test_an_extension_adds_an_act(client: httpx.AsyncClient) -> None:
    parent = await made(client, seed=41, seconds="8")
    remix = await completed(client, await post(client, f"/{parent['id']}/remix", prompt="at night"))
    answer = await post(
        client, "/extensions", prompt="it snows", video={"id": remix["id"]}, seconds="20"
    )
    longer = await completed(client, answer)
    assert (longer["seconds"], longer["remixed_from_video_id"]) == ("28", None)
    acts = (
        "[{'seconds': 8, 'changes': ['at night']}, "
        "{'seconds': 20, 'changes': ['at night', 'it snows']}]"
    )
    assert f"acts={acts}" in await drawn(client, longer)


async def test_an_extension_ends_at_a_minute(client: httpx.AsyncClient) -> None:
    video = await made(client, seconds="20")
    for total in ("40", "60"):
        answer = await post(
            client, "/extensions", prompt="and on", video={"id": video["id"]}, seconds="20"
        )
        video = await completed(client, answer)
        assert video["seconds"] == total
    answer = await post(
        client, "/extensions", prompt="and on", video={"id": video["id"]}, seconds="4"
    )
    assert_refused(answer, 400, "video_too_long", "seconds")
    assert "64 seconds. Expected at most 60" in answer.json()["error"]["message"]


# Files


async def test_an_edit_of_a_file_plays_it_with_new_words(client: httpx.AsyncClient) -> None:
    edit = await completed(client, await send(client, "/edits", CLIP, prompt="at night"))
    assert (edit["seconds"], edit["size"], edit["model"]) == ("3", "1280x720", "studio-1")
    told = await drawn(client, edit)
    assert "acts=[{'seconds': 3, 'changes': ['at night']}]" in told
    assert f"footage={CLIP!r}" in told


async def test_an_extension_of_a_file_goes_on_after_it(client: httpx.AsyncClient) -> None:
    clip = b"footage 1024x1792 4.02"
    answer = await send(client, "/extensions", clip, prompt="it snows", seconds="8")
    longer = await completed(client, answer)
    assert (longer["seconds"], longer["size"]) == ("12", "1024x1792")
    acts = "[{'seconds': 4, 'changes': []}, {'seconds': 8, 'changes': ['it snows']}]"
    assert f"acts={acts}" in await drawn(client, longer)


async def test_a_portrait_file_of_no_known_size_becomes_portrait(
    client: httpx.AsyncClient,
) -> None:
    edit = await send(client, "/edits", b"footage 300x500 2", prompt="at night")
    assert edit.json()["size"] == "720x1280"


async def test_a_refused_file_says_why(client: httpx.AsyncClient) -> None:
    answer = await send(client, "/edits", b"no video", prompt="x")
    assert answer.json()["error"]["message"] == "Invalid 'video': It is no clip."


@pytest.mark.parametrize(
    "clip,code",
    [
        (b"no video", "invalid_video"),
        (b"", "invalid_video"),
        (b"raise", "invalid_video"),
        (b"die", "invalid_video"),
        (b"hang", "invalid_video"),
        (b"footage 640x360 61", "video_too_long"),
    ],
)
async def test_a_bad_file_is_refused_and_leaves_nothing(
    client: httpx.AsyncClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clip: bytes,
    code: str,
) -> None:
    if clip == b"hang":
        monkeypatch.setattr(footage, "PATIENCE", 1.0)
    for path, form in [
        ("/edits", {"prompt": "x"}),
        ("/characters", {"name": "Mog"}),
    ]:
        assert_refused(await send(client, path, clip, **form), 400, code, "video")
    assert sources(tmp_path) == []
    assert (await client.get(VIDEOS)).json()["data"] == []


async def test_a_file_above_the_limit_is_too_large(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(model, "MAX_FOOTAGE_BYTES", 2_000_000)
    answer = await send(client, "/edits", CLIP + bytes(2_000_000), prompt="x")
    assert_refused(answer, 413, "file_too_large", "video")
    assert sources(tmp_path) == []


async def test_a_form_above_the_limit_is_too_large(client: httpx.AsyncClient) -> None:
    answer = await send(client, "/edits", bytes(66 * 1024 * 1024), prompt="x")
    assert_refused(answer, 413, "request_too_large")


async def test_a_source_lives_as_long_as_a_video_made_from_it(
    client: httpx.AsyncClient, clock: Turned, tmp_path: Path
) -> None:
    parent = await made(client, input_reference={"image_url": data_url(an_image())})
    clock.now += timedelta(hours=12)
    child = await completed(client, await post(client, f"/{parent['id']}/remix", prompt="at night"))
    clock.now += timedelta(hours=13)
    await made(client)  # the parent expires now
    again = await completed(client, await post(client, f"/{parent['id']}/remix", prompt="in snow"))
    assert repr(an_image()) in await drawn(client, again)
    for video in (parent, child):
        await client.delete(f"{VIDEOS}/{video['id']}")
        assert len(sources(tmp_path)) == 1
    await client.delete(f"{VIDEOS}/{again['id']}")
    assert sources(tmp_path) == []


async def test_what_was_made_from_a_file_ends_with_it(
    client: httpx.AsyncClient, clock: Turned, tmp_path: Path
) -> None:
    parent = await completed(client, await send(client, "/edits", CLIP, prompt="at night"))
    clock.now += timedelta(hours=25)
    await made(client)
    await eventually(lambda: sources(tmp_path) == [])
    answer = await post(client, f"/{parent['id']}/remix", prompt="in snow")
    assert_refused(answer, 404, "video_expired")


async def test_a_failed_job_keeps_no_source(client: httpx.AsyncClient, tmp_path: Path) -> None:
    fields = {"input_reference": {"image_url": data_url(an_image())}}
    await until(client, await create(client, "raise it", **fields), "failed")
    await eventually(lambda: sources(tmp_path) == [])


async def test_a_source_outlives_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as client:
        parent = await made(client, input_reference={"image_url": data_url(an_image())})
    async with opened(tmp_path) as client:
        child = await completed(
            client, await post(client, f"/{parent['id']}/remix", prompt="at night")
        )
        assert repr(an_image()) in await drawn(client, child)


async def test_a_folder_of_the_first_version_keeps_its_images(tmp_path: Path) -> None:
    async with opened(tmp_path) as client:
        parent = await made(client, input_reference={"image_url": data_url(an_image())})
    (tmp_path / "sources").rename(tmp_path / "references")
    async with opened(tmp_path) as client:
        answer = await post(client, f"/{parent['id']}/remix", prompt="at night")
        await completed(client, answer)


@pytest.mark.parametrize(
    "path,body,code,param",
    [
        ("/video_x/remix", {}, "missing_required_parameter", "prompt"),
        ("/video_x/remix", {"prompt": "x", "seconds": "4"}, "unknown_parameter", "seconds"),
        ("/edits", {"prompt": "x"}, "missing_required_parameter", "video"),
        ("/edits", {"prompt": "x", "video": "video_x"}, "invalid_type", "video"),
        ("/edits", {"prompt": "x", "video": {}}, "invalid_value", "video"),
        ("/edits", {"prompt": "x", "video": {"id": 7}}, "invalid_type", "video.id"),
        ("/edits", {"prompt": "x", "video": {"id": "\ud83d"}}, "invalid_value", "video.id"),
        (
            "/extensions",
            {"prompt": "x", "video": {"id": "v"}},
            "missing_required_parameter",
            "seconds",
        ),
        (
            "/extensions",
            {"prompt": "x", "video": {"id": "v"}, "seconds": 4},
            "invalid_type",
            "seconds",
        ),
        ("/characters", {"name": ""}, "empty_string", "name"),
        ("/characters", {"name": "x" * 81}, "string_above_max_length", "name"),
        ("/characters", {"name": "Mog"}, "missing_required_parameter", "video"),
        ("/characters", {"name": "Mog", "video": {"id": "v"}}, "invalid_type", "video"),
        ("/characters", {"name": "Pikachu", "video": 1}, "invalid_type", "video"),
    ],
)
async def test_a_wrong_field_is_refused(
    client: httpx.AsyncClient, path: str, body: dict[str, object], code: str, param: str
) -> None:
    answer = await client.post(
        f"{VIDEOS}{path}",
        content=json.dumps(body),  # httpx cannot spell half a character
        headers={"content-type": "application/json"},
    )
    assert_refused(answer, 400, code, param)


# Characters


async def test_a_character_is_known_by_the_colours_of_its_clip(
    client: httpx.AsyncClient, clock: Turned, tmp_path: Path
) -> None:
    answer = await send(client, "/characters", CLIP, name="Mog")
    character = answer.json()
    assert character.keys() == {"id", "name", "created_at"}
    assert (character["name"], character["created_at"]) == ("Mog", int(clock().timestamp()))
    assert character["id"].startswith("char_")
    assert (await client.get(f"{VIDEOS}/characters/{character['id']}")).json() == character
    assert sources(tmp_path) == []
    video = await made(client, "Mog at sea", characters=[{"id": character["id"]}])
    look = "{'name': 'Mog', 'coat': '#d98e4a', 'accent': '#3366aa'}"
    assert f"characters=[{look}]" in await drawn(client, video)
    child = await completed(client, await post(client, f"/{video['id']}/remix", prompt="at night"))
    assert f"characters=[{look}]" in await drawn(client, child)


async def test_a_form_lists_characters_in_brackets(client: httpx.AsyncClient) -> None:
    ids = [(await send(client, "/characters", CLIP, name=n)).json()["id"] for n in ("Mog", "Tom")]
    parts = [("prompt", (None, "Mog")), *(("characters[][id]", (None, one)) for one in ids)]
    video = await completed(client, await client.post(VIDEOS, files=parts))
    told = await drawn(client, video)
    assert told.index("'name': 'Mog'") < told.index("'name': 'Tom'")


async def test_an_unknown_character_is_not_found(client: httpx.AsyncClient) -> None:
    assert_refused(await client.get(f"{VIDEOS}/characters/char_x"), 404, "not_found")
    answer = await post(client, "", prompt="x", characters=[{"id": "char_x"}])
    assert_refused(answer, 400, "invalid_value", "characters[0].id")


async def test_a_refused_name_makes_no_character(client: httpx.AsyncClient) -> None:
    answer = await send(client, "/characters", CLIP, name="Pikachu")
    assert_refused(answer, 400, "moderation_blocked", "name")


# Moderation


async def test_a_blocked_prompt_fails_its_job(client: httpx.AsyncClient) -> None:
    failed = await until(client, await create(client, "a cat, with Gore"), "failed")
    assert failed["error"] == {
        "code": "moderation_blocked",
        "message": "Your request was blocked by our moderation system.",
    }


async def test_a_blocked_remix_fails_and_leaves_its_parent(client: httpx.AsyncClient) -> None:
    parent = await made(client)
    answer = await post(client, f"/{parent['id']}/remix", prompt="as Pikachu")
    failed = await until(client, check_video(answer.json()), "failed")
    assert failed["error"]["code"] == "moderation_blocked"
    await completed(client, await post(client, f"/{parent['id']}/remix", prompt="at night"))
