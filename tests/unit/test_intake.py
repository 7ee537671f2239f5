"""Intake: schedules and people are held to the same rules, and a refusal changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.account import Account, Manner, PostPrices
from bot.domain.budget import Quote
from bot.domain.post import Target
from bot.domain.run import Removal, Run
from bot.domain.schedule import ApprovalMode, Fire, VideoDefaults
from bot.domain.video import (
    Asset,
    Capabilities,
    Derivation,
    Model,
    Origin,
    VideoJob,
    VideoSpec,
    VideoStatus,
)
from bot.errors import RequestError, TemplateError
from bot.intake import Intake, Wish
from bot.prompts import JinjaPrompts
from bot.schedules import load_plan
from bot.x_api.price import quote
from tests.fakes import FakeProvider, Killer, Vendor, World, make_request

ROOT = Path(__file__).parents[2]
DUE = datetime(2027, 1, 1, 12, 7, tzinfo=UTC)


class Priced(FakeProvider):
    """A provider with the studio's shapes at a price."""

    def __init__(self) -> None:
        super().__init__(Vendor(None), Killer())  # type: ignore[arg-type]
        model = Model(
            name="m1",
            sizes=("1280x720", "720x1280"),
            seconds=(4, 8),
            usd_per_second=Decimal("0.02"),
        )
        self.capabilities = Capabilities(models={"m1": model}, reference=True)


@pytest.fixture
def intake() -> Intake:
    plan = load_plan(ROOT / "schedules.yaml")
    provider = Priced()
    return Intake(
        lambda: plan, JinjaPrompts(ROOT / "prompts"), {"studio": provider, "gateway": provider}
    )


def test_a_moment_has_one_key(intake: Intake) -> None:
    schedule = load_plan(ROOT / "schedules.yaml").schedules[0]

    request = intake.fired(schedule, DUE)

    assert request.key == "cat-hourly@2027-01-01T12:07:00Z"
    assert request.key == intake.fired(schedule, DUE).key
    assert request.due == DUE
    assert request.video.seconds == 8
    assert request.targets == (Target.parse("slack:#cats"), Target.parse("x:@reelbot"))


def test_two_fires_by_hand_are_two_requests(intake: Intake) -> None:
    first = intake.fired_by_hand("cat-hourly", "cli:ann")
    second = intake.fired_by_hand("cat-hourly", "cli:ann")

    assert first.key != second.key


async def test_two_fires_of_one_instant_are_one_run(tmp_path: Path, intake: Intake) -> None:
    schedule = load_plan(ROOT / "schedules.yaml").schedules[0]
    request = replace(intake.fired(schedule, DUE), provider="vendor")
    fire = Fire(key=request.key, schedule_id=schedule.id, due=DUE)
    async with World(tmp_path).boot() as bot:
        first = await bot.pipeline.start(request, fire=fire)
        second = await bot.pipeline.start(request, fire=fire)

        assert first.id == second.id
        assert await bot.store.cursor(schedule.id) == DUE
        assert len(await bot.store.list_runs()) == 1


async def test_two_fires_by_hand_in_one_minute_are_two_runs(tmp_path: Path, intake: Intake) -> None:
    async with World(tmp_path).boot() as bot:
        ids = [
            (await bot.pipeline.start(intake.fired_by_hand("cat-hourly", "cli:ann"))).id
            for _ in range(2)
        ]

        assert len(set(ids)) == 2


def test_a_wish_takes_what_it_leaves_out_from_the_file(intake: Intake) -> None:
    request = intake.wished(Wish(by="cli:ann", prompt="a cat"))

    assert request.provider == "studio"
    assert (request.video.size, request.video.seconds) == ("1280x720", 8)
    assert request.targets == (Target.parse("slack:#cats"),)
    assert request.approval.mode is ApprovalMode.REQUIRED


def test_the_prompt_never_becomes_the_caption(intake: Intake) -> None:
    wish = Wish(by="cli:ann", prompt="a cat", targets=("x:@reelbot",))

    with pytest.raises(RequestError, match="needs a caption"):
        intake.wished(wish)
    assert intake.wished(replace(wish, caption="A cat.")).caption == "A cat."


@pytest.mark.parametrize(
    "caption, words",
    [("猫" * 141, "282 of 280"), ("$CATS $DOGS", "2 cashtags"), ("\ufeff", "FEFF")],
)
def test_words_that_x_does_not_take_are_refused_before_anything_is_made(
    intake: Intake, caption: str, words: str
) -> None:
    wish = Wish(by="cli:ann", prompt="a cat", caption=caption)

    with pytest.raises(RequestError, match=words) as caught:
        intake.wished(replace(wish, targets=("x:@reelbot",)))
    assert caught.value.hint
    assert intake.wished(replace(wish, targets=("slack:#cats",))).caption == caption


def test_a_person_may_name_others_and_a_template_may_not(tmp_path: Path) -> None:
    caption = "Thanks, @ann: cats.com"
    front = f"description: d\ncaption: '{caption}'"
    (tmp_path / "cat.j2").write_text(f"---\n{front}\n---\nA cat.\n", encoding="utf-8")
    plan = load_plan(ROOT / "schedules.yaml")
    intake = Intake(lambda: plan, JinjaPrompts(tmp_path), {"studio": Priced()})
    by_template = Wish(by="cli:ann", template="cat", targets=("x:@reelbot",))

    with pytest.raises(RequestError, match="a mention in it"):
        intake.wished(by_template)
    assert intake.wished(replace(by_template, caption=caption)).caption == caption
    lenient = Account(handle="@Reelbot", mentions=Manner.KEEP, links=Manner.DROP)
    plan = replace(plan, accounts={"@Reelbot": lenient})
    assert intake.wished(by_template).caption is None


def test_an_image_is_checked_and_kept_on_the_request(intake: Intake) -> None:
    image = Asset(sha256="ab", path="ab/ab.png", media_type="image/png", bytes=1)

    request = intake.wished(Wish(by="cli:ann", prompt="a cat", image=image))

    assert request.video.reference == image


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"prompt": None}, "with a prompt or with a template"),
        ({"template": "cute_cat"}, "with a prompt or with a template"),
        ({"prompt": "  "}, "The prompt is empty"),
        ({"provider": "studioo"}, "no provider 'studioo'"),
        ({"video": VideoDefaults(model="m2")}, "no model 'm2'"),
        ({"video": VideoDefaults(size="640x480")}, "cannot make 640x480"),
        ({"targets": ("slack:cats",)}, "does not name a place on slack"),
        ({"targets": ("mastodon:@a",)}, "is not a target"),
        ({"characters": ("",)}, "'' is not the id of a character"),
        ({"characters": ("char_1", "a\n")}, "is not the id of a character"),
        ({"characters": ("c" * 513,)}, "is not the id of a character"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    intake: Intake, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(RequestError, match=words) as refused:
        intake.wished(replace(Wish(by="cli:ann", prompt="a cat"), **changes))  # type: ignore[arg-type]
    assert refused.value.hint or "size" in str(changes)


def test_an_unknown_schedule_names_the_nearest(intake: Intake) -> None:
    with pytest.raises(RequestError, match="no schedule 'cat-hurly'") as refused:
        intake.fired_by_hand("cat-hurly", "cli:ann")
    assert refused.value.hint == "Did you mean 'cat-hourly'?"


def test_an_unknown_template_or_variable_is_refused(intake: Intake) -> None:
    with pytest.raises(TemplateError):
        intake.wished(Wish(by="cli:ann", template="cute_dog"))
    with pytest.raises(TemplateError):
        intake.wished(Wish(by="cli:ann", template="cute_cat", variables={"moood": "x"}))


# --- videos that grow out of others ------------------------------------------------------------


def source(*, status: VideoStatus = VideoStatus.COMPLETED, **results: object) -> Run:
    """Return a run that made a video at the gateway."""
    job = VideoJob(
        provider="gateway",
        id="video_1",
        model="m1",
        seconds=4,
        size="720x1280",
        status=status,
        created_at=DUE,
        expires_at=DUE + timedelta(hours=24),
    )
    spec = VideoSpec(seconds=4, size="720x1280")
    request = make_request(provider="gateway", video=spec)
    run = Run(id="r1", request=request, created_at=DUE, updated_at=DUE, job=job)
    return run.evolve(**results)


def able(intake: Intake, *how: Derivation) -> Intake:
    provider = intake._providers["gateway"]
    provider.capabilities = replace(provider.capabilities, derivations=frozenset(how))
    return intake


REMIX = Wish(by="cli:ann", prompt="in the snow")


def test_a_remix_keeps_all_but_the_words(intake: Intake) -> None:
    request = able(intake, Derivation.REMIX).derived(source(), Derivation.REMIX, REMIX, now=DUE)

    assert request.provider == "gateway"
    assert request.prompt == "in the snow"
    assert request.video == VideoSpec(
        model="m1",
        seconds=4,
        size="720x1280",
        origin=Origin(how=Derivation.REMIX, video_id="video_1", run_id="r1", seconds=4),
    )
    assert request.approval.mode is ApprovalMode.REQUIRED
    assert request.targets == (Target.parse("slack:#cats"),)


def test_a_remix_has_the_size_that_its_provider_lists(intake: Intake) -> None:
    """A server may make another size than was asked for; a lost remix is looked for by it."""
    run = source()
    assert run.job
    made = run.evolve(job=replace(run.job, size="704x1280", seconds=5))

    request = able(intake, Derivation.REMIX).derived(made, Derivation.REMIX, REMIX, now=DUE)

    assert (request.video.size, request.video.seconds) == ("704x1280", 5)


def test_an_extension_is_as_long_as_both(intake: Intake) -> None:
    how = Derivation.EXTENSION

    request = able(intake, how).derived(source(), how, REMIX, now=DUE, added=8)

    assert request.video.seconds == 12
    assert request.video.origin
    assert request.video.origin.seconds == 4


def test_two_remixes_are_two_requests(intake: Intake) -> None:
    keys = {
        able(intake, Derivation.REMIX).derived(source(), Derivation.REMIX, REMIX, now=DUE).key
        for _ in range(2)
    }

    assert len(keys) == 2


def test_the_price_is_known_before_anything_is_written(intake: Intake) -> None:
    request = able(intake, Derivation.EDIT).derived(source(), Derivation.EDIT, REMIX, now=DUE)

    assert intake.price(request).total == Decimal("0.08")


def test_the_price_has_the_posts_in_it_each_by_its_own_words() -> None:
    plan, asked = load_plan(ROOT / "schedules.yaml"), []

    def estimate(target: Target, caption: str | None, alt_text: str | None) -> Quote:
        asked.append((str(target), caption))
        has_link = "://" in (caption or "")
        return quote(PostPrices(), has_link=has_link, has_alt_text=bool(alt_text))

    intake = Intake(
        lambda: plan,
        JinjaPrompts(ROOT / "prompts"),
        {"studio": Priced(), "gateway": Priced()},
        estimate=estimate,
    )
    wish = Wish(by="ann", prompt="A cat", caption="See https://a.test", targets=("x:@cats",))
    price = intake.price(intake.wished(wish))

    assert set(asked) == {("x:@cats", "See https://a.test")}
    assert (price.video, price.posts) == (Decimal("0.16"), {"x:@cats": Decimal("0.200")})
    assert price.quotes["x:@cats"].dear


GONE = Removal(by="ann", at=DUE, at_provider=True)


@pytest.mark.parametrize(
    "origin, words",
    [
        (source(status=VideoStatus.FAILED), "The video of r1 was not finished: failed."),
        (source(status=VideoStatus.IN_PROGRESS), "was not finished: in progress."),
        (source(job=None), "The video of r1 was not finished: unknown."),
        (source(removed=GONE), "The video of r1 was deleted by ann."),
    ],
)
def test_only_a_finished_video_that_is_still_there_can_be_taken_further(
    intake: Intake, origin: Run, words: str
) -> None:
    with pytest.raises(RequestError, match=words) as refused:
        able(intake, Derivation.REMIX).derived(origin, Derivation.REMIX, REMIX, now=DUE)
    assert refused.value.hint


def test_a_video_deleted_only_here_can_be_taken_further(intake: Intake) -> None:
    origin = source(removed=replace(GONE, at_provider=False))

    assert able(intake, Derivation.REMIX).derived(origin, Derivation.REMIX, REMIX, now=DUE)


def test_an_expired_video_is_refused_from_that_instant_on(intake: Intake) -> None:
    able(intake, Derivation.REMIX)
    end = DUE + timedelta(hours=24)

    assert intake.derived(source(), Derivation.REMIX, REMIX, now=end - timedelta(microseconds=1))
    with pytest.raises(RequestError, match="expired at 2027-01-02 12:07 UTC"):
        intake.derived(source(), Derivation.REMIX, REMIX, now=end)


def test_what_a_provider_cannot_is_refused_with_what_it_can(intake: Intake) -> None:
    with pytest.raises(RequestError, match="vendor cannot extend videos") as refused:
        able(intake, Derivation.REMIX, Derivation.EDIT).derived(
            source(), Derivation.EXTENSION, REMIX, now=DUE, added=4
        )
    assert refused.value.hint == "It can: remix, edit."
    with pytest.raises(RequestError, match="cannot remix videos") as refused:
        able(intake).derived(source(), Derivation.REMIX, REMIX, now=DUE)
    assert refused.value.hint == "Make a new one with `reelbot make`."


def test_an_empty_prompt_changes_nothing(intake: Intake) -> None:
    with pytest.raises(RequestError, match="The prompt is empty"):
        able(intake, Derivation.REMIX).derived(
            source(), Derivation.REMIX, replace(REMIX, prompt=" "), now=DUE
        )


def test_characters_go_only_to_who_keeps_them(intake: Intake) -> None:
    wish = Wish(by="cli:ann", prompt="a cat", characters=("char_1", "char_2"))
    with pytest.raises(RequestError, match="keeps no characters"):
        intake.wished(wish)

    provider = intake._providers["studio"]
    provider.capabilities = replace(provider.capabilities, characters=True)

    assert intake.wished(wish).video.characters == ("char_1", "char_2")


async def test_the_provider_is_told_what_a_video_grows_out_of(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.boot() as bot:
        first = await bot.settle((await bot.start()).id)
        plan = load_plan(ROOT / "schedules.yaml")
        intake = Intake(lambda: plan, JinjaPrompts(ROOT / "prompts"), bot.ports.providers)
        wish = replace(REMIX, targets=("slack:#cats",))
        request = intake.derived(first, Derivation.REMIX, wish, now=bot.clock.now())

        run = await bot.settle((await bot.pipeline.start(request)).id)

        assert run.job
        assert world.vendor.requests[-1].origin == Origin(
            how=Derivation.REMIX, video_id="video_1", run_id=first.id, seconds=8
        )
        assert [each.id for each in await bot.store.derived_from(first.id)] == [run.id]
