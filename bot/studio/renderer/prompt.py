"""Reads a prompt: whole words, each colour bound to the noun it precedes.

Called by the renderer once per clip. The one invariant: the same prompt and seed
always give the same SceneSpec, and a word the vocabulary does not know changes
nothing but the lots that are drawn.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

from bot.studio.renderer.spec import Coat, Light, Mood, Move, Pose, SceneSpec, Weather
from bot.studio.renderer.stream import Streams
from bot.studio.renderer.vocabulary import (
    ACTED,
    BOATS,
    BREEDS,
    CATS,
    CLAUSE_ENDS,
    COATS,
    COPULAS,
    HILLS,
    HINTS,
    HUES,
    IRREGULAR,
    KNOWN,
    LIGHTS,
    MODIFIERS,
    MOODS,
    MOVES,
    NEGATIONS,
    PAPER,
    POSES,
    STORMS,
    WEATHERS,
    WHOLE,
)

_Choice = TypeVar("_Choice", bound=StrEnum)
_Answer = TypeVar("_Answer")

#: How many words an adjective looks ahead for its noun.
_NOUN_REACH = 6

#: What is drawn by lot, and how often, when the prompt does not say.
_LIGHT_LOTS = {Light.GOLDEN: 3, Light.SUNSET: 2, Light.DAWN: 2, Light.DAY: 3, Light.NIGHT: 1}
_MOVE_LOTS = {Move.DRIFT: 3, Move.ZOOM_IN: 2, Move.PAN: 1}
_POSE_LOTS = {Pose.WALK: 3, Pose.SIT: 3, Pose.PLAY: 1}
_COAT_LOTS = {
    Coat.GINGER: 4,
    Coat.GREY: 2,
    Coat.BLACK: 1,
    Coat.WHITE: 1,
    Coat.TUXEDO: 2,
    Coat.CALICO: 1,
    Coat.SIAMESE: 1,
    Coat.BROWN: 2,
    Coat.CREAM: 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The prompt as words and commas, plurals made singular where a table knows the word."""

    items: tuple[str, ...]

    def denied(self, index: int) -> bool:
        return index > 0 and self.items[index - 1] in NEGATIONS

    def first(self, table: Mapping[str, _Choice]) -> _Choice | None:
        """Return what the first known, not denied word stands for."""
        for index, word in enumerate(self.items):
            if word in table and not self.denied(index):
                return table[word]
        return None

    def any(self, words: frozenset[str]) -> bool:
        return any(
            word in words and not self.denied(index) for index, word in enumerate(self.items)
        )

    def noun_after(self, index: int) -> str | None:
        """Return the noun an adjective at `index` belongs to; None at the end of a clause."""
        before = self.items[max(0, index - 2) : index]
        if len(before) == 2 and before[1] in COPULAS:
            return before[0]
        for word in self.items[index + 1 : index + 1 + _NOUN_REACH]:
            if word in CATS or word in BOATS or word in WHOLE or word in HILLS:
                return word
            if word in MODIFIERS or word in HUES or word in BREEDS or word == ",":
                continue
            return None if word in CLAUSE_ENDS else word
        return None


def _read(prompt: str) -> _Words:
    found = re.findall(r"[a-z]+|[,.;:]", re.sub(r"[’']s\b", "", prompt.lower()))
    return _Words(items=tuple(_singular(word) for word in found))


def _singular(word: str) -> str:
    if word in KNOWN:
        return word
    word = IRREGULAR.get(word, word)
    return word[:-1] if word.endswith("s") and word[:-1] in KNOWN else word


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What texts say of the look of a picture that is there already; None is nothing."""

    light: Light | None
    weather: Weather | None
    #: Colours for the picture as a whole, `#rrggbb`.
    hues: tuple[str, ...]


def asked(texts: Sequence[str]) -> Asked:
    """Read what `texts`, oldest first, ask of a picture; nothing is drawn by lot."""
    words = tuple(_read(text) for text in texts)
    weather = _newest(words, _weather)
    return Asked(
        light=_newest(words, _light),
        weather=weather if weather is not Weather.CLEAR else None,
        hues=_newest(words, _hues) or (),
    )


def _newest(texts: Sequence[_Words], decide: Callable[[_Words], _Answer | None]) -> _Answer | None:
    """Return what the newest text that decides says; None if none does."""
    answers = (decide(words) for words in reversed(texts))
    return next((answer for answer in answers if answer), None)


def parse(prompt: str, seed: int, changes: Sequence[str] = ()) -> SceneSpec:
    """Decide the scene for `prompt`; what it leaves open is drawn by lot from `seed`."""
    words, streams = (
        _read(" . ".join((*reversed(changes), prompt))),
        Streams(prompt=prompt, seed=seed),
    )
    mood = words.first(MOODS)
    pose = _pose(words) or (ACTED.get(mood) if mood else None)
    weather = _weather(words)
    light = _light(words)
    return SceneSpec(
        light=light or _lot(streams.named("light"), _LIGHT_LOTS),
        weather=weather,
        move=_move(words) or _lot(streams.named("move"), _MOVE_LOTS),
        pose=pose or _lot(streams.named("pose"), _POSE_LOTS),
        mood=mood or Mood.CALM,
        coat=_coat(words) or _lot(streams.named("coat"), _COAT_LOTS),
        kitten=words.any(frozenset({"kitten", "kitty"})),
        boat=_boat(words, streams),
        hues=_hues(words),
        snowy_hills=weather is Weather.SNOW or _snowy_hills(words),
    )


def _lot(stream: np.random.Generator, lots: Mapping[_Choice, int]) -> _Choice:
    ticket = int(stream.integers(sum(lots.values())))
    for choice, share in lots.items():
        ticket -= share
        if ticket < 0:
            return choice
    raise AssertionError("the tickets are counted")


def _pose(words: _Words) -> Pose | None:
    """What the cat does; running water is not a running cat."""
    for index, word in enumerate(words.items):
        if word in POSES and not words.denied(index) and words.noun_after(index) not in WHOLE:
            return POSES[word]
    return None


def _light(words: _Words) -> Light | None:
    for index, word in enumerate(words.items):
        if word not in LIGHTS or words.denied(index):
            continue
        if word == "golden" and words.noun_after(index) in CATS | BOATS:
            continue
        return LIGHTS[word]
    return Light.STORM if words.any(STORMS) else words.first(HINTS)


def _weather(words: _Words) -> Weather:
    for index, word in enumerate(words.items):
        if word not in WEATHERS or words.denied(index):
            continue
        if word == "snowy" and words.noun_after(index) in HILLS | CATS:
            continue
        return WEATHERS[word]
    return Weather.RAIN if words.any(STORMS - {"overcast", "gloomy"}) else Weather.CLEAR


def _snowy_hills(words: _Words) -> bool:
    return any(
        word in ("snowy", "snow") and words.noun_after(index) in HILLS
        for index, word in enumerate(words.items)
    )


def _move(words: _Words) -> Move | None:
    items = words.items
    for index, word in enumerate(items):
        if word in MOVES and not words.denied(index):
            following: Sequence[str] = items[index + 1 : index + 2]
            if MOVES[word] is Move.ZOOM_IN and following == ("out",):
                return Move.ZOOM_OUT
            return MOVES[word]
    return None


def _coat(words: _Words) -> Coat | None:
    for index, word in enumerate(words.items):
        if word in COATS and (word in BREEDS - {"tabby"} or words.noun_after(index) in CATS):
            return COATS[word]
    return Coat.BROWN if "tabby" in words.items else None


def _boat(words: _Words, streams: Streams) -> str | None:
    if words.any(BOATS):
        bound = (
            HUES[word]
            for index, word in enumerate(words.items)
            if word in HUES and words.noun_after(index) in BOATS
        )
        return next(bound, PAPER)
    if any(word in BOATS for word in words.items):
        return None
    return PAPER if streams.named("boat").random() < 0.45 else None


def _hues(words: _Words) -> tuple[str, ...]:
    named: list[str] = []
    for index, word in enumerate(words.items):
        if word not in HUES or words.denied(index) or HUES[word] in named:
            continue
        if word not in BREEDS and words.noun_after(index) in (None, *WHOLE):
            named.append(HUES[word])
    return tuple(named[:3])
