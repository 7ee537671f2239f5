"""Slack as the control room: where people ask, watch, decide and stop.

What is here so far turns our nouns into what Slack shows, and what people type into ours:

    Run ──> card, approval, lists ──> Message      line, verbs, reference <── "/video …"
    plan ─> modal, home ────────────> view         buttons <── what a click carries

Pure functions; nothing here talks to anybody. The invariant: what people wrote is only ever
shown, never obeyed. It mentions nobody, formats nothing, and fits Slack's limits.
"""
