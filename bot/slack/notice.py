"""What people are told beside the cards: reminders, failures, the inbox; pure functions.

Mentions stand here and nowhere else: where somebody must act, and where the day's money is spent.
"""

from collections.abc import Sequence

from bot.domain.act import Act
from bot.domain.post import Target
from bot.domain.refusal import Refusal
from bot.domain.room import Who
from bot.domain.run import Run, RunState
from bot.pipeline.steps.approve import expiry
from bot.ports import Stop
from bot.slack.blocks import Message, context, inline, message, section, when
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


def call(run: Run, scene: Scene, *, generation: int) -> Message:
    """Return the line that calls those who may approve."""
    is_open = run.generation == generation and run.approval is None and not run.state.is_terminal
    text = scene.words("call" if is_open else "reminder.over", subject=scene.subject(run))
    return message(text, [section(text)])


def reminder(run: Run, scene: Scene) -> Message:
    """Return the reminder before the run's approval expires."""
    key = "reminder" if run.approval is None and not run.state.is_terminal else "reminder.over"
    text = scene.words(key, subject=scene.subject(run), when=when(expiry(run)))
    return message(text, [section(text)])


def told(act: Act, scene: Scene) -> Message:
    """Return who did what to a run."""
    place = scene.place(Target.parse(act.target)) if act.target else ""
    text = scene.words(f"told.{act.kind}", who=scene.who(act.by), place=place)
    return message(text, [section(text)])


def stopped(stop: Stop, scene: Scene) -> Message:
    """Return who stopped everything, and why."""
    said = scene.words("told.stop", who=scene.who(stop.by), command=scene.command)
    text = scene.words.told(said, f"_{inline(stop.why, 200)}_" if stop.why else "")
    return message(text, [section(text)])


def started(scene: Scene) -> Message:
    """Return that a stop is over which nobody here ended."""
    text = scene.words("told.start.outside")
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


def paused(refusal: Refusal, waiting: int, scene: Scene) -> Message:
    """Return that a target takes no posts: why, what was posted, how many wait, what to do."""
    text = scene.words("notice.paused", place=scene.place(refusal.target))
    waits = scene.words("notice.paused.waits" if waiting else "notice.paused.idle", n=waiting)
    why = [inline(scene.named(each), 300) for each in (refusal.why, refusal.hint) if each]
    told = [f"*{text}*", *(f"_{each}_" for each in why), waits]
    return message(text, [section("\n".join([*told, f"→ {scene.words('notice.paused.do')}"]))])


def mended(target: Target, scene: Scene, *, took_one: bool) -> Message:
    """Return that a target takes posts again, or that nothing is held back for it any more."""
    key = "notice.mended" if took_one else "notice.idle"
    text = scene.words(key, place=scene.place(target))
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
