"""The process that looks at an uploaded clip: `python -m bot.studio.look <renderer> <file>`.

Started by `footage`, once per file: a hostile one may crash or eat its own process, and no other.
Invariant: it answers with one line of JSON, or with nothing.
"""

import contextlib
import importlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

#: Of address space; decoding the largest frame that anybody films stays far below it.
_MAX_BYTES: Final = 4 * 1024**3
_MAX_CPU_SECONDS: Final = 60


def main(renderer: str, path: str) -> None:
    """Print what the renderer sees in the clip: `{"footage": …}`, or `{"error": …}`."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries print
    _confine()
    footage = importlib.import_module(renderer).footage
    answer: dict[str, object]
    try:
        answer = {"footage": asdict(footage.look(Path(path)))}
    except Exception as error:  # noqa: BLE001 - a broken file makes a decoder raise nearly anything
        answer = {"error": f"{type(error).__name__}: {error}"[:1000]}
    answers.write(json.dumps(answer))
    answers.flush()


def _confine() -> None:
    with contextlib.suppress(ImportError):  # Windows
        import resource  # noqa: PLC0415 - see above

        limits = {resource.RLIMIT_AS: _MAX_BYTES, resource.RLIMIT_CPU: _MAX_CPU_SECONDS}
        for limit, most in limits.items():
            with contextlib.suppress(OSError, ValueError):  # a lower one is in force already
                resource.setrlimit(limit, (most, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
