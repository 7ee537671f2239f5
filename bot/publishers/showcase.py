"""Shows on the page of the feed what really went out, with its address on the network.

A publisher tells it of posts that are out already, so nothing here may fail: a page that cannot be
written is no reason to doubt a post.
"""

import asyncio
from pathlib import Path

import structlog

from bot.domain.post import Delivery, Post
from bot.ports import MediaLibrary
from bot.publishers.feed import Feed, Record

log = structlog.get_logger()


class Showcase:
    """One feed; all posts of a network are told to it."""

    def __init__(self, feed: Feed, media: MediaLibrary) -> None:
        self._feed = feed
        self._media = media

    async def add(self, post: Post, delivery: Delivery, *, labelled: bool) -> None:
        """Show the post; again with the same delivery changes nothing. Raises nothing.

        Args:
            post: what went out.
            delivery: where it is; known by its id.
            labelled: whether it says there that it was made with AI.
        """
        assert delivery.delivered_at
        record = Record(
            id=_id(delivery),
            at=delivery.delivered_at,
            network=post.target.network,
            destination=post.target.destination,
            caption=post.caption,
            alt_text=post.alt_text,
            clip=Path(post.asset.path).name,
            still=Path(post.thumbnail.path).name if post.thumbnail else None,
            simulated=post.simulated,
            url=delivery.url,
            labelled=labelled,
        )
        try:
            await asyncio.to_thread(self._add, post, record)
        except OSError as error:
            log.warning("the feed does not show a post", post=delivery.url, why=str(error))

    async def remove(self, delivery: Delivery) -> None:
        """Take the post off the page; silent if it is not there. Raises nothing."""
        try:
            await asyncio.to_thread(self._feed.remove, _id(delivery))
        except OSError as error:
            log.warning("the feed still shows a post", post=delivery.url, why=str(error))

    def _add(self, post: Post, record: Record) -> None:
        for asset in filter(None, (post.asset, post.thumbnail)):
            self._feed.share(self._media.path(asset))
        self._feed.add(record)
        self._feed.draw()


def _id(delivery: Delivery) -> str:
    return f"{delivery.target.network}-{delivery.remote_id}"
