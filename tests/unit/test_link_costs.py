"""What links in scheduled captions cost is told before anything is posted."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app.link_costs import link_costs
from bot.prompts import JinjaPrompts
from bot.schedules import load_plan

NOW = datetime(2027, 1, 1, 12, 3, tzinfo=UTC)
PROVIDER = (
    "providers: {gw: {type: videos-api, base_url: 'https://gw.test/v1', models: "
    "{m: {usd_per_second: 0.1, sizes: [1280x720], seconds: [4]}}}}\n"
)

Notes = Callable[..., list[str]]


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    for name, caption in (("linked", "More at cats.com"), ("plain", "A cat, v2.0")):
        text = f"---\ndescription: d\ncaption: {caption}\n---\nA cat\n"
        (prompts / f"{name}.j2").write_text(text)

    def notes(
        template: str = "linked",
        cron: str = "7 * * * *",
        to: str = "x:@cats",
        more: str = PROVIDER,
        entry: str = "",
    ) -> list[str]:
        schedule = f'{{id: a, cron: "{cron}", template: {template}, publish: ["{to}"]{entry}}}'
        file = tmp_path / "schedules.yaml"
        file.write_text(f"{more}schedules:\n  - {schedule}\n")
        return list(link_costs(load_plan(file), JinjaPrompts(prompts), NOW))

    return notes


@pytest.mark.parametrize(
    "cron, month",
    [("7 * * * *", "144.00"), ("0 9 * * *", "6.00"), ("* * * * *", "8,640.00")],
)
def test_a_link_is_told_with_its_price_by_the_month(notes: Notes, cron: str, month: str) -> None:
    [note] = notes(cron=cron)
    assert note == (
        "schedule 'a': its caption has a link, so a post to @cats costs $0.20 instead of $0.015, "
        f"${month} a month (prices of 2026-04-20)"
    )


def test_the_prices_of_the_file_count(notes: Notes) -> None:
    prices = "{post: 0.02, post_with_link: 0.5, as_of: 2026-11-01}"
    [note] = notes(more=f"{PROVIDER}accounts: {{'@Cats': {{prices: {prices}}}}}\n")
    assert "$0.50 instead of $0.02, $360.00 a month (prices of 2026-11-01)" in note


@pytest.mark.parametrize(
    "what",
    [
        {"template": "plain"},
        {"to": "slack:#cats"},
        {"entry": ", enabled: false"},
        {"more": f"publish: preview\n{PROVIDER}"},
        {"more": ""},
        {"more": f"{PROVIDER}accounts: {{'@Cats': {{links: drop}}}}\n"},
    ],
    ids=["no link", "not on X", "off", "previewed", "simulated", "left out"],
)
def test_what_costs_nothing_more_is_not_told(notes: Notes, what: dict[str, str]) -> None:
    assert notes(**what) == []
