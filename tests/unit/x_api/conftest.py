"""A fake X, and its API as @reel sees it."""

import httpx
import pytest

from bot.x_api.sign import oauth1
from bot.x_api.web_api import XApi
from tests.clock import FakeClock
from tests.fake_x import FakeX, SystemClock


@pytest.fixture
async def clock():
    """Jumps to the next sleeper when nothing is under way."""
    clock = FakeClock()
    async with clock.auto():
        yield clock


@pytest.fixture
async def x(clock):
    fake = FakeX(clock)
    fake.wall_clock = SystemClock()  # tweepy signs with the machine's time
    async with fake.serving():
        yield fake


@pytest.fixture
def reel(x):
    return x.account("@reel")


@pytest.fixture
async def client(x):
    async with httpx.AsyncClient(base_url=x.url, timeout=5) as client:
        yield client


@pytest.fixture
def auth(x, reel):
    app, token = x.people.app, x.oauth1(reel)
    return oauth1(app.consumer_key, app.consumer_secret, token.key, token.secret)


@pytest.fixture
def api(client, auth, clock):
    return XApi(client, auth, clock=clock)
