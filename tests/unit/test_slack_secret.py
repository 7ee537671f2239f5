"""What was pasted instead of a secret of Slack is named, and never repeated."""

import pytest

from bot.slack_api.secret import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Secret, needed

BOT, APP, USER = "xoxb-1-2-Abc", "xapp-1-A0-2-f0", "xoxp-1-2-3-abc"
HEX = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "secret,value",
    [(BOT_TOKEN, BOT), (APP_TOKEN, APP), (SIGNING_SECRET, HEX)],
)
def test_the_right_one_is_taken(secret: Secret, value: str) -> None:
    assert secret.mistake(value) is None


@pytest.mark.parametrize(
    "secret,value,what",
    [
        (BOT_TOKEN, APP, "holds an app-level token, not the bot token (xoxb-…)"),
        (BOT_TOKEN, USER, "holds a user token"),
        (BOT_TOKEN, HEX, "holds a signing secret or client secret"),
        (BOT_TOKEN, "xoxe.xoxb-1-abc", "holds a token of token rotation, which expires"),
        (BOT_TOKEN, "xoxe-1-abc", "holds a token of token rotation, which expires"),
        (BOT_TOKEN, "xoxc-1-abc", "holds the token of a browser's session"),
        (BOT_TOKEN, "123456.789012", "holds a client id"),
        (BOT_TOKEN, "https://hooks.slack.com/services/T0/B0/abc", "holds an address"),
        (BOT_TOKEN, "swordfish", "does not look like xoxb-…"),
        (BOT_TOKEN, "xoxb-", "cut off or holds foreign signs"),
        (BOT_TOKEN, "xoxb-1-2-\u2026", "cut off or holds foreign signs"),
        (BOT_TOKEN, "xoxb-1\nEVIL=1", "cut off or holds foreign signs"),
        (APP_TOKEN, BOT, "holds a bot token, not the app-level token (xapp-…)"),
        (APP_TOKEN, USER, "holds a user token"),
        (APP_TOKEN, HEX, "holds a signing secret or client secret"),
        (SIGNING_SECRET, BOT, "holds a bot token, not the signing secret"),
        (SIGNING_SECRET, HEX[:-1], "does not look like 32 digits and letters a to f"),
    ],
)
def test_a_mix_up_is_named_and_not_repeated(secret: Secret, value: str, what: str) -> None:
    said = secret.mistake(value)

    assert said is not None
    assert what in said
    assert secret.variable in said
    assert value not in said


def test_what_is_needed_depends_on_how_slack_reaches_the_bot() -> None:
    assert needed(by_http=False) == (BOT_TOKEN, APP_TOKEN)
    assert needed(by_http=True) == (BOT_TOKEN, SIGNING_SECRET)
