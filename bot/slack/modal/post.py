"""The dialog that posts a kept video to one more account."""

from collections.abc import Mapping
from decimal import Decimal

from bot.domain.caption import LONGEST
from bot.domain.run import Run
from bot.slack import blocks as b
from bot.slack.modal.form import (
    Origin,
    View,
    caption_of,
    modal,
    select,
    text_input,
)
from bot.slack.scene import Scene


def post_modal(
    run: Run, scene: Scene, origin: Origin, *, usd: Mapping[str, Decimal] | None = None
) -> View:
    """Return the dialog that posts a kept video to one more account; it names account and price."""
    words, usd = scene.words, usd or {}
    names = {
        words(
            "post.account",
            name=account.destination,
            price=words.price(usd.get(str(account), Decimal(0))),
        ): str(account)
        for account in scene.may_post_x[:10]
    }
    element = select(list(names), value=next(iter(names.values())), named=names)
    caption = text_input(caption_of(run), multiline=True)
    limit = words("edit.limit", most=LONGEST["x"])
    fields = [
        b.context(words("remix.of", subject=scene.subject(run))),
        b.field(words("post.to"), element, key="target"),
        b.field(words("make.caption"), caption, key="caption", hint=limit),
        b.context(words("post.warning")),
    ]
    return modal("post", words, fields, origin)
