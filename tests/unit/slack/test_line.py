"""What people type is understood, or refused in one sentence; a slip never makes a video."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RequestError
from bot.slack.line import Line, parse
from bot.slack.reference import Reference
from bot.slack.verbs import VERBS
from bot.slack.words import words

EN = words("en")
SCHEDULES = ["cat-hourly", "city-daily"]
LAST = Reference()


def understood(text: str) -> Line:
    return parse(text, EN, SCHEDULES)


def verb(name: str, **values: object) -> Line:
    return Line(verb=VERBS[name], **values)


def prompt(text: str, **values: object) -> Line:
    return Line(prompt=text, **values)


@pytest.mark.parametrize(
    "text,line",
    [
        # a verb alone, however a phone writes it
        ("stop", verb("stop")),
        ("Stop!", verb("stop")),
        ("STOP", verb("stop")),
        ("stop everything now", verb("stop")),
        ("stop --why “wrong account”", verb("stop", why="wrong account")),
        ("start", verb("start")),
        ("help", verb("help")),
        ("help me please", verb("help")),
        ("help remix", verb("help", about="remix")),
        ("status", verb("status")),
        ("list", verb("list")),
        ("list 5", verb("list", about="5")),
        ("next", verb("next")),
        ("next cat-hourly", verb("next", about="cat-hourly")),
        # a verb with what it takes
        ("approve last", verb("approve", run=LAST)),
        ("show 1127-5be0", verb("show", run=Reference(part="1127-5be0"))),
        ("Show last!", verb("show", run=LAST)),
        ("fire cat-hourly", verb("fire", about="cat-hourly")),
        ("pause city-daily", verb("pause", about="city-daily")),
        ("remix last", verb("remix", run=LAST)),
        ("remix last make it night", verb("remix", run=LAST, prompt="make it night")),
        (
            'remix last at night --caption "Night."',
            verb("remix", run=LAST, prompt="at night", caption="Night."),
        ),
        (
            "undo https://aicu.slack.com/archives/C0CATS/p1764201600123456",
            verb("undo", run=Reference(place="C0CATS", message="1764201600.123456")),
        ),
        # a verb with what it cannot take is a prompt
        ("stop the car at sunset", prompt("stop the car at sunset")),
        ("start of a long journey", prompt("start of a long journey")),
        ("show cats", prompt("show cats")),
        ("fire truck", prompt("fire truck")),
        ("next week on mars", prompt("next week on mars")),
        ("cancel culture", prompt("cancel culture")),
        ("help a turtle cross the road", prompt("help a turtle cross the road")),
        ("list of wonders", prompt("list of wonders")),
        ("remix of a famous scene", prompt("remix of a famous scene")),
        # quotes make a prompt of anything
        ('"stop"', prompt("stop")),
        ("“approve last”", prompt("approve last")),
        ("「停止」", prompt("停止")),
        ('"a cat --with a hat" --seconds 4', prompt("a cat --with a hat", seconds=4)),
        ('"Hello" says the cat', prompt('"Hello" says the cat')),
        # prompts and options
        ("a cat surfing", prompt("a cat surfing")),
        ("猫が波に乗る", prompt("猫が波に乗る")),
        ("a cat — sleepy – warm", prompt("a cat — sleepy – warm")),
        ("a well--known cat", prompt("a well--known cat")),
        ("cats &amp; dogs &lt;3", prompt("cats & dogs <3")),
        ("a cat --seconds 8", prompt("a cat", seconds=8)),
        ("a cat —seconds 8s", prompt("a cat", seconds=8)),
        ("a cat --seconds=8 --size 1280×720", prompt("a cat", seconds=8, size="1280x720")),
        ("a cat --portrait", prompt("a cat", shape="portrait")),
        ("a cat --to #cats", prompt("a cat", targets=("slack:#cats",))),
        ("a cat --to <#C0123ABCDE|cats>", prompt("a cat", targets=("slack:C0123ABCDE",))),
        (
            "a cat --to #cats,@reelbot --to x:@other",
            prompt("a cat", targets=("slack:#cats", "x:@reelbot", "x:@other")),
        ),
        ('a cat --caption="A --portrait cat."', prompt("a cat", caption="A --portrait cat.")),
        (
            "a cat --caption A quiet cat. --lang en",
            prompt("a cat", caption="A quiet cat.", lang="en"),
        ),
        ('a cat --caption "Mixed”', prompt("a cat", caption="Mixed")),
        (
            "a cat surfing --seconds 8 --portrait --to #chan --caption “A cat.”",
            prompt(
                "a cat surfing",
                seconds=8,
                shape="portrait",
                targets=("slack:#chan",),
                caption="A cat.",
            ),
        ),
        (
            '--template cute_cat mood=sleepy coat="dark gray" --seconds 4',
            Line(template="cute_cat", variables={"mood": "sleepy", "coat": "dark gray"}, seconds=4),
        ),
        ("--model wan-2.2 --provider gateway a=b", None),
        # nothing at all, or only a shape: the dialog is wanted
        ("", Line()),
        ("  \n ", Line()),
        ("--seconds 4", Line(seconds=4)),
    ],
)
def test_lines(text, line):
    if line is None:
        with pytest.raises(RequestError):
            understood(text)
    else:
        assert understood(text) == line


@pytest.mark.parametrize(
    "text,what,hint",
    [
        ("aprove last", "aprove last", "`approve last`"),
        ("stauts", "stauts", "`status`"),
        ("stopp", "stopp", "`stop`"),
        ("shwo 1127-5be0", "shwo 1127-5be0", "`show 1127-5be0`"),
        ("approve lst", "approve lst", "`approve last`"),
        ("fire cat-hourli", "fire cat-hourli", "`fire cat-hourly`"),
        ("help remx", "help remx", "`help remix`"),
        ("status last", "status last", "`show last`"),
        ("approve", "which one", "`approve last`"),
        ("fire", "which one", "`fire cat-hourly`"),
        ("approve it", "which one", "`approve last`"),
        ("Cancel this video!", "which one", "`cancel last`"),
        ("retry now please", "which one", "`retry last`"),
        ("remix this with more snow", "which one", "`remix last make it night`"),
        ("a cat --secnods 8", "--secnods", "--seconds"),
        ("a cat --sparkling", "--sparkling", "quotes"),
        ("a cat --seconds", "--seconds needs", "right behind"),
        ("a cat --seconds eight", "“eight”", "--seconds 8"),
        ("a cat --seconds 0", "“0”", "--seconds 8"),
        ("a cat --size big", "“big”", "1280x720"),
        ("a cat --to nowhere", "“nowhere”", "#channel"),
        ("a cat --seconds 8 more words", "“more”", "before the options"),
        ("a cat mood=sleepy --portrait mood=sleepy", "“mood=sleepy”", "before the options"),
        ("a cat --template cute_cat", "cannot be used together", "Leave one"),
        ("approve last --seconds 8", "`approve` takes no --seconds", "Leave it out"),
        ("a cat --why “because”", "takes no --why", "Leave it out"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence_with_a_way_out(text, what, hint):
    with pytest.raises(RequestError) as refused:
        understood(text)
    assert what in str(refused.value)
    assert hint in (refused.value.hint or "")


def test_refusals_are_said_in_the_language_of_the_room():
    with pytest.raises(RequestError, match="解釈できません"):
        parse("aprove last", words("ja"))


def test_control_characters_are_dropped_and_a_very_long_prompt_is_taken_whole():
    assert understood("a \x00cat\x1b[31m \u202eflip").prompt == "a cat[31m flip"
    long = "猫 " * 19_999 + "猫"
    assert understood(f"{long} --seconds 8") == prompt(long, seconds=8)


@given(st.text(max_size=200))
def test_any_text_is_understood_or_refused(text):
    with suppress(RequestError):
        line = understood(text)
        assert line.prompt is None or line.prompt.strip()


@given(st.sampled_from(sorted(VERBS)), st.text(max_size=60))
def test_words_in_quotes_are_always_a_prompt(name, text):
    line = f"{name} {text}".replace('"', "").replace("”", "").replace("“", "").strip()
    assert understood(f'"{line}"').verb is None
