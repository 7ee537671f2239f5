"""The official Python client as a client of `reelbot studio`, over a real socket.

Its types are checked strictly here: by itself it takes any answer. Every method of it warns that
the original is gone, which is why the studio is there.
"""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import DefaultHttpxClient, OpenAI
from openai.types import Video, VideoGetCharacterResponse
from PIL import Image

from tests.quick_renderer import FILES
from tests.studio_process import ROOT, StudioProcess

GONE = "ignore:The Sora API is scheduled to permanently shut down:DeprecationWarning"
pytestmark = pytest.mark.filterwarnings(GONE)

#: What the stand-in for the renderer takes for a clip.
CLIP = ("clip.mp4", b"footage 640x360 2.5", "video/mp4")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    folder = tmp_path_factory.mktemp("studio")
    with StudioProcess(folder, renderer="tests.quick_renderer") as studio:
        yield studio


@pytest.fixture
def client(studio: StudioProcess) -> Iterator[OpenAI]:
    with a_client(studio) as client:
        yield client


def a_client(studio: StudioProcess, key: str = "any") -> OpenAI:
    return OpenAI(
        base_url=studio.url,
        api_key=key,
        max_retries=0,
        http_client=DefaultHttpxClient(trust_env=False),
    )


def typed(video: Video) -> Video:
    return Video.model_validate(video.to_dict(), strict=True)


def made(client: OpenAI, prompt: str = "a cat", **fields: Any) -> Video:
    return typed(client.videos.create_and_poll(prompt=prompt, **fields))


def posted(client: OpenAI, path: str, **body: object) -> Video:
    """This version cannot send an object where a file might be; a plain post can."""
    return typed(client.post(path, body=body, cast_to=Video))


def test_a_video_is_created_looked_at_and_completed(client: OpenAI) -> None:
    asked = client.videos.create(model="sora-2-pro", prompt="a cat", seconds="8", size="1792x1024")
    assert typed(asked).status == "queued"
    assert (asked.model, asked.seconds, asked.size) == ("sora-2-pro", "8", "1792x1024")
    seen = typed(client.videos.poll(asked.id))
    assert (seen.status, seen.progress, seen.prompt) == ("completed", 100, "a cat")
    assert seen.completed_at is not None
    assert seen.expires_at == seen.completed_at + 24 * 3600
    assert typed(client.videos.retrieve(asked.id)) == seen


def test_waiting_clients_are_told_when_to_look_again(client: OpenAI) -> None:
    answer = client.videos.with_raw_response.create(prompt="slow cat")
    assert int(answer.headers["openai-poll-after-ms"]) == 500
    client.videos.poll(answer.parse().id)


@pytest.mark.parametrize(
    "variant,name,kind",
    [
        ("video", "video.mp4", "video/mp4"),
        ("thumbnail", "thumbnail.webp", "image/webp"),
        ("spritesheet", "spritesheet.jpg", "image/jpeg"),
    ],
)
def test_each_variant_is_downloaded(client: OpenAI, variant: Any, name: str, kind: str) -> None:
    content = client.videos.download_content(made(client).id, variant=variant)
    assert content.response.headers["content-type"] == kind
    assert content.read() == FILES[name]


def test_a_list_is_paged_to_its_end(client: OpenAI) -> None:
    ids = [client.videos.create(prompt="a cat").id for _ in range(5)]
    listed = []
    for video in client.videos.list(limit=2):
        listed.append(typed(video).id)
        if video.id == ids[0]:
            break
    assert listed[:5] == ids[::-1]


def test_a_list_may_begin_with_the_oldest(client: OpenAI) -> None:
    ids = [client.videos.create(prompt="a cat").id for _ in range(2)]
    page = client.videos.list(order="asc", after=ids[0])
    assert [video.id for video in page.data] == ids[1:]


def test_an_image_begins_a_video(client: OpenAI) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (720, 1280), "teal").save(picture, "PNG")
    video = made(client, input_reference=("cat.png", picture.getvalue(), "image/png"))
    assert video.status == "completed"


def test_a_remix_names_its_parent(client: OpenAI) -> None:
    parent = made(client, seconds="12", model="sora-2")
    remix = typed(client.videos.remix(parent.id, prompt="at night"))
    assert (remix.remixed_from_video_id, remix.prompt) == (parent.id, "at night")
    assert (remix.model, remix.seconds, remix.size) == ("sora-2", "12", parent.size)
    assert client.videos.poll(remix.id).status == "completed"


def test_a_video_and_a_file_are_edited(client: OpenAI) -> None:
    parent = made(client)
    edit = posted(client, "/videos/edits", prompt="in the rain", video={"id": parent.id})
    assert edit.remixed_from_video_id == parent.id
    edit = typed(client.videos.edit(prompt="in the rain", video=CLIP))
    assert (edit.remixed_from_video_id, edit.seconds, edit.size) == (None, "3", "1280x720")
    assert client.videos.poll(edit.id).status == "completed"


def test_a_video_and_a_file_are_extended(client: OpenAI) -> None:
    parent = made(client)
    longer = posted(
        client, "/videos/extensions", prompt="it snows", video={"id": parent.id}, seconds="8"
    )
    assert (longer.seconds, longer.remixed_from_video_id) == ("12", None)
    longer = typed(client.videos.extend(prompt="it snows", video=CLIP, seconds="20"))
    assert longer.seconds == "23"
    assert client.videos.poll(longer.id).status == "completed"


def test_a_character_plays_in_a_video(client: OpenAI) -> None:
    character = client.videos.create_character(name="Mog", video=CLIP)
    found = client.videos.get_character(str(character.id))
    VideoGetCharacterResponse.model_validate(found.to_dict(), strict=True)
    assert found.to_dict() == character.to_dict()
    assert found.name == "Mog"
    extra = {"characters": [{"id": character.id}]}
    assert made(client, "Mog by the sea", extra_body=extra).status == "completed"


def test_a_deleted_video_is_gone(client: OpenAI) -> None:
    video = made(client)
    gone = client.videos.delete(video.id)
    assert (gone.id, gone.object, gone.deleted) == (video.id, "video.deleted", True)
    with pytest.raises(openai.NotFoundError) as refused:
        client.videos.retrieve(video.id)
    assert refused.value.code == "not_found"


@pytest.mark.parametrize(
    "prompt,code", [("doomed cat", "render_failed"), ("a cat and gore", "moderation_blocked")]
)
def test_a_failed_job_says_why(client: OpenAI, prompt: str, code: str) -> None:
    video = made(client, prompt)
    assert video.status == "failed"
    assert video.error is not None
    assert video.error.code == code
    with pytest.raises(openai.NotFoundError):
        client.videos.download_content(video.id)


def test_a_refusal_names_the_field(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(prompt="a cat", seconds="5")  # type: ignore[arg-type]
    assert (refused.value.param, refused.value.code) == ("seconds", "invalid_value")
    assert "Supported values are: '4', '8'" in refused.value.message


def test_a_wrong_key_is_an_authentication_error(tmp_path: Path) -> None:
    env = {"REELBOT_STUDIO_API_KEY": "sk-right"}
    with StudioProcess(tmp_path, renderer="tests.quick_renderer", env=env) as studio:
        with a_client(studio, "sk-wrong") as wrong:
            with pytest.raises(openai.AuthenticationError) as refused:
                wrong.videos.list()
            assert refused.value.code == "invalid_api_key"
            assert "sk-" not in str(refused.value)
        with a_client(studio, "sk-right") as right:
            assert right.videos.list().data == []


def run_example(studio: StudioProcess, folder: Path) -> str:
    env = {"OPENAI_BASE_URL": studio.url, "OPENAI_API_KEY": "any", "NO_PROXY": "127.0.0.1"}
    said = subprocess.run(
        [sys.executable, "-W", GONE, str(ROOT / "tests/openai_example.py")],
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        check=True,
        text=True,
        timeout=300,
    )
    return said.stdout


def test_a_program_for_the_original_runs_unchanged(studio: StudioProcess, tmp_path: Path) -> None:
    assert "100%" in run_example(studio, tmp_path)
    assert (tmp_path / "video.mp4").read_bytes() == FILES["video.mp4"]


@pytest.mark.slow
def test_a_program_for_the_original_gets_a_real_clip(tmp_path: Path) -> None:
    with StudioProcess(tmp_path / "studio") as studio:
        assert "100%" in run_example(studio, tmp_path)
    assert (tmp_path / "video.mp4").read_bytes()[4:8] == b"ftyp"
