"""The characters of the studio: made from a clip, found again by their ids. `routes` calls it.

Invariant: of the clip only two colours are kept.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime

from bot.studio import moderation
from bot.studio.characters import Character
from bot.studio.files import Files
from bot.studio.footage import Looker
from bot.studio.problem import Problem
from bot.studio.request import CharacterRequest
from bot.studio.script import Look
from bot.studio.store import Store, StoreThread


class Cast:
    """All calls raise the Problem that the client gets to see."""

    def __init__(
        self,
        store: StoreThread,
        files: Files,
        looker: Looker,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._files = files
        self._looker = looker
        self._clock = clock

    async def create(self, request: CharacterRequest) -> Character:
        """Look at the clip and remember who is in it; the same request again is another one."""
        if moderation.blocked(request.name):
            raise Problem(moderation.MESSAGE, code=moderation.CODE, param="name")
        character_id = f"char_{uuid.uuid4().hex}"
        await asyncio.to_thread(self._files.keep_source, character_id, request.video.file)
        try:
            seen = await self._looker.look(self._files.source(character_id))
        finally:
            await asyncio.to_thread(self._files.remove_sources, [character_id])
        character = Character(
            id=character_id,
            name=request.name,
            coat=seen.coat,
            accent=seen.accent,
            created_at=int(self._clock().timestamp()),
        )
        await self._store.ask(lambda store: store.characters.add(character))
        return character

    async def get(self, character_id: str) -> Character:
        found = await self._store.ask(lambda store: store.characters.get(character_id))
        if found is None:
            raise Problem(
                f"Character with id '{character_id}' not found.", code="not_found", status=404
            )
        return found


def looks(store: Store, character_ids: Iterable[str]) -> tuple[Look, ...]:
    """How the characters of a request look. Raises the Problem of the first unknown one."""
    return tuple(_look(store, character_id, i) for i, character_id in enumerate(character_ids))


def _look(store: Store, character_id: str, place: int) -> Look:
    found = store.characters.get(character_id)
    if found is None:
        raise Problem(
            f"Character with id '{character_id[:100]}' not found.",
            code="invalid_value",
            param=f"characters[{place}].id",
        )
    return Look(name=found.name, coat=found.coat, accent=found.accent)
