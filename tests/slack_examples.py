"""Every state that a run can stand in: for the tests of the Slack views, and for pictures."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.domain.account import PostPrices
from bot.domain.budget import Item, Spend, SpendState
from bot.domain.card import Card, CardKind
from bot.domain.post import Delivery, DeliveryStatus, Post, Target
from bot.domain.prompt import Prompt, PromptTemplate, Variable
from bot.domain.run import (
    Approval,
    Failure,
    Price,
    Removal,
    Run,
    RunRequest,
    RunState,
    Step,
    WaitReason,
)
from bot.domain.schedule import ApprovalMode, ApprovalPolicy, Schedule, VideoDefaults
from bot.domain.video import Asset, Inspection, Model, VideoJob, VideoSpec, VideoStatus
from bot.ports import Stop
from bot.slack.lists import Dashboard, Upcoming
from bot.slack.modal import Offer
from bot.slack.scene import Scene
from bot.slack.words import words
from bot.x_api.price import quote

NOW = datetime(2026, 11, 27, 9, 41, tzinfo=UTC)
CATS, X = Target.parse("slack:#cats"), Target.parse("x:@reelbot")
PEOPLE = {"U1SAKI": "Saki", "U2KEN": "Ken"}
GIVEN_UP = "Given up by slack:U2KEN; the video may exist at the provider."
CAPTION = "Morning swell, zero fear. 🐱🌊"

ASSET = Asset(sha256="ab" * 32, path="ab/video.mp4", media_type="video/mp4", bytes=4_200_000)
PROMPT = Prompt(
    text="A calico cat surfing a long green wave at sunrise, seen from the side",
    caption=CAPTION,
    alt_text="A cat on a surfboard",
)
PRICE = Price(video=Decimal("0.80"), posts={"x:@reelbot": Decimal("0.02")})
REQUEST = RunRequest(
    key="slack:U1SAKI!1",
    source="slack:U1SAKI",
    prompt=PROMPT.text,
    caption=CAPTION,
    lang="en",
    asked_in="C0123DESK",
    provider="gateway",
    video=VideoSpec(model="wan-2.2", seconds=8, size="1280x720"),
    targets=(CATS, X),
    approval=ApprovalPolicy(mode=ApprovalMode.REQUIRED),
)
INSPECTION = Inspection(
    container="mp4",
    video_codec="h264",
    pixel_format="yuv420p",
    audio_codec="aac",
    width=1280,
    height=720,
    seconds=8.0,
    frames=192,
    fps=24.0,
    faststart=True,
    simulated=False,
)
DESK = Card(
    kind=CardKind.DESK,
    place="C0123DESK",
    id="1764236400.000100",
    url="https://aicu.slack.com/archives/C0123DESK/p1764236400000100",
)
ASKING = Card(
    kind=CardKind.APPROVAL,
    generation=1,
    place="C0123BOSS",
    id="1764236460.000200",
    url="https://aicu.slack.com/archives/C0123BOSS/p1764236460000200",
)

STARTED = Run(
    id="1127-5be0a1c2",
    request=REQUEST,
    created_at=NOW - timedelta(minutes=6),
    updated_at=NOW - timedelta(seconds=20),
    cards=(DESK,),
)
RENDERED = STARTED.evolve(prompt=PROMPT)
PRICED = RENDERED.evolve(price=PRICE)


def job(status: VideoStatus, progress: int | None = None) -> VideoJob:
    return VideoJob(
        provider="gateway",
        id="video_68f0c1",
        model="wan-2.2",
        seconds=8,
        size="1280x720",
        status=status,
        progress=progress,
        created_at=NOW - timedelta(minutes=5),
    )


def post(target: Target, caption: str | None = CAPTION) -> Post:
    return Post(
        run_id=STARTED.id,
        target=target,
        caption=caption,
        alt_text=PROMPT.alt_text,
        asset=ASSET,
        thumbnail=None,
        simulated=False,
    )


MADE = PRICED.evolve(job=job(VideoStatus.COMPLETED, 100))
KEPT = MADE.evolve(video=ASSET)
CHECKED = KEPT.evolve(inspection=INSPECTION)
FITTED = CHECKED.evolve(posts=(post(CATS), post(X)))
ASKED = FITTED.evolve(
    state=RunState.WAITING,
    reason=WaitReason.APPROVAL.value,
    asked_at=NOW - timedelta(minutes=1),
    cards=(DESK, ASKING),
)
APPROVED = FITTED.evolve(
    asked_at=NOW - timedelta(minutes=1),
    approval=Approval(by="slack:U2KEN", at=NOW),
    cards=(DESK, ASKING),
)


def delivered(target: Target, *, preview: bool = False) -> Delivery:
    live = "https://x.com/reelbot/status/1" if target.network == "x" else f"{DESK.url}&cats"
    return Delivery(
        target=target,
        status=DeliveryStatus.DELIVERED,
        remote_id="1",
        url="file:///feed.html" if preview else live.replace("&cats", "9"),
        delivered_at=NOW,
        preview=preview,
    )


def missed(target: Target, status: DeliveryStatus, detail: str) -> Delivery:
    return Delivery(target=target, status=status, detail=detail, hint="Shorten it.")


def failure(code: str, message: str, step: Step, hint: str | None = None) -> Failure:
    return Failure(code=code, message=message, hint=hint, step=step, at=NOW)


def waiting(run: Run, reason: WaitReason, **changes: Any) -> Run:
    return run.evolve(state=RunState.WAITING, reason=reason.value, **changes)


def failed(run: Run, code: str, message: str, step: Step, **changes: Any) -> Run:
    why = failure(code, message, step)
    return run.evolve(state=RunState.FAILED, failure=why, **changes)


def cancelled(run: Run, reason: str, by: str | None = None) -> Run:
    return run.evolve(state=RunState.CANCELLED, reason=reason, ended_by=by)


PUBLISHED = APPROVED.evolve(
    state=RunState.SUCCEEDED, deliveries=(delivered(CATS), delivered(X)), notified=True
)
TAKEN_DOWN = PUBLISHED.evolve(
    generation=2,
    deliveries=tuple(
        replace(d, status=DeliveryStatus.TAKEN_DOWN, detail="Taken down by slack:U2KEN.")
        for d in PUBLISHED.deliveries
    ),
)
WORDLESS = ASKED.evolve(posts=(post(CATS), post(X, None)))
PREVIEWED = PUBLISHED.evolve(
    price=Price(video=Decimal(0)),
    deliveries=(delivered(CATS, preview=True), delivered(X, preview=True)),
    inspection=replace(INSPECTION, simulated=True),
    approval=Approval(by="auto", at=NOW),
)
SCHEDULED = PREVIEWED.evolve(
    request=replace(REQUEST, source="schedule:cat-hourly", template="cute_cat", prompt=None)
)
PARTLY = failed(
    APPROVED.evolve(
        deliveries=(
            delivered(CATS),
            missed(X, DeliveryStatus.FAILED, "The text is longer than X takes."),
        )
    ),
    "publish",
    "Not posted: x:@reelbot: The text is longer than X takes.",
    Step.PUBLISH,
)
UNCERTAIN = APPROVED.evolve(
    state=RunState.ATTENTION,
    deliveries=(
        delivered(CATS),
        missed(X, DeliveryStatus.UNCERTAIN, "The post to x:@reelbot may have gone out."),
    ),
    failure=failure("uncertain", "It is not known whether every post went out.", Step.NOTIFY),
)

#: A run in every state that people can meet it in, by what the state is called.
RUNS: Mapping[str, Run] = {
    "starting": STARTED,
    "starting from a template": STARTED.evolve(
        request=replace(REQUEST, prompt=None, template="cute_cat")
    ),
    "priced": PRICED,
    "queued": waiting(PRICED.evolve(job=job(VideoStatus.QUEUED)), WaitReason.PROVIDER),
    "making": PRICED.evolve(job=job(VideoStatus.IN_PROGRESS, 62)),
    "making without progress": PRICED.evolve(job=job(VideoStatus.IN_PROGRESS)),
    "making and nobody knows the word": PRICED.evolve(job=job(VideoStatus.UNKNOWN)),
    "fetching": MADE,
    "checking": KEPT,
    "fitting": CHECKED,
    "asking": FITTED,
    "waiting for approval": ASKED,
    "waiting for approval here": ASKED.evolve(cards=(DESK,)),
    "without words for X": WORDLESS,
    "posting": APPROVED,
    "posted to one": APPROVED.evolve(deliveries=(delivered(CATS),)),
    "trying again": waiting(
        PRICED,
        WaitReason.BACKOFF,
        failure=failure("unavailable", "gateway did not answer within 60 seconds.", Step.CREATE),
        wake_at=NOW + timedelta(minutes=2),
    ),
    "target paused": waiting(
        APPROVED.evolve(deliveries=(delivered(CATS),)),
        WaitReason.TARGET_PAUSED,
        failure=failure("target_paused", "x:@reelbot has no credits left.", Step.PUBLISH),
        wake_at=NOW + timedelta(minutes=15),
    ),
    "stopped": waiting(PRICED, WaitReason.STOPPED),
    "post uncertain": UNCERTAIN,
    "create uncertain": PRICED.evolve(
        state=RunState.ATTENTION,
        failure=failure("uncertain", "The video at gateway may exist.", Step.CREATE),
    ),
    "video late": PRICED.evolve(
        state=RunState.ATTENTION,
        job=job(VideoStatus.IN_PROGRESS, 99),
        failure=failure(
            "uncertain", "gateway has not finished video video_68f0c1 in 2.0 hours.", Step.WAIT
        ),
    ),
    "posted": PUBLISHED,
    "posted from a schedule": PUBLISHED.evolve(request=SCHEDULED.request),
    "previewed": PREVIEWED,
    "previewed from a schedule": SCHEDULED,
    "fired by hand": PUBLISHED.evolve(
        request=replace(REQUEST, source="slack:U1SAKI fired cat-hourly")
    ),
    "taken down": TAKEN_DOWN,
    "taken down from one": TAKEN_DOWN.evolve(
        deliveries=(TAKEN_DOWN.deliveries[0], PUBLISHED.deliveries[1])
    ),
    "partly posted, then taken down": PARTLY.evolve(
        deliveries=(TAKEN_DOWN.deliveries[0], PARTLY.deliveries[1])
    ),
    "done without targets": PUBLISHED.evolve(request=replace(REQUEST, targets=()), deliveries=()),
    "partly posted": PARTLY,
    "budget exceeded": failed(
        RENDERED, "budget_exceeded", "$0.82 is more than the $0.40 left today.", Step.RESERVE
    ),
    "prompt refused": failed(
        PRICED.evolve(job=job(VideoStatus.FAILED)),
        "rejected",
        "gateway did not make the video: This prompt breaks our rules (moderation_blocked)",
        Step.WAIT,
    ),
    "request refused": failed(RENDERED, "request", "There is no model 'sora-2'.", Step.RESERVE),
    "template broken": failed(STARTED, "template", "cute_cat.j2, line 3: no mood.", Step.RENDER),
    "key refused": failed(PRICED, "unauthorized", "gateway answered 401.", Step.CREATE),
    "content expired": failed(MADE, "expired", "gateway has deleted it.", Step.DOWNLOAD),
    "file unusable": failed(KEPT, "unusable", "It has no picture.", Step.INSPECT),
    "post refused": failed(
        APPROVED.evolve(
            deliveries=(missed(X, DeliveryStatus.FAILED, "X says: duplicate content."),)
        ),
        "publish",
        "Not posted: x:@reelbot: X says: duplicate content.",
        Step.PUBLISH,
    ),
    "given up": failed(PRICED, "given_up", GIVEN_UP, Step.CREATE),
    "internal": failed(
        KEPT, "internal", "An internal error stopped the run: KeyError.", Step.INSPECT
    ),
    "rejected": cancelled(ASKED, "rejected", "slack:U2KEN"),
    "expired": cancelled(ASKED, "expired"),
    "cancelled by a person": cancelled(PRICED, "cancelled", "slack:U1SAKI"),
    "cancelled from the shell": cancelled(PRICED, "cancelled", "cli:jane"),
    "removed": PREVIEWED.evolve(
        removed=Removal(by="slack:U1SAKI", at=NOW, at_provider=True), video=ASSET
    ),
    "removed only here": PUBLISHED.evolve(
        removed=Removal(by="cli:jane", at=NOW, at_provider=False)
    ),
}

#: What became of an approval card: the run, and the generation that the card asked about.
QUESTIONS: Mapping[str, tuple[Run, int]] = {
    "open": (ASKED, 1),
    "open, two texts": (
        ASKED.evolve(posts=(post(CATS, "Surf's up, team!"), post(X, "波に乗る猫。🐱"))),
        1,
    ),
    "open, odd and silent": (
        ASKED.evolve(
            posts=(post(CATS, None), post(X, "A" * 300)),
            inspection=replace(
                INSPECTION, simulated=True, findings=("It has no sound.", "2.0 s are black.")
            ),
        ),
        1,
    ),
    "wordless": (WORDLESS, 1),
    "approved": (APPROVED, 1),
    "approved, then taken down": (TAKEN_DOWN, 1),
    "rejected": (cancelled(ASKED, "rejected", "slack:U2KEN"), 1),
    "expired": (cancelled(ASKED, "expired"), 1),
    "cancelled": (cancelled(ASKED, "cancelled", "slack:U1SAKI"), 1),
    "superseded": (
        ASKED.evolve(generation=2, cards=(DESK, ASKING, replace(ASKING, generation=2))),
        1,
    ),
    "over": (failed(FITTED, "internal", "An internal error.", Step.APPROVE), 1),
}


def spend(what: str, usd: str, state: SpendState, item: Item | None = None) -> Spend:
    return Spend(
        key=f"{STARTED.id}:{what} {item}:1",
        run_id=STARTED.id,
        what=what,
        vendor="gateway" if what == "video" else "x",
        usd=Decimal(usd),
        day=date(2026, 11, 27),
        at=NOW,
        state=state,
        item=item,
    )


def spends(run: Run) -> tuple[Spend, ...]:
    """Return what the money of *run* looks like."""
    if run.price is None:
        return ()
    over = run.state.is_terminal
    video = SpendState.SETTLED if run.job or over else SpendState.RESERVED
    if run.failure and run.failure.code == "rejected":
        video = SpendState.RELEASED
    if run.inspection and run.inspection.simulated:
        return (spend("video", "0", video),)
    paid = {DeliveryStatus.DELIVERED, DeliveryStatus.TAKEN_DOWN}
    went_out = run.delivery(X).status in paid
    posted = SpendState.RELEASED if over else SpendState.RESERVED
    return (
        spend("video", "0.80", video),
        spend("x:@reelbot", "0.015", SpendState.SETTLED if went_out else posted),
        spend("x:@reelbot", "0.005", SpendState.SETTLED if went_out else posted, Item.ALT_TEXT),
    )


def scene(language: str = "en", run: Run | None = None, **changes: Any) -> Scene:
    values = {
        "words": words(language),
        "now": NOW,
        "people": PEOPLE,
        "spends": spends(run) if run else (),
        "may_post_x": (Target.parse("x:@saki_noir"),),
        "may_remix": True,
    }
    return Scene(**(values | changes))


def with_link(run: Run) -> Run:
    """Return *run* with words that make its post on X dear."""
    quoted = quote(PostPrices(), has_link=True, has_alt_text=True)
    price = Price.of(PRICE.video, {"x:@reelbot": quoted})
    posts = run.posts and tuple(replace(p, caption="See https://cats.example") for p in run.posts)
    return run.evolve(price=price, posts=posts)


def in_language(run: Run, language: str) -> Run:
    """Return *run* as a team of that language would have asked for it."""
    if language == "en":
        return run
    text, caption = "夕暮れの海でサーフィンする三毛猫、横から撮影", "今日の波は最高です。🐱🌊"
    prompt = run.prompt and replace(run.prompt, text=text, caption=caption)
    posts = run.posts and tuple(
        replace(p, caption=caption if p.caption == CAPTION else p.caption) for p in run.posts
    )
    request = replace(run.request, prompt=run.request.prompt and text, lang=language)
    return run.evolve(prompt=prompt, posts=posts, request=request)


TEMPLATE = PromptTemplate(
    name="cute_cat",
    description="A cat doing what cats do",
    variables=(
        Variable(name="mood", default="curious"),
        Variable(name="coat", choices=("calico", "tabby", "black")),
        Variable(name="place"),
    ),
    languages=("en", "ja"),
    digest="0" * 64,
)
OFFER = Offer(
    templates=(TEMPLATE,),
    models={
        "gateway": (
            Model(
                name="wan-2.2",
                sizes=("1280x720", "720x1280", "720x720"),
                seconds=(8, 4, 1),
                usd_per_second=Decimal("0.10"),
            ),
            Model(name="dear", sizes=("1280x720",), seconds=(8,), usd_per_second=Decimal(1)),
            Model(name="unpriced", sizes=("1280x720",), seconds=(8,), usd_per_second=None),
        ),
        "studio": (
            Model(name="studio-1", sizes=("1280x720",), seconds=(4,), usd_per_second=Decimal(0)),
        ),
    },
    targets=(CATS, X),
    post_usd={"x:@reelbot": Decimal("0.015")},
    with_image=frozenset({"gateway"}),
)
SCHEDULE = Schedule(
    id="cat-hourly",
    cron="7 * * * *",
    timezone="Asia/Tokyo",
    template="cute_cat",
    provider="gateway",
    video=VideoDefaults(),
    targets=(CATS, X),
    approval=REQUEST.approval,
)
FIRES = (
    Upcoming(schedule_id="cat-hourly", at=NOW + timedelta(minutes=26)),
    Upcoming(schedule_id="city-daily", at=NOW + timedelta(hours=9), paused_by="slack:U2KEN"),
)
BOARD = Dashboard(
    fires=FIRES,
    in_flight=(RUNS["making"], RUNS["queued"], RUNS["trying again"]),
    waiting=(RUNS["waiting for approval"], RUNS["post uncertain"]),
    last=(RUNS["posted"], RUNS["previewed from a schedule"], RUNS["prompt refused"]),
    spent=Decimal("3.27"),
    cap=Decimal(10),
)
BOARDS: Mapping[str, Dashboard] = {
    "busy": BOARD,
    "quiet": Dashboard(spent=Decimal(0), cap=Decimal(10)),
    "stopped": replace(BOARD, stop=Stop(by="slack:U1SAKI", at=NOW, why="wrong account")),
    "over the cap": replace(BOARD, spent=Decimal("12.5")),
    "no cap": replace(BOARD, cap=Decimal(0)),
    "crowded": replace(
        BOARD,
        fires=FIRES * 60,
        in_flight=BOARD.in_flight * 20,
        waiting=BOARD.waiting * 20,
        last=BOARD.last * 20,
    ),
}
