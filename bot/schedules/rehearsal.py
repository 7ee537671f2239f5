"""Rehearsal: the words that schedules may come to, every choice tried, and what X says of them.

A file may have a thousand schedules; what many of them have in common is done once.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from bot.domain.account import Account
from bot.domain.caption import caption_length
from bot.domain.post import Words
from bot.domain.prompt import PromptTemplate
from bot.domain.schedule import Schedule
from bot.domain.wording import word_for_x
from bot.errors import PostRejected
from bot.ports import PromptLibrary

#: Characters of a choice that a sentence shows.
_SHOWN = 30

#: What was left to chance, by name.
Pick = Mapping[str, str]


class Rehearsal:
    """Renders the schedules of one file."""

    def __init__(self, prompts: PromptLibrary) -> None:
        self._prompts = prompts
        self._made: dict[object, Sequence[tuple[Words, Pick]]] = {}

    def words(self, schedule: Schedule, template: PromptTemplate) -> Sequence[tuple[Words, Pick]]:
        """Return the words that *schedule* may come to, and by which choices.

        Raises `TemplateError`.
        """
        key = (template.name, tuple(sorted(schedule.variables.items())), schedule.lang)
        if key not in self._made:
            self._made[key] = list(self._render(schedule, template))
        return self._made[key]

    def _render(self, schedule: Schedule, template: PromptTemplate) -> Iterator[tuple[Words, Pick]]:
        for pick in _picks(schedule, template):
            variables = {**schedule.variables, **pick}
            prompt = self._prompts.render(template.name, variables, schedule.lang)
            words = Words(caption=prompt.caption, generated=True, may_cut=prompt.may_cut)
            yield words, pick


def _picks(schedule: Schedule, template: PromptTemplate) -> Iterator[Pick]:
    """Yield every choice, each beside the longest ones of the others: no night is unluckier."""
    free = {
        each.name: each.choices
        for each in template.variables
        if each.choices and each.default is None and each.name not in schedule.variables
    }
    longest = {
        name: max(choices, key=lambda choice: caption_length("x", choice))
        for name, choices in free.items()
    }
    yield longest
    for name, choices in free.items():
        yield from ({**longest, name: choice} for choice in choices if choice != longest[name])


@lru_cache(maxsize=4096)
def refusal(words: Words, account: Account) -> PostRejected | None:
    """Return why *words* cannot go out from *account* on X; None if they can."""
    try:
        word_for_x(words, account)
    except PostRejected as error:
        return error
    return None


def named(pick: Pick) -> str:
    """Return the choices for a sentence; nothing without any."""
    choices = ", ".join(f"{name}={value[:_SHOWN]}" for name, value in pick.items())
    return f" ({choices})" if choices else ""
