"""The fake X counts calls and credits as X does."""

from decimal import Decimal

import httpx
import pytest

from tests.clock import FakeClock
from tests.fake_x import Account, FakeX
from tests.x_calls import post, timeline, upload


@pytest.mark.parametrize(
    "text, price", [("a cat", "0.015"), ("see https://a.cat", "0.200"), ("see a.com", "0.200")]
)
async def test_a_post_has_its_price(
    x: FakeX, client: httpx.AsyncClient, text: str, price: str
) -> None:
    await post(client, text)
    assert x.credits.spent == Decimal(price)


async def test_a_reply_a_delete_and_alt_text_have_their_price(
    x: FakeX, client: httpx.AsyncClient
) -> None:
    x.feed.summoned.add("9")
    made = (await post(client, reply={"in_reply_to_tweet_id": "9"})).json()["data"]["id"]
    assert x.credits.spent == Decimal("0.010")
    await client.delete(f"/2/tweets/{made}")
    assert x.credits.spent == Decimal("0.020")
    media = await upload(client)
    assert x.credits.spent == Decimal("0.020"), "uploads are free"
    await client.post("/2/media/metadata", json={"id": media})
    assert x.credits.spent == Decimal("0.025")


async def test_a_read_is_charged_once_a_day_by_post(
    x: FakeX, reel: Account, client: httpx.AsyncClient
) -> None:
    x.feed.lag = 0
    for text in ("one", "two"):
        await post(client, text)
    spent = x.credits.spent
    for _ in range(3):
        await timeline(client, reel.id)
    assert x.credits.spent - spent == Decimal("0.002")
    await client.get("/2/users/me")
    assert x.credits.spent - spent == Decimal("0.012")


async def test_a_read_costs_more_where_the_account_does_not_own_the_app(
    x: FakeX, reel: Account, client: httpx.AsyncClient
) -> None:
    x.feed.lag, reel.owns_app = 0, False
    await post(client)
    await timeline(client, reel.id)
    assert x.credits.spent == Decimal("0.020")


async def test_nothing_that_costs_is_done_without_credits(
    x: FakeX, client: httpx.AsyncClient
) -> None:
    x.credits.balance = Decimal(0)
    await upload(client)
    answer = await post(client)
    assert answer.status_code == 402
    assert answer.json()["title"] == "CreditsDepleted"
    assert answer.json()["type"].endswith("/2/problems/credits")
    assert x.posts == []


async def test_the_last_credits_are_enough(x: FakeX, client: httpx.AsyncClient) -> None:
    x.credits.balance = Decimal("0.001")
    assert (await post(client)).status_code == 201
    assert (await post(client, "again")).status_code == 402


async def test_too_many_calls_wait_for_the_reset(
    x: FakeX, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    x.limits.of["post"] = 2
    answers = [await post(client, text) for text in ("one", "two", "three")]
    left = [answer.headers["x-rate-limit-remaining"] for answer in answers]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert left == ["1", "0", "0"]
    reset = float(answers[2].headers["x-rate-limit-reset"])
    await clock.advance(reset - clock.now().timestamp() - 1)
    assert (await post(client, "three")).status_code == 429
    await clock.advance(1)
    assert (await post(client, "three")).status_code == 201


async def test_accounts_have_limits_of_their_own(x: FakeX, client: httpx.AsyncClient) -> None:
    x.limits.of["post"] = 1
    await post(client)
    headers = {"authorization": f"Bearer {x.oauth2(x.account('@other')).access}"}
    async with httpx.AsyncClient(base_url=x.url, headers=headers) as other:
        assert (await post(other)).status_code == 201
