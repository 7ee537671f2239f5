"""What the tests of the fake X do again and again: an upload, a post."""

import httpx

MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40
VIDEO = {"media_type": "video/mp4", "media_category": "tweet_video"}


async def begin(client: httpx.AsyncClient, size: int = len(MP4), **more: object) -> str:
    asked = VIDEO | {"total_bytes": size} | more
    answer = await client.post("/2/media/upload/initialize", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["id"]


async def append(
    client: httpx.AsyncClient, media: str, index: object = 0, content: bytes = MP4
) -> httpx.Response:
    path = f"/2/media/upload/{media}/append"
    data = {"segment_index": str(index)}
    return await client.post(path, data=data, files={"media": ("a.mp4", content)})


async def finalize(client: httpx.AsyncClient, media: str) -> httpx.Response:
    return await client.post(f"/2/media/upload/{media}/finalize")


async def status(client: httpx.AsyncClient, media: str) -> httpx.Response:
    asked = {"command": "STATUS", "media_id": media}
    return await client.get("/2/media/upload", params=asked)


async def upload(client: httpx.AsyncClient, content: bytes = MP4, **more: object) -> str:
    """Return the id of media that was finalized."""
    media = await begin(client, len(content), **more)
    assert (await append(client, media, content=content)).status_code == 200
    assert (await finalize(client, media)).status_code == 200
    return media


async def post(client: httpx.AsyncClient, text: str = "a cat", **more: object) -> httpx.Response:
    return await client.post("/2/tweets", json={"text": text} | more)


async def timeline(client: httpx.AsyncClient, account: str, **more: object) -> httpx.Response:
    asked = {
        "max_results": 5,
        "tweet.fields": "created_at,attachments",
        "expansions": "attachments.media_keys",
        "media.fields": "media_key",
    }
    return await client.get(f"/2/users/{account}/tweets", params=asked | more)


def message(answer: httpx.Response) -> str:
    """Return what a 400 complains of."""
    assert answer.status_code == 400, answer.text
    return answer.json()["errors"][0]["message"]
