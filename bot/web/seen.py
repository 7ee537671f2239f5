"""Which webhooks have come before; `webhooks` asks for each whose signature holds."""

import hashlib
from collections import OrderedDict

#: How far a webhook's time may be from ours, before or behind; `standardwebhooks` has it fixed.
TOLERANCE_SECONDS = 300.0
#: Ids remembered at most; a replay of a forgotten one pokes its run once more, no harm done.
_MOST = 65_536


class Seen:
    """The webhooks of the last ten minutes, by the hash of their ids; their number is bounded.

    A webhook that is good now may be repeated until its time is too old, at most twice the
    tolerance from now. A restart forgets them; then a replay pokes its run, which is harmless.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        #: Oldest first: until when each is remembered.
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def add(self, name: str, now: float) -> bool:
        """Return whether *name* is new, and remember it; *now* in seconds that never go back."""
        while self._until and next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)
        key = hashlib.blake2b(name.encode(), digest_size=16).digest()
        if key in self._until:
            return False
        self._until[key] = now + 2 * TOLERANCE_SECONDS
        if len(self._until) > self._most:
            self._until.popitem(last=False)
        return True

    def __len__(self) -> int:
        return len(self._until)
