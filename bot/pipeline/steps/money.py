"""Step 2, reserve: prompt -> price, promised before anything is asked of anybody.

The other steps say here what became of the money: settled, or released.
"""

from collections.abc import Iterator
from decimal import Decimal

from bot.domain.budget import Item, Quote, Spend, SpendState
from bot.domain.effect import Effect, EffectState
from bot.domain.post import Target
from bot.domain.run import Price, Run
from bot.domain.video import VideoJob, VideoStatus, parse_size
from bot.errors import PostRejected
from bot.pipeline.steps.video import provider_of, video_request
from bot.pipeline.steps.words import words_for
from bot.pipeline.work import Work
from bot.ports import Change, Release, Reserve, Settle


async def reserve(work: Work) -> None:
    """Prompt -> price, promised within the day's budget. Commits with the create's intent."""
    run = work.run
    _refuse_misfits(work)
    price = Price.of(_video_price(work), _quotes(work))
    spends = [each for target, quote in price.quotes.items() for each in _of(work, target, quote)]
    if run.job is None:
        spends.append(_promise(work, "video", run.request.provider, price.video))
    work.stage(Reserve(spends=spends, cap=work.ports.budget().per_day_usd), price=price)


def _of(work: Work, target: str, quote: Quote) -> Iterator[Spend]:
    """Yield what is promised for a post: itself, and what is charged before it is sent."""
    network = Target.parse(target).network
    yield _promise(work, target, network, quote.sent)
    for part in quote.before:
        yield _promise(work, target, network, part.usd, part.item)


def _promise(work: Work, what: str, vendor: str, usd: Decimal, item: Item | None = None) -> Spend:
    return Spend(
        key=spend_key(work.run, what, item),
        run_id=work.run.id,
        what=what,
        vendor=vendor,
        usd=usd,
        day=work.ports.budget().day(work.now()),
        at=work.now(),
        item=item,
    )


def spend_key(run: Run, what: str, item: Item | None = None) -> str:
    """Return the key of the spend for *what*: `video`, or a target of the present generation."""
    made = what == "video" and run.job is not None
    named = f"{what} {item}" if item else what
    return f"{run.id}:{named}:{run.made_in if made else run.generation}"


def _video_price(work: Work) -> Decimal:
    return provider_of(work).estimate(video_request(work))


def _quotes(work: Work) -> dict[str, Quote]:
    prompt = work.run.prompt
    assert prompt
    quotes = {}
    for target in _still_to_post(work.run):
        caption = words_for(work, target).caption
        if caption or not target.needs_words:
            publisher = work.ports.publishers[target.network]
            quotes[str(target)] = publisher.estimate(target, caption, prompt.alt_text)
    return quotes


def _still_to_post(run: Run) -> list[Target]:
    return [t for t in run.request.targets if not run.delivery(t).status.is_settled]


def _refuse_misfits(work: Work) -> None:
    """Raise `PostRejected` for a video that a target will never take, before it is paid for."""
    run, spec = work.run, work.run.request.video
    width, height, seconds = *parse_size(spec.size), float(spec.seconds)
    if found := run.inspection:  # it is made already, and this is what it turned out to be
        width, height, seconds = found.width, found.height, found.seconds
    for target in _still_to_post(run):
        limits = work.ports.publishers[target.network].limits(target)
        if why := limits.misfit(width, height, seconds):
            raise PostRejected(
                f"{target} {why}.", hint="Ask for another length or size, or leave it out."
            )


def sent(run: Run, target: Target, cost: Decimal | None = None) -> list[Change]:
    """Return what settles the money for a post that went out, or may have.

    Without its *cost* it came to what was promised.
    """
    promised = run.price.sent(str(target)) if run.price else Decimal(0)
    usd = promised if cost is None else cost
    return [Settle(key=spend_key(run, str(target)), usd=usd), *_not_charged(run, target)]


def unsent(run: Run, target: Target) -> list[Change]:
    """Return what gives back the money for a post that surely did not go out."""
    return [Release(key=spend_key(run, str(target))), *_not_charged(run, target)]


def _not_charged(run: Run, target: Target) -> list[Change]:
    """Return what gives back what was never charged: what was has been settled as it happened."""
    quote = run.price.quotes.get(str(target)) if run.price else None
    parts = quote.before if quote else ()
    return [Release(key=spend_key(run, str(target), part.item)) for part in parts]


async def unspent(work: Work) -> list[Change]:
    """Return what settles the reserved money of a run that ends, by what the ledger knows.

    What may have happened counts as spent; only what surely did not is given back.
    """
    run = work.run
    changes = [_ended(run, spend, effect) for spend, effect in await _reserved(work)]
    if run.job and run.job.cost is not None:  # the vendor's word, which corrects what was settled
        changes.append(Settle(key=spend_key(run, "video"), usd=run.job.cost))
    return changes


async def unspent_on_posts(work: Work) -> list[Change]:
    """Return what settles the reserved money of the posts alone, before others are priced."""
    kept = [(s, effect) for s, effect in await _reserved(work) if s.what != "video"]
    return [_ended(work.run, spend, effect) for spend, effect in kept]


async def _reserved(work: Work) -> list[tuple[Spend, Effect | None]]:
    run = work.run
    effects = {e.key: e for e in await work.ports.store.effects(run.id)}
    reserved = []
    for spend in await work.ports.store.spends(run.id):
        if spend.state is SpendState.RESERVED:
            what = "create" if spend.what == "video" else f"post:{spend.what}"
            generation = spend.key.rsplit(":", 1)[1]
            reserved.append((spend, effects.get(f"{run.id}:{what}:{generation}")))
    return reserved


def _ended(run: Run, spend: Spend, effect: Effect | None) -> Change:
    """Return what becomes of reserved money, by what the ledger knows of what it was for."""
    if effect is None or effect.state is EffectState.NOT_SENT or spend.item:
        return Release(key=spend.key)
    usd: Decimal | None = spend.usd
    if spend.what == "video" and run.job:
        usd = _came_to(run.job, spend.usd)
    return Release(key=spend.key) if usd is None else Settle(key=spend.key, usd=usd)


def _came_to(job: VideoJob, promised: Decimal) -> Decimal | None:
    """Return what a job cost: its vendor's word; a failed one is free unless the vendor says so."""
    if job.cost is not None:
        return job.cost
    return None if job.status is VideoStatus.FAILED else promised
