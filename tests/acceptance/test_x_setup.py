"""From an app at X to an account that can post: `x login`, `x whoami`, `doctor`; a fake X."""

import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.settings import names
from bot.x_api.token import TokenFile
from tests.command_line import PLAN, Folder, Here, Said, command, environment, in_process
from tests.fake_x import Account, FakeX, RateLimit, Reset, Status, SystemClock

#: The gateway is not there: nothing here makes a video.
PAID = """providers:
  gateway: {type: videos-api, base_url: http://127.0.0.1:9/v1, models:
    {m: {usd_per_second: 0.1, sizes: [1280x720], seconds: [4]}}}
"""
ONE = PLAN.replace("slack:#cats", "x:@reel").replace("providers:\n  studio: {type: studio}\n", PAID)
TWO = f'{ONE}accounts: {{"@reel": {{client_id_env: REEL_CLIENT}}, "@other": {{}}}}\n'
#: What a browser does: it asks X, and goes where X sends it.
BROWSER = """import sys, urllib.request
url = sys.argv[1]
assert url.startswith("https://x.com/i/oauth2/authorize?"), url
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
query = url.partition("?")[2]
direct.open(f"%s/i/oauth2/authorize?{query}", timeout=30).read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "bot", ONE)
    folder.write("prompts/cat.j2", "---\ndescription: d\ncaption: A cat.\n---\nA cat.\n")
    return folder


@pytest.fixture
def here(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Here]:
    yield from in_process(folder, monkeypatch, capsys)


@pytest.fixture
def x() -> Iterator[FakeX]:
    fake = FakeX(SystemClock())
    with fake.serve():
        yield fake


@pytest.fixture
def reel(x: FakeX) -> Account:
    x.person = x.account("@reel")
    return x.person


@pytest.fixture
def port(x: FakeX) -> str:
    """A free port that the app at X sends browsers to."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    x.people.app.redirects.add(f"http://127.0.0.1:{port}/callback")
    return str(port)


def client(x: FakeX, **more: str) -> dict[str, str]:
    """Return an environment with the app's client id in which this is X."""
    return {"X_API_URL": x.url, "X_CLIENT_ID": x.people.app.client_id, **more}


def keys(x: FakeX, account: Account, level: Any = "read-write") -> dict[str, str]:
    """Return an environment with an access token of *account*."""
    token, app = x.oauth1(account, level), x.people.app
    return {
        "X_API_URL": x.url,
        "X_API_KEY": app.consumer_key,
        "X_API_SECRET": app.consumer_secret,
        "X_ACCESS_TOKEN": token.key,
        "X_ACCESS_TOKEN_SECRET": token.secret,
    }


def shows_a_secret(said: Said, x: FakeX) -> bool:
    people = x.people
    secrets = [people.app.client_secret, people.app.consumer_secret]
    secrets += [s for t in people.oauth1.values() for s in (t.key, t.secret)]
    secrets += [s for t in people.oauth2.values() for s in (t.access, t.refresh)]
    return any(secret in said.out + said.err for secret in secrets if secret)


class Entering:
    """A running `reelbot x login`."""

    def __init__(self, folder: Folder, env: dict[str, str], *arguments: str) -> None:
        self._err = folder.path.parent / "login.err"
        with self._err.open("wb") as err:
            self.process = subprocess.Popen(
                command("x", "login", *arguments),
                cwd=folder.path,
                env=environment({"BROWSER": "true", **env}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
                encoding="utf-8",
            )

    @property
    def said(self) -> str:
        return self._err.read_text(encoding="utf-8")

    def wait_for(self, words: str) -> str:
        """Return what matches *words*, once it is said."""
        deadline = time.monotonic() + 60
        while not (found := re.search(words, self.said)):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.02)
        return found[0]

    def wait_for_url(self) -> str:
        return self.wait_for(r"https://x\.com\S+(?=\n)")

    def end(self, typed: str | None = None) -> Said:
        out, _ = self.process.communicate(typed, timeout=60)
        return Said(self.process.returncode, out, self.said)


@contextmanager
def entering(folder: Folder, env: dict[str, str], *arguments: str) -> Iterator[Entering]:
    login = Entering(folder, env, *arguments)
    try:
        yield login
    finally:
        login.process.kill()
        login.process.communicate()


def go(address: str) -> httpx.Response:
    """Be the browser that X sends to *address*, as soon as somebody listens there."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx.get(address, trust_env=False)
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def login_file(folder: Folder, name: str = "reel") -> Path:
    return folder.path / "data" / "x" / f"{name}.json"


# --- login ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("confidential", [False, True])
def test_a_browser_lets_the_bot_in_and_the_login_is_kept_for_its_owner(
    folder: Folder, x: FakeX, reel: Account, port: str, confidential: bool
) -> None:
    x.people.app.confidential, x.people.app.client_secret = confidential, "a secret:/+"
    secret = {"X_CLIENT_SECRET": x.people.app.client_secret} if confidential else {}
    script = folder.path.parent / "browser.py"
    script.write_text(BROWSER % x.url)

    env = client(x, BROWSER=f"{sys.executable} {script} %s", **secret)
    said = folder.reelbot("x", "login", "--port", port, env=env)

    assert said.code == 0, said
    assert said.out == "Logged in as @reel; data/x/reel.json keeps it, for its owner alone.\n"
    assert stat.S_IMODE(login_file(folder).stat().st_mode) == 0o600
    assert stat.S_IMODE(login_file(folder).parent.stat().st_mode) == 0o700
    assert not shows_a_secret(said, x)
    granted = next(iter(x.people.oauth2.values()))
    assert granted.access in login_file(folder).read_text()
    assert granted.scopes == {"tweet.read", "tweet.write", "users.read", "media.write"} | {
        "offline.access"
    }
    assert [call.name for call in x.calls] == ["authorize", "token", "me"]

    whoami = folder.reelbot("x", "whoami", env=client(x, **secret))

    assert whoami.code == 0, whoami
    assert "@reel (reel, id " in whoami.out
    assert "OAuth 2.0" in whoami.out
    assert not shows_a_secret(whoami, x)


def test_without_a_browser_the_address_is_pasted(
    folder: Folder, x: FakeX, reel: Account, port: str
) -> None:
    with entering(folder, client(x), "--no-browser", "--port", port) as login:
        url = login.wait_for_url()
        said = login.end(f" {x.consent(url, reel)} \n")

    assert said.code == 0, said
    assert "within 30 seconds" in said.err
    assert login_file(folder).exists()


def test_a_login_that_finds_no_room_for_itself_says_so(
    folder: Folder, x: FakeX, reel: Account, port: str
) -> None:
    folder.write("data/x", "a file of somebody's")
    with entering(folder, client(x), "--no-browser", "--port", port) as login:
        said = login.end(f"{x.consent(login.wait_for_url(), reel)}\n")

    assert said.code == 2
    assert "The folder data/x cannot be made: " in said.err
    assert (folder.path / "data" / "x").read_text() == "a file of somebody's"


def test_a_login_waits_for_one_that_is_being_renewed(
    folder: Folder, x: FakeX, reel: Account, port: str
) -> None:
    login_file(folder).parent.mkdir(parents=True)
    with entering(folder, client(x), "--no-browser", "--port", port) as login:
        with TokenFile(login_file(folder)).hold():
            assert login.process.stdin
            login.process.stdin.write(f"{x.consent(login.wait_for_url(), reel)}\n")
            login.process.stdin.flush()
            deadline = time.monotonic() + 60
            while not x.count("me"):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            with pytest.raises(subprocess.TimeoutExpired):
                login.process.wait(1)
            assert not login_file(folder).exists()
        said = login.end()

    assert said.code == 0, said
    assert login_file(folder).exists()


def test_a_no_stores_nothing(folder: Folder, x: FakeX, reel: Account, port: str) -> None:
    before = folder.listing()
    with entering(folder, client(x), "--port", port) as login:
        page = go(x.deny(login.wait_for_url()))
        said = login.end()

    assert page.status_code == 200
    assert said.code == 1
    assert said.err.splitlines()[-2:] == [
        "The app was not allowed in, so nothing was stored.",
        "Run `reelbot x login` again.",
    ]
    assert folder.listing() == before
    assert x.count("token") == 0


def test_an_answer_to_another_login_is_turned_away_and_the_right_one_still_counts(
    folder: Folder, x: FakeX, reel: Account, port: str
) -> None:
    base = f"http://127.0.0.1:{port}"
    with entering(folder, client(x), "--port", port) as login:
        url = login.wait_for_url()
        forged = go(f"{base}/callback?state=guessed&code=mine")
        odd = go(f"{base}/callback?state=caf%C3%A9&code=mine")
        elsewhere = go(f"{base}/favicon.ico")
        right = go(x.consent(url, reel))
        said = login.end()

    turned_away = (forged.status_code, odd.status_code, elsewhere.status_code)
    assert (*turned_away, right.status_code) == (400, 400, 404, 200)
    assert right.headers["referrer-policy"] == "no-referrer"
    assert said.code == 0, said
    assert "mine" not in str(x.called("token")[0].body)


def test_a_browser_that_keeps_a_silent_connection_holds_up_no_login(
    folder: Folder, x: FakeX, reel: Account, port: str
) -> None:
    with entering(folder, client(x), "--port", port) as login:
        url = login.wait_for_url()
        go(f"http://127.0.0.1:{port}/")
        with socket.create_connection(("127.0.0.1", int(port))):  # as Chrome does, to be quick
            go(x.consent(url, reel))
            said = login.end()

    assert said.code == 0, said
    assert "Traceback" not in said.err
    assert login_file(folder).exists()


def test_a_port_is_opened_on_this_machine_alone(
    folder: Folder, x: FakeX, reel: Account, port: str
) -> None:
    with entering(folder, client(x), "--port", port) as login:
        go(f"http://127.0.0.1:{port}/")
        with socket.create_server(("127.0.0.2", int(port))):
            pass  # whoever listens everywhere would have this address, too
        login.process.send_signal(signal.SIGINT)
        login.end()


@pytest.mark.parametrize(
    "typed, code, sentence",
    [
        ("hello", 2, "That is not the address that X sends the browser to."),
        ("http://[::1", 2, "That is not the address that X sends the browser to."),
        ("http://127.0.0.1/callback?code=abc", 2, "That is not the address that X sends"),
        ("http://127.0.0.1/callback?code=abc&state=guessed", 1, "That address answers another"),
        ("http://127.0.0.1/callback?code=abc&state=caf%C3%A9", 1, "That address answers another"),
        ("", 2, "Nothing was pasted, so nothing was stored."),
        ("\x00\x1b[31m" * 500, 2, "That is not the address that X sends the browser to."),
    ],
)
def test_what_is_pasted_wrong_is_a_sentence_and_stores_nothing(
    *, folder: Folder, x: FakeX, reel: Account, port: str, typed: str, code: int, sentence: str
) -> None:
    before = folder.listing()
    with entering(folder, client(x), "--no-browser", "--port", port) as login:
        login.wait_for_url()
        said = login.end(f"{typed}\n")

    assert said.code == code
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert folder.listing() == before
    assert x.count("token") == 0


def test_a_code_that_is_too_old_says_so(folder: Folder, x: FakeX, reel: Account, port: str) -> None:
    x.fail("token", Status(400, {"error": "invalid_request", "error_description": "Value passed "
        "for the authorization code was invalid."}))  # fmt: skip
    with entering(folder, client(x), "--no-browser", "--port", port) as login:
        said = login.end(f"{x.consent(login.wait_for_url(), reel)}\n")

    assert said.code == 1
    assert "“Value passed for the authorization code was invalid”" in said.err
    assert "A code is good once, for 30 seconds." in said.err
    assert not login_file(folder).exists()


def test_an_app_that_needs_its_secret_says_so(
    folder: Folder, x: FakeX, reel: Account, port: str
) -> None:
    x.people.app.confidential = True
    with entering(folder, client(x), "--no-browser", "--port", port) as login:
        said = login.end(f"{x.consent(login.wait_for_url(), reel)}\n")

    assert said.code == 1
    assert "X does not take the app for itself" in said.err
    assert "needs the secret" in said.err


@pytest.mark.parametrize("fault", [Status(503), RateLimit(60), Reset(happens=True), Status(200)])
def test_an_x_that_does_not_answer_stores_nothing(
    folder: Folder, x: FakeX, reel: Account, port: str, fault: Any
) -> None:
    x.fail("token", fault)
    with entering(folder, client(x), "--no-browser", "--port", port) as login:
        said = login.end(f"{x.consent(login.wait_for_url(), reel)}\n")

    assert said.code == 1
    assert "Run `reelbot x login` again." in said.err
    assert not login_file(folder).exists()
    assert x.count("token") == 1


def test_another_account_is_refused_and_both_are_named(
    folder: Folder, x: FakeX, reel: Account, port: str
) -> None:
    other = x.account("@other")
    before = folder.listing()
    with entering(folder, client(x), "--port", port) as login:
        go(x.consent(login.wait_for_url(), other))
        said = login.end()

    assert said.code == 1
    assert "X was opened as @other, not as @reel, so nothing was stored." in said.err
    assert folder.listing() == before
    assert not shows_a_secret(said, x)


def test_capitals_make_no_other_account(folder: Folder, x: FakeX, reel: Account, port: str) -> None:
    folder.write("schedules.yaml", ONE.replace("@reel", "@REEL"))
    with entering(folder, client(x), "--port", port) as login:
        go(x.consent(login.wait_for_url(), reel))
        assert login.end().code == 0

    assert login_file(folder).exists()


def test_a_port_that_is_taken_is_named(here: Here, x: FakeX, reel: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = here.reelbot("x", "login", "--port", port, env=client(x, BROWSER="true"))

    assert said.code == 2
    assert "http://127.0.0.1:PORT/callback" in said.err
    assert f"Port {port} cannot be had: " in said.err
    assert "--port" in said.err
    assert "--no-browser" in said.err


@pytest.mark.parametrize("how", [(), ("--no-browser",)])
def test_ctrl_c_stores_nothing(
    folder: Folder, x: FakeX, reel: Account, port: str, how: tuple[str, ...]
) -> None:
    before = folder.listing()
    with entering(folder, client(x), "--port", port, *how) as login:
        login.wait_for_url()
        if how:
            login.wait_for("within 30 seconds:\n")
        else:
            go(f"http://127.0.0.1:{port}/")
        login.process.send_signal(signal.SIGINT)
        said = login.end()

    assert said.code == 130
    assert said.err.splitlines()[-1] == "Nothing was stored."
    assert "Traceback" not in said.err
    assert folder.listing() == before


@pytest.mark.parametrize(
    "plan, env, arguments, sentence, hint",
    [
        (ONE, {}, (), "There are no credentials for @reel.", "X_CLIENT_ID"),
        (ONE, {"X_CLIENT_SECRET": "s"}, (), "Half the credentials of @reel", "X_CLIENT_ID"),
        (TWO, {}, (), "schedules.yaml has several X accounts: @reel, @other.", "--account"),
        (TWO, {}, ("--account", "@nobody"), "schedules.yaml has no X account @nobody.", "@reel"),
        (ONE, {}, ("--account", "a b"), "'a b' is not the name of an X account.", "@reelbot"),
        (TWO, {}, ("--account", "@reel"), "There are no credentials for @reel.", "REEL_CLIENT"),
        (PLAN, {"X_CLIENT_ID": "c"}, (), "schedules.yaml has no X account.", "--account"),
        ("timezone: Mars\n", {}, (), "timezone: 'Mars' is not a time zone", "Did you mean"),
    ],
)
def test_what_is_missing_for_a_login_is_named(
    *,
    folder: Folder,
    here: Here,
    plan: str,
    env: dict[str, str],
    arguments: tuple[str, ...],
    sentence: str,
    hint: str,
) -> None:
    folder.write("schedules.yaml", plan)
    before = folder.listing()

    said = here.reelbot("x", "login", *arguments, env=env)

    assert said.code == 2
    assert sentence in said.err
    assert hint in said.err
    assert folder.listing() == before


# --- whoami --------------------------------------------------------------------------------------


def test_an_access_token_says_whose_it_is(here: Here, x: FakeX, reel: Account) -> None:
    env = keys(x, reel)

    said = here.reelbot("x", "whoami", env=env)

    assert said.code == 0, said
    assert [line.split("  ")[0] for line in said.out.splitlines()] == [
        "account",
        "by",
        "may",
        "clock",
        "credits",
    ]
    assert "read-write" in said.out
    assert not shows_a_secret(said, x)
    assert [call.name for call in x.calls] == ["me"]

    told = here.reelbot("x", "whoami", "--json", env=env).json

    assert told["handle"] == told["account"] == "@reel"
    assert (told["kind"], told["access"], told["problems"]) == ("OAuth 1.0a", "read-write", [])
    assert abs(told["skew_seconds"]) < 60


def test_a_login_that_is_about_to_end_is_renewed(
    folder: Folder, here: Here, x: FakeX, reel: Account, port: str
) -> None:
    with entering(folder, client(x), "--no-browser", "--port", port) as login:
        assert login.end(f"{x.consent(login.wait_for_url(), reel)}\n").code == 0
    stale = login_file(folder).read_text()
    login_file(folder).write_text(re.sub(r'"expires_at": "\d{4}', '"expires_at": "2020', stale))

    said = here.reelbot("x", "whoami", env=client(x))

    assert said.code == 0, said
    assert [call.name for call in x.calls][-2:] == ["token", "me"]
    assert login_file(folder).read_text() != stale


@pytest.mark.parametrize(
    "wrong, sentence, hint",
    [
        ("account", "The credentials for x:@reel are those of @other.", "accounts:"),
        ("level", "can only read", "regenerate"),
        ("clock", "The clock of this machine is", "NTP"),
        ("credits", "out of credits", "console.x.com"),
        ("revoked", "X does not accept the credentials of x:@reel", "anew"),
        ("away", "it answered GET /2/users/me with 503", "try again in a minute"),
    ],
)
def test_what_stands_in_the_way_of_a_post_is_told(
    *, here: Here, x: FakeX, reel: Account, wrong: str, sentence: str, hint: str
) -> None:
    env = keys(x, x.account("@other") if wrong == "account" else reel, _level(wrong))
    if wrong == "clock":
        x.skew = -100
    if wrong == "credits":
        x.credits.balance = Decimal(0)
    if wrong == "revoked":
        for token in x.people.oauth1.values():
            token.revoked = True
    if wrong == "away":
        x.fail("me", Status(503), times=2)

    said = here.reelbot("x", "whoami", env=env)

    assert said.code == 1
    assert sentence in said.err
    assert hint in said.err
    assert not shows_a_secret(said, x)

    found = findings(here.reelbot("doctor", "--online", "--json", env=env))

    assert sentence in found["fail"]


def _level(wrong: str) -> str:
    return "read" if wrong == "level" else "read-write"


# --- doctor --------------------------------------------------------------------------------------


def findings(said: Said) -> dict[str, str]:
    """Return what doctor says of X, by verdict."""
    told: dict[str, str] = {}
    for finding in said.json:
        if finding["what"].startswith("x: "):
            told[finding["verdict"]] = told.get(finding["verdict"], "") + f"{finding['what']}\n"
    return told


FOUR = {name: "v" for name in names().values() if re.fullmatch(r"X_(API|ACCESS).*[YNT]", name)}


@pytest.mark.parametrize(
    "plan, env, verdict, sentence",
    [
        (ONE, {}, "good", "x: no credentials, posts are previewed"),
        (PLAN, {}, "good", "x: no credentials, posts are previewed"),
        (ONE, FOUR, "good", "x: @reel has an access token"),
        (PLAN, FOUR, "note", "x: credentials are set, but no schedule goes there"),
        (PLAN, {"X_API_KEY": "v"}, "fail", "x: half the credentials"),
        (
            ONE,
            {"X_API_KEY": "v", "X_API_SECRET": "v"},
            "fail",
            "x: half the credentials of @reel are set: X_ACCESS_TOKEN, X_ACCESS_TOKEN_SECRET",
        ),
        (ONE, {"X_CLIENT_SECRET": "v"}, "fail", "x: half the credentials of @reel are set"),
        (ONE, {"X_CLIENT_ID": "v"}, "fail", "x: nobody has logged in as @reel"),
        (TWO, FOUR, "fail", "x: the plain X_… settings can serve one account, not @reel and"),
        (
            ONE + 'accounts: {"@reel": {unlabelled_by: Mia}}\n',
            FOUR,
            "note",
            "x: Mia took the label made with AI from posts of @reel",
        ),
        (
            TWO.replace("{}", "{client_id_env: B}"),
            {"REEL_CLIENT": "v"},
            "fail",
            "x: there are no credentials for @other",
        ),
    ],
)
def test_doctor_sees_missing_and_partial_credentials_without_asking_anybody(
    *,
    folder: Folder,
    here: Here,
    plan: str,
    env: dict[str, str],
    verdict: str,
    sentence: str,
) -> None:
    folder.write("schedules.yaml", plan)

    said = here.reelbot("doctor", "--json", env=env | {"X_API_URL": "http://127.0.0.1:9"})

    assert sentence in findings(said)[verdict], said
    assert said.code == (2 if verdict == "fail" else 0)


def test_doctor_sees_a_login_that_others_can_read_and_one_of_somebody_else(
    folder: Folder, here: Here, x: FakeX, reel: Account, port: str
) -> None:
    with entering(folder, client(x), "--no-browser", "--port", port) as login:
        assert login.end(f"{x.consent(login.wait_for_url(), reel)}\n").code == 0
    assert (
        "x: @reel has a login" in findings(here.reelbot("doctor", "--json", env=client(x)))["good"]
    )

    login_file(folder).chmod(0o644)
    open_to_all = findings(here.reelbot("doctor", "--json", env=client(x)))
    login_file(folder).chmod(0o600)
    login_file(folder).rename(login_file(folder, "other"))
    folder.write("schedules.yaml", ONE.replace("@reel", "@other"))
    swapped = findings(here.reelbot("doctor", "--json", env=client(x)))

    assert "x: Others can read the X login at data/x/reel.json" in open_to_all["fail"]
    assert "x: the login for @other is that of @reel" in swapped["fail"]


def test_doctor_asks_x_and_says_what_it_could_not_learn(
    folder: Folder, here: Here, x: FakeX, reel: Account
) -> None:
    env, before = keys(x, reel), folder.listing()

    said = here.reelbot("doctor", "--online", "--json", env=env)

    assert said.code == 0, said
    assert findings(said)["good"].splitlines() == [
        "x: @reel has an access token",
        (
            "x: the OAuth 1.0a credentials of @reel are its own, may post; credits are not used "
            "up, but X tells no balance"
        ),
    ]
    assert [call.name for call in x.calls] == ["me"]
    assert folder.listing() == before
    here.reelbot("doctor", env=env)
    assert x.count("me") == 1


def test_nothing_of_x_is_imported_for_help() -> None:
    code = "import sys, bot.cli; print({'tweepy', 'requests', 'httpx'} & sys.modules.keys())"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, timeout=60
    )

    assert said.stdout.strip() == "set()"
