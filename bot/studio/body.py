"""The body of a request as named fields, whether it came as JSON or as a form.

Called by `server`. A form may spell an object's key in brackets (`input_reference[image_url]`), as
the official clients do. Invariant: no body is held beyond `MAX_BODY_BYTES`, and none is a 5xx.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message

from bot.studio.model import MAX_REFERENCE_BYTES
from bot.studio.problem import Problem

#: An image in base64 with the longest prompt beside it, in JSON's longest spelling.
MAX_BODY_BYTES: Final = MAX_REFERENCE_BYTES * 4 // 3 + 1024 * 1024

_BRACKETED: Final = re.compile(r"(\w+)\[(\w+)\]")


async def fields(request: Request) -> dict[str, Any]:
    """Raises a Problem: 413 when too large, 400 when it is neither JSON nor a form."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    body = await _read(request)
    if kind == "application/json":
        return _json(body)
    if kind == "multipart/form-data":
        return await _form(request, body)
    raise Problem(
        f"Unsupported content type: '{kind}'. This API method only accepts 'application/json' or "
        "'multipart/form-data' requests.",
        code="unsupported_content_type",
    )


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Problem(
                f"The request is larger than {MAX_BODY_BYTES} bytes.",
                code="request_too_large",
                status=413,
            )
    return bytes(body)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem("We could not parse the JSON body of your request.") from error
    if not isinstance(found, dict):
        raise Problem("Invalid body: expected a JSON object.", code="invalid_type")
    return found


async def _form(request: Request, body: bytes) -> dict[str, Any]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    replayed = Request(request.scope, receive)
    try:
        async with replayed.form(max_fields=20, max_files=2, max_part_size=MAX_BODY_BYTES) as form:
            return _nested(
                [
                    (name, await value.read() if isinstance(value, UploadFile) else value)
                    for name, value in form.multi_items()
                ]
            )
    except UnicodeError as error:  # a charset that does not fit
        raise Problem("We could not parse the form in the body of your request.") from error


def _nested(items: Iterable[tuple[str, str | bytes]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in items:
        bracketed = _BRACKETED.fullmatch(name)
        home = found.setdefault(bracketed[1], {}) if bracketed else found
        key = bracketed[2] if bracketed else name
        if not isinstance(home, dict) or key in home:
            raise Problem(f"Duplicate parameter: '{name[:100]}'.", code="invalid_value")
        home[key] = value
    return found
