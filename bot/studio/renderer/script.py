"""A shot's script, read: what each act shows, and how it sounds.

Used by the stories. The one invariant: an act is read from its own texts and those before
it in the lineage, never from a later act.
"""

from dataclasses import replace
from functools import cached_property
from itertools import groupby

from bot.studio.renderer import character, soundtrack
from bot.studio.renderer.prompt import parse
from bot.studio.renderer.shot import Shot
from bot.studio.renderer.soundtrack import Passage
from bot.studio.renderer.spec import SceneSpec
from bot.studio.renderer.stream import Streams


class Script:
    """The acts of one shot as the drawing understands them."""

    def __init__(self, shot: Shot) -> None:
        self._shot = shot
        self.streams = Streams(prompt=shot.prompt, seed=shot.seed)

    def texts(self, index: int) -> tuple[str, ...]:
        """The prompt and the changes of act `index`, oldest first, with nouns for names."""
        return character.introduce(self._said(index), self._shot.characters)

    def spec(self, index: int) -> SceneSpec:
        return self._specs[index]

    @cached_property
    def _specs(self) -> tuple[SceneSpec, ...]:
        return tuple(self._read(index) for index in range(len(self._shot.acts)))

    def _read(self, index: int) -> SceneSpec:
        prompt, *changes = self.texts(index)
        spec = parse(prompt, self._shot.seed, changes)
        who = character.lead(self._said(index), self._shot.characters)
        return replace(spec, guise=(who.coat, who.accent)) if who else spec

    def _said(self, index: int) -> tuple[str, ...]:
        return (self._shot.prompt, *self._shot.acts[index].changes)

    def composed(self, first: int) -> list[Passage]:
        """The sound from act `first` on; acts that look alike sound as one."""
        acts = zip(self._specs[first:], self._shot.acts[first:], strict=True)
        return [
            passage
            for spec, alike in groupby(acts, key=lambda entry: entry[0])
            for passage in soundtrack.composed(
                spec, self.streams, sum(act.seconds for _, act in alike)
            )
        ]
