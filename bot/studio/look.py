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
_NICENESS: Final = 10


def main(renderer: str, path: str) -> None:
    """Print what the renderer sees in the clip: `{"footage": …}`, or `{"refusal": why}`."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries print
    _confine()
    module = importlib.import_module(renderer)
    answer: dict[str, object]
    try:
        answer = {"footage": asdict(module.footage.look(Path(path)))}
    except module.UnusableReference as error:
        answer = {"refusal": str(error)[:1000]}
    answers.write(json.dumps(answer))
    answers.flush()


def _confine() -> None:
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    with contextlib.suppress(ImportError):  # Windows
        import resource  # noqa: PLC0415 - see above

        limits = {resource.RLIMIT_AS: _MAX_BYTES, resource.RLIMIT_CPU: _MAX_CPU_SECONDS}
        for limit, most in limits.items():
            with contextlib.suppress(OSError, ValueError):  # a lower one is in force already
                resource.setrlimit(limit, (most, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
