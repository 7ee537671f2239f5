"""What the command line says and how: results, JSON, help, completion, terminals of every kind."""

import asyncio
import io
import itertools
import json
import re
import shlex
import subprocess
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

import bot
from bot.cli import app, follow, report, show
from bot.domain.post import Delivery, DeliveryStatus, Post, Target
from bot.domain.prompt import Prompt
from bot.domain.run import Failure, Price, Run, RunState, Step, WaitReason
from bot.domain.video import Asset, Inspection, VideoJob, VideoStatus
from bot.store import open_store
from tests.command_line import PLAN, Folder, Here, command, environment, in_process, stored_run

DOCS = Path(__file__).parents[2] / "docs"
NOW = datetime(2027, 1, 1, 12, 7, tzinfo=UTC)
SLACK, X = Target.parse("slack:#cats"), Target.parse("x:@reelbot")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def here(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Here]:
    yield from in_process(folder, monkeypatch, capsys)


def store(folder: Folder, *runs: Run) -> None:
    async def add() -> None:
        database = open_store(f"sqlite:///{folder.path / 'data/reelbot.db'}", migrate=True)
        for run in runs:
            await database.add_run(run)
        await database.close()

    (folder.path / "data").mkdir(exist_ok=True)
    asyncio.run(add())


# --- help, documentation, completion -----------------------------------------------------------


Tree = dict[str, typer.core.TyperCommand]


def tree(group: typer.core.TyperGroup, *path: str) -> Tree:
    found: Tree = {}
    for name, each in group.commands.items():
        if isinstance(each, typer.core.TyperGroup):
            found |= tree(each, *path, name)
        else:
            found[" ".join([*path, name])] = each
    return found


COMMANDS = tree(typer.main.get_group(app))


def documented() -> list[tuple[str, str]]:
    """Return every command of the page with its example."""
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    return re.findall(
        r"^\| `reelbot ([a-z ]+?)(?: \S*[A-Z]\S*)?` \|.*\| `reelbot (.+)` \|$",
        page,
        re.MULTILINE,
    )


@pytest.mark.parametrize("name,example", documented())
def test_the_examples_of_the_page_are_commands(name: str, example: str) -> None:
    words = shlex.split(example)

    assert words[: len(name.split())] == name.split()
    COMMANDS[name].make_context(name, words[len(name.split()) :])


def test_every_command_has_an_example_on_the_page() -> None:
    assert sorted(name for name, _ in documented()) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_explains_itself(name: str, here: Here) -> None:
    said = here.reelbot(*name.split(), "--help", env={"COLUMNS": "80"})

    assert said.code == 0
    assert max(len(line) for line in said.out.splitlines()) <= 80
    assert (COMMANDS[name].help or "").strip()
    assert [p.name for p in COMMANDS[name].params if not getattr(p, "help", None)] == []


def test_help_comes_without_asking(here: Here) -> None:
    said = here.reelbot()

    assert "reelbot demo" in said.out
    assert [
        name for name in ("demo", "run", "make", "runs", "doctor") if name not in said.out
    ] == []


def test_the_version(folder: Folder) -> None:
    said = folder.reelbot("--version")

    assert (said.code, said.out, said.err) == (0, f"reelbot {bot.__version__}\n", "")


@pytest.mark.parametrize(
    "typed,offered",
    [
        ("reelbot fire c", "cat-daily"),
        ("reelbot schedules next ", "cat-daily"),
        ("reelbot make --template ", "cat"),
        ("reelbot prompts render ", "cat"),
        ("reelbot runs approve k0", "k0001"),
        ("reelbot runs show l", "last"),
        ("reelbot videos delete last l", "last"),
        ("reelbot videos list --provider s", "studio"),
        ("reelbot runs resolve last --as no", "not-sent"),
    ],
)
def test_the_shell_completes_names(folder: Folder, here: Here, typed: str, offered: str) -> None:
    store(folder, stored_run("k0001"))
    env = {"_REELBOT_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": typed}

    assert f'"{offered}"' in here.reelbot(env=env).out


def test_completion_meets_broken_files_in_silence(folder: Folder, here: Here) -> None:
    folder.write("schedules.yaml", "schedules: [")
    env = {"_REELBOT_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "reelbot fire c"}

    said = here.reelbot(env=env)

    assert "cat" not in said.out
    assert said.err == ""
    assert not (folder.path / "data").exists()


# --- JSON --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words,look",
    [
        ("runs list", lambda answer: answer[0]["id"] == "k0002"),
        ("runs list --limit 1 --state running", lambda answer: len(answer) == 1),
        ("runs list --state failed", lambda answer: answer == []),
        ("videos list", lambda answer: answer == []),
        ("runs show k0001", lambda answer: answer["run"]["id"] == "k0001"),
        ("schedules list", lambda answer: answer[0]["schedule"]["id"] == "cat-daily"),
        ("schedules next -n 3", lambda answer: len(answer) == 3),
        (
            "schedules check",
            lambda answer: answer == {"ok": True, "schedules": ["cat-daily"], "notes": []},
        ),
        ("prompts list", lambda answer: answer[0]["name"] == "cat"),
        ("prompts render cat --var mood=おやすみ", lambda answer: "おやすみ" in answer["text"]),
        ("prompts check", lambda answer: answer == {"ok": True, "templates": ["cat"]}),
        ("doctor", lambda answer: {finding["verdict"] for finding in answer} == {"good"}),
    ],
)
def test_json_is_alone_on_standard_output(
    folder: Folder, here: Here, words: str, look: Callable[[Any], bool]
) -> None:
    store(folder, stored_run("k0001"), stored_run("k0002"))

    said = here.reelbot(*words.split(), "--json")

    assert said.code == 0
    assert said.err == ""
    assert look(said.json), said.json


def test_the_schema_is_json(here: Here) -> None:
    assert here.reelbot("schedules", "schema").json["title"] == "reelbot schedules.yaml"


# --- lists -------------------------------------------------------------------------------------


def test_lists_of_nothing_say_what_to_do(folder: Folder, here: Here) -> None:
    folder.write("schedules.yaml", "timezone: UTC\n")
    (folder.path / "prompts/cat.j2").unlink()

    assert "`reelbot demo` makes one" in here.reelbot("runs", "list").out
    assert "docs/schedules.md" in here.reelbot("schedules", "list").out
    assert here.reelbot("schedules", "next").out == "Nothing will fire.\n"
    assert here.reelbot("prompts", "list").out == "There are no templates yet.\n"
    assert not (folder.path / "data").exists()


def test_schedules_of_the_same_moment_are_listed_side_by_side(folder: Folder, here: Here) -> None:
    entry = '  - {id: dog-daily, cron: "7 9 * * *", template: cat, timezone: Asia/Tokyo}\n'
    folder.write("schedules.yaml", PLAN + entry + entry.replace("dog", "cow"))

    said = here.reelbot("schedules", "next", "-n", "4")

    assert said.code == 0
    rows = [line.split() for line in said.out.splitlines()[1:]]
    # Which moment is the next one depends on the hour of the day.
    assert {"cow-daily", "dog-daily"} in [{a[0], b[0]} for a, b in itertools.pairwise(rows)]
    assert {(row[3], row[4], row[6]) for row in rows if row[0] == "dog-daily"} == {
        ("09:07", "JST", "00:07")
    }


def test_a_disabled_schedule_is_off(folder: Folder, here: Here) -> None:
    folder.write("schedules.yaml", PLAN.replace("template: cat", "template: cat, enabled: false"))

    listed = here.reelbot("schedules", "list")

    assert re.search(
        r"cat-daily +7 9 \* \* \* +off +cat by studio for slack:#cats$", listed.out, re.MULTILINE
    )
    assert here.reelbot("schedules", "next").out == "Nothing will fire.\n"


def test_times_name_their_zone(folder: Folder, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    store(folder, replace(stored_run("k0001"), created_at=NOW))
    said = folder.reelbot("runs", "list", env={"TZ": "Asia/Tokyo"})

    assert "2027-01-01 21:07:00 JST" in said.out


# --- one run -----------------------------------------------------------------------------------


def finished() -> Run:
    """Return a run that has done everything, with one post refused."""
    asset = Asset(sha256="f" * 64, path=f"ff/{'f' * 64}.mp4", media_type="video/mp4", bytes=1)
    run = stored_run("k0001")
    return replace(
        run,
        request=replace(run.request, targets=(SLACK, X)),
        state=RunState.FAILED,
        prompt=Prompt(
            text="A cat\n" + "by the water " * 40, caption="A \x1b[31mcat.", alt_text=None
        ),
        price=Price(video=Decimal("0.08"), posts={"x:@reelbot": Decimal("0.015")}),
        job=VideoJob(
            provider="gateway",
            id="video_1",
            model="wan",
            seconds=4,
            size="1280x720",
            status=VideoStatus.COMPLETED,
            created_at=NOW,
        ),
        video=asset,
        inspection=Inspection(
            container="mp4",
            video_codec="h264",
            pixel_format="yuv420p",
            audio_codec="aac",
            width=1280,
            height=720,
            seconds=4.0,
            frames=96,
            fps=24.0,
            faststart=True,
            simulated=True,
            findings=("The picture never changes.",),
        ),
        deliveries=(
            Delivery(
                target=SLACK,
                status=DeliveryStatus.DELIVERED,
                url="https://slack.test/1",
                delivered_at=NOW,
            ),
            Delivery(target=X, status=DeliveryStatus.FAILED, detail="X said \x1b[2Jno."),
        ),
        failure=Failure(
            code="post_rejected", message="X refused.", hint="Ask X.", step=Step.PUBLISH, at=NOW
        ),
    )


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], io.StringIO]:
    """A terminal of a width; everything goes there."""

    def make(width: int) -> io.StringIO:
        paper = io.StringIO()
        console = Console(
            file=paper, force_terminal=True, width=width, soft_wrap=True, color_system=None
        )
        monkeypatch.setattr(show, "out", console)
        monkeypatch.setattr(show, "err", console)
        return paper

    return make


def test_the_short_table_is_one_line_each(screen: Callable[[int], io.StringIO]) -> None:
    paper = screen(80)

    report.short(finished(), Path("data"))

    lines = paper.getvalue().splitlines()
    assert [line[:13].strip() for line in lines] == [
        *("run", "prompt", "caption", "price", "video", "note"),
        *("slack:#cats", "x:@reelbot", "why", "what to do"),
    ]
    assert "SIMULATED" in lines[0]
    assert lines[1].endswith("…")
    assert 70 < len(lines[1]) <= 80
    assert lines[3].endswith("$0.095")
    assert lines[4].endswith(f"data/media/ff/{'f' * 64}.mp4"), "a path is never folded"
    assert lines[6].endswith("posted 2027-01-01 12:07:00 UTC https://slack.test/1")
    assert "failed X said" in lines[7]


def test_the_full_table_wraps_words_and_no_paths(screen: Callable[[int], io.StringIO]) -> None:
    paper = screen(60)

    report.full(finished(), Path("data"), [], [])

    lines = paper.getvalue().splitlines()
    assert [line for line in lines if len(line) > 60] == [
        f"video        data/media/ff/{'f' * 64}.mp4"
    ]
    assert sum("by the water" in line for line in lines) > 5


def test_what_people_wrote_commands_no_terminal(screen: Callable[[int], io.StringIO]) -> None:
    paper = screen(80)

    report.short(finished(), Path("data"))
    show.table(("a", "b"), [("x", "[bold]y[/] \x1b]0;title\x07")])
    show.failure("No \x1b[2J.", None)

    assert "\x1b]" not in paper.getvalue()
    assert "\x1b[31m" not in paper.getvalue()
    assert "\x1b[2J" not in paper.getvalue()
    assert "[bold]y[/]" in paper.getvalue()


@pytest.mark.parametrize(
    "reason,advice",
    [
        (WaitReason.APPROVAL, "reelbot runs approve k0001"),
        (WaitReason.STOPPED, "reelbot start"),
        (WaitReason.BACKOFF, "reelbot runs follow k0001"),
        (WaitReason.PROVIDER, "reelbot runs follow k0001"),
    ],
)
def test_a_waiting_run_says_what_to_do(
    screen: Callable[[int], io.StringIO], reason: WaitReason, advice: str
) -> None:
    paper = screen(80)

    report.short(replace(stored_run("k0001"), state=RunState.WAITING, reason=reason), Path("data"))

    assert advice in paper.getvalue()


def test_money_keeps_its_digits() -> None:
    assert show.usd(Decimal(0)) == "$0.00"
    assert show.usd(Decimal("1.5")) == "$1.50"
    assert show.usd(Decimal("0.0150")) == "$0.015"


def test_a_run_that_fails_says_why_and_exits_1(folder: Folder, here: Here) -> None:
    """The day's budget does not reach; nothing is sent, so nobody need listen."""
    folder.write(
        "schedules.yaml",
        PLAN.replace(
            "studio: {type: studio}",
            "gateway: {type: videos-api, base_url: 'http://127.0.0.1:9/v1', models: "
            "{wan: {usd_per_second: 1, sizes: [1280x720], seconds: [4]}}}",
        )
        + "publish: preview\nbudget: {per_day_usd: 1}\n",
    )

    said = here.reelbot("make", "a cat")

    assert said.code == 1
    assert re.search(r"^run +\S+  failed$", said.out, re.MULTILINE)
    assert re.search(r"^why +\$4 for video is more than", said.out, re.MULTILINE)
    assert here.reelbot("runs", "list", "--state", "failed", "--json").json[0]["id"] in said.out


# --- one run, moving ---------------------------------------------------------------------------


async def trip(progress: list[int]) -> AsyncGenerator[Run]:
    run = finished()
    new = replace(run, state=RunState.RUNNING, prompt=None, price=None, job=None, failure=None)
    yield new
    assert run.job
    for percent in progress:
        job = replace(run.job, status=VideoStatus.IN_PROGRESS, progress=percent)
        yield replace(new, prompt=run.prompt, price=run.price, job=job)
    yield replace(run, state=RunState.SUCCEEDED)


async def never() -> None:
    """Nobody has stopped anything."""


async def test_without_a_terminal_there_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = await follow.follow(trip(list(range(0, 100, 2))), stopped=never)

    assert run.state is RunState.SUCCEEDED
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert 5 < len(lines) < 10
    assert lines[0] == "  0%  rendering the prompt"
    assert lines[1] == "  5%  waiting for the video: in progress"
    assert lines[-1] == "100%  succeeded"
    percents = [int(line.split("%")[0]) for line in lines]
    assert percents == sorted(percents)


async def test_on_a_terminal_there_is_a_bar(screen: Callable[[int], io.StringIO]) -> None:
    paper = screen(80)

    await follow.follow(trip([50]), stopped=never)

    assert re.search("succeeded ━+ 100%", paper.getvalue())
    assert "\n  0%" not in paper.getvalue(), "lines are for those who have no terminal"


async def test_following_ends_where_only_a_person_can_go_on() -> None:
    for reason in (WaitReason.APPROVAL, WaitReason.TARGET_PAUSED):
        held = replace(finished(), state=RunState.WAITING, reason=reason)
        assert follow.rests(held)
    soon = replace(finished(), state=RunState.WAITING, reason=WaitReason.BACKOFF)
    assert not follow.rests(replace(soon, wake_at=NOW + timedelta(seconds=9)))
    assert follow.rests(replace(finished(), state=RunState.ATTENTION))


# --- terminals and pipes -----------------------------------------------------------------------


def test_a_terminal_without_the_signs_gets_others(folder: Folder) -> None:
    folder.write("prompts/cat.j2", "---\ndescription: 猫。\ncaption: 猫 🐾\n---\nA cat.\n")

    said = folder.reelbot("prompts", "render", "cat", env={"PYTHONIOENCODING": "ascii"})
    told = folder.reelbot("prompts", "render", "cat", "--json", env={"PYTHONIOENCODING": "ascii"})

    assert (said.code, said.err) == (0, "")
    assert "caption" in said.out
    assert json.loads(told.out)["caption"] == "猫 🐾"


@pytest.mark.parametrize("words", [["prompts", "list"], ["schedules", "schema"]])
def test_a_reader_who_leaves_is_no_bug(folder: Folder, words: list[str]) -> None:
    with subprocess.Popen(
        command(*words),
        cwd=folder.path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as talking:
        assert talking.stdout
        assert talking.stderr
        talking.stdout.close()
        err = talking.stderr.read()

    assert talking.returncode == 1
    assert err == b""


def test_a_bug_is_a_sentence_and_its_traceback_can_be_had(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_settings: object) -> None:
        raise ZeroDivisionError("by zero\nand more")

    monkeypatch.setattr("bot.app.prompt_library", broken)

    said = here.reelbot("prompts", "list")

    assert said.code == 1
    assert said.err.splitlines() == [
        "reelbot has met a bug: ZeroDivisionError: by zero.",
        "Set REELBOT_LOG_LEVEL=DEBUG and try again to see where, then report it.",
    ]
    with pytest.raises(ZeroDivisionError):
        here.reelbot("prompts", "list", env={"REELBOT_LOG_LEVEL": "debug"})


# --- doctor ------------------------------------------------------------------------------------


def test_doctor_names_what_is_wrong_and_changes_nothing(folder: Folder, here: Here) -> None:
    folder.write("schedules.yaml", PLAN.replace("7 9", "77 9"))
    folder.write(".env", "X_API_KEY=consumerkey\n")
    before = folder.listing()

    said = here.reelbot("doctor")

    assert said.code == 2
    assert "FAIL  schedules.yaml:7: schedules[0].cron: 77 is not a minute" in said.out
    assert "→ A minute is 0 to 59." in said.out
    assert "FAIL  x: half the credentials" in said.out
    assert "consumerkey" not in said.out + said.err
    assert folder.listing() == before


def test_doctor_finds_a_folder_that_cannot_be_written(folder: Folder, here: Here) -> None:
    said = here.reelbot("doctor", env={"REELBOT_DATA_DIR": "schedules.yaml/data"})

    assert said.code == 2
    assert "cannot be written" in said.out


def test_doctor_tells_of_a_stop_and_of_runs_that_need_a_person(folder: Folder, here: Here) -> None:
    store(folder, replace(stored_run("k0001"), state=RunState.ATTENTION))
    here.reelbot("stop", "--why", "wrong account")

    said = here.reelbot("doctor")

    assert said.code == 0
    assert re.search(r"NOTE  stopped by cli:\S+, .*: wrong account", said.out)
    assert "NOTE  runs need a person" in said.out
    assert "database: 1 attention" in said.out


# --- what goes out -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "front,told",
    [
        ("caption: 猫 cats.com", "26 of 280 characters"),
        (f"caption: {'n' * 281}", "281 of 280 characters: too long"),
        (f"caption: {'n' * 281}\nlong_caption: cut", "281 of 280 characters: will be cut"),
    ],
)
def test_a_caption_is_counted_as_x_counts_it(
    folder: Folder, here: Here, front: str, told: str
) -> None:
    folder.write("prompts/cat.j2", f"---\ndescription: A cat.\n{front}\n---\nA cat.\n")

    said = here.reelbot("prompts", "render", "cat")

    assert said.code == 0
    assert re.search(rf"^on X +{told}$", said.out, re.MULTILINE)


def test_a_run_shows_what_was_changed_of_its_words(folder: Folder, here: Here) -> None:
    run, asset = stored_run("k0001"), Asset(sha256="a", path="a", media_type="video/mp4", bytes=1)
    post = Post(
        run_id=run.id,
        target=run.request.targets[0],
        caption="A cat.",
        alt_text=None,
        asset=asset,
        thumbnail=None,
        simulated=True,
        changes=("The link cats.com was left out.",),
    )
    prompt = Prompt(text="a cat", caption="A cat. cats.com", alt_text=None)
    store(folder, run.evolve(prompt=prompt, posts=(post,)))

    said = here.reelbot("runs", "show", "last")

    assert re.search(r"^changed +The link cats\.com was left out\.$", said.out, re.MULTILINE)
