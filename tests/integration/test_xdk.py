"""X's own Python client, which nobody here wrote, passes against the fake: it is no dialect."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from oauthlib.oauth2 import OAuth2Error
from xdk import Client
from xdk.media.models import AppendUploadRequest, CreateMetadataRequest, InitializeUploadRequest
from xdk.oauth1_auth import OAuth1
from xdk.posts.models import CreateRequest

from tests.fake_x import SCOPES, Account, FakeX, Processing

CONTENT = bytes(range(256)) * 1000
PART = 100_000


@pytest.fixture
async def x() -> AsyncIterator[FakeX]:
    x = FakeX()
    x.account("@reel", "Reel")
    x.library.processing = Processing(pending=0, working=0)
    x.feed.lag = 0
    async with x.serving():
        yield x


def signed(x: FakeX, account: Account) -> Client:
    key, app = x.oauth1(account), x.people.app
    auth = OAuth1(app.consumer_key, app.consumer_secret, "oob", key.key, key.secret)
    return Client(base_url=x.url, auth=auth)


def bearing(x: FakeX, account: Account) -> Client:
    return Client(base_url=x.url, access_token=x.oauth2(account).access)


def publish(client: Client) -> tuple[str, Any]:
    """Do all that a publisher does; return the id of the media and what the timeline showed."""
    asked = InitializeUploadRequest(
        media_type="video/mp4", total_bytes=len(CONTENT), media_category="tweet_video"
    )
    begun = client.media.initialize_upload(asked)
    for index, start in enumerate(range(0, len(CONTENT), PART)):
        part = base64.b64encode(CONTENT[start : start + PART]).decode()
        body = AppendUploadRequest(media=part, segment_index=index)
        client.media.append_upload(begun.data.id, body)
    client.media.finalize_upload(begun.data.id)
    client.media.get_upload_status(begun.data.id, command="STATUS")
    words = {"alt_text": {"text": "a cat"}}
    client.media.create_metadata(CreateMetadataRequest(id=begun.data.id, metadata=words))
    post = CreateRequest(
        text="A cat & a dog", media={"media_ids": [begun.data.id]}, made_with_ai=True
    )
    client.posts.create(post)
    me = client.users.get_me().data
    pages = client.users.get_posts(
        me.id,
        max_results=5,
        post_fields=["created_at", "attachments"],
        expansions=["attachments.media_keys"],
        media_fields=["media_key", "alt_text"],
    )
    return begun.data.id, next(iter(pages))


@pytest.mark.parametrize("sign_in", [signed, bearing], ids=["oauth1", "oauth2"])
async def test_xdk_publishes_a_video_and_finds_it(
    x: FakeX, sign_in: Callable[[FakeX, Account], Client]
) -> None:
    client = sign_in(x, x.person)
    with client.session:
        media_id, page = await asyncio.to_thread(publish, client)
        await asyncio.to_thread(client.posts.delete, x.posts[0].id)
    media = x.library.all[media_id]
    assert media.holds(CONTENT)
    assert media.alt_text == "a cat"
    (post,) = x.feed.all
    assert post.made_with_ai
    assert page.data[0].id == post.id
    assert "A cat &amp; a dog https://t.co/" in page.data[0].text
    assert page.includes.media[0].media_key == media.key
    assert post.deleted


@pytest.fixture
def http_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # it refuses http, even to loopback


@pytest.mark.usefixtures("http_allowed")
@pytest.mark.parametrize("confidential", [False, True])
async def test_xdk_signs_in_with_pkce(x: FakeX, confidential: bool) -> None:
    app = x.people.app
    app.confidential = confidential
    client = Client(
        base_url=x.url,
        authorization_base_url=f"{x.url}/i",
        client_id=app.client_id,
        client_secret=app.client_secret if confidential else None,
        redirect_uri=next(iter(app.redirects)),
        scope=sorted(SCOPES),
    )
    back = x.consent(client.get_authorization_url(), x.person)
    code = parse_qs(urlsplit(back).query)["code"][0]
    with client.session:
        await asyncio.to_thread(client.exchange_code, code)
        me = await asyncio.to_thread(client.users.get_me)
    assert me.data.username == "reel"


@pytest.mark.usefixtures("http_allowed")
async def test_xdk_refreshes_once_with_each_token(x: FakeX) -> None:
    app = x.people.app
    app.confidential = True
    old = x.oauth2(x.person)
    token = {"access_token": old.access, "refresh_token": old.refresh, "token_type": "bearer"}
    given = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "scope": sorted(SCOPES),
    }
    client, late = (Client(base_url=x.url, token=dict(token), **given) for _ in "12")
    with client.session, late.session:
        new = await asyncio.to_thread(client.refresh_token)
        assert new["access_token"] != old.access
        assert (await asyncio.to_thread(client.users.get_me)).data.username == "reel"
        with pytest.raises(OAuth2Error, match="Value passed for the token was invalid"):
            await asyncio.to_thread(late.refresh_token)
