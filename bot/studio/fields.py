"""Single fields of a request, and the original's sentences for what they may not be.

Called by `request`. Each function takes all fields and a name, and raises a Problem.
"""

from collections.abc import Collection, Mapping
from typing import Any

from bot.studio import model
from bot.studio.problem import Problem, unsupported, wrong_type


def only(fields: Mapping[str, Any], *names: str) -> None:
    """Refuse the first field that is none of `names`."""
    for name in fields:
        if name not in names:
            raise Problem(
                f"Unknown parameter: '{name[:100]}'.", code="unknown_parameter", param=name[:100]
            )


def required(fields: Mapping[str, Any], name: str) -> Any:
    """Return a value that must be there, of any type."""
    value = fields.get(name)
    if value is None:
        raise Problem(
            f"Missing required parameter: '{name}'.",
            code="missing_required_parameter",
            param=name,
        )
    return value


def text(fields: Mapping[str, Any], name: str, *, at_most: int) -> str:
    """Return a text of 1 to `at_most` characters."""
    value = required(fields, name)
    if not isinstance(value, str):
        raise wrong_type(name, "a string", value)
    if not _is_text(value):
        raise Problem(f"Invalid '{name}': not valid Unicode.", code="invalid_value", param=name)
    if not value:
        raise Problem(
            f"Invalid '{name}': empty string. Expected a string with minimum length 1, but got an "
            "empty string instead.",
            code="empty_string",
            param=name,
        )
    if len(value) > at_most:
        raise Problem(
            f"Invalid '{name}': string too long. Expected a string with maximum length "
            f"{at_most}, but got a string with length {len(value)} instead.",
            code="string_above_max_length",
            param=name,
        )
    return value


def choice(
    fields: Mapping[str, Any], name: str, supported: Collection[str], default: str | None = None
) -> str:
    """Return one of `supported`; without a default the field is required."""
    value = fields.get(name, default) if default else required(fields, name)
    if value is None:
        value = default
    if not isinstance(value, str):
        raise wrong_type(name, "one of " + ",".join(f"'{one}'" for one in supported), value)
    if value not in supported:
        raise unsupported(name, value, tuple(supported))
    return value


def seed(fields: Mapping[str, Any]) -> int | None:
    """Return the seed, if there is one."""
    value = fields.get("seed")
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:  # noqa: PLR2004 - digits of MAX_SEED
        value = int(value)  # a form knows no integers
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type("seed", "an integer", value)
    if not 0 <= value <= model.MAX_SEED:
        raise Problem(
            f"Invalid 'seed': expected an integer from 0 to {model.MAX_SEED}.",
            code="invalid_value",
            param="seed",
        )
    return value


def identifier(given: object, name: str) -> str:
    """Return the id of `{"id": …}`, the protocol's way to name what exists."""
    if not isinstance(given, dict):
        raise wrong_type(name, "an object", given)
    if set(given) != {"id"}:
        raise Problem(
            f"Invalid '{name}': expected an object with the one key 'id'.",
            code="invalid_value",
            param=name,
        )
    if not isinstance(given["id"], str):
        raise wrong_type(f"{name}.id", "a string", given["id"])
    if not _is_text(given["id"]):
        raise Problem(
            f"Invalid '{name}.id': not valid Unicode.", code="invalid_value", param=f"{name}.id"
        )
    return given["id"]


def _is_text(value: str) -> bool:
    """JSON can spell half a character (a lone surrogate), which no database or answer can hold."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
