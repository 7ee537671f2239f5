"""`reelbot run` beside an X: who may post is known before anything is paid; real processes."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.x_api.token import Token, TokenFile
from tests.clips import clip
from tests.command_line import Engine, Folder
from tests.fake_videos_api import FakeVideosApi
from tests.fake_x import Account, FakeX, Hang, OAuth2Token, Processing, SystemClock

#: Real seconds; long enough for a busy machine.
PATIENCE = 60.0
PLAN = """timezone: UTC
defaults: {{approval: auto, publish: ["x:@reel"]}}
ad_hoc: {{approval: auto}}
providers:
  gateway: {{type: videos-api, base_url: {url}, models:
    {{studio-1: {{usd_per_second: 0.01, sizes: [1280x720], seconds: [4]}}}}}}
  studio: {{type: studio}}
schedules:
  - {{id: cat-daily, cron: "7 9 * * *", template: cat, missed: skip}}
"""
NOWHERE = PLAN.format(url="http://127.0.0.1:9/v1")
STUDIO = NOWHERE.replace("approval: auto, publish", "approval: auto, provider: studio, publish")
TEMPLATE = "---\ndescription: d\ncaption: A cat by the water.\nalt: A cat.\n---\nA cat.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return with_template(Folder(tmp_path / "bot", NOWHERE))


def with_template(folder: Folder) -> Folder:
    folder.write("prompts/cat.j2", TEMPLATE)
    return folder


@pytest.fixture
def x() -> Iterator[FakeX]:
    fake = FakeX(SystemClock())
    with fake.serve():
        yield fake


@pytest.fixture
def reel(x: FakeX) -> Account:
    return x.account("@reel")


def keys(x: FakeX, account: Account, prefix: str = "X") -> dict[str, str]:
    """Return an environment with an access token of *account*."""
    token, app = x.oauth1(account), x.people.app
    return {
        "X_API_URL": x.url,
        f"{prefix}_API_KEY": app.consumer_key,
        f"{prefix}_API_SECRET": app.consumer_secret,
        f"{prefix}_ACCESS_TOKEN": token.key,
        f"{prefix}_ACCESS_TOKEN_SECRET": token.secret,
    }


def named(prefix: str) -> str:
    """Return an entry of `accounts:` whose credentials stand under *prefix*."""
    names = ("api_key", "api_secret", "access_token", "access_token_secret")
    return "{" + ", ".join(f"{name}_env: {prefix}_{name.upper()}" for name in names) + "}"


def until(true: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return found


def checks(engine: Engine) -> dict[str, str]:
    return dict(httpx.get(f"{engine.address}/readyz", trust_env=False).json()["checks"])


# --- before anything starts ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "plan, env, sentence, hint",
    [
        (NOWHERE, {}, "costs money, but nothing is connected that could post to x:@reel", "X_API"),
        (
            NOWHERE,
            {"X_API_KEY": "k", "X_ACCESS_TOKEN": "t"},
            "Half the credentials of @reel are set: X_API_SECRET, X_ACCESS_TOKEN_SECRET are",
            "Set X_API_SECRET, X_ACCESS_TOKEN_SECRET, or remove X_API_KEY, X_ACCESS_TOKEN.",
        ),
        (NOWHERE, {"X_CLIENT_SECRET": "s"}, "Half the credentials of @reel are set", "X_CLIENT_ID"),
        (
            NOWHERE,
            {"X_CLIENT_ID": "c"},
            "Nobody has logged in as @reel.",
            "`reelbot x login --account @reel`",
        ),
        (
            NOWHERE.replace("missed: skip", 'publish: ["x:@other"]'),
            {"X_CLIENT_ID": "c"},
            "The plain X_… settings can serve one account, not @reel and @other.",
            "`accounts:`",
        ),
        (
            NOWHERE + f'accounts: {{"@reel": {named("REEL")}}}\n',
            {"X_CLIENT_ID": "c"},
            "nothing is connected that could post to x:@reel",
            "REEL_API_KEY, REEL_API_SECRET, REEL_ACCESS_TOKEN, REEL_ACCESS_TOKEN_SECRET",
        ),
        (
            NOWHERE.replace('["x:@reel"]', '["x:@reel", "x:@other"]')
            + f'accounts: {{"@reel": {named("REEL")}, "@other": {{client_id_env: OTHER}}}}\n',
            {
                "REEL_API_KEY": "k",
                "REEL_API_SECRET": "s",
                "REEL_ACCESS_TOKEN": "t",
                "REEL_ACCESS_TOKEN_SECRET": "s",
            },
            "Nothing is connected that could post to x:@other.",
            "Set OTHER and log in with `reelbot x login`",
        ),
    ],
)
def test_a_paid_video_whose_post_nobody_could_sign_is_refused_before_anything_starts(
    *, folder: Folder, plan: str, env: dict[str, str], sentence: str, hint: str
) -> None:
    folder.write("schedules.yaml", plan)
    before = folder.listing()

    said = folder.reelbot("run", env=env)

    assert said.code == 2
    assert sentence in said.err
    assert hint in said.err
    assert folder.listing() == before


@pytest.mark.parametrize(
    "mode, account, sentence",
    [
        (0o644, "@reel", "Others can read the X login at data/x/reel.json."),
        (0o600, "@other", "The login that is kept for @reel is that of @other."),
    ],
)
def test_a_login_that_could_not_be_posted_with_is_refused_before_a_video_is_paid_for(
    folder: Folder, x: FakeX, mode: int, account: str, sentence: str
) -> None:
    keep(folder, x.oauth2(x.account(account)), "reel")
    (folder.path / "data" / "x" / "reel.json").chmod(mode)
    before = folder.listing()

    env = {"X_CLIENT_ID": x.people.app.client_id, "X_API_URL": x.url}
    said = folder.reelbot("make", "a cat", "--caption", "Dusk.", "--to", "x:@reel", env=env)

    assert said.code == 2, said
    assert sentence in said.err
    assert folder.listing() == before
    assert x.calls == []


def test_simulated_videos_never_go_to_an_account(folder: Folder) -> None:
    folder.write("schedules.yaml", STUDIO)
    env = {f"X_{name}": "v" for name in ("API_KEY", "API_SECRET", "ACCESS_TOKEN")}

    said = folder.reelbot("run", env=env | {"X_ACCESS_TOKEN_SECRET": "v"})

    assert said.code == 2
    assert "The studio's videos are SIMULATED, and never go to x:@reel." in said.err
    assert "`publish: preview`" in said.err


def test_a_person_cannot_ask_for_an_account_that_the_file_does_not_have(
    folder: Folder, x: FakeX, reel: Account
) -> None:
    said = folder.reelbot(
        "make", "a cat", "--caption", "A cat.", "--to", "x:@Other", env=keys(x, reel)
    )

    assert said.code == 2
    assert "schedules.yaml has no account @other; it has @reel." in said.err
    assert x.calls == []


@pytest.mark.parametrize("plan", [STUDIO, f"publish: preview\n{NOWHERE}"])
def test_with_the_studio_alone_or_where_the_file_says_so_posts_are_previewed(
    folder: Folder, x: FakeX, reel: Account, plan: str
) -> None:
    folder.write("schedules.yaml", plan)
    env = keys(x, reel) if "preview" in plan else {}

    with folder.engine(env) as engine:
        assert "Posts to slack and x are previewed" in engine.log
        assert "x:@reel" not in checks(engine)
    assert x.calls == []


# --- beside an engine ----------------------------------------------------------------------------


def test_the_account_is_looked_at_when_the_engine_starts(
    folder: Folder, x: FakeX, reel: Account
) -> None:
    with folder.engine(keys(x, reel)) as engine:
        assert until(lambda: checks(engine)["x:@reel"] == "ok")
        assert "Traceback" not in engine.log
    assert [call.name for call in x.calls] == ["me"]
    with closing(sqlite3.connect(folder.path / "data" / "reelbot.db")) as database:
        [spend] = database.execute("SELECT run_id, what, usd, state, item FROM spends").fetchall()
        assert spend == (None, "x:@reel", 10_000_000, "settled", "account read")  # nano-USD
        assert database.execute("SELECT sum(usd) FROM days").fetchone() == (10_000_000,)


def test_a_wrong_account_is_told_and_the_engine_goes_on(
    folder: Folder, x: FakeX, reel: Account
) -> None:
    with folder.engine(keys(x, x.account("@other"))) as engine:
        told = until(lambda: "those of @other" in checks(engine)["x:@reel"])
        engine.wait_for("The credentials for x:@reel are those of @other.")
        health = httpx.get(f"{engine.address}/healthz", trust_env=False).status_code
        ready = httpx.get(f"{engine.address}/readyz", trust_env=False).status_code

    assert told
    assert (health, ready) == (200, 503)
    assert re.search(r'those of @other.*"level": "warning"', engine.log)
    assert x.count("me") == 1


def test_an_x_that_answers_nothing_holds_up_no_start(
    folder: Folder, x: FakeX, reel: Account
) -> None:
    x.fail("me", Hang(), times=3)

    with folder.engine(keys(x, reel)) as engine:
        assert checks(engine)["x:@reel"] == "it is being asked"
        assert engine.stop(within=10) == 0


@pytest.mark.slow
def test_a_paid_video_goes_to_its_own_account_and_a_changed_file_counts(
    tmp_path: Path, x: FakeX, reel: Account
) -> None:
    """Of two accounts, one by an access token, one by a login; then the file drops the label."""
    vendor = FakeVideosApi(SystemClock(), seconds_to_finish=0)
    x.library.processing = Processing(pending=0, working=0, check_after=1)
    vendor.files["video"] = (clip(metadata=()), "video/mp4")
    with vendor.serve() as url:
        plan = PLAN.format(url=url).replace('["x:@reel"]', '["x:@reel", "x:@Other"]')
        accounts = f'accounts:\n  "@reel": {named("REEL")}\n  "@other": {{client_id_env: OTHER}}\n'
        folder = with_template(Folder(tmp_path / "bot", plan + accounts))
        keep(folder, x.oauth2(x.account("@other")))
        env = keys(x, reel, "REEL") | {"OTHER": x.people.app.client_id}
        with folder.engine(env) as engine:
            fired = folder.reelbot("fire", "cat-daily", "--json", env=env)
            quiet = accounts.replace("env: OTHER", "env: OTHER, unlabelled_by: Mia")
            folder.write("schedules.yaml", plan + quiet)
            engine.wait_for("schedules reloaded")
            asked = ("make", "a cat", "--caption", "Dusk.", "--to", "x:@other", "--json")
            made = folder.reelbot(*asked, env=env)
            assert "Traceback" not in engine.log

    assert (fired.code, made.code) == (0, 0), (fired, made, engine.log)
    *fires, last = [(post.account.handle, post.text, post.made_with_ai) for post in x.posts]
    assert sorted(fires) == [  # side by side
        ("other", "A cat by the water.", True),
        ("reel", "A cat by the water.", True),
    ]
    assert last == ("other", "Dusk.", False)
    urls = [delivery["url"] for delivery in fired.json["deliveries"]]
    out = [f"https://x.com/{p.account.handle}/status/{p.id}" for p in x.posts[:2]]
    assert sorted(urls) == sorted(out)
    page = (folder.path / "data" / "preview" / "feed.html").read_text(encoding="utf-8")
    assert all(f'href="{url}"' in page for url in urls)


@pytest.mark.parametrize(
    "changed, sentence",
    [
        (f"publish: preview\n{NOWHERE}", "cannot change while the engine runs"),
        (STUDIO, "SIMULATED, and never go to x:@reel"),
        (
            NOWHERE.replace('["x:@reel"]', '["x:@reel", "x:@new"]'),
            "can serve one account, not @reel and @new",
        ),
        (
            f'{NOWHERE}accounts: {{"@reel": {{client_id_env: NEW_CLIENT}}}}\n',
            "nothing is connected that could post to x:@reel",
        ),
    ],
)
def test_a_file_whose_accounts_could_not_be_posted_to_is_not_taken(
    folder: Folder, x: FakeX, reel: Account, changed: str, sentence: str
) -> None:
    with folder.engine(keys(x, reel)) as engine:
        until(lambda: checks(engine)["x:@reel"] == "ok")
        folder.write("schedules.yaml", changed)
        engine.wait_for("the old schedules stay")
        engine.wait_for(sentence)

        assert checks(engine)["x:@reel"] == "ok"


def keep(folder: Folder, token: OAuth2Token, name: str | None = None) -> None:
    """Leave *token* where a login leaves it, or where that of *name* is."""
    path = folder.path / "data" / "x" / f"{name or token.account.handle}.json"
    path.parent.mkdir(parents=True)
    TokenFile(path).store(
        Token(
            access=token.access,
            refresh=token.refresh or "",
            expires_at=token.expires_at,
            scopes=tuple(token.scopes),
            handle=f"@{token.account.handle}",
        )
    )
