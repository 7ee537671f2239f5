"""Who may call: the developer's app, the accounts, and the tokens of both kinds.

Secrets are made from a counter, so that a process started anew has the same ones.
"""

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

SCOPES = frozenset(["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"])
Level = Literal["read", "read-write"]


@dataclass
class App:
    """The developer's app; *confidential* is the type that must show its client secret."""

    owner: str = "2059529979700846592"
    consumer_key: str = "consumer-key"
    consumer_secret: str = "consumer-secret"
    client_id: str = "client-id"
    client_secret: str = "client-secret"
    confidential: bool = False
    #: The app-only token.
    bearer: str = "AAAAapp-only"
    #: Compared octet by octet.
    redirects: set[str] = field(default_factory=lambda: {"http://127.0.0.1:8722/callback"})


@dataclass
class Account:
    """Somebody on X."""

    id: str
    #: Without the @.
    handle: str
    name: str
    #: The words that all writes are refused with: `SUSPENDED`, `LOCKED`, or other ones of X.
    refusal: str | None = None
    communities: set[str] = field(default_factory=set)
    #: Whether the account owns the developer's app: own posts are read for less.
    owns_app: bool = True


@dataclass
class OAuth1Token:
    """A token of OAuth 1.0a; it never expires."""

    account: Account
    key: str
    secret: str
    level: Level = "read-write"
    revoked: bool = False


@dataclass
class OAuth2Token:
    """A user's token of OAuth 2.0 and the refresh token that came with it, good for one use."""

    account: Account
    access: str
    refresh: str | None
    scopes: frozenset[str]
    expires_at: datetime
    used: bool = False
    revoked: bool = False


class People:
    """All accounts and tokens there are."""

    def __init__(self) -> None:
        self.app = App()
        self.accounts: dict[str, Account] = {}
        self.oauth1: dict[str, OAuth1Token] = {}
        self.oauth2: dict[str, OAuth2Token] = {}
        self._count = itertools.count(1)

    def add(self, handle: str, name: str | None = None, id: str | None = None) -> Account:  # noqa: A002 X's word
        """Let an account exist."""
        handle = handle.removeprefix("@")
        account = Account(id or str(1_700_000_000 + next(self._count)), handle, name or handle)
        self.accounts[account.id] = account
        return account

    def issue_oauth1(self, account: Account, level: Level = "read-write") -> OAuth1Token:
        """Return a new token, as the developer's console makes it."""
        number = next(self._count)
        token = OAuth1Token(account, f"{account.id}-token{number}", f"token-secret{number}", level)
        self.oauth1[token.key] = token
        return token

    def issue_oauth2(
        self, account: Account, expires_at: datetime, scopes: frozenset[str] = SCOPES
    ) -> OAuth2Token:
        """Return a new token; `offline.access` is what brings a refresh token."""
        number = next(self._count)
        refresh = f"refresh{number}" if "offline.access" in scopes else None
        token = OAuth2Token(account, f"access{number}", refresh, scopes, expires_at)
        self.oauth2[token.access] = token
        return token

    def refreshable(self, refresh: str) -> OAuth2Token | None:
        """Return the token that *refresh* renews; None if it is unknown, used up or revoked."""
        found = (t for t in self.oauth2.values() if t.refresh == refresh)
        return next((t for t in found if not t.used and not t.revoked), None)
