"""The dialog for other words of a run's posts."""

from collections.abc import Mapping
from typing import Any

from bot.domain.caption import LONGEST, caption_length
from bot.domain.run import Run
from bot.slack import blocks as b
from bot.slack.approval import texts_of
from bot.slack.blocks import Block
from bot.slack.modal.form import (
    LONGEST_INPUT,
    Origin,
    View,
    inputs,
    modal,
    names,
    target_name,
    text_input,
)
from bot.slack.scene import Scene
from bot.slack.words import Words


def edit_modal(run: Run, scene: Scene, origin: Origin) -> View:
    """Return the dialog for other words of the run's posts: one field per different text."""
    words = scene.words
    fields: list[Block] = [b.context(words("edit.warning"))]
    for i, (text, posts) in enumerate(texts_of(run)):
        targets = [post.target for post in posts]
        counted = any(target.network == "x" for target in targets)
        fields.append(
            b.field(
                words("edit.caption", places=names(targets, words)),
                text_input(text, multiline=True),
                key=f"caption:{i}",
                hint=words("edit.limit", most=LONGEST["x"]) if counted else None,
                optional=not counted,
            )
        )
        dear = [scene.dear(run, target, target_name(target, words)) for target in targets]
        fields += [b.context(why) for why in dear if why]
    return modal("edit", words, fields[: b.MOST_IN_VIEW], origin)


def read_edit(run: Run, values: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the new text per target as text, only where it differs.

    *run* must be of the generation for which the dialog was made.
    """
    given = inputs(values)
    return {
        str(post.target): new
        for i, (text, posts) in enumerate(texts_of(run))
        if (new := given.get(f"caption:{i}") or "") != b.cut(text, LONGEST_INPUT)
        for post in posts
    }


def caption_fault(network: str, caption: str, words: Words) -> str | None:
    """Return why *caption* cannot go out on *network*; None if it can."""
    n, most = caption_length(network, caption), LONGEST[network]
    if network == "x" and not caption.strip():
        return words("edit.empty")
    return words("edit.too_long", n=n, most=most) if n > most else None
