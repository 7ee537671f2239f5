"""The studio's jobs on a real SQLite file."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.studio.jobs import Job, Jobs, QueueFull, Status
from bot.studio.script import Act, Script
from bot.studio.store import Store

NO_BOUND = 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path)
    yield store
    store.close()


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return store.jobs


def a_job(name: str, *, reference: str | None = None) -> Job:
    return Job(
        id=f"video_{name}",
        model="studio-1",
        prompt=f"a cat called {name}",
        size="720x1280",
        script=Script(
            prompt="a cat",
            seed=7,
            width=720,
            height=1280,
            acts=(Act(seconds=4),),
            reference=reference,
        ),
        created_at=1_700_000_000,
    )


def add(jobs: Jobs, *names: str) -> None:
    for name in names:
        jobs.add(a_job(name), at_most=NO_BOUND)


def ids(found: list[Job]) -> list[str]:
    return [job.id.removeprefix("video_") for job in found]


def test_a_job_comes_back_as_it_was_added(jobs: Jobs) -> None:
    script = a_job("a").script.changed("naïve 🐈\0 cat").extended("and on", 8)
    job = replace(a_job("a"), prompt="naïve 🐈\0 cat", script=script, parent="video_b")
    jobs.add(job, at_most=NO_BOUND)
    assert jobs.get(job.id) == job


def test_an_unknown_job_is_none(jobs: Jobs) -> None:
    assert jobs.get("video_none") is None


def test_the_job_that_waited_longest_starts_first(jobs: Jobs) -> None:
    """Also when all were created in the same second."""
    add(jobs, "c", "a", "b")
    started = [jobs.start_next() for _ in range(3)]
    assert [job.id for job in started if job] == ["video_c", "video_a", "video_b"]
    assert {job.status for job in started if job} == {Status.IN_PROGRESS}
    assert jobs.start_next() is None


def test_a_started_job_is_on_disk_as_started(store: Store, path: Path) -> None:
    """An UPDATE … RETURNING that is not read to its end would stay uncommitted."""
    add(store.jobs, "a")
    store.jobs.start_next()
    store.close()
    with sqlite3.connect(path) as reader:
        assert reader.execute("SELECT status FROM job").fetchall() == [("in_progress",)]
    reader.close()


def test_an_interrupted_job_returns_to_the_head_of_the_queue(store: Store, path: Path) -> None:
    add(store.jobs, "a", "b")
    store.jobs.start_next()
    store.close()
    reopened = Store(path)
    reopened.jobs.requeue_interrupted()
    started = reopened.jobs.start_next()
    assert started is not None
    assert started.id == "video_a"
    reopened.close()


def test_finished_jobs_are_not_queued_again(jobs: Jobs) -> None:
    add(jobs, "a", "b")
    jobs.complete("video_a", at=1, expires_at=2)
    jobs.fail("video_b", code="render_failed", message="no")
    jobs.requeue_interrupted()
    assert jobs.start_next() is None


def test_completion_and_failure_say_when_and_why(jobs: Jobs) -> None:
    add(jobs, "a", "b")
    jobs.complete("video_a", at=10, expires_at=20)
    jobs.fail("video_b", code="render_failed", message="no paint")
    assert jobs.get("video_a") == replace(
        a_job("a"), status=Status.COMPLETED, completed_at=10, expires_at=20
    )
    assert jobs.get("video_b") == replace(
        a_job("b"), status=Status.FAILED, error_code="render_failed", error_message="no paint"
    )


def test_a_full_queue_takes_no_more(jobs: Jobs) -> None:
    jobs.add(a_job("a"), at_most=1)
    with pytest.raises(QueueFull):
        jobs.add(a_job("b"), at_most=1)
    jobs.start_next()
    jobs.add(a_job("b"), at_most=1)


def test_pages_follow_one_another_in_both_orders(jobs: Jobs) -> None:
    add(jobs, "a", "b", "c", "d")
    assert ids(jobs.page(limit=2, after=None, newest_first=True)) == ["d", "c"]
    assert ids(jobs.page(limit=9, after="video_c", newest_first=True)) == ["b", "a"]
    assert ids(jobs.page(limit=2, after=None, newest_first=False)) == ["a", "b"]
    assert ids(jobs.page(limit=9, after="video_b", newest_first=False)) == ["c", "d"]
    assert jobs.page(limit=0, after=None, newest_first=True) == []


def test_a_page_after_an_unknown_job_is_refused(jobs: Jobs) -> None:
    with pytest.raises(KeyError):
        jobs.page(limit=1, after="video_none", newest_first=True)


def test_only_finished_jobs_can_be_removed(jobs: Jobs) -> None:
    add(jobs, "a")
    assert not jobs.remove("video_a")
    jobs.start_next()
    assert not jobs.remove("video_a")
    jobs.complete("video_a", at=1, expires_at=2)
    removed = jobs.remove("video_a")
    assert removed is not None
    assert removed.id == "video_a"
    assert not jobs.remove("video_a")
    assert jobs.get("video_a") is None


def test_expired_files_are_dropped_once(jobs: Jobs) -> None:
    add(jobs, "a", "b", "c")
    jobs.complete("video_a", at=1, expires_at=100)
    jobs.complete("video_b", at=1, expires_at=101)
    assert ids(jobs.drop_expired(100)) == ["a"]
    assert jobs.drop_expired(100) == []
    assert jobs.with_files() == {"video_b", "video_c"}


def test_a_failed_job_has_no_files(jobs: Jobs) -> None:
    add(jobs, "a")
    jobs.fail("video_a", code="render_failed", message="no paint")
    assert jobs.with_files() == set()


def test_a_source_is_needed_as_long_as_any_job_lives_on_it(jobs: Jobs) -> None:
    for name in ("a", "b", "c"):
        jobs.add(a_job(name, reference="image"), at_most=NO_BOUND)
    assert jobs.sources() == {"image"}
    jobs.complete("video_a", at=1, expires_at=100)
    jobs.complete("video_b", at=1, expires_at=2)
    jobs.fail("video_c", code="render_failed", message="no paint")
    jobs.remove("video_a")
    assert jobs.unneeded(["image", None]) == set()
    jobs.drop_expired(2)
    assert jobs.unneeded(["image", None]) == {"image"}
    assert jobs.sources() == set()
