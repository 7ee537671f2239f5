"""`edit`: other words for posts that have not gone out."""

from dataclasses import replace

from bot.domain.command import Command
from bot.domain.post import Post, Words
from bot.domain.run import RunState
from bot.pipeline.obey.answer import Applied, Refused, describe, must_be_settled
from bot.pipeline.steps.money import unspent_on_posts
from bot.pipeline.work import Work


async def edit(work: Work, command: Command) -> Applied:
    """Change a caption. What was approved must be approved again.

    Raises `PostRejected`, which refuses the command, for words that a target does not take.
    """
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
        _with(work, post, command.args["caption"]) if target in {None, str(post.target)} else post
        for post in run.posts
    )
    if posts == run.posts:
        raise Refused("That changes nothing.")
    changed = [new.target for new, old in zip(posts, run.posts, strict=True) if new != old]
    work.drop_staged()
    changes = await unspent_on_posts(work)
    work.stage(
        posts=posts,
        edited_by={**run.edited_by, **{str(target): command.by for target in changed}},
        price=None,
        approval=None,
        asked_at=None,
        generation=run.generation + 1,
        state=RunState.RUNNING,
        reason=None,
        wake_at=None,
    )
    return f"Text changed by {command.by}; it has to be approved again.", changes


def _with(work: Work, post: Post, caption: str) -> Post:
    """Return the post with other words; raises `PostRejected` where its network takes none such."""
    words = work.ports.publishers[post.target.network].word(post.target, Words(caption=caption))
    return replace(post, caption=words.caption, changes=words.changes)
