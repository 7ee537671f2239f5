"""Named random streams: every component of a picture draws from its own.

Adding a component, or letting one draw more numbers, therefore moves nothing else
in the picture. The one invariant: a stream depends on prompt, seed and name alone.
"""

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """The root of all randomness of one clip."""

    prompt: str
    seed: int

    def named(self, component: str) -> np.random.Generator:
        """Return a fresh generator for `component`; the same name gives the same numbers."""
        key = f"{self.prompt}|{self.seed}|{component}".encode()
        entropy = int.from_bytes(hashlib.sha256(key).digest(), "big")
        return np.random.Generator(np.random.PCG64(entropy))
