"""What the studio refuses to draw, and what it must not."""

import pytest

from bot.studio.moderation import WORDS, blocked


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_found_in_a_sentence(word: str) -> None:
    assert blocked(f"A cat ({word.upper()}), at dusk.")


@pytest.mark.parametrize(
    "prompt",
    ["Mickey\n  Mouse on a boat", "ｇｏｒｅ", "self-harm", "gore!"],
    ids=["spaces", "wide letters", "hyphen", "mark"],
)
def test_spelling_hides_nothing(prompt: str) -> None:
    assert blocked(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "an assassin bug on a leaf",
        "a grape, a rapeseed field and a gorge in Scunthorpe",
        "a naked mole rat shoots a film",
        "a mouse called Mickey",
        "category: gored",
        "a killer whale",
    ],
)
def test_innocent_words_pass(prompt: str) -> None:
    assert not blocked(prompt)
