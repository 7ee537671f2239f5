"""The demo as a newcomer meets it: a folder with the shipped files, no keys, one command."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import av
import pytest
from PIL import Image

from tests.command_line import Folder, Said

ROOT = Path(__file__).parents[2]

#: They look as real ones do, and open nothing.
KEYS = {
    "SLACK_BOT_TOKEN": "xoxb-111111111111-222222222222-abcdefghijklmnopqrstuvwx",
    "SLACK_APP_TOKEN": "xapp-1-A0000000000-3333333333333-abcdef0123456789",
    "X_API_KEY": "consumerkeyconsumerkey123",
    "X_API_SECRET": "consumersecretconsumersecretconsumersecret12345678",
    "X_ACCESS_TOKEN": "1234567890-accesstokenaccesstokenaccesstoken12",
    "X_ACCESS_TOKEN_SECRET": "accesssecretaccesssecretaccesssecretaccess123",
    "OPENAI_API_KEY": "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
}


@dataclass(frozen=True)
class Demo:
    folder: Folder
    said: Said

    def file(self, name: str) -> Path:
        """Return the file that the table names."""
        (line,) = [line for line in self.said.out.splitlines() if line.startswith(f"{name} ")]
        return self.folder.path / unquote(urlsplit(line.split(maxsplit=1)[1]).path)

    def kept(self, suffix: str) -> list[Path]:
        return list((self.folder.path / "data/demo/media").rglob(f"*{suffix}"))


def shipped(path: Path) -> Folder:
    folder = Folder(path)
    shutil.rmtree(path / "prompts")
    shutil.copytree(ROOT / "prompts", path / "prompts")
    shutil.copy(ROOT / "schedules.yaml", path)
    return folder


pytestmark = pytest.mark.slow


def test_the_demo_is_what_it_promises(tmp_path: Path) -> None:
    """One demo, looked at from all sides; keys are there and must not matter."""
    folder = shipped(tmp_path)
    folder.write(".env", "".join(f"{name}={value}\n" for name, value in KEYS.items()))

    demo = Demo(folder, folder.reelbot("demo"))

    assert_it_says_in_a_few_lines_what_it_made(demo)
    assert_progress_goes_to_standard_error(demo)
    assert_the_clip_plays_everywhere(demo)
    assert_its_stills_are_pictures(demo)
    assert_the_page_shows_both_posts_as_simulated(demo)
    assert_keys_are_neither_used_nor_shown(demo)
    assert [path.name for path in (folder.path / "data").iterdir()] == ["demo"]
    assert_a_second_one_makes_another_clip(demo)


def assert_it_says_in_a_few_lines_what_it_made(demo: Demo) -> None:
    assert demo.said.code == 0, demo.said
    lines = demo.said.out.splitlines()
    names = [line.split()[0] for line in lines]

    assert names == [
        "run",
        "prompt",
        "caption",
        "price",
        "video",
        "slack:#cats",
        "x:@reelbot",
        "feed",
    ]
    assert "succeeded" in lines[0]
    assert "SIMULATED" in lines[0]
    assert lines[3].split() == ["price", "$0.00"]
    assert all("previewed" in line for line in lines[5:7])


def assert_progress_goes_to_standard_error(demo: Demo) -> None:
    said = demo.said.err.splitlines()

    assert said[0] == "Firing cat-hourly. Everything is SIMULATED: no keys, no costs, no posts."
    assert said[-1] == "100%  succeeded"
    assert [line for line in said if "waiting for the video: in progress" in line]


def assert_the_clip_plays_everywhere(demo: Demo) -> None:
    path = demo.file("video")

    with av.open(path) as clip:
        (video,), (sound,) = clip.streams.video, clip.streams.audio
        assert (video.codec_context.name, video.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height) == (1280, 720)
        assert sound.codec_context.name == "aac"
        assert clip.duration is not None
        assert clip.duration / 1e6 == pytest.approx(8, abs=0.1)
        assert sum(1 for _ in clip.decode(video)) == 8 * video.average_rate
    content = path.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def assert_its_stills_are_pictures(demo: Demo) -> None:
    for suffix, kind in ((".webp", "WEBP"), (".jpg", "JPEG")):
        (path,) = demo.kept(suffix)
        with Image.open(path) as image:
            image.load()
            assert image.format == kind
            assert min(image.size) >= 100


def assert_the_page_shows_both_posts_as_simulated(demo: Demo) -> None:
    page = demo.file("feed").read_text(encoding="utf-8")

    assert page.count("<video") == 2
    assert "cats</a>" in page
    assert "@reelbot" in page
    assert page.count("SIMULATED") >= 2


def assert_keys_are_neither_used_nor_shown(demo: Demo) -> None:
    """With every credential set, posts are still only previewed, and no key leaves `.env`."""
    written = [
        path.read_bytes()
        for path in (demo.folder.path / "data").rglob("*")
        if path.is_file() and path.suffix not in {".mp4", ".jpg", ".webp"}
    ]

    for key in KEYS.values():
        assert key not in demo.said.out + demo.said.err
        assert not [content for content in written if key.encode() in content]
    assert demo.said.out.count("previewed") == 2
    assert "posted" not in demo.said.out


def assert_a_second_one_makes_another_clip(demo: Demo) -> None:
    first = demo.file("video").read_bytes()

    again = Demo(demo.folder, demo.folder.reelbot("demo", "--json"))

    assert again.said.code == 0
    assert again.said.json["state"] == "succeeded"
    clip = demo.folder.path / "data/demo/media" / again.said.json["video"]["path"]
    assert clip.read_bytes() != first


def test_it_shows_any_schedule_with_the_studio(tmp_path: Path) -> None:
    """Whatever provider, model, size or length a schedule asks for; the studio's nearest serves."""
    folder = Folder(
        tmp_path,
        """
providers:
  gateway:
    type: videos-api
    base_url: http://127.0.0.1:9/v1
    models: {wan: {usd_per_second: 1, sizes: [832x480], seconds: [5]}}
defaults: {publish: ["slack:#cats"]}
schedules:
  - {id: resting, cron: "7 9 * * *", template: cat, enabled: false}
  - {id: working, cron: "7 9 * * *", template: cat, video: {model: wan}}
""",
    )

    said = folder.reelbot("demo", "--json")

    assert said.code == 0, said
    request = said.json["request"]
    assert (request["provider"], request["video"]["model"]) == ("studio", "studio-1")
    assert (request["video"]["size"], request["video"]["seconds"]) == ("1280x720", 4)
    assert said.json["deliveries"][0]["preview"] is True
