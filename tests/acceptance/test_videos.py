"""`reelbot videos`: what was made is found, fetched, taken further and deleted."""

import asyncio
import hashlib
import os
import pty
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.app import capabilities_of, engine, files, vendors
from bot.domain.schedule import ProviderEntry
from bot.domain.video import Capabilities, Derivation
from bot.store import open_store
from tests.command_line import (
    Folder,
    Here,
    Said,
    command,
    environment,
    in_process,
    stored_run,
)
from tests.studio_process import StudioProcess

pytestmark = pytest.mark.slow

PLAN = """timezone: UTC
publish: preview
budget: {{per_day_usd: 100}}
defaults: {{provider: gateway, approval: auto, publish: ["slack:#cats"]}}
ad_hoc: {{approval: auto}}
providers:
  gateway:
    type: videos-api
    base_url: {url}
    can: [delete]
    models: {{studio-1: {{usd_per_second: 0.01, sizes: [1280x720], seconds: [4, 8]}}}}
  studio: {{type: studio}}
schedules:
  - {{id: cat-daily, cron: "7 9 * * *", template: cat, missed: skip}}
"""


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    path = tmp_path_factory.mktemp("vendor")
    with StudioProcess(path, renderer="tests.distinct_renderer") as vendor:
        yield vendor


@pytest.fixture(scope="module")
def folder(vendor: StudioProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """A folder in which an engine runs."""
    folder = Folder(tmp_path_factory.mktemp("videos"), PLAN.format(url=vendor.url))
    with folder.engine():
        yield folder


@pytest.fixture
def here(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Here]:
    yield from in_process(folder, monkeypatch, capsys)


@pytest.fixture
def alone(
    vendor: StudioProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Here]:
    """A folder in which no engine runs."""
    yield from in_process(Folder(tmp_path, PLAN.format(url=vendor.url)), monkeypatch, capsys)


def make(here: Here, prompt: str = "a cat", *more: str) -> Any:
    """Make a video and return its run."""
    said = here.reelbot("make", prompt, "--json", *more)
    assert said.code == 0, said
    return said.json


def video(here: Here, run_id: str) -> Any:
    said = here.reelbot("videos", "show", run_id, "--json")
    assert said.code == 0, said
    return said.json["video"]


def ids_at(vendor: StudioProcess) -> set[str]:
    page = httpx.get(f"{vendor.url}/videos?limit=100", trust_env=False).json()
    return {item["id"] for item in page["data"]}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- list and show -----------------------------------------------------------------------------


def test_the_list_tells_in_a_row_what_matters_and_below_it_what_it_shows(here: Here) -> None:
    run = make(here, "a cat on a very long wall " * 9, "--seconds", "8")

    said = here.reelbot("videos", "list", "--limit", "1")

    head, row, shows = said.out.splitlines()
    assert head.split() == ["video", "status", "price", "length", "size", "by", "here", "there"]
    words = f"{run['id']} completed $0.08 8 s 1280x720 gateway yes"
    assert row.split()[: len(words.split())] == words.split()
    assert row.endswith(" h left")
    assert len(row) <= 80
    assert shows.startswith("  studio-1: a cat on a very long wall")


def test_the_list_can_be_narrowed(here: Here) -> None:
    run = make(here)

    completed = here.reelbot("videos", "list", "--status", "completed", "--json").json
    other = here.reelbot("videos", "list", "--provider", "studio")

    assert run["id"] in [each["id"] for each in completed]
    assert {each["status"] for each in completed} == {"completed"}
    assert other.out == "There are no such videos.\n"


def test_a_video_that_failed_says_why(alone: Here, vendor: StudioProcess) -> None:
    plan = PLAN.format(url=f"{vendor.url}/nowhere")
    Path(alone._folder.path / "schedules.yaml").write_text(plan)
    assert alone.reelbot("make", "a cat").code == 1

    listed = alone.reelbot("videos", "list", "--status", "failed")
    shown = alone.reelbot("videos", "show", "last")

    assert "failed" in listed.out.splitlines()[1]
    assert len(listed.out.splitlines()) == 4, listed.out
    assert "what to do" in shown.out
    assert alone.reelbot("videos", "list", "--json").json[0]["why"]


def test_one_video_in_full(here: Here) -> None:
    run = make(here, "a cat in full")

    said = here.reelbot("videos", "show", run["id"][:-1])

    for words in (
        "a cat in full",
        "gateway: studio-1, 1280x720, 4 s",
        run["job"]["id"],
        "h left, until ",
        "$0.04",
        f"data/media/{run['video']['path']}",
        " MB, image/webp",
        "succeeded; reelbot runs show",
    ):
        assert words in said.out, (words, said.out)


def test_the_last_video_is_not_always_the_last_run(here: Here, folder: Folder) -> None:
    run = make(here)
    refused = here.reelbot("make", "a cat", "--provider", "gateway", "--to", "x:@reelbot")
    assert refused.code == 2

    assert video(here, "last")["id"] == run["id"]


def test_the_providers_own_list_marks_ours(here: Here, vendor: StudioProcess) -> None:
    run = make(here)
    foreign = httpx.post(f"{vendor.url}/videos", json={"prompt": "x"}, trust_env=False).json()["id"]

    said = here.reelbot("videos", "list", "--at", "gateway", "--json")
    table = here.reelbot("videos", "list", "--at", "gateway", "--limit", "100")

    makers = {each["video"]["id"]: each["run"] for each in said.json}
    assert makers[run["job"]["id"]] == run["id"]
    assert makers[foreign] is None
    lines = table.out.splitlines()
    assert lines[lines.index(f"  {foreign}") - 1].endswith("not ours")
    assert lines[lines.index(f"  {run['job']['id']}") - 1].endswith(run["id"])


def test_the_studio_of_a_running_engine_answers_nobody_else(here: Here) -> None:
    said = here.reelbot("videos", "list", "--at", "studio")

    assert said.code == 2
    assert said.err.splitlines() == [
        "The studio belongs to the running engine, which alone can ask it.",
        "Ask again when the engine has stopped.",
    ]


def test_watch_follows_to_the_end(here: Here) -> None:
    said = here.reelbot("make", "a cat", "--detach")

    watched = here.reelbot("videos", "watch", _asked_for(here, said.out.strip()), "--json")

    assert (watched.code, watched.json["state"]) == (0, "succeeded")


def _asked_for(here: Here, run_id: str) -> str:
    """Return the id when its video has been asked for."""
    deadline = time.monotonic() + 30
    while here.reelbot("videos", "show", run_id).code:
        assert time.monotonic() < deadline
    return run_id


# --- download ----------------------------------------------------------------------------------


def test_a_download_is_the_kept_file_under_a_name_of_its_own(here: Here, folder: Folder) -> None:
    run = make(here)

    said = here.reelbot("videos", "download", run["id"])
    still = here.reelbot("videos", "download", run["id"], "--variant", "thumbnail", "--to", ".")

    assert (said.code, said.out) == (0, f"{run['id']}.mp4\n")
    assert sha256(folder.path / f"{run['id']}.mp4") == run["video"]["sha256"]
    assert (still.code, still.out) == (0, f"{run['id']}-thumbnail.webp\n")
    assert sha256(folder.path / f"{run['id']}-thumbnail.webp") == run["thumbnail"]["sha256"]


def test_a_file_that_is_there_is_replaced_only_when_told(here: Here, folder: Folder) -> None:
    run = make(here)
    place = folder.write("mine.mp4", "precious")

    refused = here.reelbot("videos", "download", run["id"], "--to", "mine.mp4")

    assert (refused.code, refused.err) == (
        2,
        "mine.mp4 is there already.\nReplace it with --force.\n",
    )
    assert place.read_bytes() == b"precious"
    said = here.reelbot("videos", "download", run["id"], "--to", "mine.mp4", "--force", "--json")
    assert said.json == {"path": "mine.mp4", "bytes": run["video"]["bytes"], "source": "here"}
    assert sha256(place) == run["video"]["sha256"]


def test_a_download_can_be_piped(folder: Folder, here: Here) -> None:
    """The installed command, for bytes have to leave it."""
    run = make(here)

    said = subprocess.run(
        command("videos", "download", run["id"], "--to", "-"),
        cwd=folder.path,
        env=environment(),
        capture_output=True,
        check=True,
    )

    assert hashlib.sha256(said.stdout).hexdigest() == run["video"]["sha256"]
    assert said.stderr == b""


def test_what_is_not_kept_here_comes_from_its_provider(here: Here, folder: Folder) -> None:
    run = make(here)
    assert here.reelbot("videos", "delete", run["id"], "--only-here", "--yes").code == 0
    assert not (folder.path / "data/media" / run["video"]["path"]).exists()

    said = here.reelbot("videos", "download", run["id"], "--to", "back.mp4", "--json")

    assert said.json["source"] == "gateway"
    assert sha256(folder.path / "back.mp4") == run["video"]["sha256"]
    none = here.reelbot("videos", "download", run["id"], "--variant", "spritesheet")
    assert none.code == 2
    assert "gateway serves none" in none.err
    assert not list(folder.path.glob("*.part")) + list(folder.path.glob(".*.part"))


def test_what_is_no_file_is_never_replaced(here: Here, folder: Folder) -> None:
    """A pipe of our own stands for /dev/null, which root could replace for the whole machine."""
    pipe = folder.path / "pipe"
    os.mkfifo(pipe)

    said = here.reelbot("videos", "download", make(here)["id"], "--to", "pipe", "--force")

    assert (said.code, said.err.splitlines()[0]) == (2, "pipe is not a file.")
    assert pipe.is_fifo()


def test_a_name_may_be_as_long_as_the_disk_takes(here: Here, folder: Folder) -> None:
    name = "c" * 255

    said = here.reelbot("videos", "download", make(here)["id"], "--to", name)

    assert said.code == 0, said.err
    assert (folder.path / name).exists()


@pytest.mark.parametrize(
    "to,says",
    [
        ("nowhere/cat.mp4", "There is no folder nowhere."),
        ("schedules.yaml", "schedules.yaml is there already."),
        ("schedules.yaml/cat.mp4", "There is no folder schedules.yaml."),
        ("c" * 300, f"{'c' * 300} cannot be written: File name too long."),
        (f"{'c' * 300}/cat.mp4", f"{'c' * 300}/cat.mp4 cannot be written: File name too long."),
    ],
)
def test_a_place_where_it_cannot_go_is_refused_first(
    here: Here, folder: Folder, to: str, says: str
) -> None:
    run = make(here)

    said = here.reelbot("videos", "download", run["id"], "--to", *to.split())

    assert (said.code, said.err.splitlines()[0]) == (2, says)


# --- remix, edit, extend -----------------------------------------------------------------------


def allow(monkeypatch: pytest.MonkeyPatch, *how: Derivation) -> None:
    """Let every provider say that it can take videos further in these ways, and no more."""
    real = capabilities_of

    def able(entry: ProviderEntry) -> Capabilities:
        return replace(real(entry), derivations=frozenset(how), characters=False)

    for user in (vendors, files):
        monkeypatch.setattr(user, "capabilities_of", able)


def test_what_the_provider_cannot_is_refused_before_anything_is_written(
    alone: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make(alone)
    allow(monkeypatch)
    before = alone.reelbot("runs", "list", "--json").out

    said = alone.reelbot("videos", "remix", run["id"], "in the snow", "--yes")

    assert (said.code, said.err.splitlines()[0]) == (2, "gateway cannot remix videos.")
    assert alone.reelbot("runs", "list", "--json").out == before


def test_the_price_is_asked_first_and_nobody_to_ask_means_no(
    alone: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make(alone)
    allow(monkeypatch, Derivation.REMIX)
    before = alone.reelbot("runs", "list", "--json").out

    said = alone.reelbot("videos", "remix", run["id"], "in the snow")

    assert said.code == 2
    assert said.err.splitlines()[1:] == ["Nobody can be asked here.", "Say so beforehand: --yes."]
    assert alone.reelbot("runs", "list", "--json").out == before


def test_a_remix_remembers_what_it_grew_out_of(
    alone: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make(alone)
    allow(monkeypatch, Derivation.REMIX)

    said = alone.reelbot("videos", "remix", run["id"], "in the snow", "--yes", "--detach", "--json")

    origin = {"how": "remix", "video_id": run["job"]["id"], "run_id": run["id"], "seconds": 4}
    assert said.json["request"]["video"]["origin"] == origin
    assert said.json["request"]["provider"] == "gateway"
    shown = alone.reelbot("runs", "show", said.json["id"])
    assert re.search(rf"^made from +remix of {run['id']}$", shown.out, re.MULTILINE)
    origin_shown = alone.reelbot("videos", "show", run["id"]).out
    assert re.search(
        rf"^grew into +remix {said.json['id']}: in the snow$", origin_shown, re.MULTILINE
    )


def test_a_deleted_video_cannot_be_taken_further(
    alone: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make(alone)
    assert alone.reelbot("videos", "delete", run["id"], "--yes").code == 0
    allow(monkeypatch, Derivation.REMIX)

    said = alone.reelbot("videos", "remix", run["id"], "in the snow", "--yes")

    assert said.code == 2
    assert said.err.startswith(f"The video of {run['id']} was deleted by cli:")


@pytest.mark.parametrize(
    "how,words",
    [
        (Derivation.REMIX, ["remix", "{id}", "The same at night"]),
        (Derivation.EDIT, ["edit", "{id}", "The same at night"]),
        (Derivation.EXTENSION, ["extend", "{id}", "Then it snows", "--seconds", "4"]),
    ],
)
def test_the_studio_makes_what_grows_out_of_a_video(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    how: Derivation,
    words: list[str],
) -> None:
    folder = Folder(tmp_path)
    for here in in_process(folder, monkeypatch, capsys):
        # By day, said and not drawn by lot: night must be a change.
        first = make(here, "a cat by the water by day", "--seconds", "4")
        said = here.reelbot("videos", *(w.format(id=first["id"]) for w in words), "--yes", "--json")
        assert said.code == 0, said
        run = said.json
        assert run["state"] == "succeeded"
        assert run["request"]["video"]["origin"]["run_id"] == first["id"]
        seconds = 8 if how is Derivation.EXTENSION else 4
        assert abs(run["inspection"]["seconds"] - seconds) < 0.5
        assert run["video"]["sha256"] != first["video"]["sha256"]
        assert run["inspection"]["findings"] == []


# --- characters --------------------------------------------------------------------------------


def test_a_provider_without_characters_is_named(
    alone: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(alone)
    allow(monkeypatch)

    kept = alone.reelbot("videos", "character", "Mimi", "last", "--provider", "gateway")
    made = alone.reelbot("make", "Mimi by the water", "--character", "char_1")

    for said in (kept, made):
        assert (said.code, said.err.splitlines()[0]) == (2, "gateway keeps no characters.")


# --- delete ------------------------------------------------------------------------------------


def test_a_delete_reaches_the_provider_and_the_disk(folder: Folder, vendor: StudioProcess) -> None:
    """The installed command beside the engine; what was posted stays posted."""
    run = folder.reelbot("make", "a cat that goes", "--json").json
    files = [run[name]["path"] for name in ("video", "thumbnail", "spritesheet")]
    assert run["job"]["id"] in ids_at(vendor)

    said = folder.reelbot("videos", "delete", run["id"], "--yes")

    assert (said.code, said.out) == (0, f"Deleted by {_person(said)} at gateway and here.\n")
    assert f"at gateway: {run['job']['id']}" in said.err
    assert run["job"]["id"] not in ids_at(vendor)
    assert [p for p in files if (folder.path / "data/media" / p).exists()] == []
    shown = folder.path / "data/preview/files" / Path(run["video"]["path"]).name
    assert sha256(shown) == run["video"]["sha256"]


def _person(said: Said) -> str:
    return said.out.removeprefix("Deleted by ").partition(" ")[0]


def test_what_is_deleted_says_so_everywhere(here: Here) -> None:
    run = make(here)
    assert here.reelbot("videos", "delete", run["id"], "--yes").code == 0

    row = here.reelbot("videos", "list", "--limit", "1").out.splitlines()[1]
    assert row.split()[-2:] == ["deleted", "deleted"]
    assert video(here, run["id"])["files"] == {}
    for command_ in ("runs", "videos"):
        assert "deleted by" in here.reelbot(command_, "show", run["id"]).out
    download = here.reelbot("videos", "download", run["id"])
    assert download.code == 2
    assert "was deleted by cli:" in download.err
    character = here.reelbot("videos", "character", "Mimi", run["id"])
    assert (character.code, character.err) == (download.code, download.err)
    retry = here.reelbot("runs", "retry", run["id"])
    assert retry.code == 1
    assert "was deleted by cli:" in retry.err


def test_several_are_deleted_at_one_word_and_told_one_by_one(alone: Here) -> None:
    """Without an engine the command is the engine for them."""
    ids = [make(alone, f"cat {n}")["id"] for n in range(2)]

    said = alone.reelbot("videos", "delete", *ids, ids[0], "--yes")
    again = alone.reelbot("videos", "delete", *ids, "--yes", "--json")

    assert said.code == 0
    assert [line.partition(":")[0] for line in said.out.splitlines()] == ids
    assert [each["deleted"] for each in again.json] == [True, True]


def test_one_that_cannot_be_deleted_holds_back_the_others(alone: Here) -> None:
    run = make(alone)
    detached = alone.reelbot("make", "a cat", "--detach").out.strip()

    said = alone.reelbot("videos", "delete", run["id"], detached, "--yes")

    assert said.code == 2
    assert said.err.startswith(f"Run {detached} has not asked for a video: running.")
    assert video(alone, run["id"])["removed"] is None


def test_a_provider_that_is_away_keeps_everything_where_it_is(
    alone: Here, vendor: StudioProcess
) -> None:
    run = make(alone)
    plan = PLAN.format(url="http://127.0.0.1:9/v1")
    (alone._folder.path / "schedules.yaml").write_text(plan)

    refused = alone.reelbot("videos", "delete", run["id"], "--yes")
    here_only = alone.reelbot("videos", "delete", run["id"], "--yes", "--only-here")

    assert refused.code == 1
    assert "Nothing was deleted here; ask again, or with --only-here." in refused.err
    assert here_only.code == 0
    assert "here; gateway was not asked to" in here_only.out
    assert run["job"]["id"] in ids_at(vendor)


def test_a_full_disk_does_not_keep_from_deleting(
    alone: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make(alone)
    monkeypatch.setattr(engine, "free_bytes", lambda _folder: 1)

    assert alone.reelbot("make", "a cat").code == 2
    assert alone.reelbot("videos", "delete", run["id"], "--yes").code == 0


def test_a_person_is_asked_once_for_all(alone: Here) -> None:
    """On a terminal, where Ctrl-C is an answer, too."""
    ids = [make(alone, f"cat {n}")["id"] for n in range(2)]

    for answer, code in (("n", 1), ("", 1), ("\x03", 130), ("y", 0)):
        got, said = on_terminal(alone._folder, f"{answer}\n", "videos", "delete", *ids)

        assert got == code, said
        assert said.count("[y/N]") == 1
        assert "Delete these 2 videos for ever?" in said
        gone = [bool(video(alone, run_id)["removed"]) for run_id in ids]
        assert gone == [code == 0] * 2


def on_terminal(folder: Folder, answer: str, *arguments: str) -> tuple[int, str]:
    """Run the command on a terminal of its own; give *answer* when it asks."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder.path)
        words = command(*arguments)
        os.execvpe(words[0], words, environment())
    said = b""
    with suppress(OSError):  # the end of a terminal is an error on Linux
        while chunk := os.read(terminal, 4096):
            said += chunk
            if b"[y/N]" in said and answer:
                os.write(terminal, answer.encode())
                answer = ""
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode()


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words,says,hint",
    [
        ("show last", "There are no videos yet.", "reelbot make"),
        ("show k0001", "Run k0001 has not asked for a video: running.", "reelbot runs show k0001"),
        ("show 1231", "There is no run '1231'.", "reelbot runs list"),
        ("download k0001", "Run k0001 has not asked for a video: running.", "runs show"),
        (
            "download k0001 --to - --json",
            "Standard output cannot hold the file and the JSON.",
            "--to",
        ),
        ("delete k0001 --yes", "Run k0001 has not asked for a video: running.", "runs show"),
        ("remix k0001 snow --yes", "Run k0001 has not asked for a video: running.", "runs show"),
        ("list --at nobody", "There is no provider 'nobody' in schedules.yaml.", "gateway, studio"),
        (
            "list --at gateway --provider x",
            "--at shows what the provider lists, all of it.",
            "Leave",
        ),
        ("character Mimi nowhere.mp4", "There is no run 'nowhere.mp4'.", "runs list"),
        (f"character Mimi {'c' * 300}", f"There is no run '{'c' * 300}'.", "runs list"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(  # noqa: PLR0917
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    says: str,
    hint: str,
) -> None:
    folder = Folder(tmp_path, PLAN.format(url="http://127.0.0.1:9/v1"))
    asyncio.run(_store(folder))
    before = folder.listing()

    for here in in_process(folder, monkeypatch, capsys):
        said = here.reelbot("videos", *words.split())

        first, second, *_ = said.err.splitlines()
        assert (said.code, said.out, first) == (2, "", says)
        assert hint in second
    assert folder.listing() == before


async def _store(folder: Folder) -> None:
    (folder.path / "data").mkdir()
    store = open_store(f"sqlite:///{folder.path / 'data/reelbot.db'}", migrate=True)
    await store.add_run(stored_run("k0001"))
    await store.close()


def test_a_list_of_nothing_says_what_to_do_and_makes_no_folder(alone: Here, tmp_path: Path) -> None:
    said = alone.reelbot("videos", "list")

    assert said.out == "There are no videos yet. `reelbot demo` makes one without any keys.\n"
    assert alone.reelbot("videos", "list", "--json").json == []
    assert not (tmp_path / "data").exists()
