"""What the renderer reads out of a prompt."""

import re
from pathlib import Path

import pytest

from bot.studio.renderer.prompt import parse
from bot.studio.renderer.spec import Coat, Light, Mood, Move, Pose, Setting, Subject, Weather
from bot.studio.renderer.vocabulary import GOLDEN, HUES


@pytest.mark.parametrize(
    "prompt, light",
    [
        ("a cat at golden hour", Light.GOLDEN),
        ("a cat at dusk", Light.SUNSET),
        ("misty morning by the lake", Light.DAWN),
        ("a sunny afternoon", Light.DAY),
        ("a cat under the stars", Light.NIGHT),
        ("dark clouds, a thunderstorm", Light.STORM),
        ("a stormy night", Light.NIGHT),
        ("a warm summer night", Light.NIGHT),
        ("a sunny lake", Light.DAY),
    ],
)
def test_the_time_of_day_is_read(prompt, light):
    assert parse(prompt, 1).light is light


@pytest.mark.parametrize(
    "prompt, weather",
    [
        ("a cat in the rain", Weather.RAIN),
        ("it is drizzling? no: a drizzle", Weather.RAIN),
        ("snow falls on a cat", Weather.SNOW),
        ("a thunderstorm over the lake", Weather.RAIN),
        ("no rain today, a cat", Weather.CLEAR),
        ("a cat before snowy mountains", Weather.CLEAR),
        ("a cat by a train", Weather.CLEAR),
        ("a foggy harbour", Weather.FOG),
        ("a windy field", Weather.WIND),
    ],
)
def test_the_weather_is_read(prompt, weather):
    assert parse(prompt, 1).weather is weather


@pytest.mark.parametrize(
    "prompt, move",
    [
        ("slow zoom in on a cat", Move.ZOOM_IN),
        ("zoom out from a cat", Move.ZOOM_OUT),
        ("the camera pans along the shore", Move.PAN),
        ("static shot of a cat", Move.STATIC),
        ("a drifting camera", Move.DRIFT),
        ("the camera tilts down to a cat", Move.TILT),
        ("a tracking shot of a cat", Move.TRACK),
        ("the camera slowly follows a dog", Move.TRACK),
        ("a cat follows a fly with its eyes, static camera", Move.STATIC),
        ("a cat in the drifting snow. Camera: slow zoom in", Move.ZOOM_IN),
    ],
)
def test_the_camera_is_read(prompt, move):
    assert parse(prompt, 1).move is move


@pytest.mark.parametrize(
    "prompt, pose, mood",
    [
        ("a curious cat", Pose.SIT, Mood.CURIOUS),
        ("a sleepy cat", Pose.SLEEP, Mood.SLEEPY),
        ("a playful cat", Pose.PLAY, Mood.PLAYFUL),
        ("a curious cat walking along the shore", Pose.WALK, Mood.CURIOUS),
        ("a cat chases a leaf", Pose.RUN, Mood.CALM),
        ("a cat sleeps by running water", Pose.SLEEP, Mood.CALM),
        ("a cat not sleeping, sitting", Pose.SIT, Mood.CALM),
        ("a cat sits, city, noon", Pose.SIT, Mood.CALM),
    ],
)
def test_a_mood_changes_the_pose_unless_an_action_is_named(prompt, pose, mood):
    spec = parse(prompt, 1)
    assert (spec.pose, spec.mood) == (pose, mood)


@pytest.mark.parametrize(
    "prompt, coat, boat, hues",
    [
        ("a black cat and a red boat, noon", Coat.BLACK, HUES["red"], ()),
        ("a small, fluffy white cat by teal water", Coat.WHITE, None, (HUES["teal"],)),
        ("an orange tabby cat", Coat.GINGER, None, ()),
        ("the cat is grey. the sky is pink", Coat.GREY, None, (HUES["pink"],)),
        (
            "a tuxedo cat in a teal, sand and rust palette",
            Coat.TUXEDO,
            None,
            (HUES["teal"], HUES["sand"], HUES["rust"]),
        ),
        ("a ginger cat, in lavender and mint", Coat.GINGER, None, (HUES["lavender"], HUES["mint"])),
        ("a siamese cat with a red umbrella", Coat.SIAMESE, None, ()),
        ("a golden cat and a gold boat at night", Coat.GINGER, HUES["gold"], ()),
    ],
)
def test_a_colour_belongs_to_the_noun_it_precedes(prompt, coat, boat, hues):
    spec = parse(prompt, 1)
    assert spec.coat is coat
    assert spec.hues == hues
    if boat is not None:
        assert spec.role(Subject.BOAT).hue == boat


@pytest.mark.parametrize("word, other", [("golden", "gold"), ("steal", "teal"), ("train", "rain")])
def test_words_are_matched_whole(word, other):
    spec = parse(f"{word} hour", 1)
    assert HUES.get(other) not in spec.hues
    assert spec.weather is Weather.CLEAR


def test_golden_is_an_hour_but_a_golden_cat_is_a_cat():
    assert parse("golden hour", 1).light is Light.GOLDEN
    lights = {parse("a golden cat", seed).light for seed in range(12)}
    assert lights != {Light.GOLDEN}


def test_without_a_boat_there_is_none():
    assert all(
        parse("a cat by the lake, no boat", seed).role(Subject.BOAT) is None for seed in range(12)
    )


def test_snowy_hills_are_white_without_snowfall():
    spec = parse("a cat before snowy mountains", 1)
    assert spec.snowy_hills
    assert spec.weather is Weather.CLEAR


def test_what_the_prompt_leaves_open_differs_from_seed_to_seed():
    specs = [parse("a cat", seed) for seed in range(40)]
    assert len({spec.light for spec in specs}) >= 4
    assert len({spec.coat for spec in specs}) >= 5
    assert len({spec.pose for spec in specs}) >= 3
    assert {spec.setting for spec in specs} == set(Setting) - {Setting.SPACE}
    assert {spec.role(Subject.BOAT) is None for spec in specs} == {True, False}


@pytest.mark.parametrize(
    "prompt, setting",
    [
        ("a cat by the lake", Setting.WATER),
        ("a cat before snowy mountains", Setting.MOUNTAINS),
        ("neon lights downtown", Setting.CITY),
        ("a cat among wildflowers", Setting.MEADOW),
        ("a kitten on Mars", Setting.SPACE),
        ("a cat on the moon", Setting.SPACE),
        ("a cat under the moon by the sea", Setting.WATER),
        ("a coffee cup on a windowsill", Setting.INTERIOR),
        ("from a cosy room, a view of the sea", Setting.INTERIOR),
        ("a city by the sea", Setting.CITY),
        ("a boat", Setting.WATER),
    ],
)
def test_the_setting_is_read(prompt, setting):
    assert {parse(prompt, seed).setting for seed in range(4)} == {setting}


@pytest.mark.parametrize(
    "prompt, cast",
    [
        ("a cat and a red balloon", [(Subject.CAT, None), (Subject.BALLOON, HUES["red"])]),
        ("a red kite over a teal lake, no boat", [(Subject.KITE, HUES["red"])]),
        ("a golden retriever at night", [(Subject.DOG, GOLDEN)]),
        ("a white coffee cup", [(Subject.CUP, HUES["white"])]),
        ("puppies and birds", [(Subject.DOG, None), (Subject.BIRD, None)]),
        ("a purple monster in space", [(Subject.MONSTER, HUES["purple"])]),
        ("a teal cat", [(Subject.CAT, HUES["teal"])]),
        ("teal water, a boat", [(Subject.BOAT, None)]),
        ("a meadow without a cat, a dog", [(Subject.DOG, None)]),
    ],
)
def test_the_cast_is_read_with_its_colours(prompt, cast):
    assert [(role.subject, role.hue) for role in parse(prompt, 1).cast] == cast


def test_a_kites_colour_is_not_the_lakes():
    assert parse("a red kite over a teal lake", 1).hues == (HUES["teal"],)


def test_teal_is_not_tea():
    assert parse("a cat, teal", 1).role(Subject.CUP) is None


@pytest.mark.parametrize(
    "change, field, value",
    [
        ("make it night", "light", Light.NIGHT),
        ("let it snow", "weather", Weather.SNOW),
        ("in teal", "hues", (HUES["teal"],)),
        ("now a city", "setting", Setting.CITY),
        ("zoom out", "move", Move.ZOOM_OUT),
        ("the cat sleeps", "pose", Pose.SLEEP),
    ],
)
def test_a_change_decides_what_it_names_and_nothing_else(change, field, value):
    prompt = "a black cat walks by the lake, no boat"
    before, after = parse(prompt, 5), parse(prompt, 5, (change,))
    assert getattr(after, field) == value
    allowed = {field, "snowy_hills"} if field == "weather" else {field}
    different = {name for name in before.__slots__ if getattr(before, name) != getattr(after, name)}
    assert different <= allowed


@pytest.mark.parametrize(
    "changes, cast",
    [
        (("make the cat purple",), [(Subject.CAT, HUES["purple"])]),
        (("make the cat purple", "a black cat"), [(Subject.CAT, None)]),
        (("add a red balloon",), [(Subject.CAT, None), (Subject.BALLOON, HUES["red"])]),
        (("a dog instead",), [(Subject.DOG, None)]),
        (("add a kite", "no kite"), [(Subject.CAT, None)]),
        (("add a kite", "make the kite blue"), [(Subject.CAT, None), (Subject.KITE, HUES["blue"])]),
    ],
)
def test_changes_dress_add_replace_and_remove(changes, cast):
    spec = parse("a cat in a meadow", 1, changes)
    assert [(role.subject, role.hue) for role in spec.cast] == cast


def test_the_newest_of_several_changes_wins():
    assert parse("a cat at noon", 1, ("at night", "at dawn")).light is Light.DAWN
    assert parse("a cat in the rain", 1, ("no rain",)).weather is Weather.CLEAR


def test_no_picture_is_crowded():
    everyone = " and ".join(f"a {subject}" for subject in Subject)
    assert len(parse(everyone, 1).cast) == 5


def test_the_same_prompt_and_seed_give_the_same_scene():
    assert parse("a cat by the sea", 5) == parse("a cat by the sea", 5)


@pytest.mark.parametrize("prompt", ["", "   ", "日本の猫", "12345 !!!", "a lighthouse on Mars"])
def test_any_prompt_gives_a_scene(prompt):
    assert parse(prompt, 0).pose in Pose


def _documented():
    """The rows of the table in the documentation, as (what is drawn, a word for it)."""
    page = Path(__file__).parents[3] / "docs" / "studio-scenes.md"
    rows = re.findall(r"^\| (\w+) \| (.+) \|$", page.read_text(), re.MULTILINE)
    return [(name, word) for name, words in rows for word in re.findall(r"`(\w+)`", words)]


@pytest.mark.parametrize("name, word", _documented())
def test_every_word_in_the_documentation_is_understood(name, word):
    spec = parse(f"a {word}", 1)
    decided = {spec.setting, spec.light, spec.weather, spec.move}
    assert name in decided | {role.subject for role in spec.cast}
    others = {parse(f"a {word}", seed) for seed in range(12)}
    for kind in ("setting", "light", "weather", "move"):
        if name == getattr(spec, kind):
            assert {getattr(other, kind) for other in others} == {name}


def test_the_documentation_names_everything_that_is_drawn():
    named = {name for name, _ in _documented()}
    drawn = {*Setting, *Subject, *Light, *Weather, *Move} - {Move.DRIFT}
    assert named == drawn
