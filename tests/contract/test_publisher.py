"""What every publisher promises the pipeline, whatever network it stands in front of."""

from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from bot.domain.post import DeliveryStatus, Post, Target, Words
from bot.errors import TargetUnavailable
from bot.media import Library
from bot.ports import Publisher
from bot.publishers.preview import PreviewPublisher
from bot.publishers.slack import SlackPublisher
from tests.clips import chunks, clip
from tests.clock import FakeClock
from tests.fake_slack import FakeSlack
from tests.fake_x import FakeX, Processing
from tests.x_stage import credentials, publisher_of


@dataclass
class Stage:
    """A publisher, and a way to count what people see."""

    publisher: Publisher
    clock: FakeClock
    post: Post
    #: How many posts people see now.
    shown: Callable[[], int]


def preview(network: str):
    @asynccontextmanager
    async def build(folder: Path, media: Library, clock: FakeClock):
        publisher = PreviewPublisher(network, folder / "preview", media=media, clock=clock)
        page = folder / "preview" / "feed.html"
        yield publisher, lambda: page.read_text().count("<article ")

    return build


class Leaping(FakeClock):
    """A clock that moves to the end of every sleep by itself."""

    async def sleep(self, seconds: float) -> None:
        await self.advance(seconds)


@asynccontextmanager
async def slack(_folder: Path, media: Library, clock: FakeClock):
    fake = FakeSlack(clock)
    fake.workspace.add_channel("#cats")
    headers = {"authorization": "Bearer xoxb-test"}
    async with fake.serving(), httpx.AsyncClient(base_url=fake.api_url, headers=headers) as client:
        publisher = SlackPublisher(client, media=media, clock=clock)
        yield publisher, lambda: len(fake.clips("#cats"))


@asynccontextmanager
async def x(_folder: Path, media: Library, clock: FakeClock):
    fake = FakeX(clock)
    fake.library.processing = Processing(pending=0, working=0)
    async with fake.serving(), httpx.AsyncClient(base_url=fake.url) as client:
        signed = {"@reelbot": credentials(fake, "@reelbot")}
        yield publisher_of(client, signed, media, clock), lambda: len(fake.posts)


STAGES = {
    "preview-slack": ("slack:#cats", preview("slack")),
    "preview-x": ("x:@reelbot", preview("x")),
    "slack": ("slack:#cats", slack),
    "x": ("x:@reelbot", x),
}


@pytest.fixture(params=STAGES)
async def stage(request, tmp_path):
    target, build = STAGES[request.param]
    clock, media = Leaping(), Library(tmp_path / "media")
    asset = await media.save(chunks(clip(seconds=0.25)), "video/mp4")
    thumbnail = await media.thumbnail(asset)
    async with build(tmp_path, media, clock) as (publisher, shown):
        post = Post(
            run_id="run-1",
            target=Target.parse(target),
            caption="A cat sails at golden hour.",
            alt_text="A tabby in a red boat.",
            asset=asset,
            thumbnail=thumbnail,
            simulated=publisher.preview,
        )
        yield Stage(publisher, clock, post, shown)


async def find(stage, handle, post=None):
    """Look as the ledger does: after the settle time, and again while the network asks for it."""
    await stage.clock.advance(stage.publisher.settle)
    for _ in range(10):
        try:
            return await stage.publisher.find(post or stage.post, handle, since=stage.clock.start)
        except TargetUnavailable:
            await stage.clock.advance(60)
    raise AssertionError("it is looked for without end")


async def test_preparing_shows_nothing_and_nothing_is_found(stage):
    handle = await stage.publisher.prepare(stage.post)
    assert stage.shown() == 0
    assert await find(stage, handle) == []


async def test_what_was_published_once_is_shown_once_and_found_once(stage):
    handle = await stage.publisher.prepare(stage.post)
    delivery = await stage.publisher.publish(stage.post, handle)
    assert delivery.status is DeliveryStatus.DELIVERED
    assert delivery.target == stage.post.target
    assert delivery.preview is stage.publisher.preview
    assert delivery.remote_id
    assert delivery.url
    assert delivery.cost is not None
    assert delivery.delivered_at == stage.clock.start
    assert stage.shown() == 1
    assert await find(stage, handle) == [delivery]


async def test_a_second_publish_of_the_same_handle_is_not_shown_twice(stage):
    """The ledger never asks for it; should it all the same, people must not see it."""
    handle = await stage.publisher.prepare(stage.post)
    first = await stage.publisher.publish(stage.post, handle)
    await stage.clock.advance(60)
    assert await stage.publisher.publish(stage.post, handle) == first
    assert stage.shown() == 1
    assert await find(stage, handle) == [first]


async def test_preparing_twice_is_harmless(stage):
    await stage.publisher.prepare(stage.post)
    handle = await stage.publisher.prepare(stage.post)
    await stage.publisher.publish(stage.post, handle)
    assert stage.shown() == 1


async def test_posts_of_two_runs_are_told_apart(stage):
    other = replace(stage.post, run_id="run-2")
    handle, others = [await stage.publisher.prepare(p) for p in (stage.post, other)]
    await stage.publisher.publish(other, others)
    assert await find(stage, handle) == []
    assert len(await find(stage, others, other)) == 1


async def test_the_handle_is_plain_text_that_the_ledger_can_keep(stage):
    handle = await stage.publisher.prepare(stage.post)
    assert handle
    assert all(isinstance(k, str) and isinstance(v, str) for k, v in handle.items())


async def test_limits_and_price_are_known_before_anything_is_sent(stage):
    limits = stage.publisher.limits(stage.post.target)
    assert limits.max_width >= 1280
    words = Words(caption=stage.post.caption)
    assert stage.publisher.word(stage.post.target, words) == words
    price = stage.publisher.estimate(stage.post.target, stage.post.caption, stage.post.alt_text)
    assert price.usd >= 0
    assert all(part.usd >= 0 for part in price.parts)
    assert price.as_of is not None or not price.usd
    assert stage.shown() == 0
