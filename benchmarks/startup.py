"""How long people and supervisors wait for a start: imports, `--help`, a list, a ready engine.

    python -m benchmarks.startup [--json]

Every number is the median of several processes, each started from nothing.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
#: Processes per number.
TIMES = 7


def measure() -> dict[str, Any]:
    """Return the medians, milliseconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "schedules.yaml", folder)
        shutil.copytree(ROOT / "prompts", folder / "prompts")
        _call(folder, "-m", "bot", "db", "upgrade")
        return {
            "python_ms": _median(lambda: _call(folder, "-c", "pass")),
            "import_app_ms": _median(lambda: _call(folder, "-c", "import bot.app")),
            "help_ms": _median(lambda: _call(folder, "-m", "bot", "--help")),
            "runs_list_ms": _median(lambda: _call(folder, "-m", "bot", "runs", "list")),
            "run_ready_ms": _median(lambda: _ready(folder)),
        }


def _median(once: Callable[[], float]) -> float:
    once()  # the first one writes the bytecode
    return statistics.median(once() for _ in range(TIMES)) * 1e3


def _call(folder: Path, *arguments: str) -> float:
    """Return the seconds that a Python process takes from start to end."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return time.perf_counter() - began


def _ready(folder: Path) -> float:
    """Return the seconds until `reelbot run` says that it runs."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as engine:
        assert engine.stdout
        said = engine.stdout.readline()
        seconds = time.perf_counter() - began
        engine.terminate()
        engine.communicate(timeout=20)
    if not said:
        raise RuntimeError("the engine did not start")
    return seconds


def _environment() -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("REELBOT_")}
    return plain | {"REELBOT_PORT": "0", "PYTHONPATH": str(ROOT)}


def main() -> None:
    figures = measure()
    if "--json" in sys.argv:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:>16} {value:8.0f}")


if __name__ == "__main__":
    main()
