"""The fake X refuses the posts that X refuses, and shows the others when X does."""

import httpx
import pytest

from tests.clock import FakeClock
from tests.fake_x import LOCKED, SUSPENDED, Account, FakeX, Processing
from tests.fake_x.posts import weight
from tests.x_calls import message, post, timeline, upload


def detail(answer: httpx.Response) -> str:
    assert answer.status_code == 403, answer.text
    return answer.json()["detail"]


async def video(x: FakeX, client: httpx.AsyncClient, **more: object) -> str:
    x.library.processing = Processing(pending=0, working=0)
    return await upload(client, **more)


async def test_a_post_is_kept_as_it_was_sent(x: FakeX, client: httpx.AsyncClient) -> None:
    media = {"media_ids": [await video(x, client)]}
    answer = await post(client, made_with_ai=True, reply_settings="following", media=media)
    assert answer.status_code == 201
    (made,) = x.posts
    assert made.made_with_ai
    assert made.body["reply_settings"] == "following"
    assert answer.json()["data"]["id"] == made.id
    assert made.id.isdecimal()
    assert len(made.id) == 19


@pytest.mark.parametrize(
    "body, words",
    [
        ({"made_by_ai": True}, "$.made_by_ai: is not defined in the schema"),
        ({"media": {"ids": ["1"], "media_ids": ["1"]}}, "$.media.ids: is not defined"),
        ({"text": 1}, "$.text"),
        ({"made_with_ai": "yes"}, "$.made_with_ai"),
        ({"reply_settings": "everyone"}, "$.reply_settings: does not have a value"),
        ({"media": {"media_ids": ["a"]}}, "$.media.media_ids[0]: does not match"),
        ({"media": {"media_ids": list("12345")}}, "$.media.media_ids"),
        ({"media": {}}, "$.media.media_ids: is missing"),
        ({}, "required"),
        ({"text": ""}, "required"),
    ],
)
async def test_a_body_that_breaks_the_schema_is_refused(
    x: FakeX, client: httpx.AsyncClient, body: dict, words: str
) -> None:
    assert words in message(await client.post("/2/tweets", json=body))
    assert x.posts == []


@pytest.mark.parametrize("content", [b"{", b"[]", b""])
async def test_a_body_that_is_no_json_object_is_refused(
    client: httpx.AsyncClient, content: bytes
) -> None:
    assert "JSON" in message(await client.post("/2/tweets", content=content))


@pytest.mark.parametrize(
    "text, weighs",
    [
        ("a" * 280, 280),
        ("é" * 280, 280),
        ("e\u0301" * 280, 280),
        ("猫" * 140, 280),
        ("see https://example.com/a/long/way?to=go#there now", 31),
    ],
)
def test_text_weighs_what_x_says(text: str, weighs: int) -> None:
    assert weight(text) == weighs


async def test_text_over_280_is_refused(x: FakeX, client: httpx.AsyncClient) -> None:
    assert (await post(client, "猫" * 140)).status_code == 201
    assert message(await post(client, "猫" * 140 + "a")).startswith("Your Tweet text is too long.")
    assert len(x.posts) == 1


async def test_the_same_text_is_refused_for_a_while(
    x: FakeX, reel: Account, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    assert (await post(client)).status_code == 201
    assert (await post(client)).json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    await clock.advance(x.feed.remembers)
    client.headers["authorization"] = f"Bearer {x.oauth2(reel).access}"
    assert (await post(client)).status_code == 201


async def test_the_same_text_of_another_or_after_a_delete_is_none(
    x: FakeX, client: httpx.AsyncClient
) -> None:
    made = (await post(client)).json()["data"]["id"]
    headers = {"authorization": f"Bearer {x.oauth2(x.account('@other')).access}"}
    async with httpx.AsyncClient(base_url=x.url, headers=headers) as other:
        assert (await post(other)).status_code == 201
        assert "authorized" in detail(await other.delete(f"/2/tweets/{made}"))
    assert (await client.delete(f"/2/tweets/{made}")).json() == {"data": {"deleted": True}}
    assert (await post(client)).status_code == 201
    assert (await client.delete("/2/tweets/1")).status_code == 404


async def test_a_post_takes_one_video(x: FakeX, client: httpx.AsyncClient) -> None:
    two = [await video(x, client), await video(x, client)]
    assert "one video" in message(await post(client, media={"media_ids": two}))
    unknown = await post(client, media={"media_ids": ["1"]})
    assert message(unknown) == "Your media IDs are invalid."


@pytest.mark.parametrize(
    "body, word",
    [
        ({"text": "for @jane"}, "mention"),
        ({"text": "$AB and $CD"}, "cashtag"),
        ({"text": "a", "community_id": "7"}, "Community"),
        ({"text": "a", "reply": {"in_reply_to_tweet_id": "9"}}, "engaged"),
        ({"text": "a", "quote_tweet_id": "9"}, "engaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_the_policy_forbids_is_403_unless_summoned(
    x: FakeX, reel: Account, client: httpx.AsyncClient, body: dict, word: str
) -> None:
    assert word in detail(await client.post("/2/tweets", json=body))
    x.feed.summoned |= {"@jane", "9"}
    reel.communities.add("7")
    allowed = await client.post("/2/tweets", json=body)
    assert (allowed.status_code == 201) == (word != "cashtag")


async def test_one_cashtag_and_a_mail_address_are_allowed(client: httpx.AsyncClient) -> None:
    assert (await post(client, "mail me@example for $AB")).status_code == 201


@pytest.mark.parametrize("words", [SUSPENDED, LOCKED])
async def test_a_stopped_account_reads_but_does_not_write(
    x: FakeX, reel: Account, client: httpx.AsyncClient, words: str
) -> None:
    reel.refusal = words
    assert detail(await post(client)) == words
    assert (await timeline(client, reel.id)).status_code == 200


async def test_the_timeline_lags(
    x: FakeX, reel: Account, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    media = {"media_ids": [await video(x, client)]}
    made = (await post(client, "a <cat> & a dog", media=media)).json()["data"]
    assert (await timeline(client, reel.id)).json() == {"meta": {"result_count": 0}}
    await clock.advance(x.feed.lag)
    seen = (await timeline(client, reel.id)).json()
    (shown,) = seen["data"]
    assert shown["id"] == made["id"]
    assert shown["text"].startswith("a &lt;cat&gt; &amp; a dog https://t.co/")
    assert made["text"] == shown["text"]
    (key,) = shown["attachments"]["media_keys"]
    assert key == x.posts[0].media[0].key == seen["includes"]["media"][0]["media_key"]


async def test_a_post_may_show_bare_or_never(
    x: FakeX, reel: Account, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    x.feed.showings.extend(["never", "bare"])
    media = {"media_ids": [await video(x, client)]}
    hidden = (await post(client, "one", media=media)).json()["data"]["id"]
    await post(client, "two", media=media)
    await clock.advance(3600)
    seen = (await timeline(client, reel.id)).json()
    assert [shown["text"].split()[0] for shown in seen["data"]] == ["two"]
    assert "attachments" not in seen["data"][0]
    assert "includes" not in seen
    assert len(x.posts) == 2
    assert "errors" in (await client.get(f"/2/tweets/{hidden}")).json()


async def test_the_timeline_is_paged_and_bounded_by_time(
    x: FakeX, reel: Account, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    for number in range(7):
        await post(client, f"post {number}")
        await clock.advance(60)
    first = (await timeline(client, reel.id)).json()
    token = first["meta"]["next_token"]
    second = (await timeline(client, reel.id, pagination_token=token)).json()
    assert [p["text"][-1] for p in first["data"] + second["data"]] == list("6543210")
    late = (await timeline(client, reel.id, start_time="2027-01-01T12:05:00Z")).json()
    assert [p["text"][-1] for p in late["data"]] == ["6", "5"]
    since = (await timeline(client, reel.id, since_id=x.posts[4].id)).json()
    assert [p["text"][-1] for p in since["data"]] == ["6", "5"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_results": 4},
        {"max_results": 101},
        {"max_results": "many"},
        {"start_time": "yesterday"},
        {"tweet.fields": "created"},
        {"expansions": "attachments"},
        {"media.fields": "media_keys"},
        {"count": 5},
    ],
    ids="-".join,
)
async def test_a_parameter_x_does_not_know_is_refused(
    reel: Account, client: httpx.AsyncClient, wrong: dict
) -> None:
    assert next(iter(wrong)) in message(await timeline(client, reel.id, **wrong))


async def test_calls_without_parameters_take_none(x: FakeX, client: httpx.AsyncClient) -> None:
    answer = await client.post("/2/tweets?dry_run=true", json={"text": "a cat"})
    assert "dry_run" in message(answer)
    assert x.posts == []


async def test_a_post_is_read_by_its_id(x: FakeX, client: httpx.AsyncClient) -> None:
    made = (await post(client)).json()["data"]["id"]
    asked = {"tweet.fields": "created_at,author_id"}
    shown = (await client.get(f"/2/tweets/{made}", params=asked)).json()["data"]
    assert shown["created_at"] == "2027-01-01T12:00:00.000Z"
    gone = (await client.get("/2/tweets/1")).json()["errors"][0]
    assert gone["type"].endswith("/resource-not-found")


async def test_an_unknown_address_is_404_and_logged(x: FakeX, client: httpx.AsyncClient) -> None:
    assert (await client.get("/1.1/media/upload.json")).status_code == 404
    assert x.count("unknown") == 1
