"""The words of a post on X: what a template may say there, and what goes out instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.account import Account, Manner
from bot.domain.caption import caption_length
from bot.domain.entity import Kind, entities
from bot.domain.post import Words
from bot.domain.wording import word_for_x
from bot.errors import PostRejected

STRICT = Account(handle="@reelbot")
MANNERS = st.sampled_from(Manner)


def account(manner):
    return Account(handle="@reelbot", mentions=manner, cashtags=manner, links=manner)


def made(caption, **more):
    return Words(caption=caption, generated=True, **more)


def refusal(words, account=STRICT):
    with pytest.raises(PostRejected) as refused:
        word_for_x(words, account)
    return f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize("words", [made("A cat naps. 🐱"), Words(caption="A cat naps.")])
def test_plain_words_go_out_as_they_are(words):
    assert word_for_x(words, STRICT) == words


@pytest.mark.parametrize("caption", [None, "", " \n"])
def test_a_post_without_words_is_refused(caption):
    assert "x:@reelbot needs a caption" in refusal(Words(caption=caption))
    assert "x:@reelbot needs a caption" in refusal(made(caption))


@pytest.mark.parametrize(
    "caption,what",
    [
        ("Thanks, @alice and @bob!", ["a mention in it (@alice, @bob)", "mentions: drop"]),
        ("Up with $CATS", ["a cashtag in it ($CATS)", "cashtags: drop"]),
        ("See cats.com", ["a link in it (cats.com)", "links: drop"]),
    ],
)
def test_what_a_template_may_not_say_is_named_with_the_key_that_lets_it(caption, what):
    told = refusal(made(caption))
    assert all(part in told for part in (*what, 'accounts: "@reelbot"', "x:@reelbot"))


def test_the_same_words_of_a_person_go_out():
    words = Words(caption="Thanks, @alice! $CATS https://cats.com")
    assert word_for_x(words, STRICT) == words
    assert word_for_x(words, account(Manner.DROP)) == words


def test_an_account_may_name_itself():
    words = made("More from @ReelBot, and @reelbot/naps.")
    assert word_for_x(words, STRICT) == words


def test_what_is_kept_goes_out():
    words = made("Thanks, @alice! $CATS https://cats.com")
    assert word_for_x(words, account(Manner.KEEP)) == words


@pytest.mark.parametrize(
    "caption,left,changes",
    [
        (
            "Thanks to @alice for the nap.",
            "Thanks to for the nap.",
            ["The mention @alice was left out."],
        ),
        ("A nap (@alice).", "A nap.", ["The mention @alice was left out."]),
        ("@alice\nA nap.", "A nap.", ["The mention @alice was left out."]),
        ("A nap. https://cats.com/1", "A nap.", ["The link https://cats.com/1 was left out."]),
        ("猫です@alice！", "猫です！", ["The mention @alice was left out."]),
        (
            "$CATS naps, see cats.com.",
            "naps, see.",
            ["The cashtag $CATS was left out.", "The link cats.com was left out."],
        ),
        ("@alice, @alice @reelbot", ", @reelbot", ["The mention @alice was left out."]),
    ],
)
def test_what_is_dropped_is_told(caption, left, changes):
    worded = word_for_x(made(caption), account(Manner.DROP))
    assert (worded.caption, list(worded.changes)) == (left, changes)


def test_words_of_which_nothing_is_left_are_refused():
    told = refusal(made("@alice https://cats.com"), account(Manner.DROP))
    assert "Nothing is left" in told
    assert "https://cats.com" in told


@pytest.mark.parametrize("generated", [True, False])
def test_x_takes_one_cashtag(generated):
    words = Words(caption="$CATS and $DOGS", generated=generated)
    assert "2 cashtags ($CATS, $DOGS)" in refusal(words, account(Manner.KEEP))


@pytest.mark.parametrize("character", ["\ufffe", "\ufeff", "\uffff"])
@pytest.mark.parametrize("generated", [True, False])
def test_what_is_no_character_is_refused(character, generated):
    told = refusal(Words(caption=f"A {character}cat", generated=generated))
    assert f"U+{ord(character):04X}" in told


def test_a_persons_words_are_never_cut():
    told = refusal(Words(caption="A nap. " * 43, may_cut=True))
    assert "has 301 of 280 characters as X counts them" in told
    assert "long_caption" not in told


def test_a_templates_words_are_cut_only_where_it_says_so():
    assert "long_caption: cut" in refusal(made("A nap. " * 43))
    worded = word_for_x(made("A nap. " * 43, may_cut=True), STRICT)
    assert worded.caption == "A nap. " * 39 + "A…"
    assert worded.changes == (
        "The caption was cut: it had 301 of 280 characters as X counts them.",
    )


def test_words_with_no_place_to_cut_are_refused():
    tag = "#" + "n" * 300
    assert "301 of 280" in refusal(made(tag, may_cut=True))


CAPTIONS = st.lists(
    st.sampled_from(
        [
            *(" ", "\n", "(", ")", ", ", "。", "A cat naps", "ねこ", "👩‍👩‍👧‍👦", "e\u0301"),
            *("@alice", "@reelbot", "@", "$CATS", "$", "cats.com", "https://cats.com/1", "http://"),
        ]
    ),
    max_size=60,
).map("".join)


ACCOUNTS = st.builds(
    Account, handle=st.just("@reelbot"), mentions=MANNERS, cashtags=MANNERS, links=MANNERS
)
WORDS = st.builds(Words, caption=CAPTIONS, generated=st.booleans(), may_cut=st.booleans())


@given(WORDS, ACCOUNTS)
def test_its_own_result_stays_as_it_is(words, owner):
    try:
        worded = word_for_x(words, owner)
    except PostRejected:
        return
    assert word_for_x(worded, owner) == worded
    assert word_for_x(Words(caption=worded.caption), owner).caption == worded.caption
    assert caption_length("x", worded.caption) <= 280
    assert words.generated or worded == words


@given(CAPTIONS)
def test_nothing_that_an_account_drops_is_left(caption):
    try:
        worded = word_for_x(made(caption, may_cut=True), account(Manner.DROP))
    except PostRejected:
        return
    left = [each for each in entities(worded.caption) if each.kind is not Kind.HASHTAG]
    assert {each.text.split("/")[0] for each in left} <= {"@reelbot"}
