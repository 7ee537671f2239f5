"""X's own cases: the published conformance suite of twitter-text, version 3.

The cases are no part of the repository; the tests look for them (`conformance/validate.yml` and
`extract.yml` of github.com/twitter/twitter-text) beside the checkout, in
`../shared/data/twitter-text` or in `data/twitter-text` of the folder that REELBOT_SHARED names, and
skip where they are not.
"""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.domain.account import Account
from bot.domain.caption import LONGEST, caption_length
from bot.domain.entity import Kind, entities
from bot.domain.link import links
from bot.domain.post import Words
from bot.domain.wording import word_for_x
from bot.errors import PostRejected

ROOT = Path(__file__).parents[2]


def _shared() -> list[Path]:
    named = os.environ.get("REELBOT_SHARED")
    return [Path(named)] if named else [parent / "shared" for parent in ROOT.parents]


@cache
def cases(file: str, group: str) -> Sequence[Mapping[str, Any]]:
    for folder in _shared():
        path = folder / "data/twitter-text" / file
        if path.exists():
            found: Sequence[Mapping[str, Any]] = YAML(typ="safe").load(path)["tests"][group]
            assert found
            return found
    pytest.skip(f"{file} is not in ../shared/data/twitter-text")


def is_taken(text: str) -> bool:
    try:
        word_for_x(Words(caption=text), Account(handle="@reelbot"))
    except PostRejected:
        return False
    return True


def of_kind(text: str, kind: Kind) -> list[str]:
    return [each.text[1:] for each in entities(text) if each.kind is kind]


@pytest.mark.parametrize(
    "group", ["WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"]
)
def test_captions_are_counted_as_x_counts_them(group: str) -> None:
    for case in cases("validate.yml", group):
        length, told = caption_length("x", case["text"]), case["description"]
        assert length == case["expected"]["weightedLength"], told
        assert length * 1000 // LONGEST["x"] == case["expected"]["permillage"], told
        assert is_taken(case["text"]) == case["expected"]["valid"], told


def test_captions_without_joined_emoji_have_always_been_counted_so() -> None:
    # This group is of version 2, which counted the parts of an emoji; 3 differs in nothing else.
    for case in cases("validate.yml", "WeightedTweetsCounterTest"):
        if "\u200d" not in case["text"] or "General Punctuation" in case["description"]:
            length = caption_length("x", case["text"])
            assert length == case["expected"]["weightedLength"], case["description"]


@pytest.mark.parametrize("group", ["urls", "tco_urls_with_params"])
def test_addresses_are_found_where_x_finds_them(group: str) -> None:
    for case in cases("extract.yml", group):
        text = case["text"]
        found = [text[span.start : span.end] for span in links(text)]
        assert found == case["expected"], case["description"]


@pytest.mark.parametrize("group", ["urls_with_indices", "urls_with_directional_markers"])
def test_addresses_stand_where_x_finds_them(group: str) -> None:
    for case in cases("extract.yml", group):
        expected = [tuple(each["indices"]) for each in case["expected"]]
        assert list(links(case["text"])) == expected, case["description"]


@pytest.mark.parametrize("kind", [Kind.MENTION, Kind.CASHTAG])
def test_mentions_and_cashtags_are_found_where_x_finds_them(kind: Kind) -> None:
    for case in cases("extract.yml", f"{kind}s"):
        assert of_kind(case["text"], kind) == case["expected"], case["description"]


@pytest.mark.parametrize("kind", [Kind.MENTION, Kind.CASHTAG])
def test_mentions_and_cashtags_stand_where_x_finds_them(kind: Kind) -> None:
    for case in cases("extract.yml", f"{kind}s_with_indices"):
        found = [(each.start, each.end) for each in entities(case["text"]) if each.kind is kind]
        assert found == [tuple(each["indices"]) for each in case["expected"]], case["description"]


def test_a_mention_of_a_list_is_one() -> None:
    for case in cases("extract.yml", "mentions_or_lists_with_indices"):
        expected = [each["screen_name"] + each["list_slug"] for each in case["expected"]]
        assert of_kind(case["text"], Kind.MENTION) == expected, case["description"]
