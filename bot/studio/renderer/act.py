"""An act: a stretch of a clip, and the words that changed what is seen in it."""

from dataclasses import dataclass

#: How long what an act changes takes to fade in.
FADE_SECONDS = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Whole seconds, at least one, and the texts that change the first prompt, oldest first."""

    seconds: int
    changes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if type(self.seconds) is not int or self.seconds < 1:
            raise ValueError("An act of a clip lasts whole seconds, at least one.")
        if not all(isinstance(text, str) for text in self.changes):
            raise ValueError("What changes in an act is said in texts.")

    @property
    def fade(self) -> float:
        """Seconds until the act before has gone."""
        return min(FADE_SECONDS, self.seconds)
