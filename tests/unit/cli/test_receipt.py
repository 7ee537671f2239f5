"""What a run costs, as the command line tells it: beforehand, while it runs, and in the end."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.cli import show
from bot.cli.receipt import expected, rows
from bot.domain.account import PostPrices
from bot.domain.budget import Item, Spend, SpendState
from bot.domain.post import Delivery, DeliveryStatus
from bot.domain.run import Price, Run
from bot.x_api.price import quote
from tests.fakes import X, make_request

AT = datetime(2027, 1, 1, tzinfo=UTC)
QUOTE = quote(PostPrices(), has_link=True, has_alt_text=True)
PRICE = Price.of(Decimal("0.40"), {"x:@reelbot": QUOTE})
QUOTED = "post with a link $0.20 instead of $0.015 + alt text $0.005 (prices of 2026-04-20)"


def spend(
    what: str, usd: str, state: SpendState = SpendState.SETTLED, item: Item | None = None
) -> Spend:
    return Spend(
        key=f"r:{what} {item}:1",
        run_id="r",
        what=what,
        vendor="v",
        usd=Decimal(usd),
        day=date(2027, 1, 1),
        at=AT,
        state=state,
        item=item,
    )


VIDEO = spend("video", "0.40")
POSTED = spend("x:@reelbot", "0.20")
DESCRIBED = spend("x:@reelbot", "0.005", item=Item.ALT_TEXT)


def run(price: Price | None = PRICE) -> Run:
    delivery = Delivery(target=X, status=DeliveryStatus.DELIVERED)
    made = Run(id="r", request=make_request(), created_at=AT, updated_at=AT)
    return made.evolve(price=price, deliveries=(delivery,))


def test_beforehand_it_is_told_part_by_part_with_the_day_of_the_prices():
    read = "$0.001 for each post read, should an answer be lost"
    told = f"about $0.605: the video at gw $0.40; x:@reelbot {QUOTED}; {read}"
    assert expected(PRICE, "gw") == told
    assert expected(Price(video=Decimal("0.40")), "gw") == "about $0.40"
    assert expected(Price(video=Decimal(0)), "studio") == "nothing"


def test_until_all_is_settled_it_is_about_what_was_promised():
    reserved = [VIDEO, replace(POSTED, state=SpendState.RESERVED), DESCRIBED]
    assert list(rows(run(), reserved)) == [
        ("price", "about $0.605"),
        ("", "$0.40 for the video"),
        ("", f"x:@reelbot: {QUOTED}"),
    ]


def test_what_came_out_as_expected_is_told_without_a_word_more():
    assert list(rows(run(), [VIDEO, POSTED, DESCRIBED])) == [
        ("price", "$0.605"),
        ("", "$0.40 for the video"),
        ("", f"x:@reelbot: {QUOTED}"),
    ]


@pytest.mark.parametrize(
    "beside, told",
    [
        (["posts read 0.001"], "$0.206, $0.001 of it for reading posts to find it again"),
        (
            ["posts read 0.004", "posts read 0.002"],
            "$0.211, $0.006 of it for reading posts to find it again",
        ),
        (["post taken down 0.010"], "$0.215, $0.01 of it for taking it down"),
        (["alt text 0.005"], "$0.21"),
    ],
)
def test_what_nobody_expected_is_told(beside: list[str], told: str):
    split = [each.rsplit(" ", 1) for each in beside]
    more = [spend("x:@reelbot", usd, item=Item(item)) for item, usd in split]
    [total, _, (_, line)] = rows(run(), [VIDEO, POSTED, DESCRIBED, *more])
    whole = Decimal("0.605") + sum(each.usd for each in more)
    assert total == ("price", f"{show.usd(whole)} ($0.605 was expected)")
    assert line == f"x:@reelbot: {QUOTED}; came to {told}"


def test_a_refused_post_came_to_what_was_charged_before_it():
    given_back = replace(POSTED, state=SpendState.RELEASED)
    [total, _, (_, line)] = rows(run(), [VIDEO, given_back, DESCRIBED])
    assert total == ("price", "$0.405 ($0.605 was expected)")
    assert line.endswith("; came to $0.005")


def test_a_run_from_before_posts_were_quoted_is_told_by_its_sums():
    old = Price(video=Decimal("0.40"), posts={"x:@reelbot": Decimal("0.015")})
    assert expected(old, "gw") == "about $0.415: the video at gw $0.40; x:@reelbot $0.015"
    [_, _, (_, line)] = rows(run(old), [spend("x:@reelbot", "0.020")])
    assert line == "x:@reelbot: $0.015; came to $0.02"


def test_a_run_without_a_price_has_no_receipt():
    assert list(rows(run(None), [])) == []


def test_a_link_that_costs_nothing_more_is_not_called_dear():
    same = replace(PostPrices(), post_with_link=PostPrices().post)
    assert quote(same, has_link=True, has_alt_text=False).dear is None
    assert QUOTE.dear
    assert (QUOTE.usd, QUOTE.sent, QUOTE.read) == (
        Decimal("0.205"),
        Decimal("0.200"),
        Decimal("0.001"),
    )
