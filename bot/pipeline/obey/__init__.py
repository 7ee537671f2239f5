"""Commands: what people may ask of a Run, applied under its lease, once, in order.

`obey` is called with the Run in hand. It answers every pending command in one
sentence; the answer commits together with what the command changed. Only here is
a generation raised. One file per kind; `answer` holds what they share.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.domain.act import Act
from bot.domain.command import Command, CommandKind, CommandState
from bot.errors import BotError, StoreError
from bot.pipeline.obey.answer import Applied, Later, Refused
from bot.pipeline.obey.approve import approve, reject
from bot.pipeline.obey.cancel import cancel
from bot.pipeline.obey.delete import delete
from bot.pipeline.obey.edit import edit
from bot.pipeline.obey.post import post
from bot.pipeline.obey.resolve import resolve
from bot.pipeline.obey.retry import retry
from bot.pipeline.obey.undo import undo
from bot.pipeline.work import Work
from bot.ports import FinishCommand

__all__ = ["obey"]

_APPLY: dict[CommandKind, Callable[[Work, Command], Awaitable[Applied]]] = {
    CommandKind.APPROVE: approve,
    CommandKind.REJECT: reject,
    CommandKind.EDIT: edit,
    CommandKind.RETRY: retry,
    CommandKind.CANCEL: cancel,
    CommandKind.RESOLVE: resolve,
    CommandKind.UNDO: undo,
    CommandKind.POST: post,
    CommandKind.DELETE: delete,
}


async def obey(work: Work) -> None:
    """Apply the run's pending commands. A command applied before a crash is not applied again."""
    work.held = False
    for command in await work.ports.store.pending_commands(work.run.id):
        before = work.run
        try:
            answer, changes = await _APPLY[command.kind](work, command)
            state = CommandState.DONE
        except Later:
            work.run, work.held = before, True
            continue
        except StoreError:
            raise
        except Exception as e:  # noqa: BLE001  # whatever is wrong with it must not block the next
            work.run, changes, state = before, [], CommandState.REFUSED
            answer = _no(e)
        if state is CommandState.DONE:
            _tell(work, command)
        finished = replace(command, state=state, answer=answer)
        await work.save(*changes, FinishCommand(command=finished))


def _tell(work: Work, command: Command) -> None:
    """Have it told where the command says so; a card of the run, so that it cannot get lost."""
    if place := command.args.get("told_in"):
        act = Act(
            kind=command.kind,
            by=command.by,
            at=work.now(),
            place=place,
            target=command.args.get("target"),
        )
        work.stage(acts=(*work.run.acts, act))


def _no(error: Exception) -> str:
    if isinstance(error, Refused | BotError):
        return str(error)
    return f"That command cannot be understood ({type(error).__name__})."
