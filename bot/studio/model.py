"""What the studio offers: one model, its sizes and lengths, and the limits of a request."""

from typing import Final

MODEL: Final = "studio-1"

SIZES: Final = ("720x1280", "1280x720", "1024x1792", "1792x1024")
DEFAULT_SIZE: Final = "720x1280"

#: Strings, as the protocol has them; an integer is refused.
SECONDS: Final = ("4", "8", "12")
DEFAULT_SECONDS: Final = "4"

MAX_PROMPT_CHARS: Final = 32_000
MAX_REFERENCE_BYTES: Final = 20 * 1024 * 1024
MAX_SEED: Final = 2**32 - 1

#: Waiting jobs, beyond which a create is refused. They are rows, so the bound protects the disk.
MAX_QUEUED: Final = 100_000

#: How long a finished clip can be downloaded.
EXPIRES_AFTER_HOURS: Final = 24
