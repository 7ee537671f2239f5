"""The house around the code: what a fresh machine, a container and a reviewer rely on."""

import ast
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import bot

ROOT = Path(__file__).parent.parent
LOCKS = ["requirements.lock", "requirements-dev.lock"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]

#: Written so that they do not find themselves.
_OF_ONE_MACHINE = re.compile(
    r"/(work|root|Users|home/[a-z]+|opt|tmp)[/][A-Za-z]|pypi[.]org|files[.]pythonhosted|/simple[/]"
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(lock: str) -> dict[str, list[str]]:
    """Return the pinned versions of every package with their conditions."""
    found: dict[str, list[str]] = {}
    for name, rest in re.findall(
        r"^([a-z0-9-]+(?:\[[a-z,]+\])?)==([^\\\n]+)", read(lock), re.MULTILINE
    ):
        found.setdefault(name, []).append(rest.strip())
    return found


def files() -> list[Path]:
    """Return the files under version control, or all of them where git cannot tell."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        [git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


# --- locks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_carries_hashes(lock: str) -> None:
    requirements = re.split(r"\n(?=[a-z0-9])", read(lock))

    assert len(requirements) > 20
    assert [r.split("==")[0] for r in requirements if "--hash=sha256:" not in r] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_address(lock: str) -> None:
    """Where packages come from is the machine's business, not the repository's."""
    assert "://" not in read(lock)
    assert "--index-url" not in read(lock)


def test_running_and_developing_use_the_same_versions() -> None:
    development = pins("requirements-dev.lock")

    assert {n: v for n, v in pins("requirements.lock").items() if development.get(n) != v} == {}


def test_locks_hold_every_direct_dependency() -> None:
    data = tomllib.loads(read("pyproject.toml"))
    groups = data["dependency-groups"]
    development = [d for d in groups["dev"] if isinstance(d, str)]
    runtime = [*data["project"]["dependencies"], *groups["build"]]

    def missing(requirements: list[str], lock: str) -> list[str]:
        locked = {name.split("[")[0] for name in pins(lock)}
        wanted = {re.split(r"[\[<>=~!]", r)[0].replace(".", "-") for r in requirements}
        return sorted(wanted - locked)

    assert missing(runtime, "requirements.lock") == []
    assert missing([*runtime, *development], "requirements-dev.lock") == []


def test_running_needs_no_development_dependency() -> None:
    assert {"pytest", "mypy", "ruff", "hypothesis", "uv"}.isdisjoint(pins("requirements.lock"))


# --- commands ----------------------------------------------------------------------------------


def test_make_lists_every_command() -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make on this machine")
    phony = re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)
    assert phony

    listed = subprocess.run(
        [make, "--no-print-directory"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout

    assert re.findall(r"^make (\w+)", listed, re.MULTILINE) == phony[1].split()


def test_a_machine_without_a_suitable_python_is_told_in_the_first_line(tmp_path: Path) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make on this machine")
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ["sh", "awk", "grep", "rm", "test"]:
        (tools / tool).symlink_to(str(shutil.which(tool)))
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for name in ["Makefile", "requirements.lock", "pyproject.toml"]:
        shutil.copy(ROOT / name, tmp_path)

    told = subprocess.run(
        [make, "demo"],
        cwd=tmp_path,
        env={"PATH": str(tools)},
        capture_output=True,
        check=False,
        text=True,
    )

    assert told.returncode != 0
    first = told.stdout.splitlines()[0]
    assert all(word in first for word in ["Python 3.11", "apt", "dnf", "brew", "wsl"])


def test_all_agree_on_the_pythons() -> None:
    matrix = YAML(typ="safe").load(read(".github/workflows/ci.yml"))["jobs"]["check"]["strategy"]

    assert matrix["matrix"]["python"] == PYTHONS
    assert [p for p in PYTHONS if f"python{p}" not in read("Makefile")] == []
    assert f'requires-python = ">={PYTHONS[0]}"' in read("pyproject.toml")
    assert re.findall(r"FROM python:([\d.]+)-slim", read("Dockerfile")) == ["3.13", "3.13"]


# --- container ---------------------------------------------------------------------------------


def test_the_container_is_reached_from_its_own_machine_only() -> None:
    service = YAML(typ="safe").load(read("compose.yaml"))["services"]["bot"]

    assert [str(port).startswith("127.0.0.1:") for port in service["ports"]] == [True]
    assert "REELBOT_HOST" not in read(".env.example").replace("#REELBOT_HOST=127.0.0.1", "")
    assert service["read_only"] is True


def test_the_image_gets_everything_it_copies_and_nothing_else() -> None:
    copied = {
        source.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.*)$", read("Dockerfile"), re.MULTILINE)
        for source in line.split()[:-1]
    }
    let_in = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}

    assert "*" in read(".dockerignore").splitlines()
    assert let_in == copied


def test_image_and_make_install_the_same_way() -> None:
    for flags in ["--require-hashes -r", "--no-deps --no-build-isolation"]:
        assert flags in read("Dockerfile")
        assert flags in read("Makefile")


# --- all files ---------------------------------------------------------------------------------


def test_the_version_stands_in_one_place() -> None:
    data = tomllib.loads(read("pyproject.toml"))["project"]

    assert data["dynamic"] == ["version"]
    assert "version" not in data
    assert re.fullmatch(r"\d+\.\d+\.\d+", bot.__version__)
    assert f"{bot.__version__}\n" in read("CHANGELOG.md")


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {m[0]}" for m in _OF_ONE_MACHINE.finditer(text)]

    assert found == []


def test_only_settings_reads_the_environment() -> None:
    """The studio hands its own on to its worker and reads nothing from it.

    The cli asks for the log level when a bug, perhaps in the settings, has to be shown.
    """
    readers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }

    assert readers <= {"bot/settings.py", "bot/studio/process.py", "bot/cli/__init__.py"}


def test_the_licence_is_whole() -> None:
    licence = read("LICENSE")

    assert "Apache License" in licence
    assert "APPENDIX" in licence
    assert len(licence.splitlines()) == 202
