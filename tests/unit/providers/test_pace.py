from datetime import timedelta

import pytest

from bot.providers.pace import Pace, studio_pace

KIND = ("m", 4)


def looks(pace, lasts):
    """Return the ages at which a job that lasts so many seconds is looked at."""
    ages, age = [], 0.0
    while age < lasts:
        age += pace.until_next_look(KIND, age)
        ages.append(age)
    return ages


def test_looks_are_few_early_and_dense_around_the_usual_time():
    ages = looks(Pace(guess=100.0), 300)
    early = [age for age in ages if age < 60]
    around = [age for age in ages if 80 <= age <= 150]
    assert len(early) <= 3
    assert len(around) >= 6


def test_the_more_alike_jobs_are_the_fewer_looks_they_take():
    alike, unlike = Pace(), Pace()
    for number in range(30):
        alike.learn(KIND, timedelta(seconds=100 + number % 2))
        unlike.learn(KIND, timedelta(seconds=100 + 40 * (number % 2)))
    assert len(looks(alike, 101)) <= 5
    assert len(looks(unlike, 101)) > len(looks(alike, 101))


def test_a_crowd_looks_more_often_than_one_alone_but_not_all_of_it_at_once():
    pace = Pace(guess=100.0)
    alone, few, many, thousands = (pace.until_next_look(KIND, 90, n) for n in (1, 60, 400, 5000))
    assert few < alone
    assert few <= many < thousands


@pytest.mark.parametrize("lasts", [30.0, 100.0, 600.0])
@pytest.mark.parametrize("crowd", [2, 10, 60, 300, 1000, 5000])
def test_a_page_at_every_beat_of_a_crowd_is_affordable(lasts, crowd):
    pace = Pace(guess=lasts)
    beat = pace.beat(KIND, crowd)
    pages_per_job = -(-crowd // 100) / beat * lasts / crowd
    assert pages_per_job <= 2.0 or beat >= pace.until_next_look(KIND, lasts)
    assert beat >= pace.grid


def test_one_alone_keeps_no_beat():
    assert Pace(guess=1000.0).beat(KIND, 1) == Pace().grid
    assert Pace().beat(KIND, 60) == Pace().grid


@pytest.mark.parametrize("usual,ages", [(100.0, [300, 450]), (None, [60, 120, 180])])
def test_with_webhooks_looks_are_only_for_what_got_lost(usual, ages):
    pace, seen, age = Pace(guess=usual), [], 0.0
    for _ in ages:
        age += pace.until_reconciled(KIND, age)
        seen.append(age)
    assert seen == ages


def test_a_job_far_beyond_the_usual_time_is_looked_at_ever_more_seldom():
    pace = Pace(guess=10.0)
    assert pace.until_next_look(KIND, 40) < pace.until_next_look(KIND, 100)
    assert pace.until_next_look(KIND, 1e9) == pace.longest


@pytest.mark.parametrize("pace", [Pace(), studio_pace(), Pace(guess=0.001), Pace(guess=1e6)])
@pytest.mark.parametrize("age", [0.0, 1.0, 50.0, 1e6])
def test_waits_stay_in_their_bounds(pace, age):
    assert pace.shortest <= pace.until_next_look(KIND, age) <= pace.longest


def test_the_usual_time_is_learnt_for_each_model_and_length():
    pace = Pace(guess=10.0)
    for _ in range(30):
        pace.learn(KIND, timedelta(seconds=300))
    assert len(looks(pace, 300)) < len(looks(Pace(guess=10.0), 300))
    assert pace.until_next_look(("m", 8), 0) == Pace(guess=10.0).until_next_look(KIND, 0)


def test_where_nothing_is_known_looks_keep_step_with_the_age():
    """Noticed at most a third too late, with a handful of looks, however long it takes."""
    for lasts in (5, 90, 600):
        ages = looks(Pace(), lasts)
        assert len(ages) <= 25
        assert ages[-1] <= max(1.5 * lasts, lasts + 2)


def test_the_first_finished_job_is_believed():
    pace = Pace()
    pace.learn(KIND, timedelta(seconds=100))
    assert pace.until_next_look(KIND, 0) == Pace(guess=100.0).until_next_look(KIND, 0)


def test_one_job_found_days_later_teaches_little():
    pace = Pace(guess=60.0)
    pace.learn(KIND, timedelta(days=3))
    assert pace.until_next_look(KIND, 80) < 20


def test_failed_looks_back_off_up_to_the_longest_wait():
    waits = [Pace().after_failures(count) for count in (1, 2, 3, 10, 10_000)]
    assert waits == [2, 4, 8, 60, 60]
