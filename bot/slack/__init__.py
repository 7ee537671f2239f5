"""Slack as the control room: where people ask, watch, decide and stop.

What is here so far turns our nouns into what Slack shows, and what people type into ours:

    Run ──> card, approval, lists, replies ──> Message     line, options, verbs <── "/video …"
    plan ─> modal, home ─────────────────────> view        reference <── "last", a card's link
            scene: names, prices; mood: how it stands      buttons <── what a click carries
            trouble: the four answers; words; blocks       manifest: what the app may do

Pure functions; nothing here talks to anybody. The invariant: what people wrote is only ever
shown, never obeyed. It mentions nobody, formats nothing, and fits Slack's limits.
"""
