"""An account's own timeline, where a post whose answer was lost is found again.

`find` asks it, and `publish` where X says that it has the words already. It reads and no more. X
charges for every post it lists, once a day each. Fields: docs.x.com, "Get Posts"
(GET /2/users/:id/tweets). A post shows there some seconds after it went out.
"""

import html
import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.post import Target
from bot.x_api.access import SKEW
from bot.x_api.web_api import XApi

#: Pages looked at, of a hundred posts each; the newest first.
_PAGES = 5
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A post as the timeline shows it."""

    id: str
    text: str
    created_at: datetime
    #: The media keys of what is attached; None where X does not tell.
    keys: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The post that is looked for."""

    text: str
    key: str
    #: Media keys of earlier tries with the same words.
    tried: frozenset[str]
    #: When it was sent, by our clock; None where its words alone prove nothing.
    sent_at: datetime | None
    #: From when on it, or one of the earlier tries, may be listed.
    first: datetime


async def look(
    api: XApi,
    account: str,
    wanted: Wanted,
    target: Target,
    *,
    on_listed: Callable[[Sequence[str]], Awaitable[None]],
) -> Sequence[Seen]:
    """Return the posts of the account with the id *account* that can be *wanted*.

    *on_listed* is told the ids of all that X lists, page by page. Raises `TargetUnavailable`,
    `TargetPaused`.
    """
    seen: list[Seen] = []
    page: str | None = None
    for _ in range(_PAGES):
        answer = await _read(api, account, wanted.first, page, target)
        posts = _posts(answer)
        await on_listed([post.id for post in posts])
        seen += posts
        page = _next_page(answer)
        if page is None or _by_key(seen, wanted):
            break
    return _by_key(seen, wanted) or _by_text(seen, wanted)


async def _read(
    api: XApi, account: str, first: datetime, page: str | None, target: Target
) -> Mapping[str, object]:
    params = {
        "max_results": "100",
        "exclude": "replies,retweets",  # no post of ours is one, and they are charged for
        "start_time": (first - SKEW).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tweet.fields": "created_at,attachments",
        "expansions": "attachments.media_keys",
        "media.fields": "media_key",
    }
    if page:
        params["pagination_token"] = page
    return await api.read("GET", f"/2/users/{account}/tweets", target, params=params)


def _posts(answer: Mapping[str, object]) -> list[Seen]:
    posts = answer.get("data")
    shown = posts if isinstance(posts, list) else []
    return [_post(each) for each in shown if isinstance(each, dict) and each.get("created_at")]


def _post(shown: Mapping[str, object]) -> Seen:
    attached = shown.get("attachments")
    keys = attached.get("media_keys") if isinstance(attached, dict) else None
    return Seen(
        id=str(shown.get("id")),
        text=str(shown.get("text") or ""),
        created_at=datetime.fromisoformat(str(shown["created_at"])),
        keys=frozenset(map(str, keys)) if isinstance(keys, list) else None,
    )


def _next_page(answer: Mapping[str, object]) -> str | None:
    meta = answer.get("meta")
    token = meta.get("next_token") if isinstance(meta, dict) else None
    return str(token) if token else None


def _by_key(seen: Sequence[Seen], wanted: Wanted) -> list[Seen]:
    """Return the posts that show our upload, or that of an earlier try with these words."""
    return [post for post in seen if post.keys and _has_key(post, post.keys, wanted)]


def _has_key(post: Seen, keys: frozenset[str], wanted: Wanted) -> bool:
    return wanted.key in keys or bool(keys & wanted.tried and _same(post.text, wanted.text))


def _by_text(seen: Sequence[Seen], wanted: Wanted) -> list[Seen]:
    """Return the posts with our words that show media, but X does not tell which.

    One from before cannot be among them: X would have refused the same words again.
    """
    if wanted.sent_at is None:
        return []
    since = wanted.sent_at - SKEW
    return [
        post
        for post in seen
        if post.keys is None
        and post.created_at >= since
        and _same(post.text, wanted.text)
        and _shows_media(post.text, wanted.text)
    ]


def _shows_media(shown: str, sent: str) -> bool:
    """Return whether *shown* has the link to media that X puts behind the words."""
    return len(_LINK.findall(shown)) > len(_LINK.findall(sent))


def _same(shown: str, sent: str) -> bool:
    """Return whether X shows *sent* as *shown*: escaped, with t.co's links and one to the video."""
    return _plain(html.unescape(shown)) == _plain(sent)


def _plain(text: str) -> str:
    return " ".join(_LINK.sub(" ", unicodedata.normalize("NFC", text)).split())
