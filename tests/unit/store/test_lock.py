"""One engine per database, however the one before it ended."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.errors import DatabaseUnusable, EngineRunning
from bot.store import SqlStore, open_store
from tests.postgres import fresh_database

ENGINE = """
import sys
from bot.store import open_store
with open_store(sys.argv[1], migrate=False).engine_lock():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'reelbot.db'}"
    else:
        with fresh_database() as database:
            yield database


@pytest.fixture
async def store(url: str) -> SqlStore:
    opened = open_store(url, migrate=True)
    await opened.close()  # connections open again when they are needed
    return opened


@contextmanager
def engine_elsewhere(url: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", ENGINE, url]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_engine_is_refused_and_told_who_runs(store: SqlStore, url: str) -> None:
    with (
        engine_elsewhere(url) as process,
        pytest.raises(EngineRunning, match=rf"process {process.pid} on ") as refused,
        store.engine_lock(),
    ):
        pytest.fail("two engines")
    assert refused.value.hint


def test_an_engine_that_was_killed_leaves_no_lock(store: SqlStore, url: str) -> None:
    with engine_elsewhere(url) as process:
        process.kill()
        process.wait()
        wait_until_gone(store)
        with store.engine_lock():
            assert store.engine_running()


def wait_until_gone(store: SqlStore) -> None:
    """PostgreSQL learns of a death when it next looks at the socket."""
    for _ in range(1000):
        if not store.engine_running():
            return
    pytest.fail("the lock outlived its holder")


def test_asking_does_not_take_the_lock(store: SqlStore) -> None:
    assert not store.engine_running()
    with store.engine_lock():
        assert store.engine_running()
        assert store.engine_running()
    assert not store.engine_running()
    with store.engine_lock():
        pass


def test_the_lock_is_let_go_when_the_engine_fails(store: SqlStore) -> None:
    with pytest.raises(ZeroDivisionError), store.engine_lock():
        raise ZeroDivisionError
    assert not store.engine_running()


async def test_a_lock_that_cannot_be_written_is_a_failure_of_the_database(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'reelbot.db'}", migrate=True)
    await store.close()
    (tmp_path / "reelbot.db.lock").mkdir()
    with pytest.raises(DatabaseUnusable), store.engine_lock():
        pytest.fail("no lock")
