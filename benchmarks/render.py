"""How long the studio takes to render: every setting at 720p, and one of them at every size.

Every render runs in a fresh process, as in the studio, so that peak memory is its own. Settings
are read from the renderer, so that a new one is measured without a word here.
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

from bot.studio.renderer import Act, Shot, render
from bot.studio.renderer.spec import Setting

SIZES = ((1280, 720), (720, 1280), (1792, 1024), (1024, 1792))
SECONDS = 4
REPEATS = 1
#: The heaviest things that may be asked of a scene: rain, a subject that is followed.
PROMPT = "a curious ginger cat walks at golden hour, a paper boat, rain"


def once(scene: str, width: int, height: int, seconds: int) -> dict[str, Any]:
    """Render one clip in this process."""
    prompt = f"{PROMPT}, {scene}"
    acts = (Act(seconds=seconds),)
    shot = Shot(prompt=prompt, seed=1, width=width, height=height, acts=acts)
    with tempfile.TemporaryDirectory() as folder:
        started, worked = time.perf_counter(), time.process_time()
        clip = render(shot, Path(folder), lambda _: None)
        wall = (time.perf_counter() - started) / seconds
        return {
            "backend": clip.backend,
            "wall_seconds_per_clip_second": wall,
            "cpu_seconds_per_clip_second": (time.process_time() - worked) / seconds,
            "times_real_time": 1 / wall,
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "file_mb": clip.video.stat().st_size / 1e6,
        }


def measure(seconds: int = SECONDS, repeats: int = REPEATS) -> dict[str, dict[str, Any]]:
    """Return the median of `repeats` renders by scene and size."""
    first, *others = SIZES
    cases = [(scene, first) for scene in Setting]
    cases += [(Setting.WATER, size) for size in others]
    return {
        f"{scene} {width}x{height}": _median(
            [_apart(scene, width, height, seconds) for _ in range(repeats)]
        )
        for scene, (width, height) in cases
    }


def _apart(scene: str, width: int, height: int, seconds: int) -> dict[str, Any]:
    order = [sys.executable, "-m", __spec__.name, scene, str(width), str(height), str(seconds)]
    done = subprocess.run(order, check=True, capture_output=True, text=True, timeout=300)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        key: statistics.median(run[key] for run in runs) if key != "backend" else value
        for key, value in runs[0].items()
    }


def main() -> None:
    print("Per second of clip: seconds of wall and CPU; how many times faster than real time.")
    head = f"{'scene and size':>22}  {'wall':>5}  {'CPU':>5}  {'times':>5}  {'RSS MB':>6}"
    print(f"{head}  {'file MB':>7}  backend")
    for case, row in measure().items():
        wall, cpu = row["wall_seconds_per_clip_second"], row["cpu_seconds_per_clip_second"]
        speed, memory, file = row["times_real_time"], row["peak_rss_mb"], row["file_mb"]
        line = f"{case:>22}  {wall:5.2f}  {cpu:5.2f}  {speed:5.1f}  {memory:6.0f}"
        print(f"{line}  {file:7.2f}  {row['backend']}")


if __name__ == "__main__":
    if len(sys.argv) == 5:
        print(json.dumps(once(sys.argv[1], *(int(argument) for argument in sys.argv[2:]))))
    else:
        main()
