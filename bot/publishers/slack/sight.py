"""What `files.info` says of a file: whether people see it, where, since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A completed file as Slack shows it."""

    #: Whether it shows in any place.
    is_shared: bool
    #: Whether somebody has deleted it; then it cannot be told whether people saw it.
    is_deleted: bool
    #: Slack's stamp of the message in our channel; None where it is not told.
    ts: str | None
    #: The file's own address.
    permalink: str | None

    @property
    def at(self) -> datetime | None:
        """When the message was posted."""
        seconds, _, micros = (self.ts or "").partition(".")
        if not seconds.isdecimal() or not micros.isdecimal():
            return None
        return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(micros))


def read_file(answer: Mapping[str, object], channel: str) -> Sight:
    """Return what the answer shows of the file in *channel*."""
    file = answer.get("file")
    file = file if isinstance(file, dict) else {}
    # `shares` comes last; the lists of places, direct messages among them, may be there before it.
    places = [place for kind in ("channels", "groups", "ims") for place in file.get(kind) or ()]
    shares = [share for kind in _mappings(file.get("shares")) for share in _of(kind, channel)]
    stamps = [s["ts"] for s in shares if isinstance(s, dict) and isinstance(s.get("ts"), str)]
    permalink = file.get("permalink")
    return Sight(
        is_shared=bool(places or any(_mappings(file.get("shares")))),
        is_deleted=file.get("mode") == "tombstone",
        ts=stamps[0] if stamps else None,
        permalink=permalink if isinstance(permalink, str) else None,
    )


def _mappings(shares: object) -> list[Mapping[str, object]]:
    found = shares.values() if isinstance(shares, dict) else ()
    return [kind for kind in found if isinstance(kind, dict)]


def _of(kind: Mapping[str, object], channel: str) -> list[object]:
    shares = kind.get(channel)
    return shares if isinstance(shares, list) else []
