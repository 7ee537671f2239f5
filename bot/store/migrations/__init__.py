"""Migrations: the way from one schema to the next, run by `bot.store.schema` alone.

Written by hand, numbered, forward only: an older program refuses a newer database. `tables` has to
say what they come to, and `schema.HEAD` is the newest; tests compare all three.
"""
