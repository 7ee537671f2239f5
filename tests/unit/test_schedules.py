"""schedules.yaml: what it says, and what is said when it is wrong."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.document import Wrong
from bot.domain.account import Account, Credentials, Manner, PostPrices, Replies
from bot.domain.post import Target
from bot.domain.prompt import PromptTemplate
from bot.domain.schedule import ApprovalMode, Missed, Plan, VideoDefaults, resolve_video
from bot.domain.video import Capabilities, Model
from bot.errors import ConfigError
from bot.prompts import JinjaPrompts
from bot.publishers.limits import LIMITS
from bot.schedules import check_plan, json_schema, load_plan
from bot.schedules.cron import check_cron
from bot.schedules.plan import MAX_BYTES

ROOT = Path(__file__).parents[2]

Load = Callable[[str | bytes], Plan]
Refuse = Callable[[str | bytes], ConfigError]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(text: str | bytes) -> Plan:
        file = tmp_path / "schedules.yaml"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return load_plan(file)

    return load


@pytest.fixture
def refuse(load: Load) -> Refuse:
    def refuse(text: str | bytes) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            load(text)
        return caught.value

    return refuse


# --- what a good file says ----------------------------------------------------------------------


def test_shipped_file_is_read_and_fits_the_shipped_templates():
    plan = load_plan(ROOT / "schedules.yaml")

    model = plan.providers["gateway"].models["wan-2.2"]
    assert plan.schedules[0].id == "cat-hourly"
    assert str(model.usd_per_second) == "0.02"
    assert model.as_of == "2026-11-01"
    assert plan.budget.timezone == "Asia/Tokyo"
    assert check_plan(plan, JinjaPrompts(ROOT / "prompts"), {}, lambda t: LIMITS[t.network]) == []


def test_smallest_file_has_safe_defaults(load: Load):
    plan = load("budget: {}")

    assert plan.timezone == "UTC"
    assert plan.budget.per_day_usd == 10
    assert list(plan.providers) == ["studio"]
    assert plan.ad_hoc.approval.mode is ApprovalMode.REQUIRED
    assert plan.schedules == ()
    assert not plan.preview


def test_defaults_fill_in_what_a_schedule_leaves_out(load: Load):
    plan = load(
        """
        timezone: Europe/Berlin
        defaults: {approval: {mode: required, expires_after: 12h}, publish: ["slack:#cats"]}
        providers: {b: {type: studio}, a: {type: studio}}
        schedules:
          - {id: one, cron: "0 9 * * mon-fri", template: cute_cat}
        """
    )

    schedule = plan.schedules[0]
    assert schedule.timezone == "Europe/Berlin"
    assert schedule.provider == "b", "the first one of the file"
    assert schedule.targets == (Target.parse("slack:#cats"),)
    assert schedule.approval.expires_after == 12 * 3600
    assert (schedule.missed, schedule.missed_within) == (Missed.LAST, 86_400)
    assert schedule.video == VideoDefaults(), "left to template and defaults"
    assert plan.ad_hoc.targets == schedule.targets


def test_a_schedule_overrides_every_default(load: Load):
    plan = load(
        """
        defaults: {approval: auto, publish: ["slack:#cats"], video: {seconds: 8}}
        providers: {a: {type: studio}, b: {type: studio}}
        schedules:
          - id: one
            cron: "0 9 1 jan *"
            template: cute_cat
            vars: {mood: shy, count: 3, price: 0.10, loud: true}
            lang: ja
            provider: b
            video: {model: m, seconds: 4, size: 720x1280}
            publish: ["x:@reelbot"]
            approval: required
            timezone: Asia/Tokyo
            missed: all
            missed_within: 3d
            enabled: false
        """
    )

    schedule = plan.schedules[0]
    assert schedule.variables == {"mood": "shy", "count": "3", "price": "0.10", "loud": "true"}
    assert schedule.video == VideoDefaults(model="m", seconds=4, size="720x1280")
    assert schedule.targets == (Target.parse("x:@reelbot"),)
    assert schedule.approval.mode is ApprovalMode.REQUIRED
    assert (schedule.provider, schedule.lang) == ("b", "ja")
    assert (schedule.missed, schedule.missed_within) == (Missed.ALL, 3 * 86_400)
    assert (schedule.timezone, schedule.enabled) == ("Asia/Tokyo", False)
    assert plan.defaults.seconds == 8


def test_approval_of_people_s_requests_is_not_inherited(load: Load):
    """`defaults.approval: auto` is meant for schedules somebody wrote down and reviewed."""
    assert load("defaults: {approval: auto}").ad_hoc.approval.mode is ApprovalMode.REQUIRED


def test_an_account_says_whose_credentials_serve_it_and_what_may_stand_in_its_posts(load: Load):
    plan = load(
        """
        accounts:
          "@Cats":
            api_key_env: CATS_KEY
            api_secret_env: CATS_SECRET
            access_token_env: CATS_TOKEN
            access_token_secret_env: CATS_TOKEN_SECRET
            unlabelled_by: Mia Tanaka
            replies: following
            community: 1234567890123456789
            mentions: drop
            cashtags: keep
            links: keep
            max_seconds: 600
            max_bytes: 8000000000
          "@dogs": {client_id_env: DOGS_CLIENT}
        """
    )

    assert plan.accounts["@Cats"] == Account(
        handle="@Cats",
        credentials=Credentials(
            api_key_env="CATS_KEY",
            api_secret_env="CATS_SECRET",
            access_token_env="CATS_TOKEN",
            access_token_secret_env="CATS_TOKEN_SECRET",
        ),
        unlabelled_by="Mia Tanaka",
        replies=Replies.FOLLOWING,
        community="1234567890123456789",
        mentions=Manner.DROP,
        cashtags=Manner.KEEP,
        links=Manner.KEEP,
        max_seconds=600,
        max_bytes=8_000_000_000,
    )
    dogs = Account(handle="@dogs", credentials=Credentials(client_id_env="DOGS_CLIENT"))
    assert plan.accounts["@dogs"] == dogs
    assert plan.account(Target.parse("x:@DOGS")) == dogs
    assert plan.account(Target.parse("x:@cows")) is None


def test_an_account_says_what_x_charges_it_and_when_that_was_read(load: Load):
    prices = "{post: 0.02, read: 0.005, user_read: 0.02, delete: 0, as_of: 2026-11-01}"
    account = load(f"accounts: {{'@cats': {{prices: {prices}}}}}").accounts["@cats"]
    usual = PostPrices()
    assert account.prices == replace(
        usual,
        post=Decimal("0.02"),
        read=Decimal("0.005"),
        user_read=Decimal("0.02"),
        delete=Decimal(0),
        as_of=date(2026, 11, 1),
    )
    assert load("accounts: {'@cats': {}}").accounts["@cats"].prices == usual


def test_a_file_without_accounts_has_those_of_its_targets_each_once(load: Load):
    plan = load(
        """
        defaults: {publish: ["slack:#cats", "x:@Cats"]}
        ad_hoc: {publish: ["x:@cats"]}
        schedules:
          - {id: a, cron: "0 0 * * *", template: t, publish: ["x:@dogs"]}
        """
    )

    assert plan.accounts == {name: Account(handle=name) for name in ("@cats", "@dogs")}


def test_publish_preview_holds_for_the_whole_file(load: Load):
    assert load("publish: preview").preview


def test_an_empty_publish_keeps_the_video_only(load: Load):
    plan = load('schedules: [{id: a, cron: "0 0 * * *", template: t, publish: []}]')
    assert plan.schedules[0].targets == ()


def test_an_unknown_price_may_be_written_down(load: Load):
    plan = load(GATEWAY.replace("usd_per_second: 1, ", ""))
    assert plan.providers["gateway"].models["m"].usd_per_second is None


@pytest.mark.parametrize("text", ["0.02", "0.10", "1e-3", "0.000000000000000001", "7", "0"])
def test_prices_stay_exactly_as_written(load: Load, text: str):
    plan = load(GATEWAY.replace("usd_per_second: 1,", f"usd_per_second: {text},"))
    assert plan.providers["gateway"].models["m"].usd_per_second == Decimal(text)


def test_anchors_and_merges_are_understood(load: Load):
    plan = load(
        """
        schedules:
          - &cat {id: one, cron: "1 * * * *", template: cute_cat, publish: []}
          - <<: *cat
            id: two
          - {<<: [{cron: "2 * * * *"}, *cat], id: three}
        """
    )
    assert [(s.id, s.cron) for s in plan.schedules] == [
        ("one", "1 * * * *"),
        ("two", "1 * * * *"),
        ("three", "2 * * * *"),
    ]


def test_equal_files_give_equal_schedules(load: Load):
    """The scheduler compares them to find out what an edit changed."""
    text = (ROOT / "schedules.yaml").read_text()
    assert load(text).schedules == load("# a comment\n" + text).schedules


def test_a_byte_order_mark_and_windows_lines_do_no_harm(load: Load):
    assert load("\ufefftimezone: Asia/Tokyo\r\npublish: preview\r\n").preview


# --- what is said of a bad file -----------------------------------------------------------------

GATEWAY = """
providers:
  gateway:
    type: videos-api
    base_url: http://127.0.0.1:8091/v1
    api_key_env: API_KEY
    models: {m: {usd_per_second: 1, sizes: [1280x720], seconds: [4]}}
"""
X = """accounts:
  "@cats": {api_key_env: A, api_secret_env: B, access_token_env: C, access_token_secret_env: D}
"""
PRICED = "accounts: {'@cats': {prices: "
ENTRY = '\n  - {id: a, cron: "0 0 * * *", template: t, publish: []}'

BAD = [
    ("", "schedules.yaml: there is nothing in it"),
    ("# only a comment\n", "schedules.yaml: there is nothing in it"),
    ("- a\n", "schedules.yaml:1: must be a mapping of keys to values"),
    (b"a: \xff\n", "schedules.yaml:1: is not UTF-8 text"),
    (b"a: 1\n\0", "schedules.yaml: is not a text file"),
    ("timezone: UTC".encode("utf-16"), "schedules.yaml: is not a text file"),
    (
        "a: 1\n\tb: 2\n",
        r"schedules.yaml:2: this is not YAML: found character '\t' that cannot start",
    ),
    ("a: [1,\nb: 2\n", "schedules.yaml:3: this is not YAML: "),
    ("a: *nobody\n", "schedules.yaml:1: this is not YAML: found undefined alias 'nobody'"),
    ("a: 1\n---\nb: 2\n", "schedules.yaml:2: this is not YAML: but found another document"),
    ("a: '\x07'\n", "schedules.yaml:1: there is a character that YAML does not allow"),
    ('\ntimezone: "\\0"\n', "schedules.yaml:2: timezone: there is a control character in it"),
    ('timezone: "\\UFFFFFFFF"\n', "schedules.yaml:1: this is not YAML"),
    ("timezone: !!python/object:os.system x", "schedules.yaml:1: timezone: type tags (!) are not"),
    ("publish: preview\npublish: preview\n", "schedules.yaml:2: publish: the key is there twice"),
    ("1: 2\n", "schedules.yaml:1: a key must be a text"),
    ("schedule: []\n", "schedules.yaml:1: schedule: there is no such key"),
    ('"": 1\n', "schedules.yaml:1: '': there is no such key"),
    ('"[key]": 1\n', "schedules.yaml:1: '[key]': there is no such key"),
    ("<<: 3\n", "schedules.yaml:1: << takes a mapping or a list of them"),
    ("timezone: Asia/Tokio\n", "schedules.yaml:1: timezone: 'Asia/Tokio' is not a time zone"),
    ("timezone: ../../etc\n", "schedules.yaml:1: timezone: '../../etc' is not a time zone"),
    ("timezone: 9\n", "schedules.yaml:1: timezone: must be a text"),
    ("timezone:\n", "schedules.yaml:1: timezone: must be a text"),
    ("publish: live\n", "schedules.yaml:1: publish: must be 'preview'"),
    ("budget: {per_day_usd: -1}\n", "schedules.yaml:1: budget.per_day_usd: must be 0 or more"),
    ("budget: {per_day_usd: $5}\n", "schedules.yaml:1: budget.per_day_usd: must be a number"),
    ("budget: {per_day_usd: .inf}\n", "schedules.yaml:1: budget.per_day_usd: must be a number"),
    ("budget: {per_day_usd: true}\n", "schedules.yaml:1: budget.per_day_usd: must be a number"),
    ("budget: 5\n", "schedules.yaml:1: budget: must be a mapping of keys to values"),
    ("providers: {}\n", "schedules.yaml:1: providers: must have 1 or more entries"),
    ("providers:\n  A B: {type: studio}\n", "schedules.yaml:2: providers.'A B': is not an id"),
    (
        "providers: {a: {type: sora}}\n",
        "schedules.yaml:1: providers.a.type: must be 'studio' or 'videos-api'",
    ),
    (
        "providers:\n  a:\n    type: studio\n    base_url: http://h/v1\n",
        "schedules.yaml:4: providers.a.base_url: does not go with type: studio",
    ),
    ("defaults: {provider: studo}\n", "schedules.yaml:1: defaults.provider: there is no provider"),
    ("ad_hoc:\n  provider: x\n", "schedules.yaml:2: ad_hoc.provider: there is no provider 'x'"),
    ("defaults: {approval: maybe}\n", "schedules.yaml:1: defaults.approval: must be 'auto' or"),
    (
        "defaults: {approval: {mode: required, expires_after: 5}}\n",
        "schedules.yaml:1: defaults.approval.expires_after: is not a duration",
    ),
    (
        "defaults:\n  publish:\n    - slack:#a\n    - x:reelbot\n",
        "schedules.yaml:4: defaults.publish[1]: is not a target",
    ),
    ("defaults: {publish: slack:#cats}\n", "schedules.yaml:1: defaults.publish: must be a list"),
    (
        'defaults: {publish: ["x:@Cats", "x:@cats"]}\n',
        "schedules.yaml:1: defaults.publish: the same target is there twice",
    ),
    ("defaults: {video: {seconds: 0}}", "schedules.yaml:1: defaults.video.seconds: must be 1 or"),
    ("defaults: {video: {seconds: '8'}}", "schedules.yaml:1: defaults.video.seconds: must be a wh"),
    ("defaults: {video: {size: hd}}\n", "schedules.yaml:1: defaults.video.size: is not a size"),
    ("schedules: 1\n", "schedules.yaml:1: schedules: must be a list"),
    (f"schedules:{ENTRY}{ENTRY}\n", "schedules.yaml:3: schedules[1].id: another schedule has this"),
    (
        f"schedules:{ENTRY}\n".replace("id: a", "id: A_b"),
        "schedules.yaml:2: schedules[0].id: is no",
    ),
    (
        f"schedules:{ENTRY}\n".replace("id: a, ", ""),
        "schedules.yaml:2: schedules[0].id: is missing",
    ),
    (
        f"schedules:{ENTRY}\n".replace("template: t", "template: ../t"),
        "schedules.yaml:2: schedules[0].template: is not the name of a template",
    ),
    (
        f"schedules:{ENTRY}\n".replace(", publish: []", ""),
        "schedules.yaml:2: schedules[0].publish: is missing",
    ),
    (
        f"schedules:{ENTRY}\n".replace("publish: []", "publish: [], missed: never"),
        "schedules.yaml:2: schedules[0].missed: must be 'skip', 'last' or 'all'",
    ),
    (
        f"schedules:{ENTRY}\n".replace("publish: []", "publish: [], enabled: yes"),
        "schedules.yaml:2: schedules[0].enabled: must be true or false",
    ),
    (
        f"schedules:{ENTRY}\n".replace("publish: []", "publish: [], vars: {a: [1]}"),
        "schedules.yaml:2: schedules[0].vars.a: must be a text",
    ),
    (
        f"schedules:{ENTRY}\n".replace("publish: []", "publish: [], missed_within: 99999d"),
        "schedules.yaml:2: schedules[0].missed_within: is not a duration",
    ),
    (
        f"schedules:{ENTRY}\n".replace("0 0 * * *", "0 0 * * 0"),
        "schedules.yaml:2: schedules[0].cron: weekdays by number are not accepted",
    ),
    (
        GATEWAY.replace("    base_url: http://127.0.0.1:8091/v1\n", ""),
        "schedules.yaml:3: providers.gateway.base_url: a videos-api provider must have it",
    ),
    (
        GATEWAY.replace("sizes: [1280x720]", "sizes: []"),
        "schedules.yaml:7: providers.gateway.models.m.sizes: must have 1 or more entries",
    ),
    (
        X.replace('"@cats"', "@cats"),
        "schedules.yaml:2: this is not YAML: found character '@' that cannot start any token",
    ),
    (PRICED + "{post: 0.02}}}\n", "schedules.yaml:1: accounts.'@cats'.prices.as_of: is missing"),
    (PRICED + "{as_of: soon}}}\n", "schedules.yaml:1: accounts.'@cats'.prices.as_of: is not a day"),
    (X.replace("@cats", "cats"), "schedules.yaml:2: accounts.cats: is not an account"),
    (X + "  '@CATS': {}\n", "schedules.yaml:3: accounts.'@CATS': the same account is there"),
    (
        X.replace(", access_token_secret_env: D", ""),
        "schedules.yaml:2: accounts.'@cats'.access_token_secret_env: is missing beside api_key_env",
    ),
    (
        X.replace("D}", "D, client_id_env: E}"),
        "schedules.yaml:2: accounts.'@cats'.client_id_env: does not go with api_key_env",
    ),
    (
        "accounts: {'@a': {client_secret_env: E}}\n",
        "schedules.yaml:1: accounts.'@a'.client_id_env: is missing beside client_secret_env",
    ),
    (
        X.replace("env: A", "env: not-a-name"),
        "schedules.yaml:2: accounts.'@cats'.api_key_env: is not the name of an environment",
    ),
    (
        "accounts: {'@a': {links: allow}}\n",
        "schedules.yaml:1: accounts.'@a'.links: must be 'refuse', 'drop' or 'keep'",
    ),
    (
        "accounts: {'@a': {replies: nobody}}\n",
        "schedules.yaml:1: accounts.'@a'.replies: must be 'everyone', 'following', ",
    ),
    (
        "accounts: {'@a': {unlabelled_by: ' '}}\n",
        "schedules.yaml:1: accounts.'@a'.unlabelled_by: is not a name",
    ),
    (
        "accounts: {'@a': {unlabelled_by: true}}\n",
        "schedules.yaml:1: accounts.'@a'.unlabelled_by: ",
    ),
    (
        "accounts: {'@a': {community: cats}}\n",
        "schedules.yaml:1: accounts.'@a'.community: is not the id of a community",
    ),
    (
        "accounts: {'@a': {max_seconds: 0}}\n",
        "schedules.yaml:1: accounts.'@a'.max_seconds: must be 1 or more",
    ),
    (
        X + 'ad_hoc: {publish: ["slack:#a", "x:@cat"]}\n',
        "schedules.yaml:3: ad_hoc.publish[1]: there is no account '@cat' under accounts",
    ),
    (
        GATEWAY.replace("seconds: [4]", "seconds: [4], sunset: soon"),
        "schedules.yaml:7: providers.gateway.models.m.sunset: is not a day",
    ),
]


@pytest.mark.parametrize("text, message", BAD)
def test_a_bad_file_is_told_with_line_and_key(refuse: Refuse, text: str | bytes, message: str):
    assert str(refuse(text)).startswith(message)
    assert "\n" not in str(refuse(text)), "one mistake is told once"


@pytest.mark.parametrize(
    "text, hint",
    [
        ("timezone: Asia/Tokio\n", "Did you mean 'Asia/Tokyo'?"),
        ("timezone: tokyo\n", "Did you mean 'Asia/Tokyo'?"),
        ("timezone: 99\n", "Put it in quotes."),
        ("schedule: []\n", "Did you mean 'schedules'?"),
        ("budget: {per_day: 3}\n", "Did you mean 'per_day_usd'?"),
        ("providers: {a: {typ: studio, type: studio}}\n", "Did you mean 'type'?"),
        (f"schedules:{ENTRY}\n".replace("[]}", "[], var: {}}"), "Did you mean 'vars'?"),
        ("defaults: {approval: {mode: auto, expires: 1h}}\n", "Did you mean 'expires_after'?"),
        ("defaults: {provider: studo}\n", "Did you mean 'studio'?"),
        (X + 'defaults: {publish: ["x:@cat"]}\n', "Did you mean '@cats'?"),
        (X.replace("links", "link").replace("D}", "D, link: drop}"), "Did you mean 'links'?"),
        (X.replace('"@cats"', "@cats"), 'Put it in quotes: "@reelbot".'),
        (X.replace("@cats", "cats"), 'Write it as "@reelbot", in quotes.'),
        ("a: 1\n\tb: 2\n", "Indent with spaces, never with tabs."),
    ],
)
def test_the_hint_names_what_was_meant(refuse: Refuse, text: str, hint: str):
    assert refuse(text).hint == hint


def test_every_mistake_is_told_on_a_line_of_its_own(refuse: Refuse):
    error = refuse(
        "timezone: Mars\ndefaults: {approval: maybe}\n"
        'schedules:\n  - {id: a, cron: "* * *", template: t}\n'
    )
    assert [line.split(": ")[0] for line in str(error).splitlines()] == [
        "schedules.yaml:1",
        "schedules.yaml:2",
        "schedules.yaml:4",
    ]


def test_of_very_many_mistakes_the_first_are_told(refuse: Refuse):
    error = refuse("schedules:\n" + "  - {id: a}\n" * 100)
    assert len(str(error).splitlines()) == 50
    assert error.hint == "There are 150 more."


def test_the_line_of_a_merged_mistake_is_where_it_is_written(refuse: Refuse):
    error = refuse(
        """
schedules:
  - &a
    id: one
    cron: never
    template: t
    publish: []
  - {<<: *a, id: two}
"""
    )
    lines = str(error).splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["schedules.yaml:5", "schedules[0].cron"],
        ["schedules.yaml:5", "schedules[1].cron"],
    ]


@pytest.mark.parametrize(
    "secret, key",
    [
        ("sk-proj-abcdef123456", "api_key_env: API_KEY"),
        ("http://user:hunter2@host/v1", "base_url: http://127.0.0.1:8091/v1"),
        ("https://host/v1?key=hunter2", "base_url: http://127.0.0.1:8091/v1"),
        ("ftp://hunter2", "base_url: http://127.0.0.1:8091/v1"),
        ("http://[hunter2", "base_url: http://127.0.0.1:8091/v1"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(refuse: Refuse, secret: str, key: str):
    name = key.partition(":")[0]
    error = refuse(GATEWAY.replace(key, f"{name}: '{secret}'"))
    assert f"providers.gateway.{name}: " in str(error)
    assert secret not in f"{error} {error.hint}"
    assert "hunter2" not in f"{error} {error.hint}"


def test_a_key_under_a_made_up_name_is_not_repeated(refuse: Refuse):
    error = refuse(GATEWAY.replace("api_key_env: API_KEY", "api_key: sk-secret"))
    assert error.hint == "Did you mean 'api_key_env'?"
    assert "sk-secret" not in str(error)


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"^gone\.yaml: there is no such file$") as caught:
        load_plan(tmp_path / "gone.yaml")
    assert str(tmp_path) in (caught.value.hint or "")


def test_a_folder_is_no_file(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_plan(tmp_path)


def test_a_huge_file_is_refused_before_it_is_parsed(refuse: Refuse):
    assert "is larger than 1024 KB" in str(refuse(b"#" * (MAX_BYTES + 1)))


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
MERGE_BOMB = "a0: &a0 {}\n" + "".join(
    f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}\n" for i in range(1, 10)
)


@pytest.mark.parametrize("text", [BOMB, MERGE_BOMB])
def test_an_alias_bomb_does_not_go_off(refuse: Refuse, text: str):
    assert "it unfolds to more than 100,000 pieces" in str(refuse(text))


@pytest.mark.parametrize(
    "text", ["[" * 5000, "&a [*a]", "&a {<<: *a}", "- " * 5000, "a: &a {b: *a}"]
)
def test_bottomless_yaml_is_refused(refuse: Refuse, text: str):
    assert "nested too deeply" in str(refuse(text))


# --- whatever people write ----------------------------------------------------------------------

SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYS = [*json_schema()["properties"], "cron", "id", "models", "video", "type", "publish"]
FRAGMENTS = st.lists(
    st.sampled_from(
        [*(f"{key}: " for key in KEYS), *'{}[],&*!|>-?:"#%@`<\n', "  ", "<<: ", "&a ", "*a ", "- "]
    )
    | st.text(max_size=4),
    max_size=30,
).map("".join)
QUIET = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _read(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)
    with suppress(ConfigError):
        load_plan(file)


@QUIET
@given(raw=st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_else(tmp_path: Path, raw: bytes):
    _read(tmp_path / "schedules.yaml", raw)


@QUIET
@given(text=FRAGMENTS)
@example(text="%YAML 1.1\n---\ntimezone: 1:30\n")
@example(text="%TAG ! x\n---\n!a b")
@example(text="&a : *a")
@example(text='"\\ud800": 1')
def test_arbitrary_text_raises_nothing_else(tmp_path: Path, text: str):
    _read(tmp_path / "schedules.yaml", text.encode("utf-8", "replace"))


@QUIET
@given(data=st.dictionaries(st.sampled_from(KEYS), SHAPES, max_size=6))
def test_arbitrary_shapes_raise_nothing_else(tmp_path: Path, data: dict[str, Any]):
    _read(tmp_path / "schedules.yaml", json.dumps(data).encode())


# --- cron ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "7 * * * *",
        "*/15 0-6,22,23 1,15 jan-mar,dec mon-fri",
        "0 0 29 feb *",
        "5-55/10 * * 1-6/2 sun",
    ],
)
def test_good_cron_is_accepted(text: str):
    assert check_cron(text) == text


def test_cron_is_stored_one_way():
    assert check_cron(" 0  9 * *   MON-Fri ") == "0 9 * * mon-fri"


@pytest.mark.parametrize(
    "text, what, hint",
    [
        ("", "five fields, not 0", "'7 * * * *'"),
        ("0 * * * * *", "five fields, not 6", "minute, hour"),
        ("@hourly", "@hourly is not accepted", "Write '0 * * * *'."),
        ("60 * * * *", "60 is not a minute", "A minute is 0 to 59."),
        ("* 24 * * *", "24 is not a hour", "0 to 23"),
        ("* * 0 * *", "0 is not a day", "1 to 31"),
        ("* * * febr *", "'febr' is not a month", "Did you mean 'feb'?"),
        ("* * * * monday", "'monday' is not a weekday", "mon, tue"),
        ("* * * * 1-5", "weekdays by number", "programs disagree"),
        ("* * * * */2", "a step does not go with weekdays", "mon,wed,fri"),
        ("* * * * sat-mon", "sat-mon runs backwards", "two ranges"),
        ("50-10 * * * *", "50-10 runs backwards", "50-59"),
        ("*/60 * * * *", "the step 60 does not fit", None),
        ("*/0 * * * *", "the step 0 does not fit", None),
        ("5/10 * * * *", "a step needs a range", "5-59/10"),
        ("* * * jan-jun/2 *", "a step does not go with months", "1-6/2"),
        ("* * * 1-mar *", "1-mar mixes names and numbers", "Write 1-3."),
        ("* * L * *", "'l' is not a day", "1 to 31"),
        ("* * ? * *", "'?' is not understood as a day", "commas"),
        ("1,,2 * * * *", "'' is not understood as a minute", "commas"),
        ("30 2 30 2 *", "would never fire", None),
        ("0 0 31 apr,jun *", "would never fire", None),
    ],
)
def test_bad_cron_is_refused(text: str, what: str, hint: str | None):
    with pytest.raises(Wrong) as caught:
        check_cron(text)
    assert what in str(caught.value)
    assert (hint or "") in (caught.value.hint or "")


def _field(low: int, high: int, names: list[str] | None = None) -> st.SearchStrategy[str]:
    value = st.integers(low, high).map(str) if low < high else st.nothing()
    if names:
        value = value | st.sampled_from(names)
    spans = st.builds("{}-{}".format, value, value)
    part = st.one_of(
        st.just("*"),
        st.builds("*/{}".format, st.integers(0, high + 2)),
        value,
        spans,
        st.builds("{}/{}".format, spans, st.integers(0, high)),
    )
    return st.lists(part, min_size=1, max_size=3).map(",".join)


WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
CRONS = st.tuples(
    _field(0, 59),
    _field(0, 23),
    _field(1, 31),
    _field(1, 12, ["jan", "feb", "dec"]),
    _field(0, 0, WEEKDAYS),
).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(text=CRONS)
@example(text="* * * 1-jan *")
def test_whatever_is_accepted_fires_in_apscheduler(text: str):
    """An accepted file must not stop the scheduler, nor hold what never fires."""
    try:
        cron = check_cron(text)
    except Wrong:
        return
    trigger = CronTrigger.from_crontab(cron, timezone=UTC)
    assert trigger.get_next_fire_time(None, datetime(2026, 11, 23, tzinfo=UTC)) is not None


# --- video: schedule, template, defaults ---------------------------------------------------------

TEMPLATE = PromptTemplate(
    name="t", description="", variables=(), languages=(), size="1x1", seconds=2, digest=""
)
MODEL = Model(
    name="m", sizes=("1280x720", "720x1280"), seconds=(4, 8), usd_per_second=Decimal("0.02")
)


def test_the_schedule_comes_before_the_template_and_that_before_the_defaults():
    video = resolve_video(
        VideoDefaults(seconds=1), TEMPLATE, VideoDefaults(seconds=3, size="3x3", model="m")
    )
    assert video == VideoDefaults(seconds=1, size="1x1", model="m")


def test_without_a_template_only_the_defaults_are_asked():
    assert resolve_video(VideoDefaults(), None, VideoDefaults(seconds=3)).seconds == 3


def test_what_nobody_says_is_the_model_s_first():
    other = Model(name="n", sizes=("9x9",), seconds=(1,), usd_per_second=None)
    spec = VideoDefaults(seconds=8).spec({"m": MODEL, "n": other})
    assert (spec.model, spec.seconds, spec.size) == ("m", 8, "1280x720")


# --- the plan against the world ------------------------------------------------------------------


@pytest.fixture
def check(load: Load, tmp_path: Path) -> Callable[[str], list[tuple[str, str | None]]]:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "cat.j2").write_text(
        "---\ndescription: d\nvariables: {mood: {choices: [shy, bold], default: shy}, name: }\n"
        "caption: {en: A cat, ja: 猫}\nvideo: {seconds: 4}\n---\n"
        "A {{ mood }} cat called {{ name }}\n"
    )
    (folder / "mute.j2").write_text("---\ndescription: d\n---\nA cat\n")
    words = {"nap": "A nap", "long": "n" * 281, "link": "See cats.com", "you": "Hi, @you"}
    for name, caption in words.items():
        front = f"description: d\ncaption: '{caption}, @Cats'"
        (folder / f"{name}.j2").write_text(f"---\n{front}\n---\nA cat\n")
    (folder / "shortened.j2").write_text(
        f"---\ndescription: d\ncaption: {'A nap. ' * 43}\nlong_caption: cut\n---\nA cat\n"
    )
    (folder / "pick.j2").write_text(
        "---\ndescription: d\ncaption: '{{ a }} {{ b }}'\nvariables:\n"
        f"  a: {{choices: [nap, {'n' * 150}]}}\n  b: {{choices: [{'p' * 150}, purr]}}\n"
        "---\nA cat\n"
    )
    free = Model(name="unpriced", sizes=("320x180",), seconds=(1,), usd_per_second=None)
    long = Model(
        name="long",
        sizes=("1280x720", "3200x900"),
        seconds=(200, 4),
        usd_per_second=Decimal(0),
    )
    capabilities = {"studio": Capabilities(models={"m": MODEL, "unpriced": free, "long": long})}

    def check(
        entry: str, more: str = "", publish: str = "x:@cats", account: Account | None = None
    ) -> list[tuple[str, str | None]]:
        schedule = f'{{id: a, cron: "0 0 * * *", publish: ["{publish}"], {entry}}}'
        text = f"{more}\nschedules:\n  - {schedule}\n"
        plan = load(text)
        if account:
            plan = replace(plan, accounts={account.handle: account})
        errors = check_plan(
            plan, JinjaPrompts(folder), capabilities, lambda target: LIMITS[target.network]
        )
        return [(str(error), error.hint) for error in errors]

    return check


GOOD = "template: cat, vars: {name: Miso}"


def test_a_plan_that_fits_has_no_errors(check):
    assert check(GOOD) == []
    assert check(f"{GOOD}, lang: ja, video: {{model: m, seconds: 8, size: 720x1280}}") == []


@pytest.mark.parametrize("template", ["nap", "shortened"])
def test_words_that_x_takes_are_no_error(check, template):
    assert check(f"template: {template}") == []


@pytest.mark.parametrize(
    "entry, message, hint",
    [
        ("long", "schedule 'a': The caption for x:@cats has 288 of 280 characters", "long_caption"),
        (
            "link",
            "schedule 'a': The caption for x:@cats has a link in it (cats.com)",
            "links: drop",
        ),
        ("you", "schedule 'a': The caption for x:@cats has a mention in it (@you)", "mentions: d"),
    ],
)
def test_words_that_x_would_not_take_are_told_when_the_file_is_read(check, entry, message, hint):
    [(told, todo)] = check(f"template: {entry}")
    assert told.startswith(message)
    assert hint in todo


def test_the_same_words_may_go_to_slack(check):
    assert check("template: long", publish="slack:#cats") == []


def test_words_are_held_to_what_the_file_says_of_the_account(check):
    lenient = Account(handle="@Cats", links=Manner.KEEP, mentions=Manner.DROP)
    assert check("template: link", account=lenient) == []
    assert check("template: you", account=lenient) == []


def test_an_unlucky_pick_is_found_beforehand(check):
    [(told, _)] = check("template: pick")
    assert told.startswith(f"schedule 'a' (a={'n' * 30}, b={'p' * 30}): The caption")
    assert "has 301 of 280 characters" in told
    assert check("template: pick, vars: {a: nap}") == []
    assert check("template: pick, vars: {b: purr}") == []


@pytest.mark.parametrize(
    "entry, message, hint",
    [
        ("template: cta", "schedule 'a': there is no template 'cta'", "Did you mean 'cat'?"),
        (
            "template: cat",
            "schedule 'a': prompts/cat.j2:7: variable 'name' is not given",
            "Give it: --var name=…, or vars: {name: …} in a schedule.",
        ),
        (
            f"{GOOD}, vars: {{nmae: x}}".replace(", vars: {name: Miso}", ""),
            "schedule 'a': prompts/cat.j2: there is no variable 'nmae'",
            "Did you mean 'name'?",
        ),
        (
            "template: cat, vars: {name: Miso, mood: angry}",
            "schedule 'a': prompts/cat.j2:7: variable 'mood' cannot be 'angry'",
            "Choose from shy, bold.",
        ),
        (
            f"{GOOD}, lang: fr",
            "schedule 'a': prompts/cat.j2: it has no words in 'fr'",
            "It has en, ja.",
        ),
        (
            "template: mute",
            "schedule 'a': it goes to X, but template 'mute' has no caption",
            "Give prompts/mute.j2 a caption.",
        ),
        (
            f"{GOOD}, video: {{model: n}}",
            "schedule 'a': provider 'studio' has no model 'n'",
            "Known here: m, unpriced, long.",
        ),
        (
            f"{GOOD}, video: {{seconds: 5}}",
            "schedule 'a': model 'm' does not make 5 seconds",
            "It makes 4, 8 seconds.",
        ),
        (
            f"{GOOD}, video: {{size: 640x640}}",
            "schedule 'a': model 'm' does not make 640x640",
            "It makes 1280x720, 720x1280.",
        ),
        (
            f"{GOOD}, video: {{model: unpriced, size: 320x180, seconds: 1}}",
            "schedule 'a': the price of model 'unpriced' is unknown",
            "Write its usd_per_second under providers; 0 says that it is free.",
        ),
        (
            f"{GOOD}, video: {{model: long, seconds: 200}}",
            "schedule 'a': x:@cats takes at most 140 seconds, not 200",
            "Choose another length or size, or leave the target out.",
        ),
        (
            f"{GOOD}, video: {{model: long, size: 3200x900}}",
            "schedule 'a': x:@cats takes no shape longer than 3:1, not 3200x900",
            "Choose another length or size, or leave the target out.",
        ),
    ],
)
def test_what_does_not_fit_is_told(check, entry: str, message: str, hint: str):
    assert check(entry) == [(message, hint)]


def test_the_template_s_length_counts_before_the_defaults(check):
    """`cat` says 4 seconds, so the file's impossible 5 concerns requests by people alone."""
    errors = check(GOOD, "defaults: {video: {seconds: 5}}")
    assert errors == [("ad_hoc: model 'm' does not make 5 seconds", "It makes 4, 8 seconds.")]


def test_a_mute_template_may_go_to_slack(check):
    assert check("template: mute", publish="slack:#cats") == []


# --- the schema for editors ----------------------------------------------------------------------


def _keys() -> list[tuple[str, dict[str, Any]]]:
    schema = json_schema()
    shapes = [schema, *schema["$defs"].values()]
    mappings = [m for shape in shapes for m in [shape, *shape.get("anyOf", [])]]
    assert all(m["additionalProperties"] is False for m in mappings if "properties" in m)
    return [pair for mapping in mappings for pair in mapping.get("properties", {}).items()]


def test_every_key_of_the_schema_is_described():
    shapes = json_schema()["$defs"]
    assert len(_keys()) > 30
    for key, value in _keys():
        shape = shapes.get(value.get("$ref", "").removeprefix("#/$defs/"), {})
        assert value.get("description") or shape.get("description"), key


def test_every_key_of_the_schema_is_documented():
    page = (ROOT / "docs/schedules.md").read_text(encoding="utf-8")
    assert [key for key, _ in _keys() if f"`{key}`" not in page] == []


def test_the_schema_is_json_and_names_its_draft():
    schema = json.loads(json.dumps(json_schema()))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_examples_of_the_page_are_accepted(load: Load):
    page = (ROOT / "docs/schedules.md").read_text(encoding="utf-8")
    examples = [block.split("```")[0] for block in page.split("```yaml\n")[1:]]
    assert len(examples) >= 5
    for text in examples:
        load(text)
