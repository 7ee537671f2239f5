import os
from dataclasses import replace
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest

from bot.domain.account import Account, Manner
from bot.domain.post import Post, Target, Words
from bot.errors import AmbiguousPost, ConfigError, PostRejected, TargetUnavailable
from bot.media import Library
from bot.publishers import feed
from bot.publishers.preview import PreviewPublisher
from tests.clips import chunks, clip
from tests.clock import FakeClock

SLACK, X = Target.parse("slack:#cats"), Target.parse("x:@reelbot")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def media(tmp_path):
    return Library(tmp_path / "media")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "preview"


@pytest.fixture
def publisher(folder, media, clock):
    return PreviewPublisher("slack", folder, media=media, clock=clock)


@pytest.fixture
def x(folder, media, clock):
    return PreviewPublisher("x", folder, media=media, clock=clock)


@pytest.fixture
async def post(media):
    asset = await media.save(chunks(clip(seconds=0.25)), "video/mp4")
    return Post(
        run_id="run-1",
        target=SLACK,
        caption="A cat sails.",
        alt_text=None,
        asset=asset,
        thumbnail=await media.thumbnail(asset),
        simulated=True,
    )


async def publish(publisher, post):
    return await publisher.publish(post, await publisher.prepare(post))


def page(folder):
    return (folder / "feed.html").read_text(encoding="utf-8")


def test_what_an_account_may_post_is_what_the_page_shows(folder, media, clock):
    accounts = {X: Account(handle="@reelbot", max_seconds=600, max_bytes=1_000_000)}
    allowed = PreviewPublisher("x", folder, media=media, clock=clock, account=accounts.get)
    limits = allowed.limits(X)
    assert (limits.max_seconds, limits.max_bytes, limits.max_width) == (600, 1_000_000, 1280)
    assert allowed.limits(Target.parse("x:@other")).max_seconds == 140
    slack = PreviewPublisher("slack", folder, media=media, clock=clock, account=accounts.get)
    assert slack.limits(X).max_width == 4096


def test_an_empty_page_says_so_from_the_first_start(publisher, folder):
    assert "No clip has been posted to Slack yet." in page(folder)
    assert "No clip has been posted to X yet." in page(folder)


async def test_the_delivery_leads_to_the_post_on_the_page(publisher, folder, post):
    delivery = await publish(publisher, post)
    address, _, anchor = delivery.url.partition("#")
    assert address == (folder / "feed.html").resolve().as_uri()
    assert f'<article id="{anchor}"' in page(folder)
    assert (delivery.preview, delivery.cost) == (True, Decimal(0))


async def test_networks_share_one_page(publisher, x, folder, post):
    await publish(publisher, post)
    await publish(x, replace(post, target=X))
    assert page(folder).count("<article ") == 2
    assert "@reelbot" in page(folder)
    assert "Made with AI" in page(folder)


async def test_the_newest_post_stands_first(publisher, folder, post, clock):
    for number in (1, 2):
        await publish(publisher, replace(post, run_id=f"run-{number}", caption=f"Cat {number}"))
        await clock.advance(60)
    assert page(folder).index("Cat 2") < page(folder).index("Cat 1")


async def test_captions_and_alt_texts_are_shown_as_text_whatever_is_in_them(x, folder, post):
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)"> #cats" onmouseover="x'
    await publish(x, replace(post, target=X, caption=evil, alt_text=evil))
    html = page(folder)
    assert "<script" not in html
    assert "<img" not in html
    assert 'onmouseover="' not in html
    assert "<script>alert(1)</script>" in unescape(html)


async def test_captions_in_japanese_are_shown_as_they_are(publisher, folder, post):
    await publish(publisher, replace(post, caption="夕焼けの海を猫がゆく #猫"))
    assert "夕焼けの海を猫がゆく" in page(folder)
    assert '<span class="link">#猫</span>' in page(folder)


@pytest.mark.parametrize("simulated,ribbon", [(True, "SIMULATED"), (False, "PREVIEW")])
async def test_every_post_carries_a_ribbon(publisher, folder, post, simulated, ribbon):
    await publish(publisher, replace(post, simulated=simulated))
    assert f">{ribbon}</span>" in page(folder)


async def test_the_page_needs_nothing_but_its_folder(publisher, folder, post, media):
    await publish(publisher, post)
    media.path(post.asset).unlink()
    media.path(post.thumbnail).unlink()
    for asset in (post.asset, post.thumbnail):
        name = f"files/{Path(asset.path).name}"
        assert f'"{name}"' in page(folder)
        assert (folder / name).stat().st_size == asset.bytes
    assert "://" not in page(folder)


async def test_a_clip_is_not_stored_twice_on_one_disk(publisher, folder, post, media):
    await publish(publisher, post)
    shown = folder / "files" / Path(post.asset.path).name
    assert shown.samefile(media.path(post.asset))


async def test_a_clip_on_another_disk_is_copied(publisher, folder, post, media, monkeypatch):
    def refuse(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    await publish(publisher, post)
    shown = folder / "files" / Path(post.asset.path).name
    assert shown.read_bytes() == media.path(post.asset).read_bytes()
    assert not list(folder.rglob("*.part"))


async def test_a_post_without_a_still_shows_the_clip_itself(publisher, folder, post):
    await publish(publisher, replace(post, thumbnail=None))
    assert "poster=" not in page(folder)
    assert f'src="files/{Path(post.asset.path).name}"' in page(folder)


async def test_an_edited_caption_is_another_post(publisher, folder, post):
    await publish(publisher, post)
    await publish(publisher, replace(post, caption="Edited."))
    assert page(folder).count("<article ") == 2


async def test_what_a_kill_left_off_the_page_is_there_after_the_next_start(
    publisher, folder, post, media, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(feed.Feed, "draw", lambda self: None)
        await publish(publisher, post)
    assert page(folder).count("<article ") == 0
    PreviewPublisher("x", folder, media=media, clock=FakeClock())
    assert page(folder).count("<article ") == 1


async def test_what_a_kill_left_off_the_page_is_there_with_the_next_post(
    publisher, folder, post, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(feed.Feed, "draw", lambda self: None)
        await publish(publisher, post)
    await publish(publisher, replace(post, run_id="run-2"))
    assert page(folder).count("<article ") == 2


async def test_a_post_whose_page_cannot_be_drawn_is_found_all_the_same(
    publisher, post, monkeypatch
):
    handle = await publisher.prepare(post)

    def full(self):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(feed.Feed, "draw", full)
        with pytest.raises(AmbiguousPost):
            await publisher.publish(post, handle)
    assert len(await publisher.find(post, handle, since=FakeClock().start)) == 1


async def test_a_post_added_while_the_page_is_drawn_is_drawn_too(
    publisher, folder, post, monkeypatch
):
    """Two runs may publish at once, each from its own thread."""
    first = (await publish(publisher, post)).remote_id
    read = feed._read

    def read_and_add(path):
        late = folder / "posts" / "late.json"
        if not late.exists():
            late.write_text(read(path).model_copy(update={"id": "late"}).model_dump_json())
        return read(path)

    monkeypatch.setattr(feed, "_read", read_and_add)
    feed.Feed(folder)
    assert f'<article id="{first}"' in page(folder)
    assert '<article id="late"' in page(folder)


async def test_a_record_that_cannot_be_read_spoils_neither_page_nor_post(publisher, folder, post):
    handle = await publisher.prepare(post)
    (folder / "posts" / f"{handle['post']}.json").write_text("{")
    assert await publisher.find(post, handle, since=FakeClock().start) == []
    await publisher.publish(post, handle)
    assert page(folder).count("<article ") == 1


async def test_the_page_shows_the_newest_posts_only(publisher, folder, post, monkeypatch):
    monkeypatch.setattr(feed, "SHOWN", 3)
    for number in range(5):
        await publish(publisher, replace(post, run_id=f"run-{number}", caption=f"Cat {number}"))
    assert page(folder).count("<article ") == 3
    assert "Cat 4" in page(folder)
    assert "Cat 1" not in page(folder)


@pytest.mark.parametrize("caption", [None, "", "  \n"])
async def test_a_post_on_x_needs_a_caption_and_one_on_slack_does_not(
    publisher, x, folder, post, caption
):
    with pytest.raises(PostRejected, match="x:@reelbot needs a caption") as caught:
        x.word(X, Words(caption=caption))
    assert caught.value.hint
    with pytest.raises(PostRejected):
        await x.prepare(replace(post, target=X, caption=caption))
    assert publisher.word(SLACK, Words(caption=caption)).caption == caption
    await publish(publisher, replace(post, caption=caption))
    assert page(folder).count("<article ") == 1


def test_words_for_x_are_held_to_what_the_file_says_of_the_account(x, folder, media, clock):
    strict, words = x, Words(caption="See cats.com", generated=True)
    with pytest.raises(PostRejected, match="link"):
        strict.word(X, words)
    lenient = PreviewPublisher(
        "x",
        folder,
        media=media,
        clock=clock,
        account=lambda target: Account(handle=target.destination, links=Manner.DROP),
    )
    assert lenient.word(X, words).caption == "See"
    assert lenient.word(X, words).changes == ("The link cats.com was left out.",)


async def test_what_x_would_not_take_is_not_shown_as_if_it_had(publisher, x, folder, post):
    long = replace(post, caption="猫" * 141)
    with pytest.raises(PostRejected, match="282 of 280"):
        await x.prepare(replace(long, target=X))
    await publish(publisher, long)
    assert page(folder).count("<article ") == 1


def test_a_folder_that_cannot_be_made_is_a_configuration_error(tmp_path, media, clock):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        PreviewPublisher("x", tmp_path / "file" / "preview", media=media, clock=clock)
    assert caught.value.hint


async def test_a_disk_error_while_preparing_means_that_nothing_was_posted(
    publisher, folder, post, media
):
    media.path(post.asset).unlink()
    with pytest.raises(TargetUnavailable):
        await publisher.prepare(post)
    assert page(folder).count("<article ") == 0
