"""`reelbot run` beside a Slack: asked for there, made here, shown there; over real processes."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command_line import Engine, Folder
from tests.fake_slack import FakeSlack

pytestmark = pytest.mark.slow

#: Real seconds; long enough for a busy machine that draws a clip.
PATIENCE = 90.0
JANE, ANN = "U0JANEJANE", "U0ANNANN1"

PLAN = """timezone: UTC
defaults: {approval: auto, publish: ["slack:#cats"]}
ad_hoc: {approval: auto, video: {seconds: 4}}
slack:
  desk: "#desk"
  allow_simulated: ["#cats"]
  rights:
    admin: [U0ANNANN1]
schedules:
  - {id: cat-daily, cron: "7 9 * * *", template: cat, missed: skip}
"""


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    fake = FakeSlack()
    for channel in ("#cats", "#desk"):
        fake.workspace.add_channel(channel)
    for user, name in ((JANE, "jane"), (ANN, "ann")):
        fake.workspace.add_user(user, name)
    with fake.serve():
        yield fake


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, PLAN)


def tokens(slack: FakeSlack) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": "xoxb-test",
        "SLACK_APP_TOKEN": "xapp-test",
        "SLACK_API_URL": slack.api_url,
    }


@pytest.fixture
def engine(folder: Folder, slack: FakeSlack) -> Iterator[Engine]:
    with folder.engine(tokens(slack)) as engine:
        slack.ask(slack.sockets.wait_for(1))
        yield engine
        assert "Traceback" not in engine.log


def until(true: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
    return found


def cards(slack: FakeSlack, channel: str) -> list[dict]:
    """The bot's own messages in the channel itself."""
    return [
        m
        for m in slack.messages(channel)
        if m.get("blocks") and m.get("thread_ts") in {None, m["ts"]}
    ]


def test_a_video_asked_for_in_slack_comes_back_in_its_thread(
    engine: Engine, slack: FakeSlack
) -> None:
    """From the words somebody types to the clip below the card, with the real studio between."""
    asked = slack.ask(slack.slash("/video", "a cat surfing", user=JANE, channel="#cats"))
    assert asked.error is None

    until(lambda: slack.clips("#cats"))
    card = until(lambda: [c for c in cards(slack, "#cats") if "osted" in str(c["blocks"])])[0]

    shared = next(m for m in slack.messages("#cats") if m.get("files"))
    assert shared["thread_ts"] == card["ts"]
    assert [u.bytes > 10_000 for u in slack.uploads if "mp4" in str(u.headers)] == [True]
    assert "a cat surfing" in str(card["blocks"])
    assert len(cards(slack, "#cats")) == 1
    ready = httpx.get(f"{engine.address}/readyz", trust_env=False).json()
    assert ready["checks"]["slack"] == "ok"


def test_killed_and_started_again_there_is_one_card_and_one_clip(
    folder: Folder, slack: FakeSlack
) -> None:
    """kill -9 as soon as the card stands, and once more while the clip is under way."""
    with folder.engine(tokens(slack)) as engine:
        slack.ask(slack.sockets.wait_for(1))
        slack.ask(slack.slash("/video", "a dog in the snow", user=JANE, channel="#cats"))
        until(lambda: cards(slack, "#cats"))
        engine.kill()
    with folder.engine(tokens(slack)) as engine:
        until(lambda: slack.count("files.getUploadURLExternal"))
        engine.kill()
    with folder.engine(tokens(slack)):
        until(lambda: slack.clips("#cats"))
        until(lambda: "osted" in str(cards(slack, "#cats")[0]["blocks"]))

    assert len(cards(slack, "#cats")) == 1
    assert len([m for m in slack.messages("#cats") if m.get("files")]) == 1


def test_only_an_admin_starts_again_what_anyone_may_stop(
    engine: Engine, folder: Folder, slack: FakeSlack
) -> None:
    slack.ask(slack.slash("/video", "stop", user=JANE, channel="#cats"))
    until(lambda: "stopped by" in folder.reelbot("health", env=_port(engine)).out)

    slack.ask(slack.slash("/video", "start", user=JANE, channel="#cats"))
    assert "stopped by" in folder.reelbot("health", env=_port(engine)).out

    slack.ask(slack.slash("/video", "start", user=ANN, channel="#cats"))
    asked = until(lambda: [m for m in slack.seen_by(ANN) if "room.start" in str(m)])[-1]
    slack.ask(slack.click(asked, "room.start", ANN, channel="#cats"))
    until(lambda: "stopped by" not in folder.reelbot("health", env=_port(engine)).out)


def _port(engine: Engine) -> dict[str, str]:
    return {"REELBOT_PORT": engine.address.rpartition(":")[2]}


def test_simulated_videos_for_a_channel_that_takes_none_are_refused_at_once(
    folder: Folder, slack: FakeSlack
) -> None:
    folder.write("schedules.yaml", PLAN.replace('  allow_simulated: ["#cats"]\n', ""))

    said = folder.reelbot("run", env=tokens(slack))

    assert said.code == 2
    assert "SIMULATED, and slack:#cats is not said to take such." in said.err
    assert "allow_simulated" in said.err


def test_a_paid_video_that_nothing_could_post_is_refused_before_anything_starts(
    folder: Folder,
) -> None:
    folder.write(
        "schedules.yaml",
        PLAN.replace("defaults: {", "defaults: {provider: gateway, ")
        + "providers:\n  gateway: {type: videos-api, base_url: http://127.0.0.1:9/v1, models:"
        " {m: {usd_per_second: 0.1, sizes: [1280x720], seconds: [4]}}}\n",
    )

    said = folder.reelbot("run")

    assert said.code == 2
    assert "nothing is connected that could post to slack:#cats" in said.err
    assert "reelbot slack setup" in said.err
