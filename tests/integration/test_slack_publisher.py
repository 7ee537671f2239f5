"""A clip shows in its Slack channel once, whatever happens on the way: real HTTP, real ledger."""

from contextlib import asynccontextmanager

import httpx
import pytest

from bot.domain.post import DeliveryStatus
from bot.domain.run import RunState
from bot.publishers.slack import SlackPublisher
from tests.clock import FakeClock
from tests.fake_slack import FakeSlack, Hang, RateLimit, Refuse, Reset, Status
from tests.fakes import SLACK, Killed, Killer, World
from tests.mortal import DiskMedia, Mortal

UPLOAD = "upload"
URL, COMPLETE, INFO = (
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
    "files.info",
)
CALLS = ["conversations.list", URL, UPLOAD, COMPLETE, INFO, "chat.getPermalink"]
FAULTS = {
    "timeout before": Hang(),
    "timeout after": Hang(happens=True),
    "reset before": Reset(),
    "reset after": Reset(happens=True),
    "429": RateLimit(7),
    "500 before": Status(500),
    "500 after": Status(500, happens=True),
    "503 before": Status(503),
    "503 after": Status(503, happens=True),
    "junk after": Status(200, happens=True),
    "302 after": Status(302, happens=True),
}


def call_of(request):
    path = request.url.path
    return UPLOAD if "/upload/" in path else path.removeprefix("/api/")


@pytest.fixture
async def slack(tmp_path):
    fake = FakeSlack(FakeClock())
    fake.workspace.add_channel("#cats")
    async with fake.serving():
        yield fake


@pytest.fixture
def world(tmp_path, slack):
    world = World(tmp_path, clock=slack.workspace.clock)
    world.media = DiskMedia(tmp_path)
    return world


@asynccontextmanager
async def boot(world, slack, killer=None, patience=30.0):
    client = httpx.AsyncClient(
        base_url=slack.api_url,
        headers={"authorization": "Bearer xoxb-test"},
        timeout=patience,
        transport=Mortal(killer or Killer(), call_of),
    )
    async with world.boot() as bot, client:
        bot.ports.publishers["slack"] = SlackPublisher(client, media=world.media, clock=world.clock)
        yield bot


@pytest.fixture
async def bot(world, slack, request):
    """A bot that is impatient only where it is not answered at all."""
    fault = getattr(request.node, "callspec", None) and request.node.callspec.params.get("fault")
    async with boot(world, slack, patience=0.5 if "timeout" in (fault or "") else 30) as bot:
        yield bot


async def start(bot):
    return (await bot.start(targets=(SLACK,))).id


async def rest(bot, run_id, reason="target_paused"):
    """Advance until the run rests or waits for *reason*."""
    for _ in range(50):
        run = await bot.advance(run_id)
        if run.state.is_terminal or run.state is RunState.ATTENTION or run.reason == reason:
            return run
        ahead = (bot.waker.due[run_id] - bot.clock.now()).total_seconds()
        await bot.clock.advance(max(ahead, 0))
    raise AssertionError(f"the run never rests: {run}")


def assert_posted_once(run, slack):
    [clip] = slack.clips("#cats")
    assert clip["text"] == "A cat."
    assert run.state is RunState.SUCCEEDED
    [delivery] = run.deliveries
    assert delivery.status is DeliveryStatus.DELIVERED
    assert delivery.remote_id == clip["files"][0]["id"]
    assert delivery.url.startswith("https://reelbot.slack.com/")
    shown = [f for f in slack.workspace.files.values() if f.shares]
    assert len(shown) == 1


class StopAt(Killer):
    """Stops everything, by the file, when a line is passed."""

    def __init__(self, line, folder):
        super().__init__()
        self._line = line
        self._file = folder / "STOP"

    def line(self, name):
        super().line(name)
        if name == self._line:
            self._file.touch()


@pytest.mark.parametrize("line", [f"{URL}: after", f"{UPLOAD}: before", f"{UPLOAD}: after"])
async def test_a_stop_between_upload_and_completion_holds_the_clip_back(world, slack, line):
    async with boot(world, slack, StopAt(line, world.folder)) as bot:
        run = await rest(bot, await start(bot), reason="stopped")
        assert (run.state, run.reason) == (RunState.WAITING, "stopped")
        assert (slack.count(COMPLETE), slack.clips("#cats")) == (0, [])

    (world.folder / "STOP").unlink()
    async with boot(world, slack) as bot:
        assert_posted_once(await bot.settle(run.id), slack)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", CALLS)
async def test_whatever_one_call_meets_the_clip_shows_once(bot, slack, method, fault):
    slack.fail(method, FAULTS[fault])
    run = await bot.settle(await start(bot))
    assert_posted_once(run, slack)
    if method != COMPLETE:
        assert slack.count(COMPLETE) == 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_same_when_the_lost_answer_is_looked_for_in_vain(bot, slack, fault):
    slack.workspace.share_lag = 40
    slack.fail(COMPLETE, Reset(happens=True))
    slack.fail(INFO, FAULTS[fault], times=3)
    assert_posted_once(await bot.settle(await start(bot)), slack)
    assert slack.count(COMPLETE) == 1


@pytest.mark.parametrize(
    "word", ["internal_error", "fatal_error", "service_unavailable", "request_timeout"]
)
async def test_words_that_leave_open_what_happened_are_looked_into(bot, slack, word):
    slack.fail(COMPLETE, Refuse(word))
    run_id = await start(bot)
    run = await rest(bot, run_id, reason="backoff")
    assert f"it answered {word}" in run.failure.message
    assert_posted_once(await bot.settle(run_id), slack)


PAUSED = {
    "account_inactive": "does not accept the bot token (account_inactive)",
    "channel_not_found": "shows no channel slack:#cats to the app",
    "ekm_access_denied": "does not let the app post videos to slack:#cats",
    "file_uploads_disabled": "does not let the app post videos to slack:#cats",
    "invalid_auth": "does not accept the bot token (invalid_auth)",
    "is_archived": "slack:#cats is archived",
    "missing_scope": "lacks the permission files:write",
    "not_allowed_token_type": "a token of another kind",
    "not_authed": "does not accept the bot token (not_authed)",
    "not_in_channel": "The Slack app is not in slack:#cats",
    "restricted_action": "does not let the app post videos",
    "storage_limit_reached": "storage for files is full",
    "token_expired": "does not accept the bot token (token_expired)",
    "token_revoked": "does not accept the bot token (token_revoked)",
}


@pytest.mark.parametrize("method", [URL, COMPLETE])
@pytest.mark.parametrize("word", PAUSED)
async def test_what_a_person_can_put_right_pauses_until_it_is(bot, slack, method, word):
    slack.fail(method, Refuse(word, {"needed": "files:write"}))
    run_id = await start(bot)
    run = await rest(bot, run_id)
    assert (run.state, run.reason) == (RunState.WAITING, "target_paused")
    assert PAUSED[word] in run.failure.message
    assert run.failure.hint
    assert slack.clips("#cats") == []
    assert_posted_once(await bot.settle(run_id), slack)


REJECTED = {
    "file_upload_size_restricted": "larger than this workspace takes",
    "invalid_arguments": "Slack refused the post to slack:#cats: invalid_arguments",
    "msg_too_long": "too long for Slack",
    "something_new": "Slack refused the post to slack:#cats: something_new",
}


@pytest.mark.parametrize("method", [URL, COMPLETE])
@pytest.mark.parametrize("word", REJECTED)
async def test_what_slack_will_never_take_fails_with_a_sentence(bot, slack, method, word):
    slack.fail(method, Refuse(word))
    run = await bot.settle(await start(bot))
    assert run.state is RunState.FAILED
    [delivery] = run.deliveries
    assert delivery.status is DeliveryStatus.FAILED
    assert REJECTED[word] in delivery.detail
    assert delivery.hint
    assert slack.clips("#cats") == []


@pytest.mark.parametrize("seconds", [2, 120])
async def test_a_limit_is_kept_to_the_second(bot, slack, seconds):
    slack.fail(COMPLETE, RateLimit(seconds))
    run = await bot.settle(await start(bot))
    assert_posted_once(run, slack)
    first, second = [c for c in slack.calls if c.method == COMPLETE]
    assert (second.at - first.at).total_seconds() >= seconds


@pytest.mark.parametrize("word", ["token_revoked", "missing_scope", "invalid_auth"])
async def test_a_lost_post_is_found_once_the_token_is_put_right(bot, slack, word):
    slack.fail(COMPLETE, Reset(happens=True))
    slack.fail(INFO, Refuse(word), times=4)
    run_id = await start(bot)
    assert_posted_once(await bot.settle(run_id), slack)
    assert slack.count(COMPLETE) == 1


async def test_a_share_that_takes_minutes_is_waited_for(bot, slack):
    slack.workspace.share_lag = 300
    assert_posted_once(await bot.settle(await start(bot)), slack)
    assert slack.count(COMPLETE) == 1


async def test_a_share_that_never_comes_is_taken_back_and_made_again(bot, slack):
    slack.workspace.drop_shares = 1
    assert_posted_once(await bot.settle(await start(bot)), slack)
    assert slack.count(COMPLETE) == 2
    lost, shown = slack.workspace.files.values()
    assert lost.deleted
    assert not shown.deleted


@pytest.mark.parametrize("fault", FAULTS)
async def test_taking_it_back_may_fail_too(bot, slack, fault):
    slack.workspace.drop_shares = 1
    slack.fail("files.delete", FAULTS[fault])
    run = await bot.settle(await start(bot))
    if run.state is RunState.ATTENTION:  # deleted, but by whom? A person looks
        assert slack.clips("#cats") == []
        assert "after" in fault
    else:
        assert_posted_once(run, slack)


async def test_a_clip_that_somebody_took_down_is_not_posted_again(bot, slack):
    slack.fail(COMPLETE, Reset(happens=True))
    run_id = await start(bot)
    await rest(bot, run_id, reason="backoff")
    [file] = slack.workspace.files.values()
    file.deleted = True
    for channel in slack.workspace.channels.values():
        channel.messages.clear()
    run = await bot.settle(run_id)
    assert run.state is RunState.ATTENTION
    assert slack.clips("#cats") == []
    assert "Somebody has deleted the clip" in str(
        [e.detail for e in await bot.store.effects(run_id)]
    )


async def test_killed_between_any_two_calls_it_goes_on_and_posts_once(tmp_path, slack):
    killer = Killer()
    for at in range(1, 100):
        folder = tmp_path / str(at)
        folder.mkdir()
        world = World(folder, clock=slack.workspace.clock)
        world.media = DiskMedia(folder)
        slack.workspace.find("#cats").messages.clear()
        killer = Killer(at)
        async with boot(world, slack, killer) as bot:
            run_id = await start(bot)
            try:
                await bot.settle(run_id)
            except Killed:
                await bot.store.release_all()
        died_of = killer.passed[-1]
        async with boot(world, slack) as bot:
            await bot.store.release_all()
            run = await bot.settle(run_id)
        assert len(slack.clips("#cats")) == 1, died_of
        assert run.state is RunState.SUCCEEDED, died_of
        if len(killer.passed) < at:
            break
    assert len(killer.passed) == 12
    assert {line.partition(":")[0] for line in killer.passed} == set(CALLS)
