"""Find a run by its video, as a webhook asks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the videos that creates have made."""
    created = sa.text("kind = 'create'")
    op.create_index(
        "effects_of_video",
        "effects",
        ["remote_id"],
        sqlite_where=created,
        postgresql_where=created,
    )
