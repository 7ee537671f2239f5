"""The approval card: exactly what goes out, and the buttons of whoever lets it.

`room` puts one up each time somebody is asked, and draws it again when that was decided. The
invariant: it never shows a button for words or bytes other than the ones it shows.
"""

from collections.abc import Iterator

from bot.domain.caption import LONGEST, caption_length
from bot.domain.card import CardKind
from bot.domain.post import Post
from bot.domain.run import Run, RunState, WaitReason
from bot.pipeline.steps.approve import expiry
from bot.slack import buttons
from bot.slack.blocks import (
    Block,
    Message,
    actions,
    context,
    inline,
    message,
    picture,
    quote,
    section,
    when,
)
from bot.slack.buttons import Action
from bot.slack.scene import SUBJECT, Scene

#: The longest caption that any network takes, in units: nobody approves words that were cut off.
_WHOLE = 2 * max(LONGEST.values())
_BUTTONS = (Action.APPROVE, Action.REJECT, Action.EDIT, Action.DETAILS)
#: What has no words yet cannot be approved.
_WITHOUT_WORDS = (Action.EDIT, Action.REJECT, Action.DETAILS)


def approval_card(run: Run, scene: Scene, *, generation: int) -> Message:
    """Return the card that asked about *generation* of *run*: open, or locked once decided."""
    verdict = verdict_on(run, generation)
    subject = scene.subject(run, SUBJECT)
    text = scene.words(f"say.asked.{verdict}", subject=subject, who=_decider(run, scene))
    if verdict == "open":
        return message(text, asking(run, scene))
    return message(text, _locked(run, scene, verdict))


def verdict_on(run: Run, generation: int) -> str:
    """Return what became of the question about *generation*: `open`, or why it is not."""
    newer = any(c.kind is CardKind.APPROVAL and c.generation > generation for c in run.cards)
    if generation < run.generation and (newer or run.approval is None):
        return "superseded"
    if run.approval:
        return "approved"
    if run.state is RunState.CANCELLED:
        return run.reason if run.reason in {"rejected", "expired"} else "cancelled"
    waits = run.state is RunState.WAITING and run.reason in {
        WaitReason.APPROVAL.value,
        WaitReason.STOPPED.value,
    }
    asked = run.asked_at is not None and run.posts is not None
    return "open" if asked and (waits or run.state is RunState.RUNNING) else "over"


# --- while it is open --------------------------------------------------------------------------


def asking(run: Run, scene: Scene) -> list[Block]:
    """Return what goes out, word for word, and the buttons that decide."""
    words = scene.words
    blocks: list[Block] = [section(f"{words('mark.approval')} {_title(run, scene, 'open')}")]
    if scene.frames:
        blocks.append(picture(scene.frames, words("frames.alt")))
    blocks += _outgoing(run, scene)
    if findings := run.inspection.findings if run.inspection else ():
        told = inline(" ".join(map(words.said, findings)), 400)
        blocks.append(context(f"{words('mark.finding')} {told}"))
    blocks.append(context(" · ".join(_terms(run, scene))))
    offered = _WITHOUT_WORDS if run.wordless else _BUTTONS
    return [*blocks, *actions(*(buttons.of_run(action, run, scene) for action in offered))]


def _title(run: Run, scene: Scene, verdict: str) -> str:
    parts = [f"*{scene.words(f'asked.{verdict}')}*", scene.subject(run, SUBJECT)]
    if run.inspection is not None and run.inspection.simulated:
        parts.append(f"`{scene.words('simulated')}`")
    return " · ".join(parts)


def _outgoing(run: Run, scene: Scene) -> Iterator[Block]:
    """Every text once, below the places it goes to."""
    for caption, posts in texts_of(run):
        yield context("\n".join(_where(post, scene) for post in posts))
        if caption:
            yield quote(caption, _WHOLE)
        if changes := dict.fromkeys(change for post in posts for change in post.changes):
            yield context(f"{scene.words('mark.finding')} {inline(' '.join(changes), 400)}")
        dear = [scene.dear(run, post.target, scene.place(post.target)) for post in posts]
        if any(dear):
            yield context("\n".join(filter(None, dear)))


def texts_of(run: Run) -> list[tuple[str, list[Post]]]:
    """Return the different texts of the run's posts, each with the posts that carry it."""
    texts: dict[str, list[Post]] = {}
    for post in run.posts or ():
        texts.setdefault(post.caption or "", []).append(post)
    return list(texts.items())


def _where(post: Post, scene: Scene) -> str:
    words, network = scene.words, post.target.network
    place = scene.place(post.target)
    if not post.caption:
        key = "out.wordless" if post.target.needs_words else "out.silent"
        return words(key, place=place)
    n = caption_length(network, post.caption)
    if network == "x":
        key = "out.too_long" if n > LONGEST["x"] else "out.counted"
        return words(key, place=place, n=n, most=LONGEST["x"])
    return words("out.plain", place=place, n=n)


def _terms(run: Run, scene: Scene) -> Iterator[str]:
    words = scene.words
    if scene.preview:
        yield words("out.preview")
    yield words("out.at_once")
    if price := scene.price(run):
        yield price
    if run.asked_at:
        yield words("out.expires", when=when(expiry(run)))
    if run.request.lang:
        key = f"language.{run.request.lang}"
        yield words(key) if words.has(key) else inline(run.request.lang, 20)
    yield words("fact.asked_by", who=scene.asked_by(run))


# --- once it is decided ------------------------------------------------------------------------


def _locked(run: Run, scene: Scene, verdict: str) -> list[Block]:
    blocks: list[Block] = [section(_title(run, scene, verdict))]
    if verdict == "approved":
        blocks += _outgoing(run, scene)
    return [*blocks, context(_why_locked(run, scene, verdict))]


def _why_locked(run: Run, scene: Scene, verdict: str) -> str:
    moment = run.approval.at if run.approval and verdict == "approved" else run.updated_at
    return scene.words(f"locked.{verdict}", who=_decider(run, scene), when=when(moment))


def _decider(run: Run, scene: Scene) -> str:
    by = run.approval.by if run.approval else run.ended_by
    return scene.who(by) if by else scene.words("by.somebody")
