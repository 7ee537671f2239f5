"""Approval: a run waits as a row, the first decision wins, a timeout never posts."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.post import Target, Words
from bot.domain.prompt import Prompt
from bot.domain.run import RunState
from bot.errors import PostRejected
from bot.ports import Stop
from tests.fakes import Bot, World


@pytest.fixture
async def bot(tmp_path: Path):
    async with World(tmp_path).boot() as bot:
        yield bot


async def waiting(bot: Bot) -> str:
    run = await bot.start(approval=True)
    run = await bot.settle(run.id)
    assert (run.state, run.reason) == (RunState.WAITING, "approval")
    assert bot.world.posts == []
    return run.id


async def test_it_parks_without_a_task_in_memory(bot: Bot) -> None:
    before = len(asyncio.all_tasks())

    run_id = await waiting(bot)

    assert len(asyncio.all_tasks()) == before
    assert bot.waker.due[run_id] == (await bot.store.get_run(run_id)).wake_at


async def test_approval_lets_the_posts_out(bot: Bot) -> None:
    run_id = await waiting(bot)

    answer = await bot.tell("approve", run_id)

    run = await bot.settle(run_id)
    assert answer == "Approved by ann."
    assert run.state is RunState.SUCCEEDED
    assert run.approval
    assert run.approval.by == "ann"
    assert bot.world.posts == ["slack:#cats", "x:@reelbot"]


async def test_rejection_ends_it_and_gives_the_posts_money_back(bot: Bot) -> None:
    run_id = await waiting(bot)

    await bot.tell("reject", run_id, by="bob")

    run = await bot.store.get_run(run_id)
    assert (run.state, run.reason, run.ended_by) == (RunState.CANCELLED, "rejected", "bob")
    states = {s.what: s.state for s in await bot.store.spends(run_id)}
    assert states == {"video": "settled", "x:@reelbot": "released"}
    assert bot.world.posts == []


async def test_without_a_decision_it_expires_unposted(bot: Bot) -> None:
    run_id = await waiting(bot)
    await bot.clock.advance(3600)

    run = await bot.settle(run_id)

    assert (run.state, run.reason) == (RunState.CANCELLED, "expired")
    assert bot.world.posts == []


async def test_a_look_before_expiry_changes_and_writes_nothing(bot: Bot) -> None:
    run_id = await waiting(bot)
    before = await bot.store.get_run(run_id)
    commits = bot.store.commits

    await bot.advance(run_id)

    assert await bot.store.get_run(run_id) == before
    assert bot.store.commits - commits == 2  # the lease, taken and given back


async def test_the_first_of_two_clicks_wins(bot: Bot) -> None:
    run_id = await waiting(bot)

    first = await bot.tell("approve", run_id, by="ann")
    second = await bot.tell("reject", run_id, by="bob")

    assert first == "Approved by ann."
    assert second.startswith("Already approved by ann at ")
    assert (await bot.settle(run_id)).state is RunState.SUCCEEDED
    assert len(bot.world.posts) == 2


async def test_a_click_after_expiry_is_refused(bot: Bot) -> None:
    run_id = await waiting(bot)
    await bot.clock.advance(3600)
    await bot.settle(run_id)

    answer = await bot.tell("approve", run_id)

    assert answer == "The run is over: cancelled (expired)."
    assert bot.world.posts == []


async def test_an_edit_asks_again_and_what_goes_out_is_what_was_approved(bot: Bot) -> None:
    run_id = await waiting(bot)

    answer = await bot.tell("edit", run_id, caption="A better cat.")
    run = await bot.settle(run_id)
    assert answer == "Text changed by ann; it has to be approved again."
    assert (run.state, run.reason, run.generation) == (RunState.WAITING, "approval", 2)

    await bot.tell("approve", run_id)
    await bot.settle(run_id)

    assert {caption for n in (bot.world.slack, bot.world.x) for _, _, caption, _ in n.posts} == {
        "A better cat."
    }


async def test_an_edit_after_approval_takes_the_approval_back(bot: Bot) -> None:
    """Approved but held back by a stop: a changed text needs a new word."""
    run_id = await waiting(bot)
    await bot.pipeline.stop(_stop(bot))
    await bot.tell("approve", run_id)
    assert (await bot.store.get_run(run_id)).reason == "stopped"

    await bot.tell("edit", run_id, caption="Other words.", target="x:@reelbot")
    await bot.pipeline.resume()
    run = await bot.settle(run_id)

    assert (run.state, run.reason) == (RunState.WAITING, "approval")
    assert run.approval is None
    assert bot.world.posts == []


async def test_an_edit_of_what_went_out_is_refused(bot: Bot) -> None:
    run_id = await waiting(bot)
    await bot.tell("approve", run_id)
    await bot.settle(run_id)

    answer = await bot.tell("edit", run_id, caption="Too late.")

    assert answer == "There is no text to edit now: succeeded."


async def test_an_edit_for_a_target_it_lacks_is_refused(bot: Bot) -> None:
    run_id = await waiting(bot)

    answer = await bot.tell("edit", run_id, caption="New.", target="x:@other")

    assert answer == "This run has no post to x:@other."


async def test_words_that_a_target_does_not_take_are_refused_at_once(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await waiting(bot)
    before = await bot.store.get_run(run_id)
    monkeypatch.setattr(bot.ports.publishers["x"], "word", picky)

    answer = await bot.tell("edit", run_id, caption="A far too long caption.")

    after = await bot.store.get_run(run_id)
    assert answer == "x:@reelbot takes 10 characters."
    assert (after.posts, after.generation) == (before.posts, before.generation)
    assert (after.state, after.reason) == (RunState.WAITING, "approval")
    only_slack = await bot.tell("edit", run_id, caption="A long caption.", target="slack:#cats")
    assert only_slack.startswith("Text changed")


async def test_what_is_changed_of_a_template_s_words_is_kept_beside_them(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def word(target: Target, words: Words) -> Words:
        change = f"{words.generated} {words.may_cut}"
        return replace(words, changes=(change,)) if words.generated else words

    def cuttable(name: str, variables: object, lang: object = None) -> Prompt:
        return Prompt(text="a cat", caption="A cat.", alt_text=None, may_cut=True, template=name)

    monkeypatch.setattr(bot.ports.prompts, "render", cuttable)
    monkeypatch.setattr(bot.ports.publishers["x"], "word", word)
    run = await bot.store.get_run(await waiting(bot))
    assert [post.changes for post in run.posts or ()] == [(), ("True True",)]

    await bot.tell("edit", run.id, caption="My own words.")
    run = await bot.settle(run.id)
    assert [post.changes for post in run.posts or ()] == [(), ()]


def picky(target: Target, words: Words) -> Words:
    if len(words.caption or "") > 10:
        raise PostRejected(f"{target} takes 10 characters.")
    return words


async def test_it_asks_for_a_person_once(bot: Bot) -> None:
    run_id = await waiting(bot)
    await bot.advance(run_id)
    await bot.advance(run_id)

    assert len(bot.ears.told) == 1


def _stop(bot: Bot):
    return Stop(by="eve", at=bot.clock.now())
