"""Step 2, reserve: prompt -> price, promised before anything is asked of anybody.

The other steps say here what became of the money: settled, or released.
"""

from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.domain.budget import Spend
from bot.domain.post import DeliveryStatus, Target
from bot.domain.run import Price, Run
from bot.domain.video import VideoStatus
from bot.pipeline.steps.video import provider_of, video_request
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
    """Return the key of the spend for *what* (`video` or a target) of the run's generation."""
    return f"{run.id}:{what}:{run.generation}"


def _video_price(work: Work) -> Decimal:
    return provider_of(work).estimate(video_request(work))


def _post_prices(work: Work) -> dict[str, Decimal]:
    prompt = work.run.prompt
    assert prompt
    prices = {
        str(t): work.ports.publishers[t.network].estimate(t, prompt.caption, prompt.alt_text)
        for t in work.run.request.targets
        if not work.run.delivery(t).status.is_settled
    }
    return {target: usd for target, usd in prices.items() if usd}


def promised(run: Run, target: Target) -> Decimal:
    """Return what the post to *target* was promised to cost, USD."""
    return run.price.posts.get(str(target), Decimal(0)) if run.price else Decimal(0)


async def unspent(work: Work) -> list[Change]:
    """Return what settles the reserved money of a run that ends."""
    run, changes = work.run, list[Change]()
    for spend in await work.ports.store.spends(run.id):
        if spend.state != "reserved":
            continue
        if spend.what == "video":
            spent = run.job is not None and run.job.status is not VideoStatus.FAILED
        else:
            delivery = run.delivery(Target.parse(spend.what))
            spent = delivery.status in {DeliveryStatus.DELIVERED, DeliveryStatus.UNCERTAIN}
        if spent:
            cost = run.job.cost if spend.what == "video" and run.job else None
            changes.append(Settle(key=spend.key, usd=spend.usd if cost is None else cost))
        else:
            changes.append(Release(key=spend.key))
    return changes
