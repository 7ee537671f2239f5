"""From pydantic's words to sentences for people."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import ErrorDetails

from bot.document.tree import Fault, Location


class Shape(BaseModel):
    """One mapping of a file; a key it does not name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Wrong(ValueError):
    """A value is wrong; raised by validators, turned into a `Fault` with its place."""

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.hint = hint


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the name in *known* that *word* was most likely meant to be."""
    by_folded = {name.casefold(): name for name in known}
    matches = get_close_matches(word[:100].casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def suggest(word: str, known: Iterable[str]) -> str | None:
    """Return the hint for an unknown *word*: the nearest name, or all of them."""
    names = list(known)
    if match := nearest(word, names):
        return f"Did you mean {match!r}?"
    return f"Known here: {', '.join(names[:20])}." if names else None


_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "there is no such key",
    "model_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of names to values",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "finite_number": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "too_short": "must have {min_length} or more entries",
    "too_long": "must have at most {max_length} entries",
    "string_too_short": "must not be empty",
    "string_too_long": "is longer than {max_length} characters",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
}


def fault(shape: type[Shape], data: Any, details: ErrorDetails) -> Fault:
    """Return what *details* say about *data*, which should have been a *shape*."""
    kind, context = details["type"], details.get("ctx", {})
    location = details["loc"]
    if kind != "extra_forbidden":
        # "[key]" says that the name itself is wrong; "" is the short form of a mapping of one.
        location = tuple(part for part in location if part not in {"[key]", ""})
    wrong = context.get("error")
    if isinstance(wrong, Wrong):
        return Fault(location=location, what=str(wrong), hint=wrong.hint)
    what = _SENTENCES.get(kind, details["msg"]).format(**context)
    return Fault(location=location, what=what, hint=_hint(shape, data, kind, location))


_INNER = {"properties", "items", "patternProperties", "additionalProperties"}


def _hint(shape: type[Shape], data: Any, kind: str, location: Location) -> str | None:
    if kind == "extra_forbidden":
        return suggest(str(location[-1]), _keys(shape, location[:-1]))
    if kind == "string_type" and isinstance(_value(data, location), int | Decimal):
        return "Put it in quotes."
    return None


def _value(data: Any, location: Location) -> Any:
    for part in location:
        data = data[part]
    return data


@cache
def _schema(shape: type[Shape]) -> Mapping[str, Any]:
    return shape.model_json_schema()


def _keys(shape: type[Shape], location: Location) -> list[str]:
    """Return the keys that may stand at *location*."""
    schema = _schema(shape)
    node = _follow(schema, schema)
    for part in location:
        node = _follow(schema, node.get("items", {}) if isinstance(part, int) else _at(node, part))
    return list(node.get("properties", {}))


def _at(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return what may stand under *key*: of a mapping of names, what stands under any."""
    by_pattern: Mapping[str, Any] = next(iter(node.get("patternProperties", {}).values()), {})
    return (
        node.get("properties", {}).get(key) or by_pattern or node.get("additionalProperties") or {}
    )


def _follow(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the mapping or list that *node* points to, directly or as one of several."""
    for option in [node, *node.get("anyOf", [])]:
        if "$ref" in option:
            return _follow(schema, schema["$defs"][option["$ref"].rsplit("/", 1)[-1]])
        if option.keys() & _INNER:
            return dict(option)
    return {}
