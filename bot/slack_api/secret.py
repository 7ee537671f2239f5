"""The secrets of a Slack app: what each looks like, where Slack shows it, what was pasted instead.

`reelbot slack setup` and `reelbot doctor` ask. The invariant: no answer repeats a secret.

Shapes: docs.slack.dev/authentication/tokens.
"""

import re
from dataclasses import dataclass

#: All that people paste by mistake, by what it begins with or is.
_KINDS = (
    (re.compile(r"xoxb-"), "a bot token"),
    (re.compile(r"xapp-"), "an app-level token"),
    (re.compile(r"xoxp-"), "a user token"),
    (re.compile(r"xoxe[.-]"), "a token of token rotation, which expires"),
    (re.compile(r"xox[cd]-"), "the token of a browser's session"),
    (re.compile(r"[0-9a-f]{32}$"), "a signing secret or client secret"),
    (re.compile(r"\d+\.\d+$"), "a client id"),
    (re.compile(r"https?://"), "an address"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One secret that the bot needs."""

    #: Its name in the environment.
    variable: str
    #: What Slack calls it.
    name: str
    #: How it begins, or what it is made of.
    looks: str
    #: Where Slack shows it, in the settings of the app.
    where: str
    pattern: re.Pattern[str]

    def mistake(self, value: str) -> str | None:
        """Return in one sentence why *value* is not it; None if it looks right."""
        if self.pattern.fullmatch(value):
            return None
        kind = next((words for shape, words in _KINDS if shape.match(value)), None)
        if kind is None:
            return f"What is in {self.variable} does not look like {self.looks}."
        if kind.endswith(self.name):
            return f"The {self.name} in {self.variable} is cut off or holds foreign signs."
        return f"{self.variable} holds {kind}, not the {self.name} ({self.looks})."


BOT_TOKEN = Secret(
    variable="SLACK_BOT_TOKEN",
    name="bot token",
    looks="xoxb-…",
    where="OAuth & Permissions, Bot User OAuth Token",
    pattern=re.compile(r"xoxb-[A-Za-z0-9-]+"),
)
APP_TOKEN = Secret(
    variable="SLACK_APP_TOKEN",
    name="app-level token",
    looks="xapp-…",
    where="Basic Information, App-Level Tokens, Generate, with the scope connections:write",
    pattern=re.compile(r"xapp-[A-Za-z0-9-]+"),
)
SIGNING_SECRET = Secret(
    variable="SLACK_SIGNING_SECRET",
    name="signing secret",
    looks="32 digits and letters a to f",
    where="Basic Information, App Credentials, Signing Secret",
    pattern=re.compile(r"[0-9a-f]{32}"),
)


def app_id(app_token: str) -> str | None:
    """Return the id of the app that the token belongs to, None where it does not say."""
    match = re.match(r"xapp-\d+-(A[A-Z0-9]+)-", app_token)
    return match[1] if match else None


def needed(*, by_http: bool) -> tuple[Secret, Secret]:
    """Return what a bot needs that Slack reaches *by_http*, or else through Socket Mode."""
    return BOT_TOKEN, SIGNING_SECRET if by_http else APP_TOKEN
