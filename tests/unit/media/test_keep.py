import errno
import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import LowDisk, MediaError, Unavailable
from bot.media import Library
from bot.media.keep import ABANDONED_AFTER, Keep
from tests.clips import chunks

DATA = b"moving pictures" * 200_000


def files(folder):
    return sorted(p for p in folder.rglob("*") if p.is_file())


async def test_a_file_is_named_by_its_content(tmp_path):
    library = Library(tmp_path / "media")
    asset = await library.save(chunks(DATA), "video/mp4; codecs=avc1")
    assert asset.path == f"{asset.sha256[:2]}/{asset.sha256}.mp4"
    assert (asset.media_type, asset.bytes) == ("video/mp4", len(DATA))
    assert library.path(asset).read_bytes() == DATA


async def test_keeping_the_same_bytes_twice_keeps_one_file(tmp_path):
    library = Library(tmp_path)
    assert await library.save(chunks(DATA), "video/mp4") == await library.save(
        chunks(DATA, size=999), "video/mp4"
    )
    assert len(files(tmp_path)) == 1


async def test_keeping_again_mends_a_file_that_was_damaged_on_disk(tmp_path):
    library = Library(tmp_path)
    asset = await library.save(chunks(DATA), "video/mp4")
    library.path(asset).write_bytes(b"rotten")
    await library.save(chunks(DATA), "video/mp4")
    assert library.path(asset).read_bytes() == DATA


async def test_an_interrupted_download_keeps_nothing_and_raises_what_interrupted_it(tmp_path):
    async def breaking():
        yield DATA
        raise Unavailable

    library = Library(tmp_path)
    with pytest.raises(Unavailable):
        await library.save(breaking(), "video/mp4")
    assert files(tmp_path) == []


async def test_a_removed_file_is_gone_and_removing_it_again_is_no_error(tmp_path):
    library = Library(tmp_path)
    asset = await library.save(chunks(DATA), "video/mp4")
    assert await library.remove(asset, unless_kept_since=datetime.now(UTC))
    assert files(tmp_path) == []
    assert await library.remove(asset, unless_kept_since=datetime.now(UTC))


async def test_a_file_that_was_kept_again_since_then_stays(tmp_path):
    library = Library(tmp_path)
    asset = await library.save(chunks(DATA), "video/mp4")
    since = datetime.now(UTC) - timedelta(seconds=1)
    assert not await library.remove(asset, unless_kept_since=since)
    assert library.path(asset).read_bytes() == DATA


async def test_a_library_that_was_copied_long_ago_can_be_emptied(tmp_path):
    library = Library(tmp_path)
    asset = await library.save(chunks(DATA), "video/mp4")
    copied = time.time() - ABANDONED_AFTER - 60
    os.utime(library.path(asset), (copied, copied))
    made = datetime.fromtimestamp(copied, UTC) - timedelta(days=9)
    assert await library.remove(asset, unless_kept_since=made)


async def test_a_file_that_cannot_be_deleted_is_named(tmp_path, monkeypatch):
    def refuse(_path):
        raise PermissionError(errno.EACCES, "Permission denied")

    library = Library(tmp_path)
    asset = await library.save(chunks(DATA), "video/mp4")
    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(MediaError, match=f"{asset.sha256}.mp4 cannot be deleted") as refused:
        await library.remove(asset, unless_kept_since=datetime.now(UTC))
    assert refused.value.hint


async def test_a_full_disk_is_refused_before_anything_is_written(tmp_path):
    library = Library(tmp_path, min_free_bytes=1 << 60)
    with pytest.raises(LowDisk, match="must stay free") as caught:
        await library.save(chunks(DATA), "video/mp4")
    assert caught.value.hint
    assert files(tmp_path) == []


async def test_a_disk_that_fills_up_meanwhile_stops_the_download(tmp_path, monkeypatch):
    """Another program may eat the room while a long download runs."""
    free = iter([10**9, 10**9])
    monkeypatch.setattr(Keep, "free_bytes", lambda self: next(free, 0))
    with pytest.raises(LowDisk):
        await Library(tmp_path).save(chunks(DATA), "video/mp4")
    assert files(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the full device is Linux's")  # noqa: PTH110 a decorator's one-liner
def test_the_system_saying_that_the_disk_is_full_becomes_low_disk(tmp_path):
    with pytest.raises(LowDisk) as caught, Keep(tmp_path, min_free_bytes=0).part():  # noqa: SIM117 the order is the test
        with open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123 a device
            full.write(b"x")
    assert caught.value.__cause__.errno == errno.ENOSPC


def test_other_failures_of_the_disk_stay_what_they_are(tmp_path):
    with pytest.raises(PermissionError), Keep(tmp_path, min_free_bytes=0).part():
        raise PermissionError(errno.EACCES, "no")


def test_what_a_kill_left_behind_is_swept_at_the_next_open(tmp_path):
    abandoned, in_use = tmp_path / "a.part", tmp_path / "b.part"
    for part in (abandoned, in_use):
        part.write_bytes(b"half a vid")
    long_ago = time.time() - ABANDONED_AFTER - 60
    os.utime(abandoned, (long_ago, long_ago))
    Library(tmp_path)
    assert files(tmp_path) == [in_use]


def test_free_bytes_is_the_room_of_the_librarys_disk(tmp_path):
    stat = os.statvfs(tmp_path)
    assert Library(tmp_path).free_bytes() == pytest.approx(stat.f_bavail * stat.f_frsize, rel=0.05)
