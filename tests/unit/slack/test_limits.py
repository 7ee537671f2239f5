"""Whatever people write and however a run stands, Slack takes it, and it obeys nobody."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.budget import Item, SpendState
from bot.domain.post import DeliveryStatus, Target
from bot.domain.prompt import Prompt
from bot.domain.run import Failure, RunState, Step
from bot.domain.video import Derivation
from bot.errors import RequestError
from bot.slack.approval import approval_card
from bot.slack.blocks import inline
from bot.slack.card import desk_card
from bot.slack.home import home
from bot.slack.lists import (
    cost_answer,
    details_answer,
    help_answer,
    next_answer,
    runs_answer,
    schedules_answer,
    status_answer,
    templates_answer,
)
from bot.slack.modal import (
    Choice,
    Origin,
    edit_modal,
    make_modal,
    post_modal,
    remix_modal,
    resolve_modal,
)
from bot.slack.replies import refusal_reply, stale_reply, welcome
from bot.slack.verbs import VERBS
from tests import slack_examples as examples
from tests.slack_limits import check_message, check_view, texts

LANGUAGES = ["en", "ja"]
FRAMES = ["F0123ABCDEF", "https://media.example.com/frames.jpg"]

languages = pytest.mark.parametrize("language", LANGUAGES)

NASTY = [
    "<!channel> <!here> <@U1SAKI> <#C0123ABCDE> <https://evil.example|click>",
    "*bold* _italic_ ~gone~ `code` ```block```",
    "_whole_ *line* &amp; &lt;!everyone&gt;",
    "> a quote\n• a list\n\n\n",
    "\x00\x07\x1b[31mred\x1b[0m\u202edlrow\u202c\ud83d",
    "قطة تركب الأمواج عند الغروب",
    "👩‍👩‍👧‍👦" * 900,
    "猫" * 40_000,
    "&" * 40_000,
    "a\u0300" * 3000,
    " ",
    "@channel @here @everyone #general :boom:",
]
anything = (
    st.text(max_size=400)
    | st.sampled_from(NASTY)
    | st.text(alphabet="<>&*_~`|!@#\n ", max_size=300)
)


@languages
@pytest.mark.parametrize("frames", [None, *FRAMES])
@pytest.mark.parametrize("name", examples.RUNS)
def test_cards_of_every_state(name, frames, language):
    run = examples.RUNS[name]
    scene = examples.scene(language, run, frames=frames)
    assert check_message(desk_card(run, scene)) == []
    assert check_message(details_answer(run, scene)) == []


@pytest.mark.parametrize(
    "language, post, beside",
    [
        (
            "en",
            "@reelbot on X: about $0.20 (post with a link $0.20, prices of 2026-04-20)",
            [
                "@reelbot on X, alt text: $0.005",
                "@reelbot on X, posts read to find a lost one: $0.002",
            ],
        ),
        (
            "ja",
            "X の @reelbot：約$0.20 (リンク付きの投稿 $0.20、2026-04-20 の料金)",
            [
                "X の @reelbot、代替テキスト：$0.005",
                "X の @reelbot、見失った投稿を探すための読み取り：$0.002",
            ],
        ),
    ],
)
def test_the_bill_tells_how_the_price_of_a_post_comes_about(language, post, beside):
    run = examples.with_link(examples.ASKED)
    spends = (
        examples.spend("x:@reelbot", "0.20", SpendState.RESERVED),
        examples.spend("x:@reelbot", "0.005", SpendState.SETTLED, Item.ALT_TEXT),
        examples.spend("x:@reelbot", "0.002", SpendState.SETTLED, Item.READ),
    )
    message = details_answer(run, examples.scene(language, run, spends=spends))
    assert check_message(message) == []
    told = "\n".join([post, *beside])
    assert any(told in each.get("elements", [{}])[0].get("text", "") for each in message.blocks)


@languages
@pytest.mark.parametrize("frames", [None, *FRAMES])
@pytest.mark.parametrize("name", examples.QUESTIONS)
def test_approval_cards_of_every_outcome(name, frames, language):
    run, generation = examples.QUESTIONS[name]
    scene = examples.scene(language, run, frames=frames)
    assert check_message(approval_card(run, scene, generation=generation)) == []


@languages
@pytest.mark.parametrize("name", examples.BOARDS)
def test_home_and_status(name, language):
    scene = examples.scene(language)
    assert check_view(home(examples.BOARDS[name], scene)) == []
    assert check_message(status_answer(examples.BOARDS[name], scene)) == []


@languages
def test_answers(language):
    scene, runs = examples.scene(language), list(examples.RUNS.values())
    fires = {fire.schedule_id: fire for fire in examples.FIRES}
    answers = [
        help_answer(scene),
        *(help_answer(scene, verb) for verb in VERBS.values()),
        runs_answer(runs * 3, scene),
        runs_answer([], scene),
        runs_answer([], scene, failed=True),
        runs_answer(runs[:1], scene, failed=True),
        next_answer(examples.FIRES * 30, scene),
        next_answer([], scene),
        templates_answer([examples.TEMPLATE] * 150, scene),
        templates_answer([], scene),
        schedules_answer([examples.SCHEDULE] * 150, fires, scene),
        schedules_answer([examples.SCHEDULE], {}, scene),
        schedules_answer([], {}, scene),
        cost_answer(Decimal(3), Decimal(10), scene),
        stale_reply(runs[0], scene),
        refusal_reply(RequestError("<!channel> & co " * 900, hint="*Do* <@U1>." * 900), scene),
        refusal_reply(RequestError("No."), scene),
        welcome(scene),
    ]
    assert [fault for answer in answers for fault in check_message(answer)] == []


@languages
def test_dialogs(language):
    run, origin = examples.UNCERTAIN, Origin(run_id="1127-5be0a1c2", generation=1)
    scene = examples.scene(language, run)
    usd = {"x:@saki_noir": Decimal("0.015")}
    views = [
        make_modal(examples.OFFER, Choice(), scene, origin),
        make_modal(examples.OFFER, Choice(template="cute_cat"), scene, origin),
        make_modal(examples.OFFER, Choice(provider="gateway", model="dear"), scene, origin),
        make_modal(examples.OFFER, Choice(provider="gateway", model="unpriced"), scene, origin),
        make_modal(examples.OFFER, Choice(provider="studio"), scene, origin),
        make_modal(replace(examples.OFFER, templates=(), targets=()), Choice(), scene, origin),
        edit_modal(examples.ASKED, scene, origin),
        edit_modal(examples.QUESTIONS["open, two texts"][0], scene, origin),
        remix_modal(run, scene, origin, how=list(Derivation), usd=Decimal("12.80")),
        remix_modal(run, scene, origin, how=[Derivation.REMIX], usd=None),
        post_modal(run, scene, origin, usd=usd),
        resolve_modal(run, scene, origin, late=False),
        resolve_modal(examples.RUNS["video late"], scene, origin, late=True),
        resolve_modal(examples.RUNS["create uncertain"], scene, origin, late=False),
    ]
    assert [fault for view in views for fault in check_view(view)] == []


@given(prompt=anything, caption=anything, said=anything, name=anything)
@settings(max_examples=60, deadline=None)
def test_no_words_of_people_break_or_steer_a_view(prompt, caption, said, name):
    run = examples.UNCERTAIN.evolve(
        request=replace(
            examples.REQUEST, prompt=prompt, source=f"cli:{name}", provider=name[:60] or "p"
        ),
        prompt=Prompt(text=prompt, caption=caption, alt_text=said),
        posts=(examples.post(examples.CATS, caption), examples.post(examples.X, caption)),
        failure=Failure(code="rejected", message=said, step=Step.WAIT, at=examples.NOW),
        deliveries=(examples.missed(examples.X, DeliveryStatus.UNCERTAIN, said),),
        approval=None,
        inspection=replace(examples.INSPECTION, findings=(said,)),
    )
    failed = run.evolve(state=RunState.FAILED, reason=None)
    asked = run.evolve(state=RunState.WAITING, reason="approval")
    scene = examples.scene("en", run, people={"U1SAKI": name}, names={"x:@reelbot": name})
    origin = Origin(run_id=run.id, generation=1)
    offer = replace(
        examples.OFFER, templates=(replace(examples.TEMPLATE, description=said or "-"),)
    )
    messages = [
        *(desk_card(each, scene) for each in (run, failed, asked)),
        approval_card(asked, scene, generation=1),
        details_answer(run, scene),
        runs_answer([run, failed], scene),
    ]
    views = [
        edit_modal(asked, scene, origin),
        remix_modal(run, scene, origin, how=[Derivation.REMIX], usd=None),
        make_modal(offer, Choice(prompt=prompt, caption=caption), scene, origin),
        home(replace(examples.BOARD, waiting=(run,), last=(failed,)), scene),
    ]
    assert [fault for message in messages for fault in check_message(message)] == []
    assert [fault for view in views for fault in check_view(view)] == []
    for message in messages:
        shown = [text for kind, text in texts(message.blocks) if kind == "mrkdwn"]
        assert not re.search(r"<[!@](?!date)", "".join(shown) + message.text)


@given(anything)
@settings(deadline=None)
def test_a_line_of_peoples_words_formats_nothing_and_stays_one_line(text):
    shown = inline(text)
    assert "\n" not in shown
    assert not re.search(r"[*~`]|(?<!\w)_|_(?!\w)", shown)
    assert len(shown.encode("utf-16-le")) // 2 <= 80


def test_what_goes_out_is_shown_sign_for_sign():
    caption = "*Not bold* <b> & `this` _too_ :cat: @channel\nsecond line"
    run = examples.ASKED.evolve(posts=(examples.post(examples.X, caption),))
    card = approval_card(run, examples.scene(), generation=1)
    quotes = [text for kind, text in texts(card.blocks) if kind == "text"]
    assert quotes == [caption]


def test_a_channel_given_by_id_is_shown_as_slack_shows_it():
    request = replace(examples.REQUEST, targets=(Target.parse("slack:C0123ABCDE"),))
    card = desk_card(examples.PRICED.evolve(request=request), examples.scene())
    assert any("<#C0123ABCDE>" in text for _, text in texts(card.blocks))
