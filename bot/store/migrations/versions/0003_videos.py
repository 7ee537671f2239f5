"""Find the videos of runs, what they grew out of, and who needs which file."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Spelled out and not taken from `tables`: a migration must not change with the program.
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_BATCH = 500
_RUNS = sa.table("runs", *map(sa.column, ("id", "doc", "provider", "video_status")))
_FILES = sa.table("files", sa.column("path"), sa.column("run_id"))


def upgrade() -> None:
    """Add the columns and the table, and fill them from the runs that are there."""
    for column in (
        sa.Column("provider", _KEY),
        sa.Column("video_status", sa.Text),
        sa.Column("origin", _KEY),
    ):
        op.add_column("runs", column)
    op.create_table(
        "files",
        sa.Column("path", _KEY, primary_key=True),
        sa.Column("run_id", _KEY, sa.ForeignKey("runs.id"), primary_key=True),
    )
    _index("runs_with_video", ["created_at", "id"], "video_status IS NOT NULL")
    _index("runs_by_origin", ["origin"], "origin IS NOT NULL")
    for batch in _batches():
        _fill(batch)


def _index(name: str, columns: list[str], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, "runs", columns, sqlite_where=only, postgresql_where=only)


def _batches() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    page = sa.select(_RUNS.c.id, _RUNS.c.doc).order_by(_RUNS.c.id).limit(_BATCH)
    last = ""
    while rows := op.get_bind().execute(page.where(_RUNS.c.id > last)).all():
        last = rows[-1].id
        yield [(row.id, json.loads(row.doc)) for row in rows]


def _fill(batch: list[tuple[str, dict[str, Any]]]) -> None:
    fill = (
        sa.update(_RUNS)
        .where(_RUNS.c.id == sa.bindparam("run"))
        .values(provider=sa.bindparam("by"), video_status=sa.bindparam("status"))
    )
    connection = op.get_bind()
    connection.execute(
        fill,
        [
            {"run": run_id, "by": run["request"]["provider"], "status": _status(run)}
            for run_id, run in batch
        ],
    )
    needed = [{"path": path, "run_id": run_id} for run_id, run in batch for path in _paths(run)]
    if needed:
        connection.execute(sa.insert(_FILES), needed)


def _status(run: dict[str, Any]) -> str | None:
    """Return where the run's video stands; None if it was not asked for."""
    job, failure, state = run.get("job"), run.get("failure"), run.get("state")
    if job:
        over = job["status"] in {"completed", "failed", "cancelled"}
        return str(job["status"] if over or state not in {"failed", "cancelled"} else state)
    if failure and failure["step"] == "create":
        return {"failed": "failed", "attention": "unknown"}.get(str(state))
    return None


def _paths(run: dict[str, Any]) -> set[str]:
    posts = run.get("posts") or ()
    files = [run["request"]["video"].get("reference")]
    files += [run.get(name) for name in ("video", "thumbnail", "spritesheet")]
    files += [post.get(name) for post in posts for name in ("asset", "thumbnail")]
    return {file["path"] for file in files if file}
