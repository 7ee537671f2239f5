"""The studio's renderer: a prompt and a seed in, an illustrated clip with sound out.

Called by the studio's worker process; the server asks `footage.look`, in a process of its own, what
an uploaded clip is. It reads no environment, no network and no fonts of the machine. The one
invariant: the shot (prompt, seed, size, acts, files), back-end and library versions decide
every byte of the clip.

    shot > script > story > film > clip        what is asked, read, staged, drawn, written
                    scenes > actors, canvas
"""

from bot.studio.renderer import footage
from bot.studio.renderer.act import Act
from bot.studio.renderer.backend import Backend
from bot.studio.renderer.character import Character
from bot.studio.renderer.clip import Clip, render
from bot.studio.renderer.footage import Footage
from bot.studio.renderer.shot import Shot
from bot.studio.renderer.unusable import UnusableReference

__all__ = [
    "Act",
    "Backend",
    "Character",
    "Clip",
    "Footage",
    "Shot",
    "UnusableReference",
    "footage",
    "render",
]
