"""`reelbot run` as a process: it can be watched, ended and started again; nothing is lost."""

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.store import open_store
from tests.command_line import PLAN, Engine, Folder
from tests.studio_process import StudioProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_an_engine_is_watched_takes_up_changes_and_ends_cleanly(folder: Folder) -> None:
    """One life, for a start and the look at the file take their seconds."""
    with folder.engine() as engine:
        folder.write("schedules.yaml", PLAN + '  - {id: dog, cron: "7 9 * * *", template: cat}\n')

        assert_watchers_see_health_readiness_and_metrics(engine)
        assert_health_tells_of_a_stop(folder, engine)
        engine.wait_for("schedules reloaded")
        code = engine.stop(within=5)

    assert code == 0
    assert '"added": ["dog"]' in engine.log
    assert "Stopping: " in engine.log
    assert "Traceback" not in engine.log


def assert_watchers_see_health_readiness_and_metrics(engine: Engine) -> None:
    health = httpx.get(f"{engine.address}/healthz", trust_env=False)
    ready = httpx.get(f"{engine.address}/readyz", trust_env=False)
    metrics = httpx.get(f"{engine.address}/metrics", trust_env=False)

    assert health.json() == {"status": "ok"}
    assert ready.json() == {
        "status": "ok",
        "checks": {"database": "ok", "disk": "ok", "stop": "ok"},
    }
    assert "# TYPE reelbot_runs_total counter" in metrics.text


def assert_health_tells_of_a_stop(folder: Folder, engine: Engine) -> None:
    port = {"REELBOT_PORT": engine.address.rpartition(":")[2]}
    before = folder.reelbot("health", env=port)
    folder.reelbot("stop")
    after = folder.reelbot("health", "--json", env=port)
    live = folder.reelbot("health", "--live", env=port)

    assert before.code == 0
    assert before.out.splitlines()[0] == "The engine is ready."
    assert after.code == 1
    assert after.json["checks"]["stop"].startswith("stopped by cli:")
    assert live.code == 0


def test_health_without_an_engine_says_how_to_start_one(folder: Folder) -> None:
    said = folder.reelbot("health", env={"REELBOT_PORT": "9"})

    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines() == [
        "No engine answers on 127.0.0.1:9: Connection refused.",
        "`reelbot run` starts one.",
    ]


def test_ended_in_the_middle_of_a_render_it_goes_on_after_the_next_start(folder: Folder) -> None:
    """Gone within ten seconds, and the video is neither lost nor asked for twice."""
    with folder.engine() as engine:
        run_id = folder.reelbot("fire", "cat-daily", "--detach").out.strip()
        wait_for_render(folder, run_id)

        began = time.monotonic()
        code = engine.stop(within=10)

        assert code == 0
        assert time.monotonic() - began < 10
        assert folder.reelbot("runs", "list", "--json").json[0]["state"] in {"running", "waiting"}
        engine.start()
        followed = folder.reelbot("runs", "follow", run_id, "--json")
        assert followed.code == 0, followed
    effects = folder.reelbot("runs", "show", run_id, "--json").json["effects"]
    assert [effect["attempts"] for effect in effects] == [1, 1]
    assert "Traceback" not in engine.log


def wait_for_render(folder: Folder, run_id: str) -> None:
    for _ in range(60):
        run = folder.reelbot("runs", "show", run_id, "--json").json["run"]
        if run["job"]:
            return
    raise AssertionError(f"never asked for: {run}")


def test_ctrl_c_keeps_the_run_and_says_how_to_go_on(folder: Folder) -> None:
    making = folder.begin("make", "a cat by the water", "--seconds", "12")
    assert making.stderr
    while "waiting for the video" not in (line := making.stderr.readline()):
        assert line, "it ended too early"

    making.send_signal(signal.SIGINT)
    out, err = making.communicate(timeout=20)

    assert making.returncode == 130
    assert out == ""
    said = err.splitlines()[-1]
    assert said.startswith("Interrupted. The run is kept; go on with `reelbot runs follow ")
    (run,) = folder.reelbot("runs", "list", "--json").json
    assert run["id"] in said
    cancelled = folder.reelbot("runs", "cancel", run["id"])
    assert cancelled.out.endswith("The video was already being made and counts as paid.\n")


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[Folder]:
    """A folder whose videos come from a server that is quick."""
    with StudioProcess(tmp_path / "vendor", renderer="tests.tiny_renderer") as studio:
        gateway = f"gateway: {{type: videos-api, base_url: {studio.url}, models: {{studio-1: {{"
        gateway += "usd_per_second: 0.01, sizes: [1280x720], seconds: [4]}}}"
        plan = PLAN.replace("studio: {type: studio}", gateway)
        yield Folder(tmp_path / "bot", f"publish: preview\n{plan}")


def test_who_follows_an_engine_that_goes_away_goes_on_alone(vendor: Folder) -> None:
    """So do two `make` at once: the first moves no run but its own, and then it is gone."""
    vendor.reelbot("db", "upgrade")
    store = open_store(f"sqlite:///{vendor.path / 'data/reelbot.db'}", migrate=False)
    with store.engine_lock():
        making = vendor.begin("make", "a cat")
        assert making.stderr
        assert making.stderr.readline().startswith("Run ")
        assert "0%" in making.stderr.readline()  # it follows: it has seen that an engine runs
    asyncio.run(store.close())

    out, err = making.communicate(timeout=120)

    assert making.returncode == 0, err
    assert "The engine has gone; going on without it." in err
    assert "succeeded" in out
