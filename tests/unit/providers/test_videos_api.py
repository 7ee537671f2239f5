"""The client against real sockets, and against a server that fails on demand."""

import asyncio
import logging
import statistics
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from bot.domain.video import (
    Capabilities,
    Derivation,
    Model,
    Origin,
    Variant,
    VideoRequest,
    VideoStatus,
)
from bot.errors import (
    AmbiguousCreate,
    Expired,
    NotReady,
    ProviderError,
    RateLimited,
    Rejected,
    RequestError,
    Truncated,
    Unauthorized,
    Unavailable,
    Unusable,
)
from bot.providers.pace import Pace
from bot.providers.videos_api import VideosApiProvider
from tests.clock import FakeClock
from tests.fake_videos_api import (
    DIALECTS,
    JPEG,
    MISSED,
    MP4,
    Cut,
    Dialect,
    FakeVideosApi,
    Hang,
    Reset,
    Status,
)

#: Made once: it takes longer than all the rest of a test.
TLS = httpx.create_ssl_context()
KEY = "sk-secret-do-not-show"
CAPABILITIES = Capabilities(
    models={
        "m": Model(
            name="m",
            sizes=("1280x720", "720x1280"),
            seconds=(4, 8),
            usd_per_second=Decimal("0.10"),
        ),
        "unpriced": Model(name="unpriced", sizes=("1280x720",), seconds=(4,), usd_per_second=None),
    },
    variants=frozenset(Variant),
    reference=True,
    find_is_authoritative=True,
)
WHOLE = replace(CAPABILITIES, derivations=frozenset(Derivation), characters=True, delete=True)
REQUEST = VideoRequest(prompt="a cat", model="m", seconds=4, size="1280x720")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def api(clock):
    return FakeVideosApi(clock, seconds_to_finish=90)


@asynccontextmanager
async def over_sockets(api, **options):
    """Yield a provider that talks to *api* through loopback."""
    async with api.serving() as url, provider_at(url, api.clock, **options) as provider:
        yield provider


@asynccontextmanager
async def provider_at(url, clock, *, patience=5.0, transport=None, **options):
    options = {"capabilities": CAPABILITIES} | options
    headers = {"authorization": f"Bearer {KEY}"}
    timeout = httpx.Timeout(5.0, read=patience)  # a busy machine is slow to connect
    async with httpx.AsyncClient(
        base_url=url, headers=headers, timeout=timeout, transport=transport, verify=TLS
    ) as client:
        yield VideosApiProvider("p", client=client, clock=clock, **options)


@asynccontextmanager
async def in_memory(api, **options):
    transport = httpx.ASGITransport(app=api)
    async with provider_at("http://p.test/v1", api.clock, transport=transport, **options) as p:
        yield p


async def to_the_end(provider, job):
    """Return every observation of *job*."""
    async with provider._clock.auto(), aclosing(provider.watch(job)) as looks:
        return [observation async for observation in looks]


async def fetch(provider, job, variant=Variant.VIDEO):
    async with provider._clock.auto(), aclosing(provider.download(job, variant)) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def finished(provider, api):
    job = await provider.create(REQUEST)
    await api.clock.advance(api.seconds_to_finish)
    return replace(job, status=VideoStatus.COMPLETED)


# --- estimate -----------------------------------------------------------------------------------


async def test_the_price_is_seconds_times_the_models_price(api):
    async with in_memory(api) as provider:
        assert provider.estimate(replace(REQUEST, seconds=8)) == Decimal("0.80")


@pytest.mark.parametrize(
    "changed,hint",
    [
        ({"model": "sora-9"}, "m, unpriced"),
        ({"size": "1x1"}, "1280x720, 720x1280"),
        ({"seconds": 5}, "4, 8"),
        ({"model": "unpriced"}, "price per second"),
    ],
)
async def test_what_the_model_cannot_do_or_has_no_price_is_refused(api, changed, hint):
    async with in_memory(api) as provider:
        with pytest.raises(RequestError) as refused:
            provider.estimate(replace(REQUEST, **changed))
    assert hint in refused.value.hint


async def test_a_reference_is_refused_where_the_server_takes_none(api):
    capabilities = replace(CAPABILITIES, reference=False)
    async with in_memory(api, capabilities=capabilities) as provider:
        with pytest.raises(RequestError):
            provider.estimate(replace(REQUEST, reference="cat.png"))


# --- create: what went over the wire ------------------------------------------------------------


async def test_a_create_is_json_with_seconds_as_a_string(api):
    async with over_sockets(api) as provider:
        job = await provider.create(REQUEST)
    (made,) = api.jobs
    assert (made.prompt, made.model, made.seconds, made.size) == ("a cat", "m", "4", "1280x720")
    assert (job.id, job.provider, job.status) == (made.id, "p", VideoStatus.QUEUED)
    assert api.log[0].request.headers["content-type"] == "application/json"


async def test_a_server_that_reads_forms_only_gets_one_and_is_remembered(api):
    """vLLM-Omni misses the prompt in what it does not read, and so has surely made nothing."""
    api.dialect = DIALECTS["vllm-omni"]
    async with over_sockets(api) as provider:
        await provider.create(REQUEST)
        await provider.create(replace(REQUEST, prompt="a dog", characters=("c1",)))
    assert [job.prompt for job in api.jobs] == ["a cat", "a dog"]
    assert (api.jobs[0].seconds, api.jobs[0].reference) == ("4", None)
    assert api.jobs[1].characters == ("c1",)
    assert [e.request.headers["content-type"].split(";")[0] for e in api.log] == [
        "application/json",
        *["multipart/form-data"] * 2,
    ]


async def test_a_gateway_that_fails_in_plain_text_says_so_and_is_asked_once(api):
    """LiteLLM answers a missing key so."""
    api.fail("create", Status(500, "Internal Server Error: No api key passed in."), times=9)
    async with over_sockets(api) as provider:
        with pytest.raises(AmbiguousCreate, match="No api key passed in"):
            await provider.create(REQUEST)
    assert len(api.log) == 1


async def test_a_form_whose_answer_is_lost_may_have_made_a_job(api):
    api.fail("create", Status(422, {"detail": [MISSED]}))
    api.fail("create", Reset(), jobs=1)
    async with over_sockets(api) as provider:
        with pytest.raises(AmbiguousCreate):
            await provider.create(REQUEST)
    assert len(api.log) == 2


@pytest.mark.parametrize("status", [400, 422])
async def test_a_prompt_that_goes_unread_in_a_form_too_is_refused(api, status):
    api.fail("create", Status(status, {"detail": [MISSED]}), times=9)
    async with over_sockets(api) as provider:
        with pytest.raises(Rejected):
            await provider.create(REQUEST)
    assert len(api.log) == 2


@pytest.mark.parametrize(
    "kind,sent_as", [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/jpeg")]
)
async def test_a_reference_image_goes_as_a_file_of_the_videos_size(api, tmp_path, kind, sent_as):
    path = tmp_path / "cat.bin"
    Image.new("RGB", (16, 9)).save(path, kind)
    async with over_sockets(api) as provider:
        await provider.create(replace(REQUEST, reference=str(path), characters=("char_1", "c2")))
    (made,) = api.jobs
    assert made.reference is not None
    assert made.reference[1] == sent_as
    assert (made.seconds, made.characters) == ("4", ("char_1", "c2"))
    assert api.log[0].request.headers["content-type"].startswith("multipart/form-data")


@pytest.mark.parametrize("content", [b"GIF89a", b"", None])
async def test_a_reference_that_is_no_such_image_is_refused_before_anything_is_sent(
    api, tmp_path, content
):
    path = tmp_path / "cat.png"
    if content is not None:
        path.write_bytes(content)
    async with in_memory(api) as provider:
        with pytest.raises(RequestError):
            await provider.create(replace(REQUEST, reference=str(path)))
    assert api.log == []


ORIGIN = Origin(how=Derivation.REMIX, video_id="video_000000", run_id="r", seconds=4)


def derived(how, **changes):
    return replace(REQUEST, prompt="at dusk", origin=replace(ORIGIN, how=how), **changes)


@pytest.mark.parametrize(
    "how,seconds,path,body",
    [
        (Derivation.REMIX, 4, "/v1/videos/video_000000/remix", {}),
        (Derivation.EDIT, 4, "/v1/videos/edits", {"video": {"id": "video_000000"}}),
        (
            Derivation.EXTENSION,
            12,
            "/v1/videos/extensions",
            {"video": {"id": "video_000000"}, "seconds": "8"},  # what is added, as a string
        ),
    ],
)
async def test_what_grows_out_of_a_video_is_asked_of_its_own_endpoint(
    api, how, seconds, path, body
):
    api.add()
    async with over_sockets(api, capabilities=WHOLE) as provider:
        job = await provider.create(derived(how, seconds=seconds))
    (entry,) = api.log
    assert (entry.request.method, entry.request.url.path) == ("POST", path)
    assert api.jobs[-1].asked == {"prompt": "at dusk"} | body
    assert api.jobs[-1].how == how
    assert (job.id, job.seconds) == ("video_000001", seconds)


async def test_an_opaque_id_is_quoted_wherever_it_goes(clock):
    asked = []

    def answer(request):
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json={"id": "v", "name": "Luna"})

    transport = httpx.MockTransport(answer)
    awkward = "a/b?c#d é%2F" + "x" * 490
    async with provider_at(
        "http://p.test/v1", clock, transport=transport, capabilities=WHOLE
    ) as provider:
        job = provider._first(REQUEST, awkward, clock.now())
        request = derived(Derivation.REMIX)
        await provider.create(replace(request, origin=replace(ORIGIN, video_id=awkward)))
        await provider.delete(job)
        await provider.character_name(awkward)
    quoted = quote(awkward, safe="")
    assert asked == [
        f"/v1/videos/{quoted}/remix",
        f"/v1/videos/{quoted}",
        f"/v1/videos/characters/{quoted}",
    ]


@pytest.mark.parametrize("how", Derivation)
@pytest.mark.parametrize("fault", [Status(503), Reset(), Status(200, {})])
async def test_a_lost_derivation_may_have_made_a_job(api, how, fault):
    api.fail("create", fault)
    async with over_sockets(api, capabilities=WHOLE) as provider:
        with pytest.raises(AmbiguousCreate):
            await provider.create(derived(how, seconds=8))
    assert len(api.log) == 1


@pytest.mark.parametrize("how", Derivation)
async def test_a_video_that_is_gone_cannot_be_taken_further(api, how):
    async with over_sockets(api, capabilities=WHOLE) as provider:
        with pytest.raises(Rejected) as refused:
            await provider.create(derived(how, seconds=8))
    assert "no longer has the video" in refused.value.hint
    assert api.jobs == []


async def test_characters_are_named_in_a_create(api):
    async with over_sockets(api, capabilities=WHOLE) as provider:
        await provider.create(replace(REQUEST, characters=("char_1", "char_2")))
    assert api.jobs[0].characters == ("char_1", "char_2")
    assert api.log[0].request.headers["content-type"] == "application/json"


# --- create: what may have happened -------------------------------------------------------------


@asynccontextmanager
async def listening(behave):
    """Yield the base URL of a raw server that treats each connection so."""
    writers = []

    async def serve(reader, writer):
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await behave(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1")
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def _reset(reader, writer):
    await reader.read(100)
    writer.transport.abort()


async def _close_before_reading(reader, writer):
    writer.close()


async def _close_without_a_word(reader, writer):
    await reader.readuntil(b"}")
    writer.close()


async def _hang(reader, writer):
    while await reader.read(1000):
        pass
    writer.close()


async def _half_a_status_line(reader, writer):
    await reader.readuntil(b"}")
    writer.write(b"HTTP/1.1 20")
    writer.close()


async def _half_a_body(reader, writer):
    await reader.readuntil(b"}")
    writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"id": "vid')
    writer.close()


async def _not_http(reader, writer):
    await reader.readuntil(b"}")
    writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
    writer.close()


@pytest.mark.parametrize(
    "behave",
    [
        _reset,
        _close_before_reading,
        _close_without_a_word,
        _hang,
        _half_a_status_line,
        _half_a_body,
        _not_http,
    ],
)
async def test_a_lost_answer_may_have_made_a_job(clock, behave):
    async with listening(behave) as url, provider_at(url, clock, patience=0.2) as provider:
        with pytest.raises(AmbiguousCreate) as lost:
            await provider.create(REQUEST)
    assert lost.value.ambiguous
    assert KEY not in str(lost.value)


async def test_a_refused_connection_surely_made_none(clock):
    async with listening(_reset) as url:
        pass
    async with provider_at(url, clock) as provider:
        with pytest.raises(Unavailable):
            await provider.create(REQUEST)


async def test_a_name_that_does_not_exist_surely_made_none(clock):
    async with provider_at("http://no-such-host.invalid/v1", clock) as provider:
        with pytest.raises(Unavailable):
            await provider.create(REQUEST)


async def test_a_connection_never_got_surely_made_none(clock):
    """Every connection of the pool is busy: the request has not left."""
    limits = httpx.Limits(max_connections=1)
    timeout = httpx.Timeout(5.0, pool=0.05)
    async with (
        listening(_hang) as url,
        httpx.AsyncClient(base_url=url, limits=limits, timeout=timeout, verify=TLS) as client,
    ):
        provider = VideosApiProvider("p", client=client, clock=clock, capabilities=CAPABILITIES)
        busy = asyncio.create_task(client.get("busy"))
        await clock.idle()
        with pytest.raises(Unavailable):
            await provider.create(REQUEST)
        busy.cancel()


@pytest.mark.parametrize("status", [302, 303, 408, 409, 425, 500, 501, 502, 503, 504, 520, 599])
async def test_these_statuses_may_have_made_a_job(api, status):
    api.fail("create", Status(status, "<h1>Oops</h1>", {"retry-after": "5"}), jobs=1)
    async with over_sockets(api) as provider:
        with pytest.raises(AmbiguousCreate):
            await provider.create(REQUEST)


@pytest.mark.parametrize(
    "body", ["", "<html>Welcome</html>", "{", [], {}, {"error": {"message": "no"}}, {"id": None}]
)
async def test_a_success_without_a_job_may_have_made_one(api, body):
    api.fail("create", Status(200, body), jobs=1)
    async with over_sockets(api) as provider:
        with pytest.raises(AmbiguousCreate):
            await provider.create(REQUEST)


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_a_sparse_success_is_a_job(api, status):
    api.fail("create", Status(status, {"id": "v"}), jobs=1)
    async with over_sockets(api) as provider:
        job = await provider.create(REQUEST)
    assert (job.id, job.model, job.seconds, job.size) == ("v", "m", 4, "1280x720")
    assert not job.status.is_terminal


@pytest.mark.parametrize("status", [301, 307, 400, 402, 404, 405, 410, 413, 415, 422])
async def test_these_statuses_surely_made_none_and_never_will(api, status):
    api.fail("create", Status(status, {"error": {"message": "<b>Bad</b> size " + "x" * 999}}))
    async with over_sockets(api) as provider:
        with pytest.raises(Rejected) as refused:
            await provider.create(REQUEST)
    assert "Bad size" in str(refused.value)
    assert "<b>" not in str(refused.value)
    assert len(str(refused.value)) < 350
    assert refused.value.hint


@pytest.mark.parametrize(
    "status,words,hint",
    [
        (400, "Blocked by our moderation system.", "prompt"),
        (404, "The model has been shut down.", "another model"),
        (410, "", "another model"),
        (404, "model not found", "name of the model"),
        (400, "The model `sora-9` does not exist.", "name of the model"),
        (404, "Not Found", "base URL"),
        (402, "", "credit"),
        (429, "You exceeded your quota: check your plan and billing details.", "credit"),
    ],
)
async def test_the_hint_says_what_to_change(api, status, words, hint):
    api.fail("create", Status(status, {"error": {"message": words}}))
    async with over_sockets(api) as provider:
        with pytest.raises(Rejected) as refused:
            await provider.create(REQUEST)
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    "code,hint",
    [
        ("moderation_blocked", "prompt"),
        ("model_not_found", "name of the model"),
        ("insufficient_quota", "credit"),
    ],
)
async def test_a_code_says_what_to_change_when_the_words_do_not(api, code, hint):
    api.fail("create", Status(400, {"error": {"message": "No.", "code": code}}))
    async with over_sockets(api) as provider:
        with pytest.raises(Rejected) as refused:
            await provider.create(REQUEST)
    assert hint in refused.value.hint


async def test_an_organization_that_is_not_verified_is_told_so(api):
    words = "Your organization must be verified to use the model `sora-2`."
    api.fail("create", Status(403, {"error": {"message": words}}))
    async with over_sockets(api, key_name="REELBOT_KEY") as provider:
        with pytest.raises(Unauthorized) as refused:
            await provider.create(REQUEST)
    assert refused.value.hint.startswith("Verify your organization")


@pytest.mark.parametrize(
    "fault,error",
    [
        (Status(401), Unauthorized),
        (Status(403), Unauthorized),
        (
            Status(404, {"error": {"message": "No such model.", "code": "model_not_found"}}),
            Rejected,
        ),
        (Status(410, {"error": {"message": "The Videos API has been shut down."}}), Rejected),
        (Status(429), RateLimited),
        (Status(503), AmbiguousCreate),
        (Reset(), AmbiguousCreate),
    ],
)
async def test_a_refused_create_is_one_request(api, fault, error):
    api.fail("any", fault, times=9)
    async with over_sockets(api) as provider:
        with pytest.raises(error) as refused:
            await provider.create(REQUEST)
        assert refused.value.retryable is (error is RateLimited)
    assert len(api.log) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_refused_while_many_jobs_are_watched_is_one_request(api, status):
    api.fail("any", Status(status), times=99)
    jobs = [api.add() for _ in range(60)]
    async with in_memory(api) as provider:
        watched = [provider._first(REQUEST, job.id, api.clock.now()) for job in jobs]
        async with api.clock.auto():
            ends = await asyncio.gather(
                *(_last(provider, job) for job in watched), return_exceptions=True
            )
    assert {type(end) for end in ends} == {Unauthorized}
    assert len(api.log) == 1


async def test_a_server_that_asks_for_silence_gets_it_from_every_job(api, clock):
    api.fail("any", Status(429, headers={"retry-after": "120"}))
    jobs = [api.add() for _ in range(60)]
    async with in_memory(api) as provider:
        watched = [provider._first(REQUEST, job.id, clock.now()) for job in jobs]
        watched = [
            replace(job, look_again_at=clock.now() + timedelta(seconds=number))
            for number, job in enumerate(watched)
        ]
        async with clock.auto():
            await asyncio.gather(*(_last(provider, job) for job in watched))
    first, second, *_ = [(entry.at - clock.start).total_seconds() for entry in api.log]
    assert first == 0
    assert second >= 120


@pytest.mark.parametrize(
    "header,wait", [("7", 7), ("Fri, 01 Jan 2027 12:01:00 GMT", 60), ("soon", None), (None, None)]
)
async def test_a_busy_server_says_how_long_to_wait(api, header, wait):
    api.fail("create", Status(429, headers={"retry-after": header} if header else {}))
    async with over_sockets(api) as provider:
        with pytest.raises(RateLimited) as busy:
            await provider.create(REQUEST)
    assert busy.value.retry_after == wait
    assert api.count("create") == 1


async def test_a_refused_key_names_its_setting_and_never_shows_the_key(api, caplog):
    api.key = "another"
    caplog.set_level(logging.DEBUG)
    async with over_sockets(api, key_name="REELBOT_KEY") as provider:
        with pytest.raises(Unauthorized) as refused:
            await provider.create(REQUEST)
    assert "REELBOT_KEY" in refused.value.hint
    assert KEY not in f"{refused.value} {refused.value.hint} {caplog.text}"
    assert api.jobs == []


# --- find ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [0, 1, 2])
async def test_a_lost_create_is_found_as_often_as_it_happened(api, clock, jobs):
    since = clock.now()
    api.fail("create", Reset(), jobs=jobs)
    async with over_sockets(api) as provider:
        with pytest.raises(AmbiguousCreate):
            await provider.create(REQUEST)
        found = await provider.find(REQUEST, since=since, claimed=())
    assert [job.id for job in found] == [job.id for job in reversed(api.jobs)]
    assert len(found) == jobs


async def test_a_job_that_appears_after_the_client_gave_up_is_found(api, clock):
    since = clock.now()
    api.fail("create", Hang(), jobs=1, after=30)
    async with over_sockets(api, patience=0.1) as provider:
        with pytest.raises(AmbiguousCreate):
            await provider.create(REQUEST)
        assert await provider.find(REQUEST, since=since, claimed=()) == []
        await clock.advance(30)
        assert len(await provider.find(REQUEST, since=since, claimed=())) == 1


async def test_others_jobs_are_left_out(api, clock):
    ours = api.add()
    claimed = api.add()
    api.add(prompt="a dog")
    api.add(size="720x1280")
    api.add(seconds="8")
    api.add(model="n")
    api.add(ago=61)
    async with in_memory(api) as provider:
        found = await provider.find(REQUEST, since=clock.now(), claimed={claimed.id})
    assert [job.id for job in found] == [ours.id]


async def test_a_server_whose_clock_is_behind_ours_still_shows_the_job(api, clock):
    ours = api.add(ago=59)
    async with in_memory(api) as provider:
        found = await provider.find(REQUEST, since=clock.now(), claimed=())
    assert [job.id for job in found] == [ours.id]


async def test_a_listing_ends_with_an_empty_page_whatever_it_says(api, clock):
    api.fail("list", Status(200, {"data": [], "has_more": True}))
    async with in_memory(api) as provider:
        assert await provider.find(REQUEST, since=clock.now(), claimed=()) == []


async def test_finding_pages_back_to_the_instant_of_the_create_and_no_further(api, clock):
    ours = api.add(ago=1000)
    for age in range(999, 0, -2):
        api.add(prompt="a dog", ago=age)
    for age in range(5000, 1100, -10):
        api.add(prompt="a dog", ago=age)
    since = clock.now() - timedelta(seconds=1000)
    async with in_memory(api) as provider:
        found = await provider.find(REQUEST, since=since, claimed=())
    assert [job.id for job in found] == [ours.id]
    assert api.count("list") == 6


async def test_a_listing_in_another_order_is_read_to_its_end(api, clock):
    """A server that ignores `order` must not make a paid job invisible."""
    old = [{"id": f"old{n}", "created_at": n, "prompt": "a dog"} for n in range(4)]
    ours = {"id": "ours", "created_at": clock.now().timestamp(), "prompt": "a cat"}
    api.fail("list", Status(200, {"data": old[:2], "has_more": True}))
    api.fail("list", Status(200, {"data": [old[2], ours, old[3]], "has_more": False}))
    async with in_memory(api) as provider:
        found = await provider.find(REQUEST, since=clock.now(), claimed=())
    assert [job.id for job in found] == ["ours"]


async def test_a_listing_that_repeats_itself_proves_nothing(api, clock):
    items = [{"id": "a", "prompt": "a dog", "created_at": clock.now().timestamp()}]
    api.fail("list", Status(200, {"data": items, "has_more": True}), times=5)
    async with in_memory(api) as provider:
        with pytest.raises(ProviderError):
            await provider.find(REQUEST, since=clock.now(), claimed=())


@pytest.mark.parametrize("status", [400, 404, 405, 501])
async def test_without_a_listing_nothing_is_found_nor_proved(api, clock, status):
    api.fail("list", Status(status), times=2)
    shy = replace(CAPABILITIES, find_is_authoritative=False)
    async with in_memory(api, capabilities=shy) as provider:
        assert not await provider.find(REQUEST, since=clock.now(), claimed=())
    async with in_memory(api) as provider:
        with pytest.raises(ProviderError) as missing:
            await provider.find(REQUEST, since=clock.now(), claimed=())
    assert not missing.value.retryable


@pytest.mark.parametrize(
    "fault", [Status(500), Status(503), Status(200, "<html>"), Reset(), Hang(), Cut(10)]
)
async def test_a_listing_out_of_reach_may_be_asked_again(api, clock, fault):
    api.fail("list", fault)
    async with over_sockets(api, patience=0.1 if fault == Hang() else 5.0) as provider:
        with pytest.raises(Unavailable):
            await provider.find(REQUEST, since=clock.now(), claimed=())


async def test_a_listing_that_lags_shows_the_job_later(api, clock):
    api.listing_lag = 20
    async with in_memory(api) as provider:
        await provider.create(REQUEST)
        since = clock.now()
        assert await provider.find(REQUEST, since=since, claimed=()) == []
        await clock.advance(20)
        assert len(await provider.find(REQUEST, since=since, claimed=())) == 1


async def test_a_lost_remix_is_not_taken_for_one_of_another_video(api, clock):
    parents = [api.add(ago=500, prompt="old").id for _ in range(2)]
    async with in_memory(api, capabilities=WHOLE) as provider:
        made = {}
        for parent in parents:
            origin = replace(ORIGIN, video_id=parent)
            made[parent] = replace(derived(Derivation.REMIX), origin=origin)
            await provider.create(made[parent])
        since = clock.now()
        for number, parent in enumerate(parents):
            found = await provider.find(made[parent], since=since, claimed=())
            assert [job.id for job in found] == [f"video_{number + 2:06d}"]
        plain = replace(REQUEST, prompt="at dusk")
        assert await provider.find(plain, since=since, claimed=()) == []


async def test_a_parent_by_another_id_proves_nothing(api, clock):
    """LiteLLM names the parent of a remix by the id behind its own."""
    parent = api.add(ago=500, prompt="old").id
    named = {"remixed_from_video_id": "the-id-upstream"}
    api.dialect = Dialect(video=lambda video, base: video | named)
    remix = derived(Derivation.REMIX)
    async with in_memory(api, capabilities=WHOLE) as provider:
        job = await provider.create(replace(remix, origin=replace(ORIGIN, video_id=parent)))
        with pytest.raises(ProviderError) as doubt:
            await provider.find(remix, since=clock.now(), claimed=())
        assert not doubt.value.retryable
        assert await provider.find(remix, since=clock.now(), claimed={job.id}) == []


# --- list, delete, characters -------------------------------------------------------------------


async def ids(listing):
    return [job.id async for job in listing]


async def test_the_listing_is_walked_in_the_order_and_as_far_as_asked(api):
    made = [api.add(ago=1000 - n).id for n in range(250)]
    async with in_memory(api) as provider:
        assert await ids(provider.list()) == made[::-1]
        assert api.count("list") == 3
        assert await ids(provider.list(order="asc", limit=120)) == made[:120]
        assert await ids(provider.list(after=made[2])) == [made[1], made[0]]
        before = len(api.log)
        assert await ids(provider.list(limit=7)) == made[:-8:-1]
    assert [entry.request.query_params["limit"] for entry in api.log[before:]] == ["7"]


async def test_the_listing_may_be_left_at_any_yield(api):
    for n in range(250):
        api.add(ago=n)
    async with in_memory(api) as provider, aclosing(provider.list()) as listing:
        await anext(listing)
    assert api.count("list") == 1


async def test_a_page_behind_an_id_that_is_gone_does_not_end_the_listing(api, clock):
    """The server is asked for pages again: only the first one tells that there are none."""
    jobs = [api.add() for _ in range(150)]
    async with in_memory(api) as provider:
        watched = [provider._first(REQUEST, job.id, clock.now()) for job in jobs]
        api.fail("any", Cut(10**9))  # the first page comes as it is
        api.fail("any", Status(400))
        async with clock.auto():
            await asyncio.gather(*(_last(provider, job) for job in watched))
    assert api.count("list") > 3


@pytest.mark.parametrize("status", [400, 404, 405, 501])
async def test_no_listing_is_said_so(api, status):
    api.fail("list", Status(status))
    async with in_memory(api) as provider:
        with pytest.raises(Rejected) as missing:
            await ids(provider.list())
    assert "no listing" in str(missing.value)


async def test_a_finished_video_is_deleted_and_may_be_again(api, clock):
    async with over_sockets(api) as provider:
        job = await finished(provider, api)
        await provider.delete(job)
        await provider.delete(job)
    assert api.jobs == []


async def test_a_video_that_is_being_made_is_not_deleted(api):
    async with over_sockets(api) as provider:
        job = await provider.create(REQUEST)
        with pytest.raises(Rejected):
            await provider.delete(job)
    assert len(api.jobs) == 1


@pytest.mark.parametrize(
    "fault,error",
    [
        (Status(401), Unauthorized),
        (Status(429), RateLimited),
        (Status(500), Unavailable),
        (Reset(), Unavailable),
        (Status(409, {"detail": "Video is being cancelled."}), Rejected),  # vLLM-Omni
        (Status(405), Rejected),
        (Status(302), Rejected),
    ],
)
async def test_a_delete_that_fails_says_how(api, clock, fault, error):
    api.fail("delete", fault)
    async with over_sockets(api) as provider:
        with pytest.raises(error) as failed:
            await provider.delete(provider._first(REQUEST, "v", clock.now()))
    assert len(api.log) == 1
    assert failed.value.retryable is (error in {Unavailable, RateLimited})


async def test_a_character_is_made_from_a_clip_and_known_by_its_id(api, tmp_path):
    (clip := tmp_path / "luna.mp4").write_bytes(MP4)
    async with over_sockets(api, capabilities=WHOLE) as provider:
        character = await provider.create_character("Luna", clip)
        assert await provider.character_name(character) == "Luna"
        with pytest.raises(Rejected):
            await provider.character_name("char_nobody")


@pytest.mark.parametrize(
    "name,content", [("", MP4), ("x" * 81, MP4), ("Luna", JPEG), ("Luna", b""), ("Luna", None)]
)
async def test_what_makes_no_character_is_refused_before_anything_is_sent(
    api, tmp_path, name, content
):
    clip = tmp_path / "luna.mp4"
    if content is not None:
        clip.write_bytes(content)
    async with over_sockets(api, capabilities=WHOLE) as provider:
        with pytest.raises(RequestError) as refused:
            await provider.create_character(name, clip)
    assert refused.value.hint
    assert api.log == []


@pytest.mark.parametrize(
    "fault,error",
    [(Status(401), Unauthorized), (Status(400), Rejected), (Status(500), Unavailable),
     (Reset(), Unavailable), (Status(200, {}), ProviderError)],
)  # fmt: skip
async def test_a_character_that_fails_says_how(api, tmp_path, fault, error):
    (clip := tmp_path / "luna.mp4").write_bytes(MP4)
    api.fail("character", fault)
    async with over_sockets(api, capabilities=WHOLE) as provider:
        with pytest.raises(error):
            await provider.create_character("Luna", clip)
    assert len(api.log) == 1


async def test_no_character_is_asked_of_who_keeps_none(api, tmp_path):
    async with in_memory(api) as provider:
        with pytest.raises(RequestError):
            await provider.create_character("Luna", tmp_path / "luna.mp4")
        with pytest.raises(RequestError):
            await provider.character_name("char_1")
    assert api.log == []


# --- watch --------------------------------------------------------------------------------------


async def test_watching_sees_a_job_through(api):
    async with over_sockets(api) as provider:
        seen = await to_the_end(provider, await provider.create(REQUEST))
    assert [job.looks for job in seen] == list(range(1, len(seen) + 1))
    assert all(job.look_again_at for job in seen[:-1])
    assert seen[-1].status is VideoStatus.COMPLETED
    assert seen[-1].look_again_at is None
    assert seen[-1].progress == 100


@pytest.mark.parametrize("faults", [[], [Status(503)], [Status(404)], [Status(429), Reset()]])
async def test_watching_may_be_left_at_any_yield(api, clock, faults):
    """All that matters is in the observation: a fresh provider goes on with it."""
    for fault in faults:
        api.fail("look", fault)
    async with over_sockets(api) as provider:
        job = await provider.create(REQUEST)
        looks = 0
        while not job.status.is_terminal:
            async with (
                provider_at(provider._client.base_url, clock) as fresh,
                clock.auto(),
                aclosing(fresh.watch(job)) as observations,
            ):
                job = await anext(observations)
            looks += 1
    assert job.status is VideoStatus.COMPLETED
    assert job.looks == looks


async def test_a_look_that_is_overdue_is_made_at_once(api, clock):
    async with in_memory(api) as provider:
        job = await provider.create(REQUEST)
        job = replace(job, look_again_at=clock.now())
        await clock.advance(89)
        async with aclosing(provider.watch(job)) as looks:
            await anext(looks)
        assert clock.elapsed == 89


async def test_a_job_that_is_over_needs_no_look(api):
    async with in_memory(api) as provider:
        job = replace(await provider.create(REQUEST), status=VideoStatus.FAILED)
        assert await to_the_end(provider, job) == [job]
    assert api.count("look") == 0


@pytest.mark.parametrize(
    "fault",
    [
        Status(500),
        Status(502, "<html>"),
        Status(503, headers={"retry-after": "3"}),
        Status(429, headers={"retry-after": "3"}),
        Status(408),
        Status(409),
        Status(200, "<html>maintenance</html>"),
        Status(200, {"error": {"message": "x"}}),
        Status(500, {"id": "another", "status": "failed"}),
        Reset(),
        Hang(),
        Cut(20),
    ],
)
async def test_a_failed_look_is_not_a_failed_job(api, clock, fault):
    api.fail("look", fault, times=3)
    async with over_sockets(api, patience=0.1 if fault == Hang() else 5.0) as provider:
        seen = await to_the_end(provider, provider._first(REQUEST, api.add().id, clock.now()))
    assert seen[-1].status is VideoStatus.COMPLETED
    assert [job.status for job in seen[:3]] == [VideoStatus.QUEUED] * 3
    assert api.count("create") == 0


async def test_the_wait_after_a_failed_look_is_what_the_server_asked_for(api, clock):
    api.fail("look", Status(429, headers={"retry-after": "500"}))
    async with in_memory(api) as provider:
        job = await provider.create(REQUEST)
        async with clock.auto(), aclosing(provider.watch(job)) as looks:
            job = await anext(looks)
        assert (job.look_again_at - clock.now()).total_seconds() == 500


async def test_failed_looks_in_a_row_wait_ever_longer_until_one_succeeds(api, clock):
    item = {"id": "video_000000", "status": "queued"}
    for fault in (Status(500), Status(500), Status(200, item), Status(500)):
        api.fail("look", fault)
    waits = []
    async with in_memory(api) as provider:
        job = await provider.create(REQUEST)
        async with clock.auto(), aclosing(provider.watch(job)) as looks:
            for _ in range(4):
                job = await anext(looks)
                waits.append((job.look_again_at - clock.now()).total_seconds())
    assert waits[0] < waits[1]
    assert waits[3] == waits[0]


@pytest.mark.parametrize("header,wait", [("12000", 12), ("0", 1)])
async def test_the_server_may_say_when_to_look_again(api, clock, header, wait):
    item = {"id": "video_000000", "status": "queued"}
    api.fail("look", Status(200, item, {"openai-poll-after-ms": header}))
    async with in_memory(api) as provider:
        job = await provider.create(REQUEST)
        async with clock.auto(), aclosing(provider.watch(job)) as looks:
            job = await anext(looks)
        assert (job.look_again_at - clock.now()).total_seconds() == wait


@pytest.mark.parametrize("status", [200, 400, 422, 500])
async def test_a_failed_job_is_over_whatever_the_status_of_the_answer(api, status):
    """vLLM-Omni answers the look at a failed job with an error status and the job as the body."""
    item = {"id": "video_000000", "status": "failed", "error": {"code": 500, "message": "OOM"}}
    api.fail("look", Status(status, item))
    async with in_memory(api) as provider:
        seen = await to_the_end(provider, await provider.create(REQUEST))
    assert len(seen) == 1
    assert seen[0].status is VideoStatus.FAILED
    assert seen[0].error.message == "OOM"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_is_refused_ends_the_watch(api, status):
    api.fail("look", Status(status))
    async with in_memory(api) as provider:
        job = await provider.create(REQUEST)
        with pytest.raises(Unauthorized):
            await to_the_end(provider, job)


async def test_a_job_that_the_server_has_forgotten_ends_failed_after_some_minutes(api, clock):
    async with in_memory(api) as provider:
        job = await provider.create(REQUEST)
        api.forget()
        seen = await to_the_end(provider, job)
    assert seen[-1].status is VideoStatus.FAILED
    assert seen[-1].error.code == "not_found"
    assert 3 <= len(seen) <= 6
    assert 120 <= clock.elapsed <= 600


async def test_being_forgotten_is_measured_across_restarts(api, clock):
    """Only a look that changed the status is kept, as the runner does it."""
    async with in_memory(api) as provider:
        kept = await provider.create(REQUEST)
        api.forget()
        for _ in range(10):
            async with clock.auto(), aclosing(provider.watch(kept)) as looks:
                seen = await anext(looks)
            if seen.status is not kept.status:
                kept = seen
            if kept.status.is_terminal:
                break
            await clock.advance((seen.look_again_at - clock.now()).total_seconds())
    assert kept.error.code == "not_found"


async def test_a_job_that_is_known_again_is_not_held_against(api):
    api.fail("look", Status(404), times=2)
    async with in_memory(api) as provider:
        seen = await to_the_end(provider, await provider.create(REQUEST))
    assert [bool(job.error) for job in seen[:3]] == [True, True, False]
    assert seen[-1].status is VideoStatus.COMPLETED


async def test_an_unknown_word_is_passed_on_and_looked_at_again(api):
    api.fail("look", Status(200, {"id": "video_000000", "status": "dreaming"}))
    async with in_memory(api) as provider:
        seen = await to_the_end(provider, await provider.create(REQUEST))
    assert seen[0].status is VideoStatus.UNKNOWN
    assert seen[-1].status is VideoStatus.COMPLETED


async def test_progress_decides_nothing(api):
    item = {"id": "video_000000", "status": "in_progress", "progress": 100}
    api.fail("look", Status(200, item))
    async with in_memory(api) as provider:
        seen = await to_the_end(provider, await provider.create(REQUEST))
    assert seen[0].status is VideoStatus.IN_PROGRESS


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("error", [None, ("moderation_blocked", "No cats today.")])
async def test_every_dialect_is_seen_to_its_end(api, dialect, error):
    api.dialect, api.error = DIALECTS[dialect], error
    async with over_sockets(api) as provider:
        job = (await to_the_end(provider, await provider.create(REQUEST)))[-1]
        assert job.seconds == 4
        if error:
            assert job.status is VideoStatus.FAILED
            assert job.error.message == "No cats today."
        else:
            assert job.status is VideoStatus.COMPLETED
            assert await fetch(provider, job) == MP4


@pytest.mark.parametrize("jobs,most", [(1, 12.0), (60, 1.0), (1000, 0.5)])
async def test_many_jobs_share_their_looks(api, clock, jobs, most):
    """Asking for each job by itself takes some fifty requests per job."""
    async with in_memory(api) as provider:
        made = await asyncio.gather(*(provider.create(REQUEST) for _ in range(jobs)))
        async with clock.auto():
            ends = await asyncio.gather(*(_last(provider, job) for job in made))
    assert all(job.status is VideoStatus.COMPLETED for job in ends)
    assert [job.id for job in ends] == [job.id for job in made]
    assert (api.count("look") + api.count("list")) / jobs <= most


async def _last(provider, job):
    async with aclosing(provider.watch(job)) as looks:
        async for observation in looks:
            job = observation
    return job


@pytest.mark.parametrize("jobs", [60, 1000])
async def test_a_steady_stream_of_jobs_costs_few_requests_and_is_noticed_soon(api, clock, jobs):
    """In memory and on the test's clock; benchmarks/looking.py measures it for real."""
    pace, lags = Pace(guess=90.0), []

    async def life(provider, number):
        await clock.sleep(90 * number / jobs)
        for _ in range(2):
            job = await provider.create(REQUEST)
            await _last(provider, job)
            lags.append((clock.now() - job.created_at).total_seconds() - 90)

    async with in_memory(api, pace=pace) as provider, clock.auto():
        await asyncio.gather(*(life(provider, number) for number in range(jobs)))
    assert (api.count("look") + api.count("list")) / (2 * jobs) <= 3
    assert statistics.median(lags) <= 1


async def test_a_created_job_says_when_it_is_worth_a_look(api, clock):
    async with in_memory(api, pace=Pace(guess=90.0)) as provider:
        job = await provider.create(REQUEST)
    assert job.look_again_at > clock.now() + timedelta(seconds=10)


async def test_somebody_who_is_poked_looks_at_once(api, clock):
    """Without waiting for the grid, and what a page showed before counts no more."""
    async with in_memory(api, pace=Pace(grid=10.0)) as provider:
        job = replace(await provider.create(REQUEST), look_again_at=None)
        await clock.advance(92)
        started = clock.now()
        async with clock.auto(), aclosing(provider.watch(job)) as looks:
            seen = await anext(looks)
    assert seen.status is VideoStatus.COMPLETED
    assert (clock.now() - started).total_seconds() < 0.05


async def test_with_webhooks_a_finished_job_costs_one_request(api, clock):
    async with in_memory(api, hinted=True) as provider:
        jobs = [await provider.create(REQUEST) for _ in range(3)]
        await clock.advance(91)
        for job in jobs:
            poked = replace(job, look_again_at=None)
            assert (await to_the_end(provider, poked))[0].status is VideoStatus.COMPLETED
    assert api.count("look") + api.count("list") == 3


async def test_a_webhook_ahead_of_what_the_server_shows_is_followed_up(api, clock):
    async with in_memory(api, hinted=True, pace=Pace(guess=90.0)) as provider:
        job = await provider.create(REQUEST)
        await clock.advance(89.9)
        seen = await to_the_end(provider, replace(job, look_again_at=None))
    assert [job.status for job in seen] == [VideoStatus.IN_PROGRESS, VideoStatus.COMPLETED]
    assert clock.elapsed < 105


async def test_a_webhook_that_gets_lost_is_made_up_for(api, clock):
    async with in_memory(api, hinted=True, pace=Pace(guess=90.0)) as provider:
        job = await provider.create(REQUEST)
        assert len(await to_the_end(provider, job)) == 1
    assert 180 <= clock.elapsed <= 300


async def test_a_job_without_an_end_of_its_own_gets_ours(api, clock):
    item = {"id": "v", "status": "completed"}
    api.fail("look", Status(200, item))
    api.fail("look", Status(200, item | {"completed_at": 1}))  # that server's clock is wrong
    async with in_memory(api) as provider:
        for _ in range(2):
            job = provider._first(REQUEST, "v", clock.now())
            (seen,) = await to_the_end(provider, job)
            assert seen.completed_at == clock.now()


async def test_the_usual_time_is_learnt_from_finished_jobs(api):
    """The second of two equal jobs is looked at less often in vain."""
    api.seconds_to_finish = 700
    async with in_memory(api, pace=Pace(guess=10.0)) as provider:
        counts = [len(await to_the_end(provider, await provider.create(REQUEST))) for _ in range(8)]
    assert counts[-1] < counts[0]


# --- download -----------------------------------------------------------------------------------


async def test_the_video_comes_whole_in_large_chunks(api):
    async with over_sockets(api) as provider:
        job = await finished(provider, api)
        chunks = [chunk async for chunk in provider.download(job, Variant.VIDEO)]
    assert b"".join(chunks) == MP4
    assert min(map(len, chunks[:-1])) >= 64 * 1024


async def test_the_stills_come_by_their_names(api):
    async with over_sockets(api) as provider:
        job = await finished(provider, api)
        assert await fetch(provider, job, Variant.SPRITESHEET) == JPEG
        assert (await fetch(provider, job, Variant.THUMBNAIL)).startswith(b"RIFF")


@pytest.mark.parametrize("cut", [0, 1, 11, 1000, 65_535, 65_536, 65_537, 500_000, len(MP4) - 1])
@pytest.mark.parametrize("ranges", [True, False])
async def test_a_cut_stream_ends_whole_or_in_a_clear_error(api, cut, ranges):
    api.ranges = ranges
    api.fail("content", Cut(cut))
    async with over_sockets(api) as provider:
        job = await finished(provider, api)
        if ranges:
            assert await fetch(provider, job) == MP4
            asked = api.log[-1].request.headers
            assert asked.get("if-range") == ('"one"' if cut >= 65_536 else None)
            assert asked.get("range") == (
                f"bytes={cut // 65_536 * 65_536}-" if cut >= 65_536 else None
            )
            assert api.count("content") == 2
        else:
            with pytest.raises(Truncated) as cut_off:
                await fetch(provider, job)
            assert cut_off.value.retryable
            assert api.count("content") == 1


@pytest.mark.parametrize("ranges", [True, False])
async def test_a_stream_cut_at_every_64_kib_ends_whole_or_in_a_clear_error(api, ranges):
    """Every answer ends there: each brings one piece, for as long as the server can go on."""
    api.ranges = ranges
    api.fail("content", Cut(65_536), times=99)
    async with over_sockets(api) as provider:
        job = await finished(provider, api)
        if ranges:
            assert await fetch(provider, job) == MP4
            assert api.count("content") == -(-len(MP4) // 65_536)
        else:
            with pytest.raises(Truncated):
                await fetch(provider, job)


@pytest.mark.parametrize("cut", range(0, len(MP4), 65_536))
async def test_a_stream_cut_once_at_any_64_kib_is_taken_up_there(api, cut):
    api.fail("content", Cut(cut))
    async with over_sockets(api) as provider:
        assert await fetch(provider, await finished(provider, api)) == MP4


async def test_a_stream_cut_again_and_again_is_given_up(api):
    api.fail("content", Cut(1000), times=9)
    async with over_sockets(api) as provider:
        job = await finished(provider, api)
        with pytest.raises(Truncated):
            await fetch(provider, job)
    assert api.count("content") == 4


@pytest.mark.parametrize(
    "answer",
    [
        Status(200, "another file", {"etag": '"two"'}),
        Status(206, "another part", {"content-range": "bytes 5-16/614424"}),
        Status(206, "no part at all"),
    ],
)
async def test_a_stream_is_not_taken_up_in_another_place(api, answer):
    """The server answers the range with something else: what we have must not be glued to it."""
    api.fail("content", Cut(300_000))
    api.fail("content", answer)
    async with over_sockets(api) as provider:
        job = await finished(provider, api)
        with pytest.raises(Truncated):
            await fetch(provider, job)


async def test_fewer_bytes_than_promised_are_noticed_without_a_socket(api):
    api.ranges = False
    api.fail("content", Cut(1000))
    async with in_memory(api) as provider:
        job = await finished(provider, api)
        with pytest.raises(Truncated):
            await fetch(provider, job)


async def test_an_empty_file_is_a_truncated_one(api):
    api.files["video"] = (b"", "video/mp4")
    async with over_sockets(api) as provider:
        with pytest.raises(Truncated):
            await fetch(provider, await finished(provider, api))


@pytest.mark.parametrize("content", [b"<html>Sign in</html>", JPEG, b'{"url": "x"}', b"x"])
async def test_a_file_that_is_no_mp4_is_unusable(api, content):
    api.files["video"] = (content, "video/mp4")
    async with over_sockets(api) as provider:
        with pytest.raises(Unusable):
            await fetch(provider, await finished(provider, api))


async def test_a_video_served_as_a_thumbnail_is_unusable(api):
    api.dialect = DIALECTS["litellm"]
    async with over_sockets(api) as provider:
        with pytest.raises(Unusable):
            await fetch(provider, await finished(provider, api), Variant.THUMBNAIL)


@pytest.mark.parametrize("status", [404, 409, 500, 502, 503])
async def test_content_may_come_a_little_later_than_the_status(api, status):
    api.fail("content", Status(status, headers={"retry-after": "4"}))
    async with over_sockets(api) as provider:
        job = await finished(provider, api)
        with pytest.raises(NotReady) as early:
            await fetch(provider, job)
        assert early.value.retry_after == 4
        assert await fetch(provider, job) == MP4


@pytest.mark.parametrize(
    "fault",
    [
        Status(410),
        Status(404, {"error": {"message": "Downloads expire after 1 hours."}}),
        Status(400, {"error": {"message": "The video is no longer available."}}),
    ],
)
async def test_content_that_is_gone_is_gone(api, fault):
    api.fail("content", fault)
    async with over_sockets(api) as provider:
        with pytest.raises(Expired):
            await fetch(provider, await finished(provider, api))


@pytest.mark.parametrize("minutes,error", [(9, NotReady), (11, Expired)])
async def test_content_is_waited_for_some_minutes_where_no_expiry_is_told(
    api, clock, minutes, error
):
    api.fail("content", Status(404))
    async with over_sockets(api) as provider:
        job = replace(await finished(provider, api), completed_at=clock.now())
        await clock.advance(60 * minutes)
        with pytest.raises(error):
            await fetch(provider, job)


async def test_content_missing_after_its_time_is_gone(api, clock):
    api.fail("content", Status(404))
    async with over_sockets(api) as provider:
        job = replace(await finished(provider, api), expires_at=clock.now())
        with pytest.raises(Expired):
            await fetch(provider, job)


@pytest.mark.parametrize(
    "fault,error",
    [
        (Status(401), Unauthorized),
        (Status(403), Unauthorized),
        (Status(401, {"error": {"message": "Your API key has expired."}}), Unauthorized),
        (Status(429), RateLimited),
        (Status(429, {"error": {"message": "Your limit expires in 20 s."}}), RateLimited),
        (Status(503, {"error": {"message": "The session has expired."}}), NotReady),
        (Status(400), Rejected),
        (Status(422), Rejected),
        (Reset(), Unavailable),
        (Hang(), Unavailable),
    ],
)
async def test_other_answers_to_a_download_say_what_they_are(api, clock, fault, error):
    api.fail("content", fault)
    async with over_sockets(api, patience=0.1 if fault == Hang() else 5.0) as provider:
        job = provider._first(REQUEST, api.add(ago=90).id, clock.now())
        with pytest.raises(error):
            await fetch(provider, job)


async def _half_an_error(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 500\r\n\r\nnot re")
    writer.close()


async def test_an_error_that_breaks_off_is_still_that_error(clock):
    async with listening(_half_an_error) as url, provider_at(url, clock) as provider:
        with pytest.raises(NotReady):
            await fetch(provider, provider._first(REQUEST, "v", clock.now()))


@pytest.mark.parametrize("op", ["look", "list", "content"])
async def test_no_answer_makes_the_key_show(api, clock, op):
    """Some servers repeat the key that they refuse."""
    api.fail(op, Status(401, {"error": {"message": f"Incorrect key {KEY}."}}), times=9)
    async with in_memory(api) as provider:
        job = provider._first(REQUEST, api.add(ago=90).id, clock.now())
        ask = {
            "look": lambda: to_the_end(provider, job),
            "list": lambda: provider.find(REQUEST, since=clock.now(), claimed=()),
            "content": lambda: fetch(provider, job),
        }
        with pytest.raises(Unauthorized) as refused:
            await ask[op]()
    assert "Incorrect key" in str(refused.value)
    assert KEY not in str(refused.value)


async def test_a_download_may_be_left_in_the_middle(api):
    async with over_sockets(api) as provider:
        job = await finished(provider, api)
        async with aclosing(provider.download(job, Variant.VIDEO)) as chunks:
            await anext(chunks)
        assert await fetch(provider, job) == MP4


class Hosts(httpx.AsyncBaseTransport):
    """Serves several hosts at once, and remembers who got our key."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    async def handle_async_request(self, request):
        self.asked.append((str(request.url), "authorization" in request.headers))
        return self.answers[request.url.host]


MOVED = httpx.Response(307, headers={"location": "https://cdn.test/cat.mp4"})
VIDEO = httpx.Response(200, content=MP4)


@pytest.mark.parametrize(
    "first,url",
    [
        (MOVED, None),
        (httpx.Response(400), "https://cdn.test/cat.mp4"),
        (httpx.Response(500), "https://cdn.test/cat.mp4"),
    ],
    ids=["redirect", "url", "url after 500"],
)
async def test_the_key_stays_at_the_providers_own_host(api, clock, first, url):
    hosts = Hosts({"p.test": first, "cdn.test": VIDEO})
    async with provider_at("https://p.test/v1", clock, transport=hosts) as provider:
        job = replace(provider._first(REQUEST, "a/b", clock.now()), url=url)
        assert await fetch(provider, job) == MP4
    assert hosts.asked == [
        ("https://p.test/v1/videos/a%2Fb/content", True),
        ("https://cdn.test/cat.mp4", False),
    ]


async def test_the_address_of_the_video_is_not_taken_for_a_still(clock):
    hosts = Hosts({"p.test": httpx.Response(404), "cdn.test": VIDEO})
    async with provider_at("https://p.test/v1", clock, transport=hosts) as provider:
        job = provider._first(REQUEST, "v", clock.now())
        with pytest.raises(NotReady):
            await fetch(provider, replace(job, url="https://cdn.test/a"), Variant.THUMBNAIL)


@pytest.mark.parametrize("url", ["http://cdn.test/cat.mp4", "http://[::", "ftp://p.test/x"])
async def test_an_address_that_is_not_safe_is_not_asked(clock, url):
    hosts = Hosts({"p.test": httpx.Response(404)})
    async with provider_at("https://p.test/v1", clock, transport=hosts) as provider:
        job = replace(provider._first(REQUEST, "v", clock.now()), url=url)
        with pytest.raises(Rejected):
            await fetch(provider, job)
    assert len(hosts.asked) == 1


async def test_redirects_in_circles_end(clock):
    around = httpx.Response(302, headers={"location": "/v1/videos/v/content"})
    hosts = Hosts({"p.test": around})
    async with provider_at("https://p.test/v1", clock, transport=hosts) as provider:
        with pytest.raises(Rejected):
            await fetch(provider, provider._first(REQUEST, "v", clock.now()))


async def test_nobody_is_asked_after_everything_is_over(api):
    before = asyncio.all_tasks()
    async with in_memory(api) as provider:
        await to_the_end(provider, await provider.create(REQUEST))
        await api.clock.idle()
        assert asyncio.all_tasks() == before
