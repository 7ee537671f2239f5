"""What an answer can be, and what several commands ask of a Run before they give one."""

from bot.domain.effect import Effect, EffectState
from bot.domain.post import DeliveryStatus, Target
from bot.domain.run import Run, RunState
from bot.pipeline.work import Work
from bot.ports import Change

Applied = tuple[str, list[Change]]

RESOLVE_FIRST = "An uncertain write has to be resolved first: `reelbot runs resolve`."


class Refused(Exception):  # not a failure: the answer is "no", and why
    """The command makes no sense for the run as it stands."""


class Later(Exception):  # not a failure: the command stays pending
    """The command has to wait until a write in the air is settled."""


def describe(run: Run) -> str:
    """Return the run's state in words, and who ended it."""
    words = run.state.value
    if run.reason:
        words += f" ({run.reason})"
    return f"{words} by {run.ended_by}" if run.ended_by else words


def is_uncertain(run: Run) -> bool:
    """Return whether a person has to say what became of a post."""
    return any(d.status is DeliveryStatus.UNCERTAIN for d in run.deliveries)


def target_of(effect: Effect) -> Target | None:
    """Return the target of a post's effect, None for the create."""
    _, kind, rest = effect.key.split(":", 2)
    return Target.parse(rest.rsplit(":", 1)[0]) if kind == "post" else None


async def must_be_settled(work: Work) -> None:
    """Raise `Later` while the ledger knows more than the run: a write in the air, or just done.

    A run that needs a person gets nowhere by itself, so that there the answer is no.
    """
    run = work.run
    if run.state is RunState.ATTENTION:
        raise Refused(RESOLVE_FIRST)
    for effect in await work.ports.store.effects(run.id):
        target = target_of(effect)
        if not effect.key.endswith(f":{run.generation}") or effect.state is EffectState.NOT_SENT:
            continue
        if target is None:
            given_up = effect.state is EffectState.UNCERTAIN and run.state.is_terminal
            settled = given_up or run.job is not None
        else:
            settled = run.delivery(target).status.is_settled
        if not settled:
            raise Later
