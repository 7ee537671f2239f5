"""Where Alembic meets the store. Called with the connection of an open transaction."""

from alembic import context

from bot.store.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
)
context.run_migrations()
