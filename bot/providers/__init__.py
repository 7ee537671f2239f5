"""Who makes the videos: one module per protocol, each behind `bot.ports.VideoProvider`.

Built by `bot.app` from configuration. A provider keeps nothing that cannot be lost: what matters
of a job is in its `VideoJob`.
"""
