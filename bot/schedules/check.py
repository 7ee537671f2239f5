"""What the file alone cannot know: does it fit the templates and the providers' models?"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.document import suggest
from bot.domain.account import Account
from bot.domain.post import Limits, Target, Words
from bot.domain.prompt import PromptTemplate
from bot.domain.schedule import AdHoc, Plan, Schedule, VideoDefaults, resolve_video
from bot.domain.video import Capabilities, Model, VideoSpec, parse_size
from bot.errors import ConfigError, TemplateError
from bot.ports import PromptLibrary
from bot.schedules.rehearsal import Pick, Rehearsal, named, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What providers make and targets take."""

    capabilities: Mapping[str, Capabilities]
    limits: Callable[[Target], Limits]


def check_plan(
    plan: Plan,
    prompts: PromptLibrary,
    capabilities: Mapping[str, Capabilities],
    limits: Callable[[Target], Limits],
) -> list[ConfigError]:
    """Return everything that would make a schedule or a request by people fail.

    Templates are rendered, nothing is sent. A provider that *capabilities* lacks is not looked
    at, so that a part of a plan can be checked. *limits* tells what a target takes.
    """
    errors, known = [], _Known(capabilities=capabilities, limits=limits)
    rehearsal = Rehearsal(prompts)
    for schedule in plan.schedules:
        errors += _check_schedule(schedule, plan, prompts, rehearsal, known)
    return errors + _check_ad_hoc(plan, known)


def _check_schedule(
    schedule: Schedule,
    plan: Plan,
    prompts: PromptLibrary,
    rehearsal: Rehearsal,
    known: _Known,
) -> list[ConfigError]:
    where = f"schedule {schedule.id!r}"
    try:
        template = prompts.get(schedule.template)
        made = rehearsal.words(schedule, template)
    except TemplateError as error:
        return [ConfigError(f"{where}: {error}", hint=error.hint)]
    errors = list(_check_captions(where, template, made, schedule, plan))
    video = resolve_video(schedule.video, template, plan.defaults)
    return errors + list(_check_video(where, video, schedule, known))


def _check_ad_hoc(plan: Plan, known: _Known) -> list[ConfigError]:
    video = resolve_video(plan.ad_hoc.video, None, plan.defaults)
    return list(_check_video("ad_hoc", video, plan.ad_hoc, known))


def _check_captions(
    where: str,
    template: PromptTemplate,
    made: Sequence[tuple[Words, Pick]],
    schedule: Schedule,
    plan: Plan,
) -> Iterator[ConfigError]:
    """Yield the first thing that each account on X would not take."""
    for target in (target for target in schedule.targets if target.network == "x"):
        if not all(words.caption for words, _ in made):
            what = f"{where}: it goes to X, but template {template.name!r} has no caption"
            yield ConfigError(what, hint=f"Give prompts/{template.name}.j2 a caption.")
            return
        account = plan.account(target) or Account(handle=target.destination)
        refused = ((refusal(words, account), pick) for words, pick in made)
        error, pick = next((each for each in refused if each[0]), (None, {}))
        if error:
            yield ConfigError(f"{where}{named(pick)}: {error}", hint=error.hint)


def _check_video(
    where: str, video: VideoDefaults, entry: Schedule | AdHoc, known: _Known
) -> Iterator[ConfigError]:
    provider = entry.provider
    if provider not in known.capabilities:
        return
    models = known.capabilities[provider].models
    if video.model is not None and video.model not in models:
        what = f"{where}: provider {provider!r} has no model {video.model!r}"
        yield ConfigError(what, hint=suggest(video.model, models))
    elif models:
        yield from _check_model(where, video, models)
        yield from _check_fit(where, video.spec(models), entry.targets, known)


def _check_fit(
    where: str, spec: VideoSpec, targets: Iterable[Target], known: _Known
) -> Iterator[ConfigError]:
    for target in targets:
        if why := known.limits(target).misfit(*parse_size(spec.size), spec.seconds):
            hint = "Choose another length or size, or leave the target out."
            yield ConfigError(f"{where}: {target} {why}", hint=hint)


def _check_model(
    where: str, video: VideoDefaults, models: Mapping[str, Model]
) -> Iterator[ConfigError]:
    spec = video.spec(models)
    model = models[spec.model or ""]
    if spec.size not in model.sizes:
        hint = f"It makes {', '.join(model.sizes)}."
        yield ConfigError(f"{where}: model {model.name!r} does not make {spec.size}", hint=hint)
    if spec.seconds not in model.seconds:
        hint = f"It makes {', '.join(map(str, model.seconds))} seconds."
        what = f"{where}: model {model.name!r} does not make {spec.seconds} seconds"
        yield ConfigError(what, hint=hint)
    if model.usd_per_second is None:
        hint = "Write its usd_per_second under providers; 0 says that it is free."
        yield ConfigError(f"{where}: the price of model {model.name!r} is unknown", hint=hint)
