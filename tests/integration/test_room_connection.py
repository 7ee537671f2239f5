"""Deliveries reach the room whatever becomes of the socket, and nothing but Slack's own does."""

import asyncio
import os
import time
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Self

import httpx
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette

from bot.domain.run import RunState
from bot.slack import room
from bot.slack.connection import Connection
from bot.slack.crew import Crew
from bot.slack.deliveries import Deliveries
from bot.slack.room.listeners import bolt
from bot.web import serve
from tests.fake_slack import SIGNING_SECRET, FakeSlack, Refuse, Status, signed
from tests.slack_room import House, ask


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    house.world.vendor.seconds = 2.0
    async with house.slack.serving():
        yield house


# --- the socket ----------------------------------------------------------------------------------


class Opened:
    """A connection over *slack*, and how often it opened."""

    def __init__(self, slack: FakeSlack) -> None:
        web = AsyncWebClient(token="xapp-test", base_url=slack.api_url)
        web.retry_handlers.clear()
        self.times = 0
        self.connection = Connection(
            Deliveries(AsyncApp(client=AsyncWebClient(token="x"), signing_secret="x"), print),
            web,
            on_open=self.opened,
            ping_every=0.2,
            look_every=0.05,
            first_pause=0.05,
        )

    def opened(self) -> None:
        self.times += 1

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.connection.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def until(self, true) -> None:
        async with asyncio.timeout(20):
            while not true():  # noqa: ASYNC110 nobody tells of it
                await asyncio.sleep(0.01)


@pytest.fixture
async def slack():
    slack = FakeSlack()
    async with slack.serving():
        yield slack


async def test_a_socket_that_is_closed_without_a_word_is_opened_again(slack):
    async with Opened(slack) as socket:
        await slack.sockets.wait_for(1)
        await slack.sockets.close()
        await socket.until(lambda: socket.times == 2 and len(slack.sockets.open) == 1)
        assert socket.connection.state == "ok"
    await slack.sockets.wait_for(0)


async def test_a_socket_that_is_open_but_dead_is_noticed(slack):
    async with Opened(slack) as socket:
        await slack.sockets.wait_for(1)
        await socket.until(lambda: socket.connection.state == "ok")
        slack.sockets.dead = True
        await socket.until(lambda: socket.connection.state != "ok")
        slack.sockets.dead = False
        await socket.until(lambda: socket.times >= 2 and socket.connection.state == "ok")
        await slack.sockets.wait_for(1)


async def test_slack_renews_its_sockets_without_a_new_connection_of_ours(slack):
    async with Opened(slack) as socket:
        await slack.sockets.wait_for(1)
        tickets = len(slack.sockets.tickets)
        await slack.sockets.disconnect()
        await socket.until(lambda: len(slack.sockets.tickets) == tickets + 1)
        await slack.sockets.wait_for(1)


@pytest.mark.parametrize(
    "fault,said",
    [
        (Refuse("invalid_auth"), "does not accept the app-level token"),
        (Refuse("token_revoked"), "SLACK_APP_TOKEN"),
        (Refuse("internal_error"), "opens no socket"),
        (Status(503), "Slack"),
    ],
    ids=str,
)
async def test_the_state_says_why_there_is_no_socket_and_it_comes_back(slack, fault, said):
    slack.fail("apps.connections.open", fault, times=3)
    async with Opened(slack) as socket:
        await socket.until(lambda: said in socket.connection.state)
        await socket.until(lambda: socket.connection.state == "ok")
        assert socket.times == 1


# --- the token -----------------------------------------------------------------------------------


async def test_a_revoked_token_is_told_and_all_goes_on_once_there_is_a_new_one(house):
    async with house.boot() as bot:
        house.slack.token("xoxb-test").revoked = True
        await house.until(lambda: "token_revoked" in bot.room.state, tick=1.0)
        request = bot.intake.fired(house.plan.schedules[0], house.clock.now())
        await bot.pipeline.start(request)
        await bot.state(RunState.SUCCEEDED)
        assert house.slack.messages(house.desk.id) == []

        house.slack.token("xoxb-test").revoked = False
        await house.until(lambda: bot.room.state == "ok", tick=1.0)
        await ask(house)
        await house.until(lambda: house.cards() and "osted" in house.cards()[0]["text"], tick=0.5)


# --- signed requests -----------------------------------------------------------------------------


@pytest.fixture
async def address(house):
    """The room behind HTTP instead of a socket."""
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(house.boot(socket=False))
        surface = Starlette(routes=bot.room.routes())
        base = await stack.enter_async_context(serve(surface, "127.0.0.1", 0))
        house.slack.request_url = f"{base.rstrip('/')}/slack/events"
        yield house.slack.request_url


async def test_commands_and_clicks_come_by_http_as_well(house, address):
    house.ask_for()
    delivery = await ask(house)
    assert delivery.status == 200
    await house.until(lambda: house.cards() and "run.reject" in str(house.cards()[0]))
    click = await house.slack.click(house.cards()[0], "run.reject", house.bob)
    assert click.error is None
    await house.until(lambda: "run.reject" not in str(house.cards()[0]))


async def test_a_dialog_that_comes_by_http_says_in_its_ack_what_is_wrong(house, address):
    await ask(house, "")
    view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
    house.set(confirm_over_usd=Decimal("0.01"))  # the form was drawn before
    sent = await house.slack.submit(view, {"prompt": "a cat"}, house.jane)
    assert "0.01" in str(sent.errors)
    house.set(confirm_over_usd=Decimal(5))
    sent = await house.slack.submit(view, {"prompt": "a cat"}, house.jane)
    assert sent.error is None
    assert sent.seconds < 3
    await house.until(house.cards)


BODY = "command=%2Fvideo&text=a+cat&user_id=U0JANE&channel_id=C1&trigger_id=1.2"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-slack-signature": "junk", "x-slack-request-timestamp": "junk"},
        {"x-slack-signature": "v0=é".encode(), "x-slack-request-timestamp": str(int(time.time()))},
        {"x-slack-signature": "v0=0", "x-slack-request-timestamp": "9" * 400},
        {"x-slack-signature": "v0=0", "x-slack-request-timestamp": "-1"},
        {"x-slack-signature": "v0=0", "x-slack-request-timestamp": "١٢٣".encode()},
        signed("another-secret", BODY),
        signed(SIGNING_SECRET, BODY, int(time.time()) - 301),
        signed(SIGNING_SECRET, BODY, int(time.time()) + 4000),
        signed(SIGNING_SECRET, BODY + "x"),
    ],
)
async def test_what_slack_did_not_sign_is_refused_without_a_word_in_the_log(
    house, address, headers, caplog
):
    kind = {"content-type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(address, content=BODY, headers=kind | headers)

    assert answer.status_code == 401
    assert house.slack.count("users.info") == 0
    assert [r for r in caplog.records if r.exc_info] == []


async def test_a_request_that_comes_twice_is_taken_once(house, address):
    body = BODY.replace("C1", house.cats.id)
    headers = signed(SIGNING_SECRET, body)
    headers["content-type"] = "application/x-www-form-urlencoded"
    async with httpx.AsyncClient(trust_env=False) as client:
        answers = [await client.post(address, content=body, headers=headers) for _ in range(3)]
    await house.until(house.cards)
    await house.calm()

    assert [a.status_code for a in answers] == [200] * 3
    assert len(house.cards()) == 1


async def test_what_comes_by_http_when_the_room_has_closed_is_not_acked(house):
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(house.boot(socket=False))
        surface = Starlette(routes=bot.room.routes())
        outlives = AsyncExitStack()
        base = await outlives.enter_async_context(serve(surface, "127.0.0.1", 0))
        house.slack.request_url = f"{base.rstrip('/')}/slack/events"
    async with outlives:
        late = await house.slack.slash("/video", "a cat", user=house.jane, channel="#cats")
    assert late.status == 503


async def test_the_address_is_verified_and_a_body_without_end_is_not_read(house, address):
    body = '{"type": "url_verification", "challenge": "abc", "token": "x"}'
    headers = signed(SIGNING_SECRET, body) | {"content-type": "application/json"}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(address, content=body, headers=headers)
        large = await client.post(address, content=b"x" * 2_000_000)

    assert answer.json() == {"challenge": "abc"}
    assert large.status_code == 413


# --- the ack -------------------------------------------------------------------------------------


async def test_an_envelope_is_acked_before_anybody_looks_at_it(slack):
    jane = slack.workspace.add_user("U0JANE", "jane")
    slack.workspace.add_channel("#cats", members=("U0REELBOT", jane))
    async with Opened(slack):  # nothing takes a delivery out of the row
        await slack.sockets.wait_for(1)
        typed = await slack.slash("/video", "a cat", user=jane, channel="#cats")
        named = await slack.mention("<@U0REELBOT> hello", user=jane, channel="#cats")
    assert (typed.error, typed.ack) == (None, None)
    assert named.acked_at is not None


async def test_what_was_acked_is_done_though_its_socket_is_lost_and_slack_sends_it_again(house):
    async with house.boot() as bot:
        hand_on, held = bot.room._deliveries._hand_on, asyncio.Event()

        async def later(body):
            await held.wait()
            return await hand_on(body)

        bot.room._deliveries._hand_on = later
        delivery = await ask(house)
        await house.slack.sockets.close()
        await house.until(lambda: not house.slack.sockets.open, tick=0)
        await house.until(lambda: house.slack.sockets.open, tick=0)
        await house.slack.replay(delivery)
        held.set()
        await house.until(house.cards)
        await house.calm()
        assert len(house.cards()) == 1


async def test_the_socket_is_watched_while_the_cards_are_brought_up_to_date(house):
    async with house.boot() as bot:
        bot.room.board.refresh = asyncio.Event().wait
        for _ in range(2):
            tickets = len(house.slack.sockets.tickets)
            await house.slack.sockets.close()
            await house.until(lambda before=tickets: len(house.slack.sockets.tickets) > before)
            await house.slack.sockets.wait_for(1)


async def test_what_is_acked_when_the_room_closes_is_still_done(house, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Deliveries, "run", lambda _self: asyncio.Event().wait())
        async with house.boot() as bot:
            await ask(house)
            assert await bot.store.list_runs() == []
    async with house.boot():
        await house.until(house.cards)


async def test_whoever_comes_while_too_much_waits_is_told_so_now_and_then(house, monkeypatch):
    crews = []
    monkeypatch.setattr(room, "Crew", lambda tell: crews.append(Crew(tell)) or crews[0])
    async with house.boot():
        await ask(house)
        await house.until(house.cards)
        await ask(house, "")
        view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
        crews[0]._most = 0

        for user in (house.jane, house.jane, house.bob):
            await house.slack.click(house.cards()[0], "run.details", user)
        await house.until(lambda: len(house.slack.responses) == 2, tick=0)
        await house.calm()
        told = {r["text"] for r in house.slack.responses}
        assert len(house.slack.responses) == 2
        assert told == {"Too much is going on right now. Nothing was done; try again in a minute."}

        await house.clock.advance(10)
        await ask(house, "status")
        await house.until(lambda: len(house.slack.responses) == 3, tick=0)

        sent = await house.slack.submit(view, {"prompt": "a cat"}, house.jane)
        assert list(sent.errors.values()) == list(told)


async def test_nothing_is_asked_of_slack_before_the_ack(house):
    async with house.boot() as bot:
        await house.until(lambda: bot.room.state == "ok")
        house.slack.fail("any", Status(503), times=1_000)
        seconds = [
            (await house.slack.slash("/video", "a cat", user=house.jane, channel="#cats")).seconds
            for _ in range(5)
        ]
        assert max(seconds) < 1.0
        house.slack._planned.clear()


def test_the_app_asks_slack_nothing_by_itself():
    app = bolt(AsyncWebClient(token="xoxb-test"), lambda: None)
    names = {type(m).__name__ for m in app._async_middleware_list}
    assert "AsyncSingleTeamAuthorization" not in names


def test_the_app_is_for_one_workspace_whatever_else_is_in_the_environment(monkeypatch):
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "somebody-elses")
    app = bolt(AsyncWebClient(token="xoxb-test"), lambda: None)
    assert app.oauth_flow is None
    assert app.installation_store is None
    assert os.environ["SLACK_CLIENT_SECRET"] == "somebody-elses"
