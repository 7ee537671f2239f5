"""What `files.info` says of a file: whether people see it, where, since when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_STAMP = re.compile(r"([0-9]{1,11})\.([0-9]{6})")
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
        stamp = _STAMP.fullmatch(self.ts or "")
        if stamp is None:
            return None
        return _EPOCH + timedelta(seconds=int(stamp[1]), microseconds=int(stamp[2]))


def read_file(answer: Mapping[str, object], channel: str) -> Sight:
    """Return what the answer shows of the file in *channel*."""
    file = answer.get("file")
    file = file if isinstance(file, dict) else {}
    shares = file.get("shares")
    kinds = list(shares.values()) if isinstance(shares, dict) else []
    ours = [share for kind in kinds for share in _list_of(kind, channel)]
    stamps = [s["ts"] for s in ours if isinstance(s, dict) and isinstance(s.get("ts"), str)]
    # `shares` comes last; the lists of places, direct messages among them, may be there before it.
    places = [_list_of(file, kind) for kind in ("channels", "groups", "ims")]
    permalink = file.get("permalink")
    return Sight(
        is_shared=any(places) or any(kinds),
        is_deleted=file.get("mode") == "tombstone",
        ts=stamps[0] if stamps else None,
        permalink=permalink if isinstance(permalink, str) else None,
    )


def _list_of(item: object, key: str) -> list[object]:
    found = item.get(key) if isinstance(item, dict) else None
    return found if isinstance(found, list) else []
