"""A video is posted on X once, whatever happens on the way: real HTTP, real ledger."""

from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from bot.domain.account import Manner
from bot.domain.budget import SpendState
from bot.domain.effect import EffectState
from bot.domain.post import DeliveryStatus
from bot.domain.run import RunState
from bot.pipeline import Bill
from tests.clock import FakeClock
from tests.fake_x import Cut, FakeX, Garbled, Hang, RateLimit, Reset, Status
from tests.fakes import Killed, Killer, World, X
from tests.mortal import DiskMedia, Mortal
from tests.x_stage import credentials, publisher_of

#: What a post needs, in its order.
CALLS = ["me", "initialize", "append", "finalize", "status", "metadata", "post"]
#: Nobody knows whether it happened; by whether it did.
LOST = {
    "timeout before": Hang(),
    "timeout after": Hang(happens=True),
    "reset before": Reset(),
    "reset after": Reset(happens=True),
    "500 before": Status(500),
    "500 after": Status(500, happens=True),
    "503 before": Status(503),
    "503 after": Status(503, happens=True),
    "cut after": Cut(),
    "junk after": Garbled(),
}
#: X says that it did not happen, and a person can put it right.
PAUSED = {
    "401": (Status(401), "does not accept the credentials"),
    "402": (Status(402), "out of credits"),
    "403": (Status(403), "lack a permission"),
}
POLICY = {
    "title": "Forbidden",
    "type": "about:blank",
    "status": 403,
    "detail": "This request looks like it might be automated.",
}


def call_of(request):
    return f"{request.method} {request.url.path}"


@pytest.fixture
async def x():
    fake = FakeX(FakeClock())
    fake.account("@reelbot")
    async with fake.serving():
        yield fake


@pytest.fixture
def world(tmp_path, x):
    world = World(tmp_path, clock=x.world.clock)
    world.media = DiskMedia(tmp_path)
    return world


@asynccontextmanager
async def boot(world, x, killer=None, patience=30.0, owner="@reelbot"):
    transport = Mortal(killer or Killer(), call_of)
    client = httpx.AsyncClient(base_url=x.url, timeout=patience, transport=transport)
    signed = {"@reelbot": credentials(x, owner)}
    async with world.boot() as bot, client:
        bill = Bill(bot.store, bot.clock, budget=bot.ports.budget, on_charge=lambda _: None)
        bot.ports.publishers["x"] = publisher_of(
            client, signed, world.media, world.clock, bill.charge, links=Manner.KEEP
        )
        yield bot


@pytest.fixture
async def bot(world, x, request):
    """A bot that is impatient only where it is not answered at all."""
    fault = getattr(request.node, "callspec", None) and request.node.callspec.params.get("fault")
    async with boot(world, x, patience=0.5 if "timeout" in (fault or "") else 30) as bot:
        yield bot


async def start(bot, **changes):
    return (await bot.start(targets=(X,), **changes)).id


async def rest(bot, run_id, reason="target_paused"):
    """Advance until the run rests or waits for *reason*."""
    for _ in range(100):
        run = await bot.advance(run_id)
        if run.state.is_terminal or run.state is RunState.ATTENTION or run.reason == reason:
            return run
        ahead = (bot.waker.due[run_id] - bot.clock.now()).total_seconds()
        await bot.clock.advance(max(ahead, 0))
    raise AssertionError(f"the run never rests: {run}")


def assert_posted_once(run, x):
    [post] = x.feed.all
    assert (post.text, post.made_with_ai, post.media[0].alt_text) == ("A cat.", True, "A cat.")
    assert run.state is RunState.SUCCEEDED
    [delivery] = run.deliveries
    assert delivery.status is DeliveryStatus.DELIVERED
    assert delivery.remote_id == post.id
    assert delivery.url == f"https://x.com/reelbot/status/{post.id}"
    assert delivery.cost == Decimal("0.015")


def assert_asks_a_person(run, x, said):
    """Nothing is sent again on a guess."""
    assert run.state is RunState.ATTENTION
    [delivery] = run.deliveries
    assert delivery.status is DeliveryStatus.UNCERTAIN
    assert said in delivery.detail
    assert delivery.hint
    assert x.count("post") == 1


# --- every call, every fault ---------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("call", CALLS)
async def test_whatever_answer_is_lost_nothing_is_posted_twice(bot, x, call, fault):
    x.fail(call, LOST[fault])
    run = await bot.settle(await start(bot))
    if call == "post" and "before" in fault:
        assert x.feed.all == []
        assert_asks_a_person(run, x, "nothing was found")
    else:
        assert_posted_once(run, x)
    assert x.count("post") == 1
    # What may have been charged counts, so that it is never too little.
    assert 0 <= await billed(bot) - x.credits.spent <= Decimal("0.015")


@pytest.mark.parametrize("call", CALLS)
async def test_a_limit_is_waited_for_and_kept(bot, x, call):
    x.fail(call, RateLimit(300))
    run = await bot.settle(await start(bot))
    assert_posted_once(run, x)
    times = [one.at for one in x.called(call)]
    assert (times[1] - times[0]).total_seconds() >= 299


@pytest.mark.parametrize("fault", PAUSED)
@pytest.mark.parametrize("call", CALLS)
async def test_what_a_person_can_put_right_pauses_until_it_is(bot, x, call, fault):
    status, said = PAUSED[fault]
    x.fail(call, status)
    run_id = await start(bot)
    run = await rest(bot, run_id)
    assert (run.state, run.reason) == (RunState.WAITING, "target_paused")
    assert said in run.failure.message
    assert run.failure.hint
    assert x.feed.all == []
    assert_posted_once(await bot.settle(run_id), x)


@pytest.mark.parametrize("call", CALLS[1:])
async def test_what_x_will_never_take_fails_with_its_words(bot, x, call):
    x.fail(call, Status(403, POLICY))
    run = await bot.settle(await start(bot))
    assert run.state is RunState.FAILED
    [delivery] = run.deliveries
    assert delivery.status is DeliveryStatus.FAILED
    assert "This request looks like it might be automated" in delivery.detail
    assert delivery.hint
    assert x.feed.all == []


@pytest.mark.parametrize("fault", [*LOST, "429", *PAUSED])
async def test_a_lost_post_is_found_whatever_the_first_looks_meet(bot, x, fault):
    x.fail("post", Reset(happens=True))
    known = LOST | {name: status for name, (status, _) in PAUSED.items()}
    x.fail("timeline", known.get(fault, RateLimit(300)), times=2)
    run = await bot.settle(await start(bot))
    assert_posted_once(run, x)
    assert x.count("post") == 1
    assert x.count("timeline") == 3


@pytest.mark.parametrize("fault", [*LOST, "429", *PAUSED, "policy"])
async def test_an_undo_that_fails_says_so_and_can_be_asked_for_again(bot, x, fault):
    run_id = await start(bot)
    await bot.settle(run_id)
    known = LOST | {name: status for name, (status, _) in PAUSED.items()}
    x.fail("delete", known.get(fault, RateLimit(300) if fault == "429" else Status(403, POLICY)))
    answer = await bot.tell("undo", run_id)
    assert answer.startswith("Nothing was taken down. x:@reelbot: ")
    answer = await bot.tell("undo", run_id)
    assert answer == "Taken down from x:@reelbot by ann."
    assert x.posts == []


async def test_a_post_that_is_gone_already_is_taken_down(bot, x):
    run_id = await start(bot)
    await bot.settle(run_id)
    x.feed.all.clear()
    assert await bot.tell("undo", run_id) == "Taken down from x:@reelbot by ann."


# --- lost posts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lag", [0, 20, 100, 200])
async def test_a_timeline_that_lags_is_waited_for(bot, x, lag):
    x.feed.lag = lag
    x.fail("post", Reset(happens=True))
    assert_posted_once(await bot.settle(await start(bot)), x)
    assert x.count("post") == 1


async def test_a_post_that_never_shows_is_for_a_person_to_decide(bot, x):
    x.feed.showings.append("never")
    x.fail("post", Reset(happens=True))
    run = await bot.settle(await start(bot))
    assert_asks_a_person(run, x, "nothing was found")
    first, *_, last = x.called("timeline")
    assert last.at - first.at >= timedelta(minutes=3)


async def test_a_post_is_known_by_its_words_where_x_does_not_tell_its_media(bot, x):
    x.feed.showings.append("bare")
    x.fail("post", Reset(happens=True))
    assert_posted_once(await bot.settle(await start(bot)), x)


async def test_between_two_posts_with_the_words_a_person_chooses(bot, x):
    x.feed.remembers = 0
    x.feed.showings.extend(["bare", "bare"])
    x.fail("post", Reset(happens=True))
    run_id = await start(bot)
    await rest(bot, run_id, reason="backoff")
    [mine] = x.feed.all
    x.feed.create(mine.body, mine.account, x.world.now())
    run = await bot.settle(run_id)
    assert_asks_a_person(run, x, "2 candidates were found")


async def test_the_same_words_that_somebody_else_made_of_it_are_not_ours(bot, x):
    """Media told: the post with our words and another video is no candidate."""
    x.feed.showings.append("never")
    x.feed.remembers = 0
    x.fail("post", Reset(happens=True))
    run_id = await start(bot)
    await rest(bot, run_id, reason="backoff")
    [mine] = x.feed.all
    other = x.library.initialize(
        {"media_category": "tweet_video", "media_type": "video/mp4", "total_bytes": 1},
        mine.account,
        x.world.now(),
    )
    post = x.feed.create({"text": "A cat."}, mine.account, x.world.now())
    post.media = [other]
    run = await bot.settle(run_id)
    assert_asks_a_person(run, x, "nothing was found")


async def test_the_same_words_without_a_video_are_not_ours(bot, x):
    """X tells of no media because there is none: somebody posted the words by hand."""
    x.feed.showings.append("never")
    x.feed.remembers = 0
    x.fail("post", Reset(happens=True))
    run_id = await start(bot)
    await rest(bot, run_id, reason="backoff")
    [mine] = x.feed.all
    x.feed.create({"text": "A cat."}, mine.account, x.world.now())
    run = await bot.settle(run_id)
    assert_asks_a_person(run, x, "nothing was found")


async def test_a_person_who_wrongly_says_not_sent_does_not_make_it_twice(bot, x):
    x.feed.lag = 3600
    x.fail("post", Reset(happens=True))
    run_id = await start(bot)
    await bot.settle(run_id)
    await bot.clock.advance(3600)
    await bot.tell("resolve", run_id, answer="not-sent")
    assert_posted_once(await bot.settle(run_id), x)
    assert x.count("post") == 2


async def test_the_same_when_the_upload_had_to_be_made_again(bot, x):
    x.feed.remembers = 48 * 3600
    x.feed.lag = 23.5 * 3600
    x.fail("post", Reset(happens=True))
    run_id = await start(bot)
    await bot.settle(run_id)
    await bot.clock.advance(23.5 * 3600)
    await bot.tell("resolve", run_id, answer="not-sent")
    assert_posted_once(await bot.settle(run_id), x)
    assert x.count("initialize") == 2


async def test_a_person_is_asked_again_where_x_has_had_the_words_but_does_not_show_them(bot, x):
    x.feed.showings.append("never")
    x.fail("post", Reset(happens=True))
    run_id = await start(bot)
    await bot.settle(run_id)
    await bot.tell("resolve", run_id, answer="not-sent")
    run = await bot.settle(run_id)
    assert run.state is RunState.ATTENTION
    assert run.deliveries[0].status is DeliveryStatus.UNCERTAIN
    assert (x.count("post"), len(x.feed.all)) == (2, 1)
    assert await bot.tell("resolve", run_id, answer="happened", id=x.feed.all[0].id)
    assert (await bot.settle(run_id)).state is RunState.SUCCEEDED


async def test_words_that_x_has_had_are_refused_for_good(bot, x):
    other = await start(bot, key="other")
    await bot.settle(other)
    run = await bot.settle(await start(bot))
    assert run.state is RunState.FAILED
    [delivery] = run.deliveries
    assert delivery.status is DeliveryStatus.FAILED
    assert "duplicate content" in delivery.detail
    assert delivery.hint
    assert len(x.feed.all) == 1


# --- uploads -------------------------------------------------------------------------------------


async def effects_of(bot, run_id):
    return [e for e in await bot.store.effects(run_id) if e.kind == "post"]


async def test_the_upload_is_used_again_after_a_pause(bot, x):
    x.fail("post", Status(402), times=3)
    run_id = await start(bot)
    assert_posted_once(await bot.settle(run_id), x)
    assert x.count("initialize") == x.count("metadata") == 1
    [effect] = await effects_of(bot, run_id)
    assert (effect.state, effect.attempts) == (EffectState.DONE, 4)


@pytest.mark.parametrize("trouble", [Status(402), Status(503), RateLimit(60)])
async def test_a_description_that_fails_uploads_nothing_again(bot, x, trouble):
    x.fail("metadata", trouble, times=3)
    assert_posted_once(await bot.settle(await start(bot)), x)
    assert x.count("initialize") == 1
    assert x.count("metadata") == 4


async def test_an_upload_that_is_a_day_old_is_made_again(bot, x):
    x.fail("post", Status(402), times=24 * 4)
    assert_posted_once(await bot.settle(await start(bot)), x)
    assert x.count("initialize") == 2


async def test_an_upload_that_x_has_forgotten_is_made_again(bot, x):
    x.fail("post", Status(402))
    run_id = await start(bot)
    await rest(bot, run_id)
    x.library.all.clear()
    assert_posted_once(await bot.settle(run_id), x)
    assert (x.count("initialize"), x.count("post")) == (2, 3)


async def test_a_fresh_upload_that_x_refuses_is_not_made_again(bot, x):
    invalid = {"errors": [{"parameters": {}, "message": "Your media IDs are invalid."}]}
    x.fail("post", Status(400, invalid), times=2)
    run = await bot.settle(await start(bot))
    assert run.state is RunState.FAILED
    assert "Your media IDs are invalid" in run.deliveries[0].detail
    assert x.count("initialize") == x.count("post") == 1


async def test_a_retry_of_other_words_uses_the_upload(bot, x):
    x.fail("post", Status(402), times=9)
    run_id = await start(bot, approval=True)
    await bot.settle(run_id)
    await bot.tell("approve", run_id)
    await rest(bot, run_id)
    await bot.tell("edit", run_id, caption="Another cat.")
    await bot.tell("approve", run_id)
    await bot.settle(run_id)
    assert [post.text for post in x.feed.all] == ["Another cat."]
    assert x.count("initialize") == 1


# --- the bill ------------------------------------------------------------------------------------


async def billed(bot):
    """Return what X has charged by the bill: all that the budget counts but the videos."""
    first, now = bot.clock.start.date(), bot.clock.now().date()
    days = [first + timedelta(days=n) for n in range((now - first).days + 1)]
    total = sum([await bot.store.spent(day) for day in days], Decimal(0))
    runs = await bot.store.list_runs()
    spends = [spend for run in runs for spend in await bot.store.spends(run.id)]
    videos = [s for s in spends if s.what == "video" and s.state is not SpendState.RELEASED]
    return total - sum(spend.usd for spend in videos)


async def plainly(bot, _x):
    await bot.settle(await start(bot, template=None, prompt="A cat.", caption="A cat."))


async def described(bot, _x):
    await bot.settle(await start(bot))


async def with_a_link(bot, _x):
    await bot.settle(await start(bot, caption="A cat: https://example.com/"))


async def twice_for_one_account(bot, _x):
    for words in ("A cat.", "Another cat."):
        await bot.settle(await start(bot, key=words, caption=words))
        await bot.clock.advance(24 * 3600)


async def after_three_pauses(bot, x):
    x.fail("post", Status(402), times=3)
    await bot.settle(await start(bot))


async def refused(bot, x):
    x.fail("post", Status(403, POLICY))
    await bot.settle(await start(bot))


async def retried_with_the_upload(bot, x):
    x.fail("post", Status(403, POLICY))
    run_id = await start(bot)
    await bot.settle(run_id)
    await bot.tell("retry", run_id)
    assert_posted_once(await bot.settle(run_id), x)
    assert x.count("metadata") == 1


async def refused_twice(bot, x):
    x.fail("post", Status(403, POLICY), times=2)
    run_id = await start(bot)
    await bot.settle(run_id)
    await bot.tell("retry", run_id)
    await bot.settle(run_id)


async def described_twice(bot, x):
    x.fail("metadata", Status(500, happens=True))
    await bot.settle(await start(bot))
    assert x.count("metadata") == 2


async def uploaded_twice(bot, x):
    x.fail("post", Status(402))
    run_id = await start(bot)
    await rest(bot, run_id)
    x.library.all.clear()
    assert_posted_once(await bot.settle(run_id), x)
    assert x.count("metadata") == 2


async def lost_and_found(bot, x):
    x.feed.lag = 200
    account = next(iter(x.people.accounts.values()))
    for n in range(120):  # more than a page
        x.feed.create({"text": f"Cat {n}."}, account, x.world.now())
    x.fail("post", Reset(happens=True))
    await bot.settle(await start(bot))
    assert x.count("timeline") > 1


async def lost_and_found_after_a_page_that_failed(bot, x):
    account = next(iter(x.people.accounts.values()))
    x.fail("post", Reset(happens=True))
    run_id = await start(bot)
    await rest(bot, run_id, reason="backoff")
    for n in range(120):
        await bot.clock.advance(0.001)
        x.feed.create({"text": f"Cat {n}."}, account, x.world.now())
    x.fail("timeline", Status(503), after=1)
    await bot.settle(run_id)
    assert x.count("timeline") == 4


async def lost_at_the_end_of_a_day(bot, x):
    x.feed.lag = 300
    now = bot.clock.now()
    midnight = now.replace(hour=0, minute=0) + timedelta(days=1, minutes=-4)
    await bot.clock.advance((midnight - now).total_seconds())
    x.fail("post", Reset(happens=True))
    await bot.settle(await start(bot))


async def lost_and_never_found(bot, x):
    await bot.settle(await start(bot, key="other", caption="Another cat."))
    x.feed.showings.append("never")
    x.fail("post", Reset(happens=True))
    assert (await bot.settle(await start(bot))).state is RunState.ATTENTION


async def lost_and_given_up(bot, x):
    x.feed.showings.append("never")
    x.fail("post", Reset(happens=True))
    run_id = await start(bot)
    await bot.settle(run_id)
    await bot.tell("resolve", run_id, answer="give-up")
    await bot.settle(run_id)


async def lost_and_said_to_be_there(bot, x):
    x.feed.showings.append("never")
    x.fail("post", Reset(happens=True))
    run_id = await start(bot)
    await bot.settle(run_id)
    await bot.tell("resolve", run_id, answer="happened", id=x.feed.all[0].id)
    await bot.settle(run_id)


async def lost_and_wrongly_said_to_be_missing(bot, x):
    await test_a_person_who_wrongly_says_not_sent_does_not_make_it_twice(bot, x)


async def with_words_that_x_has_had(bot, x):
    await test_words_that_x_has_had_are_refused_for_good(bot, x)


async def undone(bot, _x):
    run_id = await start(bot)
    await bot.settle(run_id)
    await bot.tell("undo", run_id)


async def undone_without_an_answer(bot, x):
    x.fail("delete", Status(500, happens=True))
    run_id = await start(bot)
    await bot.settle(run_id)
    assert (await bot.tell("undo", run_id)).startswith("Nothing was taken down.")
    x.feed.all.clear()
    await bot.tell("undo", run_id)
    assert x.count("delete") == 2


async def undone_after_somebody_else_did(bot, x):
    await test_a_post_that_is_gone_already_is_taken_down(bot, x)


BILLED = [
    plainly,
    described,
    with_a_link,
    twice_for_one_account,
    after_three_pauses,
    refused,
    retried_with_the_upload,
    refused_twice,
    described_twice,
    uploaded_twice,
    lost_and_found,
    lost_and_found_after_a_page_that_failed,
    lost_at_the_end_of_a_day,
    lost_and_never_found,
    lost_and_given_up,
    lost_and_said_to_be_there,
    lost_and_wrongly_said_to_be_missing,
    with_words_that_x_has_had,
    undone,
    undone_without_an_answer,
    undone_after_somebody_else_did,
]


@pytest.mark.parametrize("posting", BILLED, ids=lambda posting: posting.__name__)
async def test_the_bill_is_that_of_x(bot, x, posting):
    await posting(bot, x)
    assert await billed(bot) == x.credits.spent


async def test_a_process_that_begins_again_may_count_twice_what_x_reads_once(world, x):
    for words in ("A cat.", "Another cat."):
        async with boot(world, x) as bot:
            await bot.settle(await start(bot, key=words, caption=words))
    async with boot(world, x) as bot:
        assert await billed(bot) - x.credits.spent == Decimal("0.010")


# --- killed --------------------------------------------------------------------------------------


async def test_killed_between_any_two_calls_it_goes_on_and_posts_once(tmp_path, x):
    killer = Killer()
    for at in range(1, 100):
        folder = tmp_path / str(at)
        folder.mkdir()
        world = World(folder, clock=x.world.clock)
        world.media = DiskMedia(folder)
        x.feed.all.clear()
        killer = Killer(at)
        async with boot(world, x, killer) as bot:
            run_id = await start(bot)
            try:
                await bot.settle(run_id)
            except (Killed, BaseExceptionGroup):  # segments go up side by side
                await bot.store.release_all()
        died_of = killer.passed[-1]
        async with boot(world, x) as bot:
            await bot.store.release_all()
            run = await bot.settle(run_id)
        if died_of == "POST /2/tweets: before":  # nobody can tell, so nobody sends it again
            assert x.feed.all == []
            assert run.deliveries[0].status is DeliveryStatus.UNCERTAIN
        else:
            assert len(x.feed.all) == 1, died_of
            assert run.state is RunState.SUCCEEDED, died_of
        if len(killer.passed) < at:
            break
    assert len(killer.passed) >= 14
    paths = {line.split(":")[0].rsplit("/", 1)[-1] for line in killer.passed}
    assert paths == {"me", "initialize", "append", "finalize", "upload", "metadata", "tweets"}


# --- accounts ------------------------------------------------------------------------------------


async def test_ten_runs_of_a_paused_account_ask_x_once_in_a_quarter_of_an_hour(bot, x):
    x.credits.balance = Decimal(0)
    runs = [await start(bot, key=f"cat@{n}") for n in range(10)]
    messages = set()
    for run_id in runs:
        run = await rest(bot, run_id)
        assert run.reason == "target_paused"
        messages.add(run.failure.message)
    assert messages == {"The X app is out of credits."}
    assert len(x.calls) == 1
    await bot.clock.advance(15 * 60)
    for run_id in runs:
        assert (await bot.advance(run_id)).reason == "target_paused"
    assert len(x.calls) == 2
    x.credits.balance = Decimal(10)
    x.feed.remembers = 0
    for run_id in runs:
        assert (await bot.settle(run_id)).state is RunState.SUCCEEDED
    assert len(x.feed.all) == 10


async def test_the_credentials_of_another_account_post_nothing(world, x):
    async with boot(world, x, owner="@stranger") as bot:
        run = await rest(bot, await start(bot))
    assert run.reason == "target_paused"
    assert run.failure.message == "The credentials for x:@reelbot are those of @stranger."
    assert run.failure.hint
    assert {call.name for call in x.calls} == {"me"}


@pytest.mark.parametrize("seconds, word", [(61, "behind"), (-3600, "ahead of")])
async def test_a_wrong_clock_posts_nothing_until_it_is_put_right(bot, x, seconds, word):
    x.skew = seconds
    run_id = await start(bot)
    run = await rest(bot, run_id)
    assert run.reason == "target_paused"
    assert f"is {abs(seconds)} seconds {word} that of X" in run.failure.message
    assert {call.name for call in x.calls} == {"me"}
    x.skew = 0
    assert_posted_once(await bot.settle(run_id), x)
