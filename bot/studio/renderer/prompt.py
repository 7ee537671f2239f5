"""Reads a prompt: whole words, each colour bound to the noun it precedes.

Called by the renderer once per clip. The one invariant: the same prompt and seed
always give the same SceneSpec, and a word the tables do not know changes nothing
but the lots that are drawn.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

from bot.studio.renderer.spec import Coat, Light, Mood, Move, Pose, SceneSpec, Weather
from bot.studio.renderer.stream import Streams

_Choice = TypeVar("_Choice", bound=StrEnum)


def _table(rows: Mapping[_Choice, str]) -> dict[str, _Choice]:
    return {word: choice for choice, words in rows.items() for word in words.split()}


LIGHTS = _table(
    {
        Light.GOLDEN: "golden",
        Light.SUNSET: "sunset sundown dusk evening twilight",
        Light.DAWN: "dawn sunrise morning daybreak mist misty",
        Light.DAY: "day daytime noon midday afternoon sunny sunshine sunlit summer",
        Light.NIGHT: "night nighttime midnight moon moonlight moonlit star starry starlit",
    }
)
_STORM_WORDS = frozenset("storm stormy thunder thunderstorm lightning gloomy overcast".split())
WEATHERS = _table(
    {
        Weather.RAIN: "rain rainy raining drizzle drizzly downpour shower monsoon",
        Weather.SNOW: "snow snowy snowing snowfall snowflake blizzard winter wintry",
        Weather.CLEAR: "clear cloudless",
    }
)
MOVES = _table(
    {
        Move.PAN: "pan panning pans tracking track slide sliding sideways",
        Move.ZOOM_IN: "zoom zooming push dolly closeup closer",
        Move.ZOOM_OUT: "pull reveal revealing wider",
        Move.STATIC: "static still tripod locked fixed",
        Move.DRIFT: "drift drifting handheld floating gliding",
    }
)
POSES = _table(
    {
        Pose.SLEEP: "sleep sleeps sleeping asleep nap naps napping doze dozes dozing snoozing",
        Pose.SIT: "sit sits sitting watch watches watching gaze gazes gazing wait waiting"
        " rests resting looks looking stares staring",
        Pose.PLAY: "play plays playing pounce pounces pouncing butterfly batting swats",
        Pose.RUN: "run runs running chase chases chasing dash dashes dashing sprint sprinting"
        " jump jumps jumping leaps leaping races racing",
        Pose.WALK: "walk walks walking stroll strolls strolling wander wanders wandering"
        " explores exploring prowls prowling trots trotting",
    }
)
MOODS = _table(
    {
        Mood.CURIOUS: "curious inquisitive wondering surprised attentive",
        Mood.SLEEPY: "sleepy drowsy tired lazy cozy cosy relaxed",
        Mood.PLAYFUL: "playful happy joyful cheerful excited mischievous energetic",
        Mood.CALM: "calm peaceful serene quiet tranquil thoughtful",
    }
)
COATS = _table(
    {
        Coat.GINGER: "ginger orange red golden amber marmalade rust copper",
        Coat.GREY: "grey gray silver blue smoky",
        Coat.BLACK: "black dark ebony",
        Coat.WHITE: "white snowy ivory",
        Coat.TUXEDO: "tuxedo",
        Coat.CALICO: "calico tortoiseshell",
        Coat.SIAMESE: "siamese",
        Coat.BROWN: "brown chocolate tabby",
        Coat.CREAM: "cream beige sand yellow",
    }
)
#: Words that are a cat's coat wherever they stand.
_BREEDS = frozenset("ginger marmalade tuxedo calico tortoiseshell siamese tabby".split())
#: How a mood is acted out when the prompt names no action.
_ACTED = {Mood.CURIOUS: Pose.SIT, Mood.SLEEPY: Pose.SLEEP, Mood.PLAYFUL: Pose.PLAY}

HUES = {
    "teal": "#1f8a8a",
    "turquoise": "#2fb5b0",
    "cyan": "#3cc0d6",
    "blue": "#3d7bd9",
    "navy": "#25407f",
    "indigo": "#4b4bb0",
    "purple": "#7d55c7",
    "violet": "#8a63d2",
    "lavender": "#b59be6",
    "magenta": "#cf4fa0",
    "pink": "#f08fb4",
    "rose": "#e4798f",
    "coral": "#f2806b",
    "peach": "#f7b08a",
    "red": "#d8433b",
    "crimson": "#b92f45",
    "rust": "#b7472a",
    "orange": "#ef8a3c",
    "amber": "#f0a63a",
    "gold": "#e8b23a",
    "yellow": "#f2cf4e",
    "sand": "#e0c08a",
    "cream": "#f3e3c3",
    "brown": "#8a5a3c",
    "green": "#4f9d5d",
    "emerald": "#2c9c6a",
    "mint": "#8fd8bd",
    "white": "#f6f4ee",
    "silver": "#c3cad1",
    "grey": "#8e949c",
    "gray": "#8e949c",
    "black": "#34343e",
}
_PAPER = "#fbf7ee"

_CATS = frozenset("cat kitten kitty feline tomcat tabby".split())
_BOATS = frozenset("boat sailboat ship yacht canoe dinghy paperboat vessel".split())
_WHOLE = frozenset(
    "sky water lake sea ocean river pond palette tone hue colour color light glow cloud horizon"
    " reflection haze atmosphere dawn sunset sunrise dusk scene mood mist wave shade tint".split()
)
_HILLS = frozenset("hill mountain peak alps summit ridge".split())
_MODIFIERS = frozenset(
    "and small little tiny big large fluffy cute soft old young sleepy curious playful lazy happy"
    " wooden paper origami toy fat chubby furry short long haired striped spotted dark light bright"
    " pale deep muted warm cool pastel sailing domestic stray tabby".split()
)
_NEGATIONS = frozenset("no not without never".split())
_COPULAS = frozenset("is are was looks".split())
_NOUN_REACH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The prompt as words and commas, plurals made singular where a table knows the word."""

    items: tuple[str, ...]

    def denied(self, index: int) -> bool:
        return index > 0 and self.items[index - 1] in _NEGATIONS

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
        if len(before) == 2 and before[1] in _COPULAS:
            return before[0]
        for word in self.items[index + 1 : index + 1 + _NOUN_REACH]:
            if word in _CATS or word in _BOATS or word in _WHOLE or word in _HILLS:
                return word
            if word in _MODIFIERS or word in HUES or word in _BREEDS or word == ",":
                continue
            return None if word in _CLAUSE_ENDS else word
        return None


_CLAUSE_ENDS = frozenset(
    ". ; : a an the in on at by with of from to near over under while as is are its his her".split()
)
_KNOWN = frozenset().union(
    LIGHTS, WEATHERS, MOVES, POSES, MOODS, COATS, HUES, _CATS, _BOATS, _WHOLE, _HILLS, _STORM_WORDS
)
_IRREGULAR = {"kitties": "kitty", "puppies": "puppy", "butterflies": "butterfly"}


def _read(prompt: str) -> _Words:
    found = re.findall(r"[a-z]+|[,.;:]", re.sub(r"[’']s\b", "", prompt.lower()))
    return _Words(items=tuple(_singular(word) for word in found))


def _singular(word: str) -> str:
    if word in _KNOWN:
        return word
    word = _IRREGULAR.get(word, word)
    return word[:-1] if word.endswith("s") and word[:-1] in _KNOWN else word


def parse(prompt: str, seed: int) -> SceneSpec:
    """Decide the scene for `prompt`; what it leaves open is drawn by lot from `seed`."""
    words, streams = _read(prompt), Streams(prompt=prompt, seed=seed)
    mood = words.first(MOODS)
    pose = words.first(POSES) or (_ACTED.get(mood) if mood else None)
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


def _lot(stream: np.random.Generator, lots: Mapping[_Choice, int]) -> _Choice:
    ticket = int(stream.integers(sum(lots.values())))
    for choice, share in lots.items():
        ticket -= share
        if ticket < 0:
            return choice
    raise AssertionError("the tickets are counted")


def _light(words: _Words) -> Light | None:
    for index, word in enumerate(words.items):
        if word not in LIGHTS or words.denied(index):
            continue
        if word == "golden" and words.noun_after(index) in _CATS | _BOATS:
            continue
        return LIGHTS[word]
    return Light.STORM if words.any(_STORM_WORDS) else None


def _weather(words: _Words) -> Weather:
    for index, word in enumerate(words.items):
        if word not in WEATHERS or words.denied(index):
            continue
        if word == "snowy" and words.noun_after(index) in _HILLS | _CATS:
            continue
        return WEATHERS[word]
    return Weather.RAIN if words.any(_STORM_WORDS - {"overcast", "gloomy"}) else Weather.CLEAR


def _snowy_hills(words: _Words) -> bool:
    return any(
        word in ("snowy", "snow") and words.noun_after(index) in _HILLS
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
        if word in COATS and (word in _BREEDS - {"tabby"} or words.noun_after(index) in _CATS):
            return COATS[word]
    return Coat.BROWN if "tabby" in words.items else None


def _boat(words: _Words, streams: Streams) -> str | None:
    if words.any(_BOATS):
        bound = (
            HUES[word]
            for index, word in enumerate(words.items)
            if word in HUES and words.noun_after(index) in _BOATS
        )
        return next(bound, _PAPER)
    if any(word in _BOATS for word in words.items):
        return None
    return _PAPER if streams.named("boat").random() < 0.45 else None


def _hues(words: _Words) -> tuple[str, ...]:
    named: list[str] = []
    for index, word in enumerate(words.items):
        if word not in HUES or words.denied(index) or HUES[word] in named:
            continue
        if word not in _BREEDS and words.noun_after(index) in (None, *_WHOLE):
            named.append(HUES[word])
    return tuple(named[:3])
