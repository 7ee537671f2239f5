"""An X that does what a test tells it to, and remembers all that arrived.

    x = FakeX(clock)                               # the clock that expiry, lags and work go by
    reel = x.account("@reel")                      # .id .handle .name .refusal .communities
    key = x.oauth1(reel)                           # .key .secret; x.oauth1(reel, "read") may read
    user = x.oauth2(reel, scopes=SCOPES, life=7200)  # .access .refresh .used .revoked
    app = x.people.app                             # .consumer_key .consumer_secret .client_id
                                                   # .client_secret .confidential .bearer .redirects
    async with x.serving(): ...                    # in this loop; X_API_URL = x.url
    with x.serve(): ...                            # from a thread: survives a killed client

API and authorize page share `x.url`. Signatures are held against `x.wall_clock`: let it be
`SystemClock()` where a library signs with the machine's time and `clock` is a fake one. X's clock
is `x.skew` seconds ahead of both, which the `Date` of every answer shows.

`python -m tests.fake_x --delay 0.05` serves in a process of its own, for benchmarks.

Calls go by these names: initialize, append, finalize, status, metadata, post, delete, read,
timeline, me, usage, token, authorize (and unknown). Faults are queued, used up in order:

    x.fail("post", Status(503, HTML))              # not done; Status(503, happens=True): done
    x.fail("post", Reset(happens=True)); x.fail("append", Reset(reading=True), after=2)
    x.fail("post", Hang(happens=True)); x.fail("any", Slow(0.2), times=3, account=reel)
    x.fail("post", Cut()); x.fail("post", Garbled())  # done, and half an answer
    x.fail("post", RateLimit(60)); x.fail("me", Status(401))
    x.fail("post", Status(403, refusal.duplicate().body))  # X's bodies: tests.fake_x.refusal

    x.feed.lag = 20                                # seconds until a timeline shows a post
    x.feed.showings.append("never")                # the next post never shows; "bare": no media
    x.feed.summoned |= {"@jane", post.id}          # whom to mention, what to answer; else 403
    x.library.processing = Processing(pending=1, working=4, check_after=2, fails=False)
    x.credits.balance = Decimal(0)                 # 402; `.spent`
    x.limits.of["post"] = 1                        # 429 at the second in a quarter of an hour
    reel.refusal = SUSPENDED                       # 403 for all it writes; or LOCKED
    x.person = reel                                # who says yes at the authorize page; None: no
    back = x.consent(url, reel); back = x.deny(url)  # the same without HTTP: where a browser goes

Looked at: `x.calls`, `called(name)`, `count(name)` (each `Call`: name, method, path, account,
query, body, headers, status, answer, fault, happened), `x.posts` (`.id`, `.body` as sent, `.text`,
`.shown_text`, `.media`, `.made_with_ai`), `x.feed.all` (deleted ones too), `x.library.all[id]`
(`.holds(content)`, `.size`, `.alt_text`, `.key`), `x.connections`; `x.delay` (real seconds).
"""

from tests.fake_x.accounts import SCOPES, Account, OAuth1Token, OAuth2Token
from tests.fake_x.fault import HTML, Cut, Garbled, Hang, RateLimit, Reset, Slow, Status
from tests.fake_x.media import Media, Processing
from tests.fake_x.operation import Call
from tests.fake_x.posts import Post
from tests.fake_x.refusal import LOCKED, SUSPENDED
from tests.fake_x.server import FakeX
from tests.fake_x.service import SystemClock

__all__ = [
    "HTML",
    "LOCKED",
    "SCOPES",
    "SUSPENDED",
    "Account",
    "Call",
    "Cut",
    "FakeX",
    "Garbled",
    "Hang",
    "Media",
    "OAuth1Token",
    "OAuth2Token",
    "Post",
    "Processing",
    "RateLimit",
    "Reset",
    "Slow",
    "Status",
    "SystemClock",
]
