"""What the pipeline tells the control room beside showing its runs on the board.

Implements `ports.Notifier`. What is told of one run (a failure, an uncertain post, a reminder) is
a card of that run and goes through the ledger, by way of `board`; `inbox` tells of all that wait.
"""

from bot.domain.run import Run
from bot.slack.board import SlackBoard
from bot.slack.scenery import waits_for_approval


class Notices:
    """A `Notifier` in one workspace."""

    def __init__(self, board: SlackBoard) -> None:
        self._board = board

    async def notify(self, run: Run) -> None:
        """Count what waits before the card that asks is put up. Raises nothing."""
        if waits_for_approval(run):
            self._board.waiting[run.id] = run
