"""The studio: a Videos API over a procedural renderer, so that no account is needed to begin.

It speaks OpenAI's Videos protocol over HTTP and makes real clips that cost nothing. The bot runs
it inside its own process and talks to it through `Studio.app`; `reelbot studio` gives it a port of
its own. It imports nothing of the bot, which knows it only by its protocol.

    server > routes > body, query, request > videos, cast > store, files, footage
                                             renders > process | worker > renderer
                                             webhooks

Its one invariant: a create that was answered is on disk, and a clip that can be had is whole.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.studio.server import Studio
    from bot.studio.webhooks import Receiver

__all__ = ["Receiver", "Studio"]


def __getattr__(name: str) -> object:
    """Import on first use: the worker passes through here and must not load a server."""
    if name == "Studio":
        from bot.studio.server import Studio  # noqa: PLC0415 - see the docstring

        return Studio
    if name == "Receiver":
        from bot.studio.webhooks import Receiver  # noqa: PLC0415 - see the docstring

        return Receiver
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
