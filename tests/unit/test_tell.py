"""What the log says of runs: warnings for whoever looks after the bot, each once."""

from dataclasses import replace

from structlog.testing import capture_logs

from bot.app.tell import LogNotifier
from bot.domain.run import Run
from tests.slack_examples import PUBLISHED, RUNS, X


def paused(run_id: str, target: str = str(X)) -> Run:
    run = RUNS["target paused"]
    assert run.failure
    return run.evolve(id=run_id, failure=replace(run.failure, target=target))


async def levels(*runs: Run) -> list[str]:
    notifier = LogNotifier(None)
    with capture_logs() as lines:
        for run in runs:
            await notifier.notify(run)
    return [line["log_level"] for line in lines]


async def test_a_paused_target_is_one_warning_however_many_runs_wait_for_it() -> None:
    runs = [paused("a"), paused("b"), paused("c", "x:@parrot"), paused("a")]
    assert await levels(*runs) == ["warning", "info", "warning", "info"]


async def test_once_it_has_taken_a_post_the_next_pause_is_a_warning_again() -> None:
    assert await levels(paused("a"), PUBLISHED, paused("b")) == ["warning", "info", "warning"]


async def test_other_failures_are_warnings_each() -> None:
    run = RUNS["budget exceeded"]
    assert await levels(run, run) == ["warning", "warning"]
