"""Cards: a run's messages in the control room, each put up once, through the ledger.

The runner calls `put_up` before every step and when the run comes to rest, and the approve step
when it asks. The invariant: a card holds nothing back. A network that is down, a stop, a lost
answer: the run goes on without its card, which follows as soon as the ledger can tell that there
is none yet.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.card import Card, CardWish
from bot.domain.effect import Effect
from bot.errors import BotError, Settling, StoreError
from bot.pipeline.ledger import Write
from bot.pipeline.work import Work
from bot.ports import Board, Change


async def put_up(work: Work) -> None:
    """Put up the cards that the run lacks. Raises `StoreError` only."""
    board = work.ports.board
    if board is None or work.has_staged:  # a promise of money commits with what it is for
        return
    for wish in board.wishes(work.run):
        try:
            await work.ledger.once(_write(work, board, wish))
        except StoreError:
            raise
        except Settling:
            pass  # it is looked for once it must have arrived, before the next step
        except BotError as e:
            work.ports.observer.failed(work.run, None, e)


def _write(work: Work, board: Board, wish: CardWish) -> Write[Card]:
    run = work.run

    async def prepare() -> Mapping[str, str]:
        return board.prepare(run, wish)

    async def find(handle: Mapping[str, str], since: datetime) -> Sequence[Card]:
        return await board.find(run, wish, handle, since=since)

    async def keep(card: Card, *settled: Change) -> None:
        kept = tuple(c for c in work.run.cards if not c.answers(wish))
        await work.save(*settled, cards=(*kept, card))

    return Write(
        key=f"{run.id}:card:{wish.kind}:{wish.generation}",
        run_id=run.id,
        name=f"the {wish.kind} card in {wish.place}",
        settle=board.settle,
        authoritative=board.find_is_authoritative,
        gated=False,
        prepare=prepare,
        send=lambda handle: board.put(run, wish, handle),
        find=find,
        identify=lambda card: (card.id, card.url),
        rebuild=lambda effect: _rebuilt(effect, wish),
        may_send=lambda: None,
        begin=work.save,
        keep=keep,
    )


def _rebuilt(effect: Effect, wish: CardWish) -> Card:
    """Return a card of which only the ledger's row is left."""
    return Card(
        kind=wish.kind,
        generation=wish.generation,
        place=effect.handle["place"],
        id=effect.remote_id or "",
        url=effect.result,
    )
