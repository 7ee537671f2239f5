"""`edit`: other words for posts that have not gone out."""

from dataclasses import replace

from bot.domain.command import Command
from bot.domain.run import RunState
from bot.pipeline.obey.answer import Applied, Refused, describe, must_be_settled
from bot.pipeline.work import Work
from bot.ports import Change, Release


async def edit(work: Work, command: Command) -> Applied:
    """Change a caption. What was approved must be approved again."""
    run = work.run
    if run.posts is None or run.state.is_terminal:
        raise Refused(f"There is no text to edit now: {describe(run)}.")
    await must_be_settled(work)
    if run.deliveries:
        raise Refused("It is too late to edit: posts have begun to go out.")
    target = command.args.get("target")
    if target and target not in {str(post.target) for post in run.posts}:
        raise Refused(f"This run has no post to {target}.")
    posts = tuple(
        replace(post, caption=command.args["caption"], changes=())
        if target in {None, str(post.target)}
        else post
        for post in run.posts
    )
    if posts == run.posts:
        raise Refused("That changes nothing.")
    work.drop_staged()
    changes = await _release_posts(work)
    work.stage(
        posts=posts,
        price=None,
        approval=None,
        asked_at=None,
        generation=run.generation + 1,
        state=RunState.RUNNING,
        reason=None,
        wake_at=None,
    )
    return f"Text changed by {command.by}; it has to be approved again.", changes


async def _release_posts(work: Work) -> list[Change]:
    spends = await work.ports.store.spends(work.run.id)
    return [Release(key=s.key) for s in spends if s.what != "video"]
