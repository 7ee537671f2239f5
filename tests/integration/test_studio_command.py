"""`reelbot studio`: what it says, what it refuses, whom it lets in and whom it tells."""

import base64
import http.server
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from standardwebhooks import Webhook

from tests.command_line import Folder, Here, in_process
from tests.studio_process import StudioProcess

SECRET = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
SIGNED = {"REELBOT_STUDIO_WEBHOOK_SECRET": SECRET}
STAND_IN = "tests.studio_stand_in"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def here(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Here]:
    yield from in_process(folder, monkeypatch, capsys)


@pytest.fixture(scope="module")
def open_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    """One without a key, in which nothing is made."""
    with StudioProcess(tmp_path_factory.mktemp("studio"), renderer=STAND_IN) as studio:
        yield studio


def videos(studio: StudioProcess, *, key: str | None = None) -> httpx.Client:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=studio.url, headers=headers, trust_env=False, timeout=60)


def completed(client: httpx.Client, prompt: str = "a cat") -> dict[str, Any]:
    video: dict[str, Any] = client.post("/videos", json={"prompt": prompt}).json()
    deadline = time.monotonic() + 60
    while video["status"] not in {"completed", "failed"}:
        assert time.monotonic() < deadline
        time.sleep(0.02)
        video = client.get(f"/videos/{video['id']}").json()
    return video


class Receiver(http.server.BaseHTTPRequestHandler):
    posted: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.posted.append((headers, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiving(port: int) -> Iterator[list[tuple[dict[str, str], bytes]]]:
    handler = type("Handler", (Receiver,), {"posted": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield handler.posted
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def until(condition: Any, within: float = 30) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# What it says


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_how_to_ask_and_ends_in_words(
    folder: Folder, number: signal.Signals
) -> None:
    process = folder.begin("studio", "--port", "0")
    try:
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        address = re.findall(r"Videos API: (http://127.0.0.1:\d+/v1)", said)[0]
        assert f"Try: curl {address}/videos" in said
        process.send_signal(number)
        _, told = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "Stopping" in told
        assert "Traceback" not in told
    finally:
        process.kill()
    assert (folder.path / "data/served/jobs.sqlite3").exists()


def test_the_example_it_prints_works(tmp_path: Path) -> None:
    with StudioProcess(tmp_path, renderer=STAND_IN) as studio:
        said = (tmp_path / "studio.log").read_text()
        curl = re.findall(r"Try: (curl .*)", said)[0]
        answer = subprocess.run(
            curl.replace("curl", "curl --silent --noproxy '*'", 1),
            shell=True,
            capture_output=True,
            check=False,
        )
        if answer.returncode == 127:
            pytest.skip("no curl on this machine")
        assert b'"status":"queued"' in answer.stdout
        with videos(studio) as client:
            assert len(client.get("/videos").json()["data"]) == 1


def test_clips_expire_when_it_is_told(tmp_path: Path) -> None:
    with (
        StudioProcess(tmp_path, "--expires-after", "90m", renderer=STAND_IN) as studio,
        videos(studio) as client,
    ):
        video = completed(client)
        assert video["expires_at"] - video["completed_at"] == 90 * 60


# What it refuses


@pytest.mark.parametrize(
    "options,env,says",
    [
        (["--host", "0.0.0.0"], {}, ("asks for no key", "REELBOT_STUDIO_API_KEY")),
        (["--host", "::"], {}, ("asks for no key", "REELBOT_STUDIO_API_KEY")),
        (["--host", "192.0.2.1"], {"REELBOT_STUDIO_API_KEY": "k"}, ("not an address", "--host")),
        (["--port", "70000"], {}, ("--port", "--help")),
        (["--workers", "0"], {}, ("--workers", "--help")),
        (["--expires-after", "soon"], {}, ("no length of time", "--help")),
        (["--expires-after", "0h"], {}, ("no length of time", "--help")),
        (["--webhook-url", "http://127.0.0.1:1/"], {}, ("nothing to sign", "WEBHOOK_SECRET")),
        (["--webhook-url", "http://example.com/"], SIGNED, ("not this machine", "-anywhere")),
        (["--webhook-url", "nowhere"], SIGNED, ("not http", "-anywhere")),
        (
            ["--webhook-url", "http://127.0.0.1:1/"],
            {"REELBOT_STUDIO_WEBHOOK_SECRET": "hunter2"},
            ("secret is not whsec_", "Set REELBOT_STUDIO_WEBHOOK_SECRET"),
        ),
        (["--webhook-url", "http://127.0.0.1:65536/"], SIGNED, ("is no port", "-anywhere")),
        (["--folder", "schedules.yaml"], {}, ("schedules.yaml cannot be written", "--folder")),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(
    folder: Folder, here: Here, options: list[str], env: dict[str, str], says: tuple[str, str]
) -> None:
    before = folder.listing()
    said = here.reelbot("studio", "--port", "0", *options, env=env)
    assert said.code == 2
    what, hint = says
    assert what in said.err
    assert hint in said.err
    assert "hunter2" not in said.err
    assert "Traceback" not in said.err
    assert folder.listing() == before


def test_a_taken_port_is_refused_in_words(folder: Folder, here: Here) -> None:
    before = folder.listing()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        said = here.reelbot("studio", "--port", str(port))
    assert said.code == 2
    assert said.err.splitlines()[0] == f"Port {port} on 127.0.0.1 is taken by another program."
    assert "--port" in said.err
    assert folder.listing() == before


def test_a_taken_folder_is_refused_in_words(tmp_path: Path, here: Here) -> None:
    with StudioProcess(tmp_path / "kept", renderer=STAND_IN):
        said = here.reelbot("studio", "--port", "0", "--folder", str(tmp_path / "kept"))
    assert said.code == 2
    assert "Another studio is using" in said.err


# Whom it lets in


def test_with_a_key_nobody_else_gets_in(tmp_path: Path) -> None:
    env = {"REELBOT_STUDIO_API_KEY": "sk-cat"}
    with StudioProcess(tmp_path, renderer=STAND_IN, env=env) as studio:
        for key in (None, "sk-dog", "sk-ca", "sk-catt", "schlüssel"):
            headers = {"authorization": f"Bearer {key}".encode()} if key else {}
            with httpx.Client(headers=headers, trust_env=False) as client:
                for method, path in [
                    ("GET", ""),
                    ("POST", ""),
                    ("GET", "/x"),
                    ("GET", "/../nowhere"),
                ]:
                    answer = client.request(method, f"{studio.url}/videos{path}")
                    assert answer.status_code == 401
                    assert answer.headers["www-authenticate"] == "Bearer"
                    error = answer.json()["error"]
                    assert error.keys() == {"message", "type", "param", "code"}
                    assert (error["code"], error["type"]) == (
                        "invalid_api_key",
                        "invalid_request_error",
                    )
                    assert "sk-" not in answer.text
        with videos(studio, key="sk-cat") as client:
            assert completed(client)["status"] == "completed"
        assert "sk-cat" not in (tmp_path / "studio.log").read_text()
        assert "Bearer $REELBOT_STUDIO_API_KEY" in (tmp_path / "studio.log").read_text()


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://example.com"},
        {"origin": "null"},
        {"host": "rebound.example.com:8091"},
        {"host": "127.0.0.1.example.com"},
        {"host": "[::1"},
    ],
)
def test_without_a_key_no_page_of_another_site_gets_in(
    open_studio: StudioProcess, headers: dict[str, str]
) -> None:
    with videos(open_studio) as client:
        answer = client.post("/videos", json={"prompt": "a cat"}, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "not_local"
        assert client.get("/videos").json()["data"] == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8091", "[::1]:8091"])
def test_this_machine_gets_in_by_all_its_names(open_studio: StudioProcess, host: str) -> None:
    headers = {"host": host, "origin": "http://localhost:3000"}
    with videos(open_studio) as client:
        assert client.get("/videos", headers=headers).status_code == 200


def test_an_upload_is_not_held_in_memory(tmp_path: Path) -> None:
    with StudioProcess(tmp_path, renderer=STAND_IN) as studio, videos(studio) as client:
        completed(client)
        process = psutil.Process(studio.pid)
        clip = b"footage 640x360 2\0" + bytes(60_000_000)
        before = process.memory_info().rss
        for _ in range(2):
            answer = client.post("/videos/edits", data={"prompt": "x"}, files={"video": clip})
            assert answer.status_code == 200
        assert process.memory_info().rss - before < 20_000_000


# Whom it tells


def test_what_finishes_is_announced_signed(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/hooks"
    with (
        receiving(port) as posted,
        StudioProcess(tmp_path, "--webhook-url", url, renderer=STAND_IN, env=SIGNED) as studio,
        videos(studio) as client,
    ):
        done, failed = completed(client), completed(client, "raise it")
        until(lambda: len(posted) == 2)
        events = [Webhook(SECRET).verify(body, headers) for headers, body in posted]
        assert {(event["type"], event["data"]["id"]) for event in events} == {
            ("video.completed", done["id"]),
            ("video.failed", failed["id"]),
        }
        command = psutil.Process(studio.pid).cmdline()
        assert SECRET not in " ".join(command)
        assert SECRET not in (tmp_path / "studio.log").read_text()


def test_a_dead_receiver_delays_nothing_and_hears_it_after_a_restart(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/hooks"
    with StudioProcess(tmp_path, "--webhook-url", url, renderer=STAND_IN, env=SIGNED) as studio:
        with videos(studio) as client:
            made = [completed(client)["id"] for _ in range(3)]
        os.kill(studio.pid, signal.SIGKILL)
        studio.kill()
        with receiving(port) as posted:
            studio.start()
            until(lambda: len(posted) >= 3)
            told = {Webhook(SECRET).verify(b, h)["data"]["id"] for h, b in posted}
    assert told == set(made)
