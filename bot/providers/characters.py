"""Characters that a server keeps: taken from a clip, then named in creates by their ids.

`videos_api` offers them. Making one costs nothing and shows nothing, and a second one of the same
clip does no harm; so it may be repeated, and stands outside the ledger.
"""

import asyncio
from pathlib import Path
from urllib.parse import quote

import httpx

from bot.errors import ProviderError, RequestError, Unavailable
from bot.providers import answers
from bot.providers.refusal import Refusals, say_lost

#: A clip of two to four seconds is what a character is made of; bytes.
LARGEST_CLIP = 100_000_000
LONGEST_NAME = 80


class Characters:
    """The characters of one server: `/videos/characters`."""

    def __init__(self, name: str, *, client: httpx.AsyncClient, refusals: Refusals) -> None:
        self._name = name
        self._client = client
        self._refusals = refusals

    async def create(self, name: str, clip: Path) -> str:
        """Upload an MP4 and return the id of the character in it; a repetition makes another.

        Raises `RequestError` for a name or a file that no server takes, `Rejected`,
        `Unauthorized`, `RateLimited`, and `Unavailable` when the answer was lost.
        """
        if not 1 <= len(name) <= LONGEST_NAME:
            raise RequestError(
                f"A character's name has 1 to {LONGEST_NAME} characters.", hint="Choose another."
            )
        video = ("character.mp4", await asyncio.to_thread(_read, clip), "video/mp4")
        request = self._client.build_request(
            "POST", "videos/characters", data={"name": name}, files={"video": video}
        )
        character_id = answers.read_id(await self._ask(request))
        if character_id is None:
            raise ProviderError(
                f"{self._name} made a character without an id.", hint="Make it once more."
            )
        return character_id

    async def name(self, character_id: str) -> str | None:
        """Return the name of a character; None where the server does not say.

        Raises `Rejected` for one it does not know, and what `create` does.
        """
        path = f"videos/characters/{quote(character_id, safe='')}"
        item = await self._ask(self._client.build_request("GET", path))
        name = item.get("name")
        return answers.clean(name, LONGEST_NAME) if isinstance(name, str) else None

    async def _ask(self, request: httpx.Request) -> answers.Item:
        try:
            response = await self._client.send(request, follow_redirects=False)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._name} was not reached: {say_lost(error)}.") from error
        if response.is_server_error:
            raise Unavailable(self._refusals.say(response, "a character"))
        if not response.is_success:
            raise self._refusals.error(response, "a character")
        return answers.read_item(answers.decode(response.content)) or {}


def _read(clip: Path) -> bytes:
    try:
        if clip.stat().st_size <= LARGEST_CLIP:
            content = clip.read_bytes()
            if content[4:8] == b"ftyp":
                return content
    except OSError as error:
        raise RequestError(
            f"The clip {clip.name} cannot be read.", hint="Check that it exists."
        ) from error
    raise RequestError(
        f"{clip.name} is not an MP4 file of up to {LARGEST_CLIP // 1_000_000} MB.",
        hint="Convert it, or cut out the few seconds that show the character.",
    )
