"""What is particular about posting in Slack: words, channels, bytes, turns."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import httpx
import pytest

from bot.domain.post import Post, Target, Words
from bot.domain.video import Asset
from bot.errors import AmbiguousPost, PostRejected, TargetPaused, TargetUnavailable
from bot.publishers.slack import SlackPublisher
from bot.publishers.slack.sight import Sight, read_file
from tests.clock import FakeClock
from tests.fake_slack import FakeSlack, RateLimit, Refuse, Reset, Status

SIZE = 3 * 1024 * 1024 + 7
COMPLETE = "files.completeUploadExternal"


class Shelf:
    """A media library with one file."""

    def __init__(self, folder):
        self.file = folder / "clip.mp4"
        self.file.write_bytes(bytes(range(256)) * (SIZE // 256) + b"x" * (SIZE % 256))

    def path(self, asset):
        return self.file


class Leaping(FakeClock):
    """A clock that moves to the end of every sleep by itself."""

    async def sleep(self, seconds):
        await self.advance(seconds)


@pytest.fixture
async def slack():
    fake = FakeSlack(Leaping())
    fake.workspace.add_channel("#cats")
    async with fake.serving():
        yield fake


@pytest.fixture
def media(tmp_path):
    return Shelf(tmp_path)


@pytest.fixture
async def client(slack):
    headers = {"authorization": "Bearer xoxb-test"}
    async with httpx.AsyncClient(base_url=slack.api_url, headers=headers) as client:
        yield client


@pytest.fixture
def publisher(slack, media, client):
    return SlackPublisher(client, media=media, clock=slack.workspace.clock)


def make_post(place="#cats", **changes):
    post = Post(
        run_id="run-1",
        target=Target(network="slack", destination=place),
        caption="A cat.",
        alt_text="A tabby in a red boat.",
        asset=Asset(sha256="0" * 64, path="clip.mp4", media_type="video/mp4", bytes=SIZE),
        thumbnail=None,
        simulated=False,
    )
    return replace(post, **changes)


async def publish(publisher, post):
    return await publisher.publish(post, await publisher.prepare(post))


# --- words ---------------------------------------------------------------------------------------


async def test_the_clip_and_its_caption_are_the_whole_message(slack, publisher):
    await publish(publisher, make_post())
    [clip] = slack.clips("#cats")
    assert clip["text"] == "A cat."
    assert not {"blocks", "metadata", "thread_ts"} & set(clip)
    [asked] = slack.called("files.getUploadURLExternal")
    assert set(asked) == {"filename", "length"}


async def test_nothing_in_a_caption_fires(slack, publisher):
    await publish(publisher, make_post(caption="<!channel> <@U0JANE> Tom & <https://x.test|Jerry>"))
    [clip] = slack.clips("#cats")
    assert clip["text"] == (
        "&lt;!channel&gt; &lt;@U0JANE&gt; Tom &amp; &lt;https://x.test|Jerry&gt;"
    )


async def test_a_clip_may_go_without_words(slack, publisher):
    await publish(publisher, make_post(caption=None, alt_text=None))
    assert "initial_comment" not in slack.called(COMPLETE)[0]
    assert len(slack.clips("#cats")) == 1


async def test_alt_text_becomes_the_title_that_screen_readers_read(slack, publisher):
    await publish(publisher, make_post())
    [file] = slack.workspace.files.values()
    assert (file.title, file.alt_txt) == ("A tabby in a red boat.", None)


@pytest.mark.parametrize("caption, fits", [("x" * 4000, True), ("x" * 3997 + "&", False)])
def test_a_caption_is_counted_as_it_is_sent(publisher, caption, fits):
    target, words = make_post().target, Words(caption=caption)
    if fits:
        assert publisher.word(target, words) == words
    else:
        with pytest.raises(PostRejected, match="4002 characters"):
            publisher.word(target, words)


# --- SIMULATED -----------------------------------------------------------------------------------


async def test_a_simulated_clip_is_refused_before_anything_is_sent(slack, publisher):
    with pytest.raises(PostRejected, match="SIMULATED"):
        await publisher.prepare(make_post(simulated=True))
    with pytest.raises(PostRejected, match="SIMULATED"):
        await publisher.publish(make_post(simulated=True), {"file": "F1", "channel": "C1"})
    assert slack.calls == []


async def test_a_channel_marked_for_it_takes_a_simulated_clip_and_says_so(slack, media, client):
    clock = slack.workspace.clock
    publisher = SlackPublisher(
        client, media=media, clock=clock, allow_simulated=lambda: frozenset({"#cats"})
    )
    await publish(publisher, make_post(simulated=True))
    [file] = slack.workspace.files.values()
    assert file.title.startswith("SIMULATED: ")


# --- channels ------------------------------------------------------------------------------------


async def test_a_name_is_looked_up_once_over_all_pages_and_pinned_by_id(slack, publisher):
    for n in range(450):
        slack.workspace.add_channel(f"c{n}")
    last = slack.workspace.add_channel("dogs")
    for _ in range(2):
        handle = await publisher.prepare(make_post("#Dogs"))
        assert handle["channel"] == last.id
    assert slack.count("conversations.list") == 3


async def test_an_id_needs_no_looking_up(slack, publisher):
    place = slack.workspace.find("#cats").id
    slack.token("xoxb-test").scopes = frozenset({"files:write", "files:read"})
    await publish(publisher, make_post(place))
    assert len(slack.clips("#cats")) == 1


async def test_a_private_channel_is_found_where_the_app_is_in_it(slack, publisher):
    slack.workspace.add_channel("secret", private=True)
    delivery = await publish(publisher, make_post("#secret"))
    assert delivery.url
    assert len(slack.clips("#secret")) == 1


async def test_public_channels_are_found_without_the_right_to_list_private_ones(slack, publisher):
    slack.token("xoxb-test").scopes -= {"groups:read"}
    await publish(publisher, make_post())
    with pytest.raises(TargetPaused, match="shows no channel slack:#secret"):
        await publisher.prepare(make_post("#secret"))


async def test_without_the_right_to_list_channels_ids_are_advised(slack, publisher):
    slack.token("xoxb-test").scopes = frozenset({"files:write", "files:read"})
    slack.fail("conversations.list", Refuse("missing_scope", {"needed": "channels:read"}))
    with pytest.raises(TargetPaused) as caught:
        await publisher.prepare(make_post())
    assert "channels:read" in caught.value.hint


@pytest.mark.parametrize(
    "channel, said",
    [({"archived": True}, "is archived"), ({"members": ()}, "The Slack app is not in")],
)
async def test_no_byte_is_sent_to_a_channel_that_takes_none(slack, publisher, channel, said):
    slack.workspace.add_channel("dogs", **channel)
    with pytest.raises(TargetPaused, match=said):
        await publisher.prepare(make_post("#dogs"))
    assert slack.count("files.getUploadURLExternal") == 0


async def test_a_channel_that_comes_back_is_seen_at_once(slack, publisher):
    dogs = slack.workspace.add_channel("dogs")
    handle = await publisher.prepare(make_post("#dogs"))
    dogs.is_archived = True
    with pytest.raises(TargetPaused, match="is archived"):
        await publisher.publish(make_post("#dogs"), handle)
    with pytest.raises(TargetPaused, match="is archived"):
        await publisher.prepare(make_post("#dogs"))
    dogs.is_archived = False
    await publish(publisher, make_post("#dogs"))
    assert len(slack.clips("#dogs")) == 1


async def test_a_person_can_be_a_place(slack, publisher):
    slack.workspace.add_user("U0JANE", "jane")
    place = slack.workspace.direct("U0JANE").id
    await publish(publisher, make_post(place))
    assert len(slack.clips(place)) == 1


async def test_a_token_that_could_not_look_for_its_posts_makes_none(slack, publisher):
    slack.token("xoxb-test").scopes -= {"files:read"}
    with pytest.raises(TargetPaused, match="files:read"):
        await publisher.prepare(make_post())
    assert slack.uploads == []


# --- bytes ---------------------------------------------------------------------------------------


async def test_the_bytes_arrive_as_they_are_without_our_token(slack, publisher, media):
    await publisher.prepare(make_post())
    [upload] = slack.uploads
    assert upload.sha256 == sha256(media.file.read_bytes()).hexdigest()
    assert upload.headers["content-type"] == "video/mp4"
    assert upload.headers["content-length"] == str(SIZE)
    assert "authorization" not in upload.headers
    [file] = slack.workspace.files.values()
    assert file.received == SIZE


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/upload",
        "http://files.slack.com/upload",
        "https://slack.com.evil.test/upload",
        "https://notslack.com/upload",
        "file:///etc/passwd",
        "",
        "http://[",
    ],
)
async def test_bytes_go_to_slack_alone(slack, publisher, url):
    answer = {"ok": True, "upload_url": url, "file_id": "F1"}
    slack.fail("files.getUploadURLExternal", Refuse("", answer))
    with pytest.raises(TargetUnavailable, match=r"would have gone to|no address"):
        await publisher.prepare(make_post())


@pytest.mark.parametrize(
    "answer", [Status(200, "OK - 12"), Status(200, "OK"), Status(503), Status(302), Reset()]
)
async def test_an_upload_that_is_not_confirmed_whole_is_none(slack, publisher, answer):
    slack.fail("upload", answer)
    with pytest.raises(TargetUnavailable, match="not uploaded"):
        await publisher.prepare(make_post())


async def test_a_file_too_large_for_slack_is_refused_for_good(slack, publisher):
    slack.fail("upload", Status(413))
    with pytest.raises(PostRejected, match=f"{SIZE} bytes"):
        await publisher.prepare(make_post())
    slack.workspace.max_bytes = SIZE - 1
    with pytest.raises(PostRejected, match="larger than this workspace takes"):
        await publisher.prepare(make_post())


async def test_only_the_approved_file_goes_out(slack, publisher, media):
    media.file.write_bytes(b"short")
    with pytest.raises(PostRejected, match="5 bytes instead of"):
        await publisher.prepare(make_post())
    media.file.unlink()
    with pytest.raises(PostRejected, match="cannot be read"):
        await publisher.prepare(make_post())
    assert slack.uploads == []


async def test_nobody_at_slacks_address_is_not_reached(media):
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9/api/") as client:
        publisher = SlackPublisher(client, media=media, clock=FakeClock())
        post = make_post()
        with pytest.raises(TargetUnavailable, match="could not be reached"):
            await publisher.prepare(post)
        with pytest.raises(TargetUnavailable, match="could not be reached"):
            await publisher.publish(post, {"file": "F1", "channel": "C1"})


# --- turns ---------------------------------------------------------------------------------------


async def test_a_channel_gets_one_message_per_second_and_others_do_not_wait(slack, publisher):
    slack.workspace.add_channel("dogs")
    slack.spacing[COMPLETE] = 1.0
    start = slack.workspace.clock.elapsed
    for _ in range(3):
        await publish(publisher, make_post())
    await publish(publisher, make_post("#dogs"))
    assert slack.workspace.clock.elapsed - start == 2
    assert len(slack.clips("#cats")) == 3


async def test_a_limit_holds_back_the_channels_other_posts_too(slack, publisher):
    handle = await publisher.prepare(make_post())
    slack.fail(COMPLETE, RateLimit(30))
    with pytest.raises(TargetUnavailable) as caught:
        await publisher.publish(make_post(), handle)
    assert caught.value.retry_after == 30
    before = slack.workspace.clock.elapsed
    await publish(publisher, make_post(run_id="run-2"))
    assert slack.workspace.clock.elapsed - before == 30


# --- what became of it ---------------------------------------------------------------------------


async def test_the_delivery_leads_to_the_message(slack, publisher):
    slack.workspace.share_lag = 6
    delivery = await publish(publisher, make_post())
    [clip] = slack.clips("#cats")
    assert clip["ts"].replace(".", "") in delivery.url
    assert delivery.delivered_at.timestamp() == pytest.approx(float(clip["ts"]))


async def test_without_the_messages_address_the_files_own_serves(slack, publisher):
    slack.fail("chat.getPermalink", Refuse("message_not_found"))
    delivery = await publish(publisher, make_post())
    assert delivery.remote_id in delivery.url


async def test_a_share_that_does_not_come_in_time_is_ambiguous(slack, publisher):
    slack.workspace.share_lag = 60
    post = make_post()
    handle = await publisher.prepare(post)
    sent = slack.workspace.clock.now()
    with pytest.raises(AmbiguousPost, match="does not show it yet"):
        await publisher.publish(post, handle)
    with pytest.raises(TargetUnavailable, match="does not show it yet"):
        await publisher.find(post, handle, since=sent)
    await slack.workspace.clock.advance(60)
    assert len(await publisher.find(post, handle, since=sent)) == 1


async def test_a_share_that_never_comes_is_taken_back_after_a_quarter_of_an_hour(slack, publisher):
    slack.workspace.drop_shares = 1
    post = make_post()
    handle = await publisher.prepare(post)
    sent = slack.workspace.clock.now()
    with pytest.raises(AmbiguousPost):
        await publisher.publish(post, handle)
    await slack.workspace.clock.advance(15 * 60)
    assert await publisher.find(post, handle, since=sent) == []
    assert slack.workspace.files[handle["file"]].deleted


async def test_a_discarded_upload_is_surely_not_posted(slack, publisher):
    post = make_post()
    handle = await publisher.prepare(post)
    del slack.workspace.files[handle["file"]]
    with pytest.raises(TargetUnavailable, match="discarded"):
        await publisher.publish(post, handle)


async def test_the_token_appears_in_no_message(slack, publisher):
    for method in ("files.getUploadURLExternal", "upload"):
        slack.fail(method, Status(500, "xoxb-test"))
        with pytest.raises(TargetUnavailable) as caught:
            await publisher.prepare(make_post())
        assert "xoxb" not in f"{caught.value} {caught.value.hint}"


async def test_nobody_waits_longer_than_a_minute_for_a_share(slack, publisher):
    slack.fail("files.info", RateLimit(120), times=99)
    handle = await publisher.prepare(make_post())
    start = slack.workspace.clock.elapsed
    with pytest.raises(AmbiguousPost):
        await publisher.publish(make_post(), handle)
    assert slack.workspace.clock.elapsed - start < 60


async def test_what_slack_cannot_delete_because_it_has_gone_is_absent(slack, publisher):
    slack.workspace.drop_shares = 1
    handle = await publisher.prepare(make_post())
    sent = slack.workspace.clock.now()
    with pytest.raises(AmbiguousPost):
        await publisher.publish(make_post(), handle)
    await slack.workspace.clock.advance(15 * 60)
    slack.fail("files.delete", Refuse("file_not_found"))
    assert await publisher.find(make_post(), handle, since=sent) == []


async def test_a_file_that_cannot_be_read_to_its_end_is_not_uploaded(slack, publisher, monkeypatch):
    async def broken(_path):
        yield b"x"
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("bot.slack_api.upload._read", broken)
    with pytest.raises(TargetUnavailable, match="Input/output error"):
        await publisher.prepare(make_post())


SHARES = {"public": {"C1": [{"ts": "1700000000.000100"}]}}


@pytest.mark.parametrize(
    "file, shared, stamp",
    [
        ({"shares": SHARES}, True, "1700000000.000100"),
        ({"shares": {"private": SHARES["public"]}}, True, "1700000000.000100"),
        ({"shares": {"public": {"C2": [{"ts": "1.000001"}]}}}, True, None),
        ({"channels": ["C1"]}, True, None),
        ({"ims": ["D1"], "shares": {}}, True, None),
        ({"shares": {"public": {}}}, False, None),
        ({"shares": [], "channels": 5}, False, None),
        ({"shares": {"public": [1]}}, True, None),
        ({"shares": {"public": {"C1": [5, {"ts": 5}]}}}, True, None),
        ([], False, None),
        (None, False, None),
    ],
)
def test_what_slack_shows_of_a_file_is_read_without_stumbling(file, shared, stamp):
    sight = read_file({"ok": True, "file": file}, "C1")
    assert (sight.is_shared, sight.ts) == (shared, stamp)


@pytest.mark.parametrize(
    "stamp, at",
    [
        ("1700000000.000100", datetime(2023, 11, 14, 22, 13, 20, 100, UTC)),
        ("1700000000", None),
        ("9" * 40 + ".000000", None),
        ("", None),
        ("x.y", None),
    ],
)
def test_slacks_stamps_are_instants(stamp, at):
    sight = Sight(is_shared=True, is_deleted=False, ts=stamp, permalink=None)
    assert sight.at == at
