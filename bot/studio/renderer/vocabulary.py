"""The words a prompt may use, and what each stands for.

Singular, lower case; `prompt` brings what it reads into this form.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from bot.studio.renderer.spec import (
    Coat,
    Light,
    Mood,
    Move,
    Pose,
    Setting,
    Subject,
    Weather,
)

_Choice = TypeVar("_Choice", bound=StrEnum)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _table(rows: Mapping[_Choice, str]) -> dict[str, _Choice]:
    return {word: choice for choice, words in rows.items() for word in words.split()}


LIGHTS = _table(
    {
        Light.GOLDEN: "golden",
        Light.SUNSET: "sunset sundown dusk evening twilight",
        Light.DAWN: "dawn sunrise morning daybreak",
        Light.DAY: "day daytime noon midday afternoon",
        Light.NIGHT: "night nighttime midnight moon moonlight moonlit star starry starlit",
    }
)
#: Words that say the time of day only if nothing else does: there are summer nights.
HINTS = _table(
    {
        Light.DAY: "sunny sunshine sunlit summer",
        Light.DAWN: "mist misty foggy",
        Light.NIGHT: "firefly cricket",
    }
)
STORMS = _set("storm stormy thunder thunderstorm lightning gloomy overcast")
WEATHERS = _table(
    {
        Weather.RAIN: "rain rainy raining drizzle drizzly downpour shower monsoon",
        Weather.SNOW: "snow snowy snowing snowfall snowflake blizzard winter wintry",
        Weather.FOG: "fog foggy mist misty hazy",
        Weather.WIND: "wind windy breeze breezy gale gust gusty",
        Weather.CLEAR: "clear cloudless",
    }
)
FOLLOWING = _set("track tracks follow follows following")
MOVES = _table(
    {
        Move.PAN: "pan panning pans slide sliding sideways",
        Move.TILT: "tilt tilts tilting crane craning",
        Move.TRACK: "track tracks tracking follow follows following",
        Move.ZOOM_IN: "zoom zooming push dolly closeup closer",
        Move.ZOOM_OUT: "pull reveal revealing wider",
        Move.STATIC: "static tripod locked fixed",
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
        " explores exploring prowls prowling trots trotting fly flies flying soars soaring glides",
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
BREEDS = _set("ginger marmalade tuxedo calico tortoiseshell siamese tabby")
#: How a mood is acted out when the prompt names no action.
ACTED = {Mood.CURIOUS: Pose.SIT, Mood.SLEEPY: Pose.SLEEP, Mood.PLAYFUL: Pose.PLAY}

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
PAPER = "#fbf7ee"

#: Golden is an hour, but a golden kite is a kite.
GOLDEN = "#e0aa45"

SUBJECTS = _table(
    {
        Subject.CAT: "cat kitten kitty feline tomcat tabby",
        Subject.DOG: "dog puppy pup doggo hound retriever labrador corgi husky terrier poodle"
        " dachshund beagle spaniel",
        Subject.MONSTER: "monster creature beast alien yeti ogre troll goblin",
        Subject.BOAT: "boat sailboat ship yacht canoe dinghy paperboat vessel",
        Subject.KITE: "kite",
        Subject.CUP: "cup mug teacup coffee tea espresso latte cappuccino cocoa",
        Subject.BALLOON: "balloon",
        Subject.BIRD: "bird sparrow robin swallow finch bluebird canary parrot seagull gull crow"
        " raven dove pigeon owl eagle songbird",
    }
)
#: Words after which a new subject takes the place of the one there was.
REPLACING = _set("instead replace replaces replaced swap swaps become becomes into")
#: Words before a subject that send it away.
LEAVING = _set("no not without never remove removes drop")

#: Places; the first one named is where the scene plays, but a room holds all it looks out on.
SETTINGS = _table(
    {
        Setting.WATER: "lake sea ocean river pond beach shore coast harbour harbor seaside lakeside"
        " waterside bay lagoon riverbank lakeshore waterfront stream",
        Setting.MOUNTAINS: "mountain alps peak summit alpine glacier himalaya cliff highland",
        Setting.CITY: "city street town downtown urban skyline rooftop neon skyscraper alley"
        " metropolis traffic sidewalk pavement boulevard tokyo manhattan",
        Setting.MEADOW: "meadow field garden park farm countryside prairie pasture lawn orchard"
        " wildflower farmland",
        Setting.SPACE: "space galaxy planet cosmos cosmic astronaut nebula asteroid orbit mars"
        " saturn jupiter spaceship starship spacecraft universe lunar martian rocket",
        Setting.INTERIOR: "room interior indoor indoors windowsill sill kitchen bedroom sofa couch"
        " fireplace library bookshelf desk loft attic livingroom hearth armchair",
    }
)
#: Things that suggest a place if none is named.
SURROUNDINGS = _table(
    {
        Setting.WATER: "water wave island lighthouse dock pier reed fish swim sail",
        Setting.MOUNTAINS: "ridge valley pine cabin hiking fir",
        Setting.CITY: "roof building bus taxi car tram shop lantern puddle",
        Setting.MEADOW: "grass flower hill tree forest butterfly bee picnic firefly cricket",
        Setting.SPACE: "ufo meteor comet crater satellite helmet",
        Setting.INTERIOR: "window inside home table rug candle lamp cozy cosy bed shelf",
    }
)
WHOLE = (
    _set(
        "sky water palette tone hue colour color light glow cloud horizon reflection haze"
        " atmosphere dawn sunset sunrise dusk scene mood mist wave shade tint wall grass flower"
        " tree forest hill building roof it everything"
    )
    | SETTINGS.keys()
)
HILLS = _set("hill mountain peak alps summit ridge")
MODIFIERS = _set(
    "and small little tiny big large fluffy cute soft old young sleepy curious playful lazy "
    "happy wooden paper origami toy fat chubby furry short long haired striped spotted dark "
    "light bright pale deep muted warm cool pastel sailing domestic stray tabby hot air coffee tea"
    " golden shiny fuzzy friendly cozy cosy steaming flying"
)
ARTICLES = _set("a an the any its his her their")
NEGATIONS = _set("no not without never")
COPULAS = _set("is are was looks")
CLAUSE_ENDS = _set(
    ". ; :  a an the in on at by with of from to near over under while as is are its his her"
)
KNOWN = frozenset().union(
    *(LIGHTS, HINTS, WEATHERS, MOVES, POSES, MOODS, COATS, HUES),
    *(SUBJECTS, SETTINGS, SURROUNDINGS, WHOLE, HILLS, STORMS),
)
IRREGULAR = {
    "kitties": "kitty",
    "puppies": "puppy",
    "butterflies": "butterfly",
    "fireflies": "firefly",
    "cities": "city",
    "galaxies": "galaxy",
    "beaches": "beach",
    "canaries": "canary",
    "dinghies": "dinghy",
}
