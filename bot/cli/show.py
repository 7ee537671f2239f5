"""How the command line speaks: results, remarks, failures, tables, JSON.

Results go to standard output, everything said on the way to standard error, so that `--json` can
be piped. Nothing is folded in the middle of a path, and nothing people wrote is taken for markup
or for a command to the terminal.
"""

import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

#: A path is never wrapped, so that it can be copied.
Cell = str | Text | Path

out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)

#: A last column narrower than this is not worth wrapping.
_NARROW = 16


def result(line: Cell = "") -> None:
    """Print a line of what was asked for."""
    out.print(text(line))


def remark(line: Cell) -> None:
    """Print a line that is not the result."""
    err.print(text(line))


def failure(what: str, hint: str | None) -> None:
    """Print one sentence of what happened and one of what to do."""
    err.print(text(what if what.endswith((".", "!", "?")) else f"{what}."), style="red")
    if hint:
        err.print(text(hint))


def as_json(value: object) -> None:
    """Print *value*, dataclasses and all, as JSON; money as text, so that no cent is lost."""
    from pydantic_core import to_json

    sys.stdout.buffer.write(to_json(value, indent=2) + b"\n")  # JSON is UTF-8 in every terminal
    sys.stdout.buffer.flush()


def facts(rows: Iterable[tuple[Cell, Cell]]) -> None:
    """Print names and what belongs to them; on a terminal long words are wrapped."""
    named = [(text(name), cell) for name, cell in rows]
    width = max(name.cell_len for name, _ in named) + 2
    for name, cell in named:
        line = Text(style="").append(name.plain, name.style or "bold")
        result(line.append(" " * (width - name.cell_len)).append_text(_wrap(cell, width)))


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    notes: Sequence[Iterable[str]] = (),
) -> None:
    """Print *rows* aligned; on a terminal the words of the last column are wrapped.

    The *notes* of a row stand below it, a line each.
    """
    lines = [[Text(name, style="bold") for name in columns]]
    lines += [[text(cell) for cell in row] for row in rows]
    widths = [max(line[i].cell_len for line in lines) + 2 for i in range(len(columns) - 1)]
    under: list[Iterable[str]] = [(), *notes, *[()] * (len(lines) - 1 - len(notes))]
    for line, below in zip(lines, under, strict=True):
        row = Text()
        for cell, width in zip(line, widths, strict=False):
            row.append_text(cell).append(" " * (width - cell.cell_len))
        result(row.append_text(_wrap(line[-1], sum(widths))))
        for note in below:
            result(f"  {one_line(note, 2)}")


def _wrap(cell: Cell, indent: int) -> Text:
    words, width = text(cell), out.width - indent
    fits = width < _NARROW or words.cell_len <= width
    if not out.is_terminal or fits or words.spans or isinstance(cell, Path):
        return words
    lines = textwrap.wrap(words.plain, width, break_long_words=False, break_on_hyphens=False)
    return Text(("\n" + " " * indent).join(lines), style=words.style)


def text(cell: Cell, style: str = "") -> Text:
    """Return *cell* without signs that a terminal would obey."""
    if isinstance(cell, Text):
        return cell
    shown = (c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in str(cell))
    return Text("".join(shown), style)


def one_line(words: str, indent: int = 0) -> str:
    """Return *words* on one line, cut to the terminal behind *indent* columns."""
    line = " ".join(words.split())
    width = max((out.width if out.is_terminal else 120) - indent, 20)
    if cell_len(line) <= width:
        return line
    cut = Text(line)
    cut.truncate(width, overflow="ellipsis")
    return cut.plain


def usd(amount: Decimal) -> str:
    """Return *amount* as people write dollars; small ones with all their digits."""
    return f"${amount:.2f}" if amount == round(amount, 2) else f"${amount.normalize():f}"


def when(moment: datetime | None) -> str:
    """Return *moment* in this machine's time zone, which it names."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z") if moment else "–"
