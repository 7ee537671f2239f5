"""Dialogs: what is filled in comes out again, and the price is the one that is shown."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.video import Derivation
from bot.slack.modal import (
    Choice,
    Origin,
    caption_fault,
    edit_modal,
    make_modal,
    post_modal,
    price_of,
    read_answers,
    read_choice,
    read_edit,
    remix_modal,
    resolve_modal,
)
from bot.slack.words import words
from tests import slack_examples as examples
from tests.slack_limits import texts

ORIGIN = Origin(run_id="1127-5be0a1c2", generation=2, channel="C0123DESK", thread="1.2")


def submitted(view: dict, **filled: object) -> dict:
    """Return `view.state.values` as Slack would send it, untouched but for *filled*."""
    values = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, key = block["element"], block["block_id"]
        state = {"type": element["type"], **_initial(element)}
        if key in filled:
            state |= _filled(element, filled[key])
        values[key] = {element["action_id"]: state}
    return values


def _initial(element: dict) -> dict:
    if element["type"] in {"static_select", "radio_buttons"}:
        return {"selected_option": element.get("initial_option")}
    if element["type"] in {"multi_static_select", "checkboxes"}:
        return {"selected_options": element.get("initial_options", [])}
    if element["type"] == "file_input":
        return {"files": []}
    return {"value": element.get("initial_value")}


def _filled(element: dict, value: object) -> dict:
    if element["type"] in {"static_select", "radio_buttons"}:
        return {"selected_option": next(o for o in element["options"] if o["value"] == value)}
    if element["type"] == "multi_static_select":
        return {"selected_options": [o for o in element["options"] if o["value"] in value]}
    if element["type"] == "file_input":
        return {"files": [{"id": value}]}
    return {"value": value}


def make(choice: Choice, **offer: object) -> dict:
    return make_modal(replace(examples.OFFER, **offer), choice, examples.scene(), ORIGIN)


def said(view: dict) -> str:
    return "\n".join(text for _, text in texts(view["blocks"]))


def test_an_untouched_form_asks_for_the_defaults():
    choice = read_choice(submitted(make(Choice()), prompt="A cat"))
    assert choice == Choice(
        prompt="A cat",
        provider="gateway",
        model="wan-2.2",
        size="1280x720",
        seconds=8,
        targets=("slack:#cats",),
    )


def test_what_is_filled_in_comes_out_and_back():
    wanted = Choice(
        prompt="A cat",
        provider="gateway",
        model="dear",
        size="1280x720",
        seconds=8,
        targets=("slack:#cats", "x:@reelbot"),
        caption="A cat.",
    )
    assert read_choice(submitted(make(wanted))) == wanted


def test_variables_of_the_chosen_template_come_out():
    view = make(Choice(template="cute_cat"))
    choice = read_choice(
        submitted(view, **{"var:cute_cat:place": "a roof", "var:cute_cat:coat": "tabby"})
    )
    assert (choice.template, choice.prompt) == ("cute_cat", None)
    assert choice.variables == {"mood": "curious", "place": "a roof", "coat": "tabby"}


def test_a_picture_comes_out_and_is_asked_for_only_where_it_can_be_used():
    assert read_choice(submitted(make(Choice()), image="F1")).image == "F1"
    assert "image" not in submitted(make(Choice(provider="studio")))


@pytest.mark.parametrize(
    "choice,usd",
    [
        (Choice(), "0.80"),
        (Choice(seconds=4), "0.40"),
        (Choice(seconds=4, targets=("slack:#cats", "x:@reelbot")), "0.415"),
        (Choice(provider="studio"), "0"),
        (Choice(provider="gateway", model="dear"), "8"),
    ],
)
def test_the_price_follows_the_choice(choice, usd):
    assert price_of(examples.OFFER, choice) == Decimal(usd)
    assert words("en").price(Decimal(usd)) in said(make(choice))


def test_beyond_the_limit_nothing_is_asked_for_without_a_tick():
    dear = submitted(make(Choice(provider="gateway", model="dear")))
    assert "dear" in dear
    assert "dear" not in submitted(make(Choice()))
    assert "$5.00" in said(make(Choice(provider="gateway", model="dear")))


def test_what_another_model_cannot_make_is_not_kept():
    choice = Choice(provider="studio", model="studio-1", seconds=8, size="720x1280")
    view = make(choice)
    assert (read_choice(submitted(view)).seconds, read_choice(submitted(view)).size) == (
        4,
        "1280x720",
    )


def test_an_unknown_price_is_said_to_be_unknown():
    view = make(Choice(provider="gateway", model="unpriced"))
    assert "unknown" in said(view)


def test_where_it_came_from_travels_along():
    packed = make(Choice())["private_metadata"]
    assert Origin.unpack(packed) == ORIGIN
    assert json.loads(packed)
    with pytest.raises(ValueError):
        Origin.unpack("[]")


def test_an_edit_changes_only_what_was_touched():
    run = examples.QUESTIONS["open, two texts"][0]
    view = edit_modal(run, examples.scene(), ORIGIN)
    assert read_edit(run, submitted(view)) == {}
    assert read_edit(run, submitted(view, **{"caption:1": "New."})) == {"x:@reelbot": "New."}


def test_an_edit_warns_of_what_the_link_that_is_there_costs():
    warning = "The link makes the post to @reelbot on X cost $0.20 instead of $0.015."
    linked = examples.with_link(examples.ASKED)
    assert warning in said(edit_modal(linked, examples.scene(), ORIGIN))
    assert warning not in said(edit_modal(examples.ASKED, examples.scene(), ORIGIN))


def test_an_edit_of_a_shared_text_changes_it_everywhere():
    view = edit_modal(examples.ASKED, examples.scene(), ORIGIN)
    changed = read_edit(examples.ASKED, submitted(view, **{"caption:0": "New."}))
    assert changed == {"slack:#cats": "New.", "x:@reelbot": "New."}


def test_a_text_too_long_for_the_field_is_not_shortened_by_saving():
    run = examples.ASKED.evolve(posts=(examples.post(examples.CATS, "x" * 3900),))
    assert read_edit(run, submitted(edit_modal(run, examples.scene(), ORIGIN))) == {}


def test_a_remix_says_how_and_what():
    view = remix_modal(
        examples.PUBLISHED, examples.scene(), ORIGIN, how=list(Derivation), usd=Decimal(1)
    )
    choice = read_choice(submitted(view, prompt="At night", how="extension"))
    assert (choice.prompt, choice.how) == ("At night", Derivation.EXTENSION)
    assert choice.caption == examples.CAPTION


def test_posting_to_x_names_account_and_price():
    usd = {"x:@saki_noir": Decimal("0.015")}
    view = post_modal(examples.PUBLISHED, examples.scene(), ORIGIN, usd=usd)
    assert "@saki_noir, about $0.015" in said(view)
    assert read_answers(submitted(view)) == {
        "target": "x:@saki_noir",
        "caption": examples.CAPTION,
    }


def test_what_happened_can_be_said():
    view = resolve_modal(examples.UNCERTAIN, examples.scene(), ORIGIN, late=False)
    url = "https://x.com/reelbot/status/1"
    assert read_answers(submitted(view, answer="happened", url=url)) == {
        "answer": "happened",
        "url": url,
    }
    late = resolve_modal(examples.RUNS["video late"], examples.scene(), ORIGIN, late=True)
    assert read_answers(submitted(late, answer="wait")) == {"answer": "wait"}


@pytest.mark.parametrize(
    "network,caption,fault",
    [
        ("x", "A cat.", None),
        ("x", "猫" * 140, None),
        ("x", "猫" * 141, "282 characters; at most 280"),
        ("x", "  ", "X needs a text"),
        ("slack", "", None),
        ("slack", "x" * 4001, "4001 characters; at most 4000"),
    ],
)
def test_a_caption_is_checked_before_it_is_taken(network, caption, fault):
    found = caption_fault(network, caption, words("en"))
    assert found is None if fault is None else fault in found
