"""Somebody else's Slack: the npm package local-slack, beside which our fake is held."""

import json
import platform
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

PACKAGE, VERSION = "local-slack-linux-x64", "0.1.8"
JANE, BOB, CATS = "U0JANE", "U0BOB", "C0CATS"


def fetch() -> Path:
    """Return the other one's program, fetched once with npm."""
    npm = shutil.which("npm")
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        pytest.skip(f"{PACKAGE} runs on Linux x86-64 only")
    if npm is None:
        pytest.skip(f"no npm to fetch {PACKAGE} with")
    cache = Path(tempfile.gettempdir()) / f"{PACKAGE}-{VERSION}"
    found = cache / "node_modules" / PACKAGE / "bin" / "local-slack"
    if not found.exists():
        cache.mkdir(exist_ok=True)
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        got = subprocess.run(
            [*command, "--prefix", str(cache), f"{PACKAGE}@{VERSION}"],
            capture_output=True,
            check=False,
            text=True,
            timeout=180,
        )
        if got.returncode:
            pytest.skip(f"npm could not fetch {PACKAGE}: {got.stderr[-200:]}")
    return found


@contextmanager
def running(program: Path, folder: Path) -> Iterator[str]:
    """Serve a workspace of a few people; yield its address."""
    config = folder / "slack.json"
    people = {JANE: "jane", BOB: "bob"}
    users = [{"id": who, "name": n, "real_name": n.title()} for who, n in people.items()]
    channels = [{"id": CATS, "name": "cats", "members": [*people, "U0BOT"]}]
    config.write_text(json.dumps({"users": users, "channels": channels}))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, "--config", config, "--port", str(port), "--files-dir", folder],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://localhost:{port}"
    try:
        for _ in range(100):
            try:
                httpx.get(f"{url}/_control/state")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()
