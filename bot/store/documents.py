"""Runs as JSON documents.

Every document carries the version of its format. Fields may come (with a default) and go within
one version; whatever an older program would misread raises it, and that program refuses.
"""

from functools import cache

from pydantic import TypeAdapter, ValidationError

from bot.domain.run import Run
from bot.errors import DatabaseUnusable

#: The format this program writes, and the newest it reads.
FORMAT = 1


@cache
def _runs() -> TypeAdapter[Run]:
    return TypeAdapter(Run)


def encode(run: Run) -> str:
    """Return *run* as JSON."""
    return _runs().dump_json(run).decode()


def decode(doc: str, version: int) -> Run:
    """Return the run in *doc*; `DatabaseUnusable` if its format is newer, or it is broken."""
    if version > FORMAT:
        raise DatabaseUnusable(
            f"A run was stored in format {version} by a newer reelbot; this one reads {FORMAT}.",
            hint="Install the newer version again.",
        )
    try:
        return _runs().validate_json(doc)
    except ValidationError as error:
        raise DatabaseUnusable(
            f"A stored run cannot be read: {error.errors()[0]['msg']}.",
            hint="Restore the database from a backup.",
        ) from error
