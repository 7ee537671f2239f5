"""The desk card: one message per run, where it was asked for, edited in place.

`room` draws it whenever the run moves. The first line says it all: what is going on, and with
which video. What follows is one small line of facts, more only where a person has to act.
"""

from collections.abc import Iterator

from bot.domain.card import Card, CardKind
from bot.domain.post import Delivery
from bot.domain.run import Run, RunState
from bot.pipeline.steps.approve import expiry
from bot.slack import buttons
from bot.slack.approval import asking
from bot.slack.blocks import (
    Block,
    Message,
    actions,
    context,
    escape,
    inline,
    link,
    message,
    picture,
    section,
    when,
)
from bot.slack.buttons import Action
from bot.slack.mood import mood_of
from bot.slack.scene import Scene
from bot.slack.trouble import money_told, posts_told, what_happened, what_to_do

#: Lengths of the progress bar, in characters.
_BAR = 10
#: Errors after which the same request would only fail again: it has to be asked differently.
_HOPELESS = {"rejected", "request", "template", "unusable", "config"}
_MOST_BUTTONS = 4
#: Moods whose story tells of the money itself.
_BILLED = {"failed", "partly", "rejected", "expired", "cancelled"}


def desk_card(run: Run, scene: Scene) -> Message:
    """Return the card of *run* as it stands."""
    mood = mood_of(run)
    subject = scene.subject(run)
    text = scene.words(f"say.{mood}", subject=subject, **_sentence_values(run, scene))
    if mood == "approval" and approval_card_of(run) is None:
        return message(text, asking(run, scene))  # whoever says yes here sees to what
    row = actions(*(buttons.of_run(action, run, scene) for action in offered(run, scene)))
    return message(text, [*_body(run, scene), *row])


def _body(run: Run, scene: Scene) -> list[Block]:
    """Return headline, story, the video's frames and facts."""
    lines, facts = [headline(run, scene), *_story(run, scene)], " · ".join(_facts(run, scene))
    frames = [picture(scene.frames, scene.words("frames.alt"))] if scene.frames else []
    return [section("\n".join(lines)), *frames, context(facts)]


def headline(run: Run, scene: Scene) -> str:
    """Return the first line: how the run stands, and what it is of."""
    words, mood = scene.words, mood_of(run)
    mark = words(f"mark.{mood}") if words.has(f"mark.{mood}") else ""
    parts = [f"{mark} *{words(f'state.{mood}')}*".strip(), scene.subject(run)]
    if run.inspection is not None and run.inspection.simulated:
        parts.append(f"`{words('simulated')}`")
    return " · ".join(parts)


def _sentence_values(run: Run, scene: Scene) -> dict[str, str]:
    return {
        "places": scene.places([d.target for d in run.delivered] or list(run.request.targets)),
        "who": scene.who(run.ended_by) if run.ended_by else scene.words("by.somebody"),
        "why": inline(scene.named(run.failure.message), 200) if run.failure else "–",
    }


# --- what is told below the first line ---------------------------------------------------------


def _story(run: Run, scene: Scene) -> Iterator[str]:
    mood = mood_of(run)
    if mood == "making" and run.job and run.job.progress is not None:
        yield progress_bar(run.job.progress)
    elif mood == "wordless":
        yield scene.words("story.wordless", places=scene.places(run.wordless))
    elif mood == "approval":
        yield _where_to_decide(run, scene)
    elif mood == "stopped":
        yield scene.words("story.stopped", command=scene.command)
    elif mood in {"backoff", "paused"}:
        yield from _setback(run, scene)
    elif mood in {"late", "uncertain", "failed", "partly"}:
        yield from _trouble(run, scene)
    elif mood in {"rejected", "expired", "cancelled"}:
        yield scene.words.told(money_told(scene), posts_told(run, scene))
    elif mood == "removed":
        yield from _removal(run, scene)


def progress_bar(percent: int) -> str:
    """Return *percent* as a row of characters and a number."""
    filled = min(max(percent, 0), 100) * _BAR // 100
    return "▰" * filled + "▱" * (_BAR - filled) + f" {min(max(percent, 0), 100)} %"


def _where_to_decide(run: Run, scene: Scene) -> str:
    until = when(expiry(run)) if run.asked_at else "–"
    card = approval_card_of(run)
    if card is None or card.url is None:
        return scene.words("story.approval", until=until)
    there = link(card.url, scene.words("story.approval_card"))
    return scene.words("story.approval_elsewhere", until=until, there=there)


def _setback(run: Run, scene: Scene) -> Iterator[str]:
    if run.failure:
        yield what_happened(run, scene)
    key = "story.backoff" if run.wake_at else "story.backoff_soon"
    if mood_of(run) == "paused":
        key = "story.paused"
    yield scene.words(key, when=when(run.wake_at) if run.wake_at else "–")


def _trouble(run: Run, scene: Scene) -> Iterator[str]:
    """What happened, was money spent, was anything posted, what to do."""
    yield what_happened(run, scene)
    yield scene.words.told(money_told(scene), posts_told(run, scene))
    yield f"→ {what_to_do(run, scene)}"


def _removal(run: Run, scene: Scene) -> Iterator[str]:
    assert run.removed
    key = "story.removed" if run.removed.at_provider else "story.removed_here"
    who, at = scene.who(run.removed.by), when(run.removed.at)
    yield scene.words(key, who=who, when=at, provider=escape(run.request.provider, 70))


# --- the small line ----------------------------------------------------------------------------


def _facts(run: Run, scene: Scene) -> Iterator[str]:
    words, mood = scene.words, mood_of(run)
    yield words("fact.asked", who=scene.asked_by(run), when=when(run.created_at))
    if mood in {"posted", "previewed", "removed"} and run.delivered:
        yield words(f"fact.{_how(run.delivered)}", places=scene.went_to(run.delivered))
    elif mood == "taken_down":
        yield words("fact.taken_down", places=scene.places([d.target for d in run.deliveries]))
    elif not run.state.is_terminal and run.request.targets:
        yield words("fact.goes", places=scene.places(run.request.targets))
    if mood == "posted" and run.approval and run.approval.by != "auto":
        yield words("fact.approved", who=scene.who(run.approval.by))
    if run.state is RunState.CANCELLED and run.ended_by:
        yield words("fact.ended", who=scene.who(run.ended_by), when=when(run.updated_at))
    if mood not in _BILLED and (price := scene.price(run)):
        yield price


def _how(deliveries: tuple[Delivery, ...]) -> str:
    return "previewed" if all(d.preview for d in deliveries) else "posted"


# --- the buttons -------------------------------------------------------------------------------


def offered(run: Run, scene: Scene) -> list[Action]:
    """Return what can be done with *run* now, at most four things, the likeliest first."""
    if run.removed:
        return [Action.DETAILS]
    if run.state is RunState.ATTENTION:
        return [Action.RESOLVE, Action.DETAILS]
    if not run.state.is_terminal:
        return _while_under_way(run)
    found = [*_to_go_on(run), *_to_make_more(run, scene), *_to_undo(run)]
    return [*found[: _MOST_BUTTONS - 1], Action.DETAILS]


def _while_under_way(run: Run) -> list[Action]:
    if mood_of(run) == "wordless":
        return [Action.EDIT, Action.CANCEL, Action.DETAILS]
    if mood_of(run) == "paused":
        return [Action.RETRY, Action.CANCEL, Action.DETAILS]
    if mood_of(run) != "approval":
        return [Action.CANCEL, Action.DETAILS]
    if approval_card_of(run):
        return [Action.EDIT, Action.CANCEL, Action.DETAILS]
    return [Action.APPROVE, Action.REJECT, Action.EDIT, Action.DETAILS]


def approval_card_of(run: Run) -> Card | None:
    """Return the card on which this generation of the run is decided, if it is another one."""
    return next(
        (
            card
            for card in run.cards
            if card.kind is CardKind.APPROVAL and card.generation == run.generation
        ),
        None,
    )


def _to_go_on(run: Run) -> list[Action]:
    if run.state is RunState.SUCCEEDED:
        return []
    hopeless = run.failure is not None and run.failure.code in _HOPELESS
    return [Action.AGAIN if hopeless else Action.RETRY]


def _to_make_more(run: Run, scene: Scene) -> list[Action]:
    if run.video is None:
        return []
    more = [Action.REMIX] if scene.may_remix else []
    simulated = run.inspection is not None and run.inspection.simulated
    postable = scene.may_post_x and (scene.preview or not simulated)
    return more + ([Action.POST] if postable and run.state is RunState.SUCCEEDED else [])


def _to_undo(run: Run) -> list[Action]:
    if any(not d.preview for d in run.delivered):
        return [Action.UNDO]
    return [Action.DELETE] if run.video else []
