"""How a script grows, and that nothing of it is lost on the way to the renderer."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.studio.script import Act, Look, Script

SCRIPT = Script(prompt="a cat", seed=7, width=720, height=1280, acts=(Act(seconds=4),))

texts = st.text(st.characters(exclude_categories=["Cs"]))
acts = st.builds(Act, seconds=st.integers(1, 60), changes=st.lists(texts).map(tuple))
looks = st.builds(Look, name=texts, coat=st.just("#d98e4a"), accent=st.just("#3366aa"))
scripts = st.builds(
    Script,
    prompt=texts,
    seed=st.integers(0, 2**32 - 1),
    width=st.just(720),
    height=st.just(1280),
    acts=st.lists(acts, min_size=1).map(tuple),
    characters=st.lists(looks, max_size=2).map(tuple),
    reference=st.none() | st.just("video_a"),
    footage=st.none() | st.just("video_b"),
)


@given(scripts)
def test_json_keeps_all_of_it(script: Script) -> None:
    assert Script.from_json(script.to_json()) == script


def test_a_change_is_said_to_every_act_and_the_first_prompt_stays() -> None:
    script = SCRIPT.extended("it snows", 8).changed("at night")
    assert script.prompt == "a cat"
    assert script.seed == 7
    assert script.acts == (
        Act(seconds=4, changes=("at night",)),
        Act(seconds=8, changes=("it snows", "at night")),
    )


def test_an_extension_leaves_the_acts_before_it_alone() -> None:
    script = SCRIPT.changed("at night").extended("it snows", 8)
    assert script.acts == (
        Act(seconds=4, changes=("at night",)),
        Act(seconds=8, changes=("at night", "it snows")),
    )
    assert script.seconds == 12


def test_its_words_are_counted() -> None:
    assert SCRIPT.changed("at night").extended("in snow", 8).chars == len("a cat") + 8 + 8 + 7


def test_an_order_names_files_by_their_paths() -> None:
    script = Script(
        prompt="a cat",
        seed=7,
        width=720,
        height=1280,
        acts=(Act(seconds=4, changes=("at night",)),),
        characters=(Look(name="Mog", coat="#d98e4a", accent="#3366aa"),),
        footage="video_a",
    )
    assert script.source == "video_a"
    assert script.order(lambda source: Path("sources") / source) == {
        "prompt": "a cat",
        "seed": 7,
        "width": 720,
        "height": 1280,
        "acts": ({"seconds": 4, "changes": ("at night",)},),
        "characters": ({"name": "Mog", "coat": "#d98e4a", "accent": "#3366aa"},),
        "reference": None,
        "footage": str(Path("sources") / "video_a"),
    }
