"""The one word for how a run stands, on which marks, texts and buttons hang.

`card`, `trouble` and `lists` ask for it. Every mood has a `state.` and a `say.` in the words.
"""

from bot.domain.run import Run, RunState, Step, WaitReason
from bot.domain.video import VideoStatus


def mood_of(run: Run) -> str:
    """Return the one word for how *run* stands that texts and marks hang on."""
    if run.removed:
        return "removed"
    if run.state in {RunState.RUNNING, RunState.WAITING}:
        return _under_way(run)
    if run.state is RunState.ATTENTION:
        late = run.failure is not None and run.failure.step is Step.WAIT
        return "late" if late else "uncertain"
    if run.state is RunState.CANCELLED:
        return run.reason if run.reason in {"rejected", "expired"} else "cancelled"
    if run.state is RunState.FAILED:
        return "partly" if run.delivered else "failed"
    return _succeeded(run)


def _succeeded(run: Run) -> str:
    if not run.delivered:
        return "taken_down" if run.deliveries else "done"
    return "previewed" if all(d.preview for d in run.delivered) else "posted"


def _under_way(run: Run) -> str:
    special = {
        WaitReason.BACKOFF.value: "backoff",
        WaitReason.APPROVAL.value: "approval",
        WaitReason.TARGET_PAUSED.value: "paused",
        WaitReason.STOPPED.value: "stopped",
    }
    if run.state is RunState.WAITING and run.reason in special:
        mood = special[run.reason]
        return "wordless" if mood == "approval" and run.wordless else mood
    if run.step is Step.WAIT:
        queued = run.job is not None and run.job.status is VideoStatus.QUEUED
        return "queued" if queued else "making"
    return {
        Step.DOWNLOAD: "fetching",
        Step.INSPECT: "checking",
        Step.FIT: "checking",
        Step.APPROVE: "checking",
        Step.PUBLISH: "posting",
        Step.NOTIFY: "posting",
    }.get(run.step or Step.NOTIFY, "starting")
