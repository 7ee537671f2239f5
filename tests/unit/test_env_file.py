"""What `slack setup` leaves of a .env: everything but the values it was given."""

import os
import stat
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.env_file import EnvFile, _filled
from bot.errors import ConfigError

TOKEN = {"SLACK_BOT_TOKEN": "xoxb-1"}


@pytest.mark.parametrize(
    "old,new",
    [
        ("", "SLACK_BOT_TOKEN=xoxb-1\n"),
        ("A=b", "A=b\nSLACK_BOT_TOKEN=xoxb-1\n"),
        ("SLACK_BOT_TOKEN=\nA=b\n", "SLACK_BOT_TOKEN=xoxb-1\nA=b\n"),
        ("SLACK_BOT_TOKEN\nA=b\n", "SLACK_BOT_TOKEN=xoxb-1\nA=b\n"),
        ("SLACK_BOT_TOKEN=old # ours\n", "SLACK_BOT_TOKEN=xoxb-1 # ours\n"),
        ("SLACK_BOT_TOKEN= # ours\n", "SLACK_BOT_TOKEN=xoxb-1 # ours\n"),
        ("SLACK_BOT_TOKEN='o # ld' # ours\n", "SLACK_BOT_TOKEN=xoxb-1 # ours\n"),
        ('SLACK_BOT_TOKEN="o\nld"\nA=b\n', "SLACK_BOT_TOKEN=xoxb-1\nA=b\n"),
        ("\n export SLACK_BOT_TOKEN = old \n", "\n export SLACK_BOT_TOKEN=xoxb-1 \n"),
        ("#SLACK_BOT_TOKEN=old\n", "#SLACK_BOT_TOKEN=old\nSLACK_BOT_TOKEN=xoxb-1\n"),
        ("SLACK_BOT_TOKEN_2=x\n", "SLACK_BOT_TOKEN_2=x\nSLACK_BOT_TOKEN=xoxb-1\n"),
        (
            "SLACK_BOT_TOKEN=a\n# twice\nSLACK_BOT_TOKEN=b\n",
            "SLACK_BOT_TOKEN=xoxb-1\n# twice\nSLACK_BOT_TOKEN=xoxb-1\n",
        ),
        (
            "\ufeffA=b\r\nSLACK_BOT_TOKEN=a\r\n# c",
            "\ufeffA=b\r\nSLACK_BOT_TOKEN=xoxb-1\r\n# c",
        ),
        ("A=b\r\n", "A=b\r\nSLACK_BOT_TOKEN=xoxb-1\r\n"),
    ],
)
def test_values_are_replaced_in_place_and_all_else_stays(
    old: str, new: str, tmp_path: Path
) -> None:
    path = tmp_path / ".env"
    path.write_bytes(old.encode())

    EnvFile(path).put(TOKEN)

    assert path.read_bytes().decode() == new


_LINES = st.lists(
    st.sampled_from(
        [
            "# a comment",
            "",
            "A=b",
            "B='two # words' # why",
            'C="two\nlines"',
            "SLACK_BOT_TOKEN=",
            "SLACK_BOT_TOKEN='old' # of June",
            "export SLACK_BOT_TOKEN=old#er",
            "  D = e  ",
        ]
    )
)


@given(lines=_LINES, end=st.sampled_from(["\n", "\r\n"]), last=st.booleans())
def test_the_file_says_the_new_value_and_of_others_what_it_said(
    lines: list[str], end: str, last: bool
) -> None:
    old = end.join(lines) + (end if last else "")

    new = _filled(old, TOKEN)

    said = dotenv_values(stream=StringIO(old, newline=""))
    assert dotenv_values(stream=StringIO(new, newline="")) == said | TOKEN
    assert _filled(new, TOKEN) == new
    assert [line for line in lines if line.startswith("#") and line not in new] == []


def test_only_the_owner_can_read_it_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("SLACK_BOT_TOKEN=old\n")
    path.chmod(0o644)

    EnvFile(path).put(TOKEN)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "kind,why",
    [
        ("link", "it is a link to another file"),
        ("dangling", "it is a link to another file"),
        ("folder", "it is not a file"),
        ("pipe", "it is not a file"),
        ("read-only", "it is read-only"),
        ("nowhere", "its folder cannot be written"),
    ],
)
def test_what_must_not_be_replaced_is_refused_at_once(kind: str, why: str, tmp_path: Path) -> None:
    path, other = tmp_path / ".env", tmp_path / "other"
    other.write_text("A=b\n")
    match kind:
        case "link":
            path.symlink_to(other)
        case "dangling":
            path.symlink_to(tmp_path / "gone")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "read-only":
            path.write_text("A=b\n")
            path.chmod(0o400)
        case "nowhere":
            path = tmp_path / "none" / ".env"

    with pytest.raises(ConfigError, match=why) as refused:
        EnvFile(path)

    assert "--env-file" in str(refused.value.hint)
    assert other.read_text() == "A=b\n"


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_text("A=b\n")
    file = EnvFile(path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        file.put(TOKEN)

    assert path.read_text() == "A=b\n"
    assert list(tmp_path.iterdir()) == [path]
