"""The writer shares a sync of the disk among all who wait, and keeps them apart."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text

from bot.errors import Conflict
from bot.store.sqlite import open_sqlite
from bot.store.writer import Writer


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_sqlite(tmp_path / "a.db", create=True).writing
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER)"))
    return engine


@pytest.fixture
def transactions(engine: Engine) -> list[str]:
    """What became of each transaction since."""
    seen: list[str] = []
    event.listen(engine, "commit", lambda _: seen.append("commit"))
    event.listen(engine, "rollback", lambda _: seen.append("rollback"))
    return seen


@pytest.fixture
async def writer(engine: Engine) -> AsyncIterator[Writer]:
    writer = Writer(engine, group=100)
    yield writer
    await asyncio.to_thread(writer.close)
    engine.dispose()


def insert(number: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(text("INSERT INTO t VALUES (:a)"), {"a": number})
        return number

    return work


def refuse(connection: Connection) -> None:
    insert(-1)(connection)
    raise Conflict


def break_down(connection: Connection) -> None:
    insert(-2)(connection)
    raise ZeroDivisionError


def rows(connection: Connection) -> list[int]:
    return list(connection.scalars(text("SELECT a FROM t ORDER BY a")))


async def together(writer: Writer, *work: Callable[[Connection], object]) -> list[object]:
    """Hand *work* over while the thread is busy, so that it takes all of it at once."""
    begun, go_on = threading.Event(), threading.Event()

    def keep_busy(_: Connection) -> None:
        begun.set()
        go_on.wait()

    busy = asyncio.create_task(writer.do(keep_busy))
    await asyncio.to_thread(begun.wait)
    waiting = [asyncio.create_task(writer.do(one)) for one in work]
    await asyncio.sleep(0)
    go_on.set()
    await busy
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_what_waits_is_committed_together(writer: Writer, transactions: list[str]) -> None:
    assert await together(writer, *(insert(number) for number in range(50))) == list(range(50))
    assert transactions == ["commit"] * 2


async def test_one_that_is_refused_undoes_only_itself(
    writer: Writer, transactions: list[str]
) -> None:
    outcomes = await together(writer, insert(1), refuse, insert(2))
    assert isinstance(outcomes[1], Conflict)
    assert transactions == ["commit"] * 2
    assert await writer.do(rows) == [1, 2]


async def test_one_that_breaks_down_is_told_so_and_the_others_are_done(writer: Writer) -> None:
    outcomes = await together(writer, insert(1), break_down, insert(2))
    assert [type(outcome) for outcome in outcomes] == [int, ZeroDivisionError, int]
    assert await writer.do(rows) == [1, 2]


async def test_alone_a_refused_one_leaves_nothing(writer: Writer) -> None:
    with pytest.raises(Conflict):
        await writer.do(refuse)
    assert await writer.do(rows) == []


async def test_a_commit_that_fails_fails_all_of_them(writer: Writer, engine: Engine) -> None:
    commits = iter([None, OSError("no space left")])

    def run_full(_: Connection) -> None:
        if error := next(commits, None):
            raise error

    event.listen(engine, "commit", run_full)
    outcomes = await together(writer, insert(1), refuse, insert(2))
    assert [type(outcome) for outcome in outcomes] == [OSError] * 3
    assert await writer.do(rows) == []


async def test_the_thread_outlives_the_loop_of_its_callers(engine: Engine) -> None:
    writer = Writer(engine, group=100)
    gate = threading.Event()

    def hand_over() -> None:
        loop = asyncio.new_event_loop()
        work = loop.create_task(writer.do(lambda _: gate.wait()))
        loop.run_until_complete(asyncio.sleep(0))
        work.cancel()
        loop.run_until_complete(asyncio.gather(work, return_exceptions=True))
        loop.close()

    await asyncio.to_thread(hand_over)
    gate.set()
    assert await writer.do(insert(1)) == 1
    await asyncio.to_thread(writer.close)
    engine.dispose()
