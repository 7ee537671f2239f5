"""What operators see: logs without secrets, metrics without unbounded labels."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest
import structlog

from bot.domain.account import PostPrices
from bot.domain.budget import Charge, Item
from bot.domain.post import Delivery, DeliveryStatus, Target
from bot.domain.run import Price, Run, RunRequest, RunState, Step, WaitReason
from bot.domain.schedule import ApprovalMode, ApprovalPolicy
from bot.domain.video import VideoJob, VideoSpec, VideoStatus
from bot.errors import RateLimited
from bot.telemetry import _CHATTY, Telemetry, configure_logging, redact
from bot.x_api.price import quote
from bot.x_api.sign import oauth1

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
CATS = Target.parse("slack:#cats")
REEL = Target.parse("x:@reelbot")

SECRETS = [
    "xoxb-123456789012-abcdefGHIJ",
    "xoxe.xoxp-1-Mi0yLTk4NzY1",
    "xapp-1-A012345-6789-deadbeef",
    "sk-proj-abcdefghij0123456789",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw==",
]


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root, handlers = logging.root, logging.root.handlers[:]
    levels = {logger: logger.level for logger in [root, *map(logging.getLogger, _CHATTY)]}
    yield
    root.handlers[:] = handlers
    for logger, level in levels.items():
        logger.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(params=["console", "json"])
def log(request: pytest.FixtureRequest) -> io.StringIO:
    stream = io.StringIO()
    configure_logging(request.param, "INFO", stream)
    return stream


def run(**results: object) -> Run:
    request = RunRequest(
        key="cat-hourly@2026-11-23T09:00:00Z",
        source="schedule:cat-hourly",
        template="cat",
        provider="studio",
        video=VideoSpec(seconds=8, size="1280x720"),
        targets=(CATS, REEL),
        approval=ApprovalPolicy(mode=ApprovalMode.AUTO),
    )
    plain = Run(id="run-1", request=request, created_at=NOW, updated_at=NOW)
    return plain.evolve(**results)


def job(**facts: object) -> VideoJob:
    return VideoJob(
        **{
            "provider": "studio",
            "id": "video_1",
            "model": "studio-1",
            "seconds": 8,
            "size": "1280x720",
            "status": VideoStatus.COMPLETED,
            "created_at": NOW,
        }
        | facts
    )


# --- logs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_known_by_their_shape_are_redacted(secret: str) -> None:
    assert secret not in redact(f'{{"event": "{secret}"}}')
    assert "***" in redact(secret)


@pytest.mark.parametrize(
    "text,left",
    [
        ("Authorization: Bearer abc.def-123=", "Authorization: Bearer ***"),
        ("postgresql://bot:hunter2@db/reelbot", "postgresql://bot:***@db/reelbot"),
        ("postgresql://bot:hunt@er2@db/reelbot", "postgresql://bot:***@db/reelbot"),
        ('OAuth oauth_token="abc", oauth_nonce="d"', 'OAuth oauth_token="***", oauth_nonce="***"'),
        ("{'oauth_signature': 'abc%3D'}", "{'oauth_signature': '***'}"),
        ("Authorization: Basic YTpi", "Authorization: Basic ***"),
        ("{'authorization': 'Basic YTpi'}", "{'authorization': 'Basic ***'}"),
        ('{"access_token":"abc","expires_in":1}', '{"access_token":"***","expires_in":1}'),
        ("refresh_token=abc&client_secret=d", "refresh_token=***&client_secret=***"),
        ("code_verifier: abc", "code_verifier: ***"),
        ("at https://hooks.slack.com/commands/T1/2/abc.", "at https://hooks.slack.com/***"),
        ("'https://files.slack.com/upload/v1/ABC'", "'https://files.slack.com/***'"),
        ('"wss://wss-primary.slack.com/link/?ticket=ab"', '"wss://wss-primary.slack.com/***"'),
        ("ws://127.0.0.1:9/link?ticket=ab&app_id=A1", "ws://127.0.0.1:9/link?ticket=***&app_id=A1"),
        ("https://cdn/v.mp4?X-Signature=abc&size=1", "https://cdn/v.mp4?X-Signature=***&size=1"),
    ],
)
def test_secrets_known_by_their_place_are_redacted(text: str, left: str) -> None:
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "run waits until 2026-11-23T09:00:00Z for x:@reelbot",
        "GET http://127.0.0.1:8000/v1/videos?limit=100",
        "the risk-free task-list of a bearer of news",
        "the basic plan asks for the access token and the refresh token",
    ],
)
def test_plain_words_are_left_alone(text: str) -> None:
    assert redact(text) == text


def test_no_way_into_the_log_carries_a_secret(log: io.StringIO) -> None:
    """Event, value, nested value, foreign logger with arguments, traceback of both kinds."""
    own = structlog.get_logger("reelbot")
    foreign = logging.getLogger("somebody")
    secret = SECRETS[0]

    own.info(f"said {secret}", key=secret, nested={"deep": [secret]})
    foreign.warning("sent %s", secret)
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        own.exception("broke")
        foreign.exception("broke")

    assert secret not in log.getvalue()
    assert log.getvalue().count("***") >= 6
    assert log.getvalue().count("RuntimeError") >= 2


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_signing_for_x_leaves_no_line_at_any_level(log_format: str) -> None:
    stream = io.StringIO()
    configure_logging(log_format, "DEBUG", stream)
    auth = oauth1("api-key", "api-secret", "token", "token-secret")
    request = httpx.Request("POST", "https://api.x.com/2/tweets")

    next(auth.auth_flow(request))

    assert request.headers["authorization"].startswith("OAuth ")
    assert stream.getvalue() == ""


def test_json_logs_are_one_object_a_line() -> None:
    stream = io.StringIO()
    configure_logging("json", "INFO", stream)

    structlog.get_logger("reelbot").info("step done", run="run-1", note='a "quoted"\nline')
    logging.getLogger("somebody").error("oauth_token=%s", '"abc"')

    own, foreign = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (own["event"], own["run"], own["level"]) == ("step done", "run-1", "info")
    assert own["timestamp"].endswith("Z")
    assert (foreign["logger"], foreign["event"]) == ("somebody", 'oauth_token="***"')


def test_levels_hold_for_all_and_chatty_libraries_only_warn(log: io.StringIO) -> None:
    structlog.get_logger("reelbot").debug("not this")
    logging.getLogger("somebody").debug("not this")
    logging.getLogger("httpx").info("not this")
    logging.getLogger("apscheduler.scheduler").info("not this")
    logging.getLogger("httpx").warning("but this")

    assert "not this" not in log.getvalue()
    assert "but this" in log.getvalue()


def test_configuring_twice_logs_once(log: io.StringIO) -> None:
    configure_logging("json", "INFO", log)

    structlog.get_logger("reelbot").info("once")

    assert log.getvalue().count("once") == 1


# --- metrics -----------------------------------------------------------------------------------


@pytest.fixture
def telemetry(log: io.StringIO) -> Telemetry:
    return Telemetry()


def sample(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(f"reelbot_{name}", labels)


def test_steps_are_timed(telemetry: Telemetry, log: io.StringIO) -> None:
    telemetry.stepped(run(), Step.RENDER, 0.25)

    assert sample(telemetry, "step_seconds_sum", step="render") == 0.25
    assert "run-1" in log.getvalue()


def test_looks_are_counted_by_provider(telemetry: Telemetry) -> None:
    telemetry.looked(run(), job())

    assert sample(telemetry, "looks_total", provider="studio") == 1


def test_failures_are_counted_by_step_and_code_and_logged_with_their_hint(
    telemetry: Telemetry, log: io.StringIO
) -> None:
    telemetry.failed(run(), Step.CREATE, RateLimited(hint="Ask for a higher limit."))

    assert sample(telemetry, "failures_total", step="create", code="rate_limited") == 1
    assert "The provider asked to slow down." in log.getvalue()
    assert "Ask for a higher limit." in log.getvalue()


def test_an_error_nobody_foresaw_is_internal_and_logged_with_its_traceback(
    telemetry: Telemetry, log: io.StringIO
) -> None:
    try:
        raise KeyError("colour")
    except KeyError as error:
        telemetry.failed(run(), None, error)

    assert sample(telemetry, "failures_total", step="none", code="internal") == 1
    assert "Traceback" in log.getvalue()


def test_waiting_runs_are_counted_by_reason_and_ended_ones_by_outcome(
    telemetry: Telemetry,
) -> None:
    telemetry.parked(run(state=RunState.WAITING, reason=WaitReason.APPROVAL.value))
    telemetry.parked(run(state=RunState.ATTENTION))
    telemetry.parked(run(state=RunState.SUCCEEDED))

    assert sample(telemetry, "parked_total", reason="approval") == 1
    assert sample(telemetry, "parked_total", reason="attention") == 1
    assert sample(telemetry, "runs_total", outcome="succeeded") == 1


@pytest.mark.parametrize("told,counted", [(None, 0.8), (Decimal("0.5"), 0.5), (Decimal(0), 0.0)])
def test_the_video_costs_what_the_provider_says_or_what_was_promised(
    telemetry: Telemetry, told: Decimal | None, counted: float
) -> None:
    made = run(job=job(cost=told), price=Price(video=Decimal("0.8")))

    telemetry.stepped(made, Step.DOWNLOAD, 1)

    assert sample(telemetry, "spend_usd_total", vendor="studio") == counted


def test_posts_are_counted_by_network_and_outcome_with_their_price(telemetry: Telemetry) -> None:
    posted = run(
        price=Price(video=Decimal(0), posts={"x:@reelbot": Decimal("0.015")}),
        deliveries=(
            Delivery(target=CATS, status=DeliveryStatus.DELIVERED, preview=True),
            Delivery(target=REEL, status=DeliveryStatus.DELIVERED, remote_id="1"),
        ),
    )

    telemetry.stepped(posted, Step.PUBLISH, 1)

    assert sample(telemetry, "deliveries_total", network="slack", outcome="previewed") == 1
    assert sample(telemetry, "deliveries_total", network="x", outcome="delivered") == 1
    assert sample(telemetry, "spend_usd_total", vendor="x") == 0.015


def test_what_is_charged_beside_a_post_is_counted_beside_it(telemetry: Telemetry) -> None:
    quoted = quote(PostPrices(), has_link=False, has_alt_text=True)
    known = run(
        price=Price.of(Decimal(0), {str(REEL): quoted}),
        deliveries=(Delivery(target=REEL, status=DeliveryStatus.DELIVERED, remote_id="1"),),
    )

    telemetry.charged(Charge(item=Item.ALT_TEXT, usd=Decimal("0.005"), target=REEL))
    telemetry.stepped(known, Step.PUBLISH, 1)

    assert sample(telemetry, "spend_usd_total", vendor="x") == pytest.approx(0.020)


def test_a_retry_counts_only_what_is_new(telemetry: Telemetry) -> None:
    """A retried run publishes again, but what was delivered stays delivered and paid once."""
    sent = Delivery(target=REEL, status=DeliveryStatus.DELIVERED, cost=Decimal("0.015"))
    failed = Delivery(target=CATS, status=DeliveryStatus.FAILED)
    paid = {"job": job(cost=Decimal(1)), "price": Price(video=Decimal(1))}
    second_try = Delivery(target=CATS, status=DeliveryStatus.DELIVERED)

    for deliveries in [(failed, sent), (second_try, sent)]:
        telemetry.stepped(run(deliveries=deliveries, **paid), Step.DOWNLOAD, 1)
        telemetry.stepped(run(deliveries=deliveries, **paid), Step.PUBLISH, 1)

    assert sample(telemetry, "deliveries_total", network="x", outcome="delivered") == 1
    assert sample(telemetry, "deliveries_total", network="slack", outcome="failed") == 1
    assert sample(telemetry, "deliveries_total", network="slack", outcome="delivered") == 1
    assert sample(telemetry, "spend_usd_total", vendor="x") == 0.015
    assert sample(telemetry, "spend_usd_total", vendor="studio") == 1


def test_ten_thousand_runs_add_no_time_series_and_no_memory(telemetry: Telemetry) -> None:
    def series() -> int:
        return sum(len(m.samples) for m in telemetry.registry.collect())

    def publish(number: int) -> None:
        delivery = Delivery(target=CATS, status=DeliveryStatus.DELIVERED, remote_id=str(number))
        telemetry._count_delivery(run(id=f"run-{number}", deliveries=(delivery,)), delivery)

    publish(0)
    before = series()
    for number in range(1, 10_000):
        publish(number)

    assert series() == before
    assert len(telemetry._counted) == 4096
