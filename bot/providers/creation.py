"""A create as it goes over the wire: one request, to the endpoint that the protocol has for it.

`videos_api` builds it here and sends it once. JSON without a file and multipart with one, since
some servers read only the one or the other of an optional object; vLLM-Omni reads forms alone, and
says of JSON that it lacks a prompt. Fields and endpoints:
openai-openapi 2.3.0; `characters` is of the guide and in no schema.
"""

import asyncio
from pathlib import Path
from urllib.parse import quote

import httpx

from bot.domain.video import Derivation, Origin, VideoRequest, parse_size
from bot.providers.reference import Part, first_frame

#: What is answered to fields that are not there.
INVALID = {400, 422}
#: Characters of a refusal that are worth reading.
_READ = 10_000


async def build(
    client: httpx.AsyncClient, request: VideoRequest, *, as_form: bool = False
) -> httpx.Request:
    """Return the one request of a create; `RequestError` for a reference that is no image.

    With *as_form* a new video is multipart without a file, too. All numbers are strings:
    `seconds` as an integer is a 400 at the original.
    """
    if request.origin:
        return _derived(client, request, request.origin)
    fields = {
        "prompt": request.prompt,
        "model": request.model,
        "seconds": str(request.seconds),
        "size": request.size,
    }
    if request.reference is None and not as_form:
        cast = [{"id": character} for character in request.characters]
        return client.build_request(
            "POST", "videos", json=fields | ({"characters": cast} if cast else {})
        )
    # A form spells a list of objects in brackets, as the official clients do.
    cast_ids = [("characters[][id]", character) for character in request.characters]
    parts: list[tuple[str, Part | tuple[None, str]]] = [
        (name, (None, text)) for name, text in (*fields.items(), *cast_ids)
    ]
    if request.reference:
        size = parse_size(request.size)
        image = await asyncio.to_thread(first_frame, Path(request.reference), *size)
        parts.append(("input_reference", image))
    return client.build_request("POST", "videos", files=parts)


def went_unread(response: httpx.Response) -> bool:
    """Whether the server misses the prompt in the JSON of a new video, where it is.

    Then it reads forms only, and has surely made nothing.
    """
    sent = response.request
    is_json = sent.headers.get("content-type") == "application/json"
    if response.status_code not in INVALID or not is_json or not sent.url.path.endswith("/videos"):
        return False
    said = response.text[:_READ].lower()
    return "prompt" in said and ("missing" in said or "required" in said)


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
