"""Opening a database: what is created, what is refused, and that refusing changes nothing."""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url

from bot.errors import BotError, ConfigError, DatabaseUnusable, EngineRunning
from bot.store import effect, open_store, schema
from bot.store.postgres import open_postgres
from bot.store.sqlite import open_sqlite
from bot.store.tables import metadata
from tests.old_database import at_revision, run_sql
from tests.postgres import fresh_database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reelbot.db"


@pytest.fixture
def postgres() -> Iterator[str]:
    with fresh_database() as url:
        yield url


def create(url: str) -> None:
    open_store(url, migrate=True)._close()


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


async def test_a_missing_file_is_created_with_its_folders(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/new/folders/reelbot.db", migrate=True)
    assert await store.list_runs() == []
    await store.close()


def test_the_path_is_taken_as_it_stands(tmp_path: Path) -> None:
    odd = tmp_path / "a b#%20?x=ö.db"
    create(f"sqlite:///{odd}")
    assert odd.exists()


def test_every_commit_of_a_file_is_synced_beside_a_write_ahead_log(path: Path) -> None:
    create(f"sqlite:///{path}")
    database = open_sqlite(path, create=False)
    for engine in (database.writing, database.reading):
        with engine.connect() as connection:
            pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            found = [connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in pragmas]
        assert found == ["wal", 2, 1, 10_000]
    database.close()


def test_beside_the_engine_nothing_is_created(path: Path, postgres: str) -> None:
    for url in (f"sqlite:///{path}", postgres):
        with pytest.raises(DatabaseUnusable) as refused:
            open_store(url, migrate=False)
        assert "reelbot run" in (refused.value.hint or "")
    assert contents(path.parent) == {}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
class TestVersions:
    @pytest.fixture
    def url(self, kind: str, path: Path, request: pytest.FixtureRequest) -> str:
        if kind == "sqlite":
            return f"sqlite:///{path}"
        found: str = request.getfixturevalue("postgres")
        return found

    def test_a_newer_database_is_refused(self, url: str, path: Path) -> None:
        create(url)
        run_sql(url, "UPDATE reelbot_schema SET version_num = '9999'")
        before = contents(path.parent)
        for migrate in (True, False):
            with pytest.raises(DatabaseUnusable, match="newer"):
                open_store(url, migrate=migrate)
        assert contents(path.parent) == before

    def test_an_older_database_is_upgraded_by_the_engine_alone(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create(url)
        monkeypatch.setattr(schema, "HEAD", "9998")
        with pytest.raises(DatabaseUnusable) as refused:
            open_store(url, migrate=False)
        assert "reelbot db upgrade" in (refused.value.hint or "")

    async def test_nothing_is_upgraded_while_an_engine_runs(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = open_store(url, migrate=True)
        monkeypatch.setattr(schema, "HEAD", "9998")
        with store.engine_lock(), pytest.raises(EngineRunning, match="upgraded"):
            open_store(url, migrate=True)
        await store.close()

    def test_the_database_of_another_program_is_left_alone(self, url: str) -> None:
        run_sql(url, "CREATE TABLE runs (id INTEGER)")
        with pytest.raises(DatabaseUnusable, match="another program"):
            open_store(url, migrate=True)

    def test_migrations_and_tables_say_the_same(self, kind: str, url: str, path: Path) -> None:
        create(url)
        database = (
            open_sqlite(path, create=False) if kind == "sqlite" else open_postgres(make_url(url))
        )
        with database.reading.connect() as connection:
            assert differences(connection) == []
        database.close()

    def test_a_database_of_the_first_version_is_brought_up(
        self, kind: str, url: str, path: Path
    ) -> None:
        at_revision(url, "0001")
        self.test_migrations_and_tables_say_the_same(kind, url, path)

    def test_a_video_is_looked_up_by_its_index(self, kind: str, url: str, path: Path) -> None:
        """Webhooks may come by the thousand, beside effects of years."""
        create(url)
        database = (
            open_sqlite(path, create=False) if kind == "sqlite" else open_postgres(make_url(url))
        )
        with database.reading.connect() as connection:
            asked = effect._OF_VIDEO.params(video_id="v1")
            query = asked.compile(connection, compile_kwargs={"literal_binds": True})
            if kind == "postgresql":  # it reads an empty table whole, if it may
                connection.exec_driver_sql("SET enable_seqscan = off")
            explain = "EXPLAIN QUERY PLAN" if kind == "sqlite" else "EXPLAIN"
            plan = connection.exec_driver_sql(f"{explain} {query}").all()
        database.close()
        assert "effects_of_video" in str(plan)

    def test_a_creation_that_fails_leaves_nothing(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr("alembic.op.create_index", fail)
            with pytest.raises(DatabaseUnusable, match="full"):
                open_store(url, migrate=True)
        create(url)

    def test_many_may_create_it_at_once(self, url: str) -> None:
        code = "import sys; from bot.store import open_store; open_store(sys.argv[1], migrate=True)"
        command = [sys.executable, "-c", code, url]
        creators = [subprocess.Popen(command) for _ in range(2)]
        assert [creator.wait() for creator in creators] == [0, 0]
        create(url)


def differences(connection: Connection) -> list[object]:
    options = {"version_table": schema.VERSION_TABLE, "compare_type": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


def test_the_newest_migration_is_the_one_we_look_for() -> None:
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    assert script.get_current_head() == schema.HEAD
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert all(len(revision) == 4 for revision in revisions)


def test_an_up_to_date_database_opens_without_alembic(path: Path) -> None:
    create(f"sqlite:///{path}")
    code = (
        "import sys; from bot.store import open_store; open_store(sys.argv[1], migrate=True);"
        " sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, f"sqlite:///{path}"], check=True)


def test_other_tables_may_live_in_the_same_postgresql(postgres: str) -> None:
    run_sql(postgres, "CREATE TABLE procrastinate_jobs (id INTEGER)")
    store = open_store(postgres, migrate=True)
    store._close()


def test_a_sqlite_too_old_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(DatabaseUnusable, match=r"3\.35") as refused:
        open_store(f"sqlite:///{path}", migrate=True)
    assert refused.value.hint
    assert contents(path.parent) == {}


@pytest.mark.parametrize("migrate", [True, False])
def test_a_file_of_garbage_is_refused_and_kept(path: Path, migrate: bool) -> None:
    path.write_bytes(b"\x00garbage" * 1000)
    with pytest.raises(DatabaseUnusable, match="not a database") as refused:
        open_store(f"sqlite:///{path}", migrate=migrate)
    assert refused.value.hint
    assert contents(path.parent) == {path.name: b"\x00garbage" * 1000}


def test_a_damaged_file_is_refused(path: Path) -> None:
    create(f"sqlite:///{path}")
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    with pytest.raises(DatabaseUnusable):
        open_store(f"sqlite:///{path}", migrate=True)


def test_a_folder_that_cannot_be_written_is_named(path: Path) -> None:
    path.write_text("a file, not a folder")
    with pytest.raises(DatabaseUnusable, match=r"below\.db"):
        open_store(f"sqlite:///{path}/below.db", migrate=True)
    with pytest.raises(DatabaseUnusable, match="unable to open") as refused:
        open_store(f"sqlite:///{path.parent}", migrate=True)
    assert refused.value.hint


async def test_a_file_that_another_program_locks_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(f"sqlite:///{path}")
    monkeypatch.setattr("bot.store.sqlite._BUSY_SECONDS", 0)
    store = open_store(f"sqlite:///{path}", migrate=False)
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnusable, match="locked") as refused:
            await store.release_all()
        assert refused.value.hint
    await store.release_all()
    await store.close()


def a_free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.mark.parametrize("migrate", [True, False])
def test_a_server_out_of_reach_is_named_without_the_password(migrate: bool) -> None:
    url = f"postgresql://cat:s3cret@127.0.0.1:{a_free_port()}/reelbot?application_name=s3cret"
    with pytest.raises(DatabaseUnusable, match=r"127\.0\.0\.1") as refused:
        open_store(url, migrate=migrate)
    assert "s3cret" not in everything_said(refused.value)
    assert "REELBOT_DATABASE_URL" in (refused.value.hint or "")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://a:s3cret@h/d",
        "postgresql://a:s3cret@h:port/d",
        "sqlite:///",
        "sqlite:///:memory:",
    ],
)
def test_another_kind_of_database_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        open_store(url, migrate=True)
    assert "s3cret" not in everything_said(refused.value)
    assert "sqlite:///" in (refused.value.hint or "")


def everything_said(error: BaseException | None) -> str:
    said = ""
    while error is not None:
        said += str(error) + (error.hint or "" if isinstance(error, BotError) else "")
        error = error.__cause__
    return said


async def test_a_server_that_was_restarted_is_reached_again(postgres: str) -> None:
    store = open_store(postgres, migrate=True)
    assert await store.list_runs() == []
    await store.release_all()
    run_sql(
        postgres,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    await store.release_all()
    assert await store.list_runs() == []
    await store.close()
