"""The studio's file: one owner at a time, all or nothing, and older files become newer ones."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bot.studio.characters import Character
from bot.studio.script import Act, Script
from bot.studio.store import FolderInUse, FolderTooNew, Store

#: As the first version of the studio made it; its files have no version.
OLD_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    size TEXT NOT NULL,
    seconds INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    has_reference INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    completed_at INTEGER,
    expires_at INTEGER,
    error_code TEXT,
    error_message TEXT,
    files_dropped INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS job_queued ON job (number) WHERE status = 'queued';
CREATE INDEX IF NOT EXISTS job_expiring ON job (expires_at)
    WHERE expires_at IS NOT NULL AND NOT files_dropped;
"""
OLD_JOB = (
    "INSERT INTO job (id, status, model, prompt, size, seconds, seed, has_reference, created_at,"
    " completed_at, expires_at, error_code, error_message)"
    " VALUES (?, ?, 'studio-1', 'a cat', '1280x720', 8, 41, ?, 100, ?, ?, ?, ?)"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.sqlite3"


def make_old(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(OLD_SCHEMA)
        db.execute(OLD_JOB, ("video_done", "completed", 1, 110, 200, None, None))
        db.execute(OLD_JOB, ("video_failed", "failed", 1, None, None, "render_failed", "no paint"))
        db.execute(OLD_JOB, ("video_waiting", "queued", 0, None, None, None, None))
        db.commit()


def columns(path: Path) -> list[tuple[str, str, int, str | None]]:
    with closing(sqlite3.connect(path)) as db:
        return sorted(row[1:5] for row in db.execute("PRAGMA table_info(job)").fetchall())


def test_an_old_file_keeps_its_jobs_and_gains_their_scripts(path: Path) -> None:
    make_old(path)
    with closing(Store(path)) as store:
        done, failed = store.jobs.get("video_done"), store.jobs.get("video_failed")
        assert done is not None
        assert failed is not None
        assert done.script == Script(
            prompt="a cat",
            seed=41,
            width=1280,
            height=720,
            acts=(Act(seconds=8),),
            reference="video_done",
        )
        assert (done.completed_at, done.expires_at, done.parent) == (110, 200, None)
        assert (failed.error_code, failed.error_message) == ("render_failed", "no paint")
        assert store.jobs.sources() == {"video_done"}
        assert store.jobs.with_files() == {"video_done", "video_waiting"}
        waiting = store.jobs.start_next()
        assert waiting is not None
        assert waiting.script.source is None


def test_an_old_file_and_a_new_one_end_up_alike(path: Path) -> None:
    make_old(path)
    Store(path).close()
    new = path.with_name("new.sqlite3")
    Store(new).close()
    assert columns(path) == columns(new)
    Store(path).close()  # and once is enough


def test_a_file_of_a_later_version_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(FolderTooNew, match="later version"):
        Store(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (99,)
        assert db.execute("SELECT * FROM sqlite_schema").fetchall() == []


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    make_old(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE job SET size = 'large' WHERE id = 'video_waiting'")
        db.commit()
    before = columns(path)
    with pytest.raises(ValueError, match="large"):
        Store(path)
    assert columns(path) == before


def test_changes_together_are_made_or_not(path: Path) -> None:
    look = Character(id="char_a", name="Mog", coat="#d98e4a", accent="#3366aa", created_at=1)
    with closing(Store(path)) as store:
        with suppress(RuntimeError), store.together():
            store.characters.add(look)
            raise RuntimeError
        assert store.characters.get("char_a") is None
        with store.together():
            store.characters.add(look)
        assert store.characters.get("char_a") == look


def test_a_second_opener_is_refused_until_the_first_closes(path: Path) -> None:
    first = Store(path)
    with pytest.raises(FolderInUse, match="using"):
        Store(path)
    first.close()
    Store(path).close()
