"""The studio's characters: a name, and the two colours that a clip of somebody was known by."""

import sqlite3
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """Somebody to be seen in videos. Colours are `#rrggbb`; `created_at` is in Unix seconds."""

    id: str
    name: str
    coat: str
    accent: str
    created_at: int


class Characters:
    """The table; kept for ever, for the protocol cannot delete them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, character: Character) -> None:
        self._db.execute("INSERT INTO character VALUES (?, ?, ?, ?, ?)", astuple(character))

    def get(self, character_id: str) -> Character | None:
        found = self._db.execute("SELECT * FROM character WHERE id = ?", (character_id,)).fetchone()
        return Character(**found) if found else None
