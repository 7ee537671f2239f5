"""The pictures of what people see in Slack: they show it, and nothing in them runs."""

import pytest
from PIL import Image

from bot.domain.prompt import Prompt
from bot.slack.blocks import mrkdwn, plain
from bot.slack.card import desk_card
from tests import slack_examples as examples
from tests.slack_pictures import CHROMIUM, cards, page, photograph, shown

EVIL = """<script>document.title='owned'</script><img src=x onerror="alert(1)"> *b* <!channel>"""


def test_what_people_wrote_runs_nothing():
    run = examples.PRICED.evolve(prompt=Prompt(text=EVIL, caption=None, alt_text=None))
    document = page("mine", [(EVIL, desk_card(run, examples.scene()))])
    assert "<script" not in document
    assert "<img" not in document
    assert "&lt;script&gt;" in document


@pytest.mark.parametrize(
    "text,html",
    [
        ("*bold* and _italic_ and `code`", "<b>bold</b> and <i>italic</i> and <code>code</code>"),
        ("<https://a.io/?b=1&amp;c|there>", '<a href="https://a.io/?b=1&amp;c">there</a>'),
        (
            "<!date^1764236460^{date_short_pretty} {time}|2025-11-27 09:41 UTC>",
            "2025-11-27 9:41",
        ),
        ("<#C0123ABCDE>", "<a>#C0123ABCDE</a>"),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
    ],
)
def test_marks_and_tokens_are_shown(text, html):
    assert shown(mrkdwn(text)) == html


def test_plain_text_is_shown_sign_for_sign():
    assert shown(plain("*a* <b> & c")) == "*a* &lt;b&gt; &amp; c"


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to show the page in")
def test_a_picture_is_taken(tmp_path):
    target = tmp_path / "cards.png"
    photograph(page("cards", cards("en", "data:,")), target, width=720)
    with Image.open(target) as image:
        assert image.width == 1080
        assert image.height > 1000
