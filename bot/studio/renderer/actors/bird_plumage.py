"""The plumages a songbird can wear."""

from dataclasses import dataclass

from bot.studio.renderer.actors.edge import edge
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Plumage:
    """One plumage in the light of a scene."""

    main: Colour
    #: Wings, tail and crest.
    dark: Colour
    #: Breast and belly.
    breast: Colour
    pale: Colour
    edge: Colour
    #: Beak and legs.
    horn: Colour


#: Back and breast: bluebird, cardinal, canary, finch, robin.
_DYES = (
    ("#4f93d8", "#f2a96c"),
    ("#d8503f", "#f39a7c"),
    ("#f0bf3a", "#fbe59a"),
    ("#6fae5b", "#e9e38f"),
    ("#8f6d50", "#ee8146"),
)


def dyed(stage: Stage, hue: str | None) -> Plumage:
    """The plumage of this colour, else one drawn by lot, under the scene's light."""
    drawn = int(stage.streams.named("bird plumage").integers(len(_DYES)))
    back, breast = (rgb(text) for text in _DYES[drawn])
    if hue:
        back, breast = rgb(hue), mix(rgb(hue), WHITE, 0.45)
    palette = stage.palette
    main = palette.lit(back)
    return Plumage(
        main=main,
        dark=palette.lit(mix(back, BLACK, 0.25)),
        breast=palette.lit(breast),
        pale=palette.lit(mix(breast, WHITE, 0.6)),
        edge=edge(main, palette),
        horn=palette.lit(rgb("#f2a03c")),
    )
