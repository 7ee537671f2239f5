"""Characters: who a name stands for, and that it shows."""

from contextlib import closing

import numpy as np
import pytest

from bot.studio.renderer import Act, Character, Shot
from bot.studio.renderer.character import introduce, lead
from bot.studio.renderer.film import Film
from bot.studio.renderer.script import Script
from bot.studio.renderer.story import story

MOCHI = Character(name="Mochi", coat="#3aa0e0", accent="#e02020")
SIR = Character(name="Sir Fluff", coat="#20c040", accent="#ffffff")


def frame(prompt, *characters):
    shot = Shot(
        prompt=prompt, seed=2, width=192, height=128, acts=(Act(seconds=1),), characters=characters
    )
    with closing(story(shot)) as told, closing(Film(shot, told, "thorvg")) as film:
        return next(film.frames()).astype(int).copy()


@pytest.mark.parametrize(
    "texts, read",
    [
        (("Mochi surfs",), ("cat surfs",)),
        (("mochi's boat", "MOCHI, asleep"), ("cat's boat", "cat, asleep")),
        (("Sir  Fluff and Mochi",), ("cat and cat",)),
        (("Mochia and Sir Fluffy",), ("Mochia and Sir Fluffy",)),
        (("a kitten named Mochi", "Mochi sleeps"), ("a kitten named ", " sleeps")),
        (("Mochi walks", "make Mochi a kitten"), ("cat walks", "make  a kitten")),
    ],
)
def test_a_name_is_a_cat_until_the_words_say_otherwise(texts, read):
    assert introduce(texts, [MOCHI, SIR]) == read


def test_without_characters_texts_stand_as_they_are():
    assert introduce(("Mochi  surfs",), []) == ("Mochi  surfs",)


def test_the_one_named_first_is_whom_a_clip_is_about():
    assert lead(("Sir Fluff meets Mochi",), [MOCHI, SIR]) is SIR
    assert lead(("a lake", "and Sir Fluff"), [MOCHI, SIR]) is SIR
    assert lead(("a lake",), [MOCHI, SIR]) is MOCHI
    assert lead(("Mochi",), []) is None


def test_a_character_wears_its_colours():
    prompt = "Mochi sits by the lake at noon, static"
    plain, dressed = frame("cat sits by the lake at noon, static"), frame(prompt, MOCHI)
    blue, red = np.array([0xE0, 0xA0, 0x3A]), np.array([0x20, 0x20, 0xE0])

    def painted(pixels, colour):
        return (np.abs(pixels[..., :3] - colour).max(axis=2) < 24).mean()

    assert painted(dressed, blue) > painted(plain, blue) + 0.01
    assert painted(dressed, red) > painted(plain, red)


@pytest.mark.parametrize(
    "prompt, hero",
    [
        ("a boat, and Mochi watches it", "cat"),
        ("Mochi the dog by the lake", "dog"),
        ("a red balloon in the city", "balloon"),
    ],
)
def test_a_character_is_the_first_living_being(prompt, hero):
    shot = Shot(
        prompt=prompt, seed=2, width=64, height=64, acts=(Act(seconds=1),), characters=(MOCHI,)
    )
    spec = Script(shot).spec(0)
    assert spec.hero.subject == hero
    assert spec.accent(spec.hero.subject) == MOCHI.accent
    others = [role.subject for role in spec.cast if role is not spec.hero]
    assert all(spec.accent(other) is None for other in others)


def test_what_a_character_is_does_not_change_who_is_about():
    shot = Shot(
        prompt="Mochi walks",
        seed=2,
        width=192,
        height=128,
        acts=(Act(seconds=1), Act(seconds=1, changes=("at night",))),
        characters=(MOCHI,),
    )
    assert [Script(shot).spec(index).guise for index in (0, 1)] == [("#3aa0e0", "#e02020")] * 2


@pytest.mark.parametrize("name", ["a(b", "C++", ".*"])
def test_a_name_is_no_pattern(name):
    odd = Character(name=name, coat="#000000", accent="#ffffff")
    assert introduce((f"{name} waits",), [odd]) == ("cat waits",)
    assert introduce(("ab waits",), [odd]) == ("ab waits",)
