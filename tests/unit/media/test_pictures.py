"""What people hand in is a picture only if all of it opens as one."""

import io

import pytest
from PIL import Image

from bot.media import Library
from tests.clips import chunks


def picture(kind, size=(64, 48)):
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_is_one_and_half_of_it_is_not(tmp_path, kind):
    library, whole = Library(tmp_path), picture(kind)
    assert await library.is_picture(await library.save(chunks(whole), "image/png"))
    half = await library.save(chunks(whole[: len(whole) // 2]), "image/png")
    assert not await library.is_picture(half)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG", b"RIFF0000WAVE", picture("GIF"), picture("BMP")],
    ids=["nothing", "a start", "a sound", "gif", "bmp"],
)
async def test_nothing_else_is_one(tmp_path, content):
    library = Library(tmp_path)
    assert not await library.is_picture(await library.save(chunks(content), "image/png"))


async def test_one_that_would_fill_the_memory_is_none(tmp_path):
    library, out = Library(tmp_path), io.BytesIO()
    Image.new("1", (8000, 7000)).save(out, "PNG")
    assert not await library.is_picture(await library.save(chunks(out.getvalue()), "image/png"))
