"""App Home: the whole house on one page, with its switches.

`room` publishes it for whoever opens it. Decisions first, then what goes on, then what is to come.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.domain.run import Run
from bot.slack import buttons
from bot.slack.blocks import MOST_IN_VIEW, Block, actions, context, divider, header, section
from bot.slack.buttons import Action
from bot.slack.lists import Dashboard, Upcoming, fire_line, run_line, spent_line, stop_line
from bot.slack.scene import Scene

View = dict[str, Any]

_MOST_RUNS = 10
_MOST_FIRES = 20


def home(board: Dashboard, scene: Scene) -> View:
    """Return the page."""
    blocks = [
        *_top(board, scene),
        *_runs("waiting", board.waiting, scene, Action.DETAILS),
        *_runs("in_flight", board.in_flight, scene),
        *_fires(board.fires, scene),
        *_runs("last", board.last, scene),
        context(scene.words("home.help", command=scene.command)),
    ]
    return {"type": "home", "blocks": blocks[:MOST_IN_VIEW]}


def _top(board: Dashboard, scene: Scene) -> Iterator[Block]:
    words = scene.words
    if board.stop:
        yield section(stop_line(board.stop, scene), buttons.start(words))
    yield section(spent_line(board.spent, board.cap, words))
    make = buttons.button(Action.MAKE, words, "make")
    yield from actions(make, *([] if board.stop else [buttons.stop(words)]))


def _runs(key: str, runs: Sequence[Run], scene: Scene, action: Action | None = None) -> list[Block]:
    """Return the runs line by line, with *action* as a button at each."""
    if not runs:
        return []
    title = header(scene.words(f"home.{key}"))
    lines = [run_line(run, scene) for run in runs[:_MOST_RUNS]]
    if len(runs) > _MOST_RUNS:
        lines.append(scene.words("list.more", n=len(runs) - _MOST_RUNS))
    if action is None:
        return [title, section("\n".join(lines))]
    acting = [
        section(line, buttons.of_run(action, run, scene))
        for line, run in zip(lines, runs, strict=False)
    ]
    return [title, *acting, *map(context, lines[len(runs) :])]


def _fires(fires: Sequence[Upcoming], scene: Scene) -> list[Block]:
    if not fires:
        return []
    blocks = [divider(), header(scene.words("home.fires"))]
    for fire in fires[:_MOST_FIRES]:
        action = Action.RESUME if fire.paused_by else Action.PAUSE
        switch = buttons.button(action, scene.words, fire.schedule_id)
        blocks.append(section(fire_line(fire, scene), switch))
    return blocks
