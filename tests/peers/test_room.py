"""The control room itself at somebody else's Slack: `reelbot run`, pointed there as a user would.

    python -m pytest -m peers

The same people do the same things at local-slack and at our fake; what they get to see is the same.
"""

import asyncio
import json
import re
import time
from contextlib import contextmanager

import aiohttp
import pytest

from tests.command_line import Folder
from tests.fake_slack import FakeSlack
from tests.local_slack import BOB, CATS, JANE, fetch, running

pytestmark = pytest.mark.peers

#: Real seconds; long enough for a busy machine that draws a clip.
PATIENCE = 90.0
PLAN = f"""timezone: UTC
defaults: {{approval: required, publish: ["slack:#cats"]}}
ad_hoc: {{approval: required, video: {{seconds: 4}}}}
slack:
  desk: "#cats"
  allow_simulated: ["#cats"]
  rights: {{generate: [{JANE}, {BOB}], admin: [{BOB}]}}
schedules: []
"""


def until(true):
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
    return found


class Theirs:
    """The other one, acted on as by the people at its own page."""

    bot, app = "xoxb-test-token", "xapp-test-token"

    def __init__(self, url):
        self.url, self.api_url = url, f"{url}/api/"

    def _do(self, **what):
        async def say():
            async with aiohttp.ClientSession() as http, http.ws_connect(f"{self.url}/ui") as page:
                state = json.loads((await page.receive()).data)["state"]
                if what:
                    await page.send_json(what)
                return state

        return asyncio.run(say())

    def messages(self):
        return self._do()["messages"].get(CATS, [])

    def dialog(self):
        return next(iter(self._do()["modalStack"]), None)

    def home(self):
        [homes] = self._do()["homeViews"].values() or [{}]
        return next(iter(homes.values()), None) if homes else None

    def connected(self):
        return all(app["connected"] for app in self._do()["apps"])

    def slash(self, text):
        self._do(t="slash_command", user=JANE, channel=CATS, command="/video", text=text)

    def mention(self, text, thread):
        self._do(
            t="post_message", user=JANE, channel=CATS, text=f"<@U0BOT> {text}", thread_ts=thread
        )

    def click(self, card, name):
        [(block, button)] = [
            (b, e) for b in card["blocks"] for e in b.get("elements", ()) if _is(e, name)
        ]
        action = button | {"block_id": block.get("block_id", "b")}
        self._do(t="block_action", user=BOB, channel=CATS, messageTs=card["ts"], action=action)

    def submit(self, view, prompt):
        field = {"type": "plain_text_input", "value": prompt}
        blocks = {b["block_id"]: b["element"] for b in view["blocks"] if b["type"] == "input"}
        values = {key: {e["action_id"]: _initial(e)} for key, e in blocks.items()}
        self._do(t="view_submit", user=JANE, values=values | {"prompt": {"prompt": field}})

    def open_home(self):
        self._do(t="open_home", user=JANE)


class Ours:
    """Our own."""

    bot, app = "xoxb-test", "xapp-test"

    def __init__(self, fake):
        self.fake, self.api_url = fake, fake.api_url

    def messages(self):
        whispers = [m for _, _, m in self.fake.workspace.ephemerals]
        return sorted([*self.fake.messages(CATS), *whispers], key=lambda m: float(m["ts"]))

    def dialog(self):
        return self.fake.view_of(JANE)

    def home(self):
        home = self.fake.workspace.homes.get(JANE)
        return home and home.shape

    def connected(self):
        return bool(self.fake.sockets.open)

    def slash(self, text):
        self.fake.ask(self.fake.slash("/video", text, user=JANE, channel=CATS))

    def mention(self, text, thread):
        self.fake.ask(self.fake.mention(text, user=JANE, channel=CATS, thread_ts=thread))

    def click(self, card, name):
        self.fake.ask(self.fake.click(card, name, BOB))

    def submit(self, view, prompt):
        self.fake.ask(self.fake.submit(view, {"prompt": prompt}, JANE))

    def open_home(self):
        self.fake.ask(self.fake.open_home(JANE))


def _is(element, name):
    return element.get("action_id") == name


def _initial(element):
    """Return what a field holds that nobody touched, as Slack sends it."""
    kind = element["type"]
    if kind == "static_select":
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind == "multi_static_select":
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    if kind == "file_input":
        return {"type": kind, "files": []}
    return {"type": kind, "value": element.get("initial_value")}


@contextmanager
def ours(_folder):
    fake = FakeSlack()
    for user, name in ((JANE, "jane"), (BOB, "bob")):
        fake.workspace.add_user(user, name)
    channel = fake.workspace.add_channel("#cats", members=("U0REELBOT", JANE, BOB))
    del fake.workspace.channels[channel.id]
    channel.id = CATS
    fake.workspace.channels[CATS] = channel
    with fake.serve():
        yield Ours(fake)


@contextmanager
def theirs(folder):
    with running(fetch(), folder) as url:
        yield Theirs(url)


def visit(slack, folder):
    """Do what people do, one after the other; return what they got to see."""
    env = {
        "SLACK_BOT_TOKEN": slack.bot,
        "SLACK_APP_TOKEN": slack.app,
        "SLACK_API_URL": slack.api_url,
    }
    with Folder(folder, PLAN).engine(env) as engine:
        until(slack.connected)
        slack.slash("a cat surfing")
        card = until(lambda: _with(slack, "run.approve"))
        slack.click(card, "run.approve")
        until(lambda: [m for m in slack.messages() if m.get("files")])
        done = until(lambda: _with(slack, "run.undo"))
        assert done["ts"] == card["ts"]
        slack.mention("how is it?", card["ts"])
        until(lambda: _in_thread(slack, card, "surfing"))
        slack.slash("")
        slack.submit(until(slack.dialog), "a dog in the snow")
        until(lambda: [m for m in slack.messages() if "a dog in the snow" in m["text"]])
        other = until(lambda: _with(slack, "run.reject"))
        slack.click(other, "run.reject")
        until(lambda: [m for m in slack.messages() if "was rejected" in m["text"]])
        slack.slash("cost")
        until(lambda: [m for m in slack.messages() if "today" in str(m.get("blocks"))])
        slack.open_home()
        until(lambda: "Rejected" in str(slack.home()))
        until(lambda: "Please decide" not in str(slack.messages()))
        seen = {"messages": slack.messages(), "home": slack.home()}
        assert "Traceback" not in engine.log
    return seen


def _with(slack, name):
    """Return the message that has the button."""
    found = [m for m in slack.messages() if name in str(m.get("blocks"))]
    return found[-1] if found else None


def _in_thread(slack, card, words):
    return [
        m for m in slack.messages() if m.get("thread_ts") == card["ts"] and words in str(m["text"])
    ]


#: What differs from one run to the next, and from one workspace to the other.
_OWN = re.compile(
    r"<!date\^[^>]+>|\b1?\d{3}-[0-9a-f]{8}\b|https?://[^|>\s]+|U0REELBOT|U0BOT|\$[\d.]+"
)


def shown(seen):
    """Return who said what where, in words alone."""
    order = {m["ts"]: n for n, m in enumerate(seen["messages"])}
    return [(_place(m, order), bool(m.get("files")), *_words(m)) for m in seen["messages"]], _words(
        seen["home"]
    )


def _place(message, order):
    above = message.get("thread_ts")
    return "channel" if above in {None, message["ts"]} else order[above]


def _words(thing):
    texts = [thing.get("text", ""), *_texts(thing.get("blocks") or [])]
    return [_OWN.sub("…", text) for text in texts]


def _texts(value):
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        inner = [
            text for item in value.values() if not isinstance(item, str) for text in _texts(item)
        ]
        return own + inner
    return []


def test_the_room_shows_people_the_same_at_either(tmp_path):
    seen = {}
    for name, side in (("ours", ours), ("theirs", theirs)):
        folder = tmp_path / name
        folder.mkdir()
        with side(folder) as slack:
            seen[name] = shown(visit(slack, folder))
    assert seen["theirs"] == seen["ours"]
    assert len(seen["ours"][0]) == 8  # two cards, their calls, a clip, a question, two answers
