"""What an error has to answer: what happened, was money spent, was anything posted, what to do.

`card` and `lists` tell it. What happened is said in our words, then in those of whoever said no.
"""

from bot.domain.post import DeliveryStatus
from bot.domain.run import Run
from bot.slack.blocks import inline
from bot.slack.mood import mood_of
from bot.slack.scene import Scene

_TROUBLED = {DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN}


def what_happened(run: Run, scene: Scene) -> str:
    """Return what went wrong: in our words, then in the words of whoever said so."""
    failure = run.failure
    if failure is None:
        return scene.words("error.error")
    key = f"error.{failure.code}" if scene.words.has(f"error.{failure.code}") else "error.error"
    if mood_of(run) == "late":
        key = "story.late"
    said = inline(scene.named(_detail(run) or failure.message), 300)
    return scene.words.told(scene.words(key), f"_{said}_" if said else "")


def _detail(run: Run) -> str:
    """Return what the targets said, one after the other."""
    told = [d for d in run.deliveries if d.detail and d.status in _TROUBLED]
    return " ".join(f"{d.target.destination}: {d.detail}" for d in told)


def money_told(scene: Scene) -> str:
    """Return whether money was spent on the scene's run."""
    if scene.reserved:
        return scene.words("money.maybe", usd=scene.words.usd(scene.spent + scene.reserved))
    if scene.spent:
        return scene.words("money.spent", usd=scene.words.usd(scene.spent))
    return scene.words("money.none")


def posts_told(run: Run, scene: Scene) -> str:
    """Return whether anything was posted, and where."""
    live = [d for d in run.delivered if not d.preview]
    shown = [d for d in run.delivered if d.preview]
    maybe = [d for d in run.deliveries if d.status is DeliveryStatus.UNCERTAIN]
    down = [d.target for d in run.deliveries if d.status is DeliveryStatus.TAKEN_DOWN]
    told = [
        scene.words(key, places=scene.went_to(deliveries))
        for key, deliveries in (
            ("posts.live", live),
            ("posts.preview", shown),
            ("posts.maybe", maybe),
        )
        if deliveries
    ]
    if down:  # a link would lead nowhere
        told.append(scene.words("posts.down", places=scene.places(down)))
    return scene.words.told(*told) or scene.words("posts.none")


def what_to_do(run: Run, scene: Scene) -> str:
    """Return what a person can do about it."""
    mood = mood_of(run)
    if mood in {"late", "uncertain"}:
        key = f"do.{mood}"
    elif run.failure and scene.words.has(f"do.{run.failure.code}"):
        key = f"do.{run.failure.code}"
    else:
        key = "do.error"
    return scene.words(key, command=scene.command)
