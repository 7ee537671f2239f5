"""Holds requests against the schemas, and refuses in X's words.

Where X's own description lies beside the checkout (`shared/data`
or what REELBOT_SHARED names), requests are held against that as well.
"""

import functools
import json
import os
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from tests.fake_x.refusal import Refusal, invalid
from tests.fake_x.schema import PARAMETERS

DESCRIPTION = "x-media-and-posts.openapi.json"


def check_body(body: Any, schema: dict, operation: tuple[str, str]) -> None:
    """Refuse a body that X's schema does not allow."""
    if not isinstance(body, dict):
        raise invalid("Request body must be a JSON object.")
    for one in filter(None, (schema, described(*operation))):
        if found := next(iter(Draft202012Validator(one).iter_errors(body)), None):
            raise _breach(found)


def check_query(call: str, query: dict[str, str]) -> dict[str, Any]:
    """Return the parameters of *call* parsed: lists as lists, numbers as numbers."""
    known = PARAMETERS.get(call, {})
    return {name: _parameter(name, value, known) for name, value in query.items()}


def _parameter(name: str, value: str, known: dict[str, Any]) -> Any:
    allowed = known.get(name)
    if allowed is None:
        names = ",".join(sorted(known))
        raise invalid(f"The query parameter [{name}] is not one of [{names}]", {name: [value]})
    if isinstance(allowed, list):
        chosen = value.split(",")
        for one in chosen:
            if one not in allowed:
                words = f"The `{name}` query parameter value [{one}] is not one of "
                raise invalid(words + f"[{','.join(allowed)}]", {name: [value]})
        return chosen
    parsed = int(value) if allowed.get("type") == "integer" and value.isdigit() else value
    if found := next(iter(Draft202012Validator(allowed).iter_errors(parsed)), None):
        words = f"The `{name}` query parameter value [{value}] is not valid: {found.message}"
        raise invalid(words, {name: [value]})
    return parsed


def _breach(error: ValidationError) -> Refusal:
    """Put *error* in X's words, which are those of the networknt validator."""
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    match error.validator:
        case "additionalProperties":
            extra = next(k for k in error.instance if k not in error.schema["properties"])
            return invalid(f"${path}.{extra}: {_UNDEFINED}")
        case "required":
            missing = next(k for k in error.schema["required"] if k not in error.instance)
            return invalid(f"${path}.{missing}: is missing but it is required")
        case "enum":
            words = "does not have a value in the enumeration"
            return invalid(f"${path}: {words} [{', '.join(error.validator_value)}]")
        case "pattern":
            words = "does not match the regex pattern"
            return invalid(f"${path}: {words} {error.validator_value}")
    return invalid(f"${path}: {error.message}")


_UNDEFINED = "is not defined in the schema and the schema does not allow additional properties"


@functools.cache
def description() -> dict | None:
    """Return X's own description; None where it does not lie beside the checkout."""
    named = os.environ.get("REELBOT_SHARED")
    beside = [parent / "shared" for parent in Path(__file__).parents]
    for folder in [Path(named)] if named else beside:
        path = folder / "data" / DESCRIPTION
        if path.exists():
            found: dict = json.loads(path.read_text("utf-8"))
            return found
    return None


@functools.cache
def described(method: str, path: str) -> dict | None:
    """Return X's own schema of that request's body, with what it refers to."""
    whole = description()
    if whole is None:
        return None
    body = whole["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
    return {**body["schema"], "components": whole["components"]}
