"""The fake X checks OAuth 1.0a signatures as RFC 5849 defines them."""

from urllib.parse import quote

import httpx
import pytest

from tests.clock import FakeClock
from tests.fake_x import Account, FakeX, OAuth1Token
from tests.fake_x.oauth1 import Signed, base_string, signature


@pytest.fixture
def token(x: FakeX, reel: Account) -> OAuth1Token:
    return x.oauth1(reel)


def signed(
    x: FakeX, token: OAuth1Token, method: str, path: str, /, *, form: str = "", **other: str
) -> str:
    """Return a header as RFC 5849 makes it; *other* parameters replace the right ones."""
    oauth = {
        "oauth_consumer_key": x.people.app.consumer_key,
        "oauth_token": token.key,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(x.world.now().timestamp())),
        "oauth_nonce": "nonce",
        "oauth_version": "1.0",
    } | {f"oauth_{name}": value for name, value in other.items()}
    base = base_string(Signed(method, x.url + path, "", form), oauth)
    made = signature(base, x.people.app.consumer_secret, token.secret)
    oauth = {"oauth_signature": made} | oauth  # unless *other* has one
    return "OAuth " + ", ".join(f'{k}="{quote(v, safe="")}"' for k, v in oauth.items())


async def me(x: FakeX, header: str, path: str = "/2/users/me") -> httpx.Response:
    async with httpx.AsyncClient(base_url=x.url) as client:
        return await client.get(path, headers={"authorization": header})


def test_the_base_string_is_that_of_rfc_5849_section_3_4_1_1() -> None:
    oauth = {
        "realm": "Example",
        "oauth_consumer_key": "9djdj82h48djs9d2",
        "oauth_token": "kkk9d7dh3k39sjv7",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131201",
        "oauth_nonce": "7d8f3e4a",
        "oauth_signature": "bYT5CMsGcbgUdFHObYMEfcx6bsw=",
    }
    url = "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"
    assert base_string(Signed("post", url, "", "c2&a3=2+q"), oauth) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D"
        "%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3"
        "e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk"
        "9d7dh3k39sjv7"
    )


def test_the_signature_is_that_of_rfc_5849_section_1_2() -> None:
    oauth = {
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    url = "http://photos.example.net/photos?file=vacation.jpg&size=original"
    base = base_string(Signed("GET", url, ""), oauth)
    made = signature(base, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00")
    assert made == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


async def test_a_right_signature_is_its_account(x: FakeX, token: OAuth1Token) -> None:
    answer = await me(x, signed(x, token, "GET", "/2/users/me"))
    assert answer.json()["data"]["username"] == "reel"
    assert answer.headers["x-access-level"] == "read-write"


async def test_the_query_is_signed(x: FakeX, token: OAuth1Token) -> None:
    path = "/2/users/me?user.fields=created_at"
    assert (await me(x, signed(x, token, "GET", path), path)).status_code == 200
    other = signed(x, token, "GET", "/2/users/me?user.fields=verified", nonce="2")
    assert (await me(x, other, path)).status_code == 401


async def test_a_form_is_signed_and_a_multipart_is_not(x: FakeX, token: OAuth1Token) -> None:
    path, kind = "/2/tweets", {"content-type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(base_url=x.url) as client:
        for form, status in (("text=a", 400), ("text=b", 401)):  # a form is no JSON: 400
            header = signed(x, token, "POST", path, form=form, nonce=form)
            headers = kind | {"authorization": header}
            answer = await client.post(path, content="text=a", headers=headers)
            assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "other",
    [
        {"consumer_key": "another"},
        {"token": "another"},
        {"signature": "AAAA"},
        {"signature_method": "PLAINTEXT"},
        {"version": "2.0"},
        {"nonce": ""},
        {"timestamp": "soon"},
        {"timestamp": "1"},
    ],
    ids="-".join,
)
async def test_a_header_that_is_wrong_in_one_thing_is_401(
    x: FakeX, token: OAuth1Token, other: dict[str, str]
) -> None:
    answer = await me(x, signed(x, token, "GET", "/2/users/me", **other))
    assert answer.status_code == 401
    assert answer.json()["title"] == "Unauthorized"


async def test_another_secret_is_401(x: FakeX, token: OAuth1Token) -> None:
    header = signed(x, token, "GET", "/2/users/me")
    token.secret = "another"
    assert (await me(x, header)).status_code == 401


async def test_a_revoked_token_is_401(x: FakeX, token: OAuth1Token) -> None:
    token.revoked = True
    assert (await me(x, signed(x, token, "GET", "/2/users/me"))).status_code == 401


async def test_a_signature_is_good_once(x: FakeX, token: OAuth1Token) -> None:
    header = signed(x, token, "GET", "/2/users/me")
    assert [(await me(x, header)).status_code for _ in "12"] == [200, 401]


async def test_a_parameter_that_comes_twice_is_401(x: FakeX, token: OAuth1Token) -> None:
    header = signed(x, token, "GET", "/2/users/me")
    assert (await me(x, header + ', oauth_nonce="nonce"')).status_code == 401


@pytest.mark.parametrize("seconds, status", [(299, 200), (301, 401), (-299, 200), (-301, 401)])
async def test_a_signature_is_good_for_five_minutes_to_either_side(
    x: FakeX, token: OAuth1Token, seconds: float, status: int
) -> None:
    header = signed(x, token, "GET", "/2/users/me")
    x.skew = seconds
    assert (await me(x, header)).status_code == status


async def test_signatures_go_by_a_clock_of_their_own_when_they_have_one(
    x: FakeX, token: OAuth1Token, clock: FakeClock
) -> None:
    x.wall_clock = FakeClock()
    header = signed(x, token, "GET", "/2/users/me")
    await clock.advance(3600)
    assert (await me(x, header)).status_code == 200


async def test_a_token_that_may_read_may_not_write(x: FakeX, reel: Account) -> None:
    token = x.oauth1(reel, "read")
    async with httpx.AsyncClient(base_url=x.url) as client:
        header = {"authorization": signed(x, token, "POST", "/2/tweets")}
        answer = await client.post("/2/tweets", json={"text": "a cat"}, headers=header)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/2/problems/oauth1-permissions")
    assert x.posts == []
    read = await me(x, signed(x, token, "GET", "/2/users/me", nonce="2"))
    assert (read.status_code, read.headers["x-access-level"]) == (200, "read")
