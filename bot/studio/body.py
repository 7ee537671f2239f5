"""The body of a request as named fields, whether it came as JSON or as a form.

Called by `routes`. A form may spell an object's key in brackets (`input_reference[image_url]`) and
a list's as well (`characters[][id]`), as the official clients do. Invariant: no text is held beyond
`MAX_TEXT_BYTES`, no file beyond a megabyte (the rest is on disk), and no body is a 5xx.
"""

import json
import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from bot.studio import model
from bot.studio.problem import Problem, too_large

#: An image in base64 with the longest prompt beside it, in JSON's longest spelling.
MAX_TEXT_BYTES: Final = model.MAX_REFERENCE_BYTES * 4 // 3 + 1024 * 1024
#: A video with the longest prompt beside it.
MAX_FORM_BYTES: Final = model.MAX_FOOTAGE_BYTES + 1024 * 1024

_BRACKETED: Final = re.compile(r"(\w+)(\[\d*\])?\[(\w+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file of a form, on disk; closed when the request is answered."""

    file: BinaryIO
    size: int


@asynccontextmanager
async def fields(request: Request) -> AsyncGenerator[dict[str, Any]]:
    """Give the fields; the files among them live while the context is open.

    Raises a Problem: 413 when too large, 400 when it is neither JSON nor a form.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if kind == "application/json":
        yield _json(b"".join([part async for part in _bounded(request, MAX_TEXT_BYTES)]))
    elif kind == "multipart/form-data":
        form = await _form(request)
        try:
            yield _nested(form.multi_items())
        finally:
            await form.close()
    else:
        raise Problem(
            f"Unsupported content type: '{kind}'. This API method only accepts 'application/json' "
            "or 'multipart/form-data' requests.",
            code="unsupported_content_type",
        )


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes]:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large("The request", limit)
        yield part


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem("We could not parse the JSON body of your request.") from error
    if not isinstance(found, dict):
        raise Problem("Invalid body: expected a JSON object.", code="invalid_type")
    return found


async def _form(request: Request) -> FormData:
    parser = MultiPartParser(
        request.headers,
        _bounded(request, MAX_FORM_BYTES),
        max_fields=20,
        max_files=2,
        max_part_size=MAX_TEXT_BYTES,
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise Problem(error.message) from error
    except UnicodeError as error:  # a charset that does not fit
        raise Problem("We could not parse the form in the body of your request.") from error


def _nested(items: Iterable[tuple[str, str | UploadFile]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, given in items:
        value = _kept(given) if isinstance(given, UploadFile) else given
        bracketed = _BRACKETED.fullmatch(name)
        if bracketed and bracketed[2]:
            fresh = _append(found, bracketed[1], bracketed[3], value)
        elif bracketed:
            fresh = _put(found.setdefault(bracketed[1], {}), bracketed[3], value)
        else:
            fresh = _put(found, name, value)
        if not fresh:
            raise Problem(f"Duplicate parameter: '{name[:100]}'.", code="invalid_value")
    return found


def _kept(given: UploadFile) -> Upload:
    return Upload(file=given.file, size=given.size or 0)


def _put(home: object, key: str, value: object) -> bool:
    if not isinstance(home, dict) or key in home:
        return False
    home[key] = value
    return True


def _append(found: dict[str, Any], name: str, key: str, value: object) -> bool:
    """A list's key that comes again begins the list's next object."""
    objects = found.setdefault(name, [])
    if not isinstance(objects, list):
        return False
    if not objects or key in objects[-1]:
        objects.append({})
    return _put(objects[-1], key, value)
