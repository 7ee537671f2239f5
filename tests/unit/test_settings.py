"""What the environment and `.env` may say."""

import os
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import Settings, names


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("REELBOT_") or name in names().values():
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refusal(env_file: Path = Path(".env")) -> str:
    with pytest.raises(ConfigError) as refused:
        Settings.load(env_file)
    assert refused.value.__cause__ is None or not isinstance(refused.value.__cause__, ValueError)
    return f"{refused.value} {refused.value.hint}"


def test_nothing_needs_to_be_set() -> None:
    settings = Settings.load()

    assert settings.data_dir == Path("data")
    assert settings.database_url == "sqlite:///data/reelbot.db"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.x_api_key is None


def test_the_database_lies_in_the_data_dir_unless_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REELBOT_DATA_DIR", "/data")
    assert Settings.load().database_url == "sqlite:////data/reelbot.db"

    monkeypatch.setenv("REELBOT_DATABASE_URL", "postgresql://bot@db/reelbot")
    assert Settings.load().database_url == "postgresql://bot@db/reelbot"


def test_env_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("REELBOT_PORT=8001\nREELBOT_HOST=0.0.0.0\nX_API_KEY='abc'\n")
    monkeypatch.setenv("REELBOT_PORT", "8002")

    settings = Settings.load()

    assert (settings.host, settings.port) == ("0.0.0.0", 8002)
    assert settings.x_api_key is not None
    assert settings.x_api_key.get_secret_value() == "abc"


def test_empty_means_unset_and_does_not_hide_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("REELBOT_PORT=8001\nX_API_KEY=\nFAL_KEY=from-file\n")
    monkeypatch.setenv("REELBOT_PORT", "")
    monkeypatch.setenv("FAL_KEY", "")

    settings = Settings.load()

    assert settings.port == 8001
    assert settings.x_api_key is None
    assert settings.secret("X_API_KEY") is None
    assert settings.secret("FAL_KEY").get_secret_value() == "from-file"  # type: ignore[union-attr]


def test_a_secret_is_found_however_its_name_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("slack_bot_token=xoxb-1\n")

    settings = Settings.load()

    assert settings.slack_bot_token == settings.secret("SLACK_BOT_TOKEN") is not None


def test_a_file_from_notepad_is_read() -> None:
    Path(".env").write_bytes(b"\xef\xbb\xbfREELBOT_PORT=8001\r\nREELBOT_HOST=::1\r\n")

    settings = Settings.load()

    assert (settings.host, settings.port) == ("::1", 8001)


def test_a_key_under_any_name_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers name the variable that holds their key in `schedules.yaml`."""
    monkeypatch.setenv("MY_GATEWAY_KEY", "hunter2")

    key = Settings.load().secret("MY_GATEWAY_KEY")

    assert key is not None
    assert key.get_secret_value() == "hunter2"
    assert Settings.load().secret("NOBODY_SET_THIS") is None


def test_nothing_secret_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in names().values():
        if "TOKEN" in name or "SECRET" in name or name.endswith("KEY"):
            monkeypatch.setenv(name, "hunter2")
    monkeypatch.setenv("REELBOT_DATABASE_URL", "postgresql://bot:hunter2@db/reelbot")
    monkeypatch.setenv("MY_GATEWAY_KEY", "hunter2")

    settings = Settings.load()

    assert "hunter2" not in f"{settings} {settings!r} {settings.secret('MY_GATEWAY_KEY')!r}"


@pytest.mark.parametrize(
    "name,value",
    [
        ("REELBOT_PORT", "http"),
        ("REELBOT_PORT", "65536"),
        ("REELBOT_PORT", "-1"),
        ("REELBOT_LOG_FORMAT", "xml"),
        ("REELBOT_LOG_LEVEL", "loud"),
        ("REELBOT_DATABASE_URL", "mysql://bot:hunter2@db/reelbot"),
        ("SLACK_API_URL", "slack.com"),
        ("X_API_URL", "ftp://api.x.com"),
        ("X_API_URL", "http://api.x.com:99999"),
        ("X_API_URL", "http://api.x.com:x"),
        ("X_API_URL", "http://[::1"),
        ("X_API_URL", "https://?"),
        ("X_API_URL", "https://api x.com"),
    ],
)
def test_a_wrong_value_is_named_but_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    said = refusal()

    assert f"{name} must be " in said
    assert value not in said


def test_all_wrong_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELBOT_PORT", "x")
    monkeypatch.setenv("REELBOT_LOG_LEVEL", "y")

    said = refusal()

    assert "REELBOT_PORT must be a port from 0 (any free one) to 65535; REELBOT_LOG_LEVEL" in said


@pytest.mark.parametrize("level", ["debug", "Debug", "DEBUG"])
def test_log_levels_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setenv("REELBOT_LOG_LEVEL", level)

    assert Settings.load().log_level == "DEBUG"


@pytest.mark.parametrize(
    "typo,meant",
    [
        ("REELBOT_PROT", "REELBOT_PORT"),
        ("REELBOT_DATABASE", "REELBOT_DATABASE_URL"),
        ("REELBOT_DATADIR", "REELBOT_DATA_DIR"),
        ("reelbot_schedule", "REELBOT_SCHEDULES"),
    ],
)
@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_mistyped_name_is_refused_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch, typo: str, meant: str, where: str
) -> None:
    if where == "file":
        Path(".env").write_text(f"{typo}=1\n")
    else:
        monkeypatch.setenv(typo, "1")

    assert f"no setting {typo}. Did you mean {meant}?" in refusal()


def test_names_of_other_programs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "x")
    Path(".env").write_text("POSTGRES_PASSWORD=x\n")

    Settings.load()


def test_a_line_of_the_file_that_says_nothing_is_refused_by_number() -> None:
    Path(".env").write_text("# keys\nX_API_KEY=abc\nX_API_SECRET hunter2\n")

    said = refusal()

    assert "Line 3 of .env" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("content", [b"X_API_KEY=\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    env_file = tmp_path / "env"
    if content is None:
        env_file.mkdir()
    else:
        env_file.write_bytes(content)

    with pytest.raises(ConfigError, match="cannot be read"):
        Settings.load(env_file)
