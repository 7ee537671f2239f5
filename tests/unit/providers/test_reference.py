"""A picture becomes a first frame of exactly the video's size."""

import io

import numpy as np
import pytest
from PIL import Image

from bot.errors import RequestError
from bot.providers.reference import LARGEST_IMAGE, first_frame

SIZE = (1280, 720)


def save(folder, image, kind="PNG", **options):
    path = folder / f"cat.{kind.lower()}"
    image.save(path, kind, **options)
    return path


def picture(width, height):
    """Red on the left, blue on the right, a white bar at the top."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    image.paste("white", (0, 0, width, height // 10))
    return image


def frame_of(path, size=SIZE):
    name, content, media_type = first_frame(path, *size)
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == size
        assert Image.MIME[image.format] == media_type
        assert name.endswith("." + media_type.removeprefix("image/").replace("jpeg", "jpg"))
        assert not image.getexif()
        return np.asarray(image.convert("RGB")).astype(int)


def near(pixel, colour):
    return np.abs(pixel - colour).max() < 40


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1024, 1792), (1920, 1080)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("shape", [(1, 1), (640, 480), (100, 3000), (4000, 50)])
def test_every_picture_becomes_a_frame_of_exactly_the_size(tmp_path, size, kind, shape):
    frame_of(save(tmp_path, Image.new("RGB", shape, "red"), kind), size)


def test_a_png_of_the_very_size_stays_as_it_is(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
    assert (frame_of(save(tmp_path, Image.fromarray(noise))) == noise).all()


def test_a_picture_of_nearly_the_shape_is_cropped_about_its_middle(tmp_path):
    frame = frame_of(save(tmp_path, picture(1200, 900)))  # 4:3, which loses a quarter
    assert near(frame[360, 10], (255, 0, 0))
    assert near(frame[360, -10], (0, 0, 255))
    assert near(frame[5, 10], (255, 0, 0))  # the bar at the top is cut off


def test_a_picture_of_another_shape_is_shown_whole_before_a_blurred_copy(tmp_path):
    frame = frame_of(save(tmp_path, picture(900, 1600)))
    left = (1280 - 405) // 2
    assert near(frame[10, 640 - 100], (255, 255, 255))  # its top
    assert near(frame[700, left + 20], (255, 0, 0))
    assert near(frame[700, -left - 20], (0, 0, 255))
    # beside it no hard edges: neighbours differ little
    assert np.abs(np.diff(frame[:, : left - 2], axis=1)).max() < 12


def test_a_picture_taken_sideways_stands_upright(tmp_path):
    sideways = picture(720, 1280).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it clockwise to see it
    exif[0x010F] = "A camera"
    path = save(tmp_path, sideways, "JPEG", exif=exif)
    frame = frame_of(path, (720, 1280))
    assert near(frame[20, 360], (255, 255, 255))
    assert near(frame[640, 20], (255, 0, 0))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "I;16", "CMYK"])
def test_every_mode_of_pixels_becomes_rgb(tmp_path, mode):
    image = Image.new("L", SIZE, 0).convert(mode)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    if mode == "CMYK":
        kind = "JPEG"
    frame_of(save(tmp_path, image, kind))


def test_what_shines_through_is_white(tmp_path):
    frame = frame_of(save(tmp_path, Image.new("RGBA", SIZE, (255, 0, 0, 0))))
    assert near(frame[360, 640], (255, 255, 255))


def test_a_picture_of_too_many_pixels_is_refused_undecoded(tmp_path):
    path = save(tmp_path, Image.new("1", (10_000, LARGEST_IMAGE // 10_000 + 1)))
    with pytest.raises(RequestError) as refused:
        first_frame(path, *SIZE)
    assert "megapixels" in str(refused.value)


def test_a_file_of_too_many_bytes_is_refused_unread(tmp_path):
    path = tmp_path / "cat.png"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    with pytest.raises(RequestError) as refused:
        first_frame(path, *SIZE)
    assert "20 MB" in str(refused.value)


@pytest.mark.parametrize("kept", [0, 10, 100, 1000])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_damaged_picture_is_refused(tmp_path, kind, kept):
    noise = np.random.default_rng(1).integers(0, 256, (90, 160, 3), np.uint8)
    path = save(tmp_path, Image.fromarray(noise), kind)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(RequestError) as refused:
        first_frame(path, *SIZE)
    assert refused.value.hint


def test_a_picture_that_is_gone_is_said_so(tmp_path):
    with pytest.raises(RequestError):
        first_frame(tmp_path / "gone.png", *SIZE)
