"""A Slack that does what a test tells it to, and remembers all that arrived.

    slack = FakeSlack(clock)                       # the clock that `ts`, expiry and lags go by
    cats = slack.workspace.add_channel("#cats")    # the bot is in it, unless members say otherwise
    jane = slack.workspace.add_user("U0JANE", "jane")
    async with slack.serving(): ...                # in this loop; SLACK_API_URL = slack.api_url
    with slack.serve(): ...                        # from a thread: survives a killed client

Tokens: `xoxb-test` (bot), `xapp-test` (Socket Mode). `slack.token("xoxb-test").scopes` and
`.revoked` can be set. Unknown arguments, missing scopes, over-limit blocks and views, expired
triggers, foreign or archived channels are refused in Slack's own words.

Faults are queued per method, used up in order (see `fault`):

    slack.fail("chat.postMessage", RateLimit(12), channel=cats.id)
    slack.fail("files.completeUploadExternal", Reset(happens=True))   # done, and the answer lost
    slack.fail("files.completeUploadExternal", Hang())                # not done, no answer
    slack.fail("upload", Status(503)); slack.fail("any", Slow(0.5), times=3)
    slack.workspace.share_lag = 5     # a completed file shows five seconds later
    slack.workspace.drop_shares = 1   # the next one never does, though the answer is ok

People act, and every act returns the `Delivery` with the bot's ack, its time, and the error that
the person saw if it came late (`slack.sockets.patience` is Slack's three seconds):

    await slack.slash("/video", "a cat", user=jane, channel="#cats")
    await slack.click(message, "approve", jane)
    await slack.submit(slack.view_of(jane), {"prompt": "a cat"}, jane)
    await slack.shortcut("remix", jane, message=m);  await slack.mention("?", user=jane, channel=…)
    await slack.open_home(jane);  await slack.dm("hi", user=jane);  await slack.replay(delivery)

They reach the bot through Socket Mode (`slack.sockets`: `wait_for(1)`, `disconnect()`, `close()`,
`dead = True`), or as signed HTTP requests once `slack.request_url` is set.

Logs: `slack.calls`, `called(method)`, `count(method)`, `uploads`, `responses`, `deliveries`; what
people see: `messages(channel)`, `clips(channel)`, `seen_by(user)`, `view_of(user)`,
`workspace.homes`.
"""

from tests.fake_slack.delivery import Delivery, signed
from tests.fake_slack.fault import Hang, RateLimit, Refuse, Reset, Slow, Status
from tests.fake_slack.method import Call
from tests.fake_slack.server import SIGNING_SECRET, FakeSlack
from tests.fake_slack.workspace import BOT_SCOPES, BOT_USER, TEAM

__all__ = [
    "BOT_SCOPES",
    "BOT_USER",
    "SIGNING_SECRET",
    "TEAM",
    "Call",
    "Delivery",
    "FakeSlack",
    "Hang",
    "RateLimit",
    "Refuse",
    "Reset",
    "Slow",
    "Status",
    "signed",
]
