"""What people take for one character stays one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.grapheme import graphemes


@pytest.mark.parametrize(
    "text,number",
    [
        ("cat", 3),
        ("e\u0301", 1),
        ("か\u3099", 1),
        ("ｶﾞ", 1),
        ("\u1112\u1161\u11ab\u1100", 2),
        ("क्षि", 1),
        ("क्\u200dष", 1),
        ("กำ", 1),
        ("\u06dd5", 1),
        ("\r\n", 1),
        ("\n\u0301", 2),
        ("👩‍👩‍👧‍👦", 1),
        ("👍🏽👍", 2),
        ("🇯🇵🇫🇷", 2),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 1),
        ("1️⃣", 1),
        ("❤️‍🔥", 1),
        ("©️", 1),
    ],
)
def test_graphemes(text, number):
    assert len(list(graphemes(text))) == number


@given(st.text(max_size=100))
def test_nothing_is_lost(text):
    assert "".join(graphemes(text)) == text
