"""What a view needs beside the run itself, and how the things of a run are called in words.

`room` makes a Scene for every drawing; all views read names, prices and subjects here, so that
one thing is called the same everywhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from bot.domain.budget import Item, Quote, Spend, SpendState
from bot.domain.post import Delivery, Target
from bot.domain.run import Run
from bot.slack.blocks import inline, link
from bot.slack.words import Words

_PERSON = re.compile(r"slack:([UW][A-Z0-9]{2,})")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{8,}")
_FIRED = re.compile(r"(\S+) fired (\S+)")

#: A headline with its subject is one line on a screen of usual width.
SUBJECT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The room around a run at the moment it is drawn."""

    words: Words
    now: datetime
    #: The slash command, as in `/video`.
    command: str = "/video"
    #: The names of people by their Slack id. A name, unlike a mention, calls nobody.
    people: Mapping[str, str] = field(default_factory=dict)
    #: What people call a target, where it is not what its text says: a channel given by its id.
    names: Mapping[str, str] = field(default_factory=dict)
    #: All spends of the run; none where many runs are listed. Without a default: what a card says
    #: of money hangs on them.
    spends: Sequence[Spend]
    #: Nothing goes to a live network.
    preview: bool = False
    #: The X accounts that a run could still be posted to, as targets.
    may_post_x: Sequence[Target] = ()
    #: Whether the provider can change a video of the run, and has it still.
    may_remix: bool = False
    #: Whatever costs more asks once more.
    confirm_over_usd: Decimal = Decimal(5)
    #: Frames of the video: a Slack file id or a public address.
    frames: str | None = None

    # --- what things are called; all of it is mrkdwn --------------------------------------------

    def subject(self, run: Run, most: int = SUBJECT) -> str:
        """Return what the video is of, in one line."""
        request = run.request
        text = run.prompt.text if run.prompt else request.prompt
        return inline(text or (request.template or "").replace("_", " "), most) or "–"

    def who(self, by: str) -> str:
        """Return a person, or what acted for one, by name."""
        by = self._name(by)
        return inline(by, 60)

    def _name(self, by: str) -> str:
        if match := _PERSON.fullmatch(by):
            return "@" + self.people.get(match[1], match[1])
        network, colon, name = by.partition(":")
        if network == "schedule" and colon:
            return self.words("by.schedule", id=name)
        return name if colon and name else by

    def named(self, text: str) -> str:
        """Return *text*, in it people by their names; not escaped yet."""
        return _PERSON.sub(lambda match: self._name(match[0]), text)

    def asked_by(self, run: Run) -> str:
        """Return who asked for the run, or which schedule did."""
        if match := _FIRED.fullmatch(run.request.source):
            who = self._name(match[1])
            return inline(self.words("by.fired", who=who, id=match[2]), 80)
        return self.who(run.request.source)

    def place(self, target: Target) -> str:
        """Return where a post goes: the account with its network, the channel without."""
        text = str(target)
        if text not in self.names and _CHANNEL.fullmatch(target.destination):
            return f"<#{target.destination}>"
        name = inline(self.names.get(text, target.destination), 90)
        return self.words("place.x", name=name) if target.network == "x" else name

    def places(self, targets: Sequence[Target]) -> str:
        """Return where the posts go, in a row."""
        return self.words.listed([self.place(target) for target in targets])

    def went_to(self, deliveries: Sequence[Delivery]) -> str:
        """Return where posts are, each linked to itself."""
        return self.words.listed(
            [
                link(d.url, self.place(d.target))
                if d.url and not d.preview
                else self.place(d.target)
                for d in deliveries
            ]
        )

    # --- money ----------------------------------------------------------------------------------

    @property
    def spent(self) -> Decimal:
        """What was surely spent on the run, USD."""
        return _total(self.spends, SpendState.SETTLED)

    @property
    def reserved(self) -> Decimal:
        """What is promised and may still be spent, or not, USD."""
        return _total(self.spends, SpendState.RESERVED)

    def price(self, run: Run) -> str | None:
        """Return what the run costs, "about" until it is settled; None before anybody knows."""
        if run.state.is_terminal and self.spends and not self.reserved:
            return self.words.price(self.spent, settled=True)
        expected = self.expected(run)
        return None if expected is None else self.words.price(expected)

    def dear(self, run: Run, target: Target, place: str) -> str | None:
        """Return what makes the post to *target*, called *place*, cost more than it had to."""
        quote = run.price.quotes.get(str(target)) if run.price else None
        if quote is None or quote.dear is None or quote.dear.instead_of is None:
            return None
        usd, usual = self.words.usd(quote.dear.usd), self.words.usd(quote.dear.instead_of)
        return self.words("out.dear", place=place, usd=usd, usual=usual)

    def quoted(self, quote: Quote) -> str:
        """Return what the post itself costs by *quote*, and the day of its prices."""
        parts = [
            self.words("details.part", item=self._item(part.item), usd=self.words.usd(part.usd))
            for part in quote.parts
            if not part.before
        ]
        return self.words("details.quoted", parts=" + ".join(parts), day=quote.as_of)

    def beside(self, place: str, item: Item) -> str:
        """Return what is charged beside the post to *place*."""
        return self.words("details.beside", place=place, item=self._item(item))

    def _item(self, item: Item) -> str:
        return self.words(f"item.{item.name.lower()}")

    def expected(self, run: Run) -> Decimal | None:
        """Return what the run is expected to cost in all, USD; None before anybody knows."""
        if self.spends:
            return self.spent + self.reserved
        return run.price.total if run.price else None


def _total(spends: Sequence[Spend], state: SpendState) -> Decimal:
    return sum((s.usd for s in spends if s.state is state), start=Decimal(0))
