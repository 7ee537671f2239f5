"""Signatures that X accepts, and logins that outlive their tokens and any mishap."""

import asyncio
import errno
import os
import stat
from datetime import timedelta

import httpx
import pytest

from bot.errors import TargetPaused, TargetUnavailable
from bot.x_api.sign import OAuth2, oauth1
from bot.x_api.token import Token, TokenFile
from bot.x_api.token_endpoint import TokenEndpoint
from bot.x_api.web_api import XApi
from tests.fake_x import FakeX, Reset, Slow, Status, SystemClock
from tests.fake_x.oauth1 import Signatures, Signed

ME = ("GET", "/2/users/me", "x:@reel")


# --- OAuth 1.0a ----------------------------------------------------------------------------------


def signed_by(auth, method, url, params=None):
    request = httpx.Request(method, url, params=params)
    next(auth.auth_flow(request))
    return Signed(request.method, str(request.url), request.headers["authorization"])


@pytest.mark.parametrize(
    "url, params",
    [
        ("https://api.x.com/2/tweets", None),
        ("http://127.0.0.1:8080/behind/a/proxy/2/tweets", {"a": "1"}),
        ("https://api.x.com/2/users/1/tweets", {"start_time": "2026-11-23T09:00:00Z", "b": ""}),
        ("https://api.x.com/2/users/1/tweets", {"q": "a b+c~d/e?f&g=h%20", "猫": "[é]*'()!"}),
    ],
)
def test_x_finds_every_signature_right(url, params):
    fake = FakeX(SystemClock())
    app, token = fake.people.app, fake.oauth1(fake.account("@reel"))
    auth = oauth1(app.consumer_key, app.consumer_secret, token.key, token.secret)
    signed = signed_by(auth, "POST", url, params)
    assert Signatures(fake.people).check(signed, SystemClock().now()) is token


def test_no_two_signatures_are_alike():
    auth = oauth1("key", "secret", "token", "token-secret")
    signed = {signed_by(auth, "POST", "https://api.x.com/2/tweets").authorization for _ in range(9)}
    assert len(signed) == 9


async def test_x_takes_signed_calls(api, reel):
    answer = await api.read(*ME)
    assert answer["data"]["username"] == "reel"


# --- OAuth 2.0 -----------------------------------------------------------------------------------


class Login:
    """An account's login, with all that keeps it."""

    def __init__(self, x, reel, client, clock, folder, *, life):
        self.given = x.oauth2(reel, life=life)
        self.tokens = TokenFile(folder / "reel.json")
        self.tokens.store(
            Token(
                access=self.given.access,
                refresh=self.given.refresh,
                expires_at=self.given.expires_at,
                scopes=tuple(sorted(self.given.scopes)),
                handle="@reel",
            )
        )
        self.x, self.client, self.clock = x, client, clock

    def api(self):
        """Return the API of a process of its own."""
        app = self.x.people.app
        secret = app.client_secret if app.confidential else None
        endpoint = TokenEndpoint(
            self.x.url, client_id=app.client_id, client_secret=secret, clock=self.clock
        )
        auth = OAuth2(TokenFile(self.tokens.path), endpoint.renew, clock=self.clock)
        return XApi(self.client, auth, clock=self.clock)


@pytest.fixture
def login(x, reel, client, clock, tmp_path):
    return Login(x, reel, client, clock, tmp_path, life=7200)


async def test_a_fresh_token_is_used_as_it_is(x, login):
    await login.api().read(*ME)
    assert x.called("me")[0].headers["authorization"] == f"Bearer {login.given.access}"
    assert x.count("token") == 0


@pytest.mark.parametrize("confidential", [False, True])
async def test_a_token_is_renewed_before_it_ends(x, login, clock, confidential):
    x.people.app.confidential = confidential
    await clock.sleep(7200 - 60)
    await login.api().read(*ME)
    kept = login.tokens.load()
    assert x.count("token") == 1
    assert x.called("me")[0].headers["authorization"] == f"Bearer {kept.access}"
    assert kept.access != login.given.access
    assert kept.expires_at == clock.now() + timedelta(hours=2)
    assert (kept.handle, set(kept.scopes)) == ("@reel", set(login.given.scopes))
    assert stat.S_IMODE(login.tokens.path.stat().st_mode) == 0o600


async def test_a_login_outlives_many_tokens(x, login, clock):
    for _ in range(4):
        await clock.sleep(7300)
        await login.api().read(*ME)
    assert x.count("token") == 4


async def test_a_401_renews_once_and_sends_again(x, login):
    x.fail("me", Status(401))
    answer = await login.api().read(*ME)
    assert answer["data"]["username"] == "reel"
    assert (x.count("me"), x.count("token")) == (2, 1)


async def test_a_401_that_stays_pauses_the_target_after_one_renewal(x, login):
    x.fail("me", Status(401), times=9)
    with pytest.raises(TargetPaused, match="does not accept the credentials of x:@reel"):
        await login.api().read(*ME)
    assert (x.count("me"), x.count("token")) == (2, 1)


async def test_tasks_and_processes_renew_one_after_the_other(x, login, clock):
    await clock.sleep(7300)
    x.fail("token", Slow(0.1))
    ours, others = login.api(), login.api()
    await asyncio.gather(*(api.read(*ME) for api in [ours, others] * 4))
    assert (x.count("me"), x.count("token")) == (8, 1)


async def test_who_gives_up_waiting_does_not_lose_the_new_login(x, login, clock):
    await clock.sleep(7300)
    x.fail("token", Slow(0.2))
    asking = asyncio.create_task(login.api().read(*ME))
    async with asyncio.timeout(5):
        while not x.count("token"):  # noqa: ASYNC110 the fake has no event for it
            await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await login.api().read(*ME)
    assert (x.count("me"), x.count("token")) == (1, 1)


async def test_a_renewal_whose_answer_is_lost_is_a_persons_business(x, login, clock):
    await clock.sleep(7300)
    x.fail("token", Reset(happens=True))
    with pytest.raises(TargetPaused, match="did not say whether it renewed") as lost:
        await login.api().read(*ME)
    assert "reelbot x login" in lost.value.hint
    with pytest.raises(TargetPaused, match="login of @reel has ended: “Value passed") as ended:
        await login.api().read(*ME)
    assert "reelbot x login" in ended.value.hint
    assert (x.count("me"), x.count("token")) == (0, 2)


@pytest.mark.parametrize("body", ["", "<html>", '{"access_token": "a"}', '{"access_token": '])
async def test_a_renewal_that_cannot_be_read_is_lost_too(x, login, clock, body):
    await clock.sleep(7300)
    x.fail("token", Status(200, body))
    with pytest.raises(TargetPaused, match="did not say whether it renewed"):
        await login.api().read(*ME)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_renewal_that_x_cannot_do_now_is_tried_later(x, login, clock, status):
    await clock.sleep(7300)
    x.fail("token", Status(status))
    with pytest.raises(TargetUnavailable):
        await login.api().read(*ME)
    await login.api().read(*ME)


async def test_a_renewal_that_never_left_is_tried_later(login, clock):
    await clock.sleep(7300)
    login.x.url = "http://127.0.0.1:1"
    with pytest.raises(TargetUnavailable, match="could not be reached to renew"):
        await login.api().read(*ME)


async def test_a_wrong_app_is_told_from_a_login_that_ended(x, login, clock):
    await clock.sleep(7300)
    api = login.api()
    x.people.app.confidential = True
    with pytest.raises(TargetPaused, match="does not accept the app") as refused:
        await api.read(*ME)
    assert "client secret" in refused.value.hint
    assert not login.given.used


async def test_what_the_disk_does_not_take_is_not_asked_for(x, login, clock, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    await clock.sleep(7300)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TargetPaused, match="No space left"):
        await login.api().read(*ME)
    assert x.count("token") == 0
    assert login.tokens.load().refresh == login.given.refresh
    left = {path.name for path in login.tokens.path.parent.iterdir()}
    assert left == {"reel.json", "reel.json.lock"}


async def test_a_token_that_came_meanwhile_is_used_after_a_401(x, login, reel):
    """Another process renewed between our reading of the file and X's answer."""
    api, given = login.api(), login.given
    new = x.oauth2(reel)
    stale = login.tokens.load()
    given.revoked = True
    login.tokens.store(
        Token(
            access=new.access,
            refresh=new.refresh,
            expires_at=new.expires_at,
            scopes=stale.scopes,
            handle="@reel",
        )
    )
    assert (await api._auth._renew(stale)).access == new.access
    assert x.count("token") == 0
