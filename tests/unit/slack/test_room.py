"""The small tables: verbs, references, the manifest."""

import json
import re
from decimal import Decimal

import pytest

from bot.slack.lists import cost_answer, usage
from bot.slack.manifest import APP_SCOPES, EVENTS, SCOPES, manifest, reasons
from bot.slack.reference import Reference, read_reference
from bot.slack.verbs import VERBS, Right, nearest
from bot.slack.words import words
from tests import slack_examples as examples

LINK = "https://aicu.slack.com/archives/C0123DESK/p1764236400000100"


@pytest.mark.parametrize(
    "text,reference",
    [
        ("last", Reference()),
        ("Last", Reference()),
        ("1127-5be0a1c2", Reference(part="1127-5be0a1c2")),
        ("5be0", Reference(part="5be0")),
        ("5BE0", Reference(part="5be0")),
        (LINK, Reference(place="C0123DESK", message="1764236400.000100")),
        (f"<{LINK}>", Reference(place="C0123DESK", message="1764236400.000100")),
        (
            f"<{LINK}?thread_ts=1.2&cid=C0123DESK|card>",
            Reference(place="C0123DESK", message="1764236400.000100"),
        ),
        ("cafe", None),
        ("cats", None),
        ("12", None),
        ("https://evil.example/archives/C0123DESK/p1764236400000100", None),
        ("", None),
    ],
)
def test_runs_are_named_by_last_by_part_of_an_id_or_by_a_card(text, reference):
    assert read_reference(text) == reference


def test_a_reference_names_its_run():
    run = examples.PUBLISHED
    assert read_reference("last").is_last
    assert read_reference("5be0").names(run)
    assert not read_reference("5be1").names(run)
    assert read_reference(LINK).names(run)
    assert not read_reference(LINK.replace("000100", "000101")).names(run)


@pytest.mark.parametrize(
    "typed,meant",
    [("aprove", "approve"), ("STAUTS", "status"), ("remixx", "remix"), ("cats", None), ("", None)],
)
def test_a_slip_is_near_its_verb(typed, meant):
    verb = nearest(typed)
    assert (verb.name if verb else None) == meant


def test_anyone_may_stop_and_only_an_admin_starts():
    assert VERBS["stop"].right is Right.ANYONE
    assert VERBS["start"].right is Right.ADMIN


def test_every_verb_has_its_usage():
    assert usage(VERBS["remix"], words("en"), "/reel") == "/reel remix last make it night"
    assert usage(VERBS["cost"], words("en"), "/video") == "/video cost"


def test_the_bill_says_what_is_left():
    text = cost_answer(Decimal("3.27"), Decimal(10), examples.scene()).text
    assert text == "▰▰▰▱▱▱▱▱▱▱ 32 % · *$3.27* of $10.00 today · $6.73 left"


# --- the manifest ------------------------------------------------------------------------------

KEYS = {
    "_metadata": {"major_version"},
    "display_information": {"name", "description", "background_color"},
    "features": {"app_home", "bot_user", "shortcuts", "slash_commands"},
    "oauth_config": {"scopes"},
    "settings": {
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    },
}


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("url", [None, "https://bot.example.com/slack/events"])
def test_the_manifest_has_the_shape_that_slack_takes(language, url):
    made = json.loads(
        json.dumps(manifest(words(language), name="reelbot", command="/reel", url=url))
    )
    assert {key: set(value) for key, value in made.items()} == KEYS
    assert len(made["display_information"]["description"]) <= 140
    (command,) = made["features"]["slash_commands"]
    assert command["command"] == "/reel"
    assert len(command["description"]) <= 2000
    (shortcut,) = made["features"]["shortcuts"]
    assert shortcut["type"] == "message"
    assert len(shortcut["name"]) <= 24
    assert len(shortcut["description"]) <= 150
    assert made["features"]["app_home"]["home_tab_enabled"] is True
    assert made["settings"]["interactivity"]["is_enabled"] is True
    assert made["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)


def test_it_listens_down_a_socket_or_at_an_address_never_both():
    socket = manifest(words("en"), name="reelbot", command="/video")
    assert socket["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(socket)
    url = "https://bot.example.com/slack/events"
    signed = manifest(words("en"), name="reelbot", command="/video", url=url)
    assert signed["settings"]["socket_mode_enabled"] is False
    assert json.dumps(signed).count(url) == 3


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_permission_has_its_reason(language):
    given = reasons(words(language))
    assert set(given) == {*SCOPES, *APP_SCOPES}
    assert len(set(given.values())) == len(given)
    assert all(re.search(r"[.。]$", reason) for reason in given.values())


def test_no_permission_is_asked_for_twice_and_none_that_is_wide():
    assert len(set(SCOPES)) == len(SCOPES)
    wide = {"chat:write.public", "chat:write.customize", "channels:join", "users:read.email"}
    assert wide.isdisjoint(SCOPES)
