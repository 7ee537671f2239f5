"""The dialog for a video that grows out of another."""

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.run import Run
from bot.domain.video import Derivation
from bot.slack import blocks as b
from bot.slack.blocks import Block
from bot.slack.modal.form import (
    Origin,
    View,
    caption_of,
    modal,
    price_fields,
    select,
    text_input,
)
from bot.slack.scene import Scene


def remix_modal(
    run: Run,
    scene: Scene,
    origin: Origin,
    *,
    how: Sequence[Derivation],
    usd: Decimal | None,
    prompt: str | None = None,
    caption: str | None = None,
) -> View:
    """Return the dialog for a video that grows out of *run*'s, with *prompt* and *caption* in."""
    words = scene.words
    fields: list[Block] = [b.context(words("remix.of", subject=scene.subject(run)))]
    if len(how) > 1:
        names = {words(f"remix.how.{each}"): each.value for each in how}
        element = select(list(names), value=how[0].value, named=names, kind="radio_buttons")
        fields.append(b.field(words("remix.how"), element, key="how"))
    text = text_input(prompt, multiline=True, placeholder=words("remix.prompt.example"))
    fields.append(b.field(words("remix.prompt"), text, key="prompt"))
    said = text_input(caption or caption_of(run), multiline=True)
    fields.append(b.field(words("make.caption"), said, key="caption", optional=True))
    return modal("remix", words, fields + price_fields(usd, scene), origin)
