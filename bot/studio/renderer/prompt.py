"""Reads prompts: whole words, each colour bound to the noun it precedes.

Called by the renderer once per act. A lineage of prompts is read newest first: what
the newest decides wins, and what none decides is drawn by lot from the first. The one
invariant: the same texts and seed always give the same SceneSpec, and a word the
vocabulary does not know changes nothing but the lots that are drawn.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

from bot.studio.renderer.spec import (
    Coat,
    Light,
    Mood,
    Move,
    Pose,
    Role,
    SceneSpec,
    Setting,
    Subject,
    Weather,
)
from bot.studio.renderer.stream import Streams
from bot.studio.renderer.vocabulary import (
    ACTED,
    ARTICLES,
    BREEDS,
    CLAUSE_ENDS,
    COATS,
    COPULAS,
    FOLLOWING,
    GOLDEN,
    HILLS,
    HINTS,
    HUES,
    IRREGULAR,
    KNOWN,
    LEAVING,
    LIGHTS,
    MODIFIERS,
    MOODS,
    MOVES,
    NEGATIONS,
    POSES,
    REPLACING,
    SETTINGS,
    STORMS,
    SUBJECTS,
    SURROUNDINGS,
    WEATHERS,
    WHOLE,
)

_Choice = TypeVar("_Choice", bound=StrEnum)
_Answer = TypeVar("_Answer")

#: How many words an adjective looks ahead for its noun.
_NOUN_REACH = 6
#: How many subjects one picture holds.
_CROWD = 5

#: What is drawn by lot, and how often, when no prompt says.
_SETTING_LOTS = {
    Setting.WATER: 4,
    Setting.MEADOW: 3,
    Setting.MOUNTAINS: 2,
    Setting.CITY: 2,
    Setting.INTERIOR: 2,
}
#: Where a subject is at home, when no prompt says where it is.
_HOMES: dict[Subject, dict[Setting, int]] = {
    Subject.BOAT: {Setting.WATER: 1},
    Subject.CUP: {Setting.INTERIOR: 3, Setting.CITY: 1},
    Subject.KITE: {Setting.MEADOW: 2, Setting.MOUNTAINS: 2, Setting.WATER: 1},
    Subject.BALLOON: {Setting.MEADOW: 2, Setting.MOUNTAINS: 1, Setting.CITY: 1},
    Subject.BIRD: {Setting.MEADOW: 2, Setting.WATER: 1, Setting.MOUNTAINS: 1},
}
_SUBJECT_LOTS = {
    Subject.CAT: 8,
    Subject.DOG: 2,
    Subject.MONSTER: 1,
    Subject.KITE: 1,
    Subject.BALLOON: 1,
    Subject.BIRD: 1,
}
_LIGHT_LOTS = {Light.GOLDEN: 3, Light.SUNSET: 2, Light.DAWN: 2, Light.DAY: 3, Light.NIGHT: 1}
_MOVE_LOTS = {Move.DRIFT: 3, Move.ZOOM_IN: 2, Move.PAN: 1}
_POSE_LOTS = {Pose.WALK: 3, Pose.SIT: 3, Pose.PLAY: 1}
#: Before a camera that follows it, a cat goes.
_TRACKED_LOTS = {Pose.WALK: 3, Pose.RUN: 1}
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

    def word_before(self, index: int) -> str | None:
        """Return what stands before a noun and its articles and adjectives."""
        for word in reversed(self.items[max(0, index - _NOUN_REACH) : index]):
            if word not in ARTICLES and word not in MODIFIERS and word not in HUES:
                return word
        return None

    def any(self, words: frozenset[str]) -> bool:
        return any(
            word in words and not self.denied(index) for index, word in enumerate(self.items)
        )

    def noun_after(self, index: int) -> str | None:
        """Return the noun an adjective at `index` belongs to; None at the end of a clause.

        "the cat is red" and "paint the cat red" have theirs before the adjective.
        """
        before = self.items[max(0, index - 2) : index]
        if len(before) == 2 and before[1] in COPULAS:
            return before[0]
        after = self._noun_ahead(index)
        if after is None and before and before[-1] in SUBJECTS:
            return before[-1]
        return after

    def _noun_ahead(self, index: int) -> str | None:
        ahead = self.items[index + 1 : index + 1 + _NOUN_REACH]
        for place, word in enumerate(ahead):
            following = ahead[place + 1 : place + 2]
            if word in MODIFIERS and following and following[0] in SUBJECTS:
                continue
            if word in SUBJECTS or word in WHOLE or word in HILLS:
                return word
            if word in MODIFIERS or word in HUES or word in BREEDS or word == ",":
                continue
            return None if word in CLAUSE_ENDS else word
        return None

    def qualifies(self, index: int, subject: Subject) -> bool:
        """Tell whether the adjective at `index` belongs to `subject`."""
        noun = self.noun_after(index)
        return noun is not None and SUBJECTS.get(noun) is subject


def _read(prompt: str) -> _Words:
    found = re.findall(r"[a-z]+|[,.;:]", re.sub(r"[’']s\b", "", prompt.lower()))
    return _Words(items=tuple(_singular(word) for word in found))


def _singular(word: str) -> str:
    if word in KNOWN:
        return word
    word = IRREGULAR.get(word, word)
    return word[:-1] if word.endswith("s") and word[:-1] in KNOWN else word


def parse(prompt: str, seed: int, changes: Sequence[str] = ()) -> SceneSpec:
    """Decide the scene for `prompt` and the `changes` asked of it since, oldest first.

    The newest text that decides a field wins; what none decides is drawn by lot from
    `prompt` and `seed`, so that a change moves only what it names.
    """
    texts = tuple(_read(text) for text in (prompt, *changes))
    streams = Streams(prompt=prompt, seed=seed)
    cast = _cast(texts, streams)
    setting = _newest(texts, _setting) or _setting_lot(cast, streams)
    weather = _newest(texts, _weather) or Weather.CLEAR
    move = _newest(texts, _move) or _lot(streams.named("move"), _MOVE_LOTS)
    mood = _newest(texts, lambda words: words.first(MOODS))
    poses = _TRACKED_LOTS if move is Move.TRACK else _POSE_LOTS
    return SceneSpec(
        setting=setting,
        light=_newest(texts, _light) or _lot(streams.named("light"), _LIGHT_LOTS),
        weather=weather,
        move=move,
        cast=_with_boat(cast, setting, texts, streams),
        pose=_newest(texts, _acted) or _lot(streams.named("pose"), poses),
        mood=mood or Mood.CALM,
        coat=_newest(texts, _coat) or _lot(streams.named("coat"), _COAT_LOTS),
        kitten=any(words.any(frozenset({"kitten", "kitty"})) for words in texts),
        hues=_newest(texts, _hues) or (),
        snowy_hills=weather is Weather.SNOW or any(_snowy_hills(words) for words in texts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What texts say of the look of a picture that is there already; None is nothing."""

    light: Light | None
    weather: Weather | None
    #: Colours for the picture as a whole, `#rrggbb`.
    hues: tuple[str, ...]


def asked(texts: Sequence[str]) -> Asked:
    """Read what `texts`, oldest first, ask of a picture; nothing is drawn by lot."""
    read = tuple(_read(text) for text in texts)
    weather = _newest(read, _weather)
    return Asked(
        light=_newest(read, _light),
        weather=weather if weather is not Weather.CLEAR else None,
        hues=_newest(read, _hues) or (),
    )


def _newest(texts: Sequence[_Words], decide: Callable[[_Words], _Answer | None]) -> _Answer | None:
    """Return what the newest text that decides says; None if none does."""
    answers = (decide(words) for words in reversed(texts))
    return next((answer for answer in answers if answer is not None), None)


def _lot(stream: np.random.Generator, lots: Mapping[_Choice, int]) -> _Choice:
    ticket = int(stream.integers(sum(lots.values())))
    for choice, share in lots.items():
        ticket -= share
        if ticket < 0:
            return choice
    raise AssertionError("the tickets are counted")


def _setting(words: _Words) -> Setting | None:
    """The first place named, then the first thing that suggests one."""
    if words.any(frozenset(word for word in SETTINGS if SETTINGS[word] is Setting.INTERIOR)):
        return Setting.INTERIOR
    if re.search(r"\b(on|over|to) the moon\b", " ".join(words.items)):
        return Setting.SPACE
    return words.first(SETTINGS) or words.first(SURROUNDINGS)


def _setting_lot(cast: Sequence[Role], streams: Streams) -> Setting:
    home = next((_HOMES[role.subject] for role in cast if role.subject in _HOMES), _SETTING_LOTS)
    return _lot(streams.named("setting"), home)


def _cast(texts: Sequence[_Words], streams: Streams) -> tuple[Role, ...]:
    """Everyone named and not sent away since, in the order they came in."""
    present: list[Subject] = []
    for words in texts:
        _enter(words, present)
    if not present:
        present.append(_lot(streams.named("subject"), _SUBJECT_LOTS))
    return tuple(
        Role(subject=subject, hue=_newest(texts, _dress(subject)) or None)
        for subject in present[:_CROWD]
    )


def _enter(words: _Words, present: list[Subject]) -> None:
    """Let those a text names come in, and those it denies leave."""
    for index, word in enumerate(words.items):
        subject = SUBJECTS.get(word)
        if subject is None:
            continue
        if words.word_before(index) in LEAVING:
            present[:] = [other for other in present if other is not subject]
        elif subject not in present and present and words.any(REPLACING):
            present[0] = subject
        elif subject not in present:
            present.append(subject)


def _dress(subject: Subject) -> Callable[[_Words], str | None]:
    """Reads the colour a text binds to `subject`; a cat in a natural coat has none: ``""``."""

    def dressed(words: _Words) -> str | None:
        if subject is Subject.CAT and _coat(words):
            return ""
        for index, word in enumerate(words.items):
            if word in HUES and words.qualifies(index, subject):
                return HUES[word]
            if word == "golden" and words.qualifies(index, subject):
                return GOLDEN
        return None

    return dressed


def _with_boat(
    cast: tuple[Role, ...], setting: Setting, texts: Sequence[_Words], streams: Streams
) -> tuple[Role, ...]:
    """On water a boat may pass that nobody asked for, unless somebody asked for none."""
    mentioned = any(SUBJECTS.get(word) is Subject.BOAT for words in texts for word in words.items)
    if setting is not Setting.WATER or mentioned or len(cast) > 1:
        return cast
    return (*cast, Role(subject=Subject.BOAT)) if streams.named("boat").random() < 0.45 else cast


def _acted(words: _Words) -> Pose | None:
    mood = words.first(MOODS)
    return _pose(words) or (ACTED.get(mood) if mood else None)


def _pose(words: _Words) -> Pose | None:
    """What the cat does; running water is not a running cat."""
    for index, word in enumerate(words.items):
        following = words.items[index + 1 : index + 2]
        if word in POSES and not words.denied(index) and not WHOLE.intersection(following):
            return POSES[word]
    return None


def _light(words: _Words) -> Light | None:
    for index, word in enumerate(words.items):
        if word not in LIGHTS or words.denied(index):
            continue
        if word == "golden" and words.noun_after(index) in SUBJECTS:
            continue
        return LIGHTS[word]
    return Light.STORM if words.any(STORMS) else words.first(HINTS)


def _weather(words: _Words) -> Weather | None:
    for index, word in enumerate(words.items):
        if word not in WEATHERS:
            continue
        if words.denied(index):
            return Weather.CLEAR
        if word in ("snowy", "snow") and words.noun_after(index) in HILLS | SUBJECTS.keys():
            continue
        return WEATHERS[word]
    return Weather.RAIN if words.any(STORMS - {"overcast", "gloomy"}) else None


def _snowy_hills(words: _Words) -> bool:
    return any(
        word in ("snowy", "snow") and words.noun_after(index) in HILLS
        for index, word in enumerate(words.items)
    )


def _move(words: _Words) -> Move | None:
    """What the camera does: said after the word camera, or else anywhere."""
    items = words.items
    spoken = [index for index, word in enumerate(items) if word == "camera"]
    first = range(spoken[0], min(len(items), spoken[0] + _NOUN_REACH)) if spoken else range(0)
    for index in (*first, *range(len(items))):
        word = items[index]
        if word not in MOVES or words.denied(index) or not _filmed(items, index):
            continue
        if MOVES[word] is Move.ZOOM_IN and items[index + 1 : index + 2] == ("out",):
            return Move.ZOOM_OUT
        return MOVES[word]
    return None


def _filmed(items: Sequence[str], index: int) -> bool:
    """Eyes follow things as well: only a camera or a shot that follows is a camera move."""
    if items[index] not in FOLLOWING:
        return True
    return "camera" in items[max(0, index - 3) : index] or "shot" in items[index + 1 : index + 2]


def _coat(words: _Words) -> Coat | None:
    for index, word in enumerate(words.items):
        if word in COATS and (word in BREEDS - {"tabby"} or words.qualifies(index, Subject.CAT)):
            return COATS[word]
    return Coat.BROWN if "tabby" in words.items else None


def _hues(words: _Words) -> tuple[str, ...] | None:
    named: list[str] = []
    for index, word in enumerate(words.items):
        if word not in HUES or words.denied(index) or HUES[word] in named:
            continue
        if word not in BREEDS and words.noun_after(index) in {None, *WHOLE}:
            named.append(HUES[word])
    return tuple(named[:3]) or None
