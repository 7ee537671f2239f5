"""What people type behind the slash command, understood: a verb, or the wish for a video.

The first word is a verb only where it stands alone or is followed by what the verb takes; in all
other cases the whole line is a prompt. "stop" stops, "stop the car at sunset" is a video. Where a
line is a verb with a slip in it, it is refused with what was probably meant: making a video costs
money, so that a slip must not make one. Words in quotes are always a prompt.

Options come last, behind ` --`. Slack's curly quotes and long dashes are understood.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from bot.slack.blocks import clean
from bot.slack.options import OPTIONS, plain, read_options, refusal, split, unquoted
from bot.slack.reference import LAST, Reference, read_reference
from bot.slack.verbs import VERBS, Takes, Verb, nearest
from bot.slack.words import Words

_FOR_PROMPTS = frozenset(OPTIONS) - {"why"}

#: What people add to a verb without meaning anything by it.
_FILLERS = {"now", "all", "everything", "it", "please", "me"}
#: Words that point at something without saying at which.
_POINTING = _FILLERS | {"this", "that", "the", "one", "video"}
_END = ".!?。!?"
_ABOUT = {Takes.RUN, Takes.RUN_AND_WORDS, Takes.SCHEDULE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was typed. Without verb, prompt and template the dialog is wanted."""

    verb: Verb | None = None
    #: The run that a verb is about.
    run: Reference | None = None
    #: The schedule, verb or number that a verb is about.
    about: str | None = None
    #: The prompt; behind `remix` what should change.
    prompt: str | None = None
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    provider: str | None = None
    model: str | None = None
    size: str | None = None
    #: `portrait`, `landscape` or `square`, where no size was named.
    shape: str | None = None
    seconds: int | None = None
    #: As texts of targets.
    targets: tuple[str, ...] = ()
    caption: str | None = None
    lang: str | None = None
    why: str | None = None


def parse(text: str, words: Words, schedules: Collection[str] = ()) -> Line:
    """Return what *text* asks for; `RequestError` in *words* where that cannot be known.

    *schedules* are the ids that there are: "fire truck" is a prompt unless there is a `truck`.
    """
    text = clean(text).replace("\t", " ").strip()
    head, options = split(text)
    given = read_options(options, words)
    quoted = unquoted(head)
    if quoted is not None:
        return _prompt(quoted, given, words)
    line = _verb(head, words, schedules)
    if line is None or line.verb is None:
        return _prompt(plain(head), given, words)
    _check_options(line.verb.options, given, words, verb=line.verb.name)
    return replace(line, **given)


def _prompt(prompt: str, given: dict[str, Any], words: Words) -> Line:
    _check_options(_FOR_PROMPTS, given, words, verb="")
    if prompt and given.get("template"):
        raise refusal(words, "line.both")
    return Line(prompt=prompt or None, **given)


def _check_options(
    allowed: Collection[str], given: Mapping[str, Any], words: Words, *, verb: str
) -> None:
    names = {"targets": "to", "variables": "template", "shape": "size"}
    for key in given:
        option = names.get(key, key)
        if option not in allowed:
            where = words("line.of_verb", verb=verb) if verb else words("line.of_prompt")
            raise refusal(words, "line.not_here", option=option, where=where)


# --- verbs -------------------------------------------------------------------------------------


def _verb(head: str, words: Words, schedules: Collection[str]) -> Line | None:
    first, rest = [*head.split(None, 1), "", ""][:2]
    name = first.lower().rstrip(_END)
    verb = VERBS.get(name)
    if verb is None:
        return _slip(name, rest, words, schedules)
    line = _taken(verb, rest, schedules)
    if line is None and _only_points(verb, rest):
        raise refusal(words, "line.whom", verb=verb.name, takes=words(f"takes.{verb.takes}"))
    if line is None and (meant := _meant(verb, rest, schedules)):
        raise refusal(words, "line.meant", typed=head, meant=meant)
    return line


def _slip(name: str, rest: str, words: Words, schedules: Collection[str]) -> Line | None:
    """Refuse a verb with a slip; None where the line looks like no verb."""
    verb = nearest(name) if name else None
    if verb is None or (rest and _taken(verb, rest, schedules) is None):
        return None
    typed = f"{name} {rest}".strip()
    raise refusal(words, "line.meant", typed=typed, meant=f"{verb.name} {rest}".strip())


def _taken(verb: Verb, rest: str, schedules: Collection[str]) -> Line | None:
    """Return the line if *rest* is what *verb* takes."""
    line, word = Line(verb=verb), rest.rstrip(_END)
    if verb.takes is Takes.RUN:
        run = read_reference(rest) or read_reference(word)
        return replace(line, run=run) if run else None
    if verb.takes is Takes.RUN_AND_WORDS:
        first, _, change = rest.partition(" ")
        run = read_reference(first)
        return replace(line, run=run, prompt=plain(change) or None) if run else None
    if verb.takes is not Takes.SCHEDULE and set(word.lower().split()) <= _FILLERS:
        return line
    known: Mapping[Takes, bool] = {
        Takes.SCHEDULE: word in schedules,
        Takes.MAYBE_SCHEDULE: word in schedules,
        Takes.MAYBE_NUMBER: bool(re.fullmatch(r"[0-9]{1,3}", word)),
        Takes.MAYBE_VERB: word.lower() in VERBS,
    }
    return replace(line, about=word.lower()) if known.get(verb.takes) else None


def _only_points(verb: Verb, rest: str) -> bool:
    """Return whether *verb* lacks the thing it is about: "approve", "cancel this video"."""
    said = rest.lower().rstrip(_END).split()
    if verb.takes is Takes.RUN_AND_WORDS:
        said = said[:1]
    return verb.takes in _ABOUT and set(said) <= _POINTING


def _meant(verb: Verb, rest: str, schedules: Collection[str]) -> str | None:
    """Return what a single word behind *verb* was probably meant to be."""
    if " " in rest or not rest:
        return None
    if read_reference(rest):
        return f"show {rest}"  # the others take no run
    known = {
        Takes.RUN: [LAST],
        Takes.RUN_AND_WORDS: [LAST],
        Takes.SCHEDULE: schedules,
        Takes.MAYBE_SCHEDULE: schedules,
        Takes.MAYBE_VERB: VERBS,
    }.get(verb.takes, ())
    near = get_close_matches(rest.lower(), known, 1, cutoff=0.75)
    return f"{verb.name} {near[0]}" if near else None
