"""reelbot turns prompt templates into videos on a schedule and posts them to Slack and X.

The map of the house:

    a schedule fires ─┐
    reelbot make ─────┼─> RunRequest ─> Run
    reelbot fire ─────┘                  │
                                         v
      render > reserve > create > wait > download > inspect > fit > approve > publish > notify
      Prompt   Spend     VideoJob        Asset  Inspection    Post  Approval  Delivery

    triggers    scheduler  cli            ask for Runs, never change one
                slack                     the control room: commands, cards, buttons
                web                       health and metrics
    the flow    intake                    a wish or a fire -> RunRequest, checked
                pipeline                  takes every Run to its first step without a result
    adapters    prompts  schedules        what people write, read by way of `document`
                providers  publishers     who makes videos, who shows them
                media  store  wakers      who keeps, remembers, wakes
                settings  telemetry       the environment; logs and metrics
                slack_api  x_api          one call of Slack's or X's API, and what came of it
    the core    ports  domain  errors     the sockets, the nouns, the failures
    beside it   studio                    a video vendor of our own, spoken to over HTTP

Imports point towards `domain`. `app` alone imports implementations and plugs
them into `ports`; import-linter holds every room to that.
"""

__version__ = "0.1.0"
