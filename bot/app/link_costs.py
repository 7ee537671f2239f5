"""What links in scheduled captions cost: X takes many times the price for a post with one."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from bot.domain.account import Account, Manner
from bot.domain.link import has_link
from bot.domain.schedule import Plan, ProviderType, Schedule
from bot.ports import PromptLibrary
from bot.x_api.price import quote

_MONTH = timedelta(days=30)
#: More moments than these are not counted one by one.
_COUNTED = 5_000


def link_costs(plan: Plan, prompts: PromptLibrary, now: datetime) -> Iterator[str]:
    """Yield a sentence for each schedule and account whose posts a link makes dear.

    Raises `TemplateError` as rendering does. What a template makes by chance may differ.
    """
    for schedule in plan.schedules:
        studio = plan.providers[schedule.provider].type is ProviderType.STUDIO
        if not schedule.enabled or plan.preview or studio:
            continue  # no such post is paid for
        prompt = prompts.render(schedule.template, schedule.variables, schedule.lang)
        if has_link(prompt.caption or ""):
            accounts = [plan.account(t) for t in schedule.targets if t.network == "x"]
            sending = [each for each in accounts if each and each.links is not Manner.DROP]
            yield from (_cost(schedule, account, now) for account in sending)


def _cost(schedule: Schedule, account: Account, now: datetime) -> str:
    prices = account.prices
    dear = quote(prices, has_link=True, has_alt_text=False).usd
    month = dear * _in_a_month(schedule, now)
    return (
        f"schedule {schedule.id!r}: its caption has a link, so a post to {account.handle} costs "
        f"${dear:.2f} instead of ${prices.post.normalize():f}, ${month:,.2f} a month "
        f"(prices of {prices.as_of})"
    )


def _in_a_month(schedule: Schedule, now: datetime) -> Decimal:
    from bot.scheduler import moments

    due = moments(schedule, now, until=now + _MONTH, count=_COUNTED)
    if len(due) < _COUNTED:
        return Decimal(len(due))
    return Decimal(round((len(due) - 1) * (_MONTH / (due[-1] - due[0]))))
