"""Reads what servers of the Videos API really answer.

Called by `videos_api`. Every reader takes any JSON value and never raises: what is missing or
makes no sense is left out, so that a sloppy answer costs a detail and not a paid job. The words,
names and types accepted here are those of vLLM-Omni 0.30, SGLang Diffusion 0.5, LiteLLM 1.108 and
the gateways that resell videos, read in their sources and documentation.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime

from bot.domain.video import LONGEST_ID, VideoError, VideoJob, VideoRequest, VideoStatus, parse_size

Item = Mapping[str, object]

#: Longest text of a server that people get to see.
WORDS = 300
URL = 8192
#: Where a job says what it grew out of.
PARENT = "remixed_from_video_id"
#: Nobody means to be asked again only after more than this.
LONGEST_RETRY_AFTER = 86_400.0
LONGEST_VIDEO = 86_400
#: Epoch numbers above it (the year 5138) are meant as milliseconds.
MILLISECONDS = 1e11
#: How deep the words of an error may be wrapped.
DEPTH = 5

_STATUSES = {
    VideoStatus.QUEUED: "queued pending submitted created waiting scheduled in_queue not_started",
    VideoStatus.IN_PROGRESS: "in_progress processing running generating rendering started starting",
    VideoStatus.COMPLETED: "completed complete succeeded succeed success done finished ready",
    VideoStatus.FAILED: "failed failure fail error errored expired rejected aborted timeout",
    VideoStatus.CANCELLED: "cancelled canceled cancelling deleted",
}
_STATUS = {word: status for status, words in _STATUSES.items() for word in words.split()}

_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a listing."""

    items: tuple[Item, ...]
    #: Whether the server says, or lets one guess, that there is another.
    more: bool
    #: The server's clock when it answered; None if it did not say.
    at: datetime | None = None


def decode(content: bytes) -> object:
    """Return the JSON value of a body, or its text when it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")


def read_item(body: object) -> Item | None:
    """Return the job object of a body; None without one. Some gateways wrap it in `data`."""
    if not isinstance(body, dict):
        return None
    inner = body.get("data")
    if read_id(body) is None and isinstance(inner, dict):
        return inner
    return body


def read_page(body: object, limit: int) -> Page | None:
    """Return a page of the listing; None when the body is no listing.

    A server that does not speak of `has_more` has more when the page is full.
    """
    items = body.get("data") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(items, list):
        return None
    known = tuple(item for item in items if isinstance(item, dict) and read_id(item))
    more = body.get("has_more")
    return Page(items=known, more=more if isinstance(more, bool) else len(items) >= limit)


def read_id(item: Item) -> str | None:
    """Return the job's id; `task_id` is what some gateways call it."""
    for name in ("id", "task_id"):
        value = item.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable():
            return None if value in {".", ".."} else value  # in an address they lead elsewhere
    return None


def read_status(item: Item) -> VideoStatus:
    """Return the status; `UNKNOWN` for a word nobody mapped and for none."""
    word = item.get("status")
    if not isinstance(word, str):
        return VideoStatus.UNKNOWN
    word = word.strip().lower().replace("-", "_").replace(" ", "_")
    return _STATUS.get(word, VideoStatus.UNKNOWN)


def read_job(item: Item, known: VideoJob) -> VideoJob:
    """Return the observation *item* of the job *known*; what it lacks is as it was.

    Id, model and `created_at` stay: the first two are what we asked for, and the third is the
    start on our own clock, which the rhythm of looking hangs on.
    """
    status = read_status(item)
    failed = status in {VideoStatus.FAILED, VideoStatus.CANCELLED}
    return replace(
        known,
        status=status,
        seconds=_seconds(item) or known.seconds,
        size=_size(item) or known.size,
        progress=_progress(item.get("progress"), known.progress),
        completed_at=read_time(item.get("completed_at")) or known.completed_at,
        expires_at=read_time(item.get("expires_at")) or known.expires_at,
        error=read_error(item) if failed else None,
        url=_url(item) or known.url,
        cost=known.cost if (cost := _cost(item)) is None else cost,
    )


def read_error(item: Item) -> VideoError:
    """Return why a job failed. vLLM-Omni numbers its codes; OpenRouter's `error` is a string."""
    error = item.get("error")
    code = error.get("code") or error.get("type") if isinstance(error, dict) else None
    if not isinstance(code, str | int) or isinstance(code, bool):
        code = item.get("status") if isinstance(item.get("status"), str) else "failed"
    return VideoError(
        code=clean(str(code), 80) or "failed",
        message=read_words(item) or "The provider does not say why.",
    )


def read_code(body: object) -> str:
    """Return the code of a refusal, bounded; it may say more than the words beside it."""
    error = body.get("error") if isinstance(body, dict) else None
    for holder in (error, body):
        code = holder.get("code") if isinstance(holder, dict) else None
        if isinstance(code, str):
            return clean(code, 80)
    return ""


def read_words(body: object, depth: int = DEPTH) -> str:
    """Return what a server says went wrong: its own words, bounded, without markup.

    Knows `{error: {message}}`, `{error: "…"}`, `{detail: "…" | [{msg}]}`, `{message}`, bare text.
    """
    if isinstance(body, str):
        return clean(body, WORDS)
    if isinstance(body, list) and depth:
        parts = (read_words(part, depth - 1) for part in body[:DEPTH])
        return clean("; ".join(filter(None, parts)), WORDS)
    if isinstance(body, dict) and depth:
        for name in ("error", "detail", "message", "msg", "failure_reason", "code"):
            if words := read_words(body.get(name), depth - 1):
                return words
    return ""


def clean(text: str, limit: int) -> str:
    """Return *text* on one line without tags, angle brackets and control characters."""
    text = html.unescape(_TAGS.sub(" ", text[: 100 * limit]))
    text = _TAGS.sub(" ", text).replace("<", " ").replace(">", " ")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def read_time(value: object) -> datetime | None:
    """Return an instant from epoch seconds, epoch milliseconds or ISO 8601; UTC if it says none."""
    number = _number(value)
    try:
        if number is not None:
            return datetime.fromtimestamp(number / 1000 if number > MILLISECONDS else number, UTC)
        time = datetime.fromisoformat(str(value))
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_date(value: str | None) -> datetime | None:
    """Return the instant of an HTTP date, None if it is none."""
    try:
        date = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Return seconds to wait from a `Retry-After` header, which holds seconds or an HTTP date."""
    if value is None:
        return None
    seconds = _number(value)
    if seconds is None:
        date = read_date(value)
        if date is None:
            return None
        seconds = (date - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def read_poll_after(value: str | None) -> float | None:
    """Return seconds from the header `openai-poll-after-ms` of the official clients."""
    milliseconds = _number(value)
    if milliseconds is None or milliseconds < 0:
        return None
    return min(milliseconds / 1000, LONGEST_RETRY_AFTER)


def read_duration(item: Item) -> timedelta | None:
    """Return how long a finished job took by the server's own clock; None if it does not say."""
    start, end = read_time(item.get("created_at")), read_time(item.get("completed_at"))
    return end - start if start and end and end > start else None


def is_match(item: Item, request: VideoRequest) -> bool:
    """Whether *item* may have come of *request*. What a listing leaves out cannot tell apart."""
    parent = item.get(PARENT)
    origin = request.origin and request.origin.video_id
    if isinstance(parent, str) and parent and parent != origin:
        return False
    prompt, model = item.get("prompt"), item.get("model")
    if isinstance(prompt, str) and prompt and prompt.strip() != request.prompt.strip():
        return False
    if isinstance(model, str) and not _same_model(model, request.model):
        return False
    size, seconds = _size(item), _seconds(item)
    return size in {None, request.size} and seconds in {None, request.seconds}


def _same_model(listed: str, asked: str) -> bool:
    """Whether it is the same name, or the dated snapshot that the name stood for."""
    rest = listed.removeprefix(asked)
    return listed == asked or (rest != listed and _DATED.fullmatch(rest) is not None)


def _seconds(item: Item) -> int | None:
    for name in ("seconds", "duration"):
        value = item.get(name)
        number = _number(value.rstrip("s ") if isinstance(value, str) else value)
        if number is not None and 1 <= round(number) <= LONGEST_VIDEO:
            return round(number)
    return None


def _size(item: Item) -> str | None:
    size = item.get("size")
    try:
        parse_size(size if isinstance(size, str) else "")
    except ValueError:
        return None
    return str(size)


def _progress(value: object, known: int | None) -> int | None:
    number = _number(value.rstrip("% ") if isinstance(value, str) else value)
    return known if number is None else round(min(max(number, 0), 100))


def _url(item: Item) -> str | None:
    for name in ("url", "video_url", "unsigned_urls"):
        value = item.get(name)
        url = value[0] if isinstance(value, list) and value else value
        if (
            isinstance(url, str)
            and url.startswith(("https://", "http://", "/"))
            and len(url) <= URL
            and url.isprintable()
        ):
            return url
    return None


def _cost(item: Item) -> Decimal | None:
    usage = item.get("usage")
    cost = usage.get("cost") if isinstance(usage, dict) else None
    if _number(cost) is None:
        return None
    try:
        usd = Decimal(str(cost))
    except InvalidOperation:
        return None
    return usd if usd >= 0 else None


def _number(value: object) -> float | None:
    """Return a finite number; numbers in strings count, booleans do not."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None
