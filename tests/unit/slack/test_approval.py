"""The approval card shows exactly what goes out, and locks once that is decided."""

from dataclasses import replace

import pytest

from bot.slack.approval import approval_card, verdict_on
from bot.slack.buttons import Action
from tests import slack_examples as examples
from tests.slack_limits import check_message, elements, texts


def card(name: str, **changes: object):
    run, generation = examples.QUESTIONS[name]
    return approval_card(run, examples.scene("en", run, **changes), generation=generation)


def said(message: object) -> str:
    return "\n".join(text for _, text in texts(message.blocks))


def test_it_shows_frames_places_texts_counts_language_expiry_and_price():
    message = card("open, two texts", frames="F0123ABCDEF")
    text = said(message)
    assert [b["type"] for b in message.blocks].count("image") == 1
    for part in (
        "*#cats* · 16 characters",
        "Surf's up, team!",
        "*@reelbot on X* · 14 of 280 characters",
        "波に乗る猫。🐱",
        "English",
        "until <!date^",
        "about $0.82",
        "asked by @Saki",
    ):
        assert part in text


@pytest.mark.parametrize(
    "language, warning",
    [
        ("en", "The link makes the post to @reelbot on X cost $0.20 instead of $0.015."),
        ("ja", "リンクがあるため、X の @reelbot への投稿は $0.015 ではなく $0.20 かかります。"),
    ],
)
def test_a_link_is_shown_with_what_it_costs(language, warning):
    run, generation = examples.QUESTIONS["open"]
    linked = examples.with_link(run)
    for each, expected in ((linked, 1), (run, 0)):
        card = approval_card(each, examples.scene(language, each), generation=generation)
        assert check_message(card) == []
        assert said(card).count(warning) == expected


def test_one_text_for_all_is_shown_once():
    assert said(card("open")).count(examples.CAPTION) == 1


def test_what_is_odd_is_shown():
    text = said(card("open, odd and silent"))
    assert "It has no sound. 2.0 s are black." in text
    assert "300 of 280 characters: too long" in text
    assert "*#cats* · no text" in text
    assert "SIMULATED" in text


def test_what_was_changed_of_the_words_is_said_once():
    run, generation = examples.QUESTIONS["open"]
    change = "The link https://cats.com was left out."
    posts = tuple(replace(post, changes=(change,)) for post in run.posts)
    run = run.evolve(posts=posts)
    text = said(approval_card(run, examples.scene("en", run), generation=generation))
    assert text.count("was left out.") == 1
    assert "https://cats.com" in text


@pytest.mark.parametrize("name", [n for n in examples.QUESTIONS if n.startswith("open")])
def test_an_open_one_can_be_decided(name):
    actions = [element["action_id"] for element in elements(card(name).blocks)]
    assert actions == [Action.APPROVE, Action.REJECT, Action.EDIT, Action.DETAILS]


def test_what_lacks_words_cannot_be_approved_before_it_has_some():
    message = card("wordless")
    actions = [element["action_id"] for element in elements(message.blocks)]
    assert actions == [Action.EDIT, Action.REJECT, Action.DETAILS]
    assert "*@reelbot on X* · ⚠️ needs a text" in said(message)


@pytest.mark.parametrize(
    "name,who",
    [
        ("approved", "Approved by @Ken, <!date"),
        ("approved, then taken down", "Approved by @Ken, <!date"),
        ("rejected", "Rejected by @Ken, <!date"),
        ("cancelled", "Cancelled by @Saki"),
        ("expired", "Nobody said yes"),
        ("superseded", "another card asks"),
        ("over", "nothing to decide"),
    ],
)
def test_a_decided_one_is_locked_with_who_and_when(name, who):
    message = card(name)
    assert list(elements(message.blocks)) == []
    assert who in said(message)


def test_an_old_one_never_shows_the_texts_of_a_newer_one():
    assert examples.CAPTION not in said(card("superseded"))


def test_an_edit_locks_the_old_card_before_the_new_one_is_up():
    run = examples.FITTED.evolve(generation=2, cards=(examples.DESK, examples.ASKING))
    assert verdict_on(run, 1) == "superseded"
    assert verdict_on(run, 2) == "over"  # nobody is asked yet


def test_what_was_approved_stays_approved_through_a_retry():
    run = examples.APPROVED.evolve(generation=2)
    assert verdict_on(run, 1) == "approved"


def test_no_word_of_the_longest_caption_is_approved_unseen():
    caption = "🐱" * 3990 + " the end."
    run = examples.ASKED.evolve(posts=(examples.post(examples.CATS, caption),))
    message = approval_card(run, examples.scene("en", run), generation=run.generation)
    assert check_message(message) == []
    [quote] = [block for block in message.blocks if block["type"] == "rich_text"]
    [words] = quote["elements"]
    assert "".join(element["text"] for element in words["elements"]) == caption
