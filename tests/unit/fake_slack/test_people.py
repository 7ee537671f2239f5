"""The people of the fake Slack reach a real Bolt app, by socket and by signed HTTP."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.fake_slack import SIGNING_SECRET, FakeSlack, signed

JANE = "U0JANE"
MODAL = {
    "type": "modal",
    "callback_id": "make",
    "title": {"type": "plain_text", "text": "Make a video"},
    "submit": {"type": "plain_text", "text": "Make"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "prompt",
            "label": {"type": "plain_text", "text": "Prompt"},
            "element": {"type": "plain_text_input", "action_id": "prompt"},
        },
        {
            "type": "input",
            "block_id": "size",
            "label": {"type": "plain_text", "text": "Size"},
            "element": {
                "type": "static_select",
                "action_id": "size",
                "options": [{"text": {"type": "plain_text", "text": "Wide"}, "value": "wide"}],
            },
        },
    ],
}
CARD = [
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


@pytest.fixture
async def slack():
    fake = FakeSlack()
    fake.workspace.add_user(JANE, "jane")
    fake.workspace.add_channel("#cats", members=("U0REELBOT", JANE))
    async with fake.serving():
        yield fake


def make_app(slack):
    """Return a small bot that does a little of everything, and what it heard."""
    client = AsyncWebClient("xoxb-test", base_url=slack.api_url)
    app = AsyncApp(client=client, signing_secret=SIGNING_SECRET)
    heard = []
    answer_commands(app, heard)
    answer_interactions(app, heard)
    hear_events(app, heard)
    return app, heard


def answer_commands(app, heard):
    @app.command("/video")
    async def video(ack, body, respond, client):
        await ack()
        heard.append(("video", body["text"]))
        if body["text"] == "respond":
            await respond("Only you see this.")
        elif body["text"] == "modal":
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        elif body["text"] == "card":
            await client.chat_postMessage(channel=body["channel_id"], text="A cat", blocks=CARD)

    @app.command("/slow")
    async def slow(ack):
        await asyncio.sleep(0.4)
        await ack()


def answer_interactions(app, heard):
    @app.action("approve")
    async def approve(ack, body, respond):
        await ack()
        heard.append(("approve", body["actions"][0]["value"], body["message"]["ts"]))
        await respond(replace_original=True, text="Approved.", blocks=CARD[:1])

    @app.view("make")
    async def make(ack, view):
        values = view["state"]["values"]
        prompt = values["prompt"]["prompt"]["value"]
        if len(prompt) < 5:
            await ack(response_action="errors", errors={"prompt": "Say more."})
            return
        await ack()
        heard.append(("make", prompt, values["size"]["size"]["selected_option"]["value"]))

    @app.view_closed("make")
    async def closed(ack):
        await ack()
        heard.append(("closed",))

    @app.shortcut("remix")
    async def remix(ack, body):
        await ack()
        heard.append(("remix", body["message"]["text"]))


def hear_events(app, heard):
    @app.event("app_mention")
    async def mention(event, say):
        heard.append(("mention", event["text"]))
        await say("Here.", thread_ts=event["ts"])

    @app.event("app_home_opened")
    async def home(event, client):
        heard.append(("home", event["user"]))
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": CARD[:1]})

    @app.event("message")
    async def message(event):
        heard.append(("message", event["text"]))


@asynccontextmanager
async def by_socket(slack, app):
    client = AsyncWebClient("xapp-test", base_url=slack.api_url)
    handler = AsyncSocketModeHandler(app, "xapp-test", web_client=client, ping_interval=0.5)
    await handler.connect_async()
    await slack.sockets.wait_for(1)
    try:
        yield handler
    finally:
        await handler.close_async()


@asynccontextmanager
async def by_http(slack, app):
    handler = AsyncSlackRequestHandler(app, path="/slack/events")
    server = uvicorn.Server(
        uvicorn.Config(handler, port=0, log_config=None, lifespan="off", ws="none")
    )
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    slack.request_url = f"http://127.0.0.1:{port}/slack/events"
    try:
        yield handler
    finally:
        server.should_exit = True
        await task


@pytest.fixture(params=[by_socket, by_http])
async def bot(request, slack):
    app, heard = make_app(slack)
    async with request.param(slack, app):
        yield heard


@pytest.fixture
async def socket(slack):
    app, heard = make_app(slack)
    async with by_socket(slack, app) as handler:
        yield handler, heard


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 the bot's listeners tell nobody when they end
            await asyncio.sleep(0.01)


async def test_a_slash_command_is_acked_and_answered_to_one_person(slack, bot):
    delivery = await slack.slash("/video", "respond", user=JANE, channel="#cats")
    assert delivery.error is None
    assert delivery.seconds < 3
    await until(lambda: slack.seen_by(JANE))
    assert slack.seen_by(JANE)[0]["text"] == "Only you see this."
    assert slack.messages("#cats") == []


async def test_a_button_is_pressed_and_its_card_replaced(slack, bot):
    await slack.slash("/video", "card", user=JANE, channel="#cats")
    await until(lambda: slack.messages("#cats"))
    [card] = slack.messages("#cats")
    await slack.click(card, "approve", JANE)
    await until(lambda: card["text"] == "Approved.")
    assert ("approve", "run-1", card["ts"]) in bot
    with pytest.raises(AssertionError, match="no 'approve' to press"):
        await slack.click(card, "approve", JANE)


async def test_a_modal_is_filled_in_corrected_and_sent(slack, bot):
    await slack.slash("/video", "modal", user=JANE, channel="#cats")
    await until(lambda: slack.view_of(JANE))
    view = slack.view_of(JANE)
    with pytest.raises(AssertionError, match="must be filled in"):
        await slack.submit(view, {"prompt": "a cat"}, JANE)
    corrected = await slack.submit(view, {"prompt": "cat", "size": "wide"}, JANE)
    assert corrected.errors == {"prompt": "Say more."}
    assert slack.view_of(JANE) == view
    await slack.submit(view, {"prompt": "a cat at sea", "size": "wide"}, JANE)
    assert slack.view_of(JANE) is None
    await until(lambda: ("make", "a cat at sea", "wide") in bot)


async def test_a_closed_modal_is_told(slack, bot):
    await slack.slash("/video", "modal", user=JANE, channel="#cats")
    await until(lambda: slack.view_of(JANE))
    await slack.close(slack.view_of(JANE), JANE)
    await until(lambda: ("closed",) in bot)


async def test_shortcuts_mentions_direct_messages_and_home_arrive(slack, bot):
    message = slack.say("nice cat", user=JANE, channel="#cats")
    await slack.shortcut("remix", JANE, message=message)
    mention = await slack.mention("how is it?", user=JANE, channel="#cats")
    await slack.dm("hi", user=JANE)
    await slack.open_home(JANE)
    await until(lambda: JANE in slack.workspace.homes and len(slack.messages("#cats")) == 3)
    assert {"remix", "mention", "message", "home"} == {name for name, *_ in bot}
    assert slack.messages("#cats")[-1]["thread_ts"] == mention.payload["event"]["ts"]


async def test_a_replayed_event_is_the_same_event(slack, bot):
    first = await slack.mention("?", user=JANE, channel="#cats")
    again = await slack.replay(first)
    assert again.payload["event_id"] == first.payload["event_id"]
    assert again.retry == 1
    await until(lambda: len([h for h in bot if h[0] == "mention"]) == 2)


async def test_a_late_ack_is_what_the_person_sees(slack, bot):
    slack.sockets.patience = 0.2
    late = await slack.slash("/slow", user=JANE, channel="#cats")
    assert late.error == "operation_timeout"
    unknown = await slack.slash("/unknown", user=JANE, channel="#cats")
    assert unknown.error in {"operation_timeout", "dispatch_failed"}


async def test_a_command_finds_nobody_without_a_socket(slack):
    delivery = await slack.slash("/video", user=JANE, channel="#cats")
    assert delivery.error == "dispatch_failed"


async def test_the_client_comes_back_when_it_is_told_to(slack, socket):
    await slack.sockets.disconnect("refresh_requested")
    await until(lambda: len(slack.sockets.tickets) == 2)
    await slack.sockets.wait_for(1)
    delivery = await slack.slash("/video", "x", user=JANE, channel="#cats")
    assert delivery.error is None


async def test_the_client_comes_back_after_its_socket_was_closed(slack, socket):
    await slack.sockets.close()
    await until(lambda: len(slack.sockets.tickets) == 2)
    await slack.sockets.wait_for(1)
    assert (await slack.slash("/video", "x", user=JANE, channel="#cats")).error is None


async def test_a_dead_socket_answers_no_ping_and_delivers_nothing(slack, socket):
    heard = socket[1]
    await until(lambda: slack.sockets.pings)
    slack.sockets.dead, slack.sockets.patience = True, 0.1
    delivery = await slack.slash("/video", "x", user=JANE, channel="#cats")
    assert delivery.error == "operation_timeout"
    assert heard == []


async def test_slack_pings_too(slack, socket):
    await slack.sockets.ping()
    assert await socket[0].client.is_connected()


async def test_a_ticket_opens_one_socket(slack):
    client = AsyncWebClient("xapp-test", base_url=slack.api_url)
    url = (await client.apps_connections_open(app_token="xapp-test"))["url"]
    async with httpx.AsyncClient() as http:
        slack.sockets.tickets.add(url.rpartition("=")[2])
        assert (await http.get(url.replace("ws", "http", 1))).status_code == 403


async def test_a_response_address_takes_five_posts(slack):
    url = slack.response_url(JANE, slack.workspace.find("#cats"))
    async with httpx.AsyncClient() as http:
        answers = [await http.post(url, json={"text": str(n)}) for n in range(6)]
        wrong = await http.post(
            slack.response_url(JANE, slack.workspace.find("#cats")), json={"colour": "red"}
        )
    assert [a.status_code for a in answers] == [200] * 5 + [404]
    assert wrong.status_code == 400
    assert len(slack.seen_by(JANE)) == 5


async def test_a_forged_request_is_not_taken_for_slacks_own(slack):
    app, heard = make_app(slack)
    async with by_http(slack, app), httpx.AsyncClient() as http:
        body = "command=%2Fvideo&text=x"
        headers = {"content-type": "application/x-www-form-urlencoded"}
        old, other = signed(SIGNING_SECRET, body, 1_700_000_000), signed("another", body)
        for forged in (old, other):
            answer = await http.post(slack.request_url, content=body, headers=headers | forged)
            assert answer.status_code == 401
    assert heard == []
