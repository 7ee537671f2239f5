"""Media on its way to a post. Its state is a function of the clock alone.

Bytes are counted and, unless told otherwise, hashed, but never kept: any size goes.
"""

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.fake_x.accounts import Account
from tests.fake_x.refusal import Refusal, invalid, problem

#: Seconds that media lives when no post takes it.
LIFE = 24 * 3600
#: Octets of one segment.
LARGEST_SEGMENT = 5 * 1024 * 1024
#: What the key of a category's media begins with.
_PREFIXES = {"tweet_video": "7", "amplify_video": "13", "tweet_gif": "16"}
VIDEOS = {"tweet_video", "amplify_video"}


@dataclass(frozen=True)
class Processing:
    """How media is worked on after it was finalized; times in seconds."""

    pending: float = 1
    working: float = 4
    check_after: int = 2
    fails: bool = False
    #: Whether the answer no longer tells of processing when it is over.
    vanishes: bool = False


@dataclass
class Media:
    """An upload, from its first call on."""

    id: str
    key: str
    owner: Account
    category: str
    type: str
    total_bytes: int
    created_at: datetime
    processing: Processing
    additional_owners: frozenset[str] = frozenset()
    #: By index: octets and digest.
    segments: dict[int, tuple[int, str]] = field(default_factory=dict)
    finalized_at: datetime | None = None
    alt_text: str | None = None
    #: The whole `metadata` it was given.
    metadata: dict = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many octets have arrived."""
        return sum(size for size, _ in self.segments.values())

    def holds(self, content: bytes) -> bool:
        """Whether the segments, in their order, are *content*."""
        start = 0
        for _, (size, digest) in sorted(self.segments.items()):
            if digest_of(content[start : start + size]) != digest:
                return False
            start += size
        return start == len(content)

    def expires_after(self, now: datetime) -> int:
        return max(0, LIFE - int((now - self.created_at).total_seconds()))

    def state(self, now: datetime) -> str:
        """Return `uploading`, `pending`, `in_progress`, `failed` or `succeeded`."""
        if self.finalized_at is None:
            return "uploading"
        since = (now - self.finalized_at).total_seconds()
        if since < self.processing.pending:
            return "pending"
        if since < self.processing.pending + self.processing.working:
            return "in_progress"
        return "failed" if self.processing.fails else "succeeded"

    def usable(self, account: Account, now: datetime) -> bool:
        """Whether a post of *account* may take it now."""
        owned = account is self.owner or account.id in self.additional_owners
        return owned and self.state(now) == "succeeded" and self.expires_after(now) > 0

    def shape(self, now: datetime) -> dict:
        """Return it as finalize and status show it."""
        shown = {
            "id": self.id,
            "media_key": self.key,
            "size": self.size,
            "expires_after_secs": self.expires_after(now),
        }
        if self.category in VIDEOS:
            shown["video"] = {"video_type": self.type}
        return shown | ({"processing_info": info} if (info := self._info(now)) else {})

    def _info(self, now: datetime) -> dict | None:
        assert self.finalized_at
        state, how = self.state(now), self.processing
        if state == "pending":
            return {"state": state, "check_after_secs": how.check_after}
        if state == "in_progress":
            since = (now - self.finalized_at).total_seconds() - how.pending
            percent = int(100 * since / how.working)
            return {
                "state": state,
                "check_after_secs": how.check_after,
                "progress_percent": percent,
            }
        if state == "succeeded" and (how.vanishes or not how.pending + how.working):
            return None
        return {"state": state, "progress_percent": 100}


def digest_of(content: bytes | memoryview) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


class Library:
    """All media there is."""

    def __init__(self, *, hashing: bool = True) -> None:
        self.all: dict[str, Media] = {}
        #: Of media initialized from now on.
        self.processing = Processing()
        #: Octets of the largest video.
        self.largest = 512 * 1024 * 1024
        self._hashing = hashing
        self._ids = itertools.count(1_920_000_000_000_000_001)

    def initialize(self, body: dict, owner: Account, now: datetime) -> Media:
        """Begin an upload."""
        if body["media_category"] in VIDEOS and body["total_bytes"] > self.largest:
            raise invalid(f"$.total_bytes: must have a maximum value of {self.largest}")
        name, category = str(next(self._ids)), body["media_category"]
        media = Media(
            id=name,
            key=f"{_PREFIXES.get(category, '3')}_{name}",
            owner=owner,
            category=category,
            type=body["media_type"],
            total_bytes=body["total_bytes"],
            created_at=now,
            processing=self.processing,
            additional_owners=frozenset(body.get("additional_owners", ())),
        )
        self.all[name] = media
        return media

    def append(
        self, name: str, index: int, content: bytes | memoryview, owner: Account, now: datetime
    ) -> int:
        """Take a segment, again if need be; return when the media expires."""
        if len(content) > LARGEST_SEGMENT:
            raise Refusal(413, "<html><head><title>413 Payload Too Large</title></head></html>")
        media = self._open(name, owner, now)
        digest = digest_of(content) if self._hashing else ""
        media.segments[index] = (len(content), digest)
        return int((media.created_at + timedelta(seconds=LIFE)).timestamp())

    def finalize(self, name: str, owner: Account, now: datetime) -> Media:
        """End an upload."""
        media = self._open(name, owner, now)
        if sorted(media.segments) != list(range(len(media.segments))):
            raise invalid("Segments are missing.", {"id": [name]})
        if media.size != media.total_bytes:
            raise invalid("Segments do not add up to provided total file size.", {"id": [name]})
        media.finalized_at = now
        return media

    def find(self, name: str, owner: Account, now: datetime) -> Media:
        """Return media that was finalized; a 404 for all else."""
        media = self.all.get(name)
        gone = media is None or media.owner is not owner or not media.expires_after(now)
        if media is None or gone or media.finalized_at is None:
            raise problem(404, "Not Found", "Not Found")
        return media

    def describe(self, body: dict, owner: Account, now: datetime) -> Media:
        """Keep the metadata of media."""
        media = self.find(body["id"], owner, now)
        media.metadata |= body.get("metadata", {})
        media.alt_text = media.metadata.get("alt_text", {}).get("text")
        return media

    def _open(self, name: str, owner: Account, now: datetime) -> Media:
        media = self.all.get(name)
        if media is None or media.owner is not owner or not media.expires_after(now):
            raise invalid("Invalid media id.", {"id": [name]})
        if media.finalized_at is not None:
            raise invalid("The media was finalized already.", {"id": [name]})
        return media
