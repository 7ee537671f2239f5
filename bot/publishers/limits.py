"""What each network takes, for its publisher and for the preview of it.

Slack names no size or length for a video; ours keep to what its player shows well
(docs.slack.dev, files: 1 GB for one file). X: docs.x.com, media best practices: 1280x1024, 0.5 to
140 seconds, 512 MB, 60 frames per second for accounts that do not pay.
"""

from collections.abc import Mapping

from bot.domain.post import Limits

SLACK = Limits(max_width=4096, max_height=4096, max_seconds=600, max_bytes=1_000_000_000)
X = Limits(max_width=1280, max_height=1024, max_seconds=140, max_bytes=512_000_000, max_fps=60)

LIMITS: Mapping[str, Limits] = {"slack": SLACK, "x": X}
