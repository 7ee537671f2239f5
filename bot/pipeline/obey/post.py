"""`post`: a video that is there goes to one more target."""

from dataclasses import replace

from bot.domain.command import Command
from bot.domain.post import DeliveryStatus, Target
from bot.domain.run import RunState
from bot.pipeline.obey.answer import Applied, Refused, describe, is_uncertain, must_be_settled
from bot.pipeline.steps.words import words_for
from bot.pipeline.work import Work


async def post(work: Work, command: Command) -> Applied:
    """Add `target`, with the words `caption` if given; then everything as for any other post.

    What went out elsewhere stays and is not sent again. A target that was posted to and taken
    down may be posted to again.
    """
    run, target = work.run, Target.parse(command.args["target"])
    if run.state not in {RunState.SUCCEEDED, RunState.FAILED} or run.inspection is None:
        raise Refused(f"There is no finished video to post: {describe(run)}.")
    if run.removed:
        raise Refused(f"Its video was deleted by {run.removed.by}; ask for a new one.")
    await must_be_settled(work)
    if is_uncertain(run):
        raise Refused("An uncertain post has to be resolved first: `reelbot runs resolve`.")
    if target.network not in work.ports.publishers:
        raise Refused(f"Nothing is connected that could post to {target}.")
    found = run.inspection
    limits = work.ports.publishers[target.network].limits(target)
    if why := limits.misfit(found.width, found.height, found.seconds):
        raise Refused(f"{target} {why}.")
    if run.delivery(target).status is DeliveryStatus.DELIVERED:
        raise Refused(f"It is at {target} already.")
    work.stage(
        request=replace(
            run.request,
            targets=tuple(dict.fromkeys((*run.request.targets, target))),
            captions=_words(work, target, command.args.get("caption")),
        ),
        deliveries=tuple(d for d in run.deliveries if d.target != target),
        posts=None,
        price=None,
        asked_at=None,
        approval=None,
        posting_asked_by=command.by,
        notified=False,
        failure=None,
        attempts=0,
        generation=run.generation + 1,
        state=RunState.RUNNING,
        reason=None,
    )
    words_for(work, target)  # raises `PostRejected`, which refuses the command
    return f"To be posted to {target}, {command.by} asks.", []


def _words(work: Work, target: Target, caption: str | None) -> dict[str, str]:
    """Return the words of every post: what was edited before stays as it is."""
    said = {str(p.target): p.caption for p in work.run.posts or () if p.caption}
    said |= work.run.request.captions
    return said | ({str(target): caption} if caption else {})
