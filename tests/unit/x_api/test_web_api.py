"""One call: what it raises says whether X may have done it, and what people can do."""

from datetime import timedelta

import httpx
import pytest

from bot.domain.post import Target
from bot.errors import AmbiguousPost, PostRejected, TargetPaused, TargetUnavailable
from bot.x_api.refusal import Duplicate, Missing, clean
from bot.x_api.web_api import XApi
from tests.fake_x import (
    HTML,
    LOCKED,
    SUSPENDED,
    Cut,
    Garbled,
    Hang,
    RateLimit,
    Reset,
    Status,
)

REEL = Target.parse("x:@reel")


async def post(api, text="A cat."):
    return await api.call("POST", "/2/tweets", REEL, json={"text": text})


# --- done, or not known --------------------------------------------------------------------------


async def test_a_post_is_answered(x, api):
    answer = await post(api)
    assert answer["data"]["id"] == x.posts[0].id


@pytest.mark.parametrize(
    "fault",
    [
        Reset(happens=True),
        Reset(),
        Reset(reading=True),
        Cut(),
        Garbled(),
        Status(500),
        Status(503, HTML),
        Status(502, "", happens=True),
        Status(408),
        Status(409),
        Status(307, "", {"location": "/2/tweets"}),
        Status(301, "", {"location": "https://example.com/"}),
        Status(200, HTML, happens=True),
        Status(201, "[1]", happens=True),
    ],
)
async def test_what_x_may_have_done_is_ambiguous_and_sent_once(x, api, fault):
    x.fail("post", fault)
    with pytest.raises(AmbiguousPost, match="did not say whether it was done"):
        await post(api)
    assert (x.count("post"), x.count("unknown")) == (1, 0)


async def test_an_answer_that_does_not_come_in_time_is_ambiguous(x, auth, clock):
    x.fail("post", Hang(happens=True))
    async with httpx.AsyncClient(base_url=x.url, timeout=0.2) as client:
        with pytest.raises(AmbiguousPost, match="ReadTimeout"):
            await post(XApi(client, auth, clock=clock))
    assert len(x.posts) == 1


async def test_a_request_that_never_left_is_no_ambiguity(auth, clock):
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1", timeout=5) as client:
        with pytest.raises(TargetUnavailable, match=r"could not be reached \(ConnectError\)"):
            await post(XApi(client, auth, clock=clock))


async def test_a_lost_answer_to_what_may_be_repeated_is_no_ambiguity(x, api, reel):
    x.fail("me", Status(503))
    with pytest.raises(TargetUnavailable):
        await api.read("GET", "/2/users/me", REEL)


@pytest.mark.parametrize("status", [200, 204])
async def test_an_empty_answer_says_that_it_is_done(x, api, status):
    x.fail("post", Status(status, ""))
    assert await post(api) == {}


# --- refused: not done ---------------------------------------------------------------------------


def problem(detail="", **more):
    return {"title": "Forbidden", "detail": detail, "type": "about:blank"} | more


@pytest.mark.parametrize(
    "fault, kind, words",
    [
        (Status(401), TargetPaused, "does not accept the credentials of x:@reel: “Unauthorized”"),
        (Status(401, HTML), TargetPaused, "does not accept the credentials of x:@reel: status 401"),
        (Status(402, HTML), TargetPaused, "out of credits"),
        (Status(403, problem(title="CreditsDepleted")), TargetPaused, "out of credits"),
        (
            Status(403, problem(type="https://api.twitter.com/2/problems/usage-capped")),
            TargetPaused,
            "out of credits",
        ),
        (
            Status(429, problem(type="https://api.x.com/2/problems/usage-capped")),
            TargetPaused,
            "out of credits",
        ),
        (
            Status(403, problem(type="https://api.x.com/2/problems/client-forbidden")),
            TargetPaused,
            "may not use the API v2",
        ),
        (Status(403, problem("Forbidden")), TargetPaused, "lack a permission"),
        (Status(403, HTML), TargetPaused, "lack a permission"),
        (Status(403, problem(SUSPENDED)), TargetPaused, "suspended the account of x:@reel"),
        (Status(403, problem(LOCKED)), TargetPaused, "locked the account of x:@reel"),
        (
            Status(403, problem("You may not say so.")),
            PostRejected,
            "X refused the post to x:@reel: “You may not say so”.",
        ),
        (
            Status(400, {"errors": [{"message": "Too long."}], "detail": "invalid"}),
            PostRejected,
            "“Too long”",
        ),
        (Status(400, {"errors": ["what"], "title": "Bad"}), PostRejected, "“Bad”"),
        (Status(400, {}), PostRejected, "status 400"),
        (Status(400, HTML), TargetPaused, "What stands at X_API_URL answered with 400"),
        (Status(404, HTML), TargetPaused, "What stands at X_API_URL answered with 404"),
        (Status(404), Missing, "“Not Found”"),
        (Status(413, HTML), PostRejected, "status 413"),
        (Status(422, {"detail": "No."}), PostRejected, "“No”"),
    ],
)
async def test_a_refusal_says_what_x_says_and_what_to_do(x, api, fault, kind, words):
    x.fail("post", fault)
    with pytest.raises(kind) as refused:
        await post(api)
    assert words in str(refused.value)
    assert refused.value.hint
    assert not x.posts


async def test_an_empty_balance_pauses_the_target(x, api):
    x.credits.balance = 0
    with pytest.raises(TargetPaused, match="out of credits") as refused:
        await post(api)
    assert refused.value.hint == "Top up at console.x.com; nothing was posted."


async def test_equal_words_are_told_from_other_refusals(x, api):
    await post(api)
    with pytest.raises(Duplicate, match="duplicate content"):
        await post(api)


async def test_a_token_that_may_only_read_pauses_the_target(x, reel, client, clock):
    from bot.x_api.sign import oauth1  # noqa: PLC0415

    token, app = x.oauth1(reel, "read"), x.people.app
    auth = oauth1(app.consumer_key, app.consumer_secret, token.key, token.secret)
    with pytest.raises(TargetPaused, match="token of x:@reel may only read") as refused:
        await post(XApi(client, auth, clock=clock))
    assert "Read and write" in refused.value.hint


def test_words_of_x_are_bounded_and_show_no_secret():
    assert clean("a\r\n\x1b[31m  b\u202e.") == "a [31m b"
    assert clean("token " + "aB3" * 20 + " is wrong") == "token … is wrong"
    assert len(clean("word " * 1000)) <= 300


# --- slow down -----------------------------------------------------------------------------------


async def asked_to_wait(x, api, fault):
    x.fail("post", fault)
    with pytest.raises(TargetUnavailable, match="slow down") as refused:
        await post(api)
    return refused.value.retry_after


async def test_a_rate_limit_waits_until_x_lifts_it(x, api):
    assert await asked_to_wait(x, api, RateLimit(90)) == pytest.approx(90, abs=2)


async def test_a_rate_limit_goes_by_the_clock_of_x(x, api, clock):
    x.skew = 100
    there = clock.now() + timedelta(seconds=140)
    headers = {"x-rate-limit-reset": str(int(there.timestamp()))}
    assert await asked_to_wait(x, api, Status(429, headers=headers)) == 40


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({"retry-after": "12"}, 12),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "99999999"}, 86400),
        ({"retry-after": "soon"}, 60),
        ({}, 60),
        ({"x-rate-limit-reset": "-1"}, 60),
        ({"x-rate-limit-reset": "1"}, 1),
        ({"x-rate-limit-reset": "9" * 400}, 86400),
        ({"x-rate-limit-reset": "²"}, 60),
    ],
)
async def test_a_rate_limit_is_kept_sane(x, api, headers, seconds):
    assert await asked_to_wait(x, api, Status(429, headers=headers)) == seconds


@pytest.mark.parametrize(
    "left, waits", [(("99", "0"), 5000), (("0", "99"), 900), (("0", "0"), 5000)]
)
async def test_the_window_that_is_used_up_counts(x, api, clock, left, waits):
    now = clock.now().timestamp()
    headers = {
        "x-rate-limit-remaining": left[0],
        "x-rate-limit-reset": str(int(now + 900)),
        "x-user-limit-24hour-remaining": left[1],
        "x-user-limit-24hour-reset": str(int(now + 5000)),
    }
    assert await asked_to_wait(x, api, Status(429, headers=headers)) == pytest.approx(waits, abs=2)


# --- what every answer tells ---------------------------------------------------------------------


async def test_every_answer_tells_how_far_our_clock_is_off(x, api, reel):
    assert api.skew is None
    x.skew = -120
    await api.read("GET", "/2/users/me", REEL)
    assert api.skew.total_seconds() == pytest.approx(120, abs=2)


async def test_a_refusal_tells_it_too(x, api, reel):
    x.skew = 120
    x.fail("me", Status(401))
    with pytest.raises(TargetPaused):
        await api.read("GET", "/2/users/me", REEL)
    assert api.skew.total_seconds() == pytest.approx(-120, abs=2)


async def test_a_date_that_is_none_is_no_clock(x, api, reel):
    x.fail("me", Status(200, {}, {"date": "yesterday"}))
    await api.read("GET", "/2/users/me", REEL)
    assert api.skew is None


async def test_x_tells_what_the_token_may(x, api, reel):
    await api.read("GET", "/2/users/me", REEL)
    assert api.access == "read-write"
