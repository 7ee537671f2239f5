"""What each network takes, for its publisher and for the preview of it.

X: docs.x.com, media best practices, the numbers for an account that pays for nothing: 32x32 to
1280x1024, shapes from 1:3 to 3:1, 0.5 to 140 seconds, 512 MB, 60 frames per second. Slack takes
files up to 1 GB and documents neither size nor length of a video; those two are ours, wide enough
never to matter for a clip.
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.account import Account
from bot.domain.post import Limits

SLACK = Limits(max_width=4096, max_height=4096, max_seconds=600, max_bytes=1_000_000_000)
X = Limits(
    max_width=1280,
    max_height=1024,
    max_seconds=140,
    max_bytes=512_000_000,
    max_fps=60,
    min_side=32,
    max_aspect=3,
    min_seconds=0.5,
)


def x_limits(account: Account) -> Limits:
    """Return what X takes of *account*, which may be allowed more than everybody is."""
    return replace(X, max_seconds=account.max_seconds, max_bytes=account.max_bytes)


LIMITS: Mapping[str, Limits] = {"slack": SLACK, "x": X}
