"""A caption that is too long is cut where a reader would pause, and nothing is cut in two."""

from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.caption import caption_length
from bot.domain.cut import cut
from bot.domain.entity import entities
from bot.domain.grapheme import graphemes

#: What is easily cut in two.
PIECES = st.sampled_from(
    [
        *(
            "A cat ",
            "naps",
            " ",
            "\n",
            ", ",
            "。",
            "、",
            "ねこ",
            "が\u3099",
            "한국",
            "é",
            "e\u0301",
        ),
        *("👩‍👩‍👧‍👦", "👍🏽", "🇯🇵", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "क्षि", "กำ"),
        *("https://cats.example.com/naps?deep=1", "cats.community", "@the_cat", "$CATS", "#naps"),
    ]
)
TEXTS = st.lists(PIECES, max_size=80).map("".join)


@pytest.mark.parametrize(
    "text,most,short",
    [
        ("A cat naps.", 11, "A cat naps."),
        ("A cat naps in the sun.", 13, "A cat naps…"),
        ("A cat naps, then eats.", 14, "A cat naps…"),
        ("ねこが寝る。犬が走る。", 20, "ねこが寝る。…"),
        ("ねこが寝るのは日向です", 14, "ねこが寝るの…"),
        ("See https://cats.example.com/naps", 10, "See…"),
        ("Hello @the_cat", 10, "Hello…"),
        ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 5, "👩‍👩‍👧‍👦…"),
        ("日本cats.combination", 14, "日本cats.c…"),  # and not cats.com or cats.co
        ("n" * 25 + ".combination", 31, "n" * 25 + ".c…"),
        ("Hi @catì and all", 9, "Hi @…"),  # and nobody who was not meant
        ("https://cats.example.com/naps", 10, ""),
        ("", 0, ""),
    ],
)
def test_where_it_is_cut(text, most, short):
    assert cut(text, most) == short


@given(TEXTS, st.integers(min_value=0, max_value=120))
def test_a_cut_text_is_never_too_long(text, most):
    assert caption_length("x", cut(text, most)) <= most


@example("https://cats.com?deep=1e\u0301 A cat", 25)  # whose address ends within a grapheme
@given(TEXTS, st.integers(min_value=0, max_value=120))
def test_a_cut_text_is_a_beginning_of_whole_graphemes_and_entities(text, most):
    short = cut(text, most)
    kept = short.removesuffix("…")
    if short in {"", text}:
        return
    assert text.startswith(kept)
    whole = {0, *accumulate(len(each) for each in graphemes(text))}
    assert len(kept) in whole
    assert [each for each in entities(text) if each.start < len(kept)] == list(entities(short))


@given(st.lists(st.sampled_from(["nap", "a", "kitten", "it's"]), min_size=40).map(" ".join))
def test_words_stay_whole(text):
    kept = cut(text, 60).removesuffix("…")
    assert text == kept or text.startswith(f"{kept} ")
