"""From the file to a Plan: names resolved, defaults filled in, contradictions refused."""

from collections.abc import Iterator
from pathlib import Path

from bot.document import Document, Fault, Location, read_text, suggest
from bot.domain.account import Account
from bot.domain.post import Target
from bot.domain.schedule import AdHoc, Plan, ProviderEntry, ProviderType, Schedule
from bot.schedules.shape import AdHocShape, PlanShape, ProviderShape, ScheduleShape

#: A thousand schedules have some 150 KB.
MAX_BYTES = 1024 * 1024
#: What a provider may do without.
_OPTIONAL = ("api_key_env", "webhook_secret_env", "can")


def load_plan(path: Path) -> Plan:
    """Return what the file says.

    Raises `ConfigError` naming file, line, key and what is wrong, one line for each thing. What
    depends on templates and providers is the business of `check_plan`.
    """
    text = read_text(path, name=path.name, max_bytes=MAX_BYTES)
    document = Document(text, name=path.name)
    shape = document.parse(PlanShape)
    if faults := list(_faults(shape)):
        raise document.refuse(faults)
    return _plan(shape)


# --- what one value cannot know of another -------------------------------------------------------


def _faults(shape: PlanShape) -> Iterator[Fault]:
    yield from _repeated_ids(shape)
    for name, provider in shape.providers.items():
        yield from _provider_faults(provider, ("providers", name))
    for name, account in shape.accounts.items():
        yield from account.faults(("accounts", name))
    yield from _repeated_accounts(shape)
    yield from _unnamed_accounts(shape)
    yield from _unknown_providers(shape)
    yield from _repeated_targets(shape)
    if shape.defaults.publish is None:
        yield from _nowhere(shape)


def _repeated_ids(shape: PlanShape) -> Iterator[Fault]:
    seen = set[str]()
    for i, schedule in enumerate(shape.schedules):
        if schedule.id in seen:
            what, hint = "another schedule has this id", "Ids are never reused; choose another."
            yield Fault(location=("schedules", i, "id"), what=what, hint=hint)
        seen.add(schedule.id)


def _provider_faults(provider: ProviderShape, at: Location) -> Iterator[Fault]:
    for key in ("base_url", "models", *_OPTIONAL):
        value = getattr(provider, key)
        if provider.type is ProviderType.STUDIO and value is not None:
            hint = "The studio needs none; leave it out, or write type: videos-api."
            yield Fault(location=(*at, key), what="does not go with type: studio", hint=hint)
        if provider.type is ProviderType.VIDEOS_API and key not in _OPTIONAL and not value:
            what = "a videos-api provider must have it"
            yield Fault(location=(*at, key), what=what, hint="See docs/schedules.md, providers.")


def _repeated_accounts(shape: PlanShape) -> Iterator[Fault]:
    seen = set[str]()
    for name in shape.accounts:
        if name.casefold() in seen:
            what, hint = "the same account is there twice", "X takes @Cats and @cats for one."
            yield Fault(location=("accounts", name), what=what, hint=hint)
        seen.add(name.casefold())


def _unnamed_accounts(shape: PlanShape) -> Iterator[Fault]:
    """Where a file names its accounts it names all of them: another one is a slip."""
    known = {name.casefold() for name in shape.accounts}
    for at, targets in _target_lists(shape) if known else ():
        for i, text in enumerate(targets):
            target = Target.parse(text)
            if target.network == "x" and target.destination.casefold() not in known:
                what = f"there is no account {target.destination!r} under accounts"
                hint = suggest(target.destination, shape.accounts)
                yield Fault(location=(*at, i), what=what, hint=hint)


def _target_lists(shape: PlanShape) -> Iterator[tuple[Location, tuple[str, ...]]]:
    yield ("defaults", "publish"), shape.defaults.publish or ()
    for at, entry in _entries(shape):
        yield (*at, "publish"), entry.publish or ()


def _entries(
    shape: PlanShape,
) -> Iterator[tuple[Location, AdHocShape | ScheduleShape]]:
    yield ("ad_hoc",), shape.ad_hoc
    for i, schedule in enumerate(shape.schedules):
        yield ("schedules", i), schedule


def _unknown_providers(shape: PlanShape) -> Iterator[Fault]:
    named: list[tuple[Location, str | None]]
    named = [(("defaults", "provider"), shape.defaults.provider)]
    named += [((*at, "provider"), entry.provider) for at, entry in _entries(shape)]
    for location, name in named:
        if name is not None and name not in shape.providers:
            what = f"there is no provider {name!r}"
            yield Fault(location=location, what=what, hint=suggest(name, shape.providers))


def _repeated_targets(shape: PlanShape) -> Iterator[Fault]:
    for location, targets in _target_lists(shape):
        folded = [target.casefold() for target in targets]
        if len(folded) != len(set(folded)):
            what, hint = "the same target is there twice", "Nothing is posted twice; keep one."
            yield Fault(location=location, what=what, hint=hint)


def _nowhere(shape: PlanShape) -> Iterator[Fault]:
    """Refuse to guess where a video goes, since `[]` can say that it is only kept."""
    for at, entry in _entries(shape):
        if isinstance(entry, ScheduleShape) and entry.publish is None:
            hint = "Name targets here or under defaults; publish: [] only keeps the video."
            yield Fault(location=(*at, "publish"), what="is missing", hint=hint)


# --- from shapes to nouns ------------------------------------------------------------------------


def _plan(shape: PlanShape) -> Plan:
    return Plan(
        timezone=shape.timezone,
        budget=shape.budget.budget(shape.timezone),
        providers={name: _provider(name, entry) for name, entry in shape.providers.items()},
        accounts=_accounts(shape),
        ad_hoc=_ad_hoc(shape),
        schedules=tuple(_schedule(entry, shape) for entry in shape.schedules),
        defaults=shape.defaults.video.video(),
        preview=shape.publish is not None,
        room=shape.slack.room(shape.timezone),
    )


def _provider(name: str, entry: ProviderShape) -> ProviderEntry:
    return ProviderEntry(
        name=name,
        type=entry.type,
        base_url=entry.base_url,
        api_key_env=entry.api_key_env,
        webhook_secret_env=entry.webhook_secret_env,
        can=frozenset(entry.can or ()),
        timeout=entry.timeout,
        trust_listing=entry.trust_listing,
        models={name: model.model(name) for name, model in (entry.models or {}).items()},
    )


def _accounts(shape: PlanShape) -> dict[str, Account]:
    """Return the accounts that the file names, or else those of its targets."""
    if shape.accounts:
        return {name: entry.account(name) for name, entry in shape.accounts.items()}
    found: dict[str, Account] = {}
    targets = [Target.parse(text) for _, texts in _target_lists(shape) for text in texts]
    for handle in (target.destination for target in targets if target.network == "x"):
        found.setdefault(handle.casefold(), Account(handle=handle))
    return {account.handle: account for account in found.values()}


def _ad_hoc(shape: PlanShape) -> AdHoc:
    return AdHoc(
        provider=_provider_name(shape.ad_hoc, shape),
        video=shape.ad_hoc.video.video(),
        targets=_targets(shape.ad_hoc, shape),
        approval=shape.ad_hoc.approval.policy(),
    )


def _schedule(entry: ScheduleShape, shape: PlanShape) -> Schedule:
    return Schedule(
        id=entry.id,
        cron=entry.cron,
        timezone=entry.timezone or shape.timezone,
        template=entry.template,
        variables=entry.vars,
        lang=entry.lang,
        provider=_provider_name(entry, shape),
        video=entry.video.video(),
        targets=_targets(entry, shape),
        approval=(entry.approval or shape.defaults.approval).policy(),
        missed=entry.missed,
        missed_within=entry.missed_within,
        enabled=entry.enabled,
    )


def _provider_name(entry: AdHocShape | ScheduleShape, shape: PlanShape) -> str:
    return entry.provider or shape.defaults.provider or next(iter(shape.providers))


def _targets(entry: AdHocShape | ScheduleShape, shape: PlanShape) -> tuple[Target, ...]:
    texts = shape.defaults.publish if entry.publish is None else entry.publish
    return tuple(Target.parse(text) for text in texts or ())
