"""The process that renders: one order at a time from stdin, progress and results to stdout.

    <- a job's script, and {"folder": where the clip goes}
    -> {"progress": 40} ... {"done": true} | {"error": "ValueError: ..."}

Started by `process.py` as `python -m bot.studio.worker <renderer module>`. Invariant: it never
outlives its parent, and it never competes with it (lowest sensible priority).
"""

import contextlib
import ctypes
import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, TextIO

from bot.studio.files import VARIANTS

_NICENESS = 10
_PR_SET_PDEATHSIG = 1


def main(renderer: str) -> None:
    """Render until stdin ends. `renderer` is a module with `Shot.ordered` and `render`."""
    answers = _private_stdout()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this
    _step_back()
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read_orders, args=(orders,), daemon=True).start()
    with contextlib.suppress(Exception):  # imported early to be warm; a failure shows at the order
        importlib.import_module(renderer)
    while True:
        _say(answers, _fulfil(renderer, orders.get(), answers))


def _fulfil(renderer: str, order: dict[str, Any], answers: TextIO) -> dict[str, object]:
    folder = Path(order.pop("folder"))
    try:
        module = importlib.import_module(renderer)
        shot = module.Shot.ordered(order)
        module.render(shot, folder, lambda percent: _say(answers, {"progress": percent}))
        _sync(folder)
    except Exception as error:  # noqa: BLE001 - whatever a render does, it is the answer to the order
        return {
            "error": f"{type(error).__name__}: {error}",
            "trace": traceback.format_exc()[-8000:],
        }
    return {"done": True}


def _sync(folder: Path) -> None:
    """Have the clip on the disk before anyone writes down that it is complete."""
    for name, _ in VARIANTS.values():
        with (folder / name).open("rb+") as file:
            os.fsync(file.fileno())


def _say(answers: TextIO, answer: dict[str, object]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _private_stdout() -> TextIO:
    """Keep stdout for answers and point everybody else's at stderr: libraries print."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _read_orders(orders: "queue.SimpleQueue[dict[str, Any]]") -> None:
    for line in sys.stdin.buffer:
        orders.put(json.loads(line))
    os._exit(0)  # the parent is gone, and a render in the main thread would not notice


def _step_back() -> None:
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    if sys.platform == "linux":
        # Quicker than the end of stdin. Linux means the parent's *thread*, which is the event loop.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
