"""The disk: whether there is room for another video, and whether the data folder can be written."""
# each imports what it needs when it is called: see `bot.app`

import shutil
from pathlib import Path

from bot.errors import ConfigError

#: Bytes that must be free before a video is paid for.
MIN_FREE_BYTES = 200_000_000


def free_bytes(folder: Path) -> int:
    """Return the room on the disk of *folder*, which need not be there yet."""
    there = next(p for p in [folder, *folder.absolute().parents] if p.is_dir())
    usage = shutil.disk_usage(there)
    return usage.free if usage.total else MIN_FREE_BYTES  # /proc and its like have no size


def make_folder(folder: Path) -> None:
    """Make *folder* where it is missing; `ConfigError` if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as e:
        raise ConfigError(
            f"The data folder {folder} cannot be written: {e.strerror}.",
            hint="Set REELBOT_DATA_DIR to a folder you may write to.",
        ) from e
