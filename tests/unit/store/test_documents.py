"""Runs survive the trip through JSON, whatever they carry."""

import collections.abc
import json
import types
from dataclasses import is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.run import Run
from bot.errors import DatabaseUnusable
from bot.store.documents import FORMAT, decode, encode

LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    int: st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    date: st.dates(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    datetime: st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    types.NoneType: st.none(),
}


def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of the type *hint*, every field of a dataclass filled."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in LEAVES:
        return LEAVES[hint]
    if is_dataclass(hint):
        fields = {name: anything(of) for name, of in get_type_hints(hint).items()}
        return st.builds(hint, **fields)
    if origin in {Union, types.UnionType}:
        return st.one_of(*(anything(argument) for argument in arguments))
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=2).map(tuple)
    if origin is collections.abc.Mapping:
        return st.dictionaries(*(anything(argument) for argument in arguments), max_size=2)
    return st.sampled_from(hint)


RUNS = anything(Run)


@settings(max_examples=60, deadline=None)
@given(run=RUNS)
def test_any_run_comes_back_the_same(run: Run) -> None:
    assert decode(encode(run), FORMAT) == run


@pytest.fixture
def document() -> dict[str, Any]:
    spec = {"seconds": 4, "size": "1280x720"}
    request = {"key": "k", "source": "s", "provider": "p", "video": spec, "targets": []}
    at = "2026-11-23T12:00:00Z"
    return {
        "id": "r1",
        "request": request | {"approval": {"mode": "auto"}},
        "created_at": at,
        "updated_at": at,
    }


def test_fields_that_came_later_have_their_defaults(document: dict[str, Any]) -> None:
    run = decode(json.dumps(document), FORMAT)
    assert run.generation == 1
    assert run.deliveries == ()


def test_a_price_from_before_posts_were_quoted_is_read(document: dict[str, Any]) -> None:
    price = {"video": "0.40", "posts": {"x:@reelbot": "0.015"}}
    run = decode(json.dumps(document | {"price": price}), FORMAT)
    assert run.price
    assert (run.price.total, run.price.quotes) == (Decimal("0.415"), {})


def test_a_failure_from_before_targets_were_named_is_read(document: dict[str, Any]) -> None:
    failure = {"code": "target_paused", "message": "m", "hint": None, "step": "publish"}
    run = decode(
        json.dumps(document | {"failure": failure | {"at": document["created_at"]}}), FORMAT
    )
    assert run.failure
    assert run.failure.target is None


def test_fields_that_went_are_passed_over(document: dict[str, Any]) -> None:
    assert decode(json.dumps(document | {"mood": "curious"}), FORMAT).id == "r1"


def test_a_newer_format_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(DatabaseUnusable, match="newer") as refused:
        decode(json.dumps(document), FORMAT + 1)
    assert refused.value.hint


@pytest.mark.parametrize("broken", ["", "{", "{}", '{"id": 1}'])
def test_a_broken_document_is_refused(broken: str) -> None:
    with pytest.raises(DatabaseUnusable, match="stored run"):
        decode(broken, FORMAT)
