"""A create as it goes over the wire: one request, to the endpoint that the protocol has for it.

`videos_api` builds it here and sends it once. JSON without a file and multipart with one, since
some servers read only the one or the other of an optional object. Fields and endpoints:
openai-openapi 2.3.0; `characters` is of the guide and in no schema.
"""

import asyncio
from pathlib import Path
from urllib.parse import quote

import httpx

from bot.domain.video import Derivation, Origin, VideoRequest, parse_size
from bot.providers.reference import first_frame


async def build(client: httpx.AsyncClient, request: VideoRequest) -> httpx.Request:
    """Return the one request of a create; `RequestError` for a reference that is no image.

    All numbers are strings: `seconds` as an integer is a 400 at the original.
    """
    if request.origin:
        return _derived(client, request, request.origin)
    fields = {
        "prompt": request.prompt,
        "model": request.model,
        "seconds": str(request.seconds),
        "size": request.size,
    }
    if request.reference is None:
        cast = [{"id": character} for character in request.characters]
        return client.build_request(
            "POST", "videos", json=fields | ({"characters": cast} if cast else {})
        )
    image = await asyncio.to_thread(first_frame, Path(request.reference), *parse_size(request.size))
    # A form spells a list of objects in brackets, as the official clients do.
    form = fields | ({"characters[][id]": [*request.characters]} if request.characters else {})
    return client.build_request("POST", "videos", data=form, files={"input_reference": image})


def _derived(client: httpx.AsyncClient, request: VideoRequest, origin: Origin) -> httpx.Request:
    """Return the request of a video that grows out of another.

    An extension's `seconds` are those that are added ("length of the newly generated extension
    segment"), while the job tells the whole ("the stitched total duration").
    """
    body: dict[str, object] = {"prompt": request.prompt}
    if origin.how is Derivation.REMIX:
        path = f"videos/{quote(origin.video_id, safe='')}/remix"
        return client.build_request("POST", path, json=body)
    body["video"] = {"id": origin.video_id}
    if origin.how is Derivation.EDIT:
        return client.build_request("POST", "videos/edits", json=body)
    body["seconds"] = str(request.new_seconds)
    return client.build_request("POST", "videos/extensions", json=body)
