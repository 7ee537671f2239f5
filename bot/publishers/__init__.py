"""Who shows videos to people: one file or folder per network, and a preview that imitates them all.

Publishers do not know one another; `bot.app` builds them and the pipeline calls them, each
through the ledger, so that a post goes out at most once.
"""
