"""From no app to tokens that work: `slack manifest`, `slack setup` and `doctor` at a fake Slack."""

import os
import pty
import re
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import names
from bot.slack.manifest import SCOPES
from tests.command_line import PLAN, Folder, Here, Said, command, environment, in_process
from tests.fake_slack import FakeSlack, RateLimit, Refuse, Status

BOT, APP = "xoxb-test", "xapp-test"
TOKENS = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP}
WRITTEN = f"SLACK_BOT_TOKEN={BOT}\nSLACK_APP_TOKEN={APP}\n"
SIGNING = "0123456789abcdef" * 2
EVENTS = {"REELBOT_SLACK_EVENTS_URL": "https://bot.example.com/slack/events"}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def here(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Here]:
    yield from in_process(folder, monkeypatch, capsys)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    fake = FakeSlack()
    with fake.serve():
        yield fake


def at(slack: FakeSlack, **tokens: str) -> dict[str, str]:
    """Return an environment with *tokens* in which this is Slack."""
    return {"SLACK_API_URL": slack.api_url, **tokens}


# --- manifest ----------------------------------------------------------------------------------


def test_the_manifest_follows_the_file_and_the_settings(folder: Folder, here: Here) -> None:
    folder.write("schedules.yaml", f"{PLAN}slack: {{command: /clip, language: ja}}\n")

    made = here.reelbot("slack", "manifest").json

    assert made["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert made["features"]["slash_commands"][0]["command"] == "/clip"
    assert "動画" in made["features"]["slash_commands"][0]["description"]
    assert made["settings"]["socket_mode_enabled"] is True

    by_http = here.reelbot("slack", "manifest", env=EVENTS).json

    assert by_http["settings"]["socket_mode_enabled"] is False
    assert "bot.example.com/slack/events" in str(by_http)


@pytest.mark.parametrize(
    "url",
    ["http://bot.example.com/slack/events", "https://bot.example.com/", "bot.example.com"],
)
def test_an_address_that_slack_would_not_take_is_refused(here: Here, url: str) -> None:
    said = here.reelbot("slack", "manifest", env={"REELBOT_SLACK_EVENTS_URL": url})

    assert said.code == 2
    assert "REELBOT_SLACK_EVENTS_URL must be the public address of /slack/events" in said.err


# --- setup without a person ---------------------------------------------------------------------


def test_tokens_of_the_environment_are_checked_and_kept(
    folder: Folder, here: Here, slack: FakeSlack
) -> None:
    folder.write(".env", "# mine\nREELBOT_PORT=8001\nSLACK_BOT_TOKEN=\n")

    said = here.reelbot("slack", "setup", "--yes", env=at(slack, **TOKENS))

    assert (said.code, said.err) == (0, "")
    assert "The bot token is that of @reelbot in Reelbot." in said.out
    assert "The app-level token opens Socket Mode." in said.out
    assert "/invite @reelbot" in said.out
    path = folder.path / ".env"
    assert path.read_text() == (
        f"# mine\nREELBOT_PORT=8001\nSLACK_BOT_TOKEN={BOT}\nSLACK_APP_TOKEN={APP}\n"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    calls = {call.method for call in slack.calls}
    assert calls == {"auth.test", "apps.connections.open", "bots.info"}
    assert not shows_a_token(said)


def test_tokens_of_the_file_are_checked_again(folder: Folder, here: Here, slack: FakeSlack) -> None:
    folder.write("bot.env", f"SLACK_API_URL={slack.api_url}\n{WRITTEN}")

    said = here.reelbot("slack", "setup", "--yes", "--env-file", "bot.env")

    assert (said.code, said.err) == (0, "")
    assert (folder.path / "bot.env").read_text() == f"SLACK_API_URL={slack.api_url}\n{WRITTEN}"
    assert not (folder.path / ".env").exists()


def test_by_http_it_takes_the_signing_secret(folder: Folder, here: Here, slack: FakeSlack) -> None:
    env = at(slack, SLACK_BOT_TOKEN=BOT, SLACK_SIGNING_SECRET=SIGNING)

    said = here.reelbot("slack", "setup", "--yes", env=env | EVENTS)

    assert (said.code, said.err) == (0, "")
    written = f"SLACK_BOT_TOKEN={BOT}\nSLACK_SIGNING_SECRET={SIGNING}\n"
    assert (folder.path / ".env").read_text() == written
    assert [call.method for call in slack.calls] == ["auth.test"]


@pytest.mark.parametrize(
    "tokens,sentence",
    [
        (
            {"SLACK_BOT_TOKEN": APP, "SLACK_APP_TOKEN": BOT},
            "SLACK_BOT_TOKEN holds an app-level token, not the bot token (xoxb-…).",
        ),
        (TOKENS | {"SLACK_BOT_TOKEN": "xoxp-1-2"}, "SLACK_BOT_TOKEN holds a user token"),
        (TOKENS | {"SLACK_APP_TOKEN": SIGNING}, "SLACK_APP_TOKEN holds a signing secret or"),
        (TOKENS | {"SLACK_BOT_TOKEN": "xoxb-wrong"}, "Slack does not accept the bot token"),
        (TOKENS | {"SLACK_APP_TOKEN": "xapp-wrong"}, "Slack does not accept the app-level token"),
    ],
)
def test_bad_tokens_are_a_sentence_and_nothing_is_written(
    folder: Folder, here: Here, slack: FakeSlack, tokens: dict[str, str], sentence: str
) -> None:
    before = folder.listing()

    said = here.reelbot("slack", "setup", "--yes", env=at(slack, **tokens))

    assert said.code == 1
    assert sentence in said.err
    assert len(said.err.splitlines()) == 2  # and what to do
    assert not any(token in said.out + said.err for token in tokens.values())
    assert folder.listing() == before


def test_missing_permissions_are_named(folder: Folder, here: Here, slack: FakeSlack) -> None:
    slack.token(BOT).scopes -= {"files:write", "users:read"}

    said = here.reelbot("slack", "setup", "--yes", env=at(slack, **TOKENS))

    assert said.code == 1
    assert "The app lacks the permissions files:write, users:read." in said.err
    assert "install it anew" in said.err
    assert not (folder.path / ".env").exists()


def test_an_app_level_token_without_its_permission_is_named(here: Here, slack: FakeSlack) -> None:
    slack.token(APP).scopes = frozenset({"authorizations:read"})

    said = here.reelbot("slack", "setup", "--yes", env=at(slack, **TOKENS))

    assert said.code == 1
    assert "The app-level token lacks the permission connections:write." in said.err


def test_tokens_of_two_apps_are_told_apart(folder: Folder, here: Here, slack: FakeSlack) -> None:
    ours, theirs = "xapp-1-A0REELBOT-12-abc", "xapp-1-A0STAGING-12-abc"
    for token in (ours, theirs):
        slack.workspace.tokens[token] = slack.token(APP)

    mixed = here.reelbot(
        "slack", "setup", "--yes", env=at(slack, SLACK_BOT_TOKEN=BOT, SLACK_APP_TOKEN=theirs)
    )

    assert mixed.code == 1
    assert "that of the app A0REELBOT, the app-level token that of A0STAGING." in mixed.err
    assert not (folder.path / ".env").exists()

    env = at(slack, SLACK_BOT_TOKEN=BOT, SLACK_APP_TOKEN=ours)
    assert here.reelbot("slack", "setup", "--yes", env=env).code == 0


@pytest.mark.parametrize(
    "method,fault,sentence",
    [
        ("auth.test", Status(503), "it answered auth.test with 503"),
        ("auth.test", RateLimit(5), "Slack asked to slow down."),
        ("auth.test", Refuse("account_inactive"), "(account_inactive)"),
        ("apps.connections.open", Refuse("forbidden_team"), "Slack opens no socket"),
        ("apps.connections.open", Status(404), "SLACK_API_URL answered"),
    ],
)
def test_a_slack_that_does_not_answer_changes_nothing(
    here: Here, slack: FakeSlack, method: str, fault: object, sentence: str
) -> None:
    slack.fail(method, fault)

    said = here.reelbot("slack", "setup", "--yes", env=at(slack, **TOKENS))

    assert said.code == 1
    assert sentence in said.err
    assert "by itself" not in said.err
    assert not Path(".env").exists()


def test_a_slack_that_cannot_be_reached_changes_nothing(here: Here) -> None:
    env = TOKENS | {"SLACK_API_URL": "http://127.0.0.1:9/api/"}

    said = here.reelbot("slack", "setup", "--yes", env=env)

    assert said.code == 1
    assert "Slack could not be reached (ConnectError)." in said.err
    assert "Check the network and SLACK_API_URL" in said.err
    assert not Path(".env").exists()


def test_without_tokens_or_a_person_it_says_what_to_set(folder: Folder, here: Here) -> None:
    absent = here.reelbot("slack", "setup", "--yes", env={"SLACK_BOT_TOKEN": BOT})
    alone = folder.reelbot("slack", "setup")

    assert (absent.code, alone.code) == (2, 2)
    assert "SLACK_APP_TOKEN must be set." in absent.err
    assert "Set SLACK_BOT_TOKEN and SLACK_APP_TOKEN in the environment, and add --yes" in alone.err


def test_a_file_that_cannot_take_them_is_refused_before_anybody_is_asked(
    folder: Folder, here: Here, slack: FakeSlack
) -> None:
    elsewhere = folder.write("elsewhere", "A=b\n")
    (folder.path / ".env").symlink_to(elsewhere)

    said = here.reelbot("slack", "setup", "--yes", env=at(slack, **TOKENS))

    assert said.code == 2
    assert ".env cannot be written: it is a link to another file." in said.err
    assert slack.calls == []
    assert elsewhere.read_text() == "A=b\n"


def shows_a_token(said: Said) -> bool:
    return any(token in said.out + said.err for token in TOKENS.values())


# --- setup with a person ------------------------------------------------------------------------


class Terminal:
    """Somebody at a terminal."""

    def __init__(self, folder: Folder, env: dict[str, str], *arguments: str) -> None:
        words, full = command(*arguments), environment(env) | {"TERM": "dumb", "COLUMNS": "200"}
        self.shown = ""
        self.pid, self._handle = pty.fork()
        if self.pid == 0:
            os.chdir(folder.path)
            os.execvpe(words[0], words, full)

    def wait_for(self, words: str, *, within: float = 60) -> None:
        """Return when *words* show, behind those that were waited for before."""
        deadline = time.monotonic() + within
        while words not in self._fresh:
            assert time.monotonic() < deadline, self.shown
            assert self._read(), self.shown
        self._seen += self._fresh.index(words) + len(words)

    _seen = 0

    @property
    def _fresh(self) -> str:
        return self.shown[self._seen :]

    def _read(self) -> bool:
        try:
            chunk = os.read(self._handle, 65536)
        except OSError:  # it has ended
            return False
        self.shown += chunk.decode(errors="replace").replace("\r\n", "\n")
        return bool(chunk)

    def type(self, line: str) -> None:
        os.write(self._handle, line.encode() + b"\n")

    def end(self) -> int:
        """Return its exit code, and read what it still says."""
        while self._read():
            pass
        os.close(self._handle)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_person_is_led_from_the_app_to_tokens_that_work(folder: Folder, slack: FakeSlack) -> None:
    at_it = Terminal(folder, at(slack), "slack", "setup")

    at_it.wait_for("https://api.slack.com/apps?new_app=1&manifest_json=%7B")
    at_it.wait_for("* connections:write: ")
    at_it.wait_for("SLACK_BOT_TOKEN: ")
    at_it.type(APP)
    at_it.wait_for("SLACK_BOT_TOKEN holds an app-level token, not the bot token")
    at_it.wait_for("SLACK_BOT_TOKEN: ")
    at_it.type(f"  {BOT} ")
    at_it.wait_for("SLACK_APP_TOKEN: ")
    at_it.type("")
    at_it.wait_for("SLACK_APP_TOKEN: ")
    at_it.type(APP)
    at_it.wait_for("/invite @reelbot")

    assert at_it.end() == 0
    assert BOT not in at_it.shown
    assert APP not in at_it.shown
    assert (folder.path / ".env").read_text() == WRITTEN


def test_enter_keeps_what_is_set(folder: Folder, slack: FakeSlack) -> None:
    folder.write(".env", WRITTEN)
    at_it = Terminal(folder, at(slack), "slack", "setup")

    for name in TOKENS:
        at_it.wait_for("Enter keeps the one that is set.")
        at_it.wait_for(f"{name}: ")
        at_it.type("")

    assert at_it.end() == 0
    assert (folder.path / ".env").read_text() == WRITTEN


def test_a_person_may_leave_at_any_time(folder: Folder, slack: FakeSlack) -> None:
    at_it = Terminal(folder, at(slack), "slack", "setup")
    at_it.wait_for("SLACK_BOT_TOKEN: ")
    os.kill(at_it.pid, signal.SIGINT)

    assert at_it.end() == 130
    assert "Nothing was written." in at_it.shown
    assert "Traceback" not in at_it.shown
    assert not (folder.path / ".env").exists()


def test_a_token_that_the_environment_overrules_is_told(folder: Folder, slack: FakeSlack) -> None:
    at_it = Terminal(folder, at(slack, SLACK_BOT_TOKEN="xoxb-old"), "slack", "setup")
    for name, token in TOKENS.items():
        at_it.wait_for(f"{name}: ")
        at_it.type(token)

    assert at_it.end() == 0
    assert re.search(r"environment sets SLACK_BOT_TOKEN to something else, and wins", at_it.shown)


# --- doctor -------------------------------------------------------------------------------------


def findings(said: Said) -> dict[str, str]:
    """Return what doctor says of Slack, by verdict."""
    told: dict[str, str] = {}
    for finding in said.json:
        if finding["what"].startswith("slack: "):
            told[finding["verdict"]] = told.get(finding["verdict"], "") + f"{finding['what']}\n"
    return told


@pytest.mark.parametrize(
    "env,verdict,sentence",
    [
        ({}, "good", "slack: no credentials, posts are previewed"),
        (TOKENS, "good", "slack: credentials are set, for Socket Mode"),
        ({"SLACK_BOT_TOKEN": BOT}, "fail", "slack: half the credentials"),
        ({"SLACK_BOT_TOKEN": BOT} | EVENTS, "fail", "slack: half the credentials"),
        (
            {"SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": SIGNING} | EVENTS,
            "good",
            "slack: credentials are set, for HTTP",
        ),
        (
            {"SLACK_BOT_TOKEN": APP, "SLACK_APP_TOKEN": BOT},
            "fail",
            "slack: SLACK_APP_TOKEN holds a bot token",
        ),
    ],
)
def test_doctor_sees_missing_partial_and_swapped_tokens(
    here: Here, env: dict[str, str], verdict: str, sentence: str
) -> None:
    said = here.reelbot("doctor", "--json", env=env)

    assert set(findings(said)) - {"note"} == {verdict}
    assert sentence in findings(said)[verdict]
    assert said.code == (2 if verdict == "fail" else 0)
    assert "xoxb-" not in findings(said)[verdict].replace("xoxb-…", "")


@pytest.mark.parametrize(
    "room,notes",
    [
        ("", ["may start again", "cat-daily is asked for in no channel"]),
        ('slack: {desk: "#desk"}\n', ["may start again"]),
        ("slack: {approvers: C0123456789, rights: {admin: [U0123456789]}}\n", []),
    ],
)
def test_doctor_notes_what_people_would_miss_when_they_need_it(
    folder: Folder, here: Here, room: str, notes: list[str]
) -> None:
    asking = PLAN.replace("approval: auto", "approval: required")
    folder.write("schedules.yaml", asking + room)

    said = here.reelbot("doctor", "--json", env=TOKENS)

    told = findings(said).get("note", "").splitlines()
    assert len(told) == len(notes)
    assert all(part in line for part, line in zip(notes, told, strict=True))


def test_doctor_sends_nothing_unless_asked_to(here: Here, slack: FakeSlack) -> None:
    here.reelbot("doctor", env=at(slack, **TOKENS))

    assert slack.calls == []


def test_doctor_asks_slack_and_changes_nothing(
    folder: Folder, here: Here, slack: FakeSlack
) -> None:
    desk, cats = slack.workspace.add_channel("#desk", private=True), "#cats"
    slack.workspace.add_channel(cats)
    folder.write("schedules.yaml", f'{PLAN}slack: {{desk: "#desk", approvers: {desk.id}}}\n')
    before = folder.listing()

    said = here.reelbot("doctor", "--online", "--json", env=at(slack, **TOKENS))

    assert said.code == 0
    assert findings(said)["good"].splitlines() == [
        "slack: credentials are set, for Socket Mode",
        "slack: the bot token is that of @reelbot in Reelbot",
        "slack: the app-level token opens Socket Mode",
        "slack: both tokens are those of one app",
        "slack: the app is in #desk",
        f"slack: the app is in {desk.id}",
        "slack: the app is in #cats",
    ]
    assert folder.listing() == before
    changing = {call.method for call in slack.calls} - {
        "auth.test",
        "apps.connections.open",
        "bots.info",
        "conversations.list",
        "conversations.info",
    }
    assert changing == set()


def test_doctor_finds_what_slack_would_refuse(folder: Folder, here: Here, slack: FakeSlack) -> None:
    slack.workspace.add_channel("#cats", members=())
    away = slack.workspace.add_channel("#away", members=())
    old = slack.workspace.add_channel("#old", archived=True)
    folder.write(
        "schedules.yaml",
        PLAN.replace('"slack:#cats"', f'"slack:#cats", "slack:#gone", "slack:{old.id}"')
        + f"slack: {{desk: {away.id}}}\n",
    )
    slack.token(BOT).scopes -= {"im:write"}
    slack.token(APP).revoked = True

    said = here.reelbot("doctor", "--online", "--json", env=at(slack, **TOKENS))

    assert said.code == 2
    assert findings(said)["fail"].splitlines() == [
        "slack: The app lacks the permissions im:write.",
        "slack: Slack does not accept the app-level token (token_revoked).",
        f"slack: The Slack app is not in slack:{away.id}.",
        "slack: The Slack app is not in slack:#cats.",
        "slack: Slack shows no channel slack:#gone to the app.",
        f"slack: slack:{old.id} is archived.",
    ]


def test_doctor_asks_no_further_with_a_token_that_slack_refuses(
    here: Here, slack: FakeSlack
) -> None:
    slack.token(BOT).revoked = True

    said = here.reelbot("doctor", "--online", "--json", env=at(slack, **TOKENS))

    assert "Slack does not accept the bot token (token_revoked)" in findings(said)["fail"]
    assert [call.method for call in slack.calls] == ["auth.test"]


def test_every_variable_that_setup_writes_is_a_setting() -> None:
    assert {*TOKENS, "SLACK_SIGNING_SECRET"} <= set(names().values())
