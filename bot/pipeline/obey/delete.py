"""`delete`: the files of a run that is over go, at the provider and here.

First there, then here, then the word of it on the Run. A crash in between leaves the command
pending, and all of it may be done again.
"""

from bot.domain.command import Command
from bot.domain.run import Removal, Run
from bot.errors import BotError
from bot.pipeline.obey.answer import Applied, Refused, describe
from bot.pipeline.work import Work


async def delete(work: Work, command: Command) -> Applied:
    """Have the provider forget the video, then remove the files that no other run needs.

    With `where: here` the provider is not asked. What was posted stays posted.
    """
    run = work.run
    if not run.state.is_terminal:
        raise Refused(f"The run is not over: {describe(run)}. `reelbot runs cancel` ends it.")
    if run.job is None and not run.files:
        raise Refused("There is nothing to delete: no video was made.")
    here_only = command.args.get("where") == "here"
    kept_there = _why_not_there(work, here_only=here_only)
    if kept_there is None:
        await _forget_there(work)
    staying = await _remove_here(work)
    forgotten = kept_there is None or (run.removed is not None and run.removed.at_provider)
    work.stage(removed=Removal(by=command.by, at=work.now(), at_provider=forgotten))
    return _sentence(run, command.by, None if forgotten else kept_there, staying), []


def _why_not_there(work: Work, *, here_only: bool) -> str | None:
    """Return why the provider is not asked; None where it is."""
    name = work.run.request.provider
    provider = work.ports.providers.get(name)
    if work.run.job is None:
        return "no video is known at the provider"
    if here_only:
        return f"{name} was not asked to"
    if provider is None:
        return f"there is no provider {name!r} any more to ask"
    if not provider.capabilities.delete:
        return f"{name} deletes nothing on request"
    return None


async def _forget_there(work: Work) -> None:
    job = work.run.job
    assert job
    try:
        await work.ports.providers[work.run.request.provider].delete(job)
    except BotError as e:
        said = str(e).rstrip(".")
        raise Refused(f"{said}. Nothing was deleted here; ask again, or with --only-here.") from e


async def _remove_here(work: Work) -> int:
    """Remove the files; return how many stay for others."""
    run = work.run
    shared = await work.ports.store.shared_files(run)
    gone = [
        await work.ports.media.remove(asset, unless_kept_since=run.updated_at)
        for asset in run.files
        if asset.path not in shared
    ]
    return len(run.files) - sum(gone)


def _sentence(run: Run, by: str, kept_there: str | None, staying: int) -> str:
    where = "here" if kept_there else f"at {run.request.provider} and here"
    words = f"Deleted by {by} {where}"
    if kept_there:
        words += f"; {kept_there}"
    if staying:
        files = "1 file stays" if staying == 1 else f"{staying} files stay"
        words += f"; {files}, for another run needs the same"
    return f"{words}."
