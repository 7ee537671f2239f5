"""Run every benchmark, one after the other, and print its figures. `make bench` calls this.

Machines are noisy: run it on a quiet one, compare ratios, and quote what you measured.
"""

import os
import platform
import sys

from benchmarks import (
    download,
    engine,
    looking,
    render,
    slack_ack,
    slack_upload,
    startup,
    waiting,
    webhooks,
    x_upload,
)


def main() -> None:
    """Print the machine and the figures of each benchmark."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    python = platform.python_version()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {python}, load {load:.1f}")
    clips = (download, render, slack_upload, slack_ack, x_upload)
    every = (startup, engine, waiting, looking, webhooks, *clips)
    for benchmark in every:
        print(f"\n{benchmark.__name__}: {(benchmark.__doc__ or '').splitlines()[0]}")
        sys.stdout.flush()
        benchmark.main()


if __name__ == "__main__":
    main()
