"""What is particular about posting on X: bodies, accounts, uploads, lost posts, money."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from bot.domain.account import Account, Manner, PostPrices, Replies
from bot.domain.budget import Charge, Item
from bot.domain.post import Delivery, Post, Target, Words
from bot.domain.video import Asset
from bot.errors import (
    AmbiguousPost,
    PostRejected,
    StoreError,
    TargetPaused,
    TargetUnavailable,
)
from bot.publishers.feed import Feed
from bot.publishers.showcase import Showcase
from bot.publishers.x import XPublisher
from bot.x_api.sign import oauth1
from bot.x_api.web_api import XApi
from tests.clock import FakeClock
from tests.fake_x import FakeX, Processing, RateLimit, Reset, Status, SystemClock
from tests.x_stage import Bearer, credentials, nobody, publisher_of

SIZE = 70_000
TARGET = Target.parse("x:@reelbot")


class Shelf:
    """A media library with one file."""

    def __init__(self, folder):
        self.file = folder / "clip.mp4"
        self.file.write_bytes(b"x" * SIZE)

    def path(self, asset):
        return self.file


class Leaping(FakeClock):
    """A clock that moves to the end of every sleep by itself."""

    async def sleep(self, seconds):
        await self.advance(seconds)


@pytest.fixture
def clock():
    return Leaping()


@pytest.fixture
async def x(clock):
    fake = FakeX(clock)
    fake.library.processing = Processing(pending=0, working=0)
    async with fake.serving():
        yield fake


@pytest.fixture
def media(tmp_path):
    return Shelf(tmp_path)


@pytest.fixture
async def client(x):
    async with httpx.AsyncClient(base_url=x.url) as client:
        yield client


@pytest.fixture
def charges():
    return []


@pytest.fixture
def make(x, media, clock, client, charges):
    """Return what makes a publisher for these accounts."""

    async def charge(one):
        charges.append(one)

    def make(*handles, **account):
        signed = {handle: credentials(x, handle) for handle in handles or ("@reelbot",)}
        return publisher_of(client, signed, media, clock, charge, **account)

    return make


def make_post(**changes):
    post = Post(
        run_id="run-1",
        target=TARGET,
        caption="A cat.",
        alt_text="A tabby in a red boat.",
        asset=Asset(sha256="0" * 64, path="clip.mp4", media_type="video/mp4", bytes=SIZE),
        thumbnail=None,
        simulated=False,
    )
    return replace(post, **changes)


async def publish(publisher, post):
    return await publisher.publish(post, await publisher.prepare(post))


# --- what is sent --------------------------------------------------------------------------------


async def test_a_post_is_its_words_its_video_and_its_label(x, make):
    await publish(make(), make_post())
    [post] = x.posts
    media = post.media[0]
    expected = {"text": "A cat.", "media": {"media_ids": [media.id]}, "made_with_ai": True}
    assert post.body == expected
    assert (media.alt_text, media.size) == ("A tabby in a red boat.", SIZE)


async def test_the_label_is_left_off_where_the_file_says_so(x, make):
    await publish(make(unlabelled_by="Mia"), make_post())
    assert "made_with_ai" not in x.posts[0].body


@pytest.mark.parametrize(
    "replies, sent",
    [
        (Replies.FOLLOWING, "following"),
        (Replies.MENTIONED, "mentionedUsers"),
        (Replies.SUBSCRIBERS, "subscribers"),
        (Replies.VERIFIED, "verified"),
        (Replies.EVERYONE, None),
    ],
)
async def test_who_may_reply_is_up_to_the_account(x, make, replies, sent):
    await publish(make(replies=replies), make_post())
    assert x.posts[0].body.get("reply_settings") == sent


async def test_an_account_may_post_in_a_community(x, make):
    publisher = make(community="12345")
    [account] = x.people.accounts.values()
    account.communities.add("12345")
    await publish(publisher, make_post())
    assert x.posts[0].body["community_id"] == "12345"


async def test_a_post_may_go_without_a_description(x, make):
    await publish(make(), make_post(alt_text=None))
    assert x.count("metadata") == 0
    assert len(x.posts) == 1


async def test_a_description_that_x_does_not_take_is_refused_before_anything_is_paid_for(x, make):
    publisher = make()
    assert publisher.estimate(TARGET, "A cat.", "é" * 1000).usd
    with pytest.raises(PostRejected, match="1001 characters; X takes 1000"):
        publisher.estimate(TARGET, "A cat.", "é" * 1001)


async def test_what_is_simulated_never_leaves(x, make):
    publisher = make()
    assert not publisher.takes_simulated(TARGET)
    with pytest.raises(PostRejected, match="SIMULATED and must not reach x:@reelbot"):
        await publisher.prepare(make_post(simulated=True))
    assert x.calls == []


async def test_a_post_needs_words(x, make):
    publisher = make()
    with pytest.raises(PostRejected, match="needs a caption"):
        publisher.word(TARGET, Words(caption=None))
    with pytest.raises(PostRejected, match="needs a caption"):
        await publisher.prepare(make_post(caption=None))
    assert x.calls == []


async def test_an_answer_that_names_no_post_leaves_open_whether_there_is_one(x, make):
    x.fail("post", Status(200, {"data": {}}))
    with pytest.raises(AmbiguousPost, match="without saying what became of it"):
        await publish(make(), make_post())


# --- accounts ------------------------------------------------------------------------------------


async def test_every_account_posts_as_itself(x, make):
    publisher = make("@reelbot", "@catbot")
    for handle in ("@catbot", "@reelbot", "@CatBot"):
        post = make_post(target=Target.parse(f"x:{handle}"), caption=f"A cat for {handle[1:]}.")
        delivery = await publish(publisher, post)
        posted = x.posts[-1]
        assert delivery.target == post.target
        assert delivery.url == f"https://x.com/{posted.account.handle}/status/{posted.id}"
    assert [post.account.handle for post in x.posts] == ["catbot", "reelbot", "catbot"]
    assert x.count("me") == 2


async def test_a_target_without_an_account_waits_and_names_the_known_ones(x, make):
    publisher, target = make("@reelbot", "@catbot"), Target.parse("x:@other")
    for ask in (
        lambda: publisher.limits(target),
        lambda: publisher.word(target, Words(caption="A cat.")),
    ):
        with pytest.raises(TargetPaused, match="for x:@other; known accounts: @catbot, @reelbot"):
            ask()
    with pytest.raises(TargetPaused, match="for x:@other"):
        await publisher.check(target)
    assert x.calls == []


async def test_how_long_and_how_large_a_video_may_be_is_up_to_the_account(make):
    limits = make(max_seconds=600.0, max_bytes=10).limits(TARGET)
    assert (limits.max_seconds, limits.max_bytes) == (600, 10)
    assert (limits.max_width, limits.max_height, limits.max_fps) == (1280, 1024, 60)


async def test_x_is_asked_once_whose_the_credentials_are(x, make):
    publisher = make()
    await asyncio.gather(*(publisher.check(TARGET) for _ in range(10)))
    await publish(publisher, make_post())
    assert x.count("me") == 1


async def test_what_x_says_to_one_counts_for_all_who_wait_to_ask(x, make):
    publisher = make()
    x.fail("me", Status(402))
    told = await asyncio.gather(
        *(publisher.check(TARGET) for _ in range(10)), return_exceptions=True
    )
    assert {type(error) for error in told} == {TargetPaused}
    assert x.count("me") == 1


async def test_other_credentials_are_asked_about_anew(x, media, clock, client):
    apis = [XApi(client, credentials(x, handle), clock=clock) for handle in ("@reelbot", "@other")]
    publisher = XPublisher(
        lambda: {"@reelbot": Account(handle="@reelbot")},
        lambda _account: apis[0],
        media=media,
        clock=clock,
        charge=nobody,
    )
    handle = await publisher.prepare(make_post())
    del apis[0]
    with pytest.raises(TargetPaused, match="for x:@reelbot are those of @other"):
        await publisher.publish(make_post(), handle)
    assert x.posts == []


async def test_a_paused_account_holds_back_no_other(x, make):
    publisher = make("@reelbot", "@catbot")
    reelbot = next(a for a in x.people.accounts.values() if a.handle == "reelbot")
    x.fail("me", Status(401), account=reelbot)
    with pytest.raises(TargetPaused):
        await publisher.check(TARGET)
    await publish(publisher, make_post(target=Target.parse("x:@catbot")))
    assert len(x.posts) == 1


async def test_a_paused_account_is_left_alone_for_a_quarter_of_an_hour(x, make, clock):
    publisher = make()
    x.fail("me", Status(402))
    for _ in range(3):
        with pytest.raises(TargetPaused, match="out of credits") as paused:
            await publisher.check(TARGET)
        assert paused.value.hint
    await clock.advance(15 * 60 - 1)
    with pytest.raises(TargetPaused):
        await publisher.check(TARGET)
    assert x.count("me") == 1
    await clock.advance(1)
    await publisher.check(TARGET)
    assert x.count("me") == 2


async def test_an_edited_account_is_asked_about_at_once(x, client, media, clock):
    accounts = {"@reelbot": Account(handle="@reelbot")}
    api = XApi(client, credentials(x, "@reelbot"), clock=clock)
    publisher = XPublisher(
        lambda: accounts, lambda _account: api, media=media, clock=clock, charge=nobody
    )
    x.fail("me", Status(402))
    with pytest.raises(TargetPaused):
        await publisher.check(TARGET)
    accounts["@reelbot"] = Account(handle="@reelbot", replies=Replies.VERIFIED)
    await publisher.check(TARGET)


async def test_a_clock_that_goes_wrong_later_is_named_too(x, make):
    """X says of it no more than that it knows nobody."""
    publisher = make()
    handle = await publisher.prepare(make_post())
    x.skew = -90
    x.fail("post", Status(401))
    with pytest.raises(TargetPaused, match="90 seconds ahead of that of X"):
        await publisher.publish(make_post(), handle)


async def test_a_clock_that_is_put_right_is_noticed(x, make, clock):
    publisher = make()
    handle = await publisher.prepare(make_post())
    x.skew = -90
    await publisher.publish(make_post(), handle)
    x.skew = 0
    with pytest.raises(TargetPaused, match="90 seconds ahead of that of X"):
        await publisher.check(TARGET)
    await clock.advance(15 * 60)
    await publisher.check(TARGET)
    assert x.count("me") == 2


async def test_a_token_that_can_only_read_posts_nothing(media):
    clock = FakeClock(datetime.now(UTC))
    x = FakeX(clock)
    x.wall_clock = SystemClock()
    token, app = x.oauth1(x.account("@reelbot"), "read"), x.people.app
    signed = oauth1(app.consumer_key, app.consumer_secret, token.key, token.secret)
    async with x.serving(), httpx.AsyncClient(base_url=x.url) as client:
        publisher = publisher_of(client, {"@reelbot": signed}, media, clock)
        with pytest.raises(TargetPaused, match="made before the app had Read and write") as paused:
            await publisher.prepare(make_post())
    assert "regenerate" in paused.value.hint
    assert [call.name for call in x.calls] == ["me"]


# --- looking for a lost post ---------------------------------------------------------------------


async def lose(publisher, post, x):
    """Publish *post* and lose the answer; return its handle."""
    handle = await publisher.prepare(post)
    x.fail("post", Reset(happens=True))
    with pytest.raises(AmbiguousPost):
        await publisher.publish(post, handle)
    return handle


@pytest.mark.parametrize("newer, pages", [(0, 1), (99, 1), (100, 2), (250, 3)])
async def test_no_more_of_a_timeline_is_read_than_needed(x, make, clock, newer, pages):
    x.feed.lag = 0
    publisher, since = make(), clock.now()

    async def others(count):
        [account] = x.people.accounts.values()
        for _ in range(count):
            await clock.advance(0.001)
            x.feed.create({"text": f"Something else, {clock.elapsed}."}, account, clock.now())

    await others(150)
    handle = await lose(publisher, make_post(), x)
    mine = x.posts[-1]
    await others(newer)
    [found] = await publisher.find(make_post(), handle, since=since)
    assert found.remote_id == mine.id
    assert x.count("timeline") == pages


async def test_what_was_posted_long_before_is_not_read(x, make, clock):
    publisher = make()
    await publish(publisher, make_post(run_id="older", caption="An older cat."))
    await clock.advance(3600)
    since = clock.now()
    handle = await lose(publisher, make_post(), x)
    await clock.advance(90)
    before = x.credits.spent
    [found] = await publisher.find(make_post(), handle, since=since)
    assert x.credits.spent - before == Decimal("0.001")
    assert found.remote_id == x.posts[-1].id


@pytest.mark.parametrize(
    "caption",
    [
        "Tom & Jerry <3 &amp; so on",
        "See https://example.com/a?b=1 and https://example.com/c",
        "A cat  \n twice",
        "猫とボート",
    ],
)
async def test_words_are_known_again_as_x_shows_them(x, make, clock, caption):
    x.feed.showings.append("bare")
    publisher, since, post = make(), clock.now(), make_post(caption=caption)
    handle = await lose(publisher, post, x)
    await clock.advance(90)
    [found] = await publisher.find(post, handle, since=since)
    assert found.remote_id == x.posts[0].id


async def test_words_are_known_again_in_composed_letters(x, make, clock):
    x.feed.showings.append("bare")
    publisher, since, post = make(), clock.now(), make_post(caption="Cafe\u0301")
    handle = await lose(publisher, post, x)
    x.posts[0].body["text"] = "Caf\u00e9"
    await clock.advance(90)
    assert await publisher.find(post, handle, since=since)


async def test_words_of_an_hour_ago_are_not_taken_for_ours(x, make, clock):
    x.feed.showings.extend(["bare", "never"])
    x.feed.remembers = 60
    publisher = make()
    first = await publisher.prepare(make_post())
    await publisher.publish(make_post(), first)
    await clock.advance(600)
    since = clock.now()
    handle = await lose(publisher, make_post(), x) | {"from": first["from"]}
    await clock.advance(600)
    assert await publisher.find(make_post(), handle, since=since) == []


async def test_nothing_yet_is_looked_for_again_before_it_is_nothing(x, make, clock):
    x.feed.showings.append("never")
    publisher, since = make(), clock.now()
    handle = await lose(publisher, make_post(), x)
    await clock.advance(299)
    with pytest.raises(TargetUnavailable, match="does not show the post to x:@reelbot yet"):
        await publisher.find(make_post(), handle, since=since)
    await clock.advance(1)
    assert await publisher.find(make_post(), handle, since=since) == []


async def test_an_earlier_try_counts_only_with_the_same_words(x, make, clock):
    publisher = make()
    earlier = await lose(publisher, make_post(), x)
    await clock.advance(3600)
    since = clock.now()
    handle = await publisher.prepare(make_post(run_id="again")) | {
        "tried": earlier["key"],
        "from": earlier["from"],
    }
    [found] = await publisher.find(make_post(), handle, since=since)
    assert found.remote_id == x.posts[0].id
    await clock.advance(300)
    assert await publisher.find(make_post(caption="Another cat."), handle, since=since) == []


async def test_refused_words_of_another_run_are_not_taken_for_ours(x, make):
    """Not even where X does not tell the media."""
    x.feed.showings.append("bare")
    x.feed.lag = 0
    publisher = make()
    await publish(publisher, make_post())
    with pytest.raises(PostRejected, match="duplicate content"):
        await publish(publisher, make_post(run_id="run-2"))
    assert len(x.posts) == 1


@pytest.mark.parametrize("trouble", [Status(503), RateLimit(60)])
async def test_looking_after_refused_words_may_fail(x, make, trouble):
    publisher = make()
    await publish(publisher, make_post())
    x.fail("timeline", trouble)
    with pytest.raises(TargetUnavailable):
        await publish(publisher, make_post(run_id="run-2"))


# --- money ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("alt_text", [None, "A tabby."])
@pytest.mark.parametrize("caption", ["A cat.", "A cat: https://example.com/"])
async def test_a_post_and_its_description_cost_what_x_has_charged(
    x, make, charges, caption, alt_text
):
    publisher, post = make(links=Manner.KEEP), make_post(caption=caption, alt_text=alt_text)
    await publisher.check(TARGET)
    charges.clear()
    before = x.credits.spent
    delivery = await publish(publisher, post)
    described = [Charge(item=Item.ALT_TEXT, usd=Decimal("0.005"), target=TARGET, run_id="run-1")]
    assert charges == (described if alt_text else [])
    quoted = publisher.estimate(TARGET, caption, alt_text)
    assert (delivery.cost, delivery.cost + paid(charges)) == (quoted.sent, quoted.usd)
    assert x.credits.spent - before == quoted.usd


def paid(charges):
    return sum((charge.usd for charge in charges), Decimal(0))


async def test_whose_credentials_they_are_is_charged_once_a_day(x, make, charges, clock):
    asked = Charge(item=Item.USER, usd=Decimal("0.020"), target=TARGET)
    publisher = make(prices=PostPrices(user_read=Decimal("0.020")))
    for _ in range(3):
        await publisher.check(TARGET)
        x.fail("post", Status(402))
        with pytest.raises(TargetPaused):  # it is asked anew afterwards
            await publish(publisher, make_post(alt_text=None))
        await clock.advance(15 * 60)
    assert (x.count("me"), charges) == (3, [asked])
    await clock.advance(24 * 3600)
    x.fail("post", Status(402))
    with pytest.raises(TargetPaused):
        await publish(publisher, make_post(alt_text=None))
    await clock.advance(15 * 60)
    await publisher.check(TARGET)
    assert charges == [asked, asked]


async def test_each_post_that_a_look_lists_is_charged_once_a_day(x, make, charges, clock):
    x.feed.showings.append("never")
    publisher, since = make(), clock.now()
    await publisher.check(TARGET)
    handle = await lose(publisher, make_post(alt_text=None), x)
    charges.clear()
    account = next(iter(x.people.accounts.values()))
    for n in range(3):
        x.feed.create({"text": f"Another, {n}."}, account, clock.now())
        await clock.advance(90)
        with suppress(TargetUnavailable):
            await publisher.find(make_post(), handle, since=since)
    read = Charge(item=Item.READ, usd=Decimal("0.001"), target=TARGET, run_id="run-1")
    assert charges == [read, read, read]
    await clock.advance(24 * 3600)
    await publisher.find(make_post(), handle, since=since)
    assert charges[3:] == [replace(read, usd=Decimal("0.003"))]


async def test_what_could_not_be_written_down_is_when_it_is_asked_again(
    x, client, media, clock, charges
):
    errors = [StoreError("The disk is full.")]

    async def charge(one):
        if errors:
            raise errors.pop()
        charges.append(one)

    signed = {"@reelbot": credentials(x, "@reelbot")}
    publisher = publisher_of(client, signed, media, clock, charge)
    with pytest.raises(StoreError):
        await publisher.check(TARGET)
    await publisher.check(TARGET)
    assert paid(charges) == x.credits.spent == Decimal("0.010")


async def test_a_post_that_is_taken_down_is_charged_to_its_run(x, make, charges):
    publisher = make(prices=PostPrices(delete=Decimal("0.020")))
    delivery = await publish(publisher, make_post())
    charges.clear()
    await publisher.take_down(delivery, "run-1")
    x.feed.all.clear()
    await publisher.take_down(delivery, "run-1")  # it was gone, and nothing was done
    down = Charge(item=Item.DELETE, usd=Decimal("0.020"), target=TARGET, run_id="run-1")
    assert charges == [down]


# --- taking down ---------------------------------------------------------------------------------


async def test_a_post_is_taken_down_again_and_again(x, make):
    publisher = make()
    delivery = await publish(publisher, make_post())
    await publisher.take_down(delivery, "run-1")
    assert x.posts == []
    await publisher.take_down(delivery, "run-1")
    x.feed.all.clear()
    await publisher.take_down(delivery, "run-1")


async def test_a_post_that_a_person_has_found_is_taken_down_by_its_address(x, make):
    publisher = make()
    found = await publish(publisher, make_post())
    await publisher.take_down(replace(found, remote_id=None), "run-1")
    assert x.posts == []


@pytest.mark.parametrize("told", [None, "https://x.com/reelbot", "../users/1"])
async def test_what_names_no_post_takes_none_down(x, make, told):
    publisher = make()
    found = await publish(publisher, make_post())
    with pytest.raises(PostRejected, match="not known which post"):
        await publisher.take_down(replace(found, remote_id=told, url=None), "run-1")
    assert x.count("delete") == 0


async def test_the_post_of_another_account_stays(x, make):
    publisher = make("@reelbot", "@catbot")
    delivery = await publish(publisher, make_post(target=Target.parse("x:@catbot")))
    with pytest.raises(PostRejected, match="not authorized to delete"):
        await publisher.take_down(replace(delivery, target=TARGET), "run-1")
    assert len(x.posts) == 1


async def test_taking_down_does_not_wait_for_a_pause_to_end(x, make):
    publisher = make()
    delivery = await publish(publisher, make_post())
    x.fail("timeline", Status(402))
    with pytest.raises(TargetUnavailable):
        await publisher.find(
            make_post(),
            {"key": "", "tried": "", "from": x.world.now().isoformat()},
            since=x.world.now(),
        )
    await publisher.take_down(delivery, "run-1")
    assert x.posts == []


async def test_credentials_that_x_refuses_take_nothing_down(x, make):
    publisher = make()
    delivery = await publish(publisher, make_post())
    x.fail("delete", Status(401))
    with pytest.raises(PostRejected, match="does not accept the credentials"):
        await publisher.take_down(delivery, "run-1")
    assert len(x.posts) == 1


async def test_a_post_that_is_out_counts_whatever_the_file_says_by_then(x, client, media, clock):
    accounts = {"@reelbot": Account(handle="@reelbot")}

    class Editing(Bearer):
        def auth_flow(self, request):
            if request.url.path == "/2/tweets":
                accounts.clear()
            return super().auth_flow(request)

    token = x.oauth2(x.account("@reelbot"), life=7200).access
    api = XApi(client, Editing(token), clock=clock)
    publisher = XPublisher(
        lambda: accounts, lambda _account: api, media=media, clock=clock, charge=nobody
    )
    delivery = await publish(publisher, make_post())
    assert delivery.remote_id == x.posts[0].id


async def test_a_delivery_to_an_account_that_is_gone_stays(make):
    gone = Delivery(target=Target.parse("x:@gone"), remote_id="1")
    with pytest.raises(PostRejected, match="no credentials for x:@gone"):
        await make().take_down(gone, "run-1")


async def test_an_account_that_a_person_looked_after_is_asked_at_once(x, make, clock):
    publisher = make()
    x.fail("me", Status(402))
    with pytest.raises(TargetPaused):
        await publisher.check(TARGET)
    publisher.ask_again(Target.parse("x:@nobody"))
    with pytest.raises(TargetPaused):
        await publisher.check(TARGET)
    publisher.ask_again(Target.parse(str(TARGET).upper().replace("X:", "x:")))
    await publisher.check(TARGET)
    assert x.count("me") == 2


async def test_what_went_out_is_on_the_page_with_its_address_until_it_is_taken_down(
    x, media, clock, client, tmp_path
):
    account = Account(handle="@reelbot", unlabelled_by="Mia")
    api = XApi(client, credentials(x, "@reelbot"), clock=clock)
    publisher = XPublisher(
        lambda: {"@reelbot": account},
        lambda _account: api,
        media=media,
        clock=clock,
        charge=nobody,
        showcase=Showcase(Feed(tmp_path / "feed"), media),
    )
    page = tmp_path / "feed" / "feed.html"

    delivery = await publish(publisher, make_post())
    shown = page.read_text(encoding="utf-8")
    assert f'href="{delivery.url}"' in shown
    assert "PREVIEW" not in shown
    assert "Made with AI" not in shown

    await publisher.take_down(delivery, "run-1")
    assert "<article" not in page.read_text(encoding="utf-8")


async def test_a_page_that_cannot_be_written_is_no_reason_to_doubt_a_post(
    x, media, clock, client, tmp_path
):
    api = XApi(client, credentials(x, "@reelbot"), clock=clock)
    feed = Feed(tmp_path / "feed")
    publisher = XPublisher(
        lambda: {"@reelbot": Account(handle="@reelbot")},
        lambda _account: api,
        media=media,
        clock=clock,
        charge=nobody,
        showcase=Showcase(feed, media),
    )
    (tmp_path / "feed" / "posts").rmdir()
    delivery = await publish(publisher, make_post())
    assert delivery.remote_id == x.posts[0].id
    await publisher.take_down(delivery, "run-1")
    assert x.posts == []
