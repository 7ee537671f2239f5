"""The operations of X's API v2 that the fake has: what each needs, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fake_x import billing, schema
from tests.fake_x.accounts import Account, People
from tests.fake_x.billing import Credits, Limits
from tests.fake_x.media import Library
from tests.fake_x.posts import URL, Feed, Post
from tests.fake_x.refusal import invalid, not_found

Clock = Any


@dataclass
class World:
    """Everything there is on this X."""

    clock: Clock
    people: People
    library: Library
    feed: Feed
    credits: Credits = field(default_factory=Credits)
    limits: Limits = field(default_factory=Limits)
    #: What an append answers: 200 with `expires_at`, or 204 with nothing, which was seen as well.
    append_status: int = 200

    def now(self) -> datetime:
        moment: datetime = self.clock.now()
        return moment


@dataclass
class Call:
    """One request as it arrived, and what became of it."""

    name: str
    method: str
    path: str
    at: datetime
    query: dict[str, str]
    headers: dict[str, str]
    #: The query, parsed.
    asked: dict[str, Any] = field(default_factory=dict)
    #: Of the path.
    id: str = ""
    #: Whose token came with it; the token may be a bad one.
    account: Account | None = None
    #: JSON or a form's fields; of an append the index and the octets.
    body: Any = None
    #: The bytes of an append, until it is done.
    content: bytes | memoryview = b""
    #: What was done and answered; None when nothing was.
    status: int | None = None
    answer: Any = None
    #: The fault that hit it.
    fault: object = None

    @property
    def happened(self) -> bool:
        """Whether it had its effect."""
        return self.status is not None and self.status < 400

    @property
    def caller(self) -> Account:
        assert self.account
        return self.account


Does = Callable[[World, Call], tuple[int, Any]]


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    does: Does
    scopes: frozenset[str]
    #: Whether the app's own token `may`, `must` or `never` come.
    app: str = "never"
    #: Schema of the JSON body.
    body: dict | None = None

    @property
    def writes(self) -> bool:
        return self.method != "GET"


OPERATIONS: list[Operation] = []
_READ, _MEDIA = "tweet.read users.read", "media.write"


def operation(name: str, method: str, path: str, scopes: str, **more: Any) -> Callable:
    """Register a function as that operation."""

    def register(does: Does) -> Does:
        OPERATIONS.append(Operation(name, method, path, does, frozenset(scopes.split()), **more))
        return does

    return register


# --- media ---------------------------------------------------------------------------------------


@operation("initialize", "POST", "/2/media/upload/initialize", _MEDIA, body=schema.INITIALIZE)
def _initialize(x: World, call: Call) -> tuple[int, Any]:
    media = x.library.initialize(call.body, call.caller, x.now())
    left = media.expires_after(x.now())
    return 200, {"data": {"id": media.id, "media_key": media.key, "expires_after_secs": left}}


@operation("append", "POST", "/2/media/upload/{id}/append", _MEDIA)
def _append(x: World, call: Call) -> tuple[int, Any]:
    index = call.body["segment_index"]
    expires = x.library.append(call.id, index, call.content, call.caller, x.now())
    return x.append_status, {"data": {"expires_at": expires}} if x.append_status == 200 else None


@operation("finalize", "POST", "/2/media/upload/{id}/finalize", _MEDIA)
def _finalize(x: World, call: Call) -> tuple[int, Any]:
    media = x.library.finalize(call.id, call.caller, x.now())
    return 200, {"data": media.shape(x.now())}


@operation("status", "GET", "/2/media/upload", _MEDIA)
def _status(x: World, call: Call) -> tuple[int, Any]:
    if "media_id" not in call.query:
        raise invalid("The `media_id` query parameter can not be empty", {"media_id": []})
    media = x.library.find(call.query["media_id"], call.caller, x.now())
    return 200, {"data": media.shape(x.now())}


@operation("metadata", "POST", "/2/media/metadata", _MEDIA, body=schema.METADATA)
def _metadata(x: World, call: Call) -> tuple[int, Any]:
    media = x.library.describe(call.body, call.caller, x.now())
    x.credits.charge(billing.METADATA)
    return 200, {"data": {"id": media.id, "associated_metadata": media.metadata}}


# --- posts ---------------------------------------------------------------------------------------


@operation("post", "POST", "/2/tweets", f"{_READ} tweet.write", body=schema.POST)
def _post(x: World, call: Call) -> tuple[int, Any]:
    post = x.feed.create(call.body, call.caller, x.now())
    price = billing.POST_WITH_URL if URL.search(post.text) else billing.POST
    x.credits.charge(billing.REPLY if "reply" in call.body else price)
    return 201, {"data": post.brief}


@operation("delete", "DELETE", "/2/tweets/{id}", f"{_READ} tweet.write")
def _delete(x: World, call: Call) -> tuple[int, Any]:
    x.feed.delete(call.id, call.caller)
    x.credits.charge(billing.DELETE)
    return 200, {"data": {"deleted": True}}


@operation("read", "GET", "/2/tweets/{id}", _READ, app="may")
def _read(x: World, call: Call) -> tuple[int, Any]:
    post = x.feed.readable(call.id)
    if post is None:
        return 200, {"errors": [not_found("tweet", call.id)]}
    _charge_read(x, call, post)
    return 200, {"data": post.shape(_fields(call.asked)), **_includes([post], call.asked)}


@operation("timeline", "GET", "/2/users/{id}/tweets", _READ, app="may")
def _timeline(x: World, call: Call) -> tuple[int, Any]:
    query = call.asked
    if call.id not in x.people.accounts:
        return 200, {"errors": [not_found("user", call.id)]}
    found = [post for post in x.feed.timeline(call.id, x.now()) if _within(post, query)]
    start, size = int(query.get("pagination_token", "0")), query.get("max_results", 10)
    page, rest = found[start : start + size], len(found) > start + size
    for post in page:
        _charge_read(x, call, post)
    meta: dict = {"result_count": len(page)}
    if page:
        meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
    if rest:
        meta["next_token"] = str(start + size)
    data = {"data": [post.shape(_fields(query)) for post in page]} if page else {}
    return 200, {**data, **_includes(page, query), "meta": meta}


def _charge_read(x: World, call: Call, post: Post) -> None:
    own = call.account is post.account and post.account.owns_app
    x.credits.charge_read(post.id, billing.OWN_READ if own else billing.READ, x.now())


def _fields(query: dict[str, Any]) -> set[str]:
    fields = {*query.get("tweet.fields", ()), *query.get("post.fields", ())}
    if "attachments.media_keys" in query.get("expansions", ()):
        fields.add("attachments")
    if "author_id" in query.get("expansions", ()):
        fields.add("author_id")
    return fields


def _includes(posts: list[Post], query: dict[str, Any]) -> dict:
    if "attachments.media_keys" not in query.get("expansions", ()):
        return {}
    seen = [post for post in posts if post.showing != "bare"]
    wanted = set(query.get("media.fields", ()))
    shown = [_media(one, wanted) for post in seen for one in post.media]
    return {"includes": {"media": shown}} if shown else {}


def _media(media: Any, wanted: set[str]) -> dict:
    more = {"alt_text": media.alt_text, "duration_ms": 8000, "height": 720, "width": 1280}
    kind = "video" if media.type.startswith("video/") else "photo"
    shown = {k: v for k, v in more.items() if k in wanted and v is not None}
    return {"media_key": media.key, "type": kind} | shown


def _within(post: Post, query: dict[str, Any]) -> bool:
    start, end = _moment(query.get("start_time")), _moment(query.get("end_time"))
    return (
        (start is None or post.created_at >= start)
        and (end is None or post.created_at < end)
        and int(query.get("since_id", 0)) < int(post.id) < int(query.get("until_id", 2**63))
    )


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise invalid(f"Invalid time [{text}]", {"start_time": [text]}) from None


# --- people --------------------------------------------------------------------------------------


@operation("me", "GET", "/2/users/me", _READ)
def _me(x: World, call: Call) -> tuple[int, Any]:
    wanted = set(call.asked.get("user.fields", ()))
    who = call.caller
    more = {"created_at": "2024-01-01T00:00:00.000Z", "verified": False, "protected": False}
    x.credits.charge_read(who.id, billing.USER, x.now())
    shown = {"id": who.id, "name": who.name, "username": who.handle}
    return 200, {"data": shown | {k: v for k, v in more.items() if k in wanted}}


@operation("usage", "GET", "/2/usage/tweets", "", app="must")
def _usage(x: World, call: Call) -> tuple[int, Any]:
    shown = {"project_id": "1", "project_cap": "2000000", "cap_reset_day": 8}
    return 200, {"data": shown | {"project_usage": str(len(x.feed.all))}}
