"""The image a video begins with: `input_reference`, as a file or in a data: URL.

Called by `request`. Invariant: what is returned can be decoded and has the size of the video;
nothing is fetched.
"""

import base64
import binascii
import io
from typing import Final

from PIL import Image

from bot.studio import model
from bot.studio.body import Upload
from bot.studio.problem import Problem, too_large, wrong_type

_FORMATS: Final = ("JPEG", "PNG", "WEBP")


def reference(given: object, size: str) -> bytes | None:
    """Return the image's bytes. Raises a Problem."""
    if given is None:
        return None
    image = _from_file(given) if isinstance(given, Upload) else _from_object(given)
    if len(image) > model.MAX_REFERENCE_BYTES:
        raise _too_large()
    _check(image, size)
    return image


def _from_file(upload: Upload) -> bytes:
    if upload.size > model.MAX_REFERENCE_BYTES:
        raise _too_large()
    return upload.file.read()


def _from_object(given: object) -> bytes:
    if not isinstance(given, dict):
        raise wrong_type("input_reference", "a file or an object", given)
    if set(given) != {"image_url"} or not isinstance(given["image_url"], str):
        raise Problem(
            "Invalid 'input_reference': this server takes a file, or an object with the one key "
            "'image_url'.",
            code="invalid_value",
            param="input_reference",
        )
    head, _, data = given["image_url"].partition(",")
    if not (head.startswith("data:") and head.endswith(";base64")):
        raise Problem(
            "Invalid 'input_reference.image_url': this server fetches nothing, so it takes only a "
            "base64-encoded data: URL.",
            code="invalid_value",
            param="input_reference.image_url",
        )
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(
            "Invalid 'input_reference.image_url': the data is not base64.",
            code="invalid_value",
            param="input_reference.image_url",
        ) from error


def _check(data: bytes, size: str) -> None:
    """Decode it here, where a broken image is a 400, rather than in the middle of a render."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            matches = f"{image.width}x{image.height}" == size
            if matches:  # only then: it bounds what there is to decode
                image.load()
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise Problem(
            "Invalid 'input_reference': not a readable image. Supported formats are JPEG, PNG "
            "and WebP.",
            code="invalid_image",
            param="input_reference",
        ) from error
    if not matches:
        raise Problem(
            "Inpaint image must match the requested width and height",
            code="invalid_image",
            param="input_reference",
        )


def _too_large() -> Problem:
    return too_large(
        "The image of 'input_reference'", model.MAX_REFERENCE_BYTES, param="input_reference"
    )
