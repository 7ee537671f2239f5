"""What the file alone cannot know: does it fit the templates and the providers' models?"""

from collections.abc import Iterator, Mapping

from bot.document import suggest
from bot.domain.post import Target
from bot.domain.prompt import PromptTemplate
from bot.domain.schedule import Plan, Schedule, VideoDefaults, resolve_video
from bot.domain.video import Capabilities, Model
from bot.errors import ConfigError, TemplateError
from bot.ports import PromptLibrary


def check_plan(
    plan: Plan, prompts: PromptLibrary, capabilities: Mapping[str, Capabilities]
) -> list[ConfigError]:
    """Return everything that would make a schedule or a request by people fail.

    Templates are rendered, nothing is sent. A provider that *capabilities* lacks is not looked
    at, so that a part of a plan can be checked.
    """
    errors = []
    for schedule in plan.schedules:
        errors += _check_schedule(schedule, plan, prompts, capabilities)
    return errors + _check_ad_hoc(plan, capabilities)


def _check_schedule(
    schedule: Schedule,
    plan: Plan,
    prompts: PromptLibrary,
    capabilities: Mapping[str, Capabilities],
) -> list[ConfigError]:
    where = f"schedule {schedule.id!r}"
    try:
        template = prompts.get(schedule.template)
        prompt = prompts.render(schedule.template, schedule.variables, schedule.lang)
    except TemplateError as error:
        return [ConfigError(f"{where}: {error}", hint=error.hint)]
    errors = list(_check_caption(where, template, prompt.caption, schedule.targets))
    video = resolve_video(schedule.video, template, plan.defaults)
    return errors + list(_check_video(where, video, schedule.provider, capabilities))


def _check_ad_hoc(plan: Plan, capabilities: Mapping[str, Capabilities]) -> list[ConfigError]:
    video = resolve_video(plan.ad_hoc.video, None, plan.defaults)
    return list(_check_video("ad_hoc", video, plan.ad_hoc.provider, capabilities))


def _check_caption(
    where: str, template: PromptTemplate, caption: str | None, targets: tuple[Target, ...]
) -> Iterator[ConfigError]:
    networks = {target.network for target in targets}
    if "x" in networks and not caption:
        what = f"{where}: it goes to X, but template {template.name!r} has no caption"
        yield ConfigError(what, hint=f"Give prompts/{template.name}.j2 a caption.")


def _check_video(
    where: str, video: VideoDefaults, provider: str, capabilities: Mapping[str, Capabilities]
) -> Iterator[ConfigError]:
    if provider not in capabilities:
        return
    models = capabilities[provider].models
    if video.model is not None and video.model not in models:
        what = f"{where}: provider {provider!r} has no model {video.model!r}"
        yield ConfigError(what, hint=suggest(video.model, models))
    elif models:
        yield from _check_model(where, video, models)


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
