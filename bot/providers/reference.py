"""A reference image as the part of a multipart create."""

from pathlib import Path

from bot.errors import RequestError

Part = tuple[str, bytes, str]


def read_image(path: Path) -> Part:
    """Return (file name, bytes, media type); the first bytes tell the type, not the name.

    Raises `RequestError` for a file that cannot be read or is no JPEG, PNG or WebP.
    """
    try:
        image = path.read_bytes()
    except OSError as error:
        raise RequestError(
            f"The reference image {path.name} cannot be read.", hint="Check that it still exists."
        ) from error
    if image.startswith(b"\xff\xd8\xff"):
        return "reference.jpg", image, "image/jpeg"
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        return "reference.png", image, "image/png"
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "reference.webp", image, "image/webp"
    raise RequestError(
        f"The reference image {path.name} is neither JPEG, PNG nor WebP.",
        hint="Convert it to one of these.",
    )
