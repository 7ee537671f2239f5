"""Accounts: whose credentials serve a public target, and what may stand in its posts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Manner(StrEnum):
    """What becomes of something in words that a template made."""

    REFUSE = "refuse"  #: Nothing is made; the words have to be changed.
    DROP = "drop"  #: It is left out, and people are told.
    KEEP = "keep"  #: It goes out as it stands.


class Replies(StrEnum):
    """Who may reply to a post."""

    EVERYONE = "everyone"
    FOLLOWING = "following"  #: Whom the account follows.
    MENTIONED = "mentioned"
    SUBSCRIBERS = "subscribers"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The names of the environment variables with an account's credentials, never the values.

    Either the four of OAuth 1.0a, or the client of an OAuth 2.0 login whose tokens `x login` keeps.
    """

    api_key_env: str | None = None
    api_secret_env: str | None = None
    access_token_env: str | None = None
    access_token_secret_env: str | None = None
    client_id_env: str | None = None
    #: None for a public client.
    client_secret_env: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPrices:
    """What X charges for posts, USD; what is written here is the public list of `as_of`.

    docs.x.com, "Pay-per-use pricing": in force since 2026-02-06, these rates since 2026-04-20. X
    changes them without notice, so a file may say others.
    """

    post: Decimal = Decimal("0.015")
    #: Instead of `post`, where the words hold an address, one without `https://` included.
    post_with_link: Decimal = Decimal("0.200")
    #: Once for each uploaded video that is described.
    alt_text: Decimal = Decimal("0.005")
    #: For each post read on the account's own timeline; 0.005 where the developer app belongs to
    #: another account.
    read: Decimal = Decimal("0.001")
    #: For asking whose the credentials are.
    user_read: Decimal = Decimal("0.010")
    #: For taking a post down.
    delete: Decimal = Decimal("0.010")
    as_of: date = date(2026, 4, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One entry of `accounts:` in `schedules.yaml`, or the one that the plain settings serve."""

    #: As targets write it: `@reelbot`.
    handle: str
    credentials: Credentials = Credentials()
    #: Who turned the label "made with AI" off; None where every post carries it.
    unlabelled_by: str | None = None
    replies: Replies = Replies.EVERYONE
    #: The id of the community that it posts in; None for everybody.
    community: str | None = None
    mentions: Manner = Manner.REFUSE
    cashtags: Manner = Manner.REFUSE
    links: Manner = Manner.REFUSE
    #: The longest video, seconds, and the largest, bytes; X's own pages disagree about them.
    max_seconds: float = 140.0
    max_bytes: int = 512_000_000
    prices: PostPrices = PostPrices()
