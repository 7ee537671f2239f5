"""The words of every post, as they go out: asked of the publisher before anything is paid for."""

from bot.domain.post import Target, Words
from bot.pipeline.work import Work


def words_for(work: Work, target: Target) -> Words:
    """Return the words of the post to *target*; raises `PostRejected` for what cannot go out.

    Empty where the network needs words and a card still has to ask for them.
    """
    words = _given(work, target)
    if not words.caption and target.needs_words:
        return words
    return work.ports.publishers[target.network].word(target, words)


def _given(work: Work, target: Target) -> Words:
    run = work.run
    assert run.prompt
    for post in run.posts or ():
        if post.target == target:  # worded before, or edited by a person since
            return Words(caption=post.caption, changes=post.changes)
    own = run.request.captions.get(str(target)) or run.request.caption
    if own:
        return Words(caption=own)
    return Words(caption=run.prompt.caption, generated=True, may_cut=run.prompt.may_cut)
