"""Posts clips in Slack channels, where the clip with its caption is the whole message.

`bot.app` gives it an `httpx.AsyncClient` with Slack's address, the bot token, timeouts and no
retries. Bytes go up in `prepare`, where they show nothing; completing the upload shares the file,
which is the effect. Its one invariant: a file is completed once, and it is known by its id before.

httpx and not Slack's own client: httpx tells a request that never left from one whose answer was
lost, and carries the bytes and the calls over the same kept connections. Slack's client reads a
whole file into memory, and gives a whole upload 30 seconds (slack_sdk 3.48).

Wire facts: docs.slack.dev/reference/methods. A file that is not completed is discarded, and
completing works once. Sharing goes on after the answer: `files.info` tells when it is done.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx

from bot.domain.budget import Quote
from bot.domain.effect import Effect
from bot.domain.post import Delivery, DeliveryStatus, Limits, Post, Target, Words
from bot.errors import AmbiguousPost, PostRejected, PublishError, TargetPaused, TargetUnavailable
from bot.ports import Clock, MediaLibrary
from bot.publishers.limits import SLACK
from bot.publishers.slack.sight import Sight, read_file
from bot.slack_api.channels import Channels
from bot.slack_api.refusal import refuse
from bot.slack_api.upload import upload_file
from bot.slack_api.web_api import WebApi

__all__ = ["SlackPublisher"]

#: Characters of a caption as it is sent; longer messages are cut or folded.
CAPTION = 4000
#: Slack takes about one message per second and channel; seconds.
APART = timedelta(seconds=1)
#: The looks for the share after a completion, and the pauses before them; seconds.
LOOKS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
#: How long a completed file may stay unshared before it counts as lost.
PATIENCE = timedelta(minutes=15)
#: Without it we could not look for a post whose answer was lost.
LOOKING = "files:read"
#: What Slack says of a file that was never completed, and of one that was completed before.
_GONE = frozenset({"file_not_found"})
#: What a delete may be answered with where there is nothing left to delete.
_DELETED = _GONE | {"file_deleted"}


class SlackPublisher:
    """A `Publisher` for Slack channels; one per workspace, that of its token."""

    preview = False
    #: The client's timeout and as much again: a completion is in force when it is answered.
    settle = 90.0
    #: A file that Slack does not know was never completed, and one that never showed is deleted
    #: before we say that nothing was found.
    find_is_authoritative = True

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        media: MediaLibrary,
        clock: Clock,
        allow_simulated: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        """Make a publisher.

        Args:
            client: with base URL (up to `/api/`), bearer token and timeouts, and without retries;
                closed by whoever made it.
            media: where the clips are.
            clock: the time.
            allow_simulated: destinations, as targets write them, that take SIMULATED clips; asked
                each time.
        """
        self._client = client
        self._api = WebApi(client)
        self._channels = Channels(self._api)
        self._media = media
        self._clock = clock
        self._allow_simulated = allow_simulated
        #: By channel id: when it may be posted to again.
        self._free: dict[str, datetime] = {}

    def takes_simulated(self, target: Target) -> bool:
        """Return whether the channel is one that `slack.allow_simulated` names."""
        return target.destination in self._allow_simulated()

    def limits(self, target: Target) -> Limits:  # noqa: ARG002 the port's signature
        """Return what Slack takes; a workspace may take less and then says so."""
        return SLACK

    def word(self, target: Target, words: Words) -> Words:
        """Return *words* as they are; raises `PostRejected` for more than Slack shows."""
        length = len(_escape(words.caption or ""))
        if length > CAPTION:
            raise PostRejected(
                f"The caption for {target} has {length} characters; Slack shows {CAPTION}.",
                hint="Shorten the caption.",
            )
        return words

    def estimate(self, target: Target, caption: str | None, alt_text: str | None) -> Quote:  # noqa: ARG002 the port's signature
        """Return nothing to pay: Slack charges nothing."""
        return Quote()

    def ask_again(self, target: Target) -> None:
        """Do nothing: Slack is asked each time."""

    async def prepare(
        self,
        post: Post,
        earlier: Sequence[Effect] = (),  # noqa: ARG002 it is found without them
    ) -> Mapping[str, str]:
        """Upload the clip and wait for the channel's turn; shows nothing, and may be repeated.

        Raises `TargetPaused` while the channel or the token needs a person, `PostRejected` for
        what Slack will never take, `TargetUnavailable` otherwise.
        """
        self._check(post)
        channel = await self._channels.resolve(post.target)
        answer = await self._api.read(
            "files.getUploadURLExternal",
            post.target,
            filename=f"video{Path(post.asset.path).suffix}",
            length=str(post.asset.bytes),
        )
        self._require_looking()
        path = self._media.path(post.asset)
        await upload_file(self._client, str(answer.get("upload_url")), path, post.asset)
        await self._turn(channel)
        return {"file": str(answer.get("file_id")), "channel": channel}

    async def publish(self, post: Post, handle: Mapping[str, str]) -> Delivery:
        """Complete the upload into the channel, once, and wait up to 30 s until it shows there."""
        self._check(post)
        answer = await self._complete(post, handle)
        if not answer["ok"]:
            await self._require_known(post, handle)
        return await self._shown(post, handle)

    async def find(
        self, post: Post, handle: Mapping[str, str], *, since: datetime
    ) -> Sequence[Delivery]:
        """Return the delivery if the file shows; repeatable.

        A completed file that does not show after a quarter of an hour never will: it is deleted,
        so that it cannot show later beside the one sent anew. Before, and while Slack cannot be
        asked, raises `TargetUnavailable`. Raises `PostRejected` if somebody has deleted the file.
        """
        try:
            sight = await self._look(post, handle)
            if sight is None:
                return []
            if sight.is_shared:
                return [await self._delivery(post.target, handle, sight)]
            if self._clock.now() - since < PATIENCE:
                raise _not_shown_yet(post.target, TargetUnavailable)
            await self._api.read("files.delete", post.target, expect=_GONE, file=handle["file"])
        except TargetPaused as error:  # a person makes it possible again, then we look again
            raise TargetUnavailable(str(error), hint=error.hint) from error
        return []

    async def take_down(self, delivery: Delivery, run_id: str) -> None:  # noqa: ARG002 the port's signature
        """Delete the clip, and with it the message that is nothing else; silent if it is gone."""
        file = delivery.remote_id or ""
        try:
            await self._api.read("files.delete", delivery.target, expect=_DELETED, file=file)
        except TargetPaused as error:
            raise PostRejected(str(error), hint=error.hint) from error

    def _check(self, post: Post) -> None:
        self.word(post.target, Words(caption=post.caption))
        if post.simulated and not self.takes_simulated(post.target):
            raise PostRejected(
                f"The video is SIMULATED and must not reach {post.target}.",
                hint="Use a real provider, or name the channel under `slack.allow_simulated`.",
            )

    def _require_looking(self) -> None:
        scopes = self._api.scopes
        if scopes and LOOKING not in scopes:
            raise TargetPaused(
                f"The Slack app lacks the permission {LOOKING}, without which a lost post could "
                "not be found again.",
                hint=f"Add the scope {LOOKING} to the app and install it anew.",
            )

    async def _turn(self, channel: str) -> None:
        """Wait until *channel* may be posted to, and take the turn."""
        now = self._clock.now()
        turn = max(now, self._free.get(channel, now))
        self._free[channel] = turn + APART
        if turn > now:
            await self._clock.sleep((turn - now).total_seconds())

    async def _complete(self, post: Post, handle: Mapping[str, str]) -> Mapping[str, object]:
        channel = handle["channel"]
        words = {"initial_comment": _escape(post.caption)} if post.caption else {}
        if post.beside and post.beside.place == channel:
            words["thread_ts"] = post.beside.id
        try:
            return await self._api.call(
                "files.completeUploadExternal",
                post.target,
                expect=_GONE,
                files=[{"id": handle["file"], "title": _title(post)}],
                channel_id=channel,
                **words,
            )
        except TargetUnavailable as error:
            if error.retry_after:
                later = self._clock.now() + timedelta(seconds=error.retry_after)
                self._free[channel] = max(later, self._free.get(channel, later))
            raise
        except TargetPaused:
            self._channels.forget(post.target)
            raise

    async def _require_known(self, post: Post, handle: Mapping[str, str]) -> None:
        """Raise `TargetUnavailable` if the file was discarded; else it was completed before."""
        try:
            sight = await self._look(post, handle)
        except PublishError as error:
            raise AmbiguousPost(str(error), hint=error.hint) from error
        if sight is None:
            raise TargetUnavailable(
                "Slack has discarded the uploaded clip.", hint="It is uploaded again by itself."
            )

    async def _look(self, post: Post, handle: Mapping[str, str]) -> Sight | None:
        """Return what Slack shows of the file; None if it was never completed.

        Raises `PostRejected` if somebody has deleted it, `TargetPaused` or `TargetUnavailable`
        while Slack does not tell.
        """
        answer = await self._api.read("files.info", post.target, expect=_GONE, file=handle["file"])
        if not answer["ok"]:
            return None
        sight = read_file(answer, handle["channel"])
        if sight.is_deleted:
            raise refuse("file_deleted", post.target)
        return sight

    async def _shown(self, post: Post, handle: Mapping[str, str]) -> Delivery:
        """Return the delivery when the file shows; a look that fails is no news."""
        sight, until = None, self._clock.now() + timedelta(seconds=sum(LOOKS))
        for pause in LOOKS:
            await self._clock.sleep(pause)
            if self._clock.now() > until:
                break
            try:
                sight = await self._look(post, handle)
            except TargetUnavailable as error:
                await self._clock.sleep(min(error.retry_after or 0.0, LOOKS[-1]))
                continue
            except PublishError as error:
                raise AmbiguousPost(str(error), hint=error.hint) from error
            if sight and sight.ts:
                break
        if sight is None or not sight.is_shared:
            raise _not_shown_yet(post.target, AmbiguousPost)
        return await self._delivery(post.target, handle, sight)

    async def _delivery(self, target: Target, handle: Mapping[str, str], sight: Sight) -> Delivery:
        return Delivery(
            target=target,
            status=DeliveryStatus.DELIVERED,
            remote_id=handle["file"],
            url=await self._permalink(target, handle["channel"], sight),
            delivered_at=sight.at or self._clock.now(),
            cost=Decimal(0),
        )

    async def _permalink(self, target: Target, channel: str, sight: Sight) -> str | None:
        """Return the address of the message, or of the file where Slack does not tell it."""
        if sight.ts is None:
            return sight.permalink
        try:
            answer = await self._api.read(
                "chat.getPermalink", target, channel=channel, message_ts=sight.ts
            )
        except PublishError:
            return sight.permalink
        return str(answer.get("permalink") or "") or sight.permalink


def _escape(text: str) -> str:
    """Return *text* so that Slack shows it as it is: no `<!channel>`, no `<@U…>` fires."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _title(post: Post) -> str:
    """Return the file's title, which screen readers read: alt text itself keeps it from showing.

    python-slack-sdk#1818.
    """
    title = (post.alt_text or "Video").strip()[:200]
    return f"SIMULATED: {title}" if post.simulated else title


def _not_shown_yet(target: Target, kind: type[PublishError]) -> PublishError:
    return kind(
        f"Slack has taken the clip for {target} but does not show it yet.",
        hint="Slack checks files before it shows them; it is looked for again by itself.",
    )
