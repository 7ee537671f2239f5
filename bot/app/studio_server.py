"""The studio served to other programs, without a bot around it."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app.disk import make_folder
from bot.app.vendors import open_studio
from bot.errors import ConfigError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.studio import Receiver


@asynccontextmanager
async def serving_studio(
    settings: Settings,
    folder: Path,
    *,
    host: str,
    port: int,
    workers: int,
    expires_after: timedelta,
    webhook_url: str | None,
    webhook_anywhere: bool,
) -> AsyncGenerator[str]:
    """Serve a studio of its own while the context is open; gives its address.

    Raises `ConfigError` before anything is written: whoever cannot have the port changes nothing.
    """
    from bot import web
    from bot.studio import Studio
    from bot.studio.door import LocalOnly
    from bot.studio.webhooks import is_loopback

    key = settings.studio_api_key
    if key is None and not is_loopback(host):
        raise ConfigError(
            f"On {host} anybody could use the studio, for it asks for no key.",
            hint="Set REELBOT_STUDIO_API_KEY, or serve it on 127.0.0.1.",
        )
    studio = Studio(
        folder,
        workers=workers,
        expires_after=expires_after,
        key=key.get_secret_value() if key else None,
        receiver=_receiver(settings, webhook_url, anywhere=webhook_anywhere),
    )
    async with AsyncExitStack() as stack:
        try:
            surface = studio.app if key else LocalOnly(studio.app)
            address = await stack.enter_async_context(web.serve(surface, host, port))
        except ConfigError as e:
            hint = "Choose another one with --port, or another address with --host."
            raise ConfigError(f"{e}", hint=hint) from e
        try:
            make_folder(folder)
            await open_studio(studio)
        except ConfigError as e:
            raise ConfigError(f"{e}", hint="Choose another folder with --folder.") from e
        stack.push_async_callback(studio.close)
        yield address


def _receiver(settings: Settings, url: str | None, *, anywhere: bool) -> "Receiver | None":
    from bot.studio.webhooks import Receiver, ReceiverUnusable, SecretUnusable

    secret = settings.studio_webhook_secret
    if url is None:
        return None
    if secret is None:
        raise ConfigError(
            "The studio has nothing to sign webhooks with.",
            hint="Set REELBOT_STUDIO_WEBHOOK_SECRET to whsec_ and a key in base64.",
        )
    try:
        return Receiver(url=url, secret=secret.get_secret_value(), anywhere=anywhere)
    except SecretUnusable as e:
        hint = "Set REELBOT_STUDIO_WEBHOOK_SECRET to whsec_ and a key in base64."
        raise ConfigError(f"Webhooks cannot be sent: {e}", hint=hint) from e
    except ReceiverUnusable as e:
        hint = "Give an address of this machine, or allow any with --webhook-anywhere."
        raise ConfigError(f"Webhooks cannot be sent: {e}", hint=hint) from e
