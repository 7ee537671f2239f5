"""What a look at a job saw: what `looker` finds out and `watcher` turns into an observation."""

from dataclasses import dataclass

from bot.providers.answers import Item, read_status


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a look saw."""

    #: None when the provider does not know the job.
    item: Item | None
    #: Why not, in the provider's words.
    words: str = ""
    #: Seconds until the server wants to be asked again, if it says so.
    look_after: float | None = None

    @property
    def is_last(self) -> bool:
        """Whether there is nothing more to see."""
        return self.item is not None and read_status(self.item).is_terminal
