"""Our fake Slack beside somebody else's: the npm package local-slack, over the official client.

    python -m pytest -m peers

The same calls and the same people's acts against both: what both answer must be of the same types,
and what the other one tells, ours tells too. Both could be wrong together, but not by our habits.
"""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.post import Post, Target
from bot.domain.video import Asset
from bot.media.keep import Keep
from bot.publishers.slack import SlackPublisher
from tests.clock import FakeClock
from tests.fake_slack import FakeSlack
from tests.local_slack import CATS, JANE, fetch, running

pytestmark = pytest.mark.peers

BLOCKS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "A cat"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "value": "run-1",
                "text": {"type": "plain_text", "text": "Approve"},
            }
        ],
    },
]
#: It repeats a message's channel inside the message, and lists in the history what only one person
#: was shown; Slack does neither.
THEIRS_ALONE = {
    "block_actions: message.channel",
    "history: messages[].channel",
    "history: messages[].ephemeral_to",
    "history: messages[].subtype",
    "post: message.channel",
    "replies: messages[].channel",
    "reply: message.channel",
    "update: message.channel",
}


@pytest.fixture(scope="module")
def program():
    return fetch()


class Theirs:
    """The other one, acted on through its control API."""

    def __init__(self, url):
        self.url, self.api_url = url, f"{url}/api/"
        self.bot, self.app = "xoxb-test-token", "xapp-test-token"

    async def act(self, what, **body):
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.url}/_control/{what}", json=body)
            assert answer.json()["ok"], answer.text

    async def slash(self, text):
        await self.act("command", channel=CATS, user=JANE, command="/video", text=text)

    async def mention(self, text):
        await self.act("message", channel=CATS, user=JANE, text=f"<@U0BOT> {text}")

    async def click(self, ts):
        action = BLOCKS[1]["elements"][0] | {"block_id": "b1"}
        await self.act("interact", channel=CATS, messageTs=ts, user=JANE, action=action)

    async def open_home(self):
        await self.act("open-home", user=JANE)


class Ours:
    """Our own."""

    bot, app = "xoxb-test", "xapp-test"

    def __init__(self, fake):
        self.fake, self.api_url = fake, fake.api_url

    async def slash(self, text):
        await self.fake.slash("/video", text, user=JANE, channel=CATS)

    async def mention(self, text):
        await self.fake.mention(text, user=JANE, channel=CATS)

    async def click(self, ts):
        [card] = [m for m in self.fake.messages(CATS) if m["ts"] == ts]
        await self.fake.click(card, "approve", JANE)

    async def open_home(self):
        await self.fake.open_home(JANE)


@asynccontextmanager
async def both(program, folder):
    fake = FakeSlack()
    fake.workspace.add_user(JANE, "jane")
    channel = fake.workspace.add_channel("#cats", members=("U0REELBOT", JANE))
    del fake.workspace.channels[channel.id]
    channel.id = CATS
    fake.workspace.channels[CATS] = channel
    with running(program, folder) as url:
        async with fake.serving():
            yield Ours(fake), Theirs(url)


def shape(value, at="", into=None):
    """Return the types of all that is in *value*, by path; of a list its first item counts."""
    into = {} if into is None else into
    if value is None or value in ([], {}, ""):
        return into  # says nothing of its type
    if isinstance(value, dict):
        for key, item in value.items():
            named = "<id>" if str(key)[:1] in "CDUF" and str(key).isupper() else key
            shape(item, f"{at}.{named}".lstrip("."), into)
    elif isinstance(value, list):
        shape(value[0], f"{at}[]", into)
    else:
        into[at] = type(value).__name__
    return into


async def answer(call):
    """Return an answer, also one that refuses."""
    try:
        return dict((await call).data)
    except SlackApiError as refusal:
        return dict(refusal.response.data)


async def converse(side):
    """Return what *side* answers to a bot's calls, by name."""
    client = AsyncWebClient(side.bot, base_url=side.api_url)
    said = {}

    async def ask(name, method, **args):
        said[name] = await answer(client.api_call(method, **args))
        return said[name]

    await ask("who", "auth.test")
    await ask("channels", "conversations.list", params={"limit": 10})
    await ask("channel", "conversations.info", params={"channel": CATS})
    await ask("members", "conversations.members", params={"channel": CATS})
    await ask("user", "users.info", params={"user": JANE})
    await ask("no user", "users.info", params={"user": "U0NONE"})
    card = {"channel": CATS, "text": "A cat", "blocks": BLOCKS}
    posted = await ask("post", "chat.postMessage", json=card)
    ts = posted["ts"]
    await ask("reply", "chat.postMessage", json={"channel": CATS, "text": "x", "thread_ts": ts})
    await ask("update", "chat.update", json={"channel": CATS, "ts": ts, "text": "Done"})
    await ask("link", "chat.getPermalink", params={"channel": CATS, "message_ts": ts})
    await ask("whisper", "chat.postEphemeral", json={"channel": CATS, "user": JANE, "text": "x"})
    await ask("history", "conversations.history", params={"channel": CATS})
    await ask("replies", "conversations.replies", params={"channel": CATS, "ts": ts})
    await ask("nowhere", "chat.postMessage", json={"channel": "C0NONE", "text": "x"})
    await ask("no message", "chat.update", json={"channel": CATS, "ts": "1.000001", "text": "x"})
    like = {"channel": CATS, "timestamp": ts, "name": "eyes"}
    await ask("like", "reactions.add", json=like)
    await ask("direct", "conversations.open", json={"users": JANE})
    home = {"type": "home", "blocks": BLOCKS[:1]}
    await ask("home", "views.publish", json={"user_id": JANE, "view": home})
    await upload(client, ask)
    await ask("delete", "chat.delete", json={"channel": CATS, "ts": ts})
    return said


async def upload(client, ask):
    address = await ask(
        "address", "files.getUploadURLExternal", params={"filename": "a.mp4", "length": 3}
    )
    async with httpx.AsyncClient() as http:
        got = await http.post(address["upload_url"], content=b"abc")
        assert (got.status_code, got.text) == (200, "OK - 3")
    files = json.dumps([{"id": address["file_id"], "title": "A cat"}])
    complete = {"files": files, "channel_id": CATS, "initial_comment": "A cat."}
    await ask("complete", "files.completeUploadExternal", params=complete)
    await ask("file", "files.info", params={"file": address["file_id"]})
    await ask("no file", "files.info", params={"file": "F0NONE"})
    await ask("remove", "files.delete", params={"file": address["file_id"]})
    await ask("removed", "files.info", params={"file": address["file_id"]})


async def listen(side):
    """Return what *side* delivers when people act, by type."""
    heard = {}

    async def hear(client, request):
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))
        event = request.payload.get("event", {}).get("type")
        heard[event or request.payload.get("type") or request.type] = request.payload

    web = AsyncWebClient(side.app, base_url=side.api_url)
    client = SocketModeClient(side.app, web_client=web)
    client.socket_mode_request_listeners.append(hear)
    await client.connect()
    try:
        bot = AsyncWebClient(side.bot, base_url=side.api_url)
        card = await bot.chat_postMessage(channel=CATS, text="A cat", blocks=BLOCKS)
        await side.slash("a cat")
        await side.mention("how is it?")
        await side.click(card["ts"])
        await side.open_home()
        wanted = {"slash_commands", "app_mention", "block_actions", "app_home_opened"}
        async with asyncio.timeout(10):
            while not wanted <= set(heard):  # noqa: ASYNC110 the listener tells nobody
                await asyncio.sleep(0.02)
    finally:
        await client.close()
    return {name: heard[name] for name in wanted}


def differences(ours, theirs):
    """Return where the two differ: in type, or in something only the other one tells."""
    found = []
    for name in theirs:
        mine, other = shape(ours[name]), shape(theirs[name])
        for path in other:
            where = f"{name}: {path}"
            if path not in mine and where not in THEIRS_ALONE:
                found.append(f"{where} is missing")
            elif mine.get(path, other[path]) != other[path]:
                found.append(f"{where} is {mine[path]} here, {other[path]} there")
    return sorted(found)


async def test_a_bots_calls_are_answered_alike(program, tmp_path):
    async with both(program, tmp_path) as (ours, theirs):
        mine, other = await converse(ours), await converse(theirs)
    assert {k: v["ok"] for k, v in mine.items()} == {k: v["ok"] for k, v in other.items()}
    assert {k: v.get("error") for k, v in mine.items()} == {
        k: v.get("error") for k, v in other.items()
    }
    assert differences(mine, other) == []


async def test_peoples_acts_arrive_alike(program, tmp_path):
    async with both(program, tmp_path) as (ours, theirs):
        mine, other = await listen(ours), await listen(theirs)
    assert differences(mine, other) == []


async def test_the_publisher_posts_once_at_either(program, tmp_path):
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"x" * 100_000)
    asset = Asset(sha256="0" * 64, path=file.name, media_type="video/mp4", bytes=100_000)
    post = Post(
        run_id="run-1",
        target=Target.parse("slack:#cats"),
        caption="A <cat> & a dog.",
        alt_text="A tabby.",
        asset=asset,
        thumbnail=None,
        simulated=False,
    )
    shown = []
    async with both(program, tmp_path) as sides:
        for side in sides:
            headers = {"authorization": f"Bearer {side.bot}"}
            async with httpx.AsyncClient(base_url=side.api_url, headers=headers) as client:
                publisher = SlackPublisher(
                    client, media=Keep(tmp_path, min_free_bytes=0), clock=FakeClock()
                )
                handle = await publisher.prepare(post)
                delivery = await publisher.publish(post, handle)
                found = await publisher.find(post, handle, since=delivery.delivered_at)
                assert found == [delivery]
            bot = AsyncWebClient(side.bot, base_url=side.api_url)
            [message] = (await bot.conversations_history(channel=CATS))["messages"]
            assert delivery.delivered_at.timestamp() == pytest.approx(float(message["ts"]))
            shown.append((message["text"], message["files"][0]["id"] == delivery.remote_id))
    assert shown == [("A &lt;cat&gt; &amp; a dog.", True)] * 2
