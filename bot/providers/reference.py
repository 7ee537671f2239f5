"""A reference image, made the first frame of a video.

`creation` uploads what it returns. The protocol wants an image of exactly the video's size, and
people have photographs. One of nearly that shape is cropped, because bars would stay in the whole
video; one of quite another shape is shown whole before a blurred copy of itself, because cropping
would cut off heads. The bytes are made anew, so that no place and no camera goes along.
"""

import io
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFilter, ImageOps

from bot.errors import RequestError

#: File name, bytes, media type: a part of a form.
Part = tuple[str, bytes, str]

#: What is read at most: bytes of a file, pixels of an image. 50 megapixels are 150 MB of memory.
LARGEST_FILE = 20_000_000
LARGEST_IMAGE = 50_000_000
#: The least part of an image that a crop must keep; 4:3 in 16:9 keeps just so much.
KEPT = 0.75
#: The blur of the surroundings, as a part of the frame's longer side.
BLUR = 1 / 40
_QUALITY = 92
_FORMATS = ("JPEG", "PNG", "WEBP")


def first_frame(path: Path, width: int, height: int) -> Part:
    """Return the image as a PNG or JPEG of exactly that size, upright.

    What was a PNG stays one: drawings keep their edges. Raises `RequestError` for a file that
    cannot be read, is no JPEG, PNG or WebP, or is too large.
    """
    try:
        with path.open("rb") as file:
            if path.stat().st_size > LARGEST_FILE:
                raise _too_large(path, f"{LARGEST_FILE // 1_000_000} MB")
            kind, image = _open(path, file, width, height)
    except FileNotFoundError as error:
        raise RequestError(
            f"The reference image {path.name} cannot be read.", hint="Check that it still exists."
        ) from error
    frame = _fill(image, width, height)
    out = io.BytesIO()
    if kind == "PNG":
        frame.save(out, "PNG")
        return "reference.png", out.getvalue(), "image/png"
    frame.save(out, "JPEG", quality=_QUALITY, subsampling=0)
    return "reference.jpg", out.getvalue(), "image/jpeg"


def _open(path: Path, file: BinaryIO, width: int, height: int) -> tuple[str, Image.Image]:
    """Return the image's format and its pixels, upright and without transparency."""
    try:
        with Image.open(file, formats=_FORMATS) as image:
            if image.width * image.height > LARGEST_IMAGE:
                raise _too_large(path, f"{LARGEST_IMAGE // 1_000_000} megapixels")
            # A JPEG need not be decoded larger than it is used, whichever side is up.
            image.draft("RGB", (2 * max(width, height),) * 2)
            return image.format or "", _opaque(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise RequestError(  # whatever Pillow says of damage
            f"The reference image {path.name} is not a readable JPEG, PNG or WebP.",
            hint="Convert it to one of these.",
        ) from error


def _opaque(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _fill(image: Image.Image, width: int, height: int) -> Image.Image:
    """Return the image as a frame: cropped, or whole before its own blurred surroundings."""
    size = (width, height)
    here, there = image.width * height, width * image.height  # the two shapes, as one fraction
    cropped = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    if min(here, there) >= KEPT * max(here, there):
        return cropped
    frame = cropped.filter(ImageFilter.GaussianBlur(max(size) * BLUR))
    whole = ImageOps.contain(image, size, Image.Resampling.LANCZOS)
    frame.paste(whole, ((width - whole.width) // 2, (height - whole.height) // 2))
    return frame


def _too_large(path: Path, most: str) -> RequestError:
    return RequestError(
        f"The reference image {path.name} is larger than {most}.", hint="Make it smaller."
    )
