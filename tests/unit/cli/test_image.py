"""`--image` takes a file, an address or a `data:` URL, and nothing that is no image."""

import asyncio
import base64
import io
from urllib.parse import quote

import pytest
from PIL import Image as Pillow

from bot.cli.image import MOST_BYTES, load
from bot.errors import RequestError


def image(kind="PNG"):
    out = io.BytesIO()
    Pillow.new("RGB", (16, 9), "red").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    "kind,media_type", [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
async def test_a_file_is_known_by_what_is_in_it(tmp_path, kind, media_type):
    (path := tmp_path / "cat.bin").write_bytes(image(kind))
    loaded = await load(str(path))
    assert (loaded.content, loaded.media_type) == (image(kind), media_type)
    assert loaded.stand_in.bytes == len(image(kind))


async def test_an_address_is_fetched_once():
    asked = []

    async def answer(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + image())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    loaded = await load(f"HTTP://127.0.0.1:{port}/cat.png")
    server.close()
    assert loaded.content == image()
    assert len(asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64," + base64.b64encode(image()).decode(),
        "data:image/jpeg;base64," + quote(base64.b64encode(image())),  # the bytes tell the type
        "data:image/png," + quote(image()),
    ],
)
async def test_a_data_url_holds_its_image(url):
    loaded = await load(url)
    assert (loaded.content, loaded.media_type) == (image(), "image/png")


@pytest.mark.parametrize(
    "given,says",
    [
        ("data:image/png;base64,no!", "damaged"),
        ("data:image/png;base64," + base64.b64encode(b"cat").decode(), "is not an image"),
        ("data:", "is not an image"),
        ("http://10.0.0.1/cat.png", "not https"),
        ("https://10.0.0.1/cat.png", "not on the public internet"),
        ("no/such/cat.png", "No such file"),
        ("ftp://cats.test/cat.png", "cannot be read"),
    ],
)
async def test_what_holds_no_image_says_so(given, says):
    with pytest.raises(RequestError) as refused:
        await load(given)
    assert says in str(refused.value)
    assert refused.value.hint
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("content", [b"", b"GIF89a", image()[:60], image() + b"x" * MOST_BYTES])
async def test_a_file_that_is_no_image_or_too_large_says_so(tmp_path, content):
    (path := tmp_path / "cat.png").write_bytes(content)
    with pytest.raises(RequestError) as refused:
        await load(str(path))
    assert "is not an image of up to 20 MB" in str(refused.value)
