"""What a prompt asks to see, in the few words the drawing understands."""

from dataclasses import dataclass
from enum import StrEnum


class Light(StrEnum):
    """The time of day, as far as it colours a scene."""

    GOLDEN = "golden"
    SUNSET = "sunset"
    DAWN = "dawn"
    DAY = "day"
    NIGHT = "night"
    STORM = "storm"


class Weather(StrEnum):
    """What falls from the sky."""

    CLEAR = "clear"
    RAIN = "rain"
    SNOW = "snow"


class Move(StrEnum):
    """What the camera does."""

    STATIC = "static"
    DRIFT = "drift"
    PAN = "pan"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"


class Pose(StrEnum):
    """What the cat does."""

    WALK = "walk"
    RUN = "run"
    SIT = "sit"
    PLAY = "play"
    SLEEP = "sleep"


class Mood(StrEnum):
    """How the cat feels: it shows in eyes, ears and head."""

    CALM = "calm"
    CURIOUS = "curious"
    PLAYFUL = "playful"
    SLEEPY = "sleepy"


class Coat(StrEnum):
    """The cat's fur."""

    GINGER = "ginger"
    GREY = "grey"
    BLACK = "black"
    WHITE = "white"
    TUXEDO = "tuxedo"
    CALICO = "calico"
    SIAMESE = "siamese"
    BROWN = "brown"
    CREAM = "cream"


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSpec:
    """One scene, decided: everything the prompt left open has been drawn by lot."""

    light: Light
    weather: Weather
    move: Move
    pose: Pose
    mood: Mood
    coat: Coat
    kitten: bool
    #: The boat's colour, `#rrggbb`; None is a scene without a boat.
    boat: str | None
    #: Colours named for the picture as a whole, in the order named, `#rrggbb`.
    hues: tuple[str, ...]
    snowy_hills: bool
    #: What a character makes of the main subject: its colour and that of what it wears, `#rrggbb`.
    guise: tuple[str, str] | None = None
