"""What every `VideoProvider` does. A new one is added to `WORLDS` and must pass all of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from bot.domain.video import (
    Capabilities,
    Derivation,
    Model,
    Origin,
    Variant,
    VideoJob,
    VideoRequest,
    VideoStatus,
    parse_size,
)
from bot.errors import NotReady, Rejected, RequestError
from bot.ports import Clock, VideoProvider
from bot.providers.pace import Pace, studio_pace
from bot.providers.videos_api import VideosApiProvider
from bot.studio import Studio
from tests.clips import clip
from tests.clock import FakeClock
from tests.fake_videos_api import DIALECTS, FakeVideosApi, Status, SystemClock

#: Fixed bytes at fixed places, by which each kind of file is known.
MAGIC = {
    Variant.VIDEO: (4, b"ftyp"),
    Variant.THUMBNAIL: (8, b"WEBP"),
    Variant.SPRITESHEET: (0, b"\xff\xd8\xff"),
}
#: Real seconds; long enough for a busy machine, short enough to tell that something hangs.
PATIENCE = 60.0


@dataclass
class World:
    """A provider, and what its tests need to know of it."""

    provider: VideoProvider
    clock: Clock
    #: Lets the provider's time go by while it is open.
    going_by: Callable[[], AbstractAsyncContextManager[Any]]
    #: Makes the next job fail, where the prompt `doomed` alone does not.
    doom: Callable[[], None] = field(default=lambda: None)
    #: Makes the next create a refused one, where an empty prompt alone does not.
    refuse: Callable[[], None] = field(default=lambda: None)

    #: Whether its listing is one.
    lists: bool = True

    def request(self, prompt: str = "a cat") -> VideoRequest:
        model = next(iter(self.provider.capabilities.models.values()))
        return VideoRequest(
            prompt=prompt, model=model.name, seconds=model.seconds[0], size=model.sizes[0]
        )


def capabilities(model: str, **options: Any) -> Capabilities:
    sizes, price = ("720x1280", "1280x720"), Decimal("0.10")
    known = Model(name=model, sizes=sizes, seconds=(4, 8), usd_per_second=price)
    return Capabilities(models={model: known}, **options)


@asynccontextmanager
async def videos_api(dialect: str, folder: Path) -> AsyncIterator[World]:
    """A server of the Videos API over real HTTP, as a known kind of it speaks."""
    clock = FakeClock()
    api = FakeVideosApi(clock, seconds_to_finish=60)
    api.dialect = DIALECTS[dialect]
    stills = {Variant.THUMBNAIL, Variant.SPRITESHEET} if dialect == "openai" else set()

    def doom() -> None:
        api.error = ("moderation_blocked", "No cats today.")

    async with api.serving() as url, httpx.AsyncClient(base_url=url, verify=False) as client:
        provider = VideosApiProvider(
            dialect,
            client=client,
            clock=clock,
            capabilities=capabilities(
                "m",
                variants=frozenset({Variant.VIDEO, *stills}),
                reference=True,
                find_is_authoritative=api.dialect.lists == 200,
                derivations=frozenset(Derivation) if api.dialect.whole else frozenset(),
                characters=api.dialect.whole,
                delete=api.dialect.deletes in {"object", "status"},
            ),
        )
        refuse = lambda: api.fail("create", Status(400))  # noqa: E731
        yield World(provider, clock, clock.auto, doom, refuse, lists=api.dialect.lists == 200)


@asynccontextmanager
async def studio(folder: Path, *, pace: Pace | None = None, **options: Any) -> AsyncIterator[World]:
    """The embedded studio in this process; its renderer is a process of its own: real time."""
    opened = Studio(folder, **options)
    await opened.open()
    try:
        transport = httpx.ASGITransport(opened.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://studio/v1") as client:
            provider = VideosApiProvider(
                "studio",
                client=client,
                clock=SystemClock(),
                capabilities=capabilities(
                    "studio-1",
                    variants=frozenset(Variant),
                    reference=True,
                    find_is_authoritative=True,
                    derivations=frozenset(Derivation),
                    characters=True,
                    delete=True,
                    simulated=True,
                ),
                pace=pace or Pace(shortest=0.05, longest=0.2, guess=0.2, grid=0.05),
            )
            yield World(provider, SystemClock(), nullcontext)
    finally:
        await opened.close()


WORLDS = {
    **{dialect: lambda folder, d=dialect: videos_api(d, folder) for dialect in DIALECTS},
    "studio": lambda folder: studio(folder, _renderer="tests.quick_renderer"),
}


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(PATIENCE), WORLDS[request.param](tmp_path) as world:
        yield world


async def watch(world: World, job: VideoJob) -> list[VideoJob]:
    async with world.going_by(), aclosing(world.provider.watch(job)) as looks:
        return [seen async for seen in looks]


async def finish(world: World, request: VideoRequest | None = None) -> VideoJob:
    return (await watch(world, await world.provider.create(request or world.request())))[-1]


async def fetch(world: World, job: VideoJob, variant: Variant = Variant.VIDEO) -> bytes:
    async with world.going_by(), aclosing(world.provider.download(job, variant)) as chunks:
        return b"".join([chunk async for chunk in chunks])


# --- before money is spent ----------------------------------------------------------------------


async def test_it_says_what_it_is(world: World) -> None:
    provider = world.provider
    assert provider.name
    assert provider.settle > 0
    assert provider.capabilities.models
    assert Variant.VIDEO in provider.capabilities.variants


async def test_what_it_can_do_has_a_price(world: World) -> None:
    assert world.provider.estimate(world.request()) == Decimal("0.40")


@pytest.mark.parametrize("changed", [{"model": "no-such"}, {"size": "64x64"}, {"seconds": 5}])
async def test_what_it_cannot_do_is_refused(world: World, changed: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as refused:
        world.provider.estimate(replace(world.request(), **changed))
    assert refused.value.hint


# --- a job's life -------------------------------------------------------------------------------


async def test_a_create_is_a_job_of_what_was_asked_for(world: World) -> None:
    request, before = world.request(), world.clock.now()
    job = await world.provider.create(request)
    assert (job.provider, job.model) == (world.provider.name, request.model)
    assert (job.seconds, job.size) == (request.seconds, request.size)
    assert job.id
    assert job.looks == 0
    assert job.created_at.tzinfo is UTC
    assert before <= job.created_at <= world.clock.now()


async def test_watching_ends_with_the_one_terminal_observation(world: World) -> None:
    job = await world.provider.create(world.request())
    seen = await watch(world, job)
    assert seen[-1].status is VideoStatus.COMPLETED
    assert not any(job.status.is_terminal for job in seen[:-1])
    assert all(job.look_again_at for job in seen[:-1])
    assert [job.looks for job in seen] == list(range(1, len(seen) + 1))
    assert {(job.id, job.created_at) for job in seen} == {(job.id, job.created_at)}


async def test_watching_may_be_left_at_any_yield(world: World) -> None:
    job = await world.provider.create(world.request("slow cat"))
    while not job.status.is_terminal:
        async with world.going_by(), aclosing(world.provider.watch(job)) as looks:
            job = await anext(looks)
    assert job.status is VideoStatus.COMPLETED
    assert await fetch(world, job)


async def test_watching_what_is_over_ends_at_once(world: World) -> None:
    job = await finish(world)
    assert await watch(world, job) == [job]


async def test_a_cancelled_watch_leaves_nothing_behind(world: World) -> None:
    job = await world.provider.create(world.request("slow cat"))
    before = asyncio.all_tasks()
    watching = asyncio.create_task(watch(world, job))
    await asyncio.sleep(0)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() - before == set()


async def test_a_job_that_failed_says_why(world: World) -> None:
    world.doom()
    job = await finish(world, world.request("doomed cat"))
    assert job.status is VideoStatus.FAILED
    assert job.error
    assert job.error.message


async def test_a_job_it_does_not_know_ends_failed(world: World) -> None:
    job = await world.provider.create(world.request())
    seen = await watch(world, replace(job, id="video_nobody_made"))
    assert seen[-1].status is VideoStatus.FAILED
    assert seen[-1].error
    assert seen[-1].error.code == "not_found"


async def test_cancelling_may_be_repeated(world: World) -> None:
    job = await finish(world)
    await world.provider.cancel(job)
    await world.provider.cancel(job)


async def test_two_jobs_at_once_are_kept_apart(world: World) -> None:
    one, two = [await world.provider.create(world.request(prompt)) for prompt in ("one", "two")]
    async with world.going_by():
        ends = await asyncio.gather(_last(world, one), _last(world, two))
    assert [end.id for end in ends] == [one.id, two.id]


async def _last(world: World, job: VideoJob) -> VideoJob:
    async with aclosing(world.provider.watch(job)) as looks:
        async for seen in looks:
            job = seen
    return job


async def test_a_reference_image_is_taken(world: World, tmp_path: Path) -> None:
    request, path = world.request(), tmp_path / "first frame.png"
    Image.new("RGB", parse_size(request.size)).save(path)
    job = await finish(world, replace(request, reference=str(path)))
    assert job.status is VideoStatus.COMPLETED


# --- its files ----------------------------------------------------------------------------------


async def test_every_declared_file_comes_whole_and_again(world: World) -> None:
    job = await finish(world)
    for variant in world.provider.capabilities.variants:
        content = await fetch(world, job, variant)
        offset, magic = MAGIC[variant]
        assert content[offset : offset + len(magic)] == magic
        assert await fetch(world, job, variant) == content


async def test_a_download_may_be_left_in_the_middle(world: World) -> None:
    job = await finish(world)
    async with aclosing(world.provider.download(job, Variant.VIDEO)) as chunks:
        start = await anext(chunks)
    assert (await fetch(world, job)).startswith(start)


async def test_content_before_its_time_is_not_ready(world: World) -> None:
    job = await world.provider.create(world.request("slow cat"))
    with pytest.raises(NotReady) as early:
        await fetch(world, job)
    assert early.value.retryable


# --- what grows out of a video ------------------------------------------------------------------


def derived(world: World, how: Derivation, job: VideoJob, prompt: str = "at dusk") -> VideoRequest:
    origin = Origin(how=how, video_id=job.id, run_id="r", seconds=job.seconds)
    longer = job.seconds if how is Derivation.EXTENSION else 0
    request = world.request(prompt)
    return replace(request, origin=origin, seconds=job.seconds + longer, size=job.size)


@pytest.mark.parametrize("how", Derivation)
async def test_a_video_grows_out_of_another(world: World, how: Derivation) -> None:
    parent = await finish(world)
    request = derived(world, how, parent)
    if how not in world.provider.capabilities.derivations:
        with pytest.raises(RequestError):
            world.provider.estimate(request)
        return
    # An extension is as long again: what is made anew costs the same in every case.
    assert world.provider.estimate(request) == world.provider.estimate(world.request())
    job = await finish(world, request)
    assert job.status is VideoStatus.COMPLETED
    assert job.id != parent.id
    assert (job.seconds, job.size) == (request.seconds, request.size)
    assert await fetch(world, job)


@pytest.mark.parametrize("how", Derivation)
async def test_a_lost_derivation_is_found(world: World, how: Derivation) -> None:
    parent = await finish(world)
    request, since = derived(world, how, parent), world.clock.now()
    if how not in world.provider.capabilities.derivations:
        pytest.skip(f"it makes no {how}")
    job = await world.provider.create(request)
    found = await world.provider.find(request, since=since, claimed=())
    assert [candidate.id for candidate in found] == [job.id]


# --- what a provider keeps ----------------------------------------------------------------------


async def test_its_videos_are_listed_newest_first(world: World) -> None:
    jobs = [await finish(world, world.request(prompt)) for prompt in ("one", "two")]
    if not world.lists:
        with pytest.raises(Rejected) as missing:
            await anext(world.provider.list())
        assert missing.value.hint
        return
    async with aclosing(world.provider.list()) as listing:
        listed = [job async for job in listing]
    assert [job.id for job in listed] == [job.id for job in reversed(jobs)]
    for job in listed:
        assert job.provider == world.provider.name
        assert job.status is VideoStatus.COMPLETED


async def test_a_deleted_video_is_gone_and_may_be_deleted_again(world: World) -> None:
    job = await finish(world)
    if not world.provider.capabilities.delete:
        pytest.skip("it deletes nothing")
    await world.provider.delete(job)
    await world.provider.delete(job)
    assert [job async for job in world.provider.list()] == []
    assert (await watch(world, replace(job, status=VideoStatus.QUEUED)))[-1].status in {
        VideoStatus.FAILED,
        VideoStatus.CANCELLED,
    }


async def test_a_video_in_the_making_is_not_deleted(world: World) -> None:
    """Unless the provider can stop it, which is a delete that it has."""
    if not world.provider.capabilities.delete or world.provider.capabilities.cancel:
        pytest.skip("it deletes nothing, or stops what it deletes")
    job = await world.provider.create(world.request("slow cat"))
    with pytest.raises(Rejected):
        await world.provider.delete(job)
    assert (await watch(world, job))[-1].status is VideoStatus.COMPLETED


async def test_characters_are_taken_where_they_are_kept(world: World, tmp_path: Path) -> None:
    seen_in = tmp_path / "mimi.mp4"
    seen_in.write_bytes(clip())
    if not world.provider.capabilities.characters:
        for refused in (
            lambda: world.provider.estimate(replace(world.request(), characters=("char_1",))),
            lambda: asyncio.run(world.provider.create_character("Mimi", seen_in)),
        ):
            with pytest.raises(RequestError) as error:
                await asyncio.to_thread(refused)
            assert error.value.hint
        return
    request = replace(
        world.request(), characters=(await world.provider.create_character("Mimi", seen_in),)
    )
    assert world.provider.estimate(request) == world.provider.estimate(world.request())
    assert (await world.provider.create(request)).id


# --- looking for what was lost ------------------------------------------------------------------


async def test_a_job_whose_create_was_lost_is_found(world: World) -> None:
    since = world.clock.now()
    request = world.request()
    job = await world.provider.create(request)
    await world.provider.create(world.request("a dog"))
    found = await world.provider.find(request, since=since, claimed=())
    listed = world.provider.capabilities.find_is_authoritative
    assert [candidate.id for candidate in found] == ([job.id] if listed else [])
    for candidate in found:
        assert (candidate.provider, candidate.model) == (world.provider.name, request.model)


async def test_jobs_that_others_own_are_not_found(world: World) -> None:
    since, request = world.clock.now(), world.request()
    jobs = [await world.provider.create(request) for _ in range(2)]
    found = await world.provider.find(request, since=since, claimed={job.id for job in jobs})
    assert not found


async def test_jobs_of_long_ago_are_not_found(world: World) -> None:
    request = world.request()
    await world.provider.create(request)
    since = world.clock.now() + timedelta(hours=1)
    assert not await world.provider.find(request, since=since, claimed=())


async def test_a_refused_create_makes_no_job(world: World) -> None:
    world.refuse()
    request, since = replace(world.request(), prompt=""), world.clock.now()
    with pytest.raises(Rejected) as refused:
        await world.provider.create(request)
    assert refused.value.hint
    assert not await world.provider.find(request, since=since, claimed=())


# --- the whole way ------------------------------------------------------------------------------


@pytest.mark.slow
async def test_the_studio_makes_a_real_clip(tmp_path: Path) -> None:
    """The one test here that renders: prompt in, four seconds of film out."""
    async with studio(tmp_path, pace=studio_pace()) as world:
        job = await finish(world, replace(world.request(), seconds=4, size="1280x720"))
        assert job.status is VideoStatus.COMPLETED
        (tmp_path / "clip.mp4").write_bytes(await fetch(world, job))
    with av.open(str(tmp_path / "clip.mp4")) as clip:
        (video,) = clip.streams.video
        assert (video.width, video.height) == (1280, 720)
        assert clip.duration is not None
        assert abs(clip.duration / av.time_base - 4) < 0.1
