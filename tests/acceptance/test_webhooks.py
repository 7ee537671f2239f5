"""Webhooks of the product as it is started: which secrets let it start, and that it takes them."""

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from tests.command_line import PLAN, Folder, Here, in_process

SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"
GATEWAY = (
    "gateway: {type: videos-api, base_url: http://127.0.0.1:9/v1, webhook_secret_env: HOOK, "
    "models: {m: {usd_per_second: 0.01, sizes: [1280x720], seconds: [4]}}}"
)
NO_SECRET = {
    "": "Provider 'gateway' takes webhooks, but HOOK is not set.",
    "hunter2": "HOOK must be whsec_ and at least 24 bytes in base64.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, f"publish: preview\n{PLAN}".replace("studio: {type: studio}", GATEWAY))


@pytest.fixture
def here(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Here]:
    yield from in_process(folder, monkeypatch, capsys)


@pytest.mark.parametrize("value,said", NO_SECRET.items())
def test_without_a_good_secret_nothing_starts_and_nothing_is_written(
    folder: Folder, here: Here, value: str, said: str
) -> None:
    before = folder.listing()

    run = here.reelbot("run", env={"HOOK": value})

    assert run.code == 2
    assert run.err.splitlines()[0] == said
    assert "hunter2" not in run.out + run.err
    assert folder.listing() == before


@pytest.mark.parametrize("value,said", NO_SECRET.items())
def test_doctor_finds_a_secret_that_is_missing_or_malformed(
    here: Here, value: str, said: str
) -> None:
    doctor = here.reelbot("doctor", "--json", env={"HOOK": value})

    assert doctor.code == 2
    (finding,) = [f for f in doctor.json if f["verdict"] == "fail"]
    assert finding["what"] == f"provider gateway: {said}"
    assert finding["fix"]


def test_doctor_says_where_webhooks_are_taken(here: Here) -> None:
    doctor = here.reelbot("doctor", "--json", env={"HOOK": f"{SECRET} {SECRET}"})

    assert doctor.code == 0
    said = "provider gateway: webhooks at /webhooks/gateway, 2 secret(s)"
    assert {"verdict": "good", "what": said, "fix": None} in doctor.json


@pytest.mark.slow
def test_an_engine_takes_webhooks_and_counts_what_became_of_them(folder: Folder) -> None:
    body, now = '{"type": "video.completed", "data": {"id": "video_1"}}', datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    with (
        folder.engine(env={"HOOK": SECRET}) as engine,
        httpx.Client(base_url=engine.address, trust_env=False) as client,
    ):
        sent = [headers, headers, {}]
        answers = [client.post("/webhooks/gateway", content=body, headers=h) for h in sent]
        answers.append(client.post("/webhooks/studio", content=body, headers=headers))
        deadline = time.monotonic() + 20
        while "unknown" not in (metrics := client.get("/metrics").text):
            assert time.monotonic() < deadline
            time.sleep(0.1)

    assert [answer.status_code for answer in answers] == [200, 200, 401, 404]
    for outcome in ("unknown", "repeated", "unauthorized", "not_found"):
        assert f'reelbot_webhooks_total{{outcome="{outcome}"}} 1.0' in metrics
    assert f"Webhooks: {engine.address}/webhooks/gateway" in engine.log
    assert "video_1" not in engine.log
    assert SECRET not in engine.log
