"""What dialogs are built of, and how their fields are read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.domain.post import Target
from bot.domain.run import Run
from bot.slack import blocks as b
from bot.slack.blocks import Block
from bot.slack.scene import Scene
from bot.slack.words import Words

View = dict[str, Any]

#: What a plain_text_input takes at most.
LONGEST_INPUT = 3000
#: What the value of an option takes at most.
_LONGEST_VALUE = 150
_MOST_RADIO_BUTTONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a dialog came from; travels in it as a little JSON."""

    run_id: str | None = None
    generation: int = 0
    #: The channel and, in a thread, its first message.
    channel: str | None = None
    thread: str | None = None
    #: Where it was wished to go, as texts of targets; empty for where all goes.
    targets: tuple[str, ...] = ()

    def packed(self) -> str:
        """Return it as `private_metadata`."""
        values = (self.run_id, self.generation, self.channel, self.thread, self.targets)
        return json.dumps(values, separators=(",", ":"))

    @classmethod
    def unpack(cls, text: str) -> "Origin":
        """Return what *text* says; `ValueError` if it was not packed here."""
        run_id, generation, channel, thread, targets = json.loads(text)
        return cls(
            run_id=run_id,
            generation=generation,
            channel=channel,
            thread=thread,
            targets=tuple(targets),
        )


def modal(name: str, words: Words, fields: Sequence[Block], origin: Origin) -> View:
    """Return the dialog *name*, which is its `callback_id`."""
    return {
        "type": "modal",
        "callback_id": name,
        "private_metadata": origin.packed(),
        "title": b.plain(words(f"{name}.title"), b.TITLE),
        "submit": b.plain(words(f"{name}.submit"), b.TITLE),
        "close": b.plain(words("modal.close"), b.TITLE),
        "blocks": list(fields),
    }


def text_input(
    value: str | None, *, multiline: bool = False, placeholder: str | None = None
) -> Block:
    """Return a field to type in, *value* already in it."""
    element: Block = {"type": "plain_text_input", "multiline": multiline}
    element["max_length"] = LONGEST_INPUT
    if value:
        element["initial_value"] = b.cut(value, LONGEST_INPUT)
    return element | ({"placeholder": b.plain(placeholder, 150)} if placeholder else {})


def select(
    texts: Sequence[str],
    value: str | None,
    *,
    named: Mapping[str, str] | None = None,
    kind: str = "static_select",
) -> Block:
    """Return a choice of *texts*; where a value is called otherwise, *named* says how."""
    most = _MOST_RADIO_BUTTONS if kind == "radio_buttons" else b.OPTIONS
    values = [(text, named[text] if named else text) for text in texts if text][:most]
    options = {v: b.option(text, v) for text, v in values if len(v) <= _LONGEST_VALUE}
    element: Block = {"type": kind, "options": list(options.values())}
    return element | ({"initial_option": options[value]} if value in options else {})


def live(block: Block) -> Block:
    """Have Slack tell of a choice at once, so that what hangs on it can follow."""
    return block | {"dispatch_action": True}


def names(targets: Sequence[Target], words: Words) -> str:
    """Return where posts go, in a row."""
    return words.listed([target_name(target, words) for target in targets])


def caption_of(run: Run) -> str | None:
    """Return the text that the run's posts have, or would have."""
    if run.posts:
        return run.posts[0].caption
    return run.prompt.caption if run.prompt else None


def price_fields(usd: Decimal | None, scene: Scene) -> list[Block]:
    """Return the price, and beyond the limit the tick without which nothing is asked for."""
    words = scene.words
    if usd is None:
        return [b.context(words("make.price.unknown"))]
    price = words.price(usd)
    if usd <= scene.confirm_over_usd:
        return [b.context(words("make.price", price=price))]
    yes = b.option(words("make.price.yes", price=price), "yes")
    element = {"type": "checkboxes", "options": [yes]}
    limit = words.usd(scene.confirm_over_usd)
    return [b.field(words("make.price.over", limit=limit), element, key="dear")]


def read_answers(values: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the plain answers of a `post` or `resolve` dialog by their keys."""
    return {key: value for key, value in inputs(values).items() if isinstance(value, str) and value}


def inputs(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return every field's value by its key: a text, or a list where several can be chosen."""
    return {
        key: _value(state)
        for states in values.values()
        for key, state in states.items()
        if isinstance(state, Mapping)
    }


def _value(state: Mapping[str, Any]) -> Any:
    if state.get("selected_option"):
        return state["selected_option"]["value"]
    if "selected_options" in state:
        return [option["value"] for option in state["selected_options"] or ()]
    if "files" in state:
        return [file["id"] for file in state["files"] or ()]
    value = state.get("value")
    return b.clean(value) if isinstance(value, str) else value


def target_name(target: Target, words: Words) -> str:
    """Return where a post goes, for texts that read no tokens."""
    if target.network == "x":
        return words("place.x", name=target.destination)
    return target.destination
