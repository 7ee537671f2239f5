"""One run standing still: in short when it has been followed, in full for `runs show`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.text import Text

from bot.cli import receipt, show
from bot.domain.budget import Spend
from bot.domain.effect import Effect
from bot.domain.post import Delivery, DeliveryStatus
from bot.domain.run import Run, RunState, Step, WaitReason
from bot.domain.video import Origin

Rows = Iterator[tuple[str, show.Cell]]

_STYLES = {
    RunState.SUCCEEDED: "green",
    RunState.FAILED: "red",
    RunState.ATTENTION: "bold yellow",
    RunState.WAITING: "cyan",
    RunState.RUNNING: "cyan",
    RunState.CANCELLED: "dim",
}
_DELIVERY_STYLES = {DeliveryStatus.DELIVERED: "green", DeliveryStatus.UNCERTAIN: "bold yellow"}
#: Room for the longest name before a fact.
_NAMES = 14


def state(run: Run) -> Text:
    """Return the run's state in words."""
    words = run.state.value + (f" ({run.reason})" if run.reason else "")
    return Text(words, style=_STYLES[run.state])


def short(run: Run, data: Path) -> None:
    """Print what became of *run*, whose files are in the folder *data*."""
    show.facts(_short(run, data))


def _short(run: Run, data: Path) -> Rows:
    yield "run", _title(run)
    if run.prompt:
        yield "prompt", show.one_line(run.prompt.text, _NAMES)
        if caption := _caption(run):
            yield "caption", show.one_line(caption, _NAMES)
    if run.price:
        yield "price", show.usd(run.price.total)
    if run.video and not run.removed:
        yield "video", data / "media" / run.video.path
    yield from _notes(run)
    yield from _deliveries(run, data)
    yield from _advice(run)


def full(run: Run, data: Path, effects: Sequence[Effect], spends: Sequence[Spend]) -> None:
    """Print all that is known of *run*: every step, every request, every dollar."""
    show.facts(_full(run, data, spends))
    if effects:
        show.result()
        rows = [
            (
                e.key.split(":", 1)[1],
                e.state.value,
                str(e.attempts),
                show.when(e.started_at),
                e.remote_id or e.detail or "",
            )
            for e in effects
        ]
        show.table(("sent", "state", "tries", "at", "what came of it"), rows)
    if spends:
        show.result()
        money = [
            (_bought(s), s.vendor, show.usd(s.usd), s.state.value, f"{s.day:%Y-%m-%d}")
            for s in spends
        ]
        show.table(("money for", "to", "amount", "state", "budget of"), money)


def _bought(spend: Spend) -> str:
    return f"{spend.what}, {spend.item}" if spend.item else spend.what


def _full(run: Run, data: Path, spends: Sequence[Spend]) -> Rows:
    yield "run", _title(run)
    yield "asked by", f"{run.request.source}, {show.when(run.created_at)}"
    if run.request.template:
        yield "template", run.request.template
    yield from _words(run)
    yield from _provider(run)
    yield from receipt.rows(run, spends)
    yield from files(run, data)
    yield from _notes(run)
    yield "steps", _steps(run)
    if run.approval:
        yield "approved by", f"{run.approval.by}, {show.when(run.approval.at)}"
    if run.ended_by:
        yield "ended by", run.ended_by
    yield from _deliveries(run, data)
    yield from _advice(run)


def files(run: Run, data: Path) -> Rows:
    """Return where the files of the video are, or who deleted them."""
    if run.removed:
        yield "deleted by", f"{run.removed.by}, {show.when(run.removed.at)}"
        return
    for name in ("video", "thumbnail", "spritesheet"):
        if asset := getattr(run, name):
            yield name, data / "media" / asset.path


def lineage(origin: Origin) -> str:
    """Return in words what a video grew out of."""
    return f"{origin.how.value} of {origin.run_id}"


def _words(run: Run) -> Rows:
    if not run.prompt:
        return
    if run.prompt.variables:
        yield "variables", ", ".join(f"{k}={v}" for k, v in run.prompt.variables.items())
    yield "prompt", " ".join(run.prompt.text.split())
    captions = {str(post.target): post.caption for post in run.posts or ()}
    if len(set(captions.values())) > 1:
        for target, caption in captions.items():
            yield f"to {target}", caption or "–"
    elif caption := _caption(run):
        yield "caption", caption
    for change in dict.fromkeys(change for post in run.posts or () for change in post.changes):
        yield "changed", change
    if run.prompt.alt_text:
        yield "alt text", run.prompt.alt_text


def _provider(run: Run) -> Rows:
    spec = run.request.video
    yield "provider", f"{run.request.provider}: {spec.model}, {spec.size}, {spec.seconds} s"
    if spec.origin:
        yield "made from", lineage(spec.origin)
    if spec.characters:
        yield "characters", ", ".join(spec.characters)
    if run.job:
        yield "job", f"{run.job.id}: {run.job.status.value}"


def _steps(run: Run) -> str:
    now, order = run.step, list(Step)
    done = order if now is None else order[: order.index(now)]
    return "  ".join(f"{step.value} ✓" if step in done else step.value for step in order)


def _caption(run: Run) -> str | None:
    if run.posts:
        return run.posts[0].caption
    return run.prompt.caption if run.prompt else None


def _title(run: Run) -> Text:
    title = Text(f"{run.id}  ").append_text(state(run))
    if run.inspection is not None and run.inspection.simulated:
        title.append("  ").append(" SIMULATED ", "black on yellow")
    return title


def _notes(run: Run) -> Rows:
    for finding in run.inspection.findings if run.inspection else ():
        yield "note", finding


def _deliveries(run: Run, data: Path) -> Rows:
    for target in run.request.targets:
        yield str(target), _delivery(run.delivery(target))
    if any(delivery.preview or delivery.target.network == "x" for delivery in run.delivered):
        yield "feed", (data / "preview" / "feed.html").resolve().as_uri()


def _delivery(delivery: Delivery) -> Text:
    words = [delivery.status.value]
    if delivery.status is DeliveryStatus.DELIVERED:
        words = ["previewed" if delivery.preview else "posted", show.when(delivery.delivered_at)]
    if not delivery.preview:  # its page is named once for all
        words.append(delivery.url or "")
    words += [delivery.detail or "", delivery.hint or ""]
    return show.text(" ".join(filter(None, words)), _DELIVERY_STYLES.get(delivery.status, ""))


def _advice(run: Run) -> Rows:
    if run.failure:
        yield "why", run.failure.message
        if run.failure.hint:
            yield "what to do", run.failure.hint
    elif advice := _next_step(run):
        yield "what to do", advice


def _next_step(run: Run) -> str | None:
    if run.state is not RunState.WAITING:
        return None
    follow = f"reelbot runs follow {run.id}"
    return {
        WaitReason.APPROVAL.value: f"reelbot runs approve {run.id}   (or reject, or edit)",
        WaitReason.STOPPED.value: "reelbot start",
        WaitReason.PROVIDER.value: follow,
        WaitReason.BACKOFF.value: follow,
    }.get(run.reason or "")
