"""The desk card: what is said of each state, and what can be done about it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.budget import SpendState
from bot.domain.run import Step
from bot.domain.video import VideoStatus
from bot.errors import Rejected
from bot.slack.buttons import Action, read_value
from bot.slack.card import desk_card, offered
from bot.slack.mood import mood_of
from tests import slack_examples as examples
from tests.slack_limits import elements, texts

A = Action


def card(name: str, language: str = "en", **changes: object):
    run = examples.RUNS[name]
    return desk_card(run, examples.scene(language, run, **changes))


def said(message: object) -> str:
    return "\n".join(text for kind, text in texts(message.blocks) if kind == "mrkdwn")


def pressed(message: object, action: Action) -> dict:
    return next(e for e in elements(message.blocks) if e["action_id"] == action)


@pytest.mark.parametrize(
    "name,actions",
    [
        ("starting", [A.CANCEL, A.DETAILS]),
        ("making", [A.CANCEL, A.DETAILS]),
        ("trying again", [A.CANCEL, A.DETAILS]),
        ("target paused", [A.RETRY, A.CANCEL, A.DETAILS]),
        ("stopped", [A.CANCEL, A.DETAILS]),
        ("waiting for approval", [A.EDIT, A.CANCEL, A.DETAILS]),
        ("waiting for approval here", [A.APPROVE, A.REJECT, A.EDIT, A.DETAILS]),
        ("without words for X", [A.EDIT, A.CANCEL, A.DETAILS]),
        ("taken down", [A.REMIX, A.POST, A.DELETE, A.DETAILS]),
        ("taken down from one", [A.REMIX, A.POST, A.UNDO, A.DETAILS]),
        ("post uncertain", [A.RESOLVE, A.DETAILS]),
        ("create uncertain", [A.RESOLVE, A.DETAILS]),
        ("video late", [A.RESOLVE, A.DETAILS]),
        ("posted", [A.REMIX, A.POST, A.UNDO, A.DETAILS]),
        ("previewed", [A.REMIX, A.DELETE, A.DETAILS]),
        ("partly posted", [A.RETRY, A.REMIX, A.UNDO, A.DETAILS]),
        ("budget exceeded", [A.RETRY, A.DETAILS]),
        ("prompt refused", [A.AGAIN, A.DETAILS]),
        ("template broken", [A.AGAIN, A.DETAILS]),
        ("file unusable", [A.AGAIN, A.REMIX, A.DELETE, A.DETAILS]),
        ("rejected", [A.RETRY, A.REMIX, A.DELETE, A.DETAILS]),
        ("expired", [A.RETRY, A.REMIX, A.DELETE, A.DETAILS]),
        ("cancelled by a person", [A.RETRY, A.DETAILS]),
        ("removed", [A.DETAILS]),
    ],
)
def test_buttons_by_state(name, actions):
    assert offered(examples.RUNS[name], examples.scene()) == actions


def test_what_cannot_be_done_is_not_offered():
    run = examples.RUNS["posted"]
    assert offered(run, examples.scene(may_post_x=(), may_remix=False)) == [A.UNDO, A.DETAILS]


def test_a_simulated_video_is_offered_to_no_live_account():
    run = examples.RUNS["previewed"]
    assert A.POST not in offered(run, examples.scene())
    assert A.POST in offered(run, examples.scene(preview=True))


@pytest.mark.parametrize("name", examples.RUNS)
def test_a_click_carries_the_run_and_its_generation(name):
    run = examples.RUNS[name].evolve(generation=3)
    for element in elements(desk_card(run, examples.scene()).blocks):
        assert read_value(element["value"]) == (run.id, 3)


@pytest.mark.parametrize("value", ["", "1127-5be0", "|3", "1127|three"])
def test_a_value_that_we_never_gave_out_is_refused(value):
    with pytest.raises(ValueError):
        read_value(value)


@pytest.mark.parametrize(
    "name,line",
    [
        ("making", "*Making the video* · A calico cat surfing"),
        ("waiting for approval", "✋ *Waiting for approval* · A calico"),
        ("posted", "✅ *Posted* · A calico"),
        ("prompt refused", "❌ *Failed* · A calico"),
        ("post uncertain", "⚠️ *Needs a look* · A calico"),
        ("starting from a template", "*Getting ready* · cute cat"),
    ],
)
def test_the_first_line_says_it_all(name, line):
    assert said(card(name)).startswith(line)


@pytest.mark.parametrize("name", examples.RUNS)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_fallback_is_a_whole_sentence(name, language):
    text = card(name, language).text
    assert text.endswith((".", "。", ")")) or "failed:" in text or "失敗しました：" in text
    assert "\n" not in text


def test_progress_is_drawn():
    assert "▰▰▰▰▰▰▱▱▱▱ 62 %" in said(card("making"))


@pytest.mark.parametrize(
    "name,happened,money,posted,todo",
    [
        ("prompt refused", "refused to make it", "No money", "Nothing was posted", "Change the"),
        (
            "content expired",
            "has deleted",
            "$0.80 was spent",
            "Nothing was posted",
            "make, and pay",
        ),
        ("partly posted", "Not every post", "$0.80 was spent", "Posted to <", "Press Retry"),
        (
            "partly posted, then taken down",
            "Not every post",
            "$0.80 was spent",
            "Taken down from #cats.",
            "Press Retry",
        ),
        ("post uncertain", "An answer was lost", "Up to $0.82", "Perhaps posted", "Look there"),
        ("budget exceeded", "budget does not", "No money", "Nothing was posted", "tomorrow"),
        ("internal", "mistake of its own", "$0.80 was spent", "Nothing was", "tell whoever"),
    ],
)
def test_an_error_answers_four_things(name, happened, money, posted, todo):
    text = said(card(name))
    assert [part for part in (happened, money, posted, todo) if part not in text] == []


def test_an_error_nobody_has_words_for_is_still_told():
    why = replace(examples.RUNS["internal"].failure, code="brand_new", message="It went pop.")
    run = examples.RUNS["internal"].evolve(failure=why)
    text = said(desk_card(run, examples.scene()))
    assert "Something failed. _It went pop._" in text


def test_the_price_is_about_until_it_is_settled():
    assert "about $0.82" in said(card("making"))
    assert said(card("posted")).endswith("· $0.82")


def test_nothing_is_called_free_that_was_given_back():
    assert "free" not in said(card("prompt refused"))


def test_the_success_of_a_schedule_is_quiet():
    message = card("posted from a schedule")
    assert "<@" not in said(message) + message.text
    assert len(message.blocks) == 3


def test_nobody_is_called_who_need_not_act():
    unnamed = [card(name, people={}) for name in examples.RUNS]
    assert [m for m in unnamed if "<@" in said(m) + m.text] == []


def test_people_see_where_it_went_and_can_go_there():
    assert "<https://x.com/reelbot/status/1|@reelbot on X>" in said(card("posted"))
    assert "file:" not in said(card("previewed"))


def test_a_lost_video_and_a_slow_one_are_told_apart():
    assert "takes very long" in said(card("video late"))
    assert "answer was lost" in said(card("create uncertain"))
    assert mood_of(examples.RUNS["create uncertain"]) == "uncertain"
    assert mood_of(examples.RUNS["video late"]) == "late"


# --- what asks first ---------------------------------------------------------------------------


def test_taking_down_names_the_places():
    confirm = pressed(card("posted"), A.UNDO)["confirm"]
    assert "#cats and @reelbot on X" in confirm["text"]["text"]
    assert confirm["style"] == "danger"


def test_deleting_names_provider_and_price():
    run = examples.RUNS["rejected"]
    confirm = pressed(desk_card(run, examples.scene("en", run)), A.DELETE)["confirm"]
    assert "gateway" in confirm["text"]["text"]
    assert "$0.80" in confirm["text"]["text"]


def test_approving_a_post_to_x_names_account_and_price():
    confirm = pressed(card("waiting for approval here"), A.APPROVE)["confirm"]
    assert "@reelbot on X" in confirm["text"]["text"]
    assert "about $0.82" in confirm["text"]["text"]


def test_approving_a_preview_or_a_cheap_post_to_slack_asks_nothing():
    assert "confirm" not in pressed(card("waiting for approval here", preview=True), A.APPROVE)


def test_a_dear_retry_asks_first():
    run = examples.RUNS["cancelled by a person"]
    cheap = examples.scene("en", run)
    dear = examples.scene("en", run, confirm_over_usd=Decimal("0.50"))
    assert "confirm" not in pressed(desk_card(run, cheap), A.RETRY)
    assert "about $0.82" in pressed(desk_card(run, dear), A.RETRY)["confirm"]["text"]["text"]


def test_a_retry_that_posts_to_x_asks_first():
    assert "@reelbot on X" in pressed(card("post refused"), A.RETRY)["confirm"]["text"]["text"]


@pytest.mark.parametrize("name", examples.RUNS)
def test_every_mood_has_its_words(name):
    mood = mood_of(examples.RUNS[name])
    assert examples.scene().words.has(f"state.{mood}")
    assert examples.scene().words.has(f"say.{mood}")


def test_the_examples_show_every_mood():
    shown = {f"state.{mood_of(run)}" for run in examples.RUNS.values()}
    assert shown == {key for key in examples.scene().words.texts if key.startswith("state.")}


def test_a_retry_pays_for_nothing_twice():
    text = pressed(card("partly posted"), A.RETRY)["confirm"]["text"]["text"]
    assert "about $0.02" in text
    failed = examples.PARTLY.evolve(job=examples.job(VideoStatus.FAILED))
    again = desk_card(failed, examples.scene("en", failed))
    assert "about $0.82" in pressed(again, A.RETRY)["confirm"]["text"]["text"]


def test_the_examples_hold_what_they_say():
    """They stand for the pipeline's own: what it calls a failed job is what is drawn."""
    assert examples.RUNS["prompt refused"].failure.code == Rejected.code
    assert examples.RUNS["prompt refused"].failure.step is Step.WAIT
    assert examples.spends(examples.RUNS["prompt refused"])[0].state is SpendState.RELEASED


def test_whoever_gave_up_is_called_by_name():
    run = examples.RUNS["given up"]
    message = desk_card(run, examples.scene("en", run))
    assert "Given up by @Ken" in str(message.blocks)
    assert "U2KEN" not in str(message)
