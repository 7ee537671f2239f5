import pytest
from PIL import Image

from bot.errors import Unusable
from bot.media import Library
from tests.clips import chunks, clip


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path)


async def test_the_thumbnail_is_a_webp_of_the_videos_size(library):
    video = await library.save(chunks(clip()), "video/mp4")
    still = await library.thumbnail(video)
    assert still.media_type == "image/webp"
    with Image.open(library.path(still)) as image:
        assert (image.format, image.size) == ("WEBP", (320, 180))


@pytest.mark.parametrize("size,sheet", [((320, 180), (1280, 720)), ((180, 320), (720, 1280))])
async def test_the_sprite_sheet_is_a_jpeg_of_four_by_four_frames(library, size, sheet):
    video = await library.save(chunks(clip(width=size[0], height=size[1])), "video/mp4")
    sprites = await library.spritesheet(video)
    assert sprites.media_type == "image/jpeg"
    with Image.open(library.path(sprites)) as image:
        assert (image.format, image.size) == ("JPEG", sheet)
        first = image.crop((0, 0, sheet[0] // 4, sheet[1] // 4))
        last = image.crop((sheet[0] * 3 // 4, sheet[1] * 3 // 4, *sheet))
        assert first.tobytes() != last.tobytes()


@pytest.mark.parametrize("size,whole", [((320, 180), (646, 366)), ((180, 320), (738, 320))])
async def test_the_strip_is_four_frames_as_a_card_shows_them(library, size, whole):
    video = await library.save(chunks(clip(width=size[0], height=size[1])), "video/mp4")
    strip = await library.strip(video)
    assert strip.media_type == "image/jpeg"
    with Image.open(library.path(strip)) as image:
        assert (image.format, image.size) == ("JPEG", whole)
        first = image.crop((0, 0, *size))
        last = image.crop((whole[0] - size[0], whole[1] - size[1], *whole))
        assert first.tobytes() != last.tobytes()


async def test_a_video_shorter_than_the_grid_repeats_its_last_frame(library):
    video = await library.save(chunks(clip(seconds=0.125)), "video/mp4")
    with Image.open(library.path(await library.spritesheet(video))) as image:
        last = image.crop((960, 540, 1280, 720))
        assert last.getextrema() != ((0, 0), (0, 0), (0, 0))


async def test_making_a_still_again_gives_the_same_file(library):
    video = await library.save(chunks(clip()), "video/mp4")
    assert await library.thumbnail(video) == await library.thumbnail(video)


async def test_no_still_comes_out_of_garbage(library):
    page = await library.save(chunks(b"<html></html>" * 100), "video/mp4")
    with pytest.raises(Unusable):
        await library.thumbnail(page)
