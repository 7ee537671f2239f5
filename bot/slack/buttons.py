"""The buttons: what each is called, what a click carries, and what asks once more.

`card`, `approval`, `home` and `lists` take their buttons here; `room` reads clicks by the same
names. The invariant: a click carries the generation that was drawn, so that a stale one is known.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from bot.domain.post import DeliveryStatus, Target
from bot.domain.run import Run
from bot.domain.video import VideoStatus
from bot.slack.blocks import Block, cut, plain
from bot.slack.scene import Scene
from bot.slack.words import Words

_DIALOG = 300
#: Jobs that nothing will come of; a retry makes, and pays for, another one.
_FRUITLESS = {VideoStatus.FAILED, VideoStatus.CANCELLED}


class Action(StrEnum):
    """What can be clicked; the names are Slack's `action_id`."""

    APPROVE = "run.approve"
    REJECT = "run.reject"
    EDIT = "run.edit"
    CANCEL = "run.cancel"
    RETRY = "run.retry"
    AGAIN = "run.again"  #: Ask anew with other words; opens `make`.
    RESOLVE = "run.resolve"
    REMIX = "run.remix"
    POST = "run.post"
    UNDO = "run.undo"
    DELETE = "run.delete"
    DETAILS = "run.details"
    PAUSE = "schedule.pause"
    RESUME = "schedule.resume"
    FIRE = "schedule.fire"
    STOP = "room.stop"
    START = "room.start"
    MAKE = "make.open"


_PRIMARY = {Action.APPROVE, Action.RESOLVE, Action.MAKE, Action.START}
#: Red is for decisions; what stands on every finished card all day is not.
_DANGER = {Action.REJECT, Action.STOP}


def of_run(action: Action, run: Run, scene: Scene) -> Block:
    """Return a button of *run*'s card."""
    question = _question(action, run, scene)
    return button(action, scene.words, f"{run.id}|{run.generation}", question=question)


def read_value(value: str) -> tuple[str, int]:
    """Return (run id, generation) of a click; `ValueError` for a value we never gave out."""
    run_id, bar, generation = value.rpartition("|")
    if not bar or not run_id:
        raise ValueError(f"{value!r} is no value of a button")
    return run_id, int(generation)


def button(action: Action, words: Words, value: str, *, question: Block | None = None) -> Block:
    """Return a button; *question* is asked before the click counts."""
    block: Block = {
        "type": "button",
        "action_id": action.value,
        "text": plain(words(f"button.{action}"), 75),
        "value": value,
    }
    style = "primary" if action in _PRIMARY else "danger" if action in _DANGER else None
    return block | ({"style": style} if style else {}) | ({"confirm": question} if question else {})


def start(words: Words) -> Block:
    """Return the button that lets everything go on; it asks first."""
    question = dialog(words, "start", danger=False)
    return button(Action.START, words, "start", question=question)


def fire(schedule_id: str, targets: Sequence[Target], price: Decimal, scene: Scene) -> Block:
    """Return the button that fires a dear schedule; it asks first."""
    text = scene.words(
        "confirm.fire.text", places=_plainly(scene, targets), price=scene.words.price(price)
    )
    question = dialog(scene.words, "fire", danger=False, text=text)
    return button(Action.FIRE, scene.words, schedule_id, question=question)


def stop(words: Words) -> Block:
    """Return the emergency brake. It does not ask: stopping harms nobody."""
    return button(Action.STOP, words, "stop")


def dialog(words: Words, key: str, *, danger: bool, text: str | None = None) -> Block:
    """Return what asks before a click counts: title, what will happen, yes, no."""
    block: Block = {
        "title": plain(words(f"confirm.{key}.title"), 100),
        "text": plain(words(f"confirm.{key}.text") if text is None else text, _DIALOG),
        "confirm": plain(words(f"confirm.{key}.yes"), 30),
        "deny": plain(words("confirm.no"), 30),
    }
    return block | ({"style": "danger"} if danger else {})


# --- what asks first ---------------------------------------------------------------------------


def _question(action: Action, run: Run, scene: Scene) -> Block | None:
    ask = {
        Action.APPROVE: _before_approving,
        Action.RETRY: _before_retrying,
        Action.UNDO: _before_taking_down,
        Action.DELETE: _before_deleting,
    }.get(action)
    return ask(run, scene) if ask else None


def _before_approving(run: Run, scene: Scene) -> Block | None:
    accounts = public(run, scene)
    if not accounts and not _is_dear(scene.expected(run), scene):
        return None
    text = scene.words(
        "confirm.approve.text",
        places=_plainly(scene, run.request.targets),
        price=scene.words.price(scene.expected(run) or Decimal(0)),
    )
    return dialog(scene.words, "approve", danger=False, text=text)


def _before_retrying(run: Run, scene: Scene) -> Block | None:
    expected = _still_to_pay(run)
    accounts = public(run, scene) if run.approval else []
    if not accounts and not _is_dear(expected, scene):
        return None
    text = scene.words(
        "confirm.retry.text",
        places=_plainly(scene, accounts or run.request.targets),
        price=scene.words.price(expected or Decimal(0)),
    )
    return dialog(scene.words, "retry", danger=False, text=text)


def _still_to_pay(run: Run) -> Decimal | None:
    """Return what a retry should cost, USD: what was made or posted is not paid again."""
    if run.price is None:
        return None
    gone = run.failure is not None and run.failure.code == "expired"
    made = run.job is not None and run.job.status not in _FRUITLESS and not gone
    delivered = {str(d.target) for d in run.delivered}
    posts = (usd for target, usd in run.price.posts.items() if target not in delivered)
    return sum(posts, start=Decimal(0) if made else run.price.video)


def _before_taking_down(run: Run, scene: Scene) -> Block:
    places = _plainly(scene, [d.target for d in run.delivered if not d.preview])
    text = scene.words("confirm.undo.text", places=places)
    return dialog(scene.words, "undo", danger=True, text=text)


def _before_deleting(run: Run, scene: Scene) -> Block:
    price = scene.words.price(scene.spent, settled=True)
    text = scene.words("confirm.delete.text", provider=run.request.provider, price=price)
    return dialog(scene.words, "delete", danger=True, text=text)


def public(run: Run, scene: Scene) -> list[Target]:
    """Return the live X accounts that a yes would still post to."""
    not_out = {DeliveryStatus.PENDING, DeliveryStatus.FAILED}
    open_ones = [t for t in run.request.targets if run.delivery(t).status in not_out]
    return [] if scene.preview else [t for t in open_ones if t.network == "x"]


def _is_dear(usd: Decimal | None, scene: Scene) -> bool:
    return usd is not None and usd > scene.confirm_over_usd


def _plainly(scene: Scene, targets: Sequence[Target]) -> str:
    """Return the places for a dialog, which reads no tokens."""
    names = []
    for target in targets:
        name = scene.names.get(str(target), target.destination)
        names.append(scene.words("place.x", name=name) if target.network == "x" else name)
    return cut(scene.words.listed(names), 150) if names else "–"
