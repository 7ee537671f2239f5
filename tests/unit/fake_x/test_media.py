"""The fake X takes media as X does, and works on it by the clock."""

import base64

import httpx
import pytest

from tests.clock import FakeClock
from tests.fake_x import Account, FakeX, Processing
from tests.x_calls import MP4, append, begin, finalize, message, post, status, upload


def info(answer: httpx.Response) -> dict:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"].get("processing_info", {})


async def test_segments_arrive_in_any_order_and_again(x: FakeX, client: httpx.AsyncClient) -> None:
    media = await begin(client)
    for index, content in ((1, MP4[4000:]), (0, b"other"), (0, MP4[:4000])):
        assert (await append(client, media, index, content)).status_code == 200
    assert (await finalize(client, media)).json()["data"]["size"] == len(MP4)
    assert x.library.all[media].holds(MP4)
    assert not x.library.all[media].holds(MP4[::-1])
    assert not x.library.all[media].holds(MP4 + b"\0")


async def test_a_segment_may_come_as_json(x: FakeX, client: httpx.AsyncClient) -> None:
    media = await begin(client)
    body = {"media": base64.b64encode(MP4).decode(), "segment_index": 0}
    assert (await client.post(f"/2/media/upload/{media}/append", json=body)).status_code == 200
    assert x.library.all[media].holds(MP4)
    bad = body | {"media": "no base64!"}
    assert "base64" in message(await client.post(f"/2/media/upload/{media}/append", json=bad))


async def test_an_append_may_answer_nothing(x: FakeX, client: httpx.AsyncClient) -> None:
    x.world.append_status = 204
    answer = await append(client, await begin(client))
    assert (answer.status_code, answer.content) == (204, b"")


async def test_bytes_that_look_like_a_boundary_arrive_whole(
    x: FakeX, client: httpx.AsyncClient
) -> None:
    content = b"\r\n--\r\n\r\n--\r\n"
    media = await upload(client, content)
    assert x.library.all[media].holds(content)


@pytest.mark.parametrize("index", [-1, 1000, "one"])
async def test_an_index_out_of_range_is_refused(client: httpx.AsyncClient, index: object) -> None:
    assert "segment_index" in message(await append(client, await begin(client), index))


async def test_an_append_with_another_field_is_refused(client: httpx.AsyncClient) -> None:
    path = f"/2/media/upload/{await begin(client)}/append"
    data, files = {"segment_index": "0", "command": "APPEND"}, {"media": ("a", MP4)}
    assert "$.command: is not defined" in message(await client.post(path, data=data, files=files))
    assert "$.media" in message(
        await client.post(path, data={"segment_index": "0"}, files={"a": b""})
    )


async def test_a_segment_over_5_mib_is_413(x: FakeX, client: httpx.AsyncClient) -> None:
    media = await begin(client)
    largest = bytes(5 * 1024 * 1024)
    assert (await append(client, media, 0, largest)).status_code == 200
    assert (await append(client, media, 1, largest + b"\0")).status_code == 413
    assert (await append(client, media, 1, largest * 2)).status_code == 413
    assert list(x.library.all[media].segments) == [0]


async def test_the_size_must_be_the_announced_one(client: httpx.AsyncClient) -> None:
    media = await begin(client, len(MP4) + 1)
    await append(client, media)
    assert "do not add up" in message(await finalize(client, media))


async def test_no_segment_may_be_missing(client: httpx.AsyncClient) -> None:
    media = await begin(client)
    await append(client, media, 1)
    assert "missing" in message(await finalize(client, media))


@pytest.mark.parametrize(
    "wrong",
    [
        {"media_type": "video/avi"},
        {"media_category": "movie"},
        {"total_bytes": "10"},
        {"total_bytes": -1},
        {"total_bytes": 512 * 1024 * 1024 + 1},
        {"command": "INIT"},
        {"additional_owners": ["@reel"]},
    ],
    ids="-".join,
)
async def test_an_initialize_that_is_wrong_in_one_thing_is_refused(
    x: FakeX, client: httpx.AsyncClient, wrong: dict
) -> None:
    right = {"media_type": "video/mp4", "media_category": "tweet_video", "total_bytes": 10}
    answer = await client.post("/2/media/upload/initialize", json=right | wrong)
    assert next(iter(wrong)) in message(answer)
    assert x.library.all == {}


async def test_media_is_worked_on_by_the_clock(
    x: FakeX, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    media = await upload(client)
    assert info(await status(client, media)) == {"state": "pending", "check_after_secs": 2}
    await clock.advance(2)
    working = {"state": "in_progress", "check_after_secs": 2, "progress_percent": 25}
    assert info(await status(client, media)) == working
    await clock.advance(3)
    assert info(await status(client, media)) == {"state": "succeeded", "progress_percent": 100}


async def test_media_can_fail(x: FakeX, client: httpx.AsyncClient, clock: FakeClock) -> None:
    x.library.processing = Processing(fails=True)
    media = await upload(client)
    await clock.advance(5)
    assert info(await status(client, media))["state"] == "failed"
    assert "invalid" in message(await post(client, media={"media_ids": [media]}))


@pytest.mark.parametrize("how", [Processing(vanishes=True), Processing(pending=0, working=0)])
async def test_what_is_told_of_the_work_may_vanish(
    x: FakeX, client: httpx.AsyncClient, clock: FakeClock, how: Processing
) -> None:
    x.library.processing = how
    media = await upload(client)
    await clock.advance(5)
    assert info(await status(client, media)) == {}
    assert (await post(client, media={"media_ids": [media]})).status_code == 201


async def test_there_is_no_status_before_finalize(client: httpx.AsyncClient) -> None:
    assert (await status(client, await begin(client))).status_code == 404
    assert (await status(client, "1")).status_code == 404
    assert (await client.get("/2/media/upload")).status_code == 400


async def test_finalized_media_takes_no_more(client: httpx.AsyncClient) -> None:
    media = await upload(client)
    assert (await append(client, media, 1)).status_code == 400
    assert (await finalize(client, media)).status_code == 400


async def test_media_keeps_its_alt_text(x: FakeX, client: httpx.AsyncClient) -> None:
    media = await upload(client)
    body = {"id": media, "metadata": {"alt_text": {"text": "a cat"}}}
    assert (await client.post("/2/media/metadata", json=body)).status_code == 200
    assert x.library.all[media].alt_text == "a cat"
    body["metadata"]["alt_text"]["text"] = "a" * 1001
    assert "alt_text" in message(await client.post("/2/media/metadata", json=body))


async def test_media_of_another_is_out_of_reach(
    x: FakeX, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    other = x.account("@other")
    media, lent = await upload(client), await upload(client, additional_owners=[other.id])
    await clock.advance(5)
    headers = {"authorization": f"Bearer {x.oauth2(other).access}"}
    async with httpx.AsyncClient(base_url=x.url, headers=headers) as stranger:
        assert (await status(stranger, media)).status_code == 404
        assert (await append(stranger, media)).status_code == 400
        refused = await post(stranger, media={"media_ids": [media]})
        assert message(refused) == "Your media IDs are invalid."
        assert (await post(stranger, media={"media_ids": [lent]})).status_code == 201


async def test_media_lives_for_a_day(
    x: FakeX, reel: Account, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    media = await upload(client)
    await clock.advance(24 * 3600)
    client.headers["authorization"] = f"Bearer {x.oauth2(reel).access}"
    assert (await status(client, media)).status_code == 404
    refused = await post(client, media={"media_ids": [media]})
    assert message(refused) == "Your media IDs are invalid."
