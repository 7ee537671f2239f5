"""The studio's renderer: a prompt and a seed in, an illustrated clip with sound out.

Called by the studio's worker process. It reads no environment, no network and no
fonts of the machine. The one invariant: prompt, seed, size, seconds, back-end and
library versions decide every byte of the clip.
"""

from bot.studio.renderer.backend import Backend
from bot.studio.renderer.clip import Clip, Shot, render
from bot.studio.renderer.scenes.reference import UnusableReference

__all__ = ["Backend", "Clip", "Shot", "UnusableReference", "render"]
