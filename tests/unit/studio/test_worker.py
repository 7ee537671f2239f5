"""The worker as the process it is: how it answers, and that it never outlives its parent."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

COMMAND = [sys.executable, "-m", "bot.studio.worker", "tests.studio_stand_in"]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "rendering" / "video_x"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(COMMAND, cwd=ROOT, stdin=pipe, stdout=pipe) as process:
        yield process
        process.kill()


def order(folder: Path, prompt: str) -> bytes:
    script = {"prompt": prompt, "seed": 1, "width": 720, "height": 1280, "characters": []}
    script |= {"acts": [{"seconds": 4, "changes": []}], "reference": None, "footage": None}
    return json.dumps(script | {"folder": str(folder)}).encode() + b"\n"


def tell(worker: subprocess.Popen[bytes], line: bytes) -> None:
    assert worker.stdin is not None
    worker.stdin.write(line)
    worker.stdin.flush()


def hear(worker: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert worker.stdout is not None
    answer: dict[str, Any] = json.loads(worker.stdout.readline())
    return answer


def held(folder: Path) -> int:
    marker = folder.parent.parent / "held"
    while not (marker.exists() and marker.read_text()):
        time.sleep(0.01)
    return int(marker.read_text())


def gone(pid: int, within: float = 10) -> bool:
    try:
        psutil.Process(pid).wait(within)
    except (psutil.NoSuchProcess, psutil.TimeoutExpired):
        return not psutil.pid_exists(pid)
    return True


def test_it_answers_order_after_order(worker: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(2):
        tell(worker, order(folder, "a cat"))
        assert [hear(worker) for _ in range(3)] == [
            {"progress": 10},
            {"progress": 90},
            {"done": True},
        ]
    assert (folder / "video.mp4").stat().st_size > 0


def test_it_answers_with_what_went_wrong_and_goes_on(
    worker: subprocess.Popen[bytes], folder: Path
) -> None:
    tell(worker, order(folder, "raise it"))
    hear(worker)
    failure = hear(worker)
    assert failure["error"] == "ValueError: a shot nobody can draw"
    assert "in render" in failure["trace"]
    tell(worker, order(folder, "a cat"))
    assert [hear(worker) for _ in range(3)][-1] == {"done": True}


def test_it_is_polite(worker: subprocess.Popen[bytes], folder: Path) -> None:
    tell(worker, order(folder, "hold it"))
    assert psutil.Process(held(folder)).nice() > psutil.Process().nice()


def test_it_ends_with_its_stdin_even_in_a_render(
    worker: subprocess.Popen[bytes], folder: Path
) -> None:
    tell(worker, order(folder, "hold it"))
    held(folder)
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(10) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells the children on Linux only")
def test_it_ends_with_its_parent_while_stdin_stays_open(folder: Path) -> None:
    """Somebody else, a fork of the parent, may hold the other end of the pipe."""
    out, into = os.pipe()
    spawn = f"import subprocess; subprocess.run({COMMAND!r}, stdout=subprocess.DEVNULL)"
    with subprocess.Popen([sys.executable, "-c", spawn], cwd=ROOT, stdin=out) as parent:
        os.write(into, order(folder, "hold it"))
        worker = held(folder)
        parent.kill()
    assert gone(worker)
    os.close(out)
    os.close(into)
