"""The app as Slack knows it: its manifest, and why it wants each permission.

`reelbot slack manifest` and `slack setup` print what is made here. The invariant: it asks for
nothing that the room and the Slack publisher do not use.
"""

import json
from typing import Any
from urllib.parse import quote

from bot.slack.words import Words

#: What the bot's token may do. The words have a reason for each under `scope.<name>`.
SCOPES = (
    "chat:write",  # chat.postMessage, chat.update, chat.postEphemeral
    "commands",  # the slash command and the message shortcut
    "files:write",  # files.getUploadURLExternal, files.completeUploadExternal
    "files:read",  # files.info: whether a clip was shared, the picture given in a dialog
    "app_mentions:read",  # the event app_mention
    "users:read",  # users.info: names, guests
    "usergroups:read",  # usergroups.users.list: who may do what
    "channels:read",  # conversations.list, conversations.info
    "groups:read",  # the same for private channels
    "im:write",  # conversations.open: a first user's welcome
    "channels:history",  # conversations.history: a card whose answer was lost
    "groups:history",
    "im:history",
)
#: What the app-level token may do: open the socket.
APP_SCOPES = ("connections:write",)
EVENTS = ("app_home_opened", "app_mention")
REMIX_SHORTCUT = "run.remix"
#: Where a workspace admin makes an app of a manifest.
NEW_APP = "https://api.slack.com/apps?new_app=1"


def manifest(words: Words, *, name: str, command: str, url: str | None = None) -> dict[str, Any]:
    """Return the manifest of an app called *name* that listens to *command*.

    With *url*, the public address of `/slack/events`, Slack sends requests there instead of down a
    socket. Shape: docs.slack.dev/reference/app-manifest.
    """
    request = {"request_url": url} if url else {}
    return {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": name,
            "description": words("manifest.description"),
            "background_color": "#1d2733",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "shortcuts": [
                {
                    "name": words("manifest.shortcut"),
                    "type": "message",
                    "callback_id": REMIX_SHORTCUT,
                    "description": words("manifest.shortcut.about"),
                }
            ],
            "slash_commands": [
                {
                    "command": command,
                    "description": words("manifest.command"),
                    "usage_hint": words("manifest.usage"),
                    "should_escape": False,
                    **({"url": url} if url else {}),
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**request, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **request},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def link(manifest: dict[str, Any]) -> str:
    """Return the address at which Slack offers to make an app of *manifest*.

    Shape: docs.slack.dev/app-manifests/configuring-apps-with-app-manifests.
    """
    compact = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
    return f"{NEW_APP}&manifest_json={quote(compact, safe='')}"


def plea(words: Words, *, name: str, url: str | None = None) -> str:
    """Return what to write to the admin who approves the app: a reason for each permission.

    With *url*, as `manifest` takes it, there is no app-level token to speak of.
    """
    told = reasons(words)
    lines = [f"* {scope}: {told[scope]}" for scope in (*SCOPES, *(() if url else APP_SCOPES))]
    return "\n".join([words("manifest.plea", name=name), *lines])


def reasons(words: Words) -> dict[str, str]:
    """Return why each permission is asked for, for the one who grants it."""
    return {scope: words(f"scope.{scope}") for scope in (*SCOPES, *APP_SCOPES)}
