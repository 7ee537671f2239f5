"""The studio as a separate process, for tests that kill it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

ROOT = Path(__file__).parents[1]


class StudioProcess:
    """`reelbot studio` on a port of its own, the same one after every start.

    `renderer` names the module of a stand-in; without it the clips are real.

        with StudioProcess(tmp_path, "--expires-after", "1h") as studio:
            httpx.post(f"{studio.url}/videos", json={"prompt": "a cat"})
            studio.kill()
            studio.start()
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        renderer: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._options = options
        self._env = env or {}
        self.port = _free_port()
        #: The base URL, `/v1` included.
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._renderer = renderer
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "the studio is not started"
        return self._process.pid

    def start(self, *, within: float = 60) -> None:
        """Return when it answers. Raises RuntimeError, with what it said, when it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + within
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the studio did not start:\n{self._log.read_text()}")
            time.sleep(0.02)

    def stop(self, *, within: float = 10) -> int:
        """End it politely (SIGTERM) and return its exit status; kill it if it does not go."""
        assert self._process is not None, "the studio is not started"
        self._process.terminate()
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """kill -9, and wait until it is gone. Repeatable."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def _log(self) -> Path:
        return self.folder / "studio.log"

    def _command(self) -> list[str]:
        arguments = ["studio", "--folder", str(self.folder), "--port", str(self.port)]
        code = "import sys; from bot.cli import run; "
        if self._renderer is not None:
            code += "from bot.studio import Studio; "
            code += f"Studio.__init__.__kwdefaults__['_renderer'] = {self._renderer!r}; "
        code += "sys.exit(run())"
        return [sys.executable, "-c", code, *arguments, *self._options]

    def _environment(self) -> dict[str, str]:
        """Of ours, without the settings of whoever runs the tests."""
        ours = {name: value for name, value in os.environ.items() if "REELBOT" not in name}
        return ours | {"PYTHONPATH": str(ROOT)} | dict(self._env)

    def _answers(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}/videos?limit=0", trust_env=False)
            return answer.status_code != httpx.codes.SERVICE_UNAVAILABLE
        except httpx.TransportError:
            return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
