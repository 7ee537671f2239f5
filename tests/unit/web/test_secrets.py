"""What a variable with webhook secrets may hold."""

import base64
import secrets

import pytest
from standardwebhooks import Webhook

from bot.errors import ConfigError
from bot.web import read_secrets

OLD, NEW = (b"\x00\xff" * 16, b"n" * 24)


def spelt(key: bytes) -> str:
    return f"whsec_{base64.b64encode(key).decode()}"


@pytest.mark.parametrize(
    "text,keys",
    [
        (spelt(OLD), [OLD]),
        (f"{spelt(OLD)} {spelt(NEW)}", [OLD, NEW]),
        (f"  {spelt(NEW)}\t{spelt(OLD)}\n", [NEW, OLD]),
        (spelt(OLD).rstrip("="), [OLD]),
    ],
)
def test_secrets_are_read_with_and_without_padding(text: str, keys: list[bytes]) -> None:
    assert [secret._whsecret for secret in read_secrets("HOOK", text)] == keys


def test_the_library_reads_the_same_secret() -> None:
    text = spelt(secrets.token_bytes(32))

    assert read_secrets("HOOK", text)[0]._whsecret == Webhook(text)._whsecret


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "whsec_",
        "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
        spelt(OLD).removeprefix("whsec_"),
        spelt(OLD).replace("whsec_", "WHSEC_"),
        spelt(b"n" * 23),
        spelt(OLD)[:-3],
        "whsec_" + "-_" * 20,
        "whsec_" + "ü" * 40,
        f"{spelt(OLD)},{spelt(NEW)}",
        f"{spelt(OLD)} nonsense",
    ],
)
def test_anything_else_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_secrets("HOOK", text)

    assert str(refused.value) == "HOOK must be whsec_ and at least 24 bytes in base64."
    said = f"{refused.value} {refused.value.hint}"
    assert [word for word in text.split() if word != "whsec_" and word in said] == []
