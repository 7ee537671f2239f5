"""The file that is a login."""

import os
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.errors import TargetPaused
from bot.x_api.token import Token, TokenFile

TOKEN = Token(
    access="access-1",
    refresh="refresh-1",
    expires_at=datetime(2027, 1, 1, 14, tzinfo=UTC),
    scopes=("tweet.read", "tweet.write"),
    handle="@reel",
)


@pytest.fixture
def tokens(tmp_path):
    return TokenFile(tmp_path / "reel.json")


def test_what_was_kept_is_there_again_and_for_nobody_else(tokens):
    tokens.store(TOKEN)
    assert TokenFile(tokens.path).load() == TOKEN
    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600


def test_a_new_login_takes_the_place_of_the_old_one_whatever_its_mode(tokens):
    tokens.store(TOKEN)
    tokens.path.chmod(0o640)
    tokens.store(replace(TOKEN, access="access-2"))
    assert tokens.load().access == "access-2"
    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600


def test_both_the_file_and_its_name_are_synced(tokens, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_mode))
    tokens.store(TOKEN)
    assert [stat.S_ISREG(mode) for mode in synced] == [True, False]


def test_a_token_is_never_shown(tokens):
    assert "access-1" not in repr(TOKEN)
    assert "refresh-1" not in repr(TOKEN)


def test_without_a_login_people_are_told_how_to_log_in(tokens):
    with pytest.raises(TargetPaused, match="There is no X login at") as missing:
        tokens.load()
    assert missing.value.hint == "Log in with `reelbot x login`."


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_login_that_others_can_read_is_refused(tokens, mode):
    tokens.store(TOKEN)
    tokens.path.chmod(mode)
    with pytest.raises(TargetPaused, match="Others can read") as refused:
        tokens.load()
    assert f"chmod 600 {tokens.path}" in refused.value.hint


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b'{"access": "access-1"',
        b'{"access": "access-1"}',
        b'["access-1"]',
        # of no time zone
        b'{"access":"access-1","refresh":"r","expires_at":"2027-01-01T14:00","scopes":[],"handle":"@a"}',
    ],
)
def test_what_is_no_login_is_refused_without_being_quoted(tokens, content):
    tokens.store(TOKEN)
    tokens.path.write_bytes(content)
    with pytest.raises(TargetPaused, match="holds no login") as refused:
        tokens.load()
    assert "access-1" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_folder_is_no_login(tmp_path):
    with pytest.raises(TargetPaused, match="cannot be used"):
        TokenFile(tmp_path).load()


def test_one_holds_the_file_at_a_time(tokens):
    held, order = threading.Event(), []

    def wait():
        held.wait(5)
        with TokenFile(tokens.path).hold():
            order.append("second")

    thread = threading.Thread(target=wait)
    thread.start()
    with tokens.hold():
        held.set()
        thread.join(0.2)  # it would come in here
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
