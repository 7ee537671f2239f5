"""Deliveries are handed on one after the other, and none keeps another from it."""

import asyncio

import pytest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.deliveries import Deliveries
from bot.slack.room.listeners import bolt

US = AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-test")
CLICK = {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "go"}]}
VIEW = {"type": "modal", "callback_id": "make"}
DIALOG = {"type": "view_submission", "user": {"id": "U1"}, "view": VIEW}


def command(text):
    return {"command": "/video", "text": text, "user_id": "U1"}


@pytest.fixture
def app():
    return bolt(AsyncWebClient(token="xoxb-test"), lambda: US)


async def test_what_was_taken_before_the_end_is_handed_on_in_its_order(app):
    heard, errors = [], []

    @app.command("/video")
    async def hear(body):
        heard.append(body["text"])

    deliveries = Deliveries(app, errors.append)
    for text in "abc":
        deliveries.take(command(text))
    await deliveries.drain()
    assert heard == ["a", "b", "c"]
    assert errors == []


async def test_the_end_waits_for_the_one_that_is_being_handed_on(app):
    heard = []

    @app.middleware
    async def ponder(next):  # noqa: A002  # Bolt calls it so
        for _ in range(5):
            await asyncio.sleep(0)
        await next()

    @app.command("/video")
    async def hear(body):
        heard.append(body["text"])

    deliveries = Deliveries(app, print)
    running = asyncio.create_task(deliveries.run())
    deliveries.take(command("a"))
    await asyncio.sleep(0)  # it is out of the row
    await deliveries.drain()
    assert heard == ["a"]
    running.cancel()


async def test_one_that_makes_no_sense_holds_up_no_other(app):
    heard, errors = asyncio.Queue(), []

    @app.command("/video")
    async def hear(body):
        heard.put_nowait(body["text"])

    deliveries = Deliveries(app, errors.append)
    running = asyncio.create_task(deliveries.run())
    deliveries.take({"team": 5})
    deliveries.take(command("a"))
    async with asyncio.timeout(10):
        assert await heard.get() == "a"
    running.cancel()
    assert [type(error) for error in errors] == [TypeError]


async def test_a_listener_that_takes_its_time_keeps_nobody_waiting_for_the_ack(app):
    began = asyncio.Event()

    @app.action("go")
    async def hear():
        began.set()
        await asyncio.Event().wait()

    deliveries = Deliveries(app, print)
    async with asyncio.timeout(2):  # Bolt gives a listener without an ack three seconds
        assert await deliveries.answer(CLICK) is None
        await began.wait()


async def test_a_dialog_says_in_its_ack_what_is_wrong(app):
    @app.view("make")
    async def hear(ack):
        await ack(response_action="errors", errors={"prompt": "Too long."})

    said = await Deliveries(app, print).answer(DIALOG)
    assert said == {"response_action": "errors", "errors": {"prompt": "Too long."}}
