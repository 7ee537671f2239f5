"""Mentions, cashtags and hashtags are found where X finds them."""

import pytest

from bot.domain.entity import Kind, entities


def found(text, kind):
    return [each.text for each in entities(text) if each.kind is kind]


@pytest.mark.parametrize(
    "text,mentions",
    [
        ("@cat", ["@cat"]),
        ("＠cat", ["＠cat"]),
        ("Thanks, @the_cat1! (@dog)", ["@the_cat1", "@dog"]),
        ("ねこ@catです", ["@cat"]),
        ("RT@cat", ["@cat"]),
        ("@cat/naps", ["@cat/naps"]),
        ("me@cat.com and me@cat", []),
        ("@cat@dog.com", []),
        ("@@cat", []),
        ("@catì", []),
        ("@http://cat.com", []),
        ("https://cat.com/@cat", []),
        ("@ cat", []),
    ],
)
def test_mentions(text, mentions):
    assert found(text, Kind.MENTION) == mentions


@pytest.mark.parametrize(
    "text,cashtags",
    [
        ("$CATS up", ["$CATS"]),
        ("$cats, $BRK.A.", ["$cats", "$BRK.A"]),
        ("It costs $5 or US$CATS", []),
        ("$TOOLONGS", []),
        ("$猫", []),
        ("$CATSです", []),
    ],
)
def test_cashtags(text, cashtags):
    assert found(text, Kind.CASHTAG) == cashtags


def test_hashtags():
    assert found("#cats and ＃ねこ, not &#39; or a#b", Kind.HASHTAG) == ["#cats", "＃ねこ"]


def test_they_come_in_their_order_and_never_within_one_another():
    text = "#nap with @cat at https://cat.com/@dog/#nap for $CATS"
    assert [each.text for each in entities(text)] == [
        "#nap",
        "@cat",
        "https://cat.com/@dog/#nap",
        "$CATS",
    ]
    assert all(text[each.start : each.end] == each.text for each in entities(text))
