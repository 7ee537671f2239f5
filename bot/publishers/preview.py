"""Shows posts on a page of this disk, as their network would show them.

Built for every target of the demo and of the tests, and wherever the file says
`publish: preview`. Nothing ever leaves this machine, and nothing is charged.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from bot.domain.account import Account
from bot.domain.budget import Quote
from bot.domain.effect import Effect
from bot.domain.post import Delivery, DeliveryStatus, Limits, Post, Target, Words
from bot.domain.wording import word_for_x
from bot.errors import AmbiguousPost, ConfigError, TargetUnavailable
from bot.ports import Clock, MediaLibrary
from bot.publishers.feed import Feed, Record
from bot.publishers.limits import LIMITS, x_limits


class PreviewPublisher:
    """A `Publisher` that imitates one network; all networks share the page of one folder."""

    preview = True
    settle = 0.0
    find_is_authoritative = True

    def __init__(
        self,
        network: str,
        folder: Path,
        *,
        media: MediaLibrary,
        clock: Clock,
        account: Callable[[Target], Account | None] = lambda _target: None,
    ) -> None:
        """Imitate *network* (`slack`, `x`) in *folder*; `ConfigError` if it is not writable.

        *account* returns what the file says of the account on X; None where it names none.
        """
        self._network = network
        self._account = account
        self._media = media
        self._clock = clock
        try:
            self._feed = Feed(folder)
        except OSError as error:
            raise ConfigError(
                f"The preview folder {folder} cannot be written ({error.strerror}).",
                hint="Make it writable, or choose another data folder.",
            ) from error

    def takes_simulated(self, target: Target) -> bool:  # noqa: ARG002 the port's signature
        """Return True: the page says of each post what it is."""
        return True

    def limits(self, target: Target) -> Limits:
        """Return what the imitated network accepts, so that the page shows what would go out."""
        account = self._account(target) if self._network == "x" else None
        return x_limits(account) if account else LIMITS[self._network]

    def word(self, target: Target, words: Words) -> Words:
        """Return *words* as they would go out; raises `PostRejected` for what X would not take."""
        if self._network != "x":
            return words
        return word_for_x(words, self._account(target) or Account(handle=target.destination))

    def estimate(self, target: Target, caption: str | None, alt_text: str | None) -> Quote:  # noqa: ARG002 the port's signature
        """Return nothing to pay: nothing leaves this disk."""
        return Quote()

    def ask_again(self, target: Target) -> None:
        """Do nothing: a page takes posts at any time."""

    async def prepare(
        self,
        post: Post,
        earlier: Sequence[Effect] = (),  # noqa: ARG002 it is found without them
    ) -> Mapping[str, str]:
        """Put clip and still beside the page; repeatable, always with the same handle."""
        self.word(post.target, Words(caption=post.caption))
        with self._writing():
            await asyncio.to_thread(self._share, post)
        # The caption counts: what a person has edited is another post.
        words = (post.run_id, str(post.target), post.asset.sha256, post.caption or "")
        return {"post": sha256("\0".join(words).encode()).hexdigest()[:16]}

    async def publish(self, post: Post, handle: Mapping[str, str]) -> Delivery:
        """Show the post; a second time with the same handle changes nothing."""
        record = await asyncio.to_thread(self._feed.get, handle["post"])
        if record is None:
            record = _record(handle["post"], post, at=self._clock.now())
            with self._writing():
                await asyncio.to_thread(self._feed.add, record)
        try:
            await asyncio.to_thread(self._feed.draw)
        except OSError as error:
            raise AmbiguousPost(
                "The post is recorded, but the preview page could not be redrawn.",
                hint="The page is redrawn with the next post or start.",
            ) from error
        return self._delivery(post.target, record)

    async def find(
        self,
        post: Post,
        handle: Mapping[str, str],
        *,
        since: datetime,  # noqa: ARG002 the handle tells posts apart without it
    ) -> Sequence[Delivery]:
        """Return the delivery of that handle, if it was shown."""
        record = await asyncio.to_thread(self._feed.get, handle["post"])
        return [self._delivery(post.target, record)] if record else []

    async def take_down(self, delivery: Delivery, run_id: str) -> None:  # noqa: ARG002 the port's signature
        """Remove the post from the page; silent if it is not there."""
        with self._writing():
            await asyncio.to_thread(self._feed.remove, delivery.remote_id or "")

    def _share(self, post: Post) -> None:
        for asset in filter(None, (post.asset, post.thumbnail)):
            self._feed.share(self._media.path(asset))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TargetUnavailable(
                f"The post could not be written to the preview folder ({error}).",
                hint="Look whether its disk is full or read-only.",
            ) from error

    def _delivery(self, target: Target, record: Record) -> Delivery:
        return Delivery(
            target=target,
            status=DeliveryStatus.DELIVERED,
            remote_id=record.id,
            url=f"{self._feed.page.resolve().as_uri()}#{record.id}",
            delivered_at=record.at,
            preview=True,
            cost=Decimal(0),
        )


def _record(post_id: str, post: Post, *, at: datetime) -> Record:
    return Record(
        id=post_id,
        at=at,
        network=post.target.network,
        destination=post.target.destination,
        caption=post.caption,
        alt_text=post.alt_text,
        clip=Path(post.asset.path).name,
        still=Path(post.thumbnail.path).name if post.thumbnail else None,
        simulated=post.simulated,
    )
