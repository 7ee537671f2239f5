"""Money: promised before anything leaves, settled or given back after, capped per day."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.account import PostPrices
from bot.domain.budget import Budget, Charge, Item
from bot.domain.effect import Effect
from bot.domain.post import Post
from bot.domain.run import RunState
from bot.domain.video import Asset
from bot.errors import PostRejected, RateLimited, Rejected, TargetUnavailable
from bot.pipeline import Bill
from bot.x_api.price import quote
from tests.fakes import SLACK, Bot, World, X, make_request

ALT_TEXT = Charge(item=Item.ALT_TEXT, usd=Decimal("0.005"), target=X)


@pytest.fixture
async def bot(tmp_path: Path):
    async with World(tmp_path).boot() as bot:
        yield bot


async def spends(bot: Bot, run_id: str) -> dict[str, tuple[Decimal, str]]:
    return {
        f"{s.what}, {s.item}" if s.item else s.what: (s.usd, s.state.value)
        for s in await bot.store.spends(run_id)
    }


async def today(bot: Bot) -> Decimal:
    return await bot.store.spent(bot.clock.now().date())


async def test_a_finished_run_has_settled_everything(bot: Bot) -> None:
    run = await bot.settle((await bot.start()).id)

    assert run.price
    assert run.price.total == Decimal("0.815")
    assert await spends(bot, run.id) == {
        "video": (Decimal("0.80"), "settled"),
        "x:@reelbot": (Decimal("0.015"), "settled"),
    }
    assert await today(bot) == Decimal("0.815")


async def test_a_run_over_the_cap_fails_before_anything_is_asked(bot: Bot) -> None:
    bot.world.cap = Decimal("0.81")

    run = await bot.settle((await bot.start()).id)

    assert run.state is RunState.FAILED
    assert run.failure
    assert run.failure.code == "budget_exceeded"
    assert run.prompt is not None
    assert bot.world.vendor.jobs == {}
    assert await today(bot) == 0


async def test_many_runs_at_once_stay_under_the_cap(bot: Bot) -> None:
    bot.world.cap = Decimal("2.50")
    runs = [
        await bot.start(key=f"k{n}", targets=(SLACK,), template=None, prompt=f"cat {n}")
        for n in range(8)
    ]

    async with bot.clock.auto():
        await asyncio.gather(*(bot.runner.advance(run.id) for run in runs))

    assert len(bot.world.vendor.jobs) == 3
    assert await today(bot) <= bot.world.cap


async def test_a_refused_create_gives_the_money_back(bot: Bot) -> None:
    bot.world.vendor.script = [Rejected("No cats, please.")]

    run = await bot.settle((await bot.start()).id)

    assert run.state is RunState.FAILED
    assert run.failure
    assert run.failure.message == "No cats, please."
    assert await today(bot) == 0


async def test_a_job_that_failed_gives_the_money_back(bot: Bot) -> None:
    bot.world.vendor.fails = True

    run = await bot.settle((await bot.start()).id)

    assert run.state is RunState.FAILED
    assert await today(bot) == 0


async def test_while_it_is_uncertain_the_money_stays_promised(tmp_path: Path) -> None:
    world = World(tmp_path, authoritative=False)
    world.vendor.script, world.vendor.lag = ["lose"], 10_000
    async with world.boot() as bot:
        run = await bot.settle((await bot.start()).id)

        assert run.state is RunState.ATTENTION
        assert {state for _, state in (await spends(bot, run.id)).values()} == {"reserved"}


async def test_a_pause_asked_for_is_kept_and_nothing_is_created_meanwhile(bot: Bot) -> None:
    bot.world.vendor.script = [RateLimited(retry_after=77)]
    run = await bot.advance((await bot.start()).id)

    assert (run.state, run.reason) == (RunState.WAITING, "backoff")
    assert run.wake_at
    assert (run.wake_at - bot.clock.now()).total_seconds() >= 77
    assert bot.world.vendor.jobs == {}

    assert (await bot.settle(run.id)).state is RunState.SUCCEEDED
    assert len(bot.world.vendor.jobs) == 1


async def test_a_full_disk_stops_before_paying(bot: Bot) -> None:
    bot.world.media.free = 1_000_000

    run = await bot.advance((await bot.start()).id)

    assert (run.state, run.reason) == (RunState.WAITING, "backoff")
    assert bot.world.vendor.jobs == {}
    bot.world.media.free = 10**12
    assert (await bot.settle(run.id)).state is RunState.SUCCEEDED


# --- posts: what they are quoted at, and what became of that -------------------------------------


def described(bot: Bot) -> None:
    """Have X charge for the description of a video, too, as it does before the post is sent."""
    bill, publisher = bill_of(bot), bot.ports.publishers["x"]
    prepare = publisher.prepare

    async def describe(post: Post, earlier: Sequence[Effect] = ()) -> Mapping[str, str]:
        handle: Mapping[str, str] = await prepare(post, earlier)
        if not earlier:  # the upload is used again
            await bill.charge(replace(ALT_TEXT, run_id=post.run_id))
        return handle

    publisher.prepare = describe
    publisher.estimate = lambda _target, caption, alt_text: quote(
        PostPrices(), has_link="://" in (caption or ""), has_alt_text=bool(alt_text)
    )


def bill_of(bot: Bot, told: list[Charge] | None = None) -> Bill:
    told = [] if told is None else told
    return Bill(bot.store, bot.clock, budget=bot.ports.budget, on_charge=told.append)


async def test_a_run_remembers_how_the_price_of_its_posts_came_about(bot: Bot) -> None:
    described(bot)

    run = await bot.settle((await bot.start(caption="See https://example.test")).id)

    assert run.price
    assert run.price.posts == {"x:@reelbot": Decimal("0.205")}
    [(target, quoted)] = run.price.quotes.items()
    assert (target, quoted.usd, quoted.as_of) == (
        "x:@reelbot",
        Decimal("0.205"),
        date(2026, 4, 20),
    )
    assert [part.item for part in quoted.parts] == ["post with a link", "alt text"]


async def test_a_post_and_its_description_are_promised_and_settled_side_by_side(
    bot: Bot,
) -> None:
    described(bot)
    run = await bot.start(approval=True)
    await bot.settle(run.id)
    assert await spends(bot, run.id) == {
        "video": (Decimal("0.80"), "settled"),
        "x:@reelbot": (Decimal("0.015"), "reserved"),
        "x:@reelbot, alt text": (Decimal("0.005"), "reserved"),
    }

    await bot.tell("approve", run.id)
    await bot.settle(run.id)

    assert await spends(bot, run.id) == {
        "video": (Decimal("0.80"), "settled"),
        "x:@reelbot": (Decimal("0.015"), "settled"),
        "x:@reelbot, alt text": (Decimal("0.005"), "settled"),
    }
    assert await today(bot) == Decimal("0.82")


async def test_a_description_beyond_the_cap_stops_the_run_before_it_is_paid_for(
    bot: Bot,
) -> None:
    described(bot)
    bot.world.cap = Decimal("0.819")

    run = await bot.settle((await bot.start()).id)

    assert run.failure
    assert run.failure.code == "budget_exceeded"
    assert await today(bot) == 0


async def test_what_a_post_really_came_to_is_settled(bot: Bot) -> None:
    """It was lost and looked for, and cost more than it was promised to."""
    described(bot)
    bot.world.x.script, bot.world.x.cost = ["lose"], Decimal("0.018")

    run = await bot.settle((await bot.start()).id)

    assert run.state is RunState.SUCCEEDED
    assert (await spends(bot, run.id))["x:@reelbot"] == (Decimal("0.018"), "settled")
    assert await today(bot) == Decimal("0.823")


async def test_what_is_charged_beside_a_post_counts_whatever_the_cap(bot: Bot) -> None:
    told: list[Charge] = []
    bill = bill_of(bot, told)
    run = await bot.settle((await bot.start()).id)
    bot.world.cap = Decimal("0.815")
    read = Charge(item=Item.READ, usd=Decimal("0.003"), target=X, run_id=run.id)
    charges = [read, read, Charge(item=Item.USER, usd=Decimal("0.01"), target=X)]

    for charge in [*charges, replace(read, usd=Decimal(0))]:  # what is free is no line
        await bill.charge(charge)

    assert told == charges
    assert await today(bot) == Decimal("0.831")
    kept = [s for s in await bot.store.spends(run.id) if s.item]
    assert [(s.what, s.vendor, s.usd, s.state.value) for s in kept] == [
        ("x:@reelbot", "x", Decimal("0.003"), "settled")
    ] * 2


async def test_a_charge_counts_for_the_day_that_it_is_where_the_file_says(bot: Bot) -> None:
    budget = Budget(per_day_usd=Decimal(1), timezone="Pacific/Kiritimati")
    bill = Bill(bot.store, bot.clock, budget=lambda: budget, on_charge=lambda _: None)
    await bot.clock.advance(
        (datetime(2030, 3, 1, 12, tzinfo=UTC) - bot.clock.now()).total_seconds()
    )

    await bill.charge(ALT_TEXT)

    assert await bot.store.spent(date(2030, 3, 2)) == Decimal("0.005")


async def test_a_refused_post_still_costs_what_was_charged_before_it(bot: Bot) -> None:
    described(bot)
    bot.world.x.script = [PostRejected("X does not want it.")]

    run = await bot.settle((await bot.start()).id)

    assert run.state is RunState.FAILED
    assert await spends(bot, run.id) == {
        "video": (Decimal("0.80"), "settled"),
        "x:@reelbot": (Decimal("0.015"), "released"),
        "x:@reelbot, alt text": (Decimal("0.005"), "settled"),
    }
    assert await today(bot) == Decimal("0.805")


async def test_a_description_that_a_retry_uses_again_is_given_back(bot: Bot) -> None:
    described(bot)
    bot.world.x.script = [PostRejected("X does not want it.")]
    run = await bot.settle((await bot.start()).id)

    await bot.tell("retry", run.id)
    run = await bot.settle(run.id)

    assert run.state is RunState.SUCCEEDED
    assert {s.state.value for s in await bot.store.spends(run.id)} == {"settled", "released"}
    assert await today(bot) == Decimal("0.82")


async def test_a_post_that_was_never_got_ready_costs_nothing(bot: Bot) -> None:
    described(bot)

    async def refuse(*_: object) -> dict[str, str]:
        raise PostRejected("X does not want it.")

    bot.ports.publishers["x"].prepare = refuse

    run = await bot.settle((await bot.start()).id)

    found = await spends(bot, run.id)
    assert found["x:@reelbot"] == (Decimal("0.015"), "released")
    assert found["x:@reelbot, alt text"] == (Decimal("0.005"), "released")
    assert await today(bot) == Decimal("0.80")


async def test_cancelled_between_two_tries_it_costs_what_was_charged_before_the_post(
    bot: Bot,
) -> None:
    described(bot)
    bot.world.x.script = [TargetUnavailable(retry_after=600)]
    run = await bot.start(targets=(X,))
    while (run := await bot.advance(run.id)).reason != "backoff":
        await bot.clock.advance(20)

    await bot.tell("cancel", run.id)

    assert await spends(bot, run.id) == {
        "video": (Decimal("0.80"), "settled"),
        "x:@reelbot": (Decimal("0.015"), "released"),
        "x:@reelbot, alt text": (Decimal("0.005"), "settled"),
    }


async def test_an_uncertain_post_stays_promised_and_counts_as_spent_when_given_up(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, authoritative=False)
    world.x.script, world.x.lag = ["lose"], 10_000
    async with world.boot() as bot:
        described(bot)
        run = await bot.settle((await bot.start()).id)
        assert run.state is RunState.ATTENTION
        assert (await spends(bot, run.id))["x:@reelbot"] == (Decimal("0.015"), "reserved")

        await bot.tell("resolve", run.id, answer="give-up")

        assert (await spends(bot, run.id))["x:@reelbot"] == (Decimal("0.015"), "settled")
        assert await today(bot) == Decimal("0.82")


# --- what a target will never take is refused before it is paid for ------------------------------


@pytest.mark.parametrize(
    "shape, why",
    [
        ({"seconds": 200}, "takes at most 140 seconds, not 200"),
        ({"size": "3000x900"}, "takes no shape longer than 3:1, not 3000x900"),
        ({"size": "40x20"}, "takes no side shorter than 32 pixels, not 40x20"),
    ],
)
async def test_a_video_no_target_takes_is_refused_before_money_is_promised(
    bot: Bot, shape: dict[str, object], why: str
) -> None:
    video = replace(make_request().video, **shape)
    model = bot.provider.capabilities.models["m1"]
    able = replace(model, sizes=(video.size,), seconds=(video.seconds,))
    bot.provider.capabilities.models["m1"] = able

    run = await bot.settle((await bot.start(video=video)).id)

    assert run.state is RunState.FAILED
    assert run.failure
    assert (run.failure.code, run.failure.message) == ("post_rejected", f"x:@reelbot {why}.")
    assert bot.world.vendor.jobs == {}
    assert await bot.store.spends(run.id) == []


async def test_a_kept_video_that_the_new_target_will_never_take_is_not_posted_there(
    bot: Bot,
) -> None:
    found = await bot.world.media.inspect(Asset(sha256="", path="", media_type="", bytes=0))
    bot.world.media.found = replace(found, seconds=200.0)
    run = await bot.settle((await bot.start(targets=(SLACK,))).id)

    answer = await bot.tell("post", run.id, target="x:@reelbot")

    assert answer == "x:@reelbot takes at most 140 seconds, not 200."
    assert (await bot.store.get_run(run.id)).state is RunState.SUCCEEDED


# --- what people approve is what goes out --------------------------------------------------------


async def test_a_network_gets_the_very_bytes_that_were_approved(tmp_path: Path) -> None:
    """Also where a try failed, the process began anew and the words were edited in between."""
    world = World(tmp_path)
    world.media.refits = True
    async with world.boot() as bot:
        run = await bot.settle((await bot.start(approval=True)).id)
        await bot.tell("edit", run.id, caption="Better.")
        run = await bot.settle(run.id)
    assert run.posts
    approved = {str(post.target): post.asset.sha256 for post in run.posts}
    assert run.video
    assert run.video.sha256 not in approved.values(), "they were made to fit before"
    world.x.script = [TargetUnavailable(), PostRejected("no")]

    async with world.boot() as bot:
        await bot.tell("approve", run.id)
        await bot.settle(run.id)
    async with world.boot() as bot:
        await bot.tell("retry", run.id)
        run = await bot.settle(run.id)

    assert run.state is RunState.SUCCEEDED
    assert world.x.assets == {"x:@reelbot": [approved["x:@reelbot"]]}
    assert world.slack.assets == {"slack:#cats": [approved["slack:#cats"]]}
