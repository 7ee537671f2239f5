"""Who wakes a run: the `Waker` socket, one file per engine.

`bot.app` builds one of them, the pipeline makes appointments with it. Invariant: a waker only
wakes. What is to be done stands in the database, so a wake-up that is lost (the sweep finds the
run) or comes twice (the lease admits one) changes nothing.
"""
