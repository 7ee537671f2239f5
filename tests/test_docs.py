"""The documentation cannot lie: what the program knows, the pages name, and their examples work."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
import typer

from bot import errors
from bot.cli import app as cli
from bot.domain.effect import EffectState
from bot.domain.post import DeliveryStatus
from bot.domain.run import RunState, Step, WaitReason
from bot.errors import BotError
from bot.prompts import JinjaPrompts
from bot.schedules import load_plan
from bot.settings import Settings, names
from bot.slack.manifest import APP_SCOPES, SCOPES
from bot.telemetry import Telemetry

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
#: Codes that stand in stored runs without an error class: nobody foresaw it; a person gave up.
OTHER_CODES = {"internal", "given_up"}


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(text: str) -> dict[str, list[str]]:
    """Return the cells of every table row that begins with a name in backticks."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in lines}


def fences(language: str) -> list[tuple[str, str]]:
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [(path.name, code) for path in PAGES for code in fence.findall(path.read_text("utf-8"))]


def commands(group: typer.core.TyperGroup, *path: str) -> list[tuple[str, typer.core.TyperCommand]]:
    found = []
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            found += commands(command, *path, name)
        else:
            found.append((" ".join(["reelbot", *path, name]), command))
    return found


def codes(error: type[BotError]) -> set[str]:
    return {error.code}.union(*(codes(narrower) for narrower in error.__subclasses__()))


def test_every_setting_has_its_row_and_no_row_is_left_over() -> None:
    assert set(rows(page("settings.md"))) == set(names().values())


@pytest.mark.parametrize("field,name", names().items())
def test_settings_are_documented_with_their_default(field: str, name: str) -> None:
    info = Settings.model_fields[field]
    written = rows(page("settings.md"))[name][0]

    if info.default_factory is None:  # the others depend on something, and say on what
        assert written == (f"`{info.default}`" if info.default is not None else "")


@pytest.mark.parametrize("name", names().values())
def test_every_setting_is_in_the_example_file(name: str) -> None:
    assert re.search(
        rf"^#?{name}=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_the_example_file_holds_no_key() -> None:
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or not line.partition("=")[2], line


def test_every_metric_has_its_row() -> None:
    metrics = {
        name
        for metric in Telemetry().registry.collect()
        if (name := metric.name + ("_total" if metric.type == "counter" else "")).startswith(
            "reelbot_"
        )
    }

    assert {n for n in rows(page("operating.md")) if n.startswith("reelbot_")} == metrics


def test_every_command_and_option_is_documented_and_no_row_is_left_over() -> None:
    text = page("commands.md")
    known = dict(commands(typer.main.get_group(cli)))
    options = {o for command in known.values() for p in command.params for o in p.opts}

    documented = {re.sub(r' ("?[A-Z]+"?)$', "", row) for row in rows(text) if "reelbot" in row}
    assert documented == set(known)
    assert [o for o in options if o.startswith("--") and not re.search(rf"{o}\b", text)] == []


def test_every_error_code_has_its_row_and_no_row_is_left_over() -> None:
    assert set(rows(page("errors.md"))) == codes(BotError) | OTHER_CODES


def test_every_error_stands_in_the_tree_that_its_page_draws() -> None:
    drawn = set(re.findall(r"[*+-] (\w+)", errors.__doc__ or ""))
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, BotError)
    }

    assert drawn == classes


@pytest.mark.parametrize("words", [RunState, WaitReason, EffectState, DeliveryStatus, Step])
def test_every_state_is_explained(words: type[RunState]) -> None:
    text = page("states.md")

    assert [word for word in words if not re.search(rf"\b{word}\b", text)] == []


def test_every_permission_of_the_slack_app_has_its_row_and_no_row_is_left_over() -> None:
    text = page("slack-setup.md").partition("## The app and its permissions")[2]
    table = text.partition("## ")[0]
    named = re.findall(
        r"`([a-z_]+:[a-z]+|commands)`", "\n".join(re.findall(r"^\| `.*", table, re.MULTILINE))
    )

    assert sorted(named) == sorted([*SCOPES, *APP_SCOPES])


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{path.name}: {link}"
        for path in PAGES
        for link in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
        if "://" not in link and not (path.parent / link).exists()
    ]

    assert broken == []


def test_every_page_is_in_the_table_of_contents() -> None:
    linked = re.findall(r"\]\(([^)#\s]+\.md)", page("README.md"))

    assert {f"{path.relative_to(DOCS)}" for path in DOCS.rglob("*.md")} == {"README.md", *linked}


def test_the_map_names_every_room() -> None:
    bot = importlib.import_module("bot")
    rooms = {room.name for room in pkgutil.iter_modules(bot.__path__) if room.name != "__main__"}

    assert [room for room in rooms if room not in (bot.__doc__ or "")] == []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [room for room in rooms if not re.search(rf"\b{room}(/|\.py)", readme)] == []


@pytest.mark.parametrize("where,source", fences("jinja"))
def test_templates_in_the_docs_render(where: str, source: str, tmp_path: Path) -> None:
    (tmp_path / "example.j2").write_text(source, encoding="utf-8")

    prompt = JinjaPrompts(tmp_path).render("example", {})

    assert prompt.text
    assert prompt.caption
    assert prompt.alt_text


@pytest.mark.parametrize(
    "where,source",
    # The other pages show parts of files, too; unit/test_schedules and test_prompts read them.
    [
        f
        for f in fences("yaml")
        if f[0]
        in {"README.md", "quickstart.md", "settings.md", "slack-setup.md", "webhooks.md", "x.md"}
    ],
)
def test_schedules_in_the_docs_are_read(where: str, source: str, tmp_path: Path) -> None:
    (tmp_path / "schedules.yaml").write_text(source, encoding="utf-8")

    load_plan(tmp_path / "schedules.yaml")
