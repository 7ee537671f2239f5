"""What a run is expected to cost and what it came to, part by part, for `make` and `runs show`."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from bot.cli import show
from bot.domain.budget import Item, Part, Quote, Spend, SpendState
from bot.domain.run import Price, Run

_UNEXPECTED = {
    Item.READ: "reading posts to find it again",
    Item.DELETE: "taking it down",
}


def expected(price: Price, provider: str) -> str:
    """Return *price* in one line, "about" because nothing is settled yet."""
    total = f"about {show.usd(price.total)}" if price.total else "nothing"
    if not price.posts:
        return total
    parts = [f"the video at {provider} {show.usd(price.video)}"]
    parts += [f"{target} {_posted(price, target)}" for target in price.posts]
    if read := max((quote.read for quote in price.quotes.values()), default=Decimal(0)):
        parts.append(f"{show.usd(read)} for each post read, should an answer be lost")
    return f"{total}: {'; '.join(parts)}"


def rows(run: Run, spends: Sequence[Spend]) -> Iterator[tuple[str, show.Cell]]:
    """Return the whole price, then a line for the video and each post that costs something."""
    if run.price is None:
        return
    yield "price", _total(run.price, spends)
    if run.price.posts:
        yield "", f"{show.usd(run.price.video)} for the video"
    for target in run.price.posts:
        yield "", f"{target}: {_posted(run.price, target)}{_came_to(run, target, spends)}"


def _total(price: Price, spends: Sequence[Spend]) -> str:
    if not spends or any(spend.state is SpendState.RESERVED for spend in spends):
        return f"about {show.usd(price.total)}" if price.total else show.usd(price.total)
    spent = _settled(spends)
    if spent == price.total:
        return show.usd(spent)
    return f"{show.usd(spent)} ({show.usd(price.total)} was expected)"


def _settled(spends: Iterable[Spend]) -> Decimal:
    return sum((s.usd for s in spends if s.state is SpendState.SETTLED), start=Decimal(0))


def _posted(price: Price, target: str) -> str:
    quote = price.quotes.get(target)
    return _quoted(quote) if quote else show.usd(price.posts[target])


def _quoted(quote: Quote) -> str:
    day = f" (prices of {quote.as_of})" if quote.as_of else ""
    return " + ".join(map(_part, quote.parts)) + day


def _part(part: Part) -> str:
    usual = f" instead of {show.usd(part.instead_of)}" if part.instead_of is not None else ""
    return f"{part.item} {show.usd(part.usd)}{usual}"


def _came_to(run: Run, target: str, spends: Sequence[Spend]) -> str:
    """Return what the post came to where that is not what was expected."""
    own = [spend for spend in spends if spend.what == target]
    cost = _settled(own)
    pending = any(spend.state is SpendState.RESERVED for spend in own)
    if not own or pending or run.price is None or cost == run.price.posts[target]:
        return ""
    return f"; came to {show.usd(cost)}{''.join(_beside(own))}"


def _beside(spends: Sequence[Spend]) -> Iterator[str]:
    """Yield what of the cost nobody expected: it was lost and looked for, or taken down."""
    for item, purpose in _UNEXPECTED.items():
        if usd := _settled(spend for spend in spends if spend.item is item):
            yield f", {show.usd(usd)} of it for {purpose}"
