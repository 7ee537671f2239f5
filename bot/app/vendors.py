"""Who makes videos: a provider for every entry of `schedules.yaml`, and the embedded studio."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

from collections.abc import Sequence
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app.tell import SystemClock
from bot.domain.schedule import Ability, Plan, ProviderEntry, ProviderType
from bot.domain.video import Capabilities, Derivation, Model, Variant
from bot.errors import ConfigError, EngineRunning
from bot.ports import VideoProvider
from bot.settings import Settings
from bot.studio.model import MODEL, SECONDS, SIZES

if TYPE_CHECKING:
    import httpx
    from standardwebhooks import Webhook

    from bot.studio import Studio

#: A server that does not even take the connection is not worth more; seconds.
CONNECT_SECONDS = 10.0


def capabilities_of(entry: ProviderEntry) -> Capabilities:
    """Return what a configured provider can do."""
    if entry.type is ProviderType.STUDIO:
        model = Model(
            name=MODEL,
            sizes=("1280x720", *(size for size in SIZES if size != "1280x720")),
            seconds=tuple(int(seconds) for seconds in SECONDS),
            usd_per_second=Decimal(0),
        )
        return Capabilities(
            models={MODEL: model},
            variants=frozenset(Variant),
            reference=True,
            derivations=frozenset(Derivation),
            characters=True,
            delete=True,
            find_is_authoritative=True,
            simulated=True,
        )
    return Capabilities(
        models=dict(entry.models),
        variants=frozenset(Variant if Ability.STILLS in entry.can else {Variant.VIDEO}),
        reference=True,
        derivations=frozenset(how for how in Derivation if how.value in entry.can),
        characters=Ability.CHARACTERS in entry.can,
        delete=Ability.DELETE in entry.can,
        find_is_authoritative=entry.trust_listing,
    )


def webhook_secrets(entry: ProviderEntry, settings: Settings) -> "Sequence[Webhook]":
    """Return what verifies the provider's webhooks; none where it sends none.

    Raises `ConfigError` for a variable that is not set or holds no secret.
    """
    from bot.web import read_secrets

    if entry.webhook_secret_env is None:
        return ()
    secret = settings.secret(entry.webhook_secret_env)
    if secret is None:
        raise ConfigError(
            f"Provider {entry.name!r} takes webhooks, but {entry.webhook_secret_env} is not set.",
            hint="Set it in the environment or in .env, or leave webhook_secret_env out.",
        )
    return read_secrets(entry.webhook_secret_env, secret.get_secret_value())


def all_webhook_secrets(plan: Plan, settings: Settings) -> "dict[str, Sequence[Webhook]]":
    """Return what verifies the webhooks of each provider that sends some."""
    return {
        name: webhook_secrets(entry, settings)
        for name, entry in plan.providers.items()
        if entry.webhook_secret_env
    }


def studio_of(plan: Plan, folder: Path) -> "Studio | None":
    """Return the embedded studio in *folder*; None where no provider is it."""
    from bot.studio import Studio

    used = any(entry.type is ProviderType.STUDIO for entry in plan.providers.values())
    return Studio(folder) if used else None


async def open_providers(
    plan: Plan,
    settings: Settings,
    studio: "Studio | None",
    clock: SystemClock,
    stack: AsyncExitStack,
    *,
    serving: bool,
) -> dict[str, VideoProvider]:
    """Return the providers by name; *stack* closes their clients."""
    from bot.providers.pace import Pace, studio_pace
    from bot.providers.videos_api import VideosApiProvider

    providers: dict[str, VideoProvider] = {}
    for name, entry in plan.providers.items():
        client = await stack.enter_async_context(_client(entry, settings, studio))
        simulated = entry.type is ProviderType.STUDIO
        providers[name] = VideosApiProvider(
            name,
            client=client,
            capabilities=capabilities_of(entry),
            clock=clock,
            # The studio is in this process: what it accepted is in its list at once.
            settle=2.0 if simulated else 1.5 * entry.timeout,
            key_name=entry.api_key_env,
            pace=studio_pace() if simulated else Pace(),
            hinted=serving and entry.webhook_secret_env is not None,
        )
    return providers


def _client(
    entry: ProviderEntry, settings: Settings, studio: "Studio | None"
) -> "httpx.AsyncClient":
    import httpx

    if entry.type is ProviderType.STUDIO:
        assert studio
        transport = httpx.ASGITransport(app=studio.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://studio/v1")
    key = settings.secret(entry.api_key_env) if entry.api_key_env else None
    headers = {"authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    timeout = httpx.Timeout(entry.timeout, connect=min(entry.timeout, CONNECT_SECONDS))
    return httpx.AsyncClient(base_url=entry.base_url or "", headers=headers, timeout=timeout)


async def open_studio(studio: "Studio") -> None:
    """Open the studio; `ConfigError` where another process has its folder."""
    from bot.studio.store import FolderUnusable

    try:
        await studio.open()
    except FolderUnusable as e:
        raise ConfigError(
            f"{e}", hint="Give each bot a folder of its own with REELBOT_DATA_DIR."
        ) from e


async def borrow_studio(studio: "Studio") -> None:
    """Open the studio for a question; `EngineRunning` where the engine has it."""
    from bot.studio.store import FolderInUse

    try:
        await studio.open()
    except FolderInUse as e:
        raise EngineRunning(
            "The studio belongs to the running engine, which alone can ask it.",
            hint="Ask again when the engine has stopped.",
        ) from e


async def fetch(url: str, *, most_bytes: int) -> bytes:
    """Return a file from an address named by whoever sits at this machine; see `media.fetch`."""
    from bot.media.fetch import fetch

    return await fetch(url, most_bytes=most_bytes, own=True)
