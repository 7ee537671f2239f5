"""What the studio offers: its model and its names, sizes, lengths, and the limits of a request."""

from collections.abc import Mapping
from typing import Final

MODEL: Final = "studio-1"

#: Of `MODEL`; what is above 1024x1792 only the original's larger model had as well.
SIZES: Final = ("720x1280", "1280x720", "1024x1792", "1792x1024", "1080x1920", "1920x1080")
_SIZES_OF_SORA_2: Final = SIZES[:4]
DEFAULT_SIZE: Final = "720x1280"

#: Every name a request may give, with its sizes. All are the same renderer: programs written for
#: the original run unchanged, and read back the name they asked for.
MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    MODEL: SIZES,
    "sora-2": _SIZES_OF_SORA_2,
    "sora-2-2025-10-06": _SIZES_OF_SORA_2,
    "sora-2-2025-12-08": _SIZES_OF_SORA_2,
    "sora-2-pro": SIZES,
    "sora-2-pro-2025-10-06": SIZES,
}

#: Strings, as the protocol has them; an integer is refused.
SECONDS: Final = ("4", "8", "12", "16", "20")
DEFAULT_SECONDS: Final = "4"
#: Of a video with all its extensions, and of an uploaded one.
MAX_TOTAL_SECONDS: Final = 60

MAX_PROMPT_CHARS: Final = 32_000
MAX_NAME_CHARS: Final = 80
MAX_REFERENCE_BYTES: Final = 20 * 1024 * 1024
MAX_FOOTAGE_BYTES: Final = 64 * 1024 * 1024
MAX_SEED: Final = 2**32 - 1
#: The original took as many in one video.
MAX_CHARACTERS: Final = 2
#: All the words a video grew from: each remix keeps those of its parent.
MAX_SCRIPT_CHARS: Final = 500_000

#: Waiting jobs, beyond which a create is refused. They are rows, so the bound protects the disk.
MAX_QUEUED: Final = 100_000
