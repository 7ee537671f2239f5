"""Databases as the programs before this one left them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, make_url, text

from bot.store.postgres import open_postgres
from bot.store.sqlite import open_sqlite


def at_revision(url: str, revision: str, *runs: dict[str, Any]) -> None:
    """Make the database as the program of that *revision* left it."""
    path = Path(url.removeprefix("sqlite:///"))
    sqlite = url.startswith("sqlite")
    database = open_sqlite(path, create=True) if sqlite else open_postgres(make_url(url))
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    with database.writing.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    insert(database.writing, runs)
    database.close()


def insert(engine: Engine, runs: tuple[dict[str, Any], ...]) -> None:
    row = text(
        "INSERT INTO runs (id, key, state, created_at, format, doc)"
        " VALUES (:id, :key, :state, :at, 1, :doc)"
    )
    with engine.begin() as connection:
        for at, run in enumerate(runs):
            values = {"id": run["id"], "key": run["id"], "state": run["state"], "at": at}
            connection.execute(row, values | {"doc": json.dumps(run)})


def run_sql(url: str, statement: str) -> None:
    """Change the database as no program of ours does."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute(statement)
            connection.commit()
    else:
        with psycopg.connect(url) as server:
            server.execute(statement)
