"""Rows of money: spends, and what each day comes to.

A day's total equals its reserved and settled spends: both change in one transaction, always the
spend first, so that two nodes cannot wait for one another.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from bot.domain.budget import Spend, SpendState
from bot.errors import BudgetExceeded
from bot.store.columns import Usd
from bot.store.tables import days, spends, upsert

_INSERT = upsert(
    spends,
    lambda insert: insert.on_conflict_do_nothing(index_elements=["key"]).returning(spends.c.key),
)
_ADD_UP = upsert(
    days,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["day"],
        set_={"usd": days.c.usd + insert.excluded.usd},
        where=days.c.usd + insert.excluded.usd <= bindparam("cap", type_=Usd),
    ).returning(days.c.usd),
)
_ADJUST = upsert(
    days,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["day"], set_={"usd": days.c.usd + insert.excluded.usd}
    ),
)
_LOCK = select(spends).where(spends.c.key == bindparam("spend_key")).with_for_update()
_CLOSE = (
    update(spends)
    .where(spends.c.key == bindparam("spend_key"))
    .values(state=bindparam("to"), usd=bindparam("came_to"))
)
_OF_RUN = (
    select(spends).where(spends.c.run_id == bindparam("run_id")).order_by(spends.c.at, spends.c.key)
)
_SPENT = select(days.c.usd).where(days.c.day == bindparam("of_day"))


def reserve(connection: Connection, promised: Sequence[Spend], cap: Decimal) -> None:
    """Insert the spends that are new; `BudgetExceeded` when a day would come to more than *cap*.

    What costs nothing is never refused.
    """
    for spend in sorted(promised, key=lambda spend: (spend.day, spend.key)):
        if _insert(connection, spend, SpendState.RESERVED) and spend.usd:
            _add_up(connection, spend, cap)


def count(connection: Connection, spend: Spend) -> None:
    """Insert a spend as settled if it is new, whatever its day comes to."""
    if _insert(connection, spend, SpendState.SETTLED):
        _adjust(connection, spend.day, spend.usd)


def _insert(connection: Connection, spend: Spend, state: SpendState) -> bool:
    """Return whether *spend* was new."""
    new = asdict(spend) | {"state": state}
    return connection.scalar(_INSERT[connection.dialect.name], new) is not None


def _add_up(connection: Connection, spend: Spend, cap: Decimal) -> None:
    total = None
    if spend.usd <= cap:
        wanted = {"day": spend.day, "usd": spend.usd, "cap": cap}
        total = connection.scalar(_ADD_UP[connection.dialect.name], wanted)
    if total is None:
        left = max(cap - spent(connection, spend.day), Decimal(0))
        raise BudgetExceeded(
            f"${spend.usd} for {spend.what} is more than the ${left} left of the ${cap} for"
            f" {spend.day}.",
            hint="Raise `budget.per_day_usd` in schedules.yaml, or wait for the next day.",
        )


def settle(connection: Connection, key: str, usd: Decimal) -> None:
    """Write down what a spend came to, or correct it; an unknown one is ignored."""
    spend = _locked(connection, key)
    if spend is not None:
        counted = Decimal(0) if spend.state is SpendState.RELEASED else spend.usd
        _close(connection, spend, SpendState.SETTLED, usd, usd - counted)


def release(connection: Connection, key: str) -> None:
    """Count a reserved spend no more; any other is left as it is."""
    spend = _locked(connection, key)
    if spend is not None and spend.state is SpendState.RESERVED:
        _close(connection, spend, SpendState.RELEASED, spend.usd, -spend.usd)


def of_run(connection: Connection, run_id: str) -> Sequence[Spend]:
    """Return the spends of a run, oldest first."""
    return [_spend(found) for found in connection.execute(_OF_RUN, {"run_id": run_id}).mappings()]


def spent(connection: Connection, day: date) -> Decimal:
    """Return what is reserved and settled for *day*, USD."""
    total: Decimal | None = connection.scalar(_SPENT, {"of_day": day})
    return Decimal(0) if total is None else total


def _locked(connection: Connection, key: str) -> Spend | None:
    found = connection.execute(_LOCK, {"spend_key": key}).mappings().one_or_none()
    return None if found is None else _spend(found)


def _close(
    connection: Connection, spend: Spend, to: SpendState, usd: Decimal, more: Decimal
) -> None:
    connection.execute(_CLOSE, {"spend_key": spend.key, "to": to, "came_to": usd})
    _adjust(connection, spend.day, more)


def _adjust(connection: Connection, day: date, more: Decimal) -> None:
    connection.execute(_ADJUST[connection.dialect.name], {"day": day, "usd": more})


def _spend(found: RowMapping) -> Spend:
    return Spend(**found)
