"""How people name a run: `last`, part of its id, or a link to its card."""

import re
from dataclasses import dataclass

from bot.domain.run import Run

LAST = "last"

#: Four digits of the day, or some of what follows; at least one digit, so that no word is taken.
_PART = re.compile(r"(?=[0-9a-f-]*[0-9])[0-9a-f][0-9a-f-]{2,12}", re.IGNORECASE)
_LINK = re.compile(
    r"<?https://[A-Za-z0-9.-]+\.slack\.com/archives/([CGD][A-Z0-9]{2,})/p(\d{6,})(\d{6})"
    r"(?:\?[^\s|>]*)?(?:\|[^>]*)?>?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A run as somebody named it: the last one, by part of its id, or by its card."""

    part: str | None = None
    #: The channel and the message of a card.
    place: str | None = None
    message: str | None = None

    @property
    def is_last(self) -> bool:
        """Whether the newest run is meant."""
        return self.part is None and self.message is None

    def names(self, run: Run) -> bool:
        """Return whether *run* could be meant; every run could be the last one."""
        if self.message is not None:
            return any((c.place, c.id) == (self.place, self.message) for c in run.cards)
        return self.part is None or self.part in run.id


def read_reference(text: str) -> Reference | None:
    """Return what *text* refers to; None if it is no reference at all."""
    if text.lower() == LAST:
        return Reference()
    if match := _LINK.fullmatch(text):
        return Reference(place=match[1], message=f"{match[2]}.{match[3]}")
    return Reference(part=text.lower()) if _PART.fullmatch(text) else None
