"""Intake: what a schedule fires or a person asks for, made into a RunRequest.

Every trigger comes through here (`scheduler` by way of `app`, the CLI, later Slack), so that a
schedule and a person are held to the same rules. Its one invariant: what it lets through can be
done as far as anybody can know beforehand; what it refuses has changed nothing.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches

from bot.domain.account import Account
from bot.domain.budget import Quote
from bot.domain.post import Target, Words
from bot.domain.prompt import Prompt
from bot.domain.run import Price, Run, RunRequest
from bot.domain.schedule import Plan, Schedule, VideoDefaults, resolve_video
from bot.domain.video import (
    LONGEST_ID,
    Asset,
    Derivation,
    Origin,
    VideoJob,
    VideoRequest,
    VideoSpec,
    VideoStatus,
)
from bot.domain.wording import word_for_x
from bot.errors import PostRejected, RequestError
from bot.ports import PromptLibrary, VideoProvider

#: What a post to a target costs, by caption and alt text; as `Publisher.estimate`.
Estimate = Callable[[Target, str | None, str | None], Quote]

#: Characters of an id that people get to see.
_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks for, in their words; None where they leave it to `schedules.yaml`."""

    by: str
    prompt: str | None = None
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    provider: str | None = None
    video: VideoDefaults = field(default_factory=VideoDefaults)
    #: The first frame, already in the media library.
    image: Asset | None = None
    #: The provider's ids of the characters that appear.
    characters: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    caption: str | None = None
    lang: str | None = None
    #: Where it is asked for in the control room, if it is.
    asked_in: str | None = None


class Intake:
    """Makes RunRequests, or says in one sentence why not."""

    def __init__(
        self,
        plan: Callable[[], Plan],
        prompts: PromptLibrary,
        providers: Mapping[str, VideoProvider],
        refuse: Callable[[RunRequest], None] = lambda _request: None,
        estimate: Estimate = lambda _target, _caption, _alt_text: Quote(),
    ) -> None:
        """Make requests by what *plan* says.

        *refuse* raises for what else forbids one; *estimate* tells what a post costs.
        """
        self._plan = plan
        self._prompts = prompts
        self._providers = providers
        self._refuse = refuse
        self._estimate = estimate

    def fired(self, schedule: Schedule, due: datetime) -> RunRequest:
        """Return the request of a schedule's moment; one moment, one key."""
        request = self._scheduled(schedule, f"schedule:{schedule.id}", schedule.key(due))
        return replace(request, due=due)

    def fired_by_hand(self, schedule_id: str, by: str) -> RunRequest:
        """Return the request of a fire that a person asks for; each one is its own."""
        plan = self._plan()
        schedule = plan.schedule(schedule_id)
        if schedule is None:
            raise _unknown("schedule", schedule_id, [s.id for s in plan.schedules])
        key = f"{schedule.id}!{secrets.token_hex(8)}"
        return self._scheduled(schedule, f"{by} fired {schedule.id}", key)

    def wished(self, wish: Wish) -> RunRequest:
        """Return the request of a person's wish."""
        ad_hoc = self._plan().ad_hoc
        if (wish.prompt is None) == (wish.template is None):
            raise RequestError(
                "Ask either with a prompt or with a template.",
                hint='Such as "A cat in the rain", or the name of a file in prompts/.',
            )
        if wish.variables and wish.template is None:
            raise RequestError(
                "Variables belong to a template, and none was named.",
                hint="Name the template, or write what you mean into the prompt.",
            )
        template = self._prompts.get(wish.template) if wish.template else None
        video = resolve_video(wish.video, template, ad_hoc.video)
        spec = self._spec(wish.provider or ad_hoc.provider, video)
        _check_characters(wish.characters)
        request = RunRequest(
            key=f"{wish.by}!{secrets.token_hex(8)}",
            source=wish.by,
            template=wish.template,
            variables=wish.variables,
            prompt=wish.prompt,
            caption=wish.caption,
            lang=wish.lang,
            asked_in=wish.asked_in,
            provider=wish.provider or ad_hoc.provider,
            video=replace(spec, reference=wish.image, characters=wish.characters),
            targets=_targets(wish.targets) or ad_hoc.targets,
            approval=ad_hoc.approval,
        )
        self._check(request)
        return request

    def derived(
        self, source: Run, how: Derivation, wish: Wish, *, now: datetime, added: int = 0
    ) -> RunRequest:
        """Return the request of a video that grows out of that of *source*.

        Provider, model, size and length are its own; *added* are the seconds of an extension.
        """
        job = _made(source, now)
        spec, ad_hoc = source.request.video, self._plan().ad_hoc
        origin = Origin(how=how, video_id=job.id, run_id=source.id, seconds=job.seconds)
        request = RunRequest(
            key=f"{wish.by}!{secrets.token_hex(8)}",
            source=wish.by,
            prompt=wish.prompt,
            caption=wish.caption,
            asked_in=wish.asked_in,
            provider=source.request.provider,
            video=VideoSpec(
                model=spec.model or job.model,
                seconds=job.seconds + added,
                size=job.size,
                origin=origin,
            ),
            targets=_targets(wish.targets) or ad_hoc.targets,
            approval=ad_hoc.approval,
        )
        self._check(request)
        return request

    def price(self, request: RunRequest) -> Price:
        """Return what the video and its posts cost; `RequestError` for one that cannot be made.

        What a template makes of its words by chance may come out otherwise when it is made.
        """
        prompt = self._render(request)
        quotes = {
            str(target): self._estimate(
                target, request.captions.get(str(target)) or prompt.caption, prompt.alt_text
            )
            for target in request.targets
        }
        return Price.of(self._video_price(request, prompt), quotes)

    def _video_price(self, request: RunRequest, prompt: Prompt) -> Decimal:
        spec, provider = request.video, self._provider(request.provider)
        return provider.estimate(
            VideoRequest(
                prompt=prompt.text,
                model=spec.model or "",
                seconds=spec.seconds,
                size=spec.size,
                reference=spec.reference.path if spec.reference else None,
                characters=spec.characters,
                origin=spec.origin,
            )
        )

    def _scheduled(self, schedule: Schedule, source: str, key: str) -> RunRequest:
        template = self._prompts.get(schedule.template)
        request = RunRequest(
            key=key,
            source=source,
            template=schedule.template,
            variables=schedule.variables,
            lang=schedule.lang,
            provider=schedule.provider,
            video=self._spec(
                schedule.provider, resolve_video(schedule.video, template, VideoDefaults())
            ),
            targets=schedule.targets,
            approval=schedule.approval,
        )
        self._check(request)
        return request

    def _spec(self, provider: str, video: VideoDefaults) -> VideoSpec:
        """Return the shape, gaps filled from the file's defaults and then from the model."""
        models = self._provider(provider).capabilities.models
        video = resolve_video(video, None, self._plan().defaults)
        if video.model is not None and video.model not in models:
            raise _unknown("model", video.model, models)
        if not models:
            raise RequestError(
                f"Provider {provider!r} has no models.",
                hint="List them under providers in schedules.yaml.",
            )
        return video.spec(models)

    def _check(self, request: RunRequest) -> None:
        """Try everything that can be tried without spending or writing."""
        prompt = self._render(request)
        silent = [str(t) for t in request.targets if t.needs_words and not prompt.caption]
        if silent and not request.asked_in:  # where there is a card, it asks for the words
            raise RequestError(
                f"A post to {', '.join(silent)} needs a caption.",
                hint="Give one with --caption or in the template; a prompt is never used as one.",
            )
        self._check_words(request, prompt)
        self.price(request)
        self._refuse(request)

    def _check_words(self, request: RunRequest, prompt: Prompt) -> None:
        words = Words(
            caption=prompt.caption, generated=request.caption is None, may_cut=prompt.may_cut
        )
        for target in request.targets if prompt.caption else ():
            if target.network == "x":
                account = self._plan().account(target) or Account(handle=target.destination)
                try:
                    word_for_x(words, account)
                except PostRejected as error:
                    raise RequestError(str(error), hint=error.hint) from error

    def _render(self, request: RunRequest) -> Prompt:
        if request.template:
            prompt = self._prompts.render(request.template, request.variables, request.lang)
        else:
            text = (request.prompt or "").strip()
            if not text:
                raise RequestError("The prompt is empty.", hint="Say what the video should show.")
            prompt = Prompt(text=text, caption=None, alt_text=None)
        return replace(prompt, caption=request.caption or prompt.caption)

    def _provider(self, name: str) -> VideoProvider:
        if name not in self._providers:
            raise _unknown("provider", name, self._providers)
        return self._providers[name]


def _made(source: Run, now: datetime) -> VideoJob:
    """Return the job whose video the provider still has; `RequestError` where it has none."""
    job = source.job
    if source.removed and source.removed.at_provider:
        raise RequestError(
            f"The video of {source.id} was deleted by {source.removed.by}.",
            hint="A video grows only out of one that its provider still has.",
        )
    if job is None or source.video_status is not VideoStatus.COMPLETED:
        status = (source.video_status or VideoStatus.UNKNOWN).value.replace("_", " ")
        raise RequestError(
            f"The video of {source.id} was not finished: {status}.",
            hint="A video grows only out of a finished one.",
        )
    if job.expires_at and job.expires_at <= now:
        raise RequestError(
            f"{job.provider} has deleted the video of {source.id}:"
            f" it expired at {job.expires_at:%Y-%m-%d %H:%M} UTC.",
            hint="Make it again, then go on from the new one.",
        )
    return job


def _check_characters(ids: Iterable[str]) -> None:
    """Refuse what no provider ever gave out as an id."""
    for each in ids:
        if not (each.strip() and len(each) <= LONGEST_ID and each.isprintable()):
            raise RequestError(
                f"{each[:_SHOWN]!r} is not the id of a character.",
                hint="`reelbot videos character` prints one.",
            )


def _targets(texts: Iterable[str]) -> tuple[Target, ...]:
    try:
        targets = [Target.parse(text) for text in texts]
    except ValueError as e:
        raise RequestError(f"{e}.", hint="Name it as in schedules.yaml.") from e
    return tuple(dict.fromkeys(targets))


def _unknown(what: str, name: str, known: Iterable[str]) -> RequestError:
    known = list(known)
    near = get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known) or 'none'}."
    return RequestError(f"There is no {what} {name!r}.", hint=hint)
