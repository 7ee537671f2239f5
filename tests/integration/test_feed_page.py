"""The preview page in a real browser: hostile captions run nothing, and its console is silent."""

import os
import re
import shutil
import signal
import subprocess

import pytest

from bot.domain.post import Post, Target
from bot.media import Library
from bot.publishers.preview import PreviewPublisher
from tests.clips import chunks, clip
from tests.clock import FakeClock

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
    "--enable-logging=stderr",
    "--virtual-time-budget=3000",  # until clips and stills are loaded
    "--dump-dom",
]
EVIL = """<script>document.title='owned'</script><img src=x onerror="document.title='owned'"> #猫"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to show the page in"),
]


@pytest.fixture
def browse(tmp_path):
    """Return a page's document after loading, and what its console said."""

    def load(url):
        process = subprocess.Popen(
            [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            document, log = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            pytest.fail("chromium did not end within a minute")
        assert process.returncode == 0, log
        return document, [line for line in log.splitlines() if ":CONSOLE" in line]

    return load


def test_the_browser_would_tell_of_scripts_and_errors(browse, tmp_path):
    """Without this, silence in the other test would prove nothing."""
    page = tmp_path / "bad.html"
    page.write_text(f"<title>mine</title>{EVIL}<script>console.error('oh')</script>")
    document, console = browse(page.as_uri())
    assert "<title>owned</title>" in document
    assert any("oh" in line for line in console)


async def test_the_page_shows_every_post_runs_nothing_and_complains_of_nothing(browse, tmp_path):
    media, clock = Library(tmp_path / "media"), FakeClock()
    asset = await media.save(chunks(clip()), "video/mp4")
    still = await media.thumbnail(asset)
    for name in ("slack:#cats", "x:@reelbot"):
        target = Target.parse(name)
        publisher = PreviewPublisher(target.network, tmp_path / "preview", media=media, clock=clock)
        post = Post(
            run_id="run-1",
            target=target,
            caption=EVIL,
            alt_text=EVIL,
            asset=asset,
            thumbnail=still,
            simulated=True,
        )
        delivery = await publisher.publish(post, await publisher.prepare(post))
    document, console = browse(delivery.url)
    assert console == []
    assert len(re.findall(r"<article id=", document)) == 2
    assert document.count("SIMULATED</span>") == 2
    assert "<title>reelbot preview</title>" in document
    assert "<script" not in document
    assert "<img" not in document
    assert "#猫" in document
