"""tweepy, the library that signs for us, is understood by the fake X in both ways to sign in."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import requests
import tweepy

from tests.fake_x import Account, FakeX, Processing

CONTENT = bytes(range(256)) * 500


class Here(tweepy.Client):
    """tweepy's client at another address than X's own, which it has built in."""

    def __init__(self, url: str, **given: Any) -> None:
        super().__init__(**given)
        self._url = url

    def request(
        self, method: str, route: str, params: Any = None, json: Any = None, user_auth: bool = False
    ) -> requests.Response:
        auth = signing(self) if user_auth else None
        headers = {} if user_auth else {"Authorization": f"Bearer {self.bearer_token}"}
        options: Any = {"params": params, "json": json, "headers": headers, "auth": auth}
        answer = self.session.request(method, self._url + route, timeout=10, **options)
        if answer.status_code == 401:
            raise tweepy.Unauthorized(answer)
        answer.raise_for_status()
        return answer


def signing(client: tweepy.Client) -> Any:
    secrets = (client.consumer_key, client.consumer_secret)
    return tweepy.OAuth1UserHandler(
        *secrets, client.access_token, client.access_token_secret
    ).apply_auth()


@pytest.fixture
async def x() -> AsyncIterator[FakeX]:
    x = FakeX()
    x.library.processing = Processing(pending=0, working=0)
    x.feed.lag = 0
    async with x.serving():
        yield x


@pytest.fixture
def reel(x: FakeX) -> Account:
    return x.account("@reel")


@pytest.fixture
def client(x: FakeX, reel: Account) -> Iterator[Here]:
    key, app = x.oauth1(reel), x.people.app
    client = Here(
        x.url,
        consumer_key=app.consumer_key,
        consumer_secret=app.consumer_secret,
        access_token=key.key,
        access_token_secret=key.secret,
    )
    with client.session:
        yield client


async def test_tweepys_signatures_are_right_with_json_query_and_multipart(
    x: FakeX, reel: Account, client: Here
) -> None:
    def publish() -> tuple[str, Any]:
        asked = {"media_type": "video/mp4", "media_category": "tweet_video"}
        asked |= {"total_bytes": len(CONTENT)}
        path, how = "/2/media/upload/", {"user_auth": True}
        begun = client.request("POST", path + "initialize", json=asked, **how).json()
        media = begun["data"]["id"]
        client.session.post(
            f"{x.url}{path}{media}/append",
            data={"segment_index": 0},
            files={"media": ("a.mp4", CONTENT)},
            auth=signing(client),
            timeout=10,
        ).raise_for_status()
        client.request("POST", f"{path}{media}/finalize", **how)
        client.create_tweet(text="a cat, ünïcode & ~*'()!", media_ids=[media])
        found = client.get_users_tweets(
            reel.id,
            max_results=5,
            tweet_fields=["created_at", "attachments"],
            expansions=["attachments.media_keys"],
            start_time="2026-01-01T00:00:00Z",
            user_auth=True,
        )
        return media, found

    media, found = await asyncio.to_thread(publish)
    assert x.library.all[media].holds(CONTENT)
    assert [tweet.id for tweet in found.data] == [int(x.posts[0].id)]
    assert found.includes["media"][0].media_key == x.library.all[media].key


class There(requests.adapters.HTTPAdapter):
    """Sends what is for X's own host to the fake."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *given: Any, **more: Any) -> Any:
        assert request.url
        request.url = request.url.replace("https://upload.twitter.com", self._url)
        return super().send(request, *given, **more)


@pytest.mark.parametrize("retired", [True, False])
async def test_tweepys_own_upload_is_there_for_the_benchmark_alone(
    x: FakeX, reel: Account, retired: bool
) -> None:
    x.retired = retired
    api = tweepy.API(tweepy.OAuth1UserHandler("a", "b", "c", "d"))
    api.session.mount("https://upload.twitter.com", There(x.url))
    given: Any = {"file": io.BytesIO(CONTENT), "file_type": "video/mp4"}
    work = asyncio.to_thread(api.chunked_upload, "a.mp4", **given, media_category="tweet_video")
    if not retired:
        with pytest.raises(tweepy.NotFound):
            await work
        return
    media = await work
    assert x.library.all[media.media_id_string].holds(CONTENT)


async def test_tweepy_with_another_secret_is_refused(client: Here) -> None:
    client.access_token_secret = "another"
    with pytest.raises(tweepy.Unauthorized):
        await asyncio.to_thread(client.get_me, user_auth=True)


async def test_tweepy_is_refused_when_the_clock_is_off(x: FakeX, client: Here) -> None:
    x.skew = 400
    with pytest.raises(tweepy.Unauthorized):
        await asyncio.to_thread(client.get_me, user_auth=True)
