"""What the ledger keeps of a post before it is sent: the uploaded video, and how to know the post.

A media key belongs to one upload, so that the post that shows it is the one that was sent with it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from bot.domain.effect import DENIED, Effect, EffectState
from bot.domain.post import Post
from bot.x_api.upload import Media

#: Uploads are not used again in their last hour, so that one cannot expire on its way out.
_MARGIN = timedelta(hours=1)
#: How far back a post of an earlier try is looked for: X charges for every post it lists.
_BACK = timedelta(hours=24)


def of_upload(
    media: Media, post: Post, earlier: Sequence[Effect], now: datetime
) -> Mapping[str, str]:
    """Return the handle of a post whose video was just uploaded."""
    return {
        "media": media.id,
        "key": media.key,
        "until": media.expires_at.isoformat(),
        "sha": post.asset.sha256,
        "alt": _digest(post.alt_text),
        **_tried(media.key, earlier, now),
    }


def of_earlier(post: Post, earlier: Sequence[Effect], now: datetime) -> Mapping[str, str] | None:
    """Return a handle with the upload of the last try, if it will do; None if it will not.

    Only the upload of a try that surely did not post: the media key of one that did, or may have,
    is how its post is known. An undone post shows in a timeline that lags, and one sent anew with
    its media would be taken for it.
    """
    if not earlier or earlier[-1].state is not EffectState.NOT_SENT:
        return None
    last = earlier[-1].handle
    same = (last.get("sha"), last.get("alt")) == (post.asset.sha256, _digest(post.alt_text))
    if not same or datetime.fromisoformat(last["until"]) - _MARGIN <= now:
        return None
    return {**last, "again": "yes", **_tried(last["key"], earlier, now)}


def is_again(handle: Mapping[str, str]) -> bool:
    """Return whether its video was uploaded for an earlier try."""
    return "again" in handle


def is_denied(handle: Mapping[str, str]) -> bool:
    """Return whether an earlier try was lost, and only a person says that it did not post."""
    return "denied" in handle


def tried_keys(handle: Mapping[str, str]) -> frozenset[str]:
    """Return the media keys of other tries whose posts may be out, whatever people said."""
    return frozenset(handle["tried"].split())


def listed_from(handle: Mapping[str, str]) -> datetime:
    """Return from when on a post of this try, or of one before it, can have gone out."""
    return datetime.fromisoformat(handle["from"])


def _tried(key: str, earlier: Sequence[Effect], now: datetime) -> Mapping[str, str]:
    """Return what to look for beside *key*.

    Not what is known to have gone out: it is settled, and this try is another one.
    """
    open_ = [e for e in earlier if e.state is not EffectState.DONE]
    # Previews leave handles of their own.
    keys = {k for e in open_ for at in ("key", "tried") for k in e.handle.get(at, "").split()}
    first = min((e.started_at for e in open_), default=now)
    denied = any(e.detail == DENIED or is_denied(e.handle) for e in open_)
    return {
        "tried": " ".join(sorted(keys - {key})),
        "from": max(first, now - _BACK).isoformat(),
        **({"denied": "yes"} if denied else {}),
    }


def _digest(text: str | None) -> str:
    return sha256((text or "").encode()).hexdigest()[:16]
