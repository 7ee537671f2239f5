"""The fake X hands out and checks OAuth 2.0 tokens as X does."""

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.clock import FakeClock
from tests.fake_x import SCOPES, Account, FakeX
from tests.x_calls import post, timeline

VERIFIER = "a" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
REDIRECT = "http://127.0.0.1:8722/callback"


def page(x: FakeX, **other: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": x.people.app.client_id,
        "redirect_uri": REDIRECT,
        "scope": " ".join(SCOPES),
        "state": "state1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"{x.url}/i/oauth2/authorize?{urlencode(asked | other)}"


def code_of(redirect: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(redirect).query).items()}


async def ask(x: FakeX, auth: tuple[str, str] | None = None, **form: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=x.url) as client:
        return await client.post("/2/oauth2/token", data=form, auth=auth)


async def exchange(x: FakeX, code: str, /, **other: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        "client_id": x.people.app.client_id,
    }
    return await ask(x, **(form | other))


async def refresh(x: FakeX, token: str) -> httpx.Response:
    client = x.people.app.client_id
    return await ask(x, grant_type="refresh_token", refresh_token=token, client_id=client)


async def me(x: FakeX, access: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=x.url) as client:
        headers = {"authorization": f"Bearer {access}"}
        return await client.get("/2/users/me", headers=headers)


async def test_a_consent_becomes_a_token(x: FakeX, reel: Account) -> None:
    async with httpx.AsyncClient() as browser:
        sent = await browser.get(page(x))
    assert sent.status_code == 302
    back = code_of(sent.headers["location"])
    assert back["state"] == "state1"
    got = (await exchange(x, back["code"])).json()
    assert (got["token_type"], got["expires_in"]) == ("bearer", 7200)
    assert set(got["scope"].split()) == SCOPES
    assert (await me(x, got["access_token"])).json()["data"]["id"] == reel.id


async def test_the_account_that_says_yes_is_the_tokens(x: FakeX, reel: Account) -> None:
    other = x.account("@other")
    got = (await exchange(x, code_of(x.consent(page(x), other))["code"])).json()
    assert (await me(x, got["access_token"])).json()["data"]["username"] == "other"


async def test_a_no_comes_back_as_one(x: FakeX, reel: Account) -> None:
    x.person = None
    async with httpx.AsyncClient() as browser:
        sent = await browser.get(page(x))
    assert code_of(sent.headers["location"]) == {"state": "state1", "error": "access_denied"}
    assert sent.headers["location"] == x.deny(page(x))


@pytest.mark.parametrize(
    "other",
    [
        {"client_id": "another"},
        {"redirect_uri": "http://127.0.0.1:1/callback"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"scope": "tweet.read everything"},
        {"state": ""},
        {"response_type": "token"},
    ],
    ids="-".join,
)
async def test_a_page_that_asks_wrongly_sends_nobody_back(
    x: FakeX, reel: Account, other: dict[str, str]
) -> None:
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(page(x, **other))).status_code == 400


@pytest.mark.parametrize(
    "other",
    [
        {"code": "another"},
        {"code_verifier": "b" * 64},
        {"redirect_uri": "http://127.0.0.1:1/callback"},
        {"client_id": "another"},
        {"grant_type": "password"},
    ],
    ids="-".join,
)
async def test_an_exchange_that_is_wrong_in_one_thing_is_400(
    x: FakeX, reel: Account, other: dict[str, str]
) -> None:
    code = code_of(x.consent(page(x), reel))["code"]
    answer = await exchange(x, code, **other)
    assert answer.status_code == 400
    assert "error_description" in answer.json()
    assert x.people.oauth2 == {}


async def test_a_code_is_good_once(x: FakeX, reel: Account) -> None:
    code = code_of(x.consent(page(x), reel))["code"]
    assert [(await exchange(x, code)).status_code for _ in "12"] == [200, 400]


async def test_a_code_is_good_for_half_a_minute(x: FakeX, reel: Account, clock: FakeClock) -> None:
    code = code_of(x.consent(page(x), reel))["code"]
    await clock.advance(31)
    assert (await exchange(x, code)).status_code == 400


async def test_a_confidential_app_shows_its_secret(x: FakeX, reel: Account) -> None:
    app, old = x.people.app, x.oauth2(reel)
    app.confidential = True
    form = {"grant_type": "refresh_token", "refresh_token": old.refresh, "client_id": app.client_id}
    refused = await ask(x, **form)
    assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized_client")
    assert (await ask(x, (app.client_id, "another"), **form)).status_code == 401
    assert (await ask(x, (app.client_id, app.client_secret), **form)).status_code == 200


async def test_a_public_app_says_who_it_is(x: FakeX, reel: Account) -> None:
    old = x.oauth2(reel)
    answer = await ask(x, grant_type="refresh_token", refresh_token=old.refresh)
    assert answer.json()["error_description"] == "Missing required parameter [client_id]."


async def test_a_refresh_token_is_good_once_and_brings_the_next(x: FakeX, reel: Account) -> None:
    old = x.oauth2(reel)
    new = (await refresh(x, old.refresh)).json()
    assert new["refresh_token"] != old.refresh
    again = await refresh(x, old.refresh)
    assert again.json()["error_description"] == "Value passed for the token was invalid."
    assert (await refresh(x, new["refresh_token"])).status_code == 200


async def test_no_refresh_token_comes_without_its_scope(x: FakeX, reel: Account) -> None:
    code = code_of(x.consent(page(x, scope="tweet.read users.read"), reel))["code"]
    assert "refresh_token" not in (await exchange(x, code)).json()


async def test_a_token_lives_for_two_hours(x: FakeX, reel: Account, clock: FakeClock) -> None:
    token = x.oauth2(reel)
    await clock.advance(7199)
    assert (await me(x, token.access)).status_code == 200
    await clock.advance(1)
    assert (await me(x, token.access)).status_code == 401


async def test_an_unknown_or_revoked_token_is_401(x: FakeX, reel: Account) -> None:
    token = x.oauth2(reel)
    token.revoked = True
    assert [(await me(x, one)).status_code for one in (token.access, "another", "-")] == [401] * 3
    assert (await refresh(x, token.refresh)).status_code == 400


@pytest.mark.parametrize("missing", ["tweet.write", "tweet.read", "users.read"])
async def test_a_post_needs_its_scopes(x: FakeX, reel: Account, missing: str) -> None:
    token = x.oauth2(reel, SCOPES - {missing})
    headers = {"authorization": f"Bearer {token.access}"}
    async with httpx.AsyncClient(base_url=x.url, headers=headers) as client:
        answer = await post(client)
    assert (answer.status_code, answer.json()["detail"]) == (403, "Forbidden")
    assert x.posts == []


async def test_an_upload_needs_its_scope(x: FakeX, reel: Account) -> None:
    headers = {"authorization": f"Bearer {x.oauth2(reel, SCOPES - {'media.write'}).access}"}
    async with httpx.AsyncClient(base_url=x.url, headers=headers) as client:
        answer = await client.post("/2/media/upload/initialize", json={})
    assert answer.status_code == 403


async def test_the_app_alone_may_read_but_not_post(x: FakeX, reel: Account) -> None:
    headers = {"authorization": f"Bearer {x.people.app.bearer}"}
    async with httpx.AsyncClient(base_url=x.url, headers=headers) as client:
        refused = await post(client)
        assert refused.status_code == 403
        assert refused.json()["title"] == "Unsupported Authentication"
        assert (await timeline(client, reel.id)).status_code == 200
        assert (await client.get("/2/usage/tweets")).status_code == 200


async def test_usage_is_the_apps_alone(client: httpx.AsyncClient) -> None:
    assert (await client.get("/2/usage/tweets")).status_code == 403
