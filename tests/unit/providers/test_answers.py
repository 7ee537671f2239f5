import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.video import LONGEST_ID, Derivation, Origin, VideoJob, VideoRequest, VideoStatus
from bot.providers import answers

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
REQUEST = VideoRequest(prompt="a cat", model="sora-2", seconds=4, size="1280x720")
KNOWN = VideoJob(
    provider="p",
    id="video_1",
    model="sora-2",
    seconds=4,
    size="1280x720",
    status=VideoStatus.QUEUED,
    created_at=NOW,
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["completed", "failed", "1e999", "nan", "45%", "4s", "-1", "9" * 400])
)
names = st.text(max_size=5) | st.sampled_from(
    [
        "id",
        "task_id",
        "status",
        "data",
        "error",
        "message",
        "code",
        "detail",
        "seconds",
        "duration",
        "size",
        "progress",
        "created_at",
        "completed_at",
        "expires_at",
        "url",
        "unsigned_urls",
        "usage",
        "cost",
        "prompt",
        "model",
        "has_more",
    ]
)
bodies = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
    max_leaves=20,
)


@settings(deadline=None)
@given(bodies)
def test_no_answer_makes_a_reader_raise(body):
    words = answers.read_words(body)
    assert len(words) <= answers.WORDS
    assert words.isprintable()
    assert not set("<>") & set(words)
    answers.read_page(body, 100)
    if (item := answers.read_item(body)) is not None:
        answers.is_match(item, REQUEST)
        answers.read_duration(item)
        job = answers.read_job(item, KNOWN)
        assert (job.id, job.model, job.created_at) == ("video_1", "sora-2", NOW)
        assert job.progress is None or 0 <= job.progress <= 100
        assert job.seconds >= 1
        assert job.cost is None or job.cost >= 0
        for text in (job.url, job.error and job.error.message, answers.read_id(item)):
            assert text is None or text.encode()


@settings(deadline=None)
@given(st.binary() | bodies.map(lambda body: json.dumps(body).encode()))
def test_no_bytes_make_decoding_raise(content):
    answers.decode(content)


@given(
    st.sampled_from(list(answers._STATUS.items())),
    st.sampled_from([str.upper, str.title, str]),
    st.sampled_from(["_", "-", " "]),
    st.sampled_from(["", " ", "\t"]),
)
def test_a_known_word_is_known_however_it_is_written(known, case, joint, around):
    word, meant = known
    written = around + case(word).replace("_", joint) + around
    assert answers.read_status({"status": written}) is meant


@given(st.datetimes(datetime(1971, 1, 1), datetime(2999, 1, 1)), st.integers(-14, 14))  # noqa: DTZ001
def test_an_instant_is_the_same_however_it_is_written(time, hours):
    instant = time.replace(microsecond=0, tzinfo=UTC)
    elsewhere = instant.astimezone(timezone(timedelta(hours=hours)))
    seconds = int(instant.timestamp())
    for written in (seconds, float(seconds), str(seconds), seconds * 1000, elsewhere.isoformat()):
        if written == seconds * 1000 and seconds * 1000 <= answers.MILLISECONDS:
            continue  # so small a number means seconds
        assert answers.read_time(written) == instant


ids = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=LONGEST_ID)


@given(st.lists(ids, max_size=30, unique=True), st.booleans() | st.none())
def test_a_page_keeps_every_id_in_its_order(found, more):
    found = [each for each in found if each not in {".", ".."}]
    body = {"data": [{"id": each} for each in found]} | ({} if more is None else {"has_more": more})
    page = answers.read_page(json.loads(json.dumps(body)), 10)
    assert page is not None
    assert [answers.read_id(item) for item in page.items] == found
    assert page.more is (len(found) >= 10 if more is None else more)


@given(st.text(max_size=500), st.sampled_from(["error", "detail", "message", "error.message"]))
def test_the_words_of_an_error_are_the_same_wherever_they_stand(words, place):
    body: object = words
    for name in reversed(place.split(".")):
        body = {name: body}
    assert answers.read_words(body) == answers.clean(words, answers.WORDS)


def test_nesting_as_deep_as_json_allows_is_survived():
    answers.decode(b"[" * 100_000)
    body: object = "deep"
    for _ in range(800):
        body = {"error": body}
    assert answers.read_words(body) == ""


@settings(deadline=None)
@given(st.none() | st.text())
def test_no_header_makes_a_reader_raise(value):
    wait = answers.read_retry_after(value, NOW)
    assert wait is None or 0 <= wait <= answers.LONGEST_RETRY_AFTER
    assert (answers.read_poll_after(value) or 0) >= 0


@pytest.mark.parametrize(
    "status,meant",
    [
        ("queued", VideoStatus.QUEUED),
        ("pending", VideoStatus.QUEUED),
        ("submitted", VideoStatus.QUEUED),
        ("in_progress", VideoStatus.IN_PROGRESS),
        ("processing", VideoStatus.IN_PROGRESS),
        ("running", VideoStatus.IN_PROGRESS),
        ("IN-PROGRESS", VideoStatus.IN_PROGRESS),
        ("completed", VideoStatus.COMPLETED),
        ("succeeded", VideoStatus.COMPLETED),
        ("SUCCESS", VideoStatus.COMPLETED),
        (" done ", VideoStatus.COMPLETED),
        ("failed", VideoStatus.FAILED),
        ("error", VideoStatus.FAILED),
        ("rejected", VideoStatus.FAILED),
        ("expired", VideoStatus.FAILED),
        ("cancelled", VideoStatus.CANCELLED),
        ("canceled", VideoStatus.CANCELLED),
        ("deleted", VideoStatus.CANCELLED),
        ("dreaming", VideoStatus.UNKNOWN),
        ("", VideoStatus.UNKNOWN),
        (None, VideoStatus.UNKNOWN),
        (3, VideoStatus.UNKNOWN),
    ],
)
def test_every_known_word_for_a_status_is_understood(status, meant):
    assert answers.read_status({"status": status}) is meant


@pytest.mark.parametrize(
    "field,value,attribute,meant",
    [
        ("seconds", "8", "seconds", 8),
        ("seconds", 8, "seconds", 8),
        ("seconds", 4.04, "seconds", 4),  # SGLang counts frames
        ("duration", "5s", "seconds", 5),
        ("seconds", "many", "seconds", 4),
        ("size", "720x1280", "size", "720x1280"),
        ("size", "720p", "size", "1280x720"),
        ("progress", 45.6, "progress", 46),
        ("progress", "45%", "progress", 45),
        ("progress", 250, "progress", 100),
        ("progress", None, "progress", None),
        ("expires_at", 1798808400, "expires_at", NOW + timedelta(hours=1)),
        ("expires_at", 1798808400000, "expires_at", NOW + timedelta(hours=1)),
        ("expires_at", "2027-01-01T13:00:00Z", "expires_at", NOW + timedelta(hours=1)),
        ("expires_at", "2027-01-01T13:00:00", "expires_at", NOW + timedelta(hours=1)),
        ("expires_at", "tomorrow", "expires_at", None),
        ("url", "https://cdn.test/a.mp4", "url", "https://cdn.test/a.mp4"),
        ("video_url", "https://cdn.test/a.mp4", "url", "https://cdn.test/a.mp4"),
        ("unsigned_urls", ["https://cdn.test/a.mp4"], "url", "https://cdn.test/a.mp4"),
        ("url", "file:///etc/passwd", "url", None),
        ("url", "https://cdn.test/\n", "url", None),
        ("usage", {"cost": 0.25}, "cost", Decimal("0.25")),
        ("usage", {"cost": "0"}, "cost", Decimal(0)),
        ("usage", {"cost": -1}, "cost", None),
        ("usage", 3, "cost", None),
    ],
)
def test_sloppy_fields_are_understood_or_left_as_they_were(field, value, attribute, meant):
    job = answers.read_job({"id": "video_1", "status": "queued", field: value}, KNOWN)
    assert getattr(job, attribute) == meant


@pytest.mark.parametrize(
    "item,code,message",
    [
        (
            {"error": {"code": "moderation_blocked", "message": "No cats."}},
            "moderation_blocked",
            "No cats.",
        ),
        ({"error": {"code": 500, "message": "out of memory"}}, "500", "out of memory"),  # vLLM-Omni
        ({"error": "NSFW"}, "failed", "NSFW"),  # OpenRouter
        ({"status": "expired"}, "expired", "The provider does not say why."),
        ({"error": None, "detail": "boom"}, "failed", "boom"),
        ({"error": {"type": "server_error"}}, "server_error", "The provider does not say why."),
    ],
)
def test_a_failed_job_says_why(item, code, message):
    error = answers.read_job({"status": "failed"} | item, KNOWN).error
    assert error is not None
    assert (error.code, error.message) == (code, message)


def test_a_job_that_goes_on_has_no_error():
    """Gateways show `error: {}` or old words beside a running job."""
    assert answers.read_job({"status": "running", "error": {"message": "x"}}, KNOWN).error is None


@pytest.mark.parametrize(
    "body,words",
    [
        ({"error": {"message": "Bad size."}}, "Bad size."),
        ({"error": "Bad size."}, "Bad size."),
        ({"detail": "Bad size."}, "Bad size."),
        ({"detail": [{"msg": "Bad size.", "loc": ["x"]}, {"msg": "No."}]}, "Bad size.; No."),
        ({"message": "Bad size.", "code": 400}, "Bad size."),
        ("<html><head><style>b{}</style></head><h1>Bad&nbsp;gateway</h1></html>", "Bad gateway"),
        ("Hi <!channel> &lt;@U1&gt; there", "Hi there"),
        ("a\x00b\r\nc\u202e", "a b c"),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_servers_own_words_are_found_and_cleaned(body, words):
    assert answers.read_words(body) == words


def test_long_words_are_cut():
    words = answers.read_words("cat " * 1000)
    assert len(words) == answers.WORDS
    assert words.endswith("…")


@pytest.mark.parametrize(
    "body,job_id",
    [
        ({"id": "video_1"}, "video_1"),
        ({"id": 7}, "7"),
        ({"task_id": "t"}, "t"),
        ({"code": 0, "data": {"task_id": "t"}}, "t"),
        ({"id": "x" * 512}, "x" * 512),
        ({"id": "x" * 513}, None),
        ({"id": ""}, None),
        ({"id": True}, None),
        ({"id": "a\nb"}, None),
        ({"id": ".."}, None),
        ({"id": "\ud800"}, None),
    ],
)
def test_ids_are_opaque_but_bounded(body, job_id):
    item = answers.read_item(body)
    assert item is not None
    assert answers.read_id(item) == job_id


@pytest.mark.parametrize(
    "value,seconds",
    [
        ("7", 7),
        ("0.5", 0.5),
        ("-3", 0),
        ("Fri, 01 Jan 2027 12:00:30 GMT", 30),
        ("Fri, 01 Jan 2027 11:00:00 GMT", 0),
        ("99999999", 86_400),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert answers.read_retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "changed,match",
    [
        ({}, True),
        ({"prompt": " a cat\n"}, True),
        ({"prompt": None}, True),  # LiteLLM drops it
        ({"prompt": "a dog"}, False),
        ({"model": "sora-2-2025-12-08"}, True),
        ({"model": "sora-2-pro"}, False),
        ({"model": None}, True),
        ({"seconds": 4}, True),
        ({"seconds": "8"}, False),
        ({"seconds": None}, True),
        ({"size": "720x1280"}, False),
        ({"size": None}, True),
    ],
)
def test_a_lost_job_is_recognised_by_what_the_listing_shows(changed, match):
    item = {"prompt": "a cat", "model": "sora-2", "seconds": "4", "size": "1280x720"}
    assert answers.is_match(item | changed, REQUEST) is match


@pytest.mark.parametrize(
    "parent,of,match",
    [("v", "v", True), ("w", "v", False), (None, "v", True), ("v", None, False), ("", None, True)],
)
def test_a_lost_remix_is_recognised_by_its_parent_where_it_is_told(parent, of, match):
    origin = of and Origin(how=Derivation.REMIX, video_id=of, run_id="r")
    item = {"prompt": "a cat", "remixed_from_video_id": parent}
    assert answers.is_match(item, replace(REQUEST, origin=origin or None)) is match


@pytest.mark.parametrize(
    "body,ids,more",
    [
        ({"data": [{"id": "a"}], "has_more": True}, ["a"], True),
        ({"data": [{"id": "a"}], "has_more": False}, ["a"], False),
        ({"data": [{"id": "a"}, {"id": "b"}]}, ["a", "b"], True),
        ({"data": [{"id": "a"}]}, ["a"], False),
        ({"data": [{"id": "a"}, None, 3, {}], "has_more": "no"}, ["a"], True),
    ],
)
def test_a_page_without_has_more_has_more_when_it_is_full(body, ids, more):
    page = answers.read_page(body, 2)
    assert page is not None
    assert [item["id"] for item in page.items] == ids
    assert page.more is more


@pytest.mark.parametrize("body", [None, [], "x", {}, {"data": {}}, {"data": None}])
def test_what_is_no_listing_is_none(body):
    assert answers.read_page(body, 2) is None
