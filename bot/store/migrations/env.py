"""Where Alembic meets the store. Called with the connection of an open transaction."""

from alembic import context

from bot.store.schema import VERSION_TABLE
from bot.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
