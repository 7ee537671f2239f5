"""What people are told beside the cards: reminders, failures, the inbox; pure functions.

Mentions stand here and nowhere else: where somebody must act, and where the day's money is spent.
"""

from collections.abc import Sequence

from bot.domain.room import Who
from bot.domain.run import Run, RunState
from bot.pipeline.steps.approve import expiry
from bot.slack.blocks import Message, context, message, section, when
from bot.slack.card import headline
from bot.slack.lists import run_line
from bot.slack.scene import Scene
from bot.slack.streaks import Streak
from bot.slack.trouble import money_told, posts_told, what_happened, what_to_do

#: People and groups called at most.
_MOST_CALLED = 5
_MOST_LINES = 15


def calling(who: Who) -> str:
    """Return mentions of *who*; nobody where it is everyone."""
    groups = [f"<!subteam^{group}>" for group in who.groups]
    users = [f"<@{user}>" for user in who.users]
    return " ".join([*groups, *users][:_MOST_CALLED])


def with_call(shown: Message, call: str) -> Message:
    """Return the message with mentions under it, if there are any."""
    if not call:
        return shown
    return message(f"{shown.text} {call}", [*shown.blocks, section(call)])


def reminder(run: Run, scene: Scene) -> Message:
    """Return the reminder before the run's approval expires."""
    key = "reminder" if run.approval is None and not run.state.is_terminal else "reminder.over"
    text = scene.words(key, subject=scene.subject(run), when=when(expiry(run)))
    return message(text, [section(text)])


def needs_person(run: Run, scene: Scene) -> Message:
    """Return that the run waits until a person says what became of a write."""
    if run.state is not RunState.ATTENTION:
        text = scene.words("notice.settled", subject=scene.subject(run))
        return message(text, [section(text)])
    told = [headline(run, scene), what_happened(run, scene)]
    told += [f"{money_told(scene)} {posts_told(run, scene)}", f"→ {what_to_do(run, scene)}"]
    return message(
        scene.words("notice.attention", subject=scene.subject(run)), [section("\n".join(told))]
    )


def failed(streak: Streak, scene: Scene) -> Message:
    """Return that runs failed: how often, since when, why, what to do."""
    run, n = streak.last, len(streak.runs)
    text = scene.words("notice.failed", n=n, who=scene.asked_by(run))
    told = [f"*{text}*", what_happened(run, scene), f"→ {what_to_do(run, scene)}"]
    return message(text, [section("\n".join(told)), context(run_line(run, scene))])


def recovered(run: Run, scene: Scene) -> Message:
    """Return that a schedule works again."""
    text = scene.words("notice.recovered", who=scene.asked_by(run))
    return message(text, [section(text)])


def inbox(waiting: Sequence[Run], scene: Scene) -> Message:
    """Return the one message about all that waits for approval."""
    if not waiting:
        text = scene.words("inbox.empty")
        return message(text, [section(text)])
    text = scene.words("inbox", n=len(waiting))
    lines = [run_line(run, scene) for run in waiting[:_MOST_LINES]]
    if len(waiting) > _MOST_LINES:
        lines.append(scene.words("list.more", n=len(waiting) - _MOST_LINES))
    return message(text, [section("\n".join([f"*{text}*", *lines]))])
