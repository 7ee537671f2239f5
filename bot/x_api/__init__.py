"""X's API v2: one call and what its answer means, signatures, tokens, uploads, prices.

The publisher posts with it; `app` opens it for `reelbot x` and `reelbot doctor`. It knows nothing
of runs and ledgers: whatever it sends, it sends once, and says what may have come of it.
"""
