"""The settings: what the environment and `.env` say, read here and nowhere else.

Only `app` and `cli` call it; everyone else is handed plain values. Nothing secret
is ever printed: secrets are `SecretStr`, and no error repeats a value, because a
key may stand in the wrong line.
"""

import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigError

PREFIX = "REELBOT_"

LogFormat = Literal["console", "json"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def _reachable(address: str) -> str:
    """Return *address*; `ValueError` for a host or a port that is none, before anybody calls it."""
    at = urlsplit(address)
    if not at.hostname or at.port == 0:
        raise ValueError
    return address


Address = Annotated[
    str, StringConstraints(pattern=r"^https?://[^\s/]\S*$"), AfterValidator(_reachable)
]
#: Slack takes no other: docs.slack.dev/apis/events-api/using-http-request-urls.
EventsUrl = Annotated[
    str, StringConstraints(pattern=r"^https://[^\s/?#@]+(/[^\s?#]*)?/slack/events$")
]
DatabaseUrl = Annotated[str, StringConstraints(pattern=r"^(sqlite|postgres(ql)?)(\+[a-z]+)?://")]


def _in_data_dir(settings: dict[str, Any]) -> str:
    return f"sqlite:///{settings['data_dir'] / 'reelbot.db'}"


def _for_this_terminal() -> LogFormat:
    return "console" if sys.stderr.isatty() else "json"


class Settings(BaseSettings):
    """All settings. Each description ends the sentence "`NAME` must be …"."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file_encoding="utf-8-sig",  # Notepad writes a byte order mark
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    data_dir: Path = Field(Path("data"), description="a folder for the database and the videos")
    #: May hold a password, so it is kept out of `repr`.
    database_url: DatabaseUrl = Field(
        default_factory=_in_data_dir,
        repr=False,
        description="sqlite:///path or postgresql://user:password@host/database",
    )
    schedules: Path = Field(Path("schedules.yaml"), description="the file of schedules")
    prompts: Path = Field(Path("prompts"), description="the folder of prompt templates")
    host: str = Field("127.0.0.1", description="an address of this machine to serve health on")
    port: int = Field(8000, ge=0, le=65535, description="a port from 0 (any free one) to 65535")
    log_format: LogFormat = Field(default_factory=_for_this_terminal, description="console or json")
    log_level: Annotated[LogLevel, BeforeValidator(str.upper)] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR"
    )

    #: Set, Slack sends its requests there, and SLACK_SIGNING_SECRET proves that they are Slack's;
    #: unset, the bot holds a socket to Slack (Socket Mode), and needs no public address.
    slack_events_url: EventsUrl | None = Field(
        None, description="the public address of /slack/events, https://…/slack/events"
    )
    studio_api_key: SecretStr | None = Field(
        None, description="the key that `reelbot studio` asks its clients for"
    )
    studio_webhook_secret: SecretStr | None = Field(
        None, description="the secret that signs the studio's webhooks (whsec_…)"
    )

    # The vendors' own names, as their documentation and everybody's shell profiles spell them.
    slack_bot_token: SecretStr | None = Field(
        None, validation_alias="SLACK_BOT_TOKEN", description="a bot token (xoxb-…)"
    )
    slack_app_token: SecretStr | None = Field(
        None, validation_alias="SLACK_APP_TOKEN", description="an app-level token (xapp-…)"
    )
    slack_signing_secret: SecretStr | None = Field(
        None, validation_alias="SLACK_SIGNING_SECRET", description="the app's signing secret"
    )
    slack_api_url: Address = Field(
        "https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        description="the address of Slack's Web API, http:// or https://",
    )
    x_api_key: SecretStr | None = Field(
        None, validation_alias="X_API_KEY", description="the app's API key"
    )
    x_api_secret: SecretStr | None = Field(
        None, validation_alias="X_API_SECRET", description="the app's API key secret"
    )
    x_access_token: SecretStr | None = Field(
        None, validation_alias="X_ACCESS_TOKEN", description="the account's access token"
    )
    x_access_token_secret: SecretStr | None = Field(
        None,
        validation_alias="X_ACCESS_TOKEN_SECRET",
        description="the account's access token secret",
    )
    x_client_id: SecretStr | None = Field(
        None, validation_alias="X_CLIENT_ID", description="the app's OAuth 2.0 client id"
    )
    x_client_secret: SecretStr | None = Field(
        None, validation_alias="X_CLIENT_SECRET", description="the app's OAuth 2.0 client secret"
    )
    x_api_url: Address = Field(
        "https://api.x.com",
        validation_alias="X_API_URL",
        description="the address of X's API, http:// or https://",
    )
    openai_api_key: SecretStr | None = Field(
        None, validation_alias="OPENAI_API_KEY", description="a key for a Videos API"
    )

    #: All names that were set, those we do not know included: providers name their own keys.
    _environment: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def load(cls, env_file: Path = Path(".env")) -> Self:
        """Return the settings; the environment wins over *env_file*, and empty means unset.

        Raises `ConfigError` that names every wrong setting and repeats no value.
        """
        environment = _read_env_file(env_file) | {k: v for k, v in os.environ.items() if v}
        _refuse_unknown(environment)
        try:
            settings = cls(_env_file=env_file)  # type: ignore[call-arg]  # pydantic-settings takes it, type checkers do not see it
        except ValidationError as error:
            # Its text repeats the values, so it must not hang on as the cause.
            raise _config_error(error) from None
        settings._environment = {name.upper(): value for name, value in environment.items()}
        return settings

    def secret(self, name: str) -> SecretStr | None:
        """Return what the environment or `.env` says under any *name*, None if it is unset.

        Upper and lower case are one, as they are for the settings.
        """
        value = self._environment.get(name.upper())
        return SecretStr(value) if value else None


def names() -> Mapping[str, str]:
    """Return the environment variable of every setting, by field."""
    return {
        field: str(info.validation_alias or f"{PREFIX}{field.upper()}")
        for field, info in Settings.model_fields.items()
    }


def _read_env_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read.", hint="Save it as UTF-8 text that this user may read."
        ) from error
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            raise ConfigError(
                f"Line {binding.original.line} of {path} is not NAME=value.",
                hint="Correct the line, or start it with # to leave it out.",
            )
    return {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value}


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = [name for name in names().values() if name.startswith(PREFIX)]
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, n=1, cutoff=0)[0]
            raise ConfigError(
                f"There is no setting {name}.",
                hint=f"Did you mean {near}? docs/settings.md lists every setting.",
            )


def _config_error(error: ValidationError) -> ConfigError:
    fields = {alias: field for field, alias in names().items()}
    wrong = dict.fromkeys(fields.get(str(e["loc"][0]), str(e["loc"][0])) for e in error.errors())
    return ConfigError(
        "; ".join(
            f"{names()[field]} must be {Settings.model_fields[field].description}"
            for field in wrong
        )
        + ".",
        hint="Correct it in the environment or in .env; docs/settings.md lists every setting.",
    )
