"""X's refusals, as one sentence with what to do.

What a person can put right pauses the target, so that the post goes out once it is; any other
refusal is final. X tells most of them by a problem's `type`, whose host begins with api.twitter.com
or api.x.com by the part of X that answers, so only its last part counts; a duplicate and a lock
it tells by its words alone. Shapes: docs.x.com/x-api/fundamentals/response-codes-and-errors.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from bot.domain.post import Target
from bot.errors import PostRejected, PublishError, TargetPaused, TargetUnavailable

#: What a call is about, for the words: a target, or whatever else people call it.
Place = Target | str
Answer = Mapping[str, object]

_AGAIN = "It is tried again by itself."
#: Statuses that say who may do what; only there do the marks below mean what they say.
_ACCESS = {401, 402, 403, 429}
#: Marks of it in X's answer: what happened, what to do. The target goes on by itself afterwards.
_PAUSED = (
    (
        ("problems/credits", "creditsdepleted", "usage-capped", "usagecapexceeded", "spend cap"),
        "The X app is out of credits.",
        "Top up at console.x.com; nothing was posted.",
    ),
    (
        ("oauth1-permissions", "oauth1 app permissions"),
        "The access token of {place} may only read.",
        "Set the app to Read and write at console.x.com, then make the access token anew.",
    ),
    (
        ("unsupported-authentication",),
        "The credentials of {place} are those of an app, not of an account.",
        "Give it the access token and secret of the account, or log in with `reelbot x login`.",
    ),
    (
        ("client-forbidden", "client-not-enrolled"),
        "The X app may not use the API v2.",
        "Put it into a project with pay-per-use at console.x.com.",
    ),
    (
        ("account is suspended", "user has been suspended"),
        "X has suspended the account of {place}.",
        "Appeal at help.x.com; until then nothing is posted there.",
    ),
    (
        ("temporarily locked", "unlock your account"),
        "X has locked the account of {place}.",
        "Log in to https://x.com and unlock it.",
    ),
)
#: Longer runs of such signs than any word has may be a token.
_TOKEN = re.compile(r"[\w%+/=-]{40,}")
#: Windows of X's rate limits; docs.x.com/x-api/fundamentals/rate-limits.
_WINDOWS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
#: Seconds to wait where X names none, and the most and least that it may ask for.
_PAUSE, _LEAST, _MOST = 60.0, 1.0, 24 * 3600.0


class Duplicate(PostRejected):
    """The account has just posted the same words."""


class MediaGone(PostRejected):
    """X does not take the uploaded media, or takes it no more: it keeps what no post took a day."""


class Missing(PostRejected):
    """X knows nothing of it, or nothing any more."""


def refuse(response: httpx.Response, place: Place, *, now: datetime) -> PublishError:
    """Return what an answer of 4xx means for a post to *place*; nothing was posted.

    A `Duplicate` is a refusal too: it says that equal words went out before, not by this request.
    """
    status, answer = response.status_code, decode(response)
    if status in _ACCESS and (paused := _paused(status, answer, place)):
        return paused
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return TargetUnavailable(
            "X asked to slow down.", hint=_AGAIN, retry_after=_wait(response, now)
        )
    if answer is None and status in {400, 404, 405}:
        return TargetPaused(
            f"What stands at X_API_URL answered with {status}.",
            hint="Check X_API_URL, and a proxy on the way there.",
        )
    return _refused(status, said(answer), place)


def _refused(status: int, words: str, place: Place) -> PublishError:
    quoted = f"“{words}”" if words else f"status {status}"
    if status == httpx.codes.UNAUTHORIZED:
        return TargetPaused(
            f"X does not accept the credentials of {place}: {quoted}.",
            hint="Make the access token and secret anew, or log in again with `reelbot x login`.",
        )
    if "duplicate content" in words.lower():
        return Duplicate(
            f"X refused the post to {place}: {quoted}.",
            hint="Look whether it is there already; otherwise change the words.",
        )
    kind = Missing if status == httpx.codes.NOT_FOUND else PostRejected
    if "media ids are invalid" in words.lower():
        kind = MediaGone
    return kind(f"X refused the post to {place}: {quoted}.", hint=_advice(status))


def _paused(status: int, answer: Answer | None, place: Place) -> TargetPaused | None:
    """Return the pause that X's answer tells of."""
    names = ("type", "title", "detail", "reason")
    marks = " ".join([*(str((answer or {}).get(name, "")) for name in names), said(answer)])
    for shapes, what, hint in _PAUSED:
        if any(shape in marks.lower() for shape in shapes):
            return TargetPaused(what.format(place=place), hint=hint)
    if status == httpx.codes.PAYMENT_REQUIRED:
        return TargetPaused(_PAUSED[0][1], hint=_PAUSED[0][2])
    if status == httpx.codes.FORBIDDEN and said(answer) in {"", "Forbidden"}:
        return TargetPaused(
            f"The credentials of {place} lack a permission.",
            hint="Log in again with `reelbot x login`; with an access token and secret, set the "
            "app to Read and write and make them anew.",
        )
    return None


def _advice(status: int) -> str:
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return "Make the video shorter, or look at what a proxy on the way takes."
    return "Change what X objects to; X's rules are at help.x.com/rules-and-policies."


def decode(response: httpx.Response) -> Answer | None:
    """Return the JSON object of an answer that was read; None if it holds none."""
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def said(answer: Answer | None) -> str:
    """Return X's own words, bounded and safe to show; empty if there are none."""
    found = answer or {}
    errors = found.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    inner = first if isinstance(first, dict) else {}
    for words in (
        inner.get("message"),
        inner.get("detail"),
        found.get("detail"),
        found.get("error_description"),
        found.get("title"),
    ):
        if isinstance(words, str) and words.strip():
            return clean(words)
    return ""


def clean(text: str) -> str:
    """Return *text* of X's on one line, bounded, without what may be a secret."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())
    return _TOKEN.sub("…", line)[:300].rstrip(" .")


def _wait(response: httpx.Response, now: datetime) -> float:
    """Return how long X wants us to wait; its own clock counts, ours may be wrong."""
    headers = response.headers
    asked = headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return _sane(float(asked))
    ends = [
        float(end)
        for window in _WINDOWS
        if headers.get(f"{window}-remaining", "0").strip() == "0"
        and (end := headers.get(f"{window}-reset", "").strip()).isdecimal()
    ]
    return _sane(max(ends) - (told_time(response) or now).timestamp()) if ends else _PAUSE


def _sane(seconds: float) -> float:
    return min(max(seconds, _LEAST), _MOST)


def told_time(response: httpx.Response) -> datetime | None:
    """Return X's clock by the header `Date`, None if it does not tell."""
    try:
        told = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    return told if told.tzinfo else None
