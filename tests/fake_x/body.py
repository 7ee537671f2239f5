"""Bodies as they arrive: JSON, and the multipart of an append."""

import base64
import binascii
import json
from typing import Any

from tests.fake_x.refusal import invalid
from tests.fake_x.schema import APPEND
from tests.fake_x.shape import check_body

Bytes = bytes | memoryview
_APPEND = ("POST", "/2/media/upload/{id}/append")


def append_fields(body: bytes, content_type: str) -> tuple[dict, Bytes]:
    """Return the fields of an append and its bytes, from JSON or multipart."""
    if not content_type.startswith("multipart/form-data"):
        fields = json_object(body)
        check_body(fields, APPEND, _APPEND)
        try:
            content = base64.b64decode(fields.pop("media"), validate=True)
        except binascii.Error:
            raise invalid("$.media: is not base64.") from None
        return fields, content
    fields, content = multipart(body, content_type)
    check_body(fields | {"media": ""}, APPEND, _APPEND)
    return fields, content


def json_object(body: bytes) -> dict:
    """Return the JSON object that *body* is."""
    try:
        found = json.loads(body)
    except ValueError:
        raise invalid("Request body is not valid JSON.") from None
    if not isinstance(found, dict):
        raise invalid("Request body must be a JSON object.")
    return found


def multipart(body: bytes, content_type: str) -> tuple[dict, memoryview]:
    """Return the fields of a form and the bytes of its `media`, which are not copied."""
    boundary = b"--" + content_type.partition("boundary=")[2].strip('"').encode()
    fields: dict[str, Any] = {}
    content: memoryview | None = None
    start = body.find(boundary)
    while start >= 0 and (top := body.find(b"\r\n\r\n", start)) >= 0:
        end = body.find(b"\r\n" + boundary, top + 4)
        name = body[start:top].partition(b'name="')[2].partition(b'"')[0].decode()
        if name == "media":
            content = memoryview(body)[top + 4 : end]
        else:
            text = body[top + 4 : end].decode()
            fields[name] = int(text) if text.lstrip("-").isdigit() else text
        start = end + 2 if end >= 0 else -1
    if content is None:
        raise invalid("$.media: is missing but it is required")
    return fields, content
