"""Logs and metrics: what operators see of the bot.

`app` configures logging once and hands a `Telemetry` to the pipeline. No log line
leaves without passing `redact`, those of foreign libraries included, and no
metric has a label whose values could grow without end.
"""

import logging
import re
import sys
from collections import OrderedDict
from typing import TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.domain.budget import Charge
from bot.domain.post import Delivery, DeliveryStatus
from bot.domain.run import Run, RunState, Step
from bot.domain.video import VideoJob
from bot.errors import BotError

#: They report every request and every wake-up, some with its signature and what was signed; only
#: what is wrong is worth a line.
_CHATTY = (
    "aiohttp",
    "aiosqlite",
    "alembic",
    "apscheduler",
    "httpcore",
    "httpx",
    "oauthlib",
    "requests_oauthlib",
    "slack_bolt",
    "slack_sdk",
    "tweepy",
    "urllib3",
    "uvicorn",
)

#: What a secret looks like, and what is left of it.
_SECRETS = [
    (re.compile(r"\b(xox[a-z](?:\.xox[a-z])?|xapp|sk)-[\w-]{4,}"), r"\1-***"),
    (re.compile(r"\bwhsec_[\w+/=]+"), "whsec_***"),
    (re.compile(r"\b(bearer) +[\w.~+/%=-]{4,}", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"""\b(oauth_\w+)(\\?["']?\s*[=:]\s*\\?["']?)[^\s"'&,\\]+"""), r"\1\2***"),
    (re.compile(r"\b(authorization\W{1,5}basic) +[\w+/=-]{4,}", re.IGNORECASE), r"\1 ***"),
    (
        re.compile(
            r"""\b((?:access|refresh)_token|client_secret|code_verifier)"""
            r"""(\\?["']?\s*[=:]\s*\\?["']?)[^\s"'&,\\]+"""
        ),
        r"\1\2***",
    ),
    (re.compile(r"""(://[^\s/:@"']*:)[^\s/"']+@"""), r"\1***@"),
    # Whoever has one of these may answer, upload or listen as the bot.
    (re.compile(r"""(//(?:hooks|files)\.slack\.com/)[^\s"'\\]+"""), r"\1***"),
    (re.compile(r"""(//wss[\w.-]*\.slack\.com/)[^\s"'\\]+"""), r"\1***"),
    (
        re.compile(
            r"""([?&][\w-]*(?:token|secret|ticket|signature|sig|key|password)=)[^\s&"'\\]+""",
            re.IGNORECASE,
        ),
        r"\1***",
    ),
]

#: From a database write to a slow render; seconds.
_STEP_BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
#: Things counted lately, so that a retried run does not count them again.
_REMEMBERED = 4096


def redact(text: str) -> str:
    """Return *text* with everything that looks like a secret replaced by `***`."""
    for pattern, left in _SECRETS:
        text = pattern.sub(left, text)
    return text


def configure_logging(log_format: str, level: str, stream: TextIO | None = None) -> None:
    """Send all logs to *stream* (standard error) as `console` or `json`. Repeatable."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                _renderer(log_format, colors=stream.isatty()),
                _redact_line,
            ],
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.root.level, logging.WARNING))


def _renderer(log_format: str, *, colors: bool) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=colors, exception_formatter=structlog.dev.plain_traceback
    )


def _redact_line(_logger: WrappedLogger, _method: str, line: EventDict | str) -> str:
    """Redact the finished line: by then nothing can hide in a nested value or a traceback."""
    return redact(str(line))


class Telemetry:
    """The Observer: one log line and one metric for everything the pipeline reports."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._runs = self._counter("runs", "Runs that ended", "outcome")
        self._parked = self._counter("parked", "Times a run began to wait", "reason")
        self._looks = self._counter("looks", "Times a provider was asked about a job", "provider")
        self._failures = self._counter("failures", "Errors raised by steps", "step", "code")
        self._deliveries = self._counter("deliveries", "Settled posts", "network", "outcome")
        self._spend = self._counter("spend_usd", "Money spent, USD", "vendor")
        self._webhooks = self._counter("webhooks", "Webhooks that came in", "outcome")
        self._steps = Histogram(
            "reelbot_step_seconds",
            "Duration of steps that gave their result",
            ["step"],
            buckets=_STEP_BUCKETS,
            registry=self.registry,
        )
        self._counted: OrderedDict[tuple[str, ...], None] = OrderedDict()
        self._log = structlog.get_logger("reelbot")

    def stepped(self, run: Run, step: Step, seconds: float) -> None:
        """*step* has a result; it took *seconds*."""
        self._steps.labels(step).observe(seconds)
        self._log.info("step done", run=run.id, step=step.value, seconds=round(seconds, 3))
        if step is Step.DOWNLOAD:
            self._count_video(run)
        elif step is Step.PUBLISH:
            for delivery in run.deliveries:
                self._count_delivery(run, delivery)

    def looked(self, run: Run, job: VideoJob) -> None:
        """The provider was asked about *job*."""
        self._looks.labels(job.provider).inc()
        self._log.debug(
            "looked", run=run.id, job=job.id, status=job.status.value, progress=job.progress
        )

    def parked(self, run: Run) -> None:
        """*run* waits, needs attention, or is over."""
        if run.state.is_terminal:
            self._runs.labels(run.state.value).inc()
            self._log.info("run ended", run=run.id, outcome=run.state.value, reason=run.reason)
            return
        needs_person = run.state is RunState.ATTENTION
        reason = RunState.ATTENTION.value if needs_person else str(run.reason)
        self._parked.labels(reason).inc()
        self._log.log(
            logging.WARNING if needs_person else logging.INFO,
            "run waits",
            run=run.id,
            reason=reason,
            until=run.wake_at and run.wake_at.isoformat(),
        )

    def failed(self, run: Run, step: Step | None, error: BotError | Exception) -> None:
        """*step* raised *error*; the runner decides what comes of it."""
        at = step.value if step else "none"
        if isinstance(error, BotError):
            code = error.code
            self._log.warning(str(error), run=run.id, step=at, code=code, hint=error.hint)
        else:
            code = "internal"
            self._log.error("internal error", run=run.id, step=at, code=code, exc_info=error)
        self._failures.labels(at, code).inc()

    def charged(self, charge: Charge) -> None:
        """A network has charged for something beside a post."""
        self._spend.labels(charge.target.network).inc(float(charge.usd))

    def hooked(self, outcome: str) -> None:
        """A webhook came in, and *outcome* became of it."""
        self._webhooks.labels(outcome).inc()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"reelbot_{name}", text, labels, registry=self.registry)

    def _count_video(self, run: Run) -> None:
        if run.job and run.price and self._first_time(run.id, run.job.id):
            cost = run.price.video if run.job.cost is None else run.job.cost
            self._spend.labels(run.job.provider).inc(float(cost))

    def _count_delivery(self, run: Run, delivery: Delivery) -> None:
        target, status = delivery.target, delivery.status
        if not self._first_time(run.id, str(target), status, delivery.remote_id or ""):
            return
        delivered = status is DeliveryStatus.DELIVERED
        outcome = "previewed" if delivered and delivery.preview else status.value
        self._deliveries.labels(target.network, outcome).inc()
        promised = run.price.sent(str(target)) if run.price else 0
        if delivered:
            cost = promised if delivery.cost is None else delivery.cost
            self._spend.labels(target.network).inc(float(cost))

    def _first_time(self, *key: str) -> bool:
        if key in self._counted:
            return False
        self._counted[key] = None
        if len(self._counted) > _REMEMBERED:
            self._counted.popitem(last=False)
        return True
