"""The coats a dog can wear."""

from dataclasses import dataclass

from bot.studio.renderer.actors.edge import edge
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Coat:
    """One coat in the light of a scene."""

    main: Colour
    #: Ears and brows.
    dark: Colour
    #: Muzzle, chest and belly.
    pale: Colour
    #: The legs on the far side.
    far: Colour
    paw: Colour
    #: The line around it, which parts it from a ground as light as itself.
    edge: Colour
    #: None is a coat without patches.
    patch: Colour | None


@dataclass(frozen=True, slots=True)
class _Dye:
    main: Colour
    dark: Colour
    pale: Colour
    patch: Colour | None = None


_SHADE = rgb("#3b3038")
_DYES = (
    _Dye(rgb("#e2a95c"), rgb("#bd7f38"), rgb("#fcebcd")),
    _Dye(rgb("#94613f"), rgb("#6b432b"), rgb("#ecd2b0")),
    _Dye(rgb("#f7f2e9"), rgb("#a4673c"), rgb("#ffffff"), rgb("#b87a4a")),
    _Dye(rgb("#45434f"), rgb("#2f2d38"), rgb("#d0a06c")),
    _Dye(rgb("#8d929e"), rgb("#60646f"), rgb("#eef0f3")),
)


def dyed(stage: Stage, hue: str | None) -> Coat:
    """The coat of this colour, else one drawn by lot, under the scene's light."""
    lot = int(stage.streams.named("dog coat").integers(len(_DYES)))
    dye = _dye_of(rgb(hue)) if hue else _DYES[lot]
    palette = stage.palette
    main, pale = palette.lit(dye.main), palette.lit(dye.pale)
    return Coat(
        main=main,
        dark=palette.lit(dye.dark),
        pale=pale,
        far=mix(main, palette.lit(_SHADE), 0.30),
        paw=pale,
        edge=edge(main, palette),
        patch=palette.lit(dye.patch) if dye.patch else None,
    )


def _dye_of(hue: Colour) -> _Dye:
    return _Dye(hue, mix(hue, BLACK, 0.28), mix(hue, WHITE, 0.72))
