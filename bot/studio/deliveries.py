"""The webhooks yet to be delivered: a row goes when its receiver has it, or it is given up."""

import sqlite3
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way. Times are Unix seconds; `id` is the `webhook-id` of every attempt."""

    id: str
    type: str
    video_id: str
    created_at: int
    attempts: int
    due_at: int


class Deliveries:
    """The table."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, delivery: Delivery) -> None:
        self._db.execute("INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?)", astuple(delivery))

    def due(self, now: int, *, at_most: int) -> list[Delivery]:
        """The ones whose time has come, oldest first."""
        found = self._db.execute(
            "SELECT * FROM delivery WHERE due_at <= ? ORDER BY due_at, created_at LIMIT ?",
            (now, at_most),
        )
        return [Delivery(**row) for row in found.fetchall()]

    def next_due(self) -> int | None:
        """When there is something to do again."""
        due: int | None = self._db.execute("SELECT min(due_at) FROM delivery").fetchone()[0]
        return due

    def postpone(self, delivery_id: str, *, until: int) -> None:
        """Count a failed attempt."""
        self._db.execute(
            "UPDATE delivery SET attempts = attempts + 1, due_at = ? WHERE id = ?",
            (until, delivery_id),
        )

    def remove(self, delivery_id: str) -> None:
        self._db.execute("DELETE FROM delivery WHERE id = ?", (delivery_id,))
