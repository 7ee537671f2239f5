"""Posts: what may be posted, and what the timeline shows of it, and when."""

import html
import itertools
import re
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from tests.fake_x.accounts import Account
from tests.fake_x.media import VIDEOS, Library, Media
from tests.fake_x.refusal import duplicate, forbidden, invalid, invalid_media, problem, too_long

#: Weight of the longest text.
LONGEST = 280
URL = re.compile(
    r"https?://\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|ai|co)\b(?:/\S*)?", re.IGNORECASE
)
_MENTION = re.compile(r"(?<![\w@])@\w{1,15}\b")
_CASHTAG = re.compile(r"(?<![\w$])\$[A-Za-z]{1,6}\b")
#: Letters of these ranges weigh one, all others two (twitter-text's configuration v3).
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
Showing = Literal["whole", "bare", "never"]

NOT_SUMMONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise "
    "engaged by the author of the post you are replying to."
)
#: The words of these three are not known from X.
MENTIONS = "You are not permitted to mention this account."
CASHTAGS = "You may use at most one cashtag."
COMMUNITY = "You are not a member of this Community."


def weight(text: str) -> int:
    """Return how long X takes *text* to be; a plain rule that is not exact for emoji."""
    text = unicodedata.normalize("NFC", text)
    urls = URL.findall(text)
    rest = URL.sub("", text)
    return 23 * len(urls) + sum(
        1 if any(low <= ord(letter) <= high for low, high in _LIGHT) else 2 for letter in rest
    )


@dataclass
class Post:
    """A post that exists, unless it was deleted."""

    id: str
    account: Account
    #: As it was sent.
    body: dict
    media: list[Media]
    created_at: datetime
    showing: Showing
    shows_at: datetime | None
    deleted: bool = False

    @property
    def text(self) -> str:
        """What was asked to be posted."""
        found: str = self.body.get("text", "")
        return found

    @property
    def shown_text(self) -> str:
        """What X makes of it: links are t.co's, media is a link at the end, `&<>` are escaped."""
        links = itertools.count()
        text = URL.sub(lambda _: self._link(next(links)), self.text)
        text = html.escape(text, quote=False)
        return f"{text} {self._link(9)}".strip() if self.media else text

    def _link(self, number: int) -> str:
        return f"https://t.co/{int(self.id) % 10**9:09d}{number}"

    @property
    def made_with_ai(self) -> bool:
        return bool(self.body.get("made_with_ai"))

    @property
    def brief(self) -> dict:
        """Return what is always shown; X's description and documentation name the last apart."""
        edits = {"edit_history_post_ids": [self.id], "edit_history_tweet_ids": [self.id]}
        return {"id": self.id, "text": self.shown_text} | edits

    def shape(self, fields: set[str]) -> dict:
        """Return it as reads show it, with those fields beside the ones that always come."""
        more: dict = {
            "created_at": self.created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "author_id": self.account.id,
            "conversation_id": self.id,
            "lang": "en",
            "reply_settings": self.body.get("reply_settings", "everyone"),
            "possibly_sensitive": False,
        }
        if self.media and self.showing != "bare":
            more["attachments"] = {"media_keys": [media.key for media in self.media]}
        for name in ("community_id", "paid_partnership"):
            if name in self.body:
                more[name] = self.body[name]
        return self.brief | {name: more[name] for name in sorted(fields) if name in more}


@dataclass
class Feed:
    """All posts there are."""

    library: Library
    all: list[Post] = field(default_factory=list)
    #: Seconds until a timeline shows a post.
    lag: float = 20.0
    #: Seconds within which an account may not say the same again.
    remembers: float = 12 * 3600.0
    #: How the next posts will be shown, in order; those after them whole.
    showings: deque[Showing] = field(default_factory=deque)
    #: Accounts and posts that the caller was mentioned in, or may mention: `@handle`, or an id.
    summoned: set[str] = field(default_factory=set)
    _ids: itertools.count = field(default_factory=lambda: itertools.count(1))

    def create(self, body: dict, account: Account, now: datetime) -> Post:
        """Post *body*, or refuse it as X does."""
        self._check_text(body, account, now)
        self._check_policy(body, account)
        media = self._media(body, account, now)
        showing = self.showings.popleft() if self.showings else "whole"
        shows = None if showing == "never" else now + timedelta(seconds=self.lag)
        post = Post(self._new_id(now), account, body, media, now, showing, shows)
        self.all.append(post)
        return post

    def delete(self, name: str, account: Account) -> None:
        """Delete a post, again if need be."""
        post = self.find(name)
        if post is None:
            raise problem(404, "Not Found Error", f"Could not find tweet with id: [{name}].")
        if post.account is not account:
            raise forbidden("You are not authorized to delete this Tweet.")
        post.deleted = True

    def find(self, name: str) -> Post | None:
        """Return the post of that id, deleted or not."""
        return next((post for post in self.all if post.id == name), None)

    def readable(self, name: str) -> Post | None:
        """Return the post of that id if its address shows it."""
        post = self.find(name)
        return None if post is None or post.deleted or post.showing == "never" else post

    def timeline(self, account: str, now: datetime) -> list[Post]:
        """Return what the timeline of that id shows, newest first."""
        seen = [p for p in self.all if p.account.id == account and not p.deleted]
        return [p for p in reversed(seen) if p.shows_at is not None and p.shows_at <= now]

    def _new_id(self, now: datetime) -> str:
        """Return a snowflake: milliseconds since X's own epoch, and a count."""
        milliseconds = int(now.timestamp() * 1000) - 1288834974657
        return str((milliseconds << 22) | (next(self._ids) & 0x3FFFFF))

    def _check_text(self, body: dict, account: Account, now: datetime) -> None:
        text = body.get("text", "")
        if not text and not {"media", "poll", "quote_tweet_id", "card_uri"} & set(body):
            raise invalid("One of text, media, poll, quote_tweet_id or card_uri is required.")
        if weight(text) > LONGEST:
            raise too_long()
        since = now - timedelta(seconds=self.remembers)
        said = [p for p in self.all if p.account is account and not p.deleted and text]
        if any(p.text == text and p.created_at > since for p in said):
            raise duplicate()

    def _check_policy(self, body: dict, account: Account) -> None:
        """Refuse what X refuses apps since February 2026."""
        text = body.get("text", "")
        if any(name.lower() not in self.summoned for name in _MENTION.findall(text)):
            raise forbidden(MENTIONS)
        if len(_CASHTAG.findall(text)) > 1:
            raise forbidden(CASHTAGS)
        if body.get("community_id", "") not in account.communities | {""}:
            raise forbidden(COMMUNITY)
        for name in (body.get("reply", {}).get("in_reply_to_tweet_id"), body.get("quote_tweet_id")):
            if name and name not in self.summoned:
                raise forbidden(NOT_SUMMONED)

    def _media(self, body: dict, account: Account, now: datetime) -> list[Media]:
        ids = body.get("media", {}).get("media_ids", [])
        found = [media for media in map(self.library.all.get, ids) if media is not None]
        if len(found) < len(ids) or not all(media.usable(account, now) for media in found):
            raise invalid_media(ids)
        if len(ids) > 1 and any(media.category in VIDEOS for media in found):
            raise invalid("A post takes one video, or up to four images.", {"media.media_ids": ids})
        return found
