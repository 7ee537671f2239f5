"""What is said to the bot outside of commands: mentions, the shortcut, a first visit."""

from bot.domain.room import Right
from bot.errors import PublishError
from bot.slack.asked import Asked
from bot.slack.blocks import message, section
from bot.slack.card import headline
from bot.slack.lists import details_answer
from bot.slack.mood import mood_of
from bot.slack.replies import welcome
from bot.slack.rights import Denied
from bot.slack.room.dialogs import Dialogs
from bot.slack.room.office import SOON, Office, Unanswerable


class Visits:
    """Answers whoever comes by."""

    def __init__(self, office: Office, dialogs: Dialogs) -> None:
        self._office = office
        self._dialogs = dialogs
        self._welcomed: set[str] = set()

    async def mention(self, asked: Asked) -> None:
        """Answer a mention: in the thread of a card with how its run stands.

        Outsiders get no answer at all: two bots would go on for ever.
        """
        try:
            await self._office.rights.require(asked, Right.ANYONE)
        except Denied:
            return
        run = await self._office.at_message(asked.channel, asked.thread)
        if run is None:
            await self._office.say(asked, "mention.none", command=self._office.config.command)
            return
        scene = await self._office.scenery.scene(run)
        if asked.channel and asked.thread:
            text = scene.words(f"state.{mood_of(run)}")
            shown = message(text, [section(headline(run, scene))])
            key = f"room:mention:{asked.key}"
            await self._office.post(key, asked.channel, shown, thread=asked.thread, within=SOON)
            return
        await self._office.tell(asked, details_answer(run, scene))

    async def shortcut(self, asked: Asked, channel: str, stamps: tuple[str | None, ...]) -> None:
        """Open the remix dialog for the video that the message is about."""
        await self._office.rights.require(asked, Right.GENERATE)
        run = await self._office.at_message(channel, *stamps)
        if run is None:
            raise Unanswerable("answer.no_run", command=self._office.config.command)
        await self._dialogs.open_remix(asked, run)

    async def welcome(self, asked: Asked) -> None:
        """Say hello once: to whoever has no message from us yet.

        A card may have come there before they ever did anything here.
        """
        if asked.user in self._welcomed:
            return
        self._welcomed.add(asked.user)
        try:
            await self._office.rights.require(asked, Right.ANYONE)
            opened = await self._office.api.read("conversations.open", asked.user, users=asked.user)
            direct = opened.get("channel")
            channel = str(direct["id"]) if isinstance(direct, dict) else asked.user
            said = await self._office.api.read(
                "conversations.history", channel, channel=channel, limit="1"
            )
        except PublishError:
            return  # it may not be read, or not now: rather no welcome than one too many
        if not said.get("messages"):
            shown = welcome(await self._office.scenery.scene())
            await self._office.post(f"room:welcome:{asked.user}", channel, shown)
