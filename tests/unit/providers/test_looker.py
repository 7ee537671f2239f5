import asyncio
from datetime import timedelta

import pytest

from bot.errors import RateLimited, Unavailable
from bot.providers.answers import Page
from bot.providers.listing import ListingFailed, ListingMissing
from bot.providers.looker import Looker
from bot.providers.sight import Sight
from tests.clock import FakeClock


class Server:
    """Counts what a looker asks for."""

    def __init__(self, clock, *, jobs=0, page_size=100):
        self.clock = clock
        self.items = [{"id": str(number), "status": "queued"} for number in range(jobs)]
        self.page_size = page_size
        self.ones, self.pages = [], 0
        #: Raised by pages, and by looks at these ids.
        self.page_error = None
        self.errors = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.abreast = self.most_abreast = 0

    def looker(self, grid=1.0, **options):
        return Looker(one=self.one, page=self.page, clock=self.clock, grid=grid, **options)

    async def one(self, job_id):
        self.ones.append(job_id)
        self.abreast += 1
        self.most_abreast = max(self.most_abreast, self.abreast)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
        finally:
            self.abreast -= 1
        if job_id in self.errors:
            raise self.errors[job_id]
        return Sight(item={"id": job_id, "status": "queued"})

    async def page(self, after):
        self.pages += 1
        await self.gate.wait()
        if self.page_error:
            raise self.page_error
        start = 0 if after is None else int(after) + 1
        items = self.items[start : start + self.page_size]
        return Page(items=tuple(items), more=start + self.page_size < len(self.items))


@pytest.fixture
def clock():
    return FakeClock()


def due(clock, seconds=0.0):
    return clock.now() + timedelta(seconds=seconds)


async def look_all(clock, looker, ids, seconds=0.0):
    async with clock.auto():
        return await asyncio.gather(*(looker.look(i, due(clock, seconds)) for i in ids))


def tasks():
    return len(asyncio.all_tasks())


async def test_one_or_two_looks_are_got_singly(clock):
    server = Server(clock, jobs=10)
    sights = await look_all(clock, server.looker(), ["1", "2"])
    assert [sight.item["id"] for sight in sights] == ["1", "2"]
    assert (len(server.ones), server.pages) == (2, 0)


async def test_sixty_looks_are_one_page(clock):
    server = Server(clock, jobs=60)
    sights = await look_all(clock, server.looker(), map(str, range(60)))
    assert [sight.item["id"] for sight in sights] == [str(number) for number in range(60)]
    assert (server.ones, server.pages) == ([], 1)


async def test_a_thousand_looks_are_ten_pages(clock):
    server = Server(clock, jobs=1000)
    await look_all(clock, server.looker(), map(str, range(1000)))
    assert (server.ones, server.pages) == ([], 10)


async def test_who_is_not_due_yet_hears_at_once_that_it_is_over(clock):
    server = Server(clock, jobs=10)
    server.items[9]["status"] = "completed"
    looker = server.looker()
    async with clock.auto():
        await asyncio.gather(
            looker.look("9", due(clock, 3600)), *(looker.look(i, due(clock)) for i in "123")
        )
    assert clock.elapsed == 0
    assert (server.ones, server.pages) == ([], 1)


async def test_who_is_not_due_yet_is_not_woken_for_nothing(clock):
    server = Server(clock, jobs=10)
    looker = server.looker()
    async with clock.auto():
        await asyncio.gather(
            looker.look("9", due(clock, 3600)), *(looker.look(i, due(clock)) for i in "123")
        )
    assert clock.elapsed == 3600


async def test_a_page_passes_by_who_is_parked_and_is_not_asked_for_again(clock):
    """The engine moves a few runs at a time; the others of the same instant come right after."""
    server = Server(clock, jobs=60)
    looker = server.looker()
    instant = due(clock, 5)
    await look_all(clock, looker, map(str, range(60)))  # now it knows them
    async with clock.auto():
        for first in range(0, 60, 8):
            ids = map(str, range(first, min(first + 8, 60)))
            await asyncio.gather(*(looker.look(i, instant) for i in ids))
    assert (server.ones, server.pages) == ([], 2)


async def test_what_passed_by_before_it_was_due_tells_nothing(clock):
    server = Server(clock, jobs=10)
    looker = server.looker()
    await look_all(clock, looker, "01234567")
    await look_all(clock, looker, "123", 5)
    await look_all(clock, looker, ["7"], 5)
    assert server.ones == ["7"]


async def test_who_is_parked_learns_of_the_end_without_a_request(clock):
    server = Server(clock, jobs=10)
    looker = server.looker()
    await look_all(clock, looker, "01234567")
    server.items[7]["status"] = "failed"
    await look_all(clock, looker, "123", 5)
    async with clock.auto():
        sight = await looker.look("7", None)
    assert sight.item["status"] == "failed"
    assert server.ones == []
    assert looker.crowd == 7


async def test_somebody_is_told_once_of_the_end_of_a_job_that_is_parked(clock):
    server, told = Server(clock, jobs=10), []
    looker = server.looker(on_over=told.append)
    await look_all(clock, looker, "01234567")
    server.items[7]["status"] = "completed"
    server.items[9]["status"] = "completed"  # not one of ours
    for _ in range(3):
        await look_all(clock, looker, "123", 5)
    assert told == ["7"]


async def test_a_look_at_once_does_not_wait_for_the_grid(clock):
    server = Server(clock)
    looker = server.looker(grid=60.0)
    await clock.advance(0.5)
    async with clock.auto():
        await looker.look("1", None)
    assert clock.elapsed < 0.6


async def test_looks_at_once_that_come_together_share_a_page(clock):
    server = Server(clock, jobs=60)
    looker = server.looker()
    async with clock.auto():
        await asyncio.gather(*(looker.look(str(i), None) for i in range(60)))
    assert (server.ones, server.pages) == ([], 1)


async def test_a_look_at_once_is_not_answered_by_what_was_asked_for_before(clock):
    """The webhook came while an answer was on its way, which does not show the end yet."""
    server = Server(clock)
    server.gate.clear()
    looker = server.looker()
    old = asyncio.create_task(looker.look("1", due(clock)))
    await clock.advance(1)
    other = asyncio.create_task(looker.look("2", due(clock)))
    await clock.advance(1)
    old.cancel()
    new = asyncio.create_task(looker.look("1", None))
    await clock.advance(1)
    server.gate.set()
    await asyncio.gather(new, other)
    assert server.ones == ["1", "2", "1"]


async def test_a_clock_that_is_set_back_stops_nobody(clock):
    server = Server(clock)
    looker = server.looker()
    look = asyncio.create_task(looker.look("1", due(clock, 5)))
    await clock.advance(4)
    clock._now -= timedelta(hours=1)
    await clock.advance(3601)
    assert (await look).item["id"] == "1"


async def test_few_due_looks_do_not_leaf_through_a_crowd(clock):
    server = Server(clock, jobs=1000)
    looker = server.looker()
    await look_all(clock, looker, map(str, range(1000)))
    server.pages = 0
    await look_all(clock, looker, ["997", "998", "999"], 5)
    assert (len(server.ones), server.pages) == (3, 0)


async def test_jobs_nobody_looks_at_any_more_are_forgotten(clock):
    server = Server(clock, jobs=1000)
    looker = server.looker()
    await look_all(clock, looker, map(str, range(1000)))
    assert looker.crowd == 1000
    await clock.advance(3601)
    await look_all(clock, looker, map(str, range(10)))
    assert looker.crowd == 10


async def test_where_there_is_no_listing_nobody_shares(clock):
    server = Server(clock, jobs=10)
    server.page_error = ListingMissing()
    looker = server.looker()
    await look_all(clock, looker, "1234")
    assert looker.crowd == 1


async def test_after_429_nobody_is_asked_until_the_server_wants_to(clock):
    server = Server(clock)
    server.errors["1"] = RateLimited(retry_after=30.0)
    looker = server.looker()
    with pytest.raises(RateLimited):
        await look_all(clock, looker, ["1"])
    await look_all(clock, looker, ["2"], 1)
    async with clock.auto():
        await looker.look("3", None)
    assert clock.elapsed == 30.02


async def test_looks_are_gathered_on_the_grid(clock):
    server = Server(clock, jobs=10)
    looker = server.looker(grid=10.0)
    async with clock.auto():
        await asyncio.gather(*(looker.look(str(i), due(clock, i)) for i in range(1, 10)))
    assert clock.elapsed == 10
    assert server.pages == 1


async def test_an_earlier_look_does_not_wait_for_a_later_one(clock):
    server = Server(clock)
    looker = server.looker()
    later = asyncio.create_task(looker.look("1", due(clock, 500)))
    await clock.idle()
    sooner = asyncio.create_task(looker.look("2", due(clock, 5)))
    await clock.idle()
    assert clock.sleepers == 1  # one alarm at a time
    async with clock.auto():
        await sooner
        assert clock.elapsed == 5
        await later
    assert clock.elapsed == 500


async def test_what_the_pages_lack_is_got_singly(clock):
    server = Server(clock, jobs=5)
    sights = await look_all(clock, server.looker(), ["0", "1", "2", "lost"])
    assert all(sights)
    assert (server.ones, server.pages) == (["lost"], 1)


async def test_paging_ends_where_the_listing_is_full_of_strangers(clock):
    server = Server(clock, jobs=5000)
    await look_all(clock, server.looker(), ["4997", "4998", "4999"])
    assert (len(server.ones), server.pages) == (3, 1)


@pytest.mark.parametrize("error,remembered", [(ListingMissing(), True), (ListingFailed(), False)])
async def test_only_a_missing_listing_is_never_asked_for_again(clock, error, remembered):
    server = Server(clock, jobs=10)
    server.page_error = error
    looker = server.looker()
    await look_all(clock, looker, "123")
    await look_all(clock, looker, "123")
    assert len(server.ones) == 6
    assert server.pages == (1 if remembered else 2)


@pytest.mark.parametrize("error", [Unavailable(), RateLimited(retry_after=9.0)])
async def test_a_listing_out_of_reach_costs_one_request(clock, error):
    server = Server(clock, jobs=10)
    server.page_error = error
    looker = server.looker()
    async with clock.auto():
        results = await asyncio.gather(
            *(looker.look(i, due(clock)) for i in "123"), return_exceptions=True
        )
    assert results == [error] * 3
    assert (server.ones, server.pages) == ([], 1)


async def test_one_failed_look_fails_alone(clock):
    server = Server(clock)
    server.errors["1"] = Unavailable()
    looker = server.looker()
    async with clock.auto():
        one, two = await asyncio.gather(
            looker.look("1", due(clock)), looker.look("2", due(clock)), return_exceptions=True
        )
    assert isinstance(one, Unavailable)
    assert two.item["id"] == "2"


async def test_a_fault_of_ours_reaches_whoever_waits(clock):
    """Otherwise a bug would look like a provider that never answers."""
    server = Server(clock)
    server.errors["1"] = ZeroDivisionError()
    async with clock.auto():
        with pytest.raises(ZeroDivisionError):
            await server.looker().look("1", due(clock))


async def test_two_looks_at_one_job_share_a_request(clock):
    server = Server(clock)
    await look_all(clock, server.looker(), ["1", "1"])
    assert server.ones == ["1"]


async def test_at_most_eight_single_requests_are_in_the_air(clock):
    server = Server(clock)
    server.page_error = ListingMissing()
    await look_all(clock, server.looker(), map(str, range(50)))
    assert len(server.ones) == 50
    assert server.most_abreast == 8


async def test_cancelling_one_look_leaves_the_others(clock):
    server = Server(clock)
    server.gate.clear()
    looker = server.looker()
    first, second = (asyncio.create_task(looker.look(i, due(clock))) for i in "12")
    await clock.advance(1)
    first.cancel()
    await clock.idle()
    server.gate.set()
    assert (await second).item["id"] == "2"


async def test_a_slow_answer_holds_nobody_else_up(clock):
    server = Server(clock)
    server.gate.clear()
    looker = server.looker()
    slow = asyncio.create_task(looker.look("1", due(clock)))
    await clock.advance(1)
    quick = asyncio.create_task(looker.look("2", due(clock)))
    await clock.advance(1)
    assert server.ones == ["1", "2"]
    server.gate.set()
    await asyncio.gather(slow, quick)


@pytest.mark.parametrize("gate_open", [True, False])
async def test_no_task_is_left_when_nobody_waits(clock, gate_open):
    before = tasks()
    server = Server(clock, jobs=10)
    if not gate_open:
        server.gate.clear()
    looker = server.looker()
    looks = [asyncio.create_task(looker.look(i, due(clock, 5))) for i in "123"]
    await clock.advance(10 if not gate_open else 1)
    for look in looks:
        look.cancel()
    await asyncio.gather(*looks, return_exceptions=True)
    await clock.idle()
    assert tasks() == before
    assert clock.sleepers == 0


async def test_a_looker_at_rest_can_be_used_again(clock):
    server = Server(clock)
    looker = server.looker()
    for _ in range(3):
        await look_all(clock, looker, ["1"], 5)
    assert clock.elapsed == 15
    assert len(server.ones) == 3
