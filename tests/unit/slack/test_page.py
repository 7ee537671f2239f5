"""The page about Slack says what the room knows."""

import re
from pathlib import Path

from bot.slack.line import parse
from bot.slack.lists import usage
from bot.slack.options import OPTIONS
from bot.slack.verbs import VERBS
from bot.slack.words import words

PAGE = (Path(__file__).parents[3] / "docs" / "slack.md").read_text(encoding="utf-8")
EN = words("en")


def test_every_verb_has_its_row_in_the_order_of_the_help():
    written = re.findall(r"^\| `(/video [^`]*)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert written == [
        (usage(verb, EN, "/video"), EN(f"verb.{verb.name}")) for verb in VERBS.values()
    ]


def test_every_option_is_told_of():
    assert set(re.findall(r"`--([a-z]+)", PAGE)) == set(OPTIONS) - {"why"}


def test_the_examples_are_understood():
    (examples,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    lines = [parse(line.removeprefix("/video"), EN) for line in examples.splitlines()]
    assert [line.prompt for line in lines] == ["a cat surfing", "a cat surfing", None, None]
    assert lines[2].template == "cute_cat"
