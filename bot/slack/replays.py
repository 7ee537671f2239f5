"""Which deliveries have come before: Slack sends again what it believes we missed.

Memory alone: after a restart the keys of runs and the ledger of commands say the same.
"""

from collections import OrderedDict

#: Ids remembered at most.
MOST = 20_000


class Replays:
    """The ids of the last deliveries; their number is bounded, not their age."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seen: OrderedDict[str, None] = OrderedDict()

    def is_new(self, delivery: str) -> bool:
        """Return whether *delivery* comes for the first time, and remember it."""
        if delivery in self._seen:
            return False
        self._seen[delivery] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True
