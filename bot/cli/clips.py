"""Videos as the library tells of them: lists, one in full, and the same for machines.

`videos` gathers what is known of a run's video in a `Clip` and prints it here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from rich.text import Text

from bot.cli import report, show
from bot.domain.budget import Spend, SpendState
from bot.domain.run import Removal, Run
from bot.domain.video import Asset, Origin, Variant, VideoJob, VideoStatus

_STYLES = {
    VideoStatus.COMPLETED: "green",
    VideoStatus.FAILED: "red",
    VideoStatus.UNKNOWN: "bold yellow",
    VideoStatus.CANCELLED: "dim",
}
_HEAD = ("video", "status", "price", "length", "size", "by", "here", "there")
_HEAD_AT = ("status", "length", "size", "made", "there", "made by run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One video that was asked for."""

    #: The run's id; the provider's own is `video_id`.
    id: str
    created_at: datetime
    status: VideoStatus
    prompt: str
    provider: str
    model: str | None
    size: str
    seconds: int
    #: Why it failed, or what nobody knows about it.
    why: str | None
    #: USD, all tries together; None before any was promised.
    usd: Decimal | None
    #: False while the price is only promised.
    settled: bool
    video_id: str | None
    #: The provider deletes it then.
    expires_at: datetime | None
    #: The files that are on this disk, by variant; paths within `media/`.
    files: dict[Variant, Asset]
    removed: Removal | None
    #: What it grew out of.
    origin: Origin | None


def clip_of(run: Run, spends: Sequence[Spend], media: Path) -> Clip:
    """Return what is known of the video of *run*, whose files are in the folder *media*."""
    spec, job = run.request.video, run.job
    promised = [s for s in spends if s.what == "video" and s.state is not SpendState.RELEASED]
    return Clip(
        id=run.id,
        created_at=run.created_at,
        status=run.video_status or VideoStatus.UNKNOWN,
        prompt=run.prompt.text if run.prompt else run.request.prompt or "",
        provider=run.request.provider,
        model=job.model if job else spec.model,
        size=spec.size,
        seconds=spec.seconds,
        why=_why(run),
        usd=sum((s.usd for s in promised), Decimal(0)) if promised or spends else None,
        settled=all(s.state is SpendState.SETTLED for s in promised),
        video_id=job.id if job else None,
        expires_at=job.expires_at if job else None,
        files=kept(run, media),
        removed=run.removed,
        origin=spec.origin,
    )


def kept(run: Run, media: Path) -> dict[Variant, Asset]:
    """Return the files of the video that are on this disk; none once they were deleted.

    One that stays for another run is not this one's any more.
    """
    if run.removed:
        return {}
    known = {
        Variant.VIDEO: run.video,
        Variant.THUMBNAIL: run.thumbnail,
        Variant.SPRITESHEET: run.spritesheet,
    }
    there = ((v, a) for v, a in known.items() if a and (media / a.path).exists())
    return dict(there)


def _why(run: Run) -> str | None:
    if run.video_status not in {VideoStatus.FAILED, VideoStatus.UNKNOWN}:
        return None
    if run.failure:
        return run.failure.message
    return run.job.error.message if run.job and run.job.error else None


# --- lists -------------------------------------------------------------------------------------


def listing(clips: Sequence[Clip], now: datetime) -> None:
    """Print *clips*: a row of facts each, and below it what it shows."""
    show.table(_HEAD, [_row(c, now) for c in clips], notes=[list(_notes(c)) for c in clips])


def _row(clip: Clip, now: datetime) -> tuple[show.Cell, ...]:
    return (
        clip.id,
        _status(clip.status),
        _price(clip),
        f"{clip.seconds} s",
        clip.size,
        clip.provider,
        _here(clip),
        _there(clip, now),
    )


def _notes(clip: Clip) -> Iterator[str]:
    yield f"{clip.model or clip.provider}: {clip.prompt}"
    if clip.origin:
        yield report.lineage(clip.origin)
    if clip.why:
        yield clip.why


def _status(status: VideoStatus) -> Text:
    return Text(status.value.replace("_", " "), style=_STYLES.get(status, "cyan"))


def _price(clip: Clip) -> str:
    if clip.usd is None:
        return "–"
    return show.usd(clip.usd) if clip.settled else f"about {show.usd(clip.usd)}"


def _here(clip: Clip) -> str:
    if clip.removed:
        return "deleted"
    return "yes" if Variant.VIDEO in clip.files else "no"


def _there(clip: Clip, now: datetime) -> str:
    if clip.removed and clip.removed.at_provider:
        return "deleted"
    return _kept_until(clip.status, clip.expires_at, now)


def _kept_until(status: VideoStatus, expires_at: datetime | None, now: datetime) -> str:
    if status is not VideoStatus.COMPLETED:
        return "–"
    if expires_at is None:
        return "not told"
    left = (expires_at - now).total_seconds()
    if left <= 0:
        return "expired"
    for unit, seconds in (("d", 86400), ("h", 3600), ("min", 60)):
        if left >= 2 * seconds:
            return f"{left // seconds:.0f} {unit} left"
    return f"{left:.0f} s left"


def listing_at(found: Sequence[tuple[VideoJob, str | None]], now: datetime) -> None:
    """Print what a provider lists, with the runs of ours that made it."""
    rows = [
        (
            _status(job.status),
            f"{job.seconds} s" if job.seconds else "–",
            job.size or "–",
            show.when(job.created_at),
            _kept_until(job.status, job.expires_at, now),
            run_id or "not ours",
        )
        for job, run_id in found
    ]
    show.table(_HEAD_AT, rows, notes=[(job.id,) for job, _ in found])


# --- one ---------------------------------------------------------------------------------------


def full(run: Run, clip: Clip, family: tuple[Sequence[Clip], Sequence[Clip]], data: Path) -> None:
    """Print all of one video, of *run*; *family* is what it grew out of and what out of it."""
    show.facts(_full(run, clip, family, data))


def _full(
    run: Run, clip: Clip, family: tuple[Sequence[Clip], Sequence[Clip]], data: Path
) -> report.Rows:
    now, (origins, derived) = datetime.now().astimezone(), family
    yield "video", Text(f"{clip.id}  ").append_text(_status(clip.status))
    yield "asked by", f"{run.request.source}, {show.when(clip.created_at)}"
    yield "prompt", " ".join(clip.prompt.split())
    yield "provider", f"{clip.provider}: {clip.model}, {clip.size}, {clip.seconds} s"
    if clip.video_id:
        yield "its id there", clip.video_id
        yield "kept there", _until(clip, now)
    if run.request.video.characters:
        yield "characters", ", ".join(run.request.video.characters)
    yield "price", _price(clip)
    yield from _family(clip, origins, derived)
    if run.removed:
        yield "deleted by", f"{run.removed.by}, {show.when(run.removed.at)}"
    for variant, asset in clip.files.items():
        yield variant.value, data / "media" / asset.path
        yield "", f"{asset.bytes / 1e6:.2f} MB, {asset.media_type}"
    yield "posts", report.state(run).append(f"; reelbot runs show {run.id}", "default")
    if clip.why:
        yield "why", clip.why
        if run.failure and run.failure.hint:
            yield "what to do", run.failure.hint


def _until(clip: Clip, now: datetime) -> str:
    words = _there(clip, now)
    return f"{words}, until {show.when(clip.expires_at)}" if words.endswith("left") else words


def _family(clip: Clip, origins: Sequence[Clip], derived: Sequence[Clip]) -> report.Rows:
    origin = clip.origin
    if origin and not origins:  # its run is in another database
        yield "made from", report.lineage(origin)
    for each in origins:
        assert origin
        yield "made from", f"{report.lineage(origin)}: {show.one_line(each.prompt, 45)}"
        origin = each.origin
    for each in derived:
        assert each.origin
        words = f"{each.origin.how.value} {each.id}: {show.one_line(each.prompt, 45)}"
        yield "grew into", words
