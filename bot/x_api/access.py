"""Whose credentials these are, and whether they may post: asked of X before anything is sent.

The publisher asks before the first post of an account, `reelbot doctor` and `reelbot x whoami`
when a person wants to know. It only reads. All failures are `PublishError`s, one sentence and what
to do. A balance of nothing shows in `who`, which X charges for: X tells no balance to those who pay
per use (GET /2/usage/credits answers them 404, xdevplatform/docs#395).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.post import Target
from bot.errors import PostRejected, TargetPaused, TargetUnavailable
from bot.x_api.web_api import XApi

#: How far our clock may be from X's. A signature that is some minutes off is refused, and a lost
#: post could not be told from an older one.
SKEW = timedelta(seconds=60)
#: What a login of OAuth 2.0 must allow for the bot's work.
SCOPES = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An account as X knows it."""

    id: str
    #: As targets write it: `@reelbot`.
    handle: str
    name: str


class Access:
    """One account's credentials."""

    def __init__(self, api: XApi, place: Target | str) -> None:
        """Make it; *place* is what the words of a failure call the account."""
        self._api = api
        self._place = place

    async def who(self) -> Identity:
        """Return whose the credentials are: GET /2/users/me, $0.010 each time.

        Raises `TargetPaused` for whatever X refuses, an empty balance included, and for a clock
        that is wrong, for which X refuses signatures; `TargetUnavailable`.
        """
        try:
            answer = await self._api.read("GET", "/2/users/me", self._place)
        except TargetPaused:
            self.require_clock()  # X says no more than that it knows nobody
            raise
        except PostRejected as error:  # no fault of a post
            raise TargetPaused(str(error), hint=error.hint) from error
        user = answer.get("data")
        if not (isinstance(user, dict) and user.get("id") and user.get("username")):
            raise TargetUnavailable(
                f"X does not say whose the credentials for {self._place} are.",
                hint="Check X_API_URL; it is asked again by itself.",
            )
        handle = f"@{user['username']}"
        return Identity(id=str(user["id"]), handle=handle, name=str(user.get("name") or handle))

    def require_account(self, me: Identity, handle: str) -> None:
        """Raise `TargetPaused` unless *me* is *handle*; capitals make no difference to X."""
        if me.handle.lower() != handle.lower():
            raise TargetPaused(
                f"The credentials for x:{handle} are those of {me.handle}.",
                hint=f"Give x:{handle} its own credentials under `accounts:`, or post to "
                f"x:{me.handle}.",
            )

    def require_writing(self, scopes: Collection[str] = ()) -> None:
        """Raise `TargetPaused` for a token that can only read; `who` has asked before.

        X tells of tokens of OAuth 1.0a in the header x-access-level; of a login *scopes* tell.
        """
        missing = [scope for scope in SCOPES if scopes and scope not in scopes]
        if missing:
            raise TargetPaused(
                f"The login for {self._place} lacks the permissions {', '.join(missing)}.",
                hint="Run `reelbot x login` again.",
            )
        if self._api.access == "read":
            raise TargetPaused(
                f"The access token for {self._place} was made before the app had Read and write "
                "permissions: it can only read.",
                hint="Set Read and write in the settings of the app at X, then regenerate the "
                "access token and its secret.",
            )

    def require_clock(self) -> None:
        """Raise `TargetPaused` if X's last answer shows our clock to be wrong."""
        skew = self._api.skew
        if skew is not None and abs(skew) > SKEW:
            seconds = round(abs(skew).total_seconds())
            which = "ahead of" if skew > timedelta(0) else "behind"
            raise TargetPaused(
                f"The clock of this machine is {seconds} seconds {which} that of X, which refuses "
                "what is signed at a wrong time.",
                hint="Set the clock, and let NTP keep it.",
            )
