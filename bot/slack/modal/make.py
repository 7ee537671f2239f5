"""The dialog that asks for a video."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.domain.post import Target
from bot.domain.prompt import PromptTemplate, Variable
from bot.domain.video import Derivation, Model, shape_of
from bot.slack import blocks as b
from bot.slack.blocks import Block
from bot.slack.modal.form import (
    Origin,
    View,
    inputs,
    live,
    modal,
    price_fields,
    select,
    target_name,
    text_input,
)
from bot.slack.scene import Scene
from bot.slack.words import Words

_OWN_WORDS = "-"
_IMAGES = ["png", "jpg", "jpeg", "webp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be asked for."""

    templates: Sequence[PromptTemplate] = ()
    #: By provider, the default one first.
    models: Mapping[str, Sequence[Model]]
    #: Everywhere a video may go, the default ones first.
    targets: Sequence[Target] = ()
    #: What one post costs, by target as text; nothing is listed that is free.
    post_usd: Mapping[str, Decimal] = field(default_factory=dict)
    #: Providers that take a first frame.
    with_image: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What somebody has chosen so far; None where they leave it to the defaults."""

    prompt: str | None = None
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    provider: str | None = None
    model: str | None = None
    size: str | None = None
    seconds: int | None = None
    targets: tuple[str, ...] = ()
    caption: str | None = None
    #: The Slack file id of the first frame.
    image: str | None = None
    how: Derivation | None = None


def make_modal(offer: Offer, choice: Choice, scene: Scene, origin: Origin) -> View:
    """Return the dialog that asks for a video, with *choice* filled in and its price."""
    words, model = scene.words, chosen_model(offer, choice)
    template = _chosen_template(offer, choice)
    fields: list[Block] = []
    if offer.templates:
        fields.append(_template_field(offer, template, words))
    fields += _template_fields(template, choice, words) if template else [_prompt(choice, words)]
    fields += _shape_fields(offer, choice, model, words)
    if (choice.provider or next(iter(offer.models))) in offer.with_image:
        image = {"type": "file_input", "filetypes": _IMAGES, "max_files": 1}
        hint = words("make.image.hint")
        fields.append(b.field(words("make.image"), image, key="image", optional=True, hint=hint))
    fields += _posting_fields(offer, choice, words)
    usd = price_of(offer, choice)
    fields += price_fields(usd, scene)
    return modal("make", words, fields, origin)


def chosen_model(offer: Offer, choice: Choice) -> Model:
    """Return the chosen model, else the first one offered."""
    models = offer.models.get(choice.provider or "") or next(iter(offer.models.values()))
    return next((m for m in models if m.name == choice.model), models[0])


def price_of(offer: Offer, choice: Choice) -> Decimal | None:
    """Return what the choice is expected to cost, USD; None where the model's price is unknown."""
    model = chosen_model(offer, choice)
    if model.usd_per_second is None:
        return None
    posts = choice.targets or tuple(map(str, offer.targets[:1]))
    video = model.usd_per_second * _seconds(choice, model)
    return sum((offer.post_usd.get(target, Decimal(0)) for target in posts), start=video)


def _seconds(choice: Choice, model: Model) -> int:
    """Return the length; that of a model that was chosen before may not be one of this model's."""
    return choice.seconds if choice.seconds in model.seconds else model.seconds[0]


def _chosen_template(offer: Offer, choice: Choice) -> PromptTemplate | None:
    return next((t for t in offer.templates if t.name == choice.template), None)


def _template_field(offer: Offer, chosen: PromptTemplate | None, words: Words) -> Block:
    own = b.option(words("make.own_words"), _OWN_WORDS)
    by_name = {
        t.name: b.option(f"{t.name.replace('_', ' ')} – {t.description}", t.name)
        for t in offer.templates[: b.OPTIONS - 1]
    }
    element = {
        "type": "static_select",
        "options": [own, *by_name.values()],
        "initial_option": by_name.get(chosen.name, own) if chosen else own,
    }
    return live(b.field(words("make.template"), element, key="template"))


def _prompt(choice: Choice, words: Words) -> Block:
    element = text_input(choice.prompt, multiline=True, placeholder=words("make.prompt.example"))
    return b.field(words("make.prompt"), element, key="prompt")


def _template_fields(template: PromptTemplate, choice: Choice, words: Words) -> list[Block]:
    return [
        _variable_field(template, variable, choice.variables.get(variable.name), words)
        for variable in template.variables[:20]
    ]


def _variable_field(
    template: PromptTemplate, variable: Variable, value: str | None, words: Words
) -> Block:
    value = value if value is not None else variable.default
    must = variable.default is None and not variable.choices
    if variable.choices:
        element = select(variable.choices, value)
        hint = words("make.variable.random") if variable.default is None else None
    else:
        element, hint = text_input(value), None
    key = f"var:{template.name}:{variable.name}"[:255]
    label = variable.name.replace("_", " ")
    return b.field(label, element, key=key, optional=not must, hint=hint)


def _shape_fields(offer: Offer, choice: Choice, model: Model, words: Words) -> list[Block]:
    provider = choice.provider or next(iter(offer.models))
    models = {
        f"{m.name} ({p})": f"{p}/{m.name}" for p, models in offer.models.items() for m in models
    }
    fields = []
    if len(models) > 1:
        chosen = select(list(models), f"{provider}/{model.name}", named=models)
        fields.append(live(b.field(words("make.model"), chosen, key="model")))
    seconds = {words("make.seconds.n", n=n): str(n) for n in model.seconds}
    length = select(list(seconds), value=str(_seconds(choice, model)), named=seconds)
    sizes = {words(f"make.size.{shape_of(s)}", size=s): s for s in model.sizes}
    size = select(
        list(sizes),
        value=choice.size if choice.size in model.sizes else model.sizes[0],
        named=sizes,
    )
    return [
        *fields,
        live(b.field(words("make.seconds"), length, key=f"seconds:{model.name}")),
        b.field(words("make.size"), size, key=f"size:{model.name}"),
    ]


def _posting_fields(offer: Offer, choice: Choice, words: Words) -> list[Block]:
    caption = b.field(
        words("make.caption"),
        text_input(choice.caption, multiline=True),
        key="caption",
        optional=True,
        hint=words("make.caption.hint"),
    )
    if not offer.targets:
        return [caption]
    options = {str(t): b.option(target_name(t, words), str(t)) for t in offer.targets[: b.OPTIONS]}
    wanted = choice.targets or (str(offer.targets[0]),)
    chosen = [options[t] for t in wanted if t in options]
    element: Block = {"type": "multi_static_select", "options": list(options.values())}
    element |= {"initial_options": chosen} if chosen else {}
    return [live(b.field(words("make.targets"), element, key="targets")), caption]


def read_choice(values: Mapping[str, Any]) -> Choice:
    """Return what stands in a `make` or `remix` dialog; *values* is `view.state.values`."""
    given = inputs(values)
    template = given.get("template")
    provider, _, model = (given.get("model") or "").partition("/")
    images = given.get("image") or []
    return Choice(
        prompt=given.get("prompt") or None,
        template=None if template == _OWN_WORDS else template,
        variables={
            key.split(":", 2)[2]: value
            for key, value in given.items()
            if key.startswith(f"var:{template}:") and value
        },
        provider=provider or None,
        model=model or None,
        size=_of_model(given, "size"),
        seconds=int(_of_model(given, "seconds") or 0) or None,
        targets=tuple(given.get("targets") or ()),
        caption=given.get("caption") or None,
        image=images[0] if images else None,
        how=Derivation(given["how"]) if given.get("how") else None,
    )


def _of_model(given: Mapping[str, Any], name: str) -> str | None:
    """Return a field that each model has for itself, so that another model begins anew."""
    return next((value for key, value in given.items() if key.startswith(f"{name}:")), None)
