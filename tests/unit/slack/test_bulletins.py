"""What no run owns: nothing that was begun is forgotten."""

from datetime import timedelta

from bot.domain.effect import Effect
from bot.errors import Settling
from bot.ports import Intend
from bot.slack.blocks import message
from bot.slack.bulletins import Bulletin, Bulletins
from bot.slack.messages import Messages
from bot.slack.pace import Pace
from bot.slack_api.channels import Channels
from bot.store import open_store
from tests.clock import FakeClock


async def test_a_line_that_is_just_being_begun_is_not_forgotten(tmp_path):
    clock, tried = FakeClock(), []
    store = open_store(f"sqlite:///{tmp_path / 'reelbot.db'}", migrate=True)

    async def once(write):
        tried.append(write.key)
        if len(tried) > 1:
            return "C1", "1.0"
        await bulletins.look()  # there is no row yet
        handle = await write.prepare()
        sent = Effect(key=write.key, run_id=None, handle=handle, started_at=clock.now())
        await write.begin(Intend(effect=sent))
        raise Settling

    messages = Messages(None, Channels(None), Pace(clock))
    bulletins = Bulletins(once, messages, clock=clock, store=store)
    until = clock.now() + timedelta(hours=1)
    line = Bulletin(key="room:told:1", place="C1", shown=message("Hello", []), until=until)

    assert await bulletins.post(line) is None
    await bulletins.look()
    await store.close()

    assert tried == ["room:told:1"] * 2
