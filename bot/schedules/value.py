"""The values of `schedules.yaml`: what each must look like, and what to say if it does not."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictInt,
    WithJsonSchema,
)

from bot.document import Wrong, nearest
from bot.domain.post import Target
from bot.domain.video import parse_size
from bot.schedules.cron import check_cron

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_YEAR = 366 * 86_400


def _matching(pattern: str, what: str, hint: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise Wrong(what, hint)
        return text

    return AfterValidator(check)


def _shown(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Wrong(f"{name[:64]!r} is not a time zone", _zone_hint(name)) from None
    return name


def _zone_hint(name: str) -> str:
    """Return the zone whose name or whose city comes nearest."""
    zones = available_timezones()
    cities = {zone.rsplit("/", 1)[-1]: zone for zone in sorted(zones)}
    match = nearest(name, zones) or cities.get(nearest(name, cities) or "")
    return f"Did you mean {match!r}?" if match else "Zones are named as in Asia/Tokyo or UTC."


def _size(text: str) -> str:
    try:
        parse_size(text)
    except ValueError:
        raise Wrong("is not a size", "Write width x height, as in 1280x720.") from None
    return text


def _target(text: str) -> str:
    try:
        Target.parse(text)
    except ValueError as error:
        raise Wrong("is not a target", f"{error}."[:300]) from None
    return text


def _duration(text: Any) -> float:
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text) if isinstance(text, str) else None
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 0 < seconds <= _YEAR:
        raise Wrong("is not a duration", "Write 90s, 20m, 24h or 3d; a year at most.")
    return float(seconds)


def _exact(number: Any) -> Any:
    """Take numbers only: a price in quotes or `true` is a slip."""
    if isinstance(number, bool | str):
        raise Wrong("must be a number", "Write it without quotes or a currency sign.")
    return number


def _text(value: Any) -> Any:
    """Take numbers and yes-or-no as the text they were written as."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | Decimal) else value


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Wrong("is not a day", "Write it as 2026-11-01.") from None
    return text


def _base_url(text: str) -> str:
    """Refuse what is not a plain address; it is never echoed, it may hold a password."""
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        raise Wrong("is not an address", "It looks like https://host/v1.") from None
    if url.username is not None or url.password is not None:
        raise Wrong("there are credentials in it", "Name a variable under api_key_env instead.")
    if url.scheme not in {"http", "https"} or not url.hostname or re.search(r"\s", text):
        raise Wrong("is not an http or https address", "It looks like https://host/v1.")
    if url.query or url.fragment:
        raise Wrong("there must be nothing after its path", "It looks like https://host/v1.")
    return text.rstrip("/")


def _channel(text: str) -> str:
    if not re.fullmatch(r"#[^\s#]{1,80}|[CG][A-Z0-9]{8,}", text):
        raise Wrong("is not a channel", "Write #video-desk, or its id as in C0123456789.")
    return text


def _people(value: Any) -> Any:
    """Take `everyone`, or a list of ids."""
    if value == "everyone":
        return value
    if not isinstance(value, list | tuple):
        raise Wrong("must be everyone or a list of ids", "Write everyone or [U0123ABCD].")
    for each in value:
        if not (isinstance(each, str) and re.fullmatch(r"[UWSCG][A-Z0-9]{2,30}", each)):
            raise Wrong(
                f"{str(each)[:40]!r} is not the id of a person, a user group or a channel",
                "In Slack, open the profile, the group or the channel and copy its id: U…, S…, C….",
            )
    return tuple(value)


_ACCOUNT = "@[A-Za-z0-9_]{1,15}"
_COMMAND = "/[a-z0-9_-]{1,31}"
_COMMUNITY = "[0-9]{1,19}"
_NAME = r"\S(.{0,78}\S)?"
_ID = "[a-z0-9][a-z0-9-]{0,62}"
_TEMPLATE = "[a-z0-9_-]{1,64}"
_LANGUAGE = "[a-z]{2,3}(-[A-Za-z0-9]{2,8})?"
_VARIABLE = "[A-Za-z][A-Za-z0-9_]{0,63}"
_ENVIRONMENT = "[A-Z][A-Z0-9_]{0,63}"

AccountName = Annotated[
    str,
    _shown(_ACCOUNT),
    _matching(_ACCOUNT, "is not an account", 'Write it as "@reelbot", in quotes.'),
]
Community = Annotated[
    str,
    BeforeValidator(_text),
    _matching(
        _COMMUNITY, "is not the id of a community", "It is the number at the end of its address."
    ),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{_COMMUNITY}$"}),
]
Name = Annotated[
    str,
    _shown(_NAME),
    _matching(_NAME, "is not a name", "Write who it was, in at most 80 characters."),
]
Identifier = Annotated[
    str,
    _shown(_ID),
    _matching(
        _ID, "is not an id", "Use up to 63 of a-z, 0-9 and -, beginning with a letter or a digit."
    ),
]
Template = Annotated[
    str,
    _shown(_TEMPLATE),
    _matching(_TEMPLATE, "is not the name of a template", "It is a file's name less .j2."),
]
Language = Annotated[
    str,
    _shown(_LANGUAGE),
    _matching(_LANGUAGE, "is not a language", "Write en, ja or pt-BR."),
]
Variable = Annotated[
    str, _shown(_VARIABLE), _matching(_VARIABLE, "is not a variable's name", "Write it as mood.")
]
ModelName = Annotated[
    str, _matching(r"[^\s\x00-\x1f]{1,200}", "is not a model's name", "It has no blanks.")
]
EnvironmentName = Annotated[
    str,
    _shown(_ENVIRONMENT),
    _matching(
        _ENVIRONMENT,
        "is not the name of an environment variable",
        "Put the key into the environment or .env and its name here, as in OPENAI_API_KEY; "
        "a key that stood in this file should be replaced.",
    ),
]
Zone = Annotated[str, AfterValidator(_zone)]
Cron = Annotated[str, AfterValidator(check_cron)]
Size = Annotated[
    str,
    AfterValidator(_size),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]+x[1-9][0-9]+$"}),
]
Seconds = Annotated[StrictInt, Field(ge=1, le=3600)]
TargetText = Annotated[
    str,
    AfterValidator(_target),
    WithJsonSchema({"type": "string", "pattern": "^(slack:(#|[CGD])|x:@).+$"}),
]
SlashCommand = Annotated[
    str,
    _shown(_COMMAND),
    _matching(_COMMAND, "is not a slash command", "Write it as /video, in small letters."),
]
Channel = Annotated[
    str,
    AfterValidator(_channel),
    WithJsonSchema({"type": "string", "pattern": "^(#|[CG]).+$"}),
]
People = Annotated[
    str | tuple[str, ...],
    BeforeValidator(_people),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "everyone"},
                {
                    "type": "array",
                    "items": {"type": "string", "pattern": "^[UWSCG][A-Z0-9]{2,30}$"},
                },
            ]
        }
    ),
]
Day = Annotated[str, AfterValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
BaseUrl = Annotated[
    str, AfterValidator(_base_url), WithJsonSchema({"type": "string", "format": "uri"})
]
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+[smhd]$"}),
]
Usd = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(ge=0, le=100_000),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100_000}),
]
VariableText = Annotated[
    str,
    BeforeValidator(_text),
    Field(max_length=2000),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
