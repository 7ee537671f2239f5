"""The same failure again is one streak; another one, a success or another day begins anew."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.card import Card, CardKind
from bot.domain.run import RunState, Step
from bot.slack.streaks import CAP, Streaks
from tests.slack_examples import NOW, STARTED, failed

CATS, DOGS = "schedule:cats", "schedule:dogs"
NOTICE = Card(kind=CardKind.NOTICE, generation=1, place="C1", id="1.000001")


def ended(number, code="unavailable", *, source=CATS, at=NOW, told=False):
    run = STARTED.evolve(
        id=f"run-{number}", updated_at=at, request=replace(STARTED.request, source=source)
    )
    run = failed(run, code, "no", Step.CREATE, updated_at=at)
    return run.evolve(cards=(NOTICE,)) if told else run


def well(number, *, source=CATS, told=False):
    run = ended(number, source=source, told=told)
    return run.evolve(state=RunState.SUCCEEDED, failure=None)


@pytest.fixture
def streaks():
    return Streaks()


def ids(streaks, run):
    return streaks.of(run).runs


def test_the_first_one_is_told_and_the_next_ones_are_counted(streaks):
    first, second = ended(1), ended(2)
    assert streaks.is_first(first)
    streaks.saw(first)
    assert streaks.is_first(first)
    streaks.saw(first.evolve(cards=(NOTICE,)))
    assert not streaks.is_first(second)
    streaks.saw(second)
    assert ids(streaks, second) == ["run-1", "run-2"]
    assert streaks.of(second).last == second
    assert streaks.of(second).card == NOTICE


def test_of_those_that_nobody_was_told_of_yet_the_first_one_is_told(streaks):
    for run in (ended(1), ended(2)):
        streaks.saw(run)
    assert streaks.is_first(ended(1))
    assert not streaks.is_first(ended(2))


def test_seen_again_a_run_counts_once_and_does_not_become_the_last(streaks):
    for run in (ended(1), ended(2), ended(1)):
        streaks.saw(run)
    assert ids(streaks, ended(1)) == ["run-1", "run-2"]
    assert streaks.of(ended(1)).last.id == "run-2"


def test_another_failure_begins_a_streak_of_its_own(streaks):
    streaks.saw(ended(1, told=True))
    other = ended(2, "unauthorized")
    assert streaks.is_first(other)
    streaks.saw(other)
    assert ids(streaks, other) == ["run-2"]
    assert streaks.of(other).card is None


def test_schedules_are_counted_apart(streaks):
    streaks.saw(ended(1, told=True))
    assert streaks.is_first(ended(2, source=DOGS))
    assert streaks.of(ended(2, source=DOGS)) is None


def test_a_success_after_a_failure_that_was_told_ends_it_once_that_is_told_too(streaks):
    streaks.saw(ended(1, told=True))
    good = well(2)
    streaks.saw(good)
    assert streaks.ends(good)
    streaks.saw(well(2, told=True))
    assert not streaks.ends(good)
    assert streaks.is_first(ended(3))


def test_a_success_after_a_failure_that_nobody_heard_of_tells_nothing(streaks):
    streaks.saw(ended(1))
    streaks.saw(well(2))
    assert not streaks.ends(well(2))
    assert streaks.of(well(2)) is None


def test_what_is_cancelled_or_still_goes_on_changes_nothing(streaks):
    streaks.saw(ended(1, told=True))
    for state in (RunState.CANCELLED, RunState.RUNNING, RunState.WAITING, RunState.ATTENTION):
        streaks.saw(well(2).evolve(state=state))
    assert ids(streaks, ended(1)) == ["run-1"]


def test_what_a_person_asked_for_is_no_streak_but_for_the_budget(streaks):
    streaks.saw(ended(1, source="slack:U1"))
    assert streaks.of(ended(1, source="slack:U1")) is None
    streaks.saw(ended(2, CAP, source="slack:U1", told=True))
    assert not streaks.is_first(ended(3, CAP, source=CATS))


def test_the_budget_is_told_anew_each_day_and_other_failures_go_on_over_midnight(streaks):
    tomorrow = NOW + timedelta(days=1)
    streaks.saw(ended(1, CAP, told=True))
    streaks.saw(ended(2, CAP, at=tomorrow))
    assert ids(streaks, ended(2, CAP)) == ["run-2"]
    streaks.saw(ended(3))
    streaks.saw(ended(4, at=tomorrow))
    assert ids(streaks, ended(4)) == ["run-3", "run-4"]
