"""Which moments a schedule has, which of them are started, and what an edited file changes."""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import scheduler as module
from bot.domain.schedule import (
    DEFAULT_BUDGET,
    AdHoc,
    ApprovalMode,
    ApprovalPolicy,
    Missed,
    Pause,
    Plan,
    Schedule,
    VideoDefaults,
)
from bot.errors import ConfigError, StoreError
from bot.scheduler import Scheduler, moments
from tests.clock import FakeClock

APPROVAL = ApprovalPolicy(mode=ApprovalMode.AUTO)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def schedule(cron: str = "0 * * * *", *, timezone: str = "UTC", **changes) -> Schedule:
    return replace(
        Schedule(
            id="cats",
            cron=cron,
            timezone=timezone,
            template="cat",
            provider="studio",
            video=VideoDefaults(),
            targets=(),
            approval=APPROVAL,
        ),
        **changes,
    )


def plan(*schedules: Schedule) -> Plan:
    return Plan(
        timezone="UTC",
        budget=DEFAULT_BUDGET,
        providers={},
        ad_hoc=AdHoc(provider="studio", video=VideoDefaults(), targets=(), approval=APPROVAL),
        schedules=schedules,
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# --- moments ---------------------------------------------------------------------------------


def local_moments(cron: str, zone: str, day: str, days: int = 3) -> list[str]:
    """Return the moments of *days* days from *day* on as that zone's clocks show them."""
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    end = (start.replace(tzinfo=None) + days * DAY).replace(tzinfo=start.tzinfo)
    found = moments(schedule(cron, timezone=zone), start - MINUTE, until=end - MINUTE)
    return [f"{moment.astimezone(start.tzinfo):%d %H:%M%z}" for moment in found]


SPRING = [
    ("Europe/Berlin", "30 2", "2026-03-28", ["28 02:30+0100", "29 03:30+0200", "30 02:30+0200"]),
    ("America/New_York", "30 2", "2026-03-07", ["07 02:30-0500", "08 03:30-0400", "09 02:30-0400"]),
    ("Australia/Lord_Howe", "15 2", "2026-10-03", ["03 02:15+1030", "04 02:45+1100"]),
    ("Pacific/Chatham", "30 3", "2026-09-26", ["26 03:30+1245", "27 04:30+1345", "28 03:30+1345"]),
]
AUTUMN = [
    ("Europe/Berlin", "30 2", "2026-10-24", ["24 02:30+0200", "25 02:30+0200", "26 02:30+0100"]),
    ("America/New_York", "30 1", "2026-10-31", ["31 01:30-0400", "01 01:30-0400", "02 01:30-0500"]),
    ("Australia/Lord_Howe", "45 1", "2026-04-04", ["04 01:45+1100", "05 01:45+1100"]),
    ("Pacific/Chatham", "0 3", "2026-04-04", ["04 03:00+1345", "05 03:00+1345", "06 03:00+1245"]),
]


@pytest.mark.parametrize("zone,time,day,expected", SPRING)
def test_a_time_that_spring_skips_comes_later_by_as_much(zone, time, day, expected):
    assert local_moments(f"{time} * * *", zone, day, len(expected)) == expected


@pytest.mark.parametrize("zone,time,day,expected", AUTUMN)
def test_a_time_that_autumn_repeats_comes_once(zone, time, day, expected):
    assert local_moments(f"{time} * * *", zone, day, len(expected)) == expected


def test_starting_between_the_two_does_not_make_it_come_again():
    between = at("2026-10-25T02:45+02:00")
    found = moments(schedule("30 2 * * *", timezone="Europe/Berlin"), between, count=1)
    assert found == [at("2026-10-26T02:30+01:00")]


@pytest.mark.parametrize(
    "zone,day,hours",
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Pacific/Chatham", "2026-09-27", 23),
        ("Pacific/Chatham", "2026-04-05", 25),
    ],
)
def test_an_hourly_schedule_comes_every_hour_of_a_short_and_of_a_long_day(zone, day, hours):
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    found = moments(schedule(timezone=zone), start - MINUTE, count=hours + 1)
    assert {later - earlier for earlier, later in pairwise(found)} == {HOUR}
    assert (
        found[-1].astimezone(start.tzinfo).replace(tzinfo=None) == start.replace(tzinfo=None) + DAY
    )


@pytest.mark.parametrize(
    "cron,after,expected",
    [
        ("0 0 * * *", "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00"),
        ("30 0 * * mon", "2026-03-29T01:00+01:00", "2026-03-30T00:30+02:00"),
        ("0 0 1 * *", "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00"),
    ],
)
def test_midnight_after_the_clocks_went_forward_is_not_left_out(cron, after, expected):
    """APScheduler's own cron trigger goes on a day, a week or a month later."""
    found = moments(schedule(cron, timezone="Europe/Berlin"), at(after), count=1)
    assert found == [at(expected)]


def test_the_instant_asked_from_is_not_among_the_moments_and_the_last_one_is():
    noon = at("2026-06-01T12:00Z")
    assert moments(schedule(), noon, until=noon + HOUR) == [noon + HOUR]
    assert moments(schedule(), noon - timedelta.resolution, until=noon) == [noon]


def test_moments_are_utc_whatever_they_are_asked_from():
    tokyo = datetime(2026, 6, 1, 12, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
    (found,) = moments(schedule(timezone="Europe/Berlin"), tokyo, count=1)
    assert (found, found.tzinfo) == (at("2026-06-01T04:00Z"), UTC)


def test_day_and_weekday_must_both_match():
    found = moments(schedule("0 9 13 * fri"), at("2026-01-01T00:00Z"), count=3)
    assert [moment.date().isoformat() for moment in found] == [
        "2026-02-13",
        "2026-03-13",
        "2026-11-13",
    ]


def test_a_day_that_never_comes_has_no_moments():
    assert moments(schedule("0 0 30 feb *"), at("2026-01-01T00:00Z"), count=1) == []


@pytest.mark.parametrize(
    "wrong",
    [{"cron": "61 * * * *"}, {"cron": "* * *"}, {"timezone": "Moon/Tycho"}, {"timezone": "../x"}],
)
def test_what_is_no_cron_and_no_zone_is_told_with_the_schedule(wrong):
    with pytest.raises(ConfigError, match="Schedule cats") as caught:
        moments(schedule(**wrong), at("2026-01-01T00:00Z"), count=1)
    assert caught.value.hint


ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Chatham",
    "Pacific/Easter",
    "UTC",
]


def changes(zone: str) -> list[datetime]:
    """Return the hours of 2026 and 2027 in which the zone's clocks change, and one without."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + n * HOUR for n in range(2 * 365 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    pairs = zip(hours, offsets, offsets[1:], strict=False)
    return [hour for hour, before, after in pairs if before != after] or hours[5000:5001]


CHANGES = [(zone, change) for zone in ZONES for change in changes(zone)]


def field(size: int) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    """Return pairs of a crontab field and the values it stands for."""
    every = frozenset(range(size))
    steps = st.integers(2, size // 2).map(lambda n: (f"*/{n}", frozenset(range(0, size, n))))
    values = st.sets(st.integers(0, size - 1), min_size=1, max_size=4)
    return st.just(("*", every)) | steps | values.map(lambda v: (",".join(map(str, v)), v))


@settings(max_examples=300, deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    minute=field(60),
    hour=field(24),
    before=st.integers(0, 400 * 60),
    length=st.integers(1, 900),
)
def test_moments_are_the_minutes_whose_wall_clock_matches(change, minute, hour, before, length):
    """Compared with a walk over every minute round a change of the clocks."""
    zone, around = ZoneInfo(change[0]), change[1]
    start = around - timedelta(seconds=before)
    cron = schedule(f"{minute[0]} {hour[0]} * * *", timezone=change[0])
    found = moments(cron, start, until=start + length * MINUTE)

    def matches(wall: datetime) -> bool:
        return wall.minute in minute[1] and wall.hour in hour[1]

    first = start.replace(second=0) + MINUTE
    walk = [first + n * MINUTE for n in range(length)]
    walls = {moment: moment.astimezone(zone) for moment in walk}
    once = "*" not in hour[0]
    expected = {m for m, wall in walls.items() if matches(wall) and not (wall.fold and once)}
    skipped = set(found) - expected

    assert all(earlier < later for earlier, later in pairwise([start, *found]))
    assert expected <= set(found)
    for moment in skipped:
        offset = (moment - 3 * HOUR).astimezone(zone).utcoffset()
        wall = (moment + offset).replace(tzinfo=zone)
        assert matches(wall)
        assert wall.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall.replace(
            tzinfo=None
        )


# --- what is started --------------------------------------------------------------------------


class Cursors:
    """The part of a `Store` that the scheduler uses."""

    def __init__(self) -> None:
        self.at: dict[str, datetime] = {}
        self.held: dict[str, Pause] = {}
        self.broken = False

    async def cursor(self, schedule_id: str) -> datetime | None:
        if self.broken:
            raise StoreError("The disk is full.")
        return self.at.get(schedule_id)

    async def move_cursor(self, schedule_id: str, to: datetime) -> None:
        self.at[schedule_id] = max(to, self.at.get(schedule_id, to))

    async def paused(self) -> dict[str, Pause]:
        return self.held


class SettableClock(FakeClock):
    def set(self, now: datetime) -> None:
        """Have the wall clock show another time, as an operator or a time server does.

        Who sleeps goes on sleeping for as long as before.
        """
        step, self._now = now - self._now, now
        self._sleepers = [(due + step, order, future) for due, order, future in self._sleepers]


class Bench:
    """A scheduler with everything it needs, and a record of what it does."""

    def __init__(self, file: Path, *schedules: Schedule, now: str = "2027-01-01T10:00Z") -> None:
        self.clock = SettableClock(at(now))
        self.cursors = Cursors()
        self.started: list[str] = []
        self.fired = asyncio.Event()
        self.failing: set[str] = set()
        self.errors: list[tuple[str, Exception]] = []
        self.reloaded: list[tuple[list[str], list[str], list[str]]] = []
        self.broken: list[Exception] = []
        self.file = file
        self.plan: Plan | Exception = plan(*schedules)
        self.edits = 0
        self.edit(*schedules)
        self.scheduler = Scheduler(
            file=file,
            load=self.load,
            start=self.start,
            store=self.cursors,
            clock=self.clock,
            on_reloaded=lambda *ids: self.reloaded.append(ids),
            on_broken=self.broken.append,
            on_error=lambda schedule, error: self.errors.append((schedule.id, error)),
        )

    def edit(self, *schedules: Schedule, broken: Exception | None = None) -> None:
        self.plan = broken or plan(*schedules)
        self.edits += 1
        self.file.write_text("x" * self.edits)

    def load(self) -> Plan:
        if isinstance(self.plan, Exception):
            raise self.plan
        return self.plan

    async def start(self, schedule: Schedule, due: datetime) -> None:
        key = schedule.key(due)
        if key in self.failing:
            raise StoreError("The disk is full.")
        self.started.append(key)
        self.fired.set()

    def times(self) -> list[str]:
        return [key.partition("T")[2][:5] for key in self.started]


@pytest.fixture
def bench(tmp_path):
    def build(*schedules: Schedule, **options) -> Bench:
        return Bench(tmp_path / "schedules.yaml", *schedules, **options)

    return build


async def test_a_schedule_never_seen_before_makes_up_for_nothing(bench):
    b = bench(schedule(), now="2027-01-01T10:00:30Z")
    async with b.scheduler.run():
        assert b.started == []
        assert b.cursors.at == {"cats": b.clock.now()}
        b.clock.set(at("2027-01-01T11:00Z"))
        await b.scheduler.look()
    assert b.started == ["cats@2027-01-01T11:00:00Z"]


DOWN = "2027-01-01T10:00Z"


@pytest.mark.parametrize(
    "missed,now,expected",
    [
        (Missed.SKIP, "11:00:30", ["11:00"]),
        (Missed.LAST, "11:00:30", ["11:00"]),
        (Missed.ALL, "11:00:30", ["10:10", "10:20", "10:30", "10:40", "10:50", "11:00"]),
        (Missed.SKIP, "11:01:00", ["11:00"]),
        (Missed.SKIP, "11:01:01", []),
        (Missed.LAST, "11:05:00", ["11:00"]),
        (Missed.ALL, "11:05:00", ["10:10", "10:20", "10:30", "10:40", "10:50", "11:00"]),
        (Missed.ALL, "10:00:30", []),
    ],
)
async def test_after_an_hour_of_downtime(bench, missed, now, expected):
    b = bench(schedule("*/10 * * * *", missed=missed), now=f"2027-01-01T{now}Z")
    b.cursors.at["cats"] = at(DOWN)
    async with b.scheduler.run():
        assert b.times() == expected
        await b.scheduler.look()
        assert b.times() == expected


@pytest.mark.parametrize(
    "missed,within,expected",
    [
        (Missed.ALL, 30 * 60, ["10:35", "10:40", "10:50", "11:00"]),
        (Missed.ALL, 30 * 60 - 1, ["10:40", "10:50", "11:00"]),
        (Missed.ALL, 0, []),
        (Missed.LAST, 5 * 60, ["11:00"]),
        (Missed.LAST, 5 * 60 - 1, []),
    ],
)
async def test_nothing_older_than_the_limit_is_made_up_for(bench, missed, within, expected):
    entry = schedule("*/10,35 * * * *", missed=missed, missed_within=within)
    b = bench(entry, now="2027-01-01T11:05Z")
    b.cursors.at["cats"] = at(DOWN)
    async with b.scheduler.run():
        assert b.times() == expected


async def test_a_limit_of_seconds_takes_nothing_from_what_is_on_time(bench):
    b = bench(schedule(missed_within=1), now="2027-01-01T11:00:45Z")
    b.cursors.at["cats"] = at(DOWN)
    async with b.scheduler.run():
        assert b.times() == ["11:00"]


async def test_a_week_of_minutes_is_looked_through(bench):
    b = bench(schedule("* * * * *", missed_within=7 * 86400), now="2027-01-08T10:05:30Z")
    b.cursors.at["cats"] = at(DOWN) - 30 * DAY
    async with b.scheduler.run():
        assert b.times() == ["10:05"]


async def test_a_disabled_schedule_starts_nothing_and_makes_up_for_nothing_later(bench):
    b = bench(schedule("*/10 * * * *", enabled=False), now="2027-01-01T11:05Z")
    b.cursors.at["cats"] = at(DOWN)
    async with b.scheduler.run():
        assert b.cursors.at["cats"] == at("2027-01-01T11:00Z")
        b.edit(schedule("*/10 * * * *", missed=Missed.ALL))
        await b.scheduler.reload()
        await b.scheduler.look()
    assert b.started == []


async def test_moments_that_pass_while_a_schedule_is_paused_are_not_made_up_for(bench):
    b = bench(schedule("*/10 * * * *", missed=Missed.ALL), now="2027-01-01T10:05Z")
    b.cursors.at["cats"] = at(DOWN)
    b.cursors.held["cats"] = Pause(by="ann", at=at(DOWN))
    async with b.scheduler.run():
        b.clock.set(at("2027-01-01T10:25Z"))
        await b.scheduler.look()
        del b.cursors.held["cats"]
        b.clock.set(at("2027-01-01T10:35Z"))
        await b.scheduler.look()
    assert b.times() == ["10:30"]


async def test_two_looks_at_once_start_one_key(bench):
    b = bench(schedule(), now="2027-01-01T11:00:01Z")
    b.cursors.at["cats"] = at(DOWN)
    async with b.scheduler.run():
        await asyncio.gather(b.scheduler.look(), b.scheduler.look())
    assert set(b.started) == {"cats@2027-01-01T11:00:00Z"}


async def test_what_could_not_be_started_is_tried_again_and_told_once(bench):
    b = bench(schedule(), schedule(id="dogs"), now="2027-01-01T11:00:01Z")
    b.cursors.at = {"cats": at(DOWN), "dogs": at(DOWN)}
    b.failing = {"cats@2027-01-01T11:00:00Z"}
    async with b.scheduler.run():
        await b.clock.advance(12)
        assert b.started == ["dogs@2027-01-01T11:00:00Z"]
        assert b.cursors.at["cats"] == at(DOWN)
        assert [name for name, _ in b.errors] == ["cats"]
        b.failing.clear()
        await b.clock.advance(5)
    assert b.started == ["dogs@2027-01-01T11:00:00Z", "cats@2027-01-01T11:00:00Z"]
    assert b.cursors.at["cats"] == at("2027-01-01T11:00Z")


async def test_a_failure_after_a_success_is_told_again(bench):
    b = bench(schedule())
    async with b.scheduler.run():
        for broken in (True, False, True):
            b.cursors.broken = broken
            await b.scheduler.look()
    assert len(b.errors) == 2


async def test_a_failure_in_the_middle_leaves_the_rest_for_the_next_look(bench):
    b = bench(schedule("*/10 * * * *", missed=Missed.ALL), now="2027-01-01T10:30:30Z")
    b.cursors.at["cats"] = at(DOWN)
    b.failing = {"cats@2027-01-01T10:20:00Z"}
    async with b.scheduler.run():
        assert b.times() == ["10:10"]
        b.failing.clear()
        await b.scheduler.look()
    assert sorted(set(b.times())) == ["10:10", "10:20", "10:30"]


# --- clocks that are set ----------------------------------------------------------------------


async def test_a_clock_set_back_fires_no_moment_under_a_second_key_and_goes_on(bench):
    b = bench(schedule("*/10 * * * *"), now="2027-01-01T10:59:30Z")
    async with b.scheduler.run():
        for now in ("11:00:01", "10:09:30", "10:10:00", "10:20:01", "11:00:02", "11:10:00"):
            b.clock.set(at(f"2027-01-01T{now}Z"))
            await b.scheduler.look()
    assert len(b.started) == len(set(b.started))
    assert b.times() == ["11:00", "10:10", "10:20", "11:10"]


async def test_a_clock_that_ran_years_ahead_does_not_silence_a_schedule(bench):
    b = bench(schedule(), now="2027-01-01T10:59:30Z")
    b.cursors.at["cats"] = at("2037-01-01T00:00Z")
    async with b.scheduler.run():
        b.clock.set(at("2027-01-01T11:00:00Z"))
        await b.scheduler.look()
    assert b.times() == ["11:00"]


async def test_a_clock_set_forward_is_noticed_and_taken_as_downtime(bench):
    """APScheduler would sleep on as if nothing had happened."""
    b = bench(schedule("*/10 * * * *"), now="2027-01-01T10:00:30Z")
    async with b.scheduler.run():
        await b.clock.advance(0)
        b.clock.set(at("2027-01-01T10:45Z"))
        await b.clock.advance(5)
    assert b.times() == ["10:40"]


async def test_after_a_step_of_the_clock_the_next_wake_up_is_set_anew(bench):
    b = bench(schedule())
    async with b.scheduler.run():
        before = b.scheduler._wakes.get_job("cats")
        await b.clock.advance(10)
        assert b.scheduler._wakes.get_job("cats") is before
        b.clock.set(b.clock.now() - HOUR)
        await b.clock.advance(5)
        assert b.scheduler._wakes.get_job("cats") is not before


# --- the file ---------------------------------------------------------------------------------


async def test_an_edited_file_touches_only_the_entries_that_differ(bench):
    same, edited, gone = schedule(id="same"), schedule(id="edited"), schedule(id="gone")
    b = bench(same, edited, gone)
    async with b.scheduler.run():
        before = {job.id: job for job in b.scheduler._wakes.get_jobs()}
        b.edit(replace(same), replace(edited, cron="30 * * * *"), schedule(id="new"))
        await b.clock.advance(5)
        after = {job.id: job for job in b.scheduler._wakes.get_jobs()}
        b.clock.set(at("2027-01-01T10:30Z"))
        await b.scheduler.look()
    assert b.reloaded == [(["new"], ["edited"], ["gone"])]
    assert sorted(after) == ["edited", "new", "same"]
    assert after["same"] is before["same"]
    assert after["edited"] is not before["edited"]
    assert b.started == ["edited@2027-01-01T10:30:00Z"]


async def test_a_file_that_nobody_touched_is_read_once(bench):
    b = bench(schedule())
    async with b.scheduler.run():
        b.plan = plan()
        await b.clock.advance(60)
    assert b.reloaded == []


async def test_a_file_put_in_the_place_of_another_is_read(bench, tmp_path):
    """Many editors write beside and rename; size and time may well be the same."""
    b = bench(schedule())
    async with b.scheduler.run():
        other = tmp_path / "other"
        other.write_bytes(b.file.read_bytes())
        stat = b.file.stat()
        os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        other.rename(b.file)
        b.plan = plan()
        await b.clock.advance(5)
    assert b.reloaded == [([], [], ["cats"])]


async def test_a_new_time_does_not_count_for_what_is_past(bench):
    b = bench(schedule("0 * * * *"), now="2027-01-01T10:00:30Z")
    async with b.scheduler.run():
        b.clock.set(at("2027-01-01T10:58Z"))
        b.edit(schedule("*/5 * * * *", missed=Missed.ALL))
        await b.scheduler.reload()
        await b.scheduler.look()
        assert b.started == []
        b.clock.set(at("2027-01-01T11:00Z"))
        await b.scheduler.look()
    assert b.times() == ["11:00"]


async def test_what_was_due_under_the_old_entry_is_started_before_the_new_one_holds(bench):
    b = bench(schedule(), now="2027-01-01T10:59Z")
    async with b.scheduler.run():
        b.clock.set(at("2027-01-01T11:00:02Z"))
        b.edit(schedule("30 * * * *"))
        await b.scheduler.reload()
    assert b.times() == ["11:00"]


async def test_an_entry_that_comes_back_makes_up_for_nothing(bench):
    b = bench(schedule(missed=Missed.ALL))
    async with b.scheduler.run():
        b.edit()
        await b.scheduler.reload()
        b.clock.set(at("2027-01-01T15:30Z"))
        b.edit(schedule(missed=Missed.ALL))
        await b.scheduler.reload()
        await b.scheduler.look()
    assert b.started == []


@pytest.mark.parametrize("error", [ConfigError("Line 3 is wrong."), OSError("gone"), KeyError(3)])
async def test_a_broken_file_changes_nothing_and_is_told_once(bench, error):
    b = bench(schedule())
    async with b.scheduler.run():
        b.edit(broken=error)
        await b.clock.advance(20)
        await b.scheduler.reload()
        assert b.broken == [error]
        b.clock.set(at("2027-01-01T11:00Z"))
        await b.scheduler.look()
        assert b.times() == ["11:00"]
        b.edit(schedule(), schedule(id="dogs"))
        await b.clock.advance(5)
    assert b.reloaded == [(["dogs"], [], [])]


async def test_another_fault_is_told_again(bench):
    b = bench(schedule())
    faults = [ConfigError("Line 3 is wrong."), ConfigError("Line 4 is wrong.")]
    async with b.scheduler.run():
        for fault in faults:
            b.edit(broken=fault)
            await b.clock.advance(5)
    assert b.broken == faults


async def test_a_file_that_is_gone_changes_nothing(bench):
    b = bench(schedule())
    async with b.scheduler.run():
        b.edit(broken=ConfigError("There is no such file."))
        b.file.unlink()
        await b.clock.advance(20)
        assert len(b.broken) == 1
        b.edit(schedule())
        await b.clock.advance(5)
    assert b.reloaded == [([], [], [])]


async def test_an_entry_that_never_comes_is_a_broken_file(bench):
    b = bench(schedule())
    async with b.scheduler.run():
        b.edit(schedule("0 0 31 apr *"))
        await b.scheduler.reload()
    assert "never comes" in str(b.broken[0])
    assert b.reloaded == []


async def test_a_file_that_is_broken_at_the_start_is_refused(bench):
    b = bench(schedule("0 0 31 apr *"))
    with pytest.raises(ConfigError):
        await b.scheduler.run().__aenter__()


# --- really running ---------------------------------------------------------------------------


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def test_it_fires_when_the_wall_clock_says_so(bench):
    with time_machine.travel(at("2027-01-01T09:59:59.900Z"), tick=True):
        b = bench(schedule())
        b.scheduler._clock = WallClock()
        async with asyncio.timeout(10), b.scheduler.run():
            await b.fired.wait()
            assert datetime.now(UTC) >= at("2027-01-01T10:00Z")
    assert b.started == ["cats@2027-01-01T10:00:00Z"]


async def test_it_fires_after_the_loop_was_blocked_over_the_moment(bench, monkeypatch):
    """By default APScheduler drops what is more than one second late, without a word."""
    monkeypatch.setattr(module, "CHECK_EVERY", 3600.0)
    with time_machine.travel(at("2027-01-01T09:59:59.950Z"), tick=True) as wall:
        b = bench(schedule())
        b.scheduler._clock = WallClock()
        async with b.scheduler.run():
            await asyncio.sleep(0)
            wall.shift(30)
            async with asyncio.timeout(10):
                await b.fired.wait()
    assert b.started == ["cats@2027-01-01T10:00:00Z"]


async def leave_while_starting(b: Bench, finish_after: float) -> list[str]:
    """Leave the scheduler while a wake-up's `start` takes *finish_after* seconds."""
    entered, done = asyncio.Event(), []

    async def start(entry: Schedule, due: datetime) -> None:
        entered.set()
        await asyncio.sleep(finish_after)
        done.append(entry.key(due))

    b.scheduler._start = start
    async with asyncio.timeout(10), b.scheduler.run():
        b.clock.set(at("2027-01-01T11:00Z"))
        b.scheduler._woken(schedule())
        await entered.wait()
    return done


async def test_leaving_waits_for_what_is_being_started(bench):
    b = bench(schedule())
    assert await leave_while_starting(b, 0.02) == ["cats@2027-01-01T11:00:00Z"]
    assert b.cursors.at["cats"] == at("2027-01-01T11:00Z")


async def test_leaving_does_not_wait_for_ever(bench, monkeypatch):
    """The cursor stays before the moment, so the next start makes up for it."""
    monkeypatch.setattr(module, "GRACE", 0.02)
    before = asyncio.all_tasks()
    b = bench(schedule())
    assert await leave_while_starting(b, 3600) == []
    await asyncio.sleep(0)
    assert b.cursors.at["cats"] == at(DOWN)
    assert asyncio.all_tasks() == before
