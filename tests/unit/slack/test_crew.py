"""Work after the ack: bounded, in turn, and none of it lost."""

import asyncio

from bot.slack.crew import Crew


async def test_what_must_not_wait_is_done_while_all_hands_are_busy_and_the_queue_is_full():
    crew, done, gate = Crew(lambda _error: None, hands=1, most=2), [], asyncio.Event()

    async def wait():
        await gate.wait()

    async def brake():
        done.append("stopped")

    assert [crew.take(wait()) for _ in range(3)] == [True, True, False]
    assert crew.take(brake(), at_once=True)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert done == ["stopped"]
    gate.set()
    await crew.drain(1.0)


async def test_a_crew_that_went_home_takes_nothing():
    crew = Crew(lambda _error: None)
    await crew.drain(1.0)

    async def late():
        raise AssertionError("it was taken")

    assert crew.is_full
    assert not crew.take(late())
    assert not crew.take(late(), at_once=True)
