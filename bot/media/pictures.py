"""Pictures that people hand in. Used by the media library alone."""

from pathlib import Path

from PIL import Image

_FORMATS = ("JPEG", "PNG", "WEBP")
#: What a provider's door takes, too; 50 megapixels are 150 MB of memory.
_LARGEST = 50_000_000


def is_picture(path: Path) -> bool:
    """Return whether all of the file decodes as a JPEG, PNG or WebP that is not too large."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > _LARGEST:
                return False
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False  # whatever Pillow says of damage
    return True
