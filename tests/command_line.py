"""`reelbot` as people have it: the installed command, in a folder of its own."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli import run
from bot.domain.post import Target
from bot.domain.run import Run, RunRequest
from bot.domain.schedule import ApprovalMode, ApprovalPolicy
from bot.domain.video import VideoSpec

TEMPLATE = """---
description: A cat.
caption: A cat.
variables:
  mood: {default: sleepy}
---
A {{ mood }} cat by the water.
"""

PLAN = """timezone: UTC
defaults: {approval: auto, publish: ["slack:#cats"]}
ad_hoc: {approval: auto}
providers:
  studio: {type: studio}
schedules:
  - {id: cat-daily, cron: "7 9 * * *", template: cat}
"""


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Folder:
    """A folder to work in, with a schedule and a template."""

    def __init__(self, path: Path, plan: str = PLAN) -> None:
        self.path = path
        self.write("schedules.yaml", plan)
        self.write("prompts/cat.j2", TEMPLATE)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def reelbot(self, *arguments: str, env: Mapping[str, str] | None = None) -> Said:
        """Run the command to its end."""
        result = subprocess.run(
            command(*arguments),
            cwd=self.path,
            env=environment(env),
            capture_output=True,
            check=False,
            timeout=120,
            encoding="utf-8",
        )
        return Said(result.returncode, result.stdout, result.stderr)

    def begin(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start the command; the caller ends it."""
        return subprocess.Popen(
            command(*arguments),
            cwd=self.path,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    @contextmanager
    def engine(self, env: Mapping[str, str] | None = None) -> Iterator["Engine"]:
        """Run `reelbot run` on a free port while the context is open."""
        engine = Engine(self, env or {})
        try:
            engine.start()
            yield engine
        finally:
            engine.kill()

    def listing(self) -> dict[str, bytes | None]:
        """Return every file of the folder with its bytes, and every folder in it."""
        return {
            str(path.relative_to(self.path)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.path.rglob("*"))
        }


class Engine:
    """A running `reelbot run`."""

    def __init__(self, folder: Folder, env: Mapping[str, str]) -> None:
        self._folder = folder
        self._env = {"REELBOT_PORT": "0", **env}
        self._log = folder.path / "engine.log"
        self._process: subprocess.Popen[bytes] | None = None
        #: `http://127.0.0.1:port`
        self.address = ""

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def start(self) -> None:
        """Return when it says that it runs."""
        said = len(self.log) if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command("run"),
                cwd=self._folder.path,
                env=environment(self._env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.wait_for("Metrics: ", since=said)
        self.address = re.findall(r"Health: (\S+)/healthz", self.log)[-1]

    def wait_for(self, words: str, *, since: int = 0, within: float = 60) -> None:
        """Return when the log holds *words*."""
        assert self._process
        deadline = time.monotonic() + within
        while words not in self.log[since:]:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the engine never said {words!r}:\n{self.log}")
            time.sleep(0.02)

    def stop(self, *, within: float = 10) -> int:
        """End it politely; return its exit code. Raises TimeoutExpired when it does not go."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(within)

    def kill(self) -> None:
        """End it, however it stands. Repeatable."""
        if self._process:
            self._process.kill()
            self._process.wait()


class Here:
    """Runs the command line in this process, which takes no time to start."""

    def __init__(
        self, folder: Folder, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._folder, self._patch, self._capsys = folder, patch, capsys

    def reelbot(self, *arguments: str, env: Mapping[str, str] | None = None) -> Said:
        for name in set(os.environ) - set(environment()):
            self._patch.delenv(name)
        for name, value in environment(env).items():
            self._patch.setenv(name, value)
        self._patch.chdir(self._folder.path)
        self._patch.setattr(sys, "argv", ["reelbot", *arguments])
        code = run()
        return Said(code, *self._capsys.readouterr())


def in_process(
    folder: Folder, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Here]:
    """Yield a `Here`, and give pytest its log back afterwards."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield Here(folder, patch, capsys)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bot", *arguments]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without anybody's settings and keys.

    Any free port: two tests that start an engine must not meet on the usual one.
    """
    foreign = re.compile("REELBOT_|SLACK_|X_|OPENAI_|COLUMNS|FORCE_COLOR")
    plain = {name: value for name, value in os.environ.items() if not foreign.match(name)}
    return plain | {"TZ": "UTC", "REELBOT_PORT": "0"} | dict(more or {})


def stored_run(run_id: str) -> Run:
    """Return a run as somebody's request leaves it in the database."""
    now = datetime.now(UTC)
    request = RunRequest(
        key=run_id,
        source="test",
        prompt="a cat by the water",
        provider="studio",
        video=VideoSpec(model="studio-1", seconds=4, size="1280x720"),
        targets=(Target.parse("slack:#cats"),),
        approval=ApprovalPolicy(mode=ApprovalMode.AUTO),
    )
    return Run(id=run_id, request=request, created_at=now, updated_at=now)
