"""The query of a request: the original's sentences for what it may not say. Used by `routes`."""

from typing import Final

from starlette.requests import Request

from bot.studio.problem import Problem, unsupported

_DEFAULT_LIMIT: Final = 20
_MAX_LIMIT: Final = 100


def limit(request: Request) -> int:
    """Return how many are asked for, 0 to 100. Raises a Problem."""
    given = request.query_params.get("limit")
    if given is None:
        return _DEFAULT_LIMIT
    try:
        found = int(given)
    except ValueError as error:
        raise Problem(
            "Invalid type for 'limit': expected an integer, but got a string instead.",
            code="invalid_type",
            param="limit",
        ) from error
    if found < 0:
        raise Problem(
            f"Invalid 'limit': integer below minimum value. Expected a value >= 0, but got {found} "
            "instead.",
            code="integer_below_min_value",
            param="limit",
        )
    if found > _MAX_LIMIT:
        raise Problem(
            f"Invalid 'limit': integer above maximum value. Expected a value <= {_MAX_LIMIT}, but "
            f"got {found} instead.",
            code="integer_above_max_value",
            param="limit",
        )
    return found


def one_of(request: Request, name: str, supported: tuple[str, ...], default: str) -> str:
    """Return one of `supported`. Raises a Problem."""
    value = request.query_params.get(name, default)
    if value not in supported:
        raise unsupported(name, value, supported)
    return value
