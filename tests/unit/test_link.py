"""Addresses are found where X finds them: they cost more there, and are no template's to give."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.link import has_link, links


def found(text):
    return [text[span.start : span.end] for span in links(text)]


@pytest.mark.parametrize(
    "text",
    [
        "https://cats.example.com",
        "HTTP://Cats.COM/Nap",
        "http://cats.com:8080/nap?deep=1&long#end",
        "http://cats.com/nap_(film)",
        "http://cats.com/a_((b))",
        "http://猫.com/nap",
        "http://cats.みんな/",
        "http://sub_domain.cats.com",
        "http://xn--ls8h.la",
        "http://cats.com/кот",
        "cats.com",
        "cats.co.jp",
        "cats.jp/nap",
        "Cats.Photography",
        "naïve.com",
        "the-cats.club?nap=1",
        "https://t.co/aBc123?amp=1",
    ],
)
def test_an_address_is_one_alone_and_within_a_text(text):
    assert found(text) == [text]
    assert found(f"See {text} now") == [text]
    assert found(f"({text})…") == [text]


@pytest.mark.parametrize(
    "text",
    [
        "One cat. Another cat.",
        "http://cats",
        "cats.tar.bz2",
        "me@cats.com",
        "first.last@cats.com",
        "#cats.com",
        "@cats.com",
        "$cats.com",
        "https://-cats.com",
        "https://cats-.com",
        "https://the_cats.com",
        "https://cats.com-and-a-dog",
        "ftp://cats.com",
        "xhttp://cats.com",
        "..cats.com",
        f"{'a' * 64}.com",
        f"http://{'あ' * 64}.com",
        f"https://t.co/{'a' * 41}",
        "http://xn--ねこ.com",
        "1.5 of 2.50",
    ],
)
def test_what_only_looks_like_an_address_is_none(text):
    assert found(text) == []


@pytest.mark.parametrize(
    "text,addresses",
    [
        ("ねこcats.comと犬dogs.jp/naps。", ["cats.com", "dogs.jp/naps"]),
        ("http://cats.comとても", ["http://cats.com"]),
        ("http://cats.com/とても", ["http://cats.com/"]),
        ("cats.com, dogs.com!", ["cats.com", "dogs.com"]),
        ("https://cats.com/nap.", ["https://cats.com/nap"]),
        ("https://cats.com/nap...", ["https://cats.com/nap"]),
        ("https://t.co/abc's", ["https://t.co/abc"]),
        ("a sentence.Next one", ["sentence.Next"]),  # there is such a domain
    ],
)
def test_an_address_ends_where_x_ends_it(text, addresses):
    assert found(text) == addresses


def test_addresses_are_found_in_composed_text():
    assert has_link("nai\u0308ve.com")
    assert not has_link("no address")


@given(st.text(alphabet=st.sampled_from("ab.com/:-_@#$?()あé \n"), max_size=80))
def test_addresses_stand_one_behind_the_other_within_the_text(text):
    at = 0
    for span in links(text):
        assert at <= span.start < span.end <= len(text)
        assert "." in text[span.start : span.end]
        at = span.end


@pytest.mark.parametrize(
    "text",
    ["a." * 2000, "あa." * 1300, "http://a.com/" + "(a" * 2000, "http://" * 600, "a-" * 2000],
)
def test_no_text_of_the_longest_length_takes_long(text):
    began = time.process_time()
    list(links(text))
    assert time.process_time() - began < 1
