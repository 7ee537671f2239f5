"""The keys of `schedules.yaml`; every description is an editor's help."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, StrictBool, StrictInt, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from bot.document import Shape, Wrong, suggest
from bot.domain.budget import Budget
from bot.domain.room import RoomConfig, Who
from bot.domain.schedule import (
    DEFAULT_BUDGET,
    Ability,
    ApprovalMode,
    ApprovalPolicy,
    Missed,
    ProviderType,
    VideoDefaults,
)
from bot.domain.video import Model
from bot.schedules.account import AccountShape
from bot.schedules.value import (
    AccountName,
    BaseUrl,
    Channel,
    Cron,
    Day,
    Duration,
    EnvironmentName,
    Identifier,
    Language,
    ModelName,
    People,
    Seconds,
    Size,
    SlashCommand,
    TargetText,
    Template,
    Usd,
    Variable,
    VariableText,
    Zone,
)

Publish = Annotated[tuple[TargetText, ...], Field(max_length=20)]


class BudgetShape(Shape):
    """How much may be spent."""

    per_day_usd: Usd = Field(
        default=DEFAULT_BUDGET.per_day_usd,
        description="USD that all providers and X together may cost in one day of `timezone`.",
        json_schema_extra={"default": float(DEFAULT_BUDGET.per_day_usd)},
    )

    def budget(self, timezone: str) -> Budget:
        return Budget(per_day_usd=self.per_day_usd, timezone=timezone)


class VideoShape(Shape):
    """The shape of a video; what is left out is asked of the next one up."""

    model: ModelName | None = Field(
        default=None, description="A model of the provider; its first one if nobody names any."
    )
    seconds: Seconds | None = Field(
        default=None, description="Length; must be one that the model makes."
    )
    size: Size | None = Field(
        default=None, description="Width x height in pixels, as in 1280x720; one the model makes."
    )

    def video(self) -> VideoDefaults:
        return VideoDefaults(model=self.model, seconds=self.seconds, size=self.size)


class ApprovalShape(Shape):
    """Who lets a finished video out: `auto`, `required`, or `required` with its patience."""

    mode: ApprovalMode = Field(
        description="auto: it goes out when it is ready. required: a person must agree."
    )
    expires_after: Duration = Field(
        default=24 * 3600.0,
        description="How long a person has, as in 12h; then the run ends and nothing is posted.",
        json_schema_extra={"default": "24h"},
    )

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        """Take `auto` for `{mode: auto}`."""
        if not isinstance(value, str):
            return value
        if value not in set(ApprovalMode):
            raise Wrong("must be 'auto' or 'required'", suggest(value, list(ApprovalMode)))
        return {"mode": value}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        mapping = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"enum": list(ApprovalMode)}, mapping], "description": cls.__doc__}

    def policy(self) -> ApprovalPolicy:
        return ApprovalPolicy(mode=self.mode, expires_after=self.expires_after)


class ModelShape(Shape):
    """What a model can do and what it costs; nothing about it is guessed."""

    usd_per_second: Usd | None = Field(
        default=None,
        description="USD per second of video. Left out it is unknown, and an unknown price is "
        "refused before anything is spent; 0 says that it is free.",
    )
    sizes: Annotated[tuple[Size, ...], Field(min_length=1)] = Field(
        description="Sizes it makes; the first is the default."
    )
    seconds: Annotated[tuple[Seconds, ...], Field(min_length=1)] = Field(
        description="Lengths it makes; the first is the default."
    )
    as_of: Day | None = Field(default=None, description="The day the price was read.")
    sunset: Day | None = Field(
        default=None, description="The day the vendor switches the model off."
    )

    def model(self, name: str) -> Model:
        return Model(
            name=name,
            sizes=self.sizes,
            seconds=self.seconds,
            usd_per_second=self.usd_per_second,
            as_of=self.as_of,
            sunset=self.sunset,
        )


class ProviderShape(Shape):
    """Who makes videos."""

    type: ProviderType = Field(
        description="studio: the built-in one, free and without keys. "
        "videos-api: a server that speaks the OpenAI Videos API."
    )
    base_url: BaseUrl | None = Field(
        default=None, description="videos-api: its address, up to and including /v1."
    )
    api_key_env: EnvironmentName | None = Field(
        default=None,
        description="videos-api: the name of the environment variable with its key, never the key. "
        "Left out, no key is sent.",
    )
    webhook_secret_env: EnvironmentName | None = Field(
        default=None,
        description="videos-api: the name of the environment variable with the secret that signs "
        "its webhooks (whsec_…), never the secret; blanks in the variable separate several. "
        "Left out, no webhooks are taken.",
    )
    timeout: Duration = Field(
        default=60.0,
        description="videos-api: how long it may take to answer one request. After a lost answer "
        "the bot looks for the video when half as much again has passed.",
    )
    trust_listing: bool = Field(
        default=False,
        description="videos-api: whether its list shows every video at once and as it was asked "
        "for. Then a lost request that is not in the list is sent again; otherwise a person is "
        "asked.",
    )
    can: tuple[Ability, ...] | None = Field(
        default=None,
        description="videos-api: what it does beside creating videos: remix, edit, extension, "
        "characters, delete, stills (thumbnails and sprite sheets, which are made here otherwise). "
        "Nothing is tried that does not stand here.",
    )
    models: dict[ModelName, ModelShape] | None = Field(
        default=None, description="videos-api: its models by name; the first is the default."
    )


class DefaultsShape(Shape):
    """What holds for every schedule that says nothing else."""

    provider: Identifier | None = Field(
        default=None, description="A name under `providers`; the first one if left out."
    )
    approval: ApprovalShape = Field(
        default_factory=lambda: ApprovalShape(mode=ApprovalMode.REQUIRED),
        description="Who lets a finished video out.",
        json_schema_extra={"default": "required"},
    )
    publish: Publish | None = Field(
        default=None, description="Where videos go: slack:#channel, x:@account."
    )
    video: VideoShape = Field(
        default_factory=VideoShape, description="Asked after the schedule and its template."
    )


class AdHocShape(Shape):
    """What holds for requests by people: slash commands and `reelbot make`."""

    provider: Identifier | None = Field(
        default=None, description="A name under `providers`; that of `defaults` if left out."
    )
    approval: ApprovalShape = Field(
        default_factory=lambda: ApprovalShape(mode=ApprovalMode.REQUIRED),
        description="Who lets a finished video out. Not taken from `defaults`.",
        json_schema_extra={"default": "required"},
    )
    publish: Publish | None = Field(
        default=None, description="Where videos go; as in `defaults` if left out."
    )
    video: VideoShape = Field(
        default_factory=VideoShape, description="Asked before the template and `defaults`."
    )


class ScheduleShape(Shape):
    """One video, again and again."""

    id: Identifier = Field(description="Its name for ever: changing it makes it a new schedule.")
    cron: Cron = Field(
        description="When: minute, hour, day, month, weekday (by name), as in '7 * * * *'."
    )
    template: Template = Field(description="A file of prompts/, without .j2.")
    vars: dict[Variable, VariableText] = Field(
        default={}, description="Values for the template's variables."
    )
    lang: Language | None = Field(
        default=None,
        description="The language of caption and alt text; the template's first if left out.",
    )
    provider: Identifier | None = Field(default=None, description="A name under `providers`.")
    video: VideoShape = Field(
        default_factory=VideoShape, description="Asked before the template and `defaults`."
    )
    publish: Publish | None = Field(
        default=None, description="Where it goes; replaces the list of `defaults`."
    )
    approval: ApprovalShape | None = Field(
        default=None, description="Who lets it out; replaces that of `defaults`."
    )
    timezone: Zone | None = Field(default=None, description="The zone `cron` is read in.")
    missed: Missed = Field(
        default=Missed.LAST,
        description="Moments that passed while nothing ran: skip them, make up for the last one, "
        "or for all.",
    )
    missed_within: Duration = Field(
        default=24 * 3600.0,
        description="Older moments are skipped whatever `missed` says.",
        json_schema_extra={"default": "24h"},
    )
    enabled: StrictBool = Field(default=True, description="false: it is kept but never fires.")


class RightsShape(Shape):
    """Who may do what in Slack: `everyone`, or ids of people, user groups and channels."""

    generate: People = Field(
        default="everyone",
        description="Who may ask for videos and decide on posts that stay in Slack. everyone is "
        "every full member; guests and members of other workspaces never are.",
    )
    publish_x: People = Field(
        default=(),
        description="Who may let posts out to X, as in [U0123ABCD, S0123ABCD]; they may ask, too.",
    )
    admin: People = Field(
        default=(),
        description="Who may start again after a stop, hold schedules back and delete videos; "
        "they have the other rights as well.",
    )


class SlackShape(Shape):
    """Slack as the control room."""

    command: SlashCommand = Field(
        default="/video", description="The slash command, as the app's manifest names it."
    )
    language: Literal["en", "ja"] = Field(
        default="en", description="The language the bot speaks in Slack."
    )
    desk: Channel | None = Field(
        default=None,
        description="The channel where schedules and the command line report, as in #video-desk.",
    )
    approvers: Channel | None = Field(
        default=None,
        description="The channel where approval is asked for; left out, the card where the video "
        "was asked for has the buttons.",
    )
    rights: RightsShape = Field(
        default_factory=RightsShape, description="Who may do what in Slack."
    )
    self_approval: StrictBool = Field(
        default=False,
        description="true: people may approve what they asked for themselves.",
    )
    daily_limit: Annotated[StrictInt, Field(ge=1, le=10_000)] | None = Field(
        default=None,
        description="Videos that one person may ask for in a day of `timezone`; left out, only "
        "the budget limits.",
    )
    confirm_over_usd: Usd = Field(
        default=Decimal(5),
        description="USD from which on a video is asked about once more.",
        json_schema_extra={"default": 5.0},
    )
    allow_simulated: Annotated[tuple[Channel, ...], Field(max_length=20)] = Field(
        default=(), description="Channels that take the studio's SIMULATED clips."
    )

    def room(self, timezone: str) -> RoomConfig:
        return RoomConfig(
            command=self.command,
            language=self.language,
            desk=self.desk,
            approvers=self.approvers,
            generate=_who(self.rights.generate),
            publish_x=_who(self.rights.publish_x),
            admin=_who(self.rights.admin),
            self_approval=self.self_approval,
            daily_limit=self.daily_limit,
            confirm_over_usd=self.confirm_over_usd,
            allow_simulated=frozenset(self.allow_simulated),
            timezone=timezone,
        )


def _who(named: People) -> Who:
    if isinstance(named, str):
        return Who(everyone=True)
    return Who(
        users=tuple(n for n in named if n[0] in "UW"),
        groups=tuple(n for n in named if n[0] == "S"),
        channels=tuple(n for n in named if n[0] in "CG"),
    )


class PlanShape(Shape):
    """When reelbot makes which video, with whom, and where it goes."""

    timezone: Zone = Field(
        default="UTC", description="The zone of every `cron` and of the budget's day."
    )
    publish: Literal["preview"] | None = Field(
        default=None, description="preview: nothing goes to a live network."
    )
    budget: BudgetShape = Field(default_factory=BudgetShape, description="How much may be spent.")
    defaults: DefaultsShape = Field(
        default_factory=DefaultsShape,
        description="What holds for every schedule that says nothing else.",
    )
    providers: Annotated[dict[Identifier, ProviderShape], Field(min_length=1)] = Field(
        default_factory=lambda: {"studio": ProviderShape(type=ProviderType.STUDIO)},
        description="Who makes videos, by name. Nothing is contacted that nothing uses.",
        json_schema_extra={"default": {"studio": {"type": "studio"}}},
    )
    accounts: dict[AccountName, AccountShape] = Field(
        default={},
        description='The X accounts that posts go to, by name, as in "@reelbot". A file with '
        "one account need not name it here.",
    )
    ad_hoc: AdHocShape = Field(
        default_factory=AdHocShape, description="What holds for requests by people."
    )
    slack: SlackShape = Field(default_factory=SlackShape, description="Slack as the control room.")
    schedules: tuple[ScheduleShape, ...] = Field(
        default=(), description="What is made by itself, and when."
    )


def json_schema() -> Mapping[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the file, for editors."""
    schema = PlanShape.model_json_schema()
    title = {"title": "reelbot schedules.yaml"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema | title
