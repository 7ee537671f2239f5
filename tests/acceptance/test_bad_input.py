"""Bad input and configuration: a sentence of what happened, one of what to do, exit code 2.

And nothing changes: a folder without data has none afterwards, and data keep every byte. Each case
runs in this process; one of every kind also as the installed command.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.store import open_store
from bot.store.schema import HEAD
from tests.command_line import PLAN, Folder, Here, Said, in_process, stored_run

GATEWAY = """providers:
  studio: {type: studio}
  gateway: {type: videos-api, base_url: "http://127.0.0.1:9/v1", models: {wan: {MODEL}}}
"""


def plan(old: str = "", new: str = "") -> dict[str, str | bytes]:
    """Return the good plan with one thing wrong."""
    assert old in PLAN
    return {"schedules.yaml": PLAN.replace(old, new)}


def gateway(model: str, schedule: str = "") -> dict[str, str | bytes]:
    providers = GATEWAY.replace("MODEL", f"{model}sizes: [1280x720], seconds: [4]")
    text = PLAN.replace("providers:\n  studio: {type: studio}\n", providers)
    return {"schedules.yaml": text.replace("template: cat", f"template: cat{schedule}")}


def long_ones() -> dict[str, str | bytes]:
    text = str(gateway("usd_per_second: 0, ")["schedules.yaml"])
    return {"schedules.yaml": text.replace("seconds: [4]", "seconds: [4, 200]")}


def template(body: str) -> dict[str, str | bytes]:
    return {"prompts/cat.j2": f"---\ndescription: A cat.\n---\n{body}\n"}


MUTE = "Provider 'gateway' costs money, but nothing is connected that could post to slack:#cats."


@dataclass(frozen=True, kw_only=True)
class Bad:
    """One mistake, the first line that names it, and a word of what to do about it."""

    command: tuple[str, ...] = ("run",)
    says: str
    hint: str
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    #: Also as a process of its own.
    process: bool = False


CASES = {
    "a video longer than X takes": Bad(
        command=(
            *("make", "A cat", "--provider", "gateway", "--seconds", "200"),
            *("--to", "x:@reelbot", "--caption", "A cat."),
        ),
        files=long_ones(),
        says="x:@reelbot takes at most 140 seconds, not 200.",
        hint="Ask for another length or size",
    ),
    # schedules.yaml
    "missing file": Bad(
        env={"REELBOT_SCHEDULES": "nowhere.yaml"},
        says="nowhere.yaml: there is no such file.",
        hint="It is looked for at nowhere.yaml.",
        process=True,
    ),
    "empty file": Bad(
        files={"schedules.yaml": ""},
        says="schedules.yaml: there is nothing in it.",
        hint="reelbot doctor",
    ),
    "binary file": Bad(
        files={"schedules.yaml": bytes(range(256))},
        says="schedules.yaml: is not a text file.",
        hint="Save it as UTF-8.",
    ),
    "huge file": Bad(
        files={"schedules.yaml": b"# a comment\n" * 1_000_000},
        says="schedules.yaml: is larger than 1024 KB.",
        hint="Is it the right file?",
    ),
    "no YAML": Bad(
        files={"schedules.yaml": "schedules: [\n"},
        says="schedules.yaml:2: this is not YAML: "
        "expected the node content, but found '<stream end>'.",
        hint="reelbot doctor",
    ),
    "a key misspelt": Bad(
        files=plan("template: cat", "templat: cat"),
        says="schedules.yaml:7: schedules[0].template: is missing",
        hint="Did you mean 'template'?",
    ),
    "an id twice": Bad(
        files={"schedules.yaml": PLAN + PLAN.splitlines(keepends=True)[-1]},
        says="schedules.yaml:8: schedules[1].id: another schedule has this id.",
        hint="choose another",
    ),
    "bad cron": Bad(
        files=plan("7 9 * * *", "77 9 * * *"),
        says="schedules.yaml:7: schedules[0].cron: 77 is not a minute.",
        hint="A minute is 0 to 59.",
        process=True,
    ),
    "unknown zone": Bad(
        files=plan("UTC", "Asia/Tokio"),
        says="schedules.yaml:1: timezone: 'Asia/Tokio' is not a time zone.",
        hint="Asia/Tokyo",
    ),
    "unknown template": Bad(
        files=plan("template: cat", "template: dog"),
        says="schedule 'cat-daily': there is no template 'dog'.",
        hint="Known here: cat.",
    ),
    "unknown provider": Bad(
        files=plan("template: cat", "template: cat, provider: studo"),
        says="schedules.yaml:7: schedules[0].provider: there is no provider 'studo'.",
        hint="Did you mean 'studio'?",
    ),
    "unknown network": Bad(
        files=plan("slack:#cats", "irc:#cats"),
        says="schedules.yaml:2: defaults.publish[0]: is not a target.",
        hint="it looks like slack:… or x:…",
    ),
    "a size the model lacks": Bad(
        files=plan("template: cat", "template: cat, video: {size: 640x480}"),
        says="schedule 'cat-daily': model 'studio-1' does not make 640x480.",
        hint="It makes 1280x720",
    ),
    "seconds the model lacks": Bad(
        files=plan("template: cat", "template: cat, video: {seconds: 5}"),
        says="schedule 'cat-daily': model 'studio-1' does not make 5 seconds.",
        hint="It makes 4, 8, 12, 16, 20 seconds.",
    ),
    "no caption for X": Bad(
        files=template("A cat.") | plan("slack:#cats", "x:@reelbot"),
        says="schedule 'cat-daily': it goes to X, but template 'cat' has no caption.",
        hint="Give prompts/cat.j2 a caption.",
    ),
    "unknown price": Bad(
        files=gateway("", ", provider: gateway"),
        says="schedule 'cat-daily': the price of model 'wan' is unknown.",
        hint="Write its usd_per_second",
    ),
    "paid videos that nobody could see": Bad(
        files=gateway("usd_per_second: 1, ", ", provider: gateway"),
        says=MUTE,
        hint="`reelbot slack setup` connects Slack; `publish: preview`",
        process=True,
    ),
    # prompts
    "no folder of prompts": Bad(
        env={"REELBOT_PROMPTS": "nowhere"},
        says="schedule 'cat-daily': nowhere/: there is no such folder.",
        hint="reelbot doctor",
    ),
    "template syntax": Bad(
        files=template("A {{ mood cat"),
        says="schedule 'cat-daily': prompts/cat.j2:4: this is not Jinja: "
        "expected token 'end of print statement', got 'cat'.",
        hint="There are {{ variables }}",
        process=True,
    ),
    "a way out of the sandbox": Bad(
        files=template("A {{ ''.__class__ }} cat."),
        says="schedule 'cat-daily': prompts/cat.j2:4: "
        "an attribute has no place in a prompt template.",
        hint="There are {{ variables }}",
    ),
    "checking a broken template": Bad(
        command=("prompts", "check"),
        files=template("A {% if %} cat."),
        says="prompts/cat.j2:4: this is not Jinja: Expected an expression, "
        "got 'end of statement block'.",
        hint="There are {{ variables }}",
    ),
    # settings
    "unknown setting": Bad(
        env={"REELBOT_DATADIR": "elsewhere"},
        says="There is no setting REELBOT_DATADIR.",
        hint="Did you mean REELBOT_DATA_DIR?",
        process=True,
    ),
    "bad port": Bad(
        env={"REELBOT_PORT": "http"},
        says="REELBOT_PORT must be a port from 0 (any free one) to 65535.",
        hint="docs/settings.md",
    ),
    "another kind of database": Bad(
        env={"REELBOT_DATABASE_URL": "mysql://user:hunter2@host/reelbot"},
        says="REELBOT_DATABASE_URL must be sqlite:///path or "
        "postgresql://user:password@host/database.",
        hint="docs/settings.md",
    ),
    "a server out of reach": Bad(
        env={"REELBOT_DATABASE_URL": "postgresql://user:hunter2@127.0.0.1:9/reelbot"},
        says="The database 127.0.0.1/reelbot cannot be used: connection failed: connection to "
        'server at "127.0.0.1", port 9 failed: Connection refused.',
        hint="Check that PostgreSQL runs",
    ),
    "no .env": Bad(
        files={".env": "API KEY hunter2\n"},
        says="Line 1 of .env is not NAME=value.",
        hint="Correct the line",
    ),
    # the disk
    "a data folder below a file": Bad(
        command=("make", "a cat"),
        env={"REELBOT_DATA_DIR": "schedules.yaml/data"},
        says="The data folder schedules.yaml/data cannot be written: Not a directory.",
        hint="Set REELBOT_DATA_DIR",
        process=True,
    ),
    "stopping without a data folder": Bad(
        command=("stop",),
        env={"REELBOT_DATA_DIR": "schedules.yaml/data"},
        says="The data folder schedules.yaml/data cannot be written: Not a directory.",
        hint="Set REELBOT_DATA_DIR",
    ),
    "a corrupt database": Bad(
        files={"data/reelbot.db": b"This was a database once. " * 999},
        says="The database data/reelbot.db cannot be used: file is not a database.",
        hint="restore a backup",
        process=True,
    ),
    "listing a corrupt database": Bad(
        command=("runs", "list"),
        files={"data/reelbot.db": b"This was a database once. " * 999},
        says="The database data/reelbot.db cannot be used: file is not a database.",
        hint="restore a backup",
    ),
    # requests
    "nothing asked for": Bad(
        command=("make",),
        says="Ask either with a prompt or with a template.",
        hint="Such as",
    ),
    "asked for twice": Bad(
        command=("make", "a cat", "--template", "cat"),
        says="Ask either with a prompt or with a template.",
        hint="Such as",
    ),
    "an empty prompt": Bad(
        command=("make", " "),
        says="The prompt is empty.",
        hint="Say what the video should show.",
        process=True,
    ),
    "--var without =": Bad(
        command=("make", "--template", "cat", "--var", "mood"),
        says="'mood' is not name=value.",
        hint="--var mood=sleepy",
    ),
    "--var without a name": Bad(
        command=("prompts", "render", "cat", "--var", "=sleepy"),
        says="'=sleepy' is not name=value.",
        hint="--var mood=sleepy",
    ),
    "--var without a template": Bad(
        command=("make", "a cat", "--var", "mood=sleepy"),
        says="Variables belong to a template, and none was named.",
        hint="Name the template",
    ),
    "an unknown variable": Bad(
        command=("make", "--template", "cat", "--var", "mod=sleepy"),
        says="prompts/cat.j2: there is no variable 'mod'.",
        hint="Did you mean 'mood'?",
    ),
    "a provider nobody configured": Bad(
        command=("make", "a cat", "--provider", "studo"),
        says="There is no provider 'studo'.",
        hint="Did you mean 'studio'?",
    ),
    "a model nobody configured": Bad(
        command=("make", "a cat", "--model", "sora-2"),
        says="There is no model 'sora-2'.",
        hint="Known: studio-1.",
    ),
    "a size nobody makes": Bad(
        command=("make", "a cat", "--size", "640x480"),
        says="studio-1 cannot make 640x480.",
        hint="It can: 1280x720",
    ),
    "seconds nobody makes": Bad(
        command=("make", "a cat", "--seconds", "5"),
        says="studio-1 cannot make 5 seconds.",
        hint="It can: 4, 8, 12, 16, 20.",
    ),
    "no seconds at all": Bad(
        command=("make", "a cat", "--seconds", "0"),
        says="Invalid value for '--seconds': Input should be greater than or equal to 1.",
        hint="`reelbot make --help` shows how.",
    ),
    "a paid video that nobody could see": Bad(
        command=("make", "a cat", "--provider", "gateway"),
        files=gateway("usd_per_second: 1, "),
        says=MUTE,
        hint="`reelbot slack setup` connects Slack; `publish: preview`",
    ),
    "a price nobody knows": Bad(
        command=("make", "a cat", "--provider", "gateway"),
        files=gateway(""),
        says="The price of wan at gateway is unknown.",
        hint="Give the model a price per second",
    ),
    "no target": Bad(
        command=("make", "a cat", "--to", "cats"),
        says="'cats' is not a target; it looks like slack:… or x:….",
        hint="Name it as in schedules.yaml.",
    ),
    "a post on X without words": Bad(
        command=("make", "a cat", "--to", "x:@reelbot"),
        says="A post to x:@reelbot needs a caption.",
        hint="--caption",
    ),
    "no image": Bad(
        command=("make", "a cat", "--image", "cat.png"),
        says="The image cat.png cannot be read: No such file or directory.",
        hint="--image",
    ),
    "a text for an image": Bad(
        command=("make", "a cat", "--image", "schedules.yaml"),
        says="schedules.yaml is not an image of up to 20 MB.",
        hint="a PNG, a JPEG or a WebP file",
        process=True,
    ),
    "a damaged image": Bad(
        command=("make", "a cat", "--image", "cat.png"),
        files={"cat.png": b"\x89PNG\r\n\x1a\n and so on"},
        says="cat.png is not an image of up to 20 MB.",
        hint="a PNG, a JPEG or a WebP file",
    ),
    "an unknown schedule": Bad(
        command=("fire", "cat-dayly"),
        says="There is no schedule 'cat-dayly'.",
        hint="Did you mean 'cat-daily'?",
    ),
    "nothing to look at": Bad(
        command=("runs", "show", "last"),
        says="There are no runs yet.",
        hint="`reelbot make` starts one.",
    ),
    "an unknown answer": Bad(
        command=("runs", "resolve", "last", "--as", "maybe"),
        says="Invalid value for '--as': 'maybe' is not one of "
        "'happened', 'not-sent', 'give-up', 'wait'.",
        hint="`reelbot runs resolve --help` shows how.",
    ),
    "empty words": Bad(
        command=("runs", "edit", "last", "--caption", " "),
        says="The caption is empty.",
        hint="--caption",
    ),
    # the command line itself
    "a command misspelt": Bad(
        command=("mkae", "a cat"),
        says="No such command 'mkae'. Did you mean 'make'?",
        hint="`reelbot --help` shows how.",
        process=True,
    ),
    "an option misspelt": Bad(
        command=("make", "a cat", "--secnds", "4"),
        says="No such option: --secnds (Possible options: --seconds).",
        hint="`reelbot make --help` shows how.",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def here(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Here]:
    yield from in_process(folder, monkeypatch, capsys)


def assert_refused(said: Said, says: str, hint: str) -> None:
    assert said.code == 2, said
    assert said.out == ""
    lines = said.err.splitlines()
    assert lines[0] == says
    assert 2 <= len(lines) <= 4
    assert hint in said.err
    assert "Traceback" not in said.err
    assert "hunter2" not in said.err


def prepare(folder: Folder, bad: Bad) -> dict[str, bytes | None]:
    for name, content in bad.files.items():
        folder.write(name, content)
    return folder.listing()


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_named_and_changes_nothing(name: str, folder: Folder, here: Here) -> None:
    bad = CASES[name]
    before = prepare(folder, bad)

    said = here.reelbot(*bad.command, env=bad.env)

    assert_refused(said, bad.says, bad.hint)
    assert folder.listing() == before


@pytest.mark.parametrize("name", [name for name, bad in CASES.items() if bad.process])
def test_the_installed_command_does_the_same(name: str, folder: Folder) -> None:
    bad = CASES[name]
    before = prepare(folder, bad)

    said = folder.reelbot(*bad.command, env=bad.env)

    assert_refused(said, bad.says, bad.hint)
    assert folder.listing() == before


# --- what takes some preparation ---------------------------------------------------------------


def test_several_mistakes_are_told_at_once(folder: Folder, here: Here) -> None:
    folder.write("schedules.yaml", PLAN.replace("UTC", "Mars").replace("7 9", "77 9"))

    said = here.reelbot("schedules", "check")

    assert said.code == 2
    assert [line.split(":")[1] for line in said.err.splitlines()[:2]] == ["1", "7"]


def test_checks_in_json_say_what_is_wrong_on_standard_output(folder: Folder, here: Here) -> None:
    folder.write("schedules.yaml", PLAN.replace("7 9", "77 9"))
    folder.write("prompts/cat.j2", "A cat without a head")

    schedules = here.reelbot("schedules", "check", "--json")
    prompts = here.reelbot("prompts", "check", "--json")

    for said in (schedules, prompts):
        assert said.code == 2
        assert said.err == ""
        assert said.json["ok"] is False
        assert said.json["errors"][0]["message"]


def made(folder: Folder, *numbers: int) -> Path:
    """Make the database, with runs of the ids k0001…; return its file."""
    path = folder.path / "data/reelbot.db"

    async def make() -> None:
        store = open_store(f"sqlite:///{path}", migrate=True)
        for number in numbers:
            await store.add_run(stored_run(f"k{number:04}"))
        await store.close()

    asyncio.run(make())
    return path


@pytest.mark.parametrize(
    "reference,says,hint",
    [
        ("1231-0", "There is no run '1231-0'.", "`reelbot runs list`"),
        ("", "There is no run ''.", "`reelbot runs list`"),
        ("k000", "'k000' could be k0002, k0001.", "Give more of the id."),
    ],
)
def test_a_reference_must_name_one_run(
    folder: Folder, here: Here, reference: str, says: str, hint: str
) -> None:
    made(folder, 1, 2)
    before = folder.listing()

    for command in (["show"], ["approve"], ["edit", "--caption", "A dog."]):
        said = here.reelbot("runs", command[0], reference, *command[1:])
        assert_refused(said, says, hint)

    assert folder.listing() == before


def test_an_edit_names_a_target_of_the_run(folder: Folder, here: Here) -> None:
    made(folder, 1)

    said = here.reelbot("runs", "edit", "k0001", "--caption", "A dog.", "--to", "x:@nobody")

    assert_refused(said, "Run k0001 does not go to 'x:@nobody'.", "It goes to slack:#cats")


@pytest.mark.parametrize(
    "command",
    [
        ("make", "a cat", "--caption", "\udcff"),
        ("runs", "edit", "k0001", "--caption", "\udcff"),
        ("runs", "resolve", "k0001", "--as", "happened", "--url", "\udcff"),
    ],
    ids=lambda c: c[1],
)
def test_words_that_are_no_text_are_refused(
    folder: Folder, here: Here, command: tuple[str, ...]
) -> None:
    made(folder, 1)
    before = folder.listing()

    said = here.reelbot(*command)

    assert_refused(said, f"Word {len(command)} of the command is not UTF-8 text.", "Type it anew")
    assert folder.listing() == before


@pytest.mark.parametrize(
    "command", [("edit", "--caption", "A dog.", "--to"), ("undo", "--target")], ids=lambda c: c[0]
)
def test_an_account_is_the_same_in_capitals(
    folder: Folder, here: Here, command: tuple[str, ...]
) -> None:
    made(folder, 1)

    said = here.reelbot("runs", command[0], "k0001", *command[1:], "x:@Nobody")

    assert_refused(said, "Run k0001 does not go to 'x:@nobody'.", "It goes to slack:#cats")


def test_a_newer_database_is_left_alone(folder: Folder, here: Here) -> None:
    with contextlib.closing(sqlite3.connect(made(folder))) as database, database:
        database.execute("UPDATE reelbot_schema SET version_num = '9999'")
    before = folder.listing()

    for command in (["run"], ["make", "a cat"], ["runs", "list"], ["db", "upgrade"], ["stop"]):
        said = here.reelbot(*command, env={"REELBOT_PORT": "0"})
        assert_refused(
            said,
            "The database data/reelbot.db was written by a newer reelbot "
            f"(schema 9999; this one knows {HEAD}).",
            "Install the newer version again",
        )

    assert folder.listing() == before


def test_a_busy_port_is_refused_before_anything_moves(folder: Folder) -> None:
    before = folder.listing()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        said = folder.reelbot("run", env={"REELBOT_PORT": port})

    assert_refused(said, f"Port {port} on 127.0.0.1 is taken by another program.", "REELBOT_PORT")
    assert folder.listing() == before


def test_a_second_engine_is_refused(folder: Folder) -> None:
    """Also when it would be the port that stops it: two engines are the cause, not the port."""
    store = open_store(f"sqlite:///{made(folder)}", migrate=False)
    try:
        with store.engine_lock(), socket.create_server(("127.0.0.1", 0)) as listener:
            for port in (0, listener.getsockname()[1]):
                said = folder.reelbot("run", env={"REELBOT_PORT": str(port)})
                says = (
                    f"Another engine is running: process {os.getpid()} on {socket.gethostname()}."
                )
                assert_refused(said, says, "Stop it first")
    finally:
        asyncio.run(store.close())


def test_a_full_disk_is_refused_before_anything_is_written(
    folder: Folder, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(total=10**9, used=10**9, free=12_345_678)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    before = folder.listing()

    for command in (["run"], ["make", "a cat"], ["fire", "cat-daily"], ["demo"]):
        said = here.reelbot(*command, env={"REELBOT_PORT": "0"})
        where = "data/demo" if command == ["demo"] else "data"
        assert_refused(said, f"Only 12 MB are free in {where}.", "200 MB must be free")

    assert folder.listing() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes; only root can make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, check=False).returncode:
        pytest.skip("no disk can be made here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_real_disk_without_room(folder: Folder, small_disk: Path) -> None:
    said = folder.reelbot("make", "a cat", env={"REELBOT_DATA_DIR": str(small_disk / "data")})

    assert_refused(said, f"Only 8 MB are free in {small_disk / 'data'}.", "200 MB must be free")
    assert list(small_disk.iterdir()) == []
