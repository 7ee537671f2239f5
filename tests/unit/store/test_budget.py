"""A day's total always equals what its spends come to."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from bot.domain.budget import Spend, SpendState
from bot.domain.run import RunState
from bot.errors import BudgetExceeded
from bot.store import budget, open_store
from bot.store.sqlite import open_sqlite
from bot.store.tables import runs

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CAP = Decimal(3)
KEYS = st.sampled_from("abc")
USD = st.decimals(min_value=0, max_value=2, places=3)
STEPS = st.one_of(
    st.tuples(st.just("reserve"), KEYS, USD),
    st.tuples(st.just("count"), KEYS, USD),
    st.tuples(st.just("settle"), KEYS, USD),
    st.tuples(st.just("release"), KEYS, st.none()),
)
#: Each example has a run and a day of its own: a new database would cost more than the example.
SERIAL = itertools.count()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path: Path = tmp_path_factory.mktemp("budget") / "reelbot.db"
    open_store(f"sqlite:///{path}", migrate=True)._close()
    database = open_sqlite(path, create=False)
    yield database.writing
    database.close()


@settings(deadline=None, max_examples=60)
@given(steps=st.lists(STEPS, max_size=12))
def test_the_total_of_a_day_is_the_sum_of_its_spends(
    engine: Engine, steps: list[tuple[str, str, Decimal | None]]
) -> None:
    serial = next(SERIAL)
    run_id, day = f"r{serial}", date(2026, 1, 1) + timedelta(days=serial)
    with engine.begin() as connection:
        row = {"id": run_id, "key": run_id, "state": RunState.RUNNING, "created_at": NOW}
        connection.execute(insert(runs), row | {"format": 1, "doc": "{}"})
    for what, key, usd in steps:
        act(engine, what, f"{run_id}:{key}", usd, day)
        with engine.connect() as connection:
            spends = budget.of_run(connection, run_id)
            assert budget.spent(connection, day) == counted(spends)


def act(engine: Engine, what: str, key: str, usd: Decimal | None, day: date) -> None:
    with suppress(BudgetExceeded), engine.begin() as connection:
        if what == "release":
            budget.release(connection, key)
            return
        assert usd is not None
        if what == "settle":
            budget.settle(connection, key, usd)
        else:
            run_id = key.partition(":")[0]
            spend = Spend(
                key=key, run_id=run_id, what="video", vendor="v", usd=usd, day=day, at=NOW
            )
            if what == "count":
                budget.count(connection, spend)
            else:
                budget.reserve(connection, [spend], CAP)


def counted(spends: list[Spend]) -> Decimal:
    return sum(
        (spend.usd for spend in spends if spend.state is not SpendState.RELEASED), Decimal(0)
    )
