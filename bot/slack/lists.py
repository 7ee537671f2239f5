"""The answers that only the one who asked sees: help, lists, one run in full, the bill.

`room` sends them as ephemeral messages, and `home` shows the same lines. One line per thing, the
newest first; ids stand only where somebody may want to copy one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.budget import Spend, SpendState
from bot.domain.post import Target
from bot.domain.prompt import PromptTemplate
from bot.domain.run import Run, Step
from bot.domain.schedule import Schedule
from bot.ports import Stop
from bot.slack import buttons
from bot.slack.approval import texts_of
from bot.slack.blocks import (
    Block,
    Message,
    actions,
    context,
    escape,
    inline,
    link,
    message,
    quote,
    section,
    when,
)
from bot.slack.buttons import Action
from bot.slack.card import headline, offered, progress_bar
from bot.slack.mood import mood_of
from bot.slack.scene import Scene
from bot.slack.trouble import posts_told, what_happened, what_to_do
from bot.slack.verbs import VERBS, Verb
from bot.slack.words import Words

#: Lines of one list; whoever needs more uses the command line.
MOST_LINES = 20
_SUBJECT = 38


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A coming moment of a schedule."""

    schedule_id: str
    at: datetime
    #: Who paused the schedule; None while it runs.
    paused_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """How everything stands."""

    #: The next moment of every schedule, the nearest first; paused ones included.
    fires: Sequence[Upcoming] = ()
    #: Runs that go on by themselves.
    in_flight: Sequence[Run] = ()
    #: Runs that wait for a person.
    waiting: Sequence[Run] = ()
    #: Runs that are over, the newest first.
    last: Sequence[Run] = ()
    #: Of today, USD.
    spent: Decimal
    cap: Decimal
    stop: Stop | None = None


# --- lines -------------------------------------------------------------------------------------


def run_line(run: Run, scene: Scene) -> str:
    """Return a run in one line: how it stands, what it is of, linked to its card, since when."""
    mood = mood_of(run)
    mark = scene.words(f"mark.{mood}") if scene.words.has(f"mark.{mood}") else ""
    subject = scene.subject(run, _SUBJECT)
    url = next((card.url for card in reversed(run.cards) if card.url), None)
    state = f"{mark} {scene.words(f'state.{mood}')}".strip()
    return f"{state} · {link(url, subject) if url else subject} · {when(run.updated_at)}"


def fire_line(fire: Upcoming, scene: Scene) -> str:
    """Return a coming moment in one line."""
    name = inline(fire.schedule_id, 63)
    if fire.paused_by:
        return scene.words("fire.paused", name=name, who=scene.who(fire.paused_by))
    return scene.words("fire.next", name=name, when=when(fire.at))


def spent_line(spent: Decimal, cap: Decimal, words: Words) -> str:
    """Return the day's bill against its cap in one line."""
    percent = int(100 * spent / cap) if cap else 100
    return f"{progress_bar(percent)} · " + words(
        "cost.today", spent=f"${spent:.2f}", cap=f"${cap:.2f}", left=f"${max(cap - spent, 0):.2f}"
    )


def stop_line(stop: Stop, scene: Scene) -> str:
    """Return who stopped everything, when and why."""
    line = scene.words("stop.by", who=scene.who(stop.by), when=when(stop.at))
    return scene.words.told(line, f"_{inline(stop.why, 200)}_" if stop.why else "")


# --- answers -----------------------------------------------------------------------------------


def help_answer(scene: Scene, verb: Verb | None = None) -> Message:
    """Return what can be typed, all of it or one verb."""
    words = scene.words
    verbs = [verb] if verb else list(VERBS.values())
    lines = [
        f"`{escape(usage(each, words, scene.command))}` {words(f'verb.{each.name}')}"
        for each in verbs
    ]
    if verb:
        return message(words("help.title"), [section("\n".join(lines))])
    command = scene.command
    start = [words(f"help.start.{i}", command=command) for i in (1, 2, 3)]
    return message(
        words("help.title"),
        [section("\n".join(start)), section("\n".join(lines)), context(words("help.runs"))],
    )


def usage(verb: Verb, words: Words, command: str) -> str:
    """Return how *verb* is typed."""
    return f"{command} {verb.name} {words(f'takes.{verb.takes}')}".strip()


def status_answer(board: Dashboard, scene: Scene) -> Message:
    """Return how everything stands, in a few lines."""
    words = scene.words
    blocks: list[Block] = []
    if board.stop:
        blocks.append(section(stop_line(board.stop, scene)))
    for key, runs in (("waiting", board.waiting), ("in_flight", board.in_flight)):
        if runs:
            blocks.append(section(_titled(words(f"home.{key}"), _lines(runs, scene, 10))))
    if not board.waiting and not board.in_flight:
        blocks.append(section(words("status.idle")))
    small = [spent_line(board.spent, board.cap, words)]
    small += [fire_line(fire, scene) for fire in board.fires[:1]]
    summary = words("status.summary", waiting=len(board.waiting), working=len(board.in_flight))
    return message(summary, [*blocks, context(" · ".join(small))])


def runs_answer(runs: Sequence[Run], scene: Scene, *, failed: bool = False) -> Message:
    """Return the newest runs, or those that failed."""
    key = "list.failed" if failed else "list.runs"
    if not runs:
        nothing = scene.words(f"{key}.none", command=scene.command)
        return message(nothing, [section(nothing)])
    title = scene.words(key, n=len(runs))
    return message(title, [section(_titled(title, _lines(runs, scene, MOST_LINES)))])


def next_answer(fires: Sequence[Upcoming], scene: Scene) -> Message:
    """Return the coming moments."""
    if not fires:
        return _one_line(scene.words("next.none"))
    lines = [fire_line(fire, scene) for fire in fires[:MOST_LINES]]
    title = scene.words("home.fires")
    return message(title, [section(_titled(title, lines))])


def templates_answer(templates: Sequence[PromptTemplate], scene: Scene) -> Message:
    """Return the templates with what they can be told."""
    if not templates:
        return _one_line(scene.words("templates.none"))
    lines = []
    for template in templates[:MOST_LINES]:
        told = " ".join(_variable(v.name, v.choices, v.default) for v in template.variables)
        lines.append(f"`{inline(template.name)}` {inline(template.description, 120)}")
        lines += [f"        {inline(told, 200)}"] if told else []
    title = scene.words("templates.title")
    how = scene.words("templates.how", command=scene.command, name=inline(templates[0].name))
    return message(title, [section(_titled(title, lines)), context(how)])


def _variable(name: str, choices: Sequence[str], default: str | None) -> str:
    if choices:
        return f"{name}={'|'.join(choices)}"
    return f"{name}={default}" if default is not None else f"{name}=…"


def schedules_answer(
    schedules: Sequence[Schedule], fires: Mapping[str, Upcoming], scene: Scene
) -> Message:
    """Return the schedules: what each makes, when, for whom."""
    if not schedules:
        return _one_line(scene.words("schedules.none"))
    lines = []
    for schedule in schedules[:MOST_LINES]:
        fire = fires.get(schedule.id)
        name = inline(schedule.id, 63)
        moment = fire_line(fire, scene) if fire else scene.words("fire.off", name=name)
        what = inline(schedule.template.replace("_", " "), 60)
        lines.append(f"{moment} · {what} → {scene.places(schedule.targets)}")
    title = scene.words("schedules.title")
    return message(title, [section(_titled(title, lines))])


def cost_answer(spent: Decimal, cap: Decimal, scene: Scene) -> Message:
    """Return the day's bill."""
    line = spent_line(spent, cap, scene.words)
    return message(line, [section(line), context(scene.words("cost.how"))])


# --- one run in full ---------------------------------------------------------------------------


def details_answer(run: Run, scene: Scene) -> Message:
    """Return all that is known of *run*."""
    words = scene.words
    blocks: list[Block] = [section(headline(run, scene))]
    if run.prompt or run.request.prompt:
        blocks += [context(words("details.prompt")), quote(_prompt_of(run))]
    for text, posts in texts_of(run):
        places = scene.places([post.target for post in posts])
        blocks += [context(words("details.caption", places=places)), quote(text)] if text else []
    if run.failure:
        blocks.append(section(f"{what_happened(run, scene)}\n→ {what_to_do(run, scene)}"))
    blocks += [context("\n".join(_known(run, scene))), *_buttons(run, scene)]
    return message(words("details.title", subject=scene.subject(run)), blocks)


def _prompt_of(run: Run) -> str:
    return run.prompt.text if run.prompt else run.request.prompt or ""


def _known(run: Run, scene: Scene) -> Iterator[str]:
    words, spec = scene.words, run.request.video
    yield words("fact.asked", who=scene.asked_by(run), when=when(run.created_at))
    yield words(
        "details.video",
        provider=escape(run.request.provider, 70),
        model=escape(spec.model or "–", 200),
        size=escape(spec.size, 12),
        n=spec.seconds,
    )
    if run.prompt and run.prompt.template:
        told = " ".join(f"{k}={v}" for k, v in run.prompt.variables.items())
        yield words("details.template", name=inline(run.prompt.template), told=inline(told, 300))
    yield _steps(run, words)
    if run.approval and run.approval.by != "auto":
        yield words("locked.approved", who=scene.who(run.approval.by), when=when(run.approval.at))
    yield posts_told(run, scene)
    for finding in run.inspection.findings if run.inspection else ():
        yield f"{words('mark.finding')} {inline(words.said(finding), 200)}"
    yield from _bill(run, scene)
    job = f" · {escape(run.job.id, 100)}" if run.job else ""
    yield words("details.id", id=escape(run.id, 40)) + job


def _steps(run: Run, words: Words) -> str:
    now, order = run.step, list(Step)
    done = order if now is None else order[: order.index(now)]
    return "  ".join(words(f"step.{s}") + (" ✓" if s in done else "") for s in order)


def _bill(run: Run, scene: Scene) -> Iterator[str]:
    for spend in scene.spends:
        usd = scene.words.price(spend.usd, settled=spend.state is SpendState.SETTLED)
        key = "details.released" if spend.state is SpendState.RELEASED else "details.spend"
        parts = _parts(spend, run, scene)
        yield scene.words(key, what=_bought(spend, scene), usd=usd) + parts
    if not scene.spends and run.price:
        yield scene.words.price(run.price.total)


def _parts(spend: Spend, run: Run, scene: Scene) -> str:
    """Return how the price of a post comes about, while it is what it was quoted at."""
    quote = run.price.quotes.get(spend.what) if run.price and not spend.item else None
    return f" ({scene.quoted(quote)})" if quote and quote.sent == spend.usd else ""


def _bought(spend: Spend, scene: Scene) -> str:
    if spend.what == "video":
        return scene.words("details.the_video", vendor=inline(spend.vendor, 63))
    place = scene.place(Target.parse(spend.what))
    return scene.beside(place, spend.item) if spend.item else place


def _buttons(run: Run, scene: Scene) -> list[Block]:
    actions_now = [a for a in offered(run, scene) if a is not Action.DETAILS]
    return actions(*(buttons.of_run(action, run, scene) for action in actions_now))


# --- the parts ---------------------------------------------------------------------------------


def _lines(runs: Sequence[Run], scene: Scene, most: int) -> list[str]:
    lines = [run_line(run, scene) for run in runs[:most]]
    return lines + ([scene.words("list.more", n=len(runs) - most)] if len(runs) > most else [])


def _titled(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"*{title}*", *lines])


def _one_line(line: str) -> Message:
    return message(line, [section(line)])
