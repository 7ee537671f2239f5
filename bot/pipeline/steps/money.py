"""Step 2, reserve: prompt -> price, promised before anything is asked of anybody.

The other steps say here what became of the money: settled, or released.
"""

from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.domain.budget import Spend, SpendState
from bot.domain.effect import EffectState
from bot.domain.post import Target
from bot.domain.run import Price, Run
from bot.domain.video import VideoJob, VideoStatus
from bot.pipeline.steps.video import provider_of, video_request
from bot.pipeline.steps.words import words_for
from bot.pipeline.work import Work
from bot.ports import Change, Release, Reserve, Settle


async def reserve(work: Work) -> None:
    """Prompt -> price, promised within the day's budget. Commits with the create's intent."""
    run = work.run
    price = Price(video=_video_price(work), posts=_post_prices(work))
    budget = work.ports.budget()
    today = work.now().astimezone(ZoneInfo(budget.timezone)).date()
    parts = {f"{target}": (usd, str(target).split(":")[0]) for target, usd in price.posts.items()}
    if run.job is None:
        parts["video"] = (price.video, run.request.provider)
    spends = [
        Spend(
            key=spend_key(run, what),
            run_id=run.id,
            what=what,
            vendor=vendor,
            usd=usd,
            day=today,
            at=work.now(),
        )
        for what, (usd, vendor) in parts.items()
    ]
    work.stage(Reserve(spends=spends, cap=budget.per_day_usd), price=price)


def spend_key(run: Run, what: str) -> str:
    """Return the key of the spend for *what*: `video`, or a target of the present generation."""
    made = what == "video" and run.job is not None
    return f"{run.id}:{what}:{run.made_in if made else run.generation}"


def _video_price(work: Work) -> Decimal:
    return provider_of(work).estimate(video_request(work))


def _post_prices(work: Work) -> dict[str, Decimal]:
    prompt = work.run.prompt
    assert prompt
    prices = {}
    for target in work.run.request.targets:
        if work.run.delivery(target).status.is_settled:
            continue
        caption = words_for(work, target).caption
        if caption or not target.needs_words:
            publisher = work.ports.publishers[target.network]
            prices[str(target)] = publisher.estimate(target, caption, prompt.alt_text)
    return {target: usd for target, usd in prices.items() if usd}


def promised(run: Run, target: Target) -> Decimal:
    """Return what the post to *target* was promised to cost, USD."""
    return run.price.posts.get(str(target), Decimal(0)) if run.price else Decimal(0)


async def unspent(work: Work) -> list[Change]:
    """Return what settles the reserved money of a run that ends, by what the ledger knows.

    What may have happened counts as spent; only what surely did not is given back.
    """
    run = work.run
    effects = {e.key: e for e in await work.ports.store.effects(run.id)}
    changes: list[Change] = []
    for spend in await work.ports.store.spends(run.id):
        if spend.state != SpendState.RESERVED:
            if run.job and run.job.cost is not None and spend.key == spend_key(run, "video"):
                changes.append(Settle(key=spend.key, usd=run.job.cost))
            continue
        generation = spend.key.rsplit(":", 1)[1]
        what = "create" if spend.what == "video" else f"post:{spend.what}"
        effect = effects.get(f"{run.id}:{what}:{generation}")
        spent = effect is not None and effect.state is not EffectState.NOT_SENT
        usd: Decimal | None = spend.usd if spent else None
        if spent and spend.what == "video" and run.job:
            usd = _came_to(run.job, spend.usd)
        changes.append(Release(key=spend.key) if usd is None else Settle(key=spend.key, usd=usd))
    return changes


def _came_to(job: VideoJob, promised: Decimal) -> Decimal | None:
    """Return what a job cost: its vendor's word; a failed one is free unless the vendor says so."""
    if job.cost is not None:
        return job.cost
    return None if job.status is VideoStatus.FAILED else promised
