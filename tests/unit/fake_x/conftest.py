"""An X on loopback, an account on it, and somebody who calls with the account's token."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.clock import FakeClock
from tests.fake_x import Account, FakeX


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def x(clock: FakeClock) -> AsyncIterator[FakeX]:
    x = FakeX(clock)
    async with x.serving():
        yield x


@pytest.fixture
def reel(x: FakeX) -> Account:
    return x.account("@reel", "Reel")


@pytest.fixture
async def client(x: FakeX, reel: Account) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {x.oauth2(reel).access}"}
    async with httpx.AsyncClient(base_url=x.url, headers=headers, timeout=5) as client:
        yield client
