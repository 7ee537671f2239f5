"""Whose the credentials are, whether they may post, and whether our clock is right."""

import httpx
import pytest

from bot.errors import TargetPaused, TargetUnavailable
from bot.x_api.access import SCOPES, Access, Identity
from bot.x_api.web_api import XApi
from tests.clock import FakeClock
from tests.fake_x import FakeX, Status
from tests.x_stage import credentials


@pytest.fixture
async def x():
    fake = FakeX(FakeClock())
    async with fake.serving():
        yield fake


@pytest.fixture
async def access(x):
    async with httpx.AsyncClient(base_url=x.url) as client:
        api = XApi(client, credentials(x, "@ReelBot"), clock=x.world.clock)
        yield Access(api, "@reelbot")


async def test_the_credentials_tell_whose_they_are(x, access):
    me = await access.who()
    [account] = x.people.accounts.values()
    assert me == Identity(id=account.id, handle="@ReelBot", name="ReelBot")
    access.require_account(me, "@reelbot")
    access.require_writing()
    access.require_clock()
    with pytest.raises(TargetPaused, match="for x:@other are those of @ReelBot"):
        access.require_account(me, "@other")


@pytest.mark.parametrize(
    "status, said",
    [(401, "does not accept"), (402, "out of credits"), (403, "lack a permission")],
)
async def test_what_x_refuses_is_for_a_person(x, access, status, said):
    x.fail("me", Status(status))
    with pytest.raises(TargetPaused, match=said) as paused:
        await access.who()
    assert paused.value.hint


async def test_a_refusal_in_x_own_words_is_no_fault_of_a_post(x, access):
    x.fail("me", Status(403, {"title": "Forbidden", "detail": "Not for this app."}))
    with pytest.raises(TargetPaused, match="Not for this app"):
        await access.who()


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": {"id": "1"}}])
async def test_an_answer_without_a_name_is_none(x, access, body):
    x.fail("me", Status(200, body))
    with pytest.raises(TargetUnavailable, match="does not say whose"):
        await access.who()


@pytest.mark.parametrize(
    "seconds, said",
    [(60, None), (-60, None), (61, "61 seconds behind that"), (-75, "75 seconds ahead of that")],
)
async def test_a_wrong_clock_is_named(x, access, seconds, said):
    x.skew = seconds
    await access.who()
    if said is None:
        access.require_clock()
    else:
        with pytest.raises(TargetPaused, match=said):
            access.require_clock()


async def test_a_signature_that_is_refused_for_the_clock_says_so(x, access):
    x.skew = 3600
    x.fail("me", Status(401))
    with pytest.raises(TargetPaused, match="3600 seconds behind that of X"):
        await access.who()


async def test_nothing_is_said_of_a_clock_before_x_has_answered(access):
    access.require_clock()


def test_a_login_must_allow_all_that_posting_needs(access):
    access.require_writing(SCOPES)
    with pytest.raises(TargetPaused, match=r"lacks the permissions media\.write") as paused:
        access.require_writing([scope for scope in SCOPES if scope != "media.write"])
    assert "x login" in paused.value.hint
