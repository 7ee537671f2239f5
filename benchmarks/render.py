"""How long the studio takes to render: seconds of work per second of clip, at every size.

Every render runs in a fresh process, as in the studio, so that peak memory is its own.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bot.studio.renderer import Shot, render

SIZES = ((1280, 720), (720, 1280), (1792, 1024), (1024, 1792))
SECONDS = 4
REPEATS = 3
PROMPT = "a curious ginger cat walks by the lake at golden hour, a paper boat"


def once(width: int, height: int, seconds: int) -> dict[str, Any]:
    """Render one clip in this process."""
    shot = Shot(prompt=PROMPT, seed=1, width=width, height=height, seconds=seconds)
    with tempfile.TemporaryDirectory() as folder:
        started, worked = time.perf_counter(), time.process_time()
        clip = render(shot, Path(folder), lambda _: None)
        return {
            "backend": clip.backend,
            "wall_seconds_per_clip_second": (time.perf_counter() - started) / seconds,
            "cpu_seconds_per_clip_second": (time.process_time() - worked) / seconds,
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "file_mb": clip.video.stat().st_size / 1e6,
        }


def measure(seconds: int = SECONDS, repeats: int = REPEATS) -> dict[str, dict[str, Any]]:
    """Return the median of `repeats` renders at every size, by size."""
    return {f"{w}x{h}": _median([_apart(w, h, seconds) for _ in range(repeats)]) for w, h in SIZES}


def _apart(width: int, height: int, seconds: int) -> dict[str, Any]:
    order = [sys.executable, __file__, str(width), str(height), str(seconds)]
    done = subprocess.run(order, check=True, capture_output=True, text=True, timeout=300)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        key: statistics.median(run[key] for run in runs) if key != "backend" else value
        for key, value in runs[0].items()
    }


def main() -> None:
    print(f"{'size':>10}  {'wall':>6}  {'cpu':>6}  {'RSS MB':>6}  {'file MB':>7}  backend")
    for size, row in measure().items():
        wall, cpu = row["wall_seconds_per_clip_second"], row["cpu_seconds_per_clip_second"]
        memory, file = row["peak_rss_mb"], row["file_mb"]
        print(f"{size:>10}  {wall:6.2f}  {cpu:6.2f}  {memory:6.0f}  {file:7.2f}  {row['backend']}")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        print(json.dumps(once(*(int(argument) for argument in sys.argv[1:]))))
    else:
        main()
