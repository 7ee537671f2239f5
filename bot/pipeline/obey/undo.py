"""`undo`: the posts of a run are taken down where they went out."""

from dataclasses import replace

from bot.domain.command import Command
from bot.domain.post import Delivery, DeliveryStatus
from bot.errors import BotError, PublishError
from bot.pipeline.obey.answer import Applied, Refused, describe, must_be_settled
from bot.pipeline.work import Work


async def undo(work: Work, command: Command) -> Applied:
    """Take down every post that went out, or the one to `target`.

    Taking down is repeatable, so it needs no ledger. What a network refuses stays as it is, and
    the answer says where; asking again tries only that.
    """
    run, only = work.run, command.args.get("target")
    await must_be_settled(work)
    out = [d for d in run.delivered if only in {None, str(d.target)}]
    if not out and only:
        raise Refused(f"Nothing of this run is out at {only}: {describe(run)}.")
    if not out:
        raise Refused(f"Nothing of this run is out: {describe(run)}.")
    down, kept = list[str](), list[str]()
    for delivery in out:
        try:
            await _take_down(work, delivery)
        except BotError as e:
            kept.append(f"{delivery.target}: {e}")
        else:
            down.append(str(delivery.target))
            gone = _gone(delivery, command.by)
            work.stage(deliveries=work.run.with_delivery(gone).deliveries)
    if not down:
        raise Refused(f"Nothing was taken down. {' '.join(kept)}")
    work.stage(generation=run.generation + 1)
    words = f"Taken down from {', '.join(down)} by {command.by}."
    return " ".join([words, *(f"Still there, {each}" for each in kept)]), []


async def _take_down(work: Work, delivery: Delivery) -> None:
    publisher = work.ports.publishers.get(delivery.target.network)
    if publisher is None or publisher.preview != delivery.preview:
        shown = "in the preview" if delivery.preview else "on the network itself"
        raise PublishError(f"It was shown {shown}, which is not connected now.")
    await publisher.take_down(delivery, work.run.id)


def _gone(delivery: Delivery, by: str) -> Delivery:
    return replace(delivery, status=DeliveryStatus.TAKEN_DOWN, detail=f"Taken down by {by}.")
