"""The app asks for what the code uses, and for nothing else: each scope is held to a call."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import manifest
from bot.slack.words import LANGUAGES, words
from tests.fake_slack.method import METHODS

ROOT = Path(__file__).parents[3]
CODE = [ROOT / "bot/slack", ROOT / "bot/slack_api", ROOT / "bot/publishers/slack"]
#: What a bot token needs for the methods that we call, for the kinds of conversations that we call
#: them about. Source: "Scopes" of docs.slack.dev/reference/methods/<method>; an app-level token's:
#: docs.slack.dev/authentication/tokens.
SCOPES_OF_METHODS: dict[str, set[str]] = {
    "apps.connections.open": {"connections:write"},
    "auth.test": set(),
    "bots.info": {"users:read"},
    "chat.getPermalink": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history", "im:history"},
    # Of direct messages it needs im:read; without it we take them for a place we are in.
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.list": {"channels:read", "groups:read"},
    "conversations.open": {"im:write"},
    "conversations.replies": {"channels:history", "groups:history", "im:history"},
    "files.completeUploadExternal": {"files:write"},
    "files.delete": {"files:write"},
    "files.getUploadURLExternal": {"files:write"},
    "files.info": {"files:read"},
    "usergroups.users.list": {"usergroups:read"},
    "users.info": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
    "views.update": set(),
}
#: What Slack sends us only with a scope: docs.slack.dev/reference/events/<event>, /scopes/commands.
SCOPES_OF_EVENTS = {"app_home_opened": set[str](), "app_mention": {"app_mentions:read"}}
SCOPE_OF_COMMANDS = "commands"

METHOD = re.compile(r"[a-z]+(\.[a-zA-Z]+)+")
FAMILIES = {name.partition(".")[0] for name in (*SCOPES_OF_METHODS, *METHODS)}
#: Every method of the official client, as in `chat_postMessage`.
OFFICIAL = {
    name.replace("_", "."): name
    for name in vars(AsyncWebClient)
    if name.partition("_")[0] in FAMILIES and "_" in name
}


def called() -> set[str]:
    """Return the methods that the code names: to our own client, or as the official one's."""
    return {name for folder in CODE for path in folder.rglob("*.py") for name in named(path)}


def named(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and node.value in OFFICIAL:
            yield str(node.value)
        elif isinstance(node, ast.Attribute) and node.attr in OFFICIAL.values():
            yield node.attr.replace("_", ".")
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"read", "call"}:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and METHOD.fullmatch(str(first.value)):
                yield str(first.value)  # one that the official client need not know


def needed() -> set[str]:
    calls = set().union(*(SCOPES_OF_METHODS[name] for name in called()))
    return calls.union(*(SCOPES_OF_EVENTS[name] for name in manifest.EVENTS), {SCOPE_OF_COMMANDS})


def test_every_method_that_is_called_is_in_the_table_and_no_row_is_left_over() -> None:
    assert called() == set(SCOPES_OF_METHODS)


def test_every_method_is_named_in_the_code_by_a_text_that_can_be_found() -> None:
    """A call whose method is put together at run time would escape the table."""
    loose = [
        f"{path.name}:{node.lineno}"
        for folder in CODE
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        and isinstance(node.values[0], ast.Constant)
        and str(node.values[0].value).partition(".")[0] in FAMILIES
        and "." in str(node.values[0].value)
    ]

    assert loose == []


def test_the_app_asks_for_what_it_uses_and_for_nothing_else() -> None:
    assert {*manifest.SCOPES, *manifest.APP_SCOPES} == needed()
    assert len(set(manifest.SCOPES)) == len(manifest.SCOPES)


def test_the_manifest_carries_the_scopes_and_events() -> None:
    made = manifest.manifest(words("en"), name="reelbot", command="/video")

    assert made["oauth_config"]["scopes"] == {"bot": list(manifest.SCOPES)}
    assert made["settings"]["event_subscriptions"] == {"bot_events": list(SCOPES_OF_EVENTS)}
    assert made["settings"]["socket_mode_enabled"] is True


def test_with_a_public_address_slack_sends_everything_there() -> None:
    url = "https://bot.example.com/slack/events"
    made = manifest.manifest(words("en"), name="reelbot", command="/clip", url=url)

    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == url
    assert made["settings"]["interactivity"]["request_url"] == url
    assert [c["url"] for c in made["features"]["slash_commands"]] == [url]
    assert "connections:write" not in manifest.plea(words("en"), name="reelbot", url=url)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_carries_the_whole_manifest(language: str) -> None:
    made = manifest.manifest(words(language), name="reelbot", command="/video")

    asked = parse_qs(urlsplit(manifest.link(made)).query)

    assert asked["new_app"] == ["1"]
    assert json.loads(asked["manifest_json"][0]) == made


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_admin_reads_a_reason_for_every_permission(language: str) -> None:
    lines = manifest.plea(words(language), name="reelbot").splitlines()[1:]

    scopes = [line.removeprefix("* ").partition(": ")[0] for line in lines]
    assert scopes == [*manifest.SCOPES, *manifest.APP_SCOPES]
    assert all(line.partition(": ")[2] for line in lines)
