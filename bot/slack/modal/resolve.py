"""The dialog in which a person says what became of an uncertain request."""

from bot.domain.run import Run
from bot.slack import blocks as b
from bot.slack.blocks import Block
from bot.slack.modal.form import (
    Origin,
    View,
    modal,
    select,
    target_name,
    text_input,
)
from bot.slack.scene import Scene


def resolve_modal(run: Run, scene: Scene, origin: Origin, *, late: bool) -> View:
    """Return the dialog in which a person says what became of an uncertain request."""
    words = scene.words
    uncertain = [d.target for d in run.deliveries if d.status == "uncertain"]
    answers = ("wait", "give-up") if late else ("happened", "not-sent", "give-up")
    names = {words(f"resolve.{answer}"): answer for answer in answers}
    element = select(list(names), value=None, named=names, kind="radio_buttons")
    fields: list[Block] = [b.context(words("resolve.late" if late else "resolve.look"))]
    if len(uncertain) > 1:
        which = {target_name(t, words): str(t) for t in uncertain}
        chosen = select(list(which), value=None, named=which)
        fields.append(b.field(words("resolve.target"), chosen, key="target"))
    fields.append(b.field(words("resolve.answer"), element, key="answer"))
    if not late:
        key, kind = ("url", "resolve.url") if uncertain else ("id", "resolve.id")
        hint = words("resolve.where.hint")
        fields.append(b.field(words(kind), text_input(None), key=key, optional=True, hint=hint))
    return modal("resolve", words, fields, origin)
