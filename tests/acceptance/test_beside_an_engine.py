"""Commands beside a running engine: they ask, it does, they follow. Nobody else moves a run."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.command_line import Folder, Here, Said, in_process
from tests.studio_process import StudioProcess

pytestmark = pytest.mark.slow

PLAN = """timezone: UTC
publish: preview
budget: {{per_day_usd: 100}}
defaults: {{provider: gateway, approval: auto, publish: ["slack:#cats"]}}
ad_hoc: {{approval: required}}
providers:
  gateway:
    type: videos-api
    base_url: {url}
    models: {{studio-1: {{usd_per_second: 0.01, sizes: [1280x720], seconds: [4]}}}}
schedules:
  - {{id: cat-daily, cron: "7 9 * * *", template: cat, missed: skip}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """A folder in which an engine runs."""
    path = tmp_path_factory.mktemp("beside")
    with StudioProcess(path / "vendor", renderer="tests.tiny_renderer") as vendor:
        folder = Folder(path / "bot", PLAN.format(url=vendor.url))
        with folder.engine():
            yield folder


@pytest.fixture
def here(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Here]:
    yield from in_process(folder, monkeypatch, capsys)


@pytest.fixture
def asked(here: Here) -> str:
    """The id of a run that waits for approval."""
    said = here.reelbot("make", "a cat", "--caption", "A cat.", "--json")
    assert (said.code, said.json["reason"]) == (0, "approval"), said
    run_id: str = said.json["id"]
    return run_id


def shown(here: Here, run_id: str) -> Any:
    return here.reelbot("runs", "show", run_id, "--json").json["run"]


def test_make_follows_the_run_that_the_engine_moves(folder: Folder) -> None:
    """The installed command, as people type it; the others run in this process."""
    said = folder.reelbot("make", "a cat", "--seconds", "4", "--to", "slack:#dogs")

    assert said.code == 0, said
    assert "waiting (approval)" in said.out
    assert "$0.04" in said.out
    assert "reelbot runs approve" in said.out
    assert "96%  waiting (approval) until " in said.err.splitlines()[-1]


def test_detached_it_prints_the_id_and_the_engine_does_the_rest(here: Here) -> None:
    said = here.reelbot("fire", "cat-daily", "--detach")
    run_id = said.out.strip()

    assert said.code == 0
    assert said.err.endswith("It costs about $0.04.\n")
    followed = here.reelbot("runs", "follow", run_id)
    assert followed.code == 0
    assert run_id in followed.out
    assert "succeeded" in followed.out
    assert shown(here, run_id)["request"]["source"].endswith("fired cat-daily")


def test_an_approved_run_is_posted_once(here: Here, asked: str) -> None:
    said = here.reelbot("runs", "approve", asked)

    assert said.code == 0
    assert "Approved by cli:" in said.err
    assert "previewed" in said.out
    again = here.reelbot("runs", "approve", asked)
    assert again.code == 1
    assert "Already approved by cli:" in again.err
    assert_whole(here.reelbot("runs", "show", asked))
    told = here.reelbot("runs", "show", asked, "--json").json
    assert [effect["state"] for effect in told["effects"]] == ["done", "done"]
    assert told["spends"][0]["usd"] == "0.04"


def assert_whole(said: Said) -> None:
    """Every step, every request and every dollar, in this order."""
    at = 0
    for word in ("render ✓", "create:1", "done", "post:slack:#cats:1", "$0.04", "settled"):
        assert word in said.out[at:], (word, said.out)
        at = said.out.index(word, at)


def test_a_run_is_rejected_and_taken_up_again(here: Here, asked: str) -> None:
    said = here.reelbot("runs", "reject", asked[:-1])

    assert said.code == 0
    assert said.out.startswith("Rejected by cli:")
    assert shown(here, asked)["reason"] == "rejected"
    retried = here.reelbot("runs", "retry", asked, "--json")
    assert retried.code == 0
    assert (retried.json["generation"], retried.json["reason"]) == (2, "approval")


def test_an_edited_run_has_to_be_approved_again(here: Here, asked: str) -> None:
    said = here.reelbot("runs", "edit", asked, "--caption", "A dog.")

    assert said.code == 0
    assert "has to be approved again" in said.out
    assert here.reelbot("runs", "edit", asked, "--caption", "A dog.").code == 1
    approved = here.reelbot("runs", "approve", asked, "--json")
    assert [post["caption"] for post in approved.json["posts"]] == ["A dog."]


def test_a_run_is_cancelled_once(here: Here, asked: str) -> None:
    said = here.reelbot("runs", "cancel", asked)

    assert said.code == 0
    assert said.out.startswith("Cancelled by cli:")
    again = here.reelbot("runs", "cancel", asked)
    assert again.code == 1
    assert again.err.startswith("The run is over: cancelled")


def test_stop_holds_a_run_back_and_start_lets_it_go_on(here: Here) -> None:
    stopped = here.reelbot("stop", "--why", "a test")
    try:
        held = here.reelbot("fire", "cat-daily")
        twice = here.reelbot("stop")
    finally:
        started = here.reelbot("start")

    assert stopped.out == "Stopped. Nothing is paid for or posted until `reelbot start`.\n"
    assert twice.out.startswith("Already stopped by cli:")
    assert held.code == 1
    assert "waiting (stopped)" in held.out
    assert "reelbot start" in held.out
    assert started.out.startswith("Started. It was stopped by cli:")
    assert here.reelbot("start").out == "Nothing was stopped.\n"
    assert here.reelbot("runs", "follow", "last").code == 0


def test_lists_show_what_was_made(here: Here, asked: str) -> None:
    waiting = here.reelbot("runs", "list", "--state", "waiting", "--json")
    everything = here.reelbot("runs", "list")

    assert asked in [run["id"] for run in waiting.json]
    assert {run["state"] for run in waiting.json} == {"waiting"}
    head, first, *_ = everything.out.splitlines()
    assert head.split() == ["run", "state", "made", "price", "asked", "by"]
    assert first.startswith(f"{asked}  waiting (approval)")


def test_doctor_sees_the_engine(here: Here) -> None:
    said = here.reelbot("doctor")

    assert said.code == 0, said
    assert "engine: running" in said.out


def test_a_second_engine_is_refused(folder: Folder) -> None:
    said = folder.reelbot("run", env={"REELBOT_PORT": "0"})

    assert said.code == 2
    assert said.err.startswith("Another engine is running: process ")
