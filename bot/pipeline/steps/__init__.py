"""The ten steps, in the order they happen. Each gives the Run one more result.

    render > reserve > create > wait > download > inspect > fit > approve > publish > notify
    render   money     video    wait   files .................   approve   publish   notify  .py

A step may be repeated after a crash: what costs or shows goes through the ledger, everything
else is safe to do again. Steps know ports, never vendors. They end by leaving a result, by
`Park`, or by an error of `bot.errors`; what comes of an error is the runner's business.
"""

from collections.abc import Awaitable, Callable, Mapping

from bot.domain.run import Step
from bot.pipeline.steps.approve import approve
from bot.pipeline.steps.files import download, fit, inspect
from bot.pipeline.steps.money import reserve
from bot.pipeline.steps.notify import notify
from bot.pipeline.steps.publish import publish
from bot.pipeline.steps.render import render
from bot.pipeline.steps.video import create
from bot.pipeline.steps.wait import wait
from bot.pipeline.work import Work

#: What to do for each step that has no result yet.
STEPS: Mapping[Step, Callable[[Work], Awaitable[None]]] = {
    Step.RENDER: render,
    Step.RESERVE: reserve,
    Step.CREATE: create,
    Step.WAIT: wait,
    Step.DOWNLOAD: download,
    Step.INSPECT: inspect,
    Step.FIT: fit,
    Step.APPROVE: approve,
    Step.PUBLISH: publish,
    Step.NOTIFY: notify,
}
