"""Intake: schedules and people are held to the same rules, and a refusal changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.post import Target
from bot.domain.schedule import ApprovalMode, Fire, VideoDefaults
from bot.domain.video import Asset, Capabilities, Model
from bot.errors import RequestError, TemplateError
from bot.intake import Intake, Wish
from bot.prompts import JinjaPrompts
from bot.schedules import load_plan
from tests.fakes import FakeProvider, Killer, Vendor, World

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

    def estimate(self, request):  # type: ignore[no-untyped-def]
        if request.size not in self.capabilities.models["m1"].sizes:
            raise RequestError(f"m1 does not make {request.size}.")
        return Decimal("0.02") * request.seconds


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
        ({"video": VideoDefaults(size="640x480")}, "does not make 640x480"),
        ({"targets": ("slack:cats",)}, "does not name a place on slack"),
        ({"targets": ("mastodon:@a",)}, "is not a target"),
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
