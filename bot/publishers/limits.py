"""What each network takes, for its publisher and for the preview of it.

X: docs.x.com, media best practices, the numbers for an account that pays for nothing: 1280x1024,
140 seconds, 512 MB, 60 frames per second. Slack takes files up to 1 GB and documents neither size
nor length of a video; those two are ours, wide enough never to matter for a clip.
"""

from collections.abc import Mapping

from bot.domain.post import Limits

SLACK = Limits(max_width=4096, max_height=4096, max_seconds=600, max_bytes=1_000_000_000)
X = Limits(max_width=1280, max_height=1024, max_seconds=140, max_bytes=512_000_000, max_fps=60)

LIMITS: Mapping[str, Limits] = {"slack": SLACK, "x": X}
