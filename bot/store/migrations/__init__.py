"""Migrations: the way from one schema to the next, run by `bot.store.schema` alone.

They go forward only: an older program refuses a newer database.
"""
