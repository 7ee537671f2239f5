"""Captions are counted as their network counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.caption import caption_length


@pytest.mark.parametrize(
    "text,length",
    [
        ("", 0),
        ("A cat.", 6),
        ("café", 4),
        ("cafe\u0301", 4),  # composed before it is counted
        ("猫", 2),
        ("ねこが波に乗る", 14),
        ("고양이", 6),
        ("“quotes” – and a dash…", 23),  # the dots are no Latin
        ("🐱", 2),
        ("👩‍👩‍👧‍👦", 2),
        ("👍🏽", 2),
        ("🇯🇵", 2),
        ("1️⃣", 2),
        ("☀️", 2),
        ("https://example.com/a/very/long/address?with=everything", 23),
        ("see https://a.io now", 4 + 23 + 4),
        ("مرحبا", 5),
        ("see cats.com now", 4 + 23 + 4),  # an address without https://
        ("ねこcats.jp/naps。", 4 + 23 + 2),
        ("me@cats.com", 11),  # and none
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 2),
        ("🧑🏽‍🚀", 2),
        ("❤️‍🔥", 2),
        ("#️⃣", 2),
        ("©", 1),
        ("©️", 2),
        ("\u2026", 2),
        ("\u200b", 1),
        ("\u202a", 2),
    ],
)
def test_x_counts_weights(text, length):
    assert caption_length("x", text) == length


def test_slack_counts_characters():
    assert caption_length("slack", "猫 https://example.com/long") == len(
        "猫 https://example.com/long"
    )


@given(st.text(max_size=300))
def test_no_text_weighs_less_than_nothing_or_more_than_twice_itself_and_its_addresses(text):
    assert 0 <= caption_length("x", text) <= 2 * len(text) + 23 * text.count(".")
