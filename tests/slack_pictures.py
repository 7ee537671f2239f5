"""Pictures of what people see in Slack: blocks -> HTML -> PNG.

`python -m tests.slack_pictures` draws those of the documentation anew. It needs chromium on PATH
with fonts for Latin, Japanese and emoji. Approximate on purpose: it shows what a block says and
which button has which weight, not Slack's own pixels.
"""

import asyncio
import base64
import html
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader
from markupsafe import Markup
from PIL import Image, ImageChops

from bot.domain.video import Derivation
from bot.media import Library
from bot.slack.approval import approval_card
from bot.slack.blocks import Message
from bot.slack.card import desk_card
from bot.slack.home import home
from bot.slack.lists import Dashboard, details_answer, help_answer
from bot.slack.modal import (
    Choice,
    Origin,
    edit_modal,
    make_modal,
    post_modal,
    remix_modal,
    resolve_modal,
)
from bot.slack.scene import Scene
from bot.studio.renderer import Act, Shot, render
from tests import slack_examples as examples
from tests.clips import chunks

HERE = Path(__file__).parent
PICTURES = HERE.parent / "docs" / "pictures"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1.5",
    "--virtual-time-budget=3000",
]

Thing = Message | Mapping[str, Any]

_TOKEN = re.compile(r"<(?:!date\^(\d+)\^[^|]*\|[^>]*|#([A-Z0-9]+)|@([A-Z0-9]+)|([^|>]+)\|([^>]+))>")
_STYLES = (
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_([^\n]+?)_(?![\w_])"), r"<i>\1</i>"),
)


def page(
    title: str, things: Sequence[tuple[str, Thing]], language: str = "en", width: int = 720
) -> str:
    """Return the HTML page that shows *things*, each below its name. Everything is escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        undefined=ChainableUndefined,
    )
    environment.filters |= {"shown": partial(shown, language=language), "source": _source}
    template = environment.get_template("slack_pictures.html.j2")
    return template.render(title=title, things=things, language=language, width=width)


def shown(text: Mapping[str, Any], language: str = "en") -> Markup:
    """Return a text object as HTML: tokens and marks where it is mrkdwn, all signs where not."""
    if text["type"] == "plain_text":
        return Markup(html.escape(text["text"]))
    parts, at = [], 0
    for match in _TOKEN.finditer(text["text"]):
        parts += [_escaped(text["text"][at : match.start()]), _token(match, language)]
        at = match.end()
    marked = "".join([*parts, _escaped(text["text"][at:])])
    for pattern, instead in _STYLES:
        marked = pattern.sub(instead, marked)
    return Markup(marked)


def _escaped(text: str) -> str:
    return html.escape(html.unescape(text), quote=False)


def _token(match: re.Match[str], language: str) -> str:
    moment, channel, person, url, words = match.groups()
    if moment:
        return _moment(datetime.fromtimestamp(int(moment), UTC), language)
    if channel or person:
        return f"<a>{'#' if channel else '@'}{html.escape(channel or person)}</a>"
    return f'<a href="{html.escape(html.unescape(url))}">{_escaped(words)}</a>'


def _moment(moment: datetime, language: str) -> str:
    days = (moment.date() - examples.NOW.date()).days
    near = dict(enumerate(("今日", "明日") if language == "ja" else ("today", "tomorrow")))
    return f"{near.get(days, f'{moment:%Y-%m-%d}')} {moment.hour}:{moment:%M}"


def _source(image: Mapping[str, Any]) -> str:
    return image.get("image_url", "")


# --- what the documentation shows ---------------------------------------------------------------


def frames() -> str:
    """Return the strip of a clip that the studio draws, as an address."""
    words = "a calico cat surfing a long green wave at sunrise"
    shot = Shot(prompt=words, seed=7, width=640, height=360, acts=(Act(seconds=4),))
    with tempfile.TemporaryDirectory() as folder:
        clip = render(shot, Path(folder), lambda _percent: None).video.read_bytes()
        strip = asyncio.run(_strip_of(clip, Library(Path(folder) / "media")))
    return "data:image/jpeg;base64," + base64.b64encode(strip).decode()


async def _strip_of(clip: bytes, library: Library) -> bytes:
    video = await library.save(chunks(clip), "video/mp4")
    return library.path(await library.strip(video)).read_bytes()


_CARDS = {
    "making": ("While it is made", "生成中"),
    "waiting for approval": ("Waiting for approval", "承認待ち"),
    "posted": ("Posted", "投稿済み"),
    "previewed from a schedule": (
        "From a schedule, simulated",
        "スケジュールから（シミュレーション）",
    ),
    "partly posted": ("One post was refused", "一部の投稿が拒否された"),
    "prompt refused": ("The provider said no", "生成サービスに拒否された"),
    "post uncertain": ("Nobody knows yet", "結果が不明"),
    "stopped": ("After “stop”", "全体停止中"),
}


def cards(language: str, sheet: str) -> list[tuple[str, Thing]]:
    """Return the desk cards of the states that matter most."""
    at = ("en", "ja").index(language)
    return [(names[at], _card(name, language, sheet)) for name, names in _CARDS.items()]


def _card(name: str, language: str, sheet: str) -> Message:
    run = examples.in_language(examples.RUNS[name], language)
    return desk_card(run, _scene(language, name, sheet if run.video else None))


def _scene(language: str, name: str, sheet: str | None = None) -> Scene:
    return examples.scene(language, examples.RUNS[name], frames=sheet)


def approvals(language: str, sheet: str) -> list[tuple[str, Thing]]:
    """Return an approval card that asks, and two that are decided."""
    names = {
        "open, two texts": ("Asking", "確認中"),
        "approved": ("Once approved", "承認後"),
        "superseded": ("After an edit", "編集後"),
    }
    at = ("en", "ja").index(language)
    return [
        (
            title[at],
            approval_card(
                examples.in_language(run, language),
                examples.scene(language, run, frames=sheet),
                generation=generation,
            ),
        )
        for name, title in names.items()
        for run, generation in [examples.QUESTIONS[name]]
    ]


def dialogs(language: str) -> list[tuple[str, Thing]]:
    """Return the dialogs."""
    origin, scene = Origin(), _scene(language, "posted")
    ja = language == "ja"
    choice = Choice(prompt="夕暮れの海でサーフィンする猫" if ja else "A cat surfing at sunset")
    usd = {"x:@saki_noir": examples.PRICE.posts["x:@reelbot"]}
    run = examples.in_language(examples.RUNS["waiting for approval"], language)
    return [
        ("/video", make_modal(examples.OFFER, choice, scene, origin)),
        (
            "/video, template",
            make_modal(
                examples.OFFER,
                Choice(template="cute_cat", model="dear", provider="gateway"),
                scene,
                origin,
            ),
        ),
        ("Edit", edit_modal(run, scene, origin)),
        ("Remix", remix_modal(run, scene, origin, how=list(Derivation), usd=examples.PRICE.video)),
        ("Post", post_modal(run, scene, origin, usd=usd)),
        ("Resolve", resolve_modal(examples.UNCERTAIN, scene, origin, late=False)),
    ]


def homes(language: str) -> list[tuple[str, Thing]]:
    """Return App Home."""
    return [("App Home", home(_board(language), examples.scene(language)))]


def _board(language: str) -> Dashboard:
    board = examples.BOARD
    runs = {
        name: tuple(examples.in_language(run, language) for run in getattr(board, name))
        for name in ("waiting", "in_flight", "last")
    }
    return replace(board, **runs)


def answers(language: str) -> list[tuple[str, Thing]]:
    """Return two of the answers that only the one who asked sees."""
    scene = _scene(language, "posted")
    return [
        ("/video help", help_answer(scene)),
        (
            "/video show last",
            details_answer(examples.in_language(examples.PUBLISHED, language), scene),
        ),
    ]


def photograph(document: str, target: Path, *, width: int) -> None:
    """Save a picture of the page, cut to what is on it."""
    assert CHROMIUM, "chromium is not on PATH"
    with tempfile.TemporaryDirectory() as folder:
        source, shot = Path(folder) / "page.html", Path(folder) / "page.png"
        source.write_text(document, encoding="utf-8")
        subprocess.run(
            [
                CHROMIUM,
                *FLAGS,
                f"--user-data-dir={folder}/profile",
                f"--window-size={width},4000",
                f"--screenshot={shot}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        _trimmed(shot, target)


def _trimmed(shot: Path, target: Path) -> None:
    with Image.open(shot) as image:
        rgb = image.convert("RGB")
    box = ImageChops.difference(rgb, Image.new("RGB", rgb.size, "white")).getbbox()
    assert box
    rgb.crop((0, 0, rgb.width, min(box[3] + 24, rgb.height))).quantize(256).save(
        target, optimize=True
    )


def main(folder: Path = PICTURES) -> None:
    """Draw all pictures of the documentation."""
    sheet = frames()
    for language in ("en", "ja"):
        for name, things in {
            "cards": cards(language, sheet),
            "approval": approvals(language, sheet),
            "dialogs": dialogs(language),
            "home": homes(language),
            "answers": answers(language),
        }.items():
            target = folder / f"slack-{name}{'-ja' if language == 'ja' else ''}.png"
            width = 1120 if name == "dialogs" else 720
            photograph(page(name, things, language, width), target, width=width)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
