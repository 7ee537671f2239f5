"""Reads `schedules.yaml`: what to make, when, with whom, and where it goes.

    text -> document (lines) -> shape (pydantic) -> plan (domain) -> check (against the world)

`app` and `cli` call it. A Plan it returns is whole: every value checked, every default filled in,
except for what a schedule leaves to its template (`resolve_video`).
"""

from bot.schedules.check import check_plan
from bot.schedules.plan import load_plan
from bot.schedules.shape import json_schema

__all__ = ["check_plan", "json_schema", "load_plan"]
