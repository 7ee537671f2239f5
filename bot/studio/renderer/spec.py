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


class Setting(StrEnum):
    """Where the scene plays."""

    WATER = "water"
    MOUNTAINS = "mountains"
    CITY = "city"
    MEADOW = "meadow"
    SPACE = "space"
    INTERIOR = "interior"


class Subject(StrEnum):
    """Who or what a scene can show."""

    CAT = "cat"
    DOG = "dog"
    MONSTER = "monster"
    BOAT = "boat"
    KITE = "kite"
    CUP = "cup"
    BALLOON = "balloon"
    BIRD = "bird"


class Weather(StrEnum):
    """What falls from the sky, or hangs or blows in the air."""

    CLEAR = "clear"
    RAIN = "rain"
    SNOW = "snow"
    FOG = "fog"
    WIND = "wind"


class Move(StrEnum):
    """What the camera does."""

    STATIC = "static"
    DRIFT = "drift"
    PAN = "pan"
    TILT = "tilt"
    TRACK = "track"
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


_BEINGS = (Subject.CAT, Subject.DOG, Subject.MONSTER, Subject.BIRD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One subject in the picture."""

    subject: Subject
    #: The colour the prompt bound to it, `#rrggbb`; None leaves it to the subject.
    hue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSpec:
    """One scene, decided: everything the prompt left open has been drawn by lot."""

    setting: Setting
    light: Light
    weather: Weather
    move: Move
    #: Who is in the picture, each subject once; the first is the main one.
    cast: tuple[Role, ...]
    pose: Pose
    mood: Mood
    coat: Coat
    kitten: bool
    #: Colours named for the picture as a whole, in the order named, `#rrggbb`.
    hues: tuple[str, ...]
    snowy_hills: bool
    #: A character's colour and that of what it wears, `#rrggbb`; the hero has them.
    guise: tuple[str, str] | None = None

    @property
    def lead(self) -> Role:
        """The main subject."""
        return self.cast[0]

    @property
    def fine(self) -> bool:
        """Nothing falls, nothing veils the sky."""
        return self.weather in (Weather.CLEAR, Weather.WIND) and self.light is not Light.STORM

    @property
    def hero(self) -> Role:
        """Whom a character is: the first living being, or else the main subject."""
        return next((role for role in self.cast if role.subject in _BEINGS), self.lead)

    def accent(self, subject: Subject) -> str | None:
        """Return the colour of what a character wears, if it is `subject`."""
        return self.guise[1] if self.guise and self.hero.subject is subject else None

    def role(self, subject: Subject) -> Role | None:
        """Return the role of `subject`; None if it is not in the picture."""
        return next((role for role in self.cast if role.subject is subject), None)
