"""Short replies: to a click that came too late, to what cannot be done, to a first visit."""

from bot.domain.run import Run
from bot.errors import BotError
from bot.slack.blocks import CONTEXT, Message, context, escape, message, section
from bot.slack.card import headline
from bot.slack.scene import Scene


def stale_reply(run: Run, scene: Scene) -> Message:
    """Return how *run* stands now, for a click on a card that showed something else."""
    told = scene.words("reply.stale")
    return message(told, [section(headline(run, scene)), context(told)])


def refusal_reply(error: BotError, scene: Scene) -> Message:
    """Return why something was not done, and what to do instead."""
    what = escape(str(error), CONTEXT)
    hint = [context(escape(error.hint, CONTEXT))] if error.hint else []
    return message(scene.words.told(what, scene.words("reply.unchanged")), [section(what), *hint])


def welcome(scene: Scene) -> Message:
    """Return the first message to somebody who has not met the bot yet."""
    words, command = scene.words, scene.command
    start = [words(f"help.start.{i}", command=command) for i in (1, 2, 3)]
    text = words("reply.welcome", command=command)
    return message(text, [section("\n".join([text, *start]))])
