"""Values come back from a row as they went in."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from bot.domain.run import RunState
from bot.store.columns import Instant, Texts, Usd, Word

DIALECT = sqlite.dialect()


@given(st.datetimes(timezones=st.timezones()))
def test_instants_keep_their_microsecond(instant: datetime) -> None:
    stored = Instant().process_bind_param(instant, DIALECT)
    assert Instant().process_result_value(stored, DIALECT) == instant.astimezone(UTC)


def test_instants_come_back_as_utc() -> None:
    tokyo = datetime(2026, 11, 23, 21, tzinfo=timezone(timedelta(hours=9)))
    found = Instant().process_result_value(Instant().process_bind_param(tokyo, DIALECT), DIALECT)
    assert found is not None
    assert found.tzinfo is UTC
    assert found.hour == 12


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        Instant().process_bind_param(datetime(2026, 11, 23), DIALECT)  # noqa: DTZ001 - the point


@given(st.decimals(min_value=0, max_value=10**6, places=9))
def test_money_keeps_nine_places(usd: Decimal) -> None:
    stored = Usd().process_bind_param(usd, DIALECT)
    assert isinstance(stored, int)
    assert Usd().process_result_value(stored, DIALECT) == usd


@pytest.mark.parametrize(
    "usd,text", [("10", "10.00"), ("0", "0.00"), ("0.4", "0.40"), ("0.015", "0.015")]
)
def test_money_is_shown_with_its_cents(usd: str, text: str) -> None:
    stored = Usd().process_bind_param(Decimal(usd), DIALECT)
    assert str(Usd().process_result_value(stored, DIALECT)) == text


def test_a_cap_without_end_fits_a_row() -> None:
    assert (Usd().process_bind_param(Decimal("Infinity"), DIALECT) or 0) < 2**63


def test_a_word_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="asleep"):
        Word(RunState).process_result_value("asleep", DIALECT)


def test_texts_may_hold_anything() -> None:
    texts = {"größe": 'a"b\0\n✓'}
    stored = Texts().process_bind_param(texts, DIALECT)
    assert stored is not None
    assert "\0" not in stored
    assert Texts().process_result_value(stored, DIALECT) == texts
