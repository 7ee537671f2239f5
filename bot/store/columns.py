"""Column types: how an instant, an amount, a word or a mapping stands in a row.

Both databases hold the same plain integers and texts, so that rows compare, sort and add up
alike in them. Only `tables` uses these.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NANO = Decimal(10) ** 9
_CENT = Decimal("0.01")
#: What fits into 64 bits of nano-USD; a larger cap is as good as none.
_MOST_USD = Decimal(9_000_000_000)


class Instant(TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970, UTC. A naive one raises `TypeError`."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class Usd(TypeDecorator[Decimal]):
    """USD as whole nano-dollars, so that the database adds up exactly."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> int | None:
        if value is None:
            return None
        return int((min(value, _MOST_USD) * _NANO).to_integral_value(ROUND_HALF_UP))

    def process_result_value(self, value: int | None, _dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        shortest = (Decimal(value) / _NANO).normalize()
        return max(shortest, shortest.quantize(_CENT), key=_places)


def _places(usd: Decimal) -> int:
    """Return how many digits stand after the point."""
    return -int(usd.as_tuple().exponent)


class Word(TypeDecorator[StrEnum]):
    """A member of a `StrEnum` as its value."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, _dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


class Texts(TypeDecorator[Mapping[str, str]]):
    """A mapping of texts as JSON. Text, not a JSON column: PostgreSQL's refuses NUL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str] | None, _dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(dict(value), ensure_ascii=False)

    def process_result_value(
        self, value: str | None, _dialect: Dialect
    ) -> Mapping[str, str] | None:
        return None if value is None else json.loads(value)


#: Text that is compared byte by byte; PostgreSQL would otherwise sort by its locale.
KEY = Text().with_variant(Text(collation="C"), "postgresql")
