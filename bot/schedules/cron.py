"""The five fields of a crontab line, as reelbot understands them.

Narrower than any one program's dialect, so that an expression means the same wherever people
learnt it: weekdays go by name (libraries disagree on what 0 is), and what can never fire is
refused.
"""

import re
from dataclasses import dataclass

from bot.document import Wrong, suggest

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: The longest each month gets.
_DAYS = dict(enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1))

_PART = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]{1,2}))?")
_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * sun",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True)
class _Field:
    noun: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def value(self, word: str) -> int:
        """Return the number *word* stands for."""
        if word in self.names:
            return self.names.index(word) + self.low
        if self.noun == "weekday":
            self._refuse_weekday(word)
        if not re.fullmatch("[0-9]{1,2}", word):
            hint = suggest(word, self.names) if self.names else None
            raise Wrong(f"{word!r} is not a {self.noun}", hint or self._range)
        if not self.low <= int(word) <= self.high:
            raise Wrong(f"{word} is not a {self.noun}", self._range)
        return int(word)

    def _refuse_weekday(self, word: str) -> None:
        if not word.isdigit():
            raise Wrong(f"{word!r} is not a weekday", f"Weekdays are {', '.join(self.names)}.")
        hint = f"Use names ({', '.join(self.names)}): programs disagree on which day 0 is."
        raise Wrong("weekdays by number are not accepted", hint)

    @property
    def _range(self) -> str:
        return f"A {self.noun} is {self.low} to {self.high}."


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 6, _WEEKDAYS),
)


def check_cron(text: str) -> str:
    """Return *text* in lower case with single blanks; `Wrong` if it is no crontab line.

    Day and weekday must both match, as APScheduler has it (crontab takes either).
    """
    words = text.lower().split()
    if len(words) == 1 and words[0] in _MACROS:
        raise Wrong(f"{words[0]} is not accepted", f"Write '{_MACROS[words[0]]}'.")
    if len(words) != len(_FIELDS):
        hint = "They are minute, hour, day, month, weekday, as in '7 * * * *'."
        raise Wrong(f"there must be five fields, not {len(words)}", hint)
    _, _, days, months, _ = (_values(f, w) for f, w in zip(_FIELDS, words, strict=True))
    if min(days) > max(_DAYS[month] for month in months):
        raise Wrong("no month it names has such a day, so it would never fire")
    return " ".join(words)


def _values(field: _Field, text: str) -> set[int]:
    return set().union(*(_part(field, part) for part in text.split(",")))


def _part(field: _Field, text: str) -> range:
    match = _PART.fullmatch(text)
    if not match:
        hint = "A field is *, 5, 5-20, */15, 5-55/10, or several of them with commas."
        raise Wrong(f"{text[:20]!r} is not understood as a {field.noun}", hint)
    low, high = _bounds(field, match["first"], match["last"])
    if match["step"] is None:
        return range(low, high + 1)
    return _stepped(field, match, low, high)


def _bounds(field: _Field, first: str | None, last: str | None) -> tuple[int, int]:
    if first is None:
        return field.low, field.high
    low = field.value(first)
    high = field.value(last) if last else low
    if last and first.isdigit() != last.isdigit():
        raise Wrong(f"{first}-{last} mixes names and numbers", f"Write {low}-{high}.")
    if low > high:
        hint = f"Write two ranges with a comma: {first}-{_end(field)},…"
        raise Wrong(f"{first}-{last} runs backwards", hint)
    return low, high


def _end(field: _Field) -> str:
    return field.names[-1] if field.names else str(field.high)


def _stepped(field: _Field, match: re.Match[str], low: int, high: int) -> range:
    """Return every so-manieth value; refuses what APScheduler would refuse or read otherwise."""
    step = int(match["step"])
    if match["first"] and not match["last"]:
        hint = f"Write {match['first']}-{_end(field)}/{step}."
        raise Wrong(f"a step needs a range, not {match['first']} alone", hint)
    if field.noun == "weekday":
        raise Wrong("a step does not go with weekdays", "List them: mon,wed,fri.")
    if match["first"] in field.names:
        raise Wrong(f"a step does not go with {field.noun}s by name", f"Write {low}-{high}/{step}.")
    if not 1 <= step <= high - low:
        raise Wrong(f"the step {step} does not fit into {low} to {high}")
    return range(low, high + 1, step)
