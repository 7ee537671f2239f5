"""The official Node client as a client of `reelbot studio`, where Node and npm are on the machine.

`tests/node/client.mjs` asks everything once and prints what it was answered.
"""

import base64
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.quick_renderer import FILES
from tests.studio_process import ROOT, StudioProcess

NODE = ROOT / "tests/node"
LOCK = NODE / "package-lock.json"


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    said = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | (env or {}),
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=300,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


def installed(cache: Path) -> Path:
    """Return a folder with our programs and the locked packages, made once per lock."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node or npm is not on this machine")
    version = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    folder = cache / version
    if not (folder / "complete").exists():
        part = Path(tempfile.mkdtemp(dir=cache))
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(NODE / name, part)
        _install(part)
        (part / "complete").touch()
        try:
            part.replace(folder)
        except OSError:  # another test process was quicker
            shutil.rmtree(part)
    for program in NODE.glob("*.mjs"):
        shutil.copy(program, folder)
    return folder


def _install(folder: Path) -> None:
    command = ("npm", "ci", "--ignore-scripts", "--prefer-offline")
    said = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
    if said.returncode and re.search("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT", said.stderr):
        shutil.rmtree(folder)
        pytest.skip("npm cannot reach its registry, and has the packages nowhere else")
    assert said.returncode == 0, said.stderr


@pytest.fixture(scope="module")
def programs(request: pytest.FixtureRequest) -> Path:
    assert request.config.cache is not None
    return installed(request.config.cache.mkdir("openai-node"))


@pytest.fixture(scope="module")
def studio(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    folder = tmp_path_factory.mktemp("studio")
    with StudioProcess(folder, renderer="tests.quick_renderer") as studio:
        yield studio


def at(studio: StudioProcess) -> dict[str, str]:
    return {"OPENAI_BASE_URL": studio.url, "OPENAI_API_KEY": "any", "NO_PROXY": "127.0.0.1"}


@pytest.fixture(scope="module")
def said(programs: Path, studio: StudioProcess) -> dict[str, Any]:
    picture = io.BytesIO()
    Image.new("RGB", (720, 1280), "teal").save(picture, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
    answer: dict[str, Any] = json.loads(
        run("node", programs / "client.mjs", url, cwd=programs, env=at(studio))
    )
    return answer


def test_a_video_is_created_and_polled(said: dict[str, Any]) -> None:
    created, completed = said["created"], said["completed"]
    assert (created["model"], created["seconds"], created["size"]) == (
        "sora-2-pro",
        "8",
        "1792x1024",
    )
    assert (completed["status"], completed["progress"]) == ("completed", 100)


def test_each_variant_is_downloaded(said: dict[str, Any]) -> None:
    assert said["variants"] == {
        "video": ["video/mp4", len(FILES["video.mp4"])],
        "thumbnail": ["image/webp", len(FILES["thumbnail.webp"])],
        "spritesheet": ["image/jpeg", len(FILES["spritesheet.jpg"])],
    }


def test_a_list_is_paged_to_its_end(said: dict[str, Any]) -> None:
    assert said["listed"] == [said["completed"]["id"], said["created"]["id"]]


def test_videos_grow_out_of_videos_and_files(said: dict[str, Any]) -> None:
    parent = said["completed"]["id"]
    assert said["remixed"]["remixed_from_video_id"] == parent
    assert said["edited"]["remixed_from_video_id"] == parent
    assert said["editedFile"]["seconds"] == "3"
    assert (said["extended"]["seconds"], said["extendedFile"]["seconds"]) == ("12", "7")


def test_objects_in_bracketed_form_names_arrive(said: dict[str, Any]) -> None:
    assert said["pictured"]["status"] == "completed"
    assert said["character"]["name"] == "Mog"
    assert said["playing"]["status"] == "completed"


def test_failures_and_refusals_are_the_clients_own(said: dict[str, Any]) -> None:
    assert said["failed"]["error"]["code"] == "render_failed"
    assert said["blocked"]["error"]["code"] == "moderation_blocked"
    assert said["deleted"]["deleted"] is True
    assert said["gone"] == {"name": "NotFoundError", "status": 404, "code": "not_found"}
    assert said["refused"] == {
        "name": "BadRequestError",
        "status": 400,
        "code": "invalid_value",
        "param": "seconds",
    }


def test_a_program_for_the_original_runs_unchanged(
    programs: Path, studio: StudioProcess, tmp_path: Path
) -> None:
    printed = run("node", programs / "example.mjs", cwd=tmp_path, env=at(studio))
    assert "100%" in printed
    assert (tmp_path / "video.mp4").read_bytes() == FILES["video.mp4"]


def test_the_lock_names_versions_and_hashes_but_no_address() -> None:
    packages = json.loads(LOCK.read_text("utf-8"))["packages"]
    locked = {name: package for name, package in packages.items() if name}
    assert locked
    for name, package in locked.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
