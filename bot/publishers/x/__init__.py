"""Posts videos on X, from the accounts that `accounts:` names.

`bot.app` gives it the accounts and an `XApi` for each. Bytes go up in `prepare`, where they show
nothing; one POST /2/tweets is the effect. Its one invariant: X is asked to post once for each
handle, and the handle holds the media key by which the post is known on the account's timeline.

X has no idempotency key, and its timeline lags: not finding a post proves nothing, so that a person
decides in the end. Wire facts: docs.x.com, "Create Post", "Upload media", "Get Posts".
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from bot.domain.account import Account, Replies
from bot.domain.budget import Charge, Item, Quote
from bot.domain.effect import Effect
from bot.domain.link import has_link
from bot.domain.post import Delivery, DeliveryStatus, Limits, Post, Target, Words
from bot.domain.wording import word_for_x
from bot.errors import AmbiguousPost, PostRejected, TargetPaused, TargetUnavailable
from bot.ports import Clock, MediaLibrary
from bot.publishers.limits import x_limits
from bot.publishers.showcase import Showcase
from bot.publishers.x import handle as handles
from bot.publishers.x.accounts import Accounts, Seat
from bot.publishers.x.meter import Meter
from bot.publishers.x.timeline import Wanted, look
from bot.x_api.price import quote
from bot.x_api.refusal import Duplicate, MediaGone, Missing
from bot.x_api.upload import Media, check_alt_text, describe, upload_video
from bot.x_api.web_api import XApi

__all__ = ["XPublisher"]

#: How long a post that was lost may take to show, before a person is asked.
PATIENCE = timedelta(minutes=5)
_POST_ID = re.compile(r"(?:^|/status/)([0-9]{1,19})(?![0-9])")
_REPLIES = {
    Replies.FOLLOWING: "following",
    Replies.MENTIONED: "mentionedUsers",
    Replies.SUBSCRIBERS: "subscribers",
    Replies.VERIFIED: "verified",
}


class XPublisher:
    """A `Publisher` for accounts on X; one for all of them."""

    preview = False
    #: The client's timeouts, the 20 s by which the timeline lags, and as much again.
    settle = 90.0
    #: A post that does not show may be held back, or be the one that never shows.
    find_is_authoritative = False

    def __init__(
        self,
        accounts: Callable[[], Mapping[str, Account]],
        apis: Callable[[Account], XApi],
        *,
        media: MediaLibrary,
        clock: Clock,
        charge: Callable[[Charge], Awaitable[None]],
        showcase: Showcase | None = None,
    ) -> None:
        """Make a publisher.

        Args:
            accounts: the accounts of the file; asked each time, so that an edited file counts. Its
                keys do not matter: a target finds its account by `Account.handle`, whatever the
                capitals.
            apis: what calls X for an account; the same object as long as the credentials are the
                same, since whose they are is asked once for each object. Raises `TargetPaused`
                for an account that lacks some. Clients and tokens are closed by whoever made them.
            media: where the videos are.
            clock: the time.
            charge: writes down what X charges beside the posts.
            showcase: shows people on this machine what went out; None shows it nowhere.
        """
        self._showcase = showcase
        self._meter = Meter(charge, clock)
        self._accounts = Accounts(accounts, apis, clock, self._meter)
        self._media = media
        self._clock = clock
        #: Uploads that no handle holds yet, by run and file: a description may fail.
        self._fresh: dict[tuple[str, Target, str], Media] = {}
        #: Uploads that X takes no more, by id.
        self._spoilt: set[str] = set()

    async def check(self, target: Target) -> None:
        """Return if *target* may be posted to: its credentials are its own, and may write.

        Raises `TargetPaused` or `TargetUnavailable`. Asks X once for each set of credentials.
        """
        async with self._accounts.using(target):
            return

    def takes_simulated(self, target: Target) -> bool:  # noqa: ARG002 the port's signature
        """Return False: what no camera and no model has made is not for the public."""
        return False

    def limits(self, target: Target) -> Limits:
        """Return what X takes; how long and how large is up to the account's entry."""
        return x_limits(self._accounts.named(target))

    def word(self, target: Target, words: Words) -> Words:
        """Return *words* as they would go out; raises `PostRejected` for what X does not take."""
        return word_for_x(words, self._accounts.named(target))

    def estimate(self, target: Target, caption: str | None, alt_text: str | None) -> Quote:
        """Return what X charges for the post and its description.

        Raises `PostRejected` for a longer description than X takes.
        """
        check_alt_text(alt_text or "")
        return _quote(self._accounts.named(target), caption, alt_text)

    def ask_again(self, target: Target) -> None:
        """Let the account of *target* rest no longer."""
        self._accounts.ask_again(target)

    async def prepare(self, post: Post, earlier: Sequence[Effect] = ()) -> Mapping[str, str]:
        """Upload the video with its description, or take the upload of a try that did not post.

        Shows nothing, and may be repeated. Raises `TargetPaused` while the account needs a person,
        `PostRejected` for what X will never take, `TargetUnavailable` otherwise.
        """
        self._check(post)
        async with self._accounts.using(post.target) as seat:
            again = handles.of_earlier(post, earlier, self._clock.now())
            if again and again["media"] not in self._spoilt:
                return again
            media = await self._upload(seat, post)
            return handles.of_upload(media, post, earlier, self._clock.now())

    async def publish(self, post: Post, handle: Mapping[str, str]) -> Delivery:
        """Post, once.

        X refuses words that it has had from the account within some hours. Where our own try is
        what it has had, the answer is that one.
        """
        self._check(post)
        async with self._accounts.using(post.target) as seat:
            body = _body(post, handle, seat.account)
            try:
                answer = await seat.api.call("POST", "/2/tweets", post.target, json=body)
            except Duplicate as error:
                had = await self._had(seat, post, handle, error)
                await self._show(post, had, seat)
                return had
            except MediaGone as error:
                self._forget(handle, error)
                raise
        created = answer.get("data")
        post_id = created.get("id") if isinstance(created, dict) else None
        if not post_id:
            raise AmbiguousPost(
                f"X has answered the post to {post.target} without saying what became of it.",
                hint="It is looked for by itself.",
            )
        delivery = self._delivery(post, seat, str(post_id), self._clock.now())
        await self._show(post, delivery, seat)
        return delivery

    async def find(
        self, post: Post, handle: Mapping[str, str], *, since: datetime
    ) -> Sequence[Delivery]:
        """Return the deliveries of the posts on the timeline that may be the lost one.

        Raises `TargetUnavailable` while X cannot be asked, and for five minutes after *since*
        while nothing shows.
        """
        try:
            async with self._accounts.using(post.target) as seat:
                found = await self._look(seat, post, handle, since)
                if len(found) == 1:  # of several a person says which
                    await self._show(post, found[0], seat)
        except TargetPaused as error:  # a person makes it possible again, then we look again
            raise TargetUnavailable(str(error), hint=error.hint) from error
        if not found and self._clock.now() - since < PATIENCE:
            raise TargetUnavailable(
                f"X does not show the post to {post.target} yet.",
                hint="Timelines lag; it is looked for again by itself.",
            )
        return found

    async def take_down(self, delivery: Delivery, run_id: str) -> None:
        """Delete the post; silent if it is gone."""
        target, path = delivery.target, f"/2/tweets/{_post_id(delivery)}"
        try:
            usd, api = self._accounts.named(target).prices.delete, self._accounts.api(target)
            with suppress(Missing):
                async with self._meter.charging(Item.DELETE, usd, target, run_id):
                    await api.call("DELETE", path, target)
            if self._showcase:
                await self._showcase.remove(delivery)
        except TargetPaused as error:
            raise PostRejected(str(error), hint=error.hint) from error

    async def _show(self, post: Post, delivery: Delivery, seat: Seat) -> None:
        if self._showcase:
            labelled = seat.account.unlabelled_by is None
            await self._showcase.add(post, delivery, labelled=labelled)

    def _check(self, post: Post) -> None:
        self.word(post.target, Words(caption=post.caption))
        if post.simulated:
            raise PostRejected(
                f"The video is SIMULATED and must not reach {post.target}.",
                hint="Use a real provider, or preview posts.",
            )

    async def _upload(self, seat: Seat, post: Post) -> Media:
        """Return the described upload; one whose description failed is not sent again."""
        now, key = self._clock.now(), (post.run_id, post.target, post.asset.sha256)
        self._fresh = {k: m for k, m in self._fresh.items() if m.expires_at > now}
        media = self._fresh.pop(key, None)
        if media is None:
            path = self._media.path(post.asset)
            media = await upload_video(seat.api, path, post.asset, post.target, clock=self._clock)
        try:
            if post.alt_text:
                usd = seat.account.prices.alt_text
                async with self._meter.charging(Item.ALT_TEXT, usd, post.target, post.run_id):
                    await describe(seat.api, media.id, post.alt_text, post.target)
        except (TargetPaused, TargetUnavailable):
            self._fresh[key] = media
            raise
        return media

    def _forget(self, handle: Mapping[str, str], error: MediaGone) -> None:
        """Let the video be uploaded anew, unless it just was."""
        self._spoilt.add(handle["media"])
        if handles.is_again(handle):
            raise TargetUnavailable(
                "X no longer takes the video that was uploaded before.",
                hint="It is uploaded again by itself.",
            ) from error

    async def _had(
        self, seat: Seat, post: Post, handle: Mapping[str, str], error: PostRejected
    ) -> Delivery:
        """Return the post that X says it has had, if it is ours; raise *error* otherwise.

        By its media alone: the words may well be those of another run. Where a person took a try
        for not sent, X has just said otherwise, and they are asked again.
        """
        found = await self._look(seat, post, handle, None)
        if len(found) > 1 or (not found and handles.is_denied(handle)):
            raise AmbiguousPost(str(error), hint=error.hint) from error
        if not found:
            raise error
        return found[0]

    async def _look(
        self, seat: Seat, post: Post, handle: Mapping[str, str], sent_at: datetime | None
    ) -> list[Delivery]:
        first = handles.listed_from(handle)
        wanted = Wanted(
            text=post.caption or "",
            key=handle["key"],
            tried=handles.tried_keys(handle),
            sent_at=sent_at,
            first=min(first, sent_at or first),
        )
        seen = await look(
            seat.api,
            seat.me.id,
            wanted,
            post.target,
            on_listed=partial(self._listed, post, seat.account),
        )
        return [self._delivery(post, seat, each.id, each.created_at) for each in seen]

    async def _listed(self, post: Post, account: Account, ids: Sequence[str]) -> None:
        usd = account.prices.read
        await self._meter.read(Item.READ, usd, ids, post.target, post.run_id)

    def _delivery(self, post: Post, seat: Seat, post_id: str, at: datetime) -> Delivery:
        """Return the delivery.

        Nothing here may fail: the post is out. So the account is the one that was posted for,
        whatever the file says by now.
        """
        return Delivery(
            target=post.target,
            status=DeliveryStatus.DELIVERED,
            remote_id=post_id,
            url=f"https://x.com/{seat.me.handle.removeprefix('@')}/status/{post_id}",
            delivered_at=at,
            cost=_quote(seat.account, post.caption, post.alt_text).sent,
        )


def _quote(account: Account, caption: str | None, alt_text: str | None) -> Quote:
    link, alt = has_link(caption or ""), bool(alt_text)
    return quote(account.prices, has_link=link, has_alt_text=alt)


def _post_id(delivery: Delivery) -> str:
    """Return X's number of the post; a person who found one may have told its address alone."""
    for told in (delivery.remote_id or "", delivery.url or ""):
        if named := _POST_ID.search(told):
            return named[1]
    raise PostRejected(
        f"It is not known which post at {delivery.target} it is.",
        hint="Take it down at https://x.com.",
    )


def _body(post: Post, handle: Mapping[str, str], account: Account) -> Mapping[str, object]:
    """Return what POST /2/tweets is sent."""
    body: dict[str, object] = {"text": post.caption, "media": {"media_ids": [handle["media"]]}}
    if account.unlabelled_by is None:
        body["made_with_ai"] = True
    if replies := _REPLIES.get(account.replies):
        body["reply_settings"] = replies
    if account.community:
        body["community_id"] = account.community
    return body
