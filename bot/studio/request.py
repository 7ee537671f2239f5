"""What may be asked of POST /v1/videos, and the original's sentences for what may not.

Called by `server` with the fields that `body` found. Invariant: what passes can be rendered, and
nothing here touches a disk or a network (an image URL must carry its image).
"""

import base64
import binascii
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from bot.studio import model
from bot.studio.problem import Problem, unsupported

_FIELDS: Final = ("prompt", "model", "seconds", "size", "seed", "input_reference")
_IMAGE_FORMATS: Final = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRequest:
    """A request that holds. `seed` is the studio's own extension; without it every job differs."""

    prompt: str
    model: str
    size: str
    seconds: int
    seed: int | None
    reference: bytes | None


def parse(fields: Mapping[str, Any]) -> VideoRequest:
    """Raises the Problem of the first field that is wrong."""
    for name in fields:
        if name not in _FIELDS:
            raise Problem(
                f"Unknown parameter: '{name[:100]}'.", code="unknown_parameter", param=name[:100]
            )
    size = _choice(fields, "size", model.SIZES, model.DEFAULT_SIZE)
    return VideoRequest(
        prompt=_prompt(fields),
        model=_choice(fields, "model", (model.MODEL,), model.MODEL),
        size=size,
        seconds=int(_choice(fields, "seconds", model.SECONDS, model.DEFAULT_SECONDS)),
        seed=_seed(fields),
        reference=_reference(fields, size),
    )


def _prompt(fields: Mapping[str, Any]) -> str:
    prompt = fields.get("prompt")
    if prompt is None:
        raise Problem(
            "Missing required parameter: 'prompt'.",
            code="missing_required_parameter",
            param="prompt",
        )
    if not isinstance(prompt, str):
        raise _wrong_type("prompt", "a string", prompt)
    if not _is_text(prompt):
        raise Problem("Invalid 'prompt': not valid Unicode.", code="invalid_value", param="prompt")
    if not prompt:
        raise Problem(
            "Invalid 'prompt': empty string. Expected a string with minimum length 1, but got an "
            "empty string instead.",
            code="empty_string",
            param="prompt",
        )
    if len(prompt) > model.MAX_PROMPT_CHARS:
        raise Problem(
            f"Invalid 'prompt': string too long. Expected a string with maximum length "
            f"{model.MAX_PROMPT_CHARS}, but got a string with length {len(prompt)} instead.",
            code="string_above_max_length",
            param="prompt",
        )
    return prompt


def _choice(fields: Mapping[str, Any], name: str, supported: tuple[str, ...], default: str) -> str:
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise _wrong_type(name, "one of " + ",".join(f"'{one}'" for one in supported), value)
    if value not in supported:
        raise unsupported(name, value, supported)
    return value


def _seed(fields: Mapping[str, Any]) -> int | None:
    seed = fields.get("seed")
    if seed is None:
        return None
    if isinstance(seed, str) and seed.isascii() and seed.isdigit() and len(seed) <= 10:  # noqa: PLR2004 - digits of MAX_SEED
        seed = int(seed)  # a form knows no integers
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise _wrong_type("seed", "an integer", seed)
    if not 0 <= seed <= model.MAX_SEED:
        raise Problem(
            f"Invalid 'seed': expected an integer from 0 to {model.MAX_SEED}.",
            code="invalid_value",
            param="seed",
        )
    return seed


def _reference(fields: Mapping[str, Any], size: str) -> bytes | None:
    given = fields.get("input_reference")
    if given is None:
        return None
    image = given if isinstance(given, bytes) else _from_object(given)
    if len(image) > model.MAX_REFERENCE_BYTES:
        raise Problem(
            f"The image of 'input_reference' is larger than {model.MAX_REFERENCE_BYTES} bytes.",
            code="file_too_large",
            param="input_reference",
            status=413,
        )
    _check_image(image, size)
    return image


def _from_object(given: object) -> bytes:
    if not isinstance(given, dict):
        raise _wrong_type("input_reference", "a file or an object", given)
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


def _check_image(data: bytes, size: str) -> None:
    """Decode it here, where a broken image is a 400, rather than in the middle of a render."""
    try:
        with Image.open(io.BytesIO(data), formats=_IMAGE_FORMATS) as image:
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


def _is_text(value: str) -> bool:
    """JSON can spell half a character (a lone surrogate), which no database or answer can hold."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong_type(name: str, expected: str, got: object) -> Problem:
    return Problem(
        f"Invalid type for '{name}': expected {expected}, but got {_named(got)} instead.",
        code="invalid_type",
        param=name,
    )


def _named(value: object) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string"}
    names |= {list: "an array", dict: "an object", bytes: "a file"}
    return names.get(type(value), "null")
