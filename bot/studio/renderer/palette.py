"""The colours of a scene: six lights, as each setting takes them, tinted as the prompt says.

Named colours change hue and keep lightness, so that a teal night stays a night.
"""

from dataclasses import dataclass, replace

from bot.studio.renderer.colour import (
    WHITE,
    Colour,
    luminance,
    mix,
    multiply,
    relight,
    rgb,
)
from bot.studio.renderer.spec import Light, SceneSpec, Setting, Weather


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours by what they are used for."""

    #: Sky from the zenith down to the horizon.
    sky: tuple[Colour, ...]
    #: The disc of sun or moon.
    disc: Colour
    #: The light it throws: glow, glitter, lit edges.
    key: Colour
    #: What distance fades into.
    haze: Colour
    land: Colour
    water: Colour
    grass: Colour
    cloud_lit: Colour
    cloud_shade: Colour
    #: The light falling on the cat and the boat.
    ambient: Colour
    #: How strongly the disc glows, 0 to 1.
    glow: float

    def lit(self, colour: Colour) -> Colour:
        """A thing's own colour as this light shows it."""
        return multiply(colour, self.ambient)


def _row(
    *,
    sky: str,
    disc: str,
    key: str,
    haze: str,
    land: str,
    water: str,
    grass: str,
    cloud: str,
    ambient: str,
    glow: float,
) -> Palette:
    lit, shade = cloud.split()
    return Palette(
        sky=tuple(rgb(stop) for stop in sky.split()),
        disc=rgb(disc),
        key=rgb(key),
        haze=rgb(haze),
        land=rgb(land),
        water=rgb(water),
        grass=rgb(grass),
        cloud_lit=rgb(lit),
        cloud_shade=rgb(shade),
        ambient=rgb(ambient),
        glow=glow,
    )


LIGHTS: dict[Light, Palette] = {
    Light.GOLDEN: _row(
        sky="#3d74a8 #7ba6bd #c9c2a4 #f7c987 #ffb566 #ff9a55",
        disc="#fff4d2",
        key="#ffd591",
        haze="#ffc48a",
        land="#4a3f44",
        water="#4f8397",
        grass="#51703a",
        cloud="#fff0d4 #e8a787",
        ambient="#fff3e0",
        glow=0.85,
    ),
    Light.SUNSET: _row(
        sky="#2a2b5e #55397a #96457f #d9567a #ff7f5e #ffbf6b",
        disc="#fff0c6",
        key="#ffb47c",
        haze="#f58a72",
        land="#33244a",
        water="#5b4a82",
        grass="#3f4a45",
        cloud="#ffb08f #7d4681",
        ambient="#f7dcd6",
        glow=0.9,
    ),
    Light.DAWN: _row(
        sky="#6b8fc6 #9db3da #c9bfdd #ecc4d0 #fbd6c4 #ffe9cc",
        disc="#fffaea",
        key="#ffe6c8",
        haze="#f0d3d6",
        land="#5c6a8a",
        water="#8fabcb",
        grass="#6f8f6c",
        cloud="#fff4ee #c6b4d4",
        ambient="#fbf3f4",
        glow=0.7,
    ),
    Light.DAY: _row(
        sky="#2f82d2 #4f9fe0 #7dbcea #aad6f2 #cfe8f6 #e6f4f8",
        disc="#fffdf0",
        key="#fff4cf",
        haze="#cbe4ef",
        land="#3f7c5c",
        water="#3f97bd",
        grass="#5f9a3f",
        cloud="#ffffff #c3d8ea",
        ambient="#ffffff",
        glow=0.55,
    ),
    Light.NIGHT: _row(
        sky="#060b20 #0c1634 #15244c #223562 #344976 #4b5f88",
        disc="#f6f3e2",
        key="#bfd2ff",
        haze="#43557f",
        land="#101a33",
        water="#1b2f58",
        grass="#1f3a3a",
        cloud="#4a5c8a #1d2a50",
        ambient="#b9c3e4",
        glow=0.55,
    ),
    Light.STORM: _row(
        sky="#1c2533 #2a3747 #3d4d5e #566878 #768a96 #9fb0b4",
        disc="#dfe6e8",
        key="#c9d6dc",
        haze="#8da0a8",
        land="#2b363b",
        water="#3f5d6b",
        grass="#3d5f49",
        cloud="#6d7b89 #2a3442",
        ambient="#ccd5da",
        glow=0.12,
    ),
}

#: Land and ground of a setting at noon; other lights shade them as they shade grass.
_GROUNDS = {
    Setting.CITY: ("#7f90ad", "#9d968f"),
    Setting.MOUNTAINS: ("#5f7f96", "#71964e"),
    Setting.MEADOW: ("#5c9a4a", "#6aa83f"),
}
#: A room's wall and floor, and the light in it: lamps are lit when it is dark outside.
_ROOMS = {
    Light.GOLDEN: ("#eecb98", "#b57a4a", "#fff1da"),
    Light.SUNSET: ("#b98082", "#84503f", "#ffe6d0"),
    Light.DAWN: ("#e3d2d6", "#b3917c", "#fbf3f2"),
    Light.DAY: ("#e6dcc6", "#bd8c5f", "#ffffff"),
    Light.NIGHT: ("#6f5668", "#5f3f38", "#ffe3c2"),
    Light.STORM: ("#8c8a90", "#705b4d", "#f3e6d6"),
}
#: Space knows no hours, but a time of day still names a mood: (sky, key and haze, land and
#: ground, nebula, ambient).
_SPACES = {
    Light.GOLDEN: (
        "#120b1c #241430 #43203f #74364a #a85b40 #dc9650",
        "#ffd9a0 #b5673f",
        "#6a4a4c #a07c66",
        "#ffb347",
        "#fff2e2",
    ),
    Light.SUNSET: (
        "#100926 #220f3c #431a5a #74286c #aa3e78 #dc5f7a",
        "#ffb0c0 #8f3470",
        "#54345f #85607f",
        "#ff6aa8",
        "#fbe4ea",
    ),
    Light.DAWN: (
        "#0f1936 #1e2953 #3c4176 #685e9a #9c84b2 #d4acc2",
        "#ffe6f0 #7c6ba4",
        "#63678f #9a9cba",
        "#ffb4d4",
        "#f6f1fa",
    ),
    Light.DAY: (
        "#08183a #0e265a #18397a #28589a #3c79b6 #66a0ce",
        "#e6f6ff #3f78ae",
        "#7c87a2 #b4bac8",
        "#3fc0e0",
        "#ffffff",
    ),
    Light.NIGHT: (
        "#04050e #090b20 #121130 #1c1846 #282060 #362c72",
        "#c8d6ff #40367e",
        "#413f60 #6c6a86",
        "#7358d8",
        "#dde1f6",
    ),
    Light.STORM: (
        "#060b0f #0d1719 #17292b #243f3d #32574f #487264",
        "#c2f0dc #33594f",
        "#34464a #5d7272",
        "#52d4a4",
        "#dfeae6",
    ),
}
_SNOW_GROUND = rgb("#e9eff6")


def palette(spec: SceneSpec) -> Palette:
    """Mix the colours for a scene."""
    colours = _settled(LIGHTS[spec.light], spec)
    outdoors = spec.setting not in (Setting.SPACE, Setting.INTERIOR)
    if spec.weather is not Weather.CLEAR and spec.light is not Light.STORM:
        colours = _veiled(colours, spec)
    if spec.hues:
        colours = _tinted(colours, tuple(rgb(hue) for hue in spec.hues))
    if spec.weather is Weather.SNOW and outdoors:
        ground = multiply(mix(_SNOW_GROUND, colours.haze, 0.18), colours.ambient)
        colours = replace(colours, grass=ground)
    return colours


def _settled(colours: Palette, spec: SceneSpec) -> Palette:
    """A light as a setting takes it."""
    if spec.setting is Setting.SPACE:
        return _in_space(colours, spec.light)
    if spec.setting is Setting.INTERIOR:
        wall, floor, ambient = (rgb(text) for text in _ROOMS[spec.light])
        return replace(colours, land=wall, grass=floor, ambient=ambient)
    if spec.setting not in _GROUNDS:
        return colours
    noon = LIGHTS[Light.DAY].grass
    shade = 0.25 + 0.75 * min(1.0, luminance(colours.grass) / luminance(noon))
    land, ground = (
        mix(mix((8, 12, 28), colours.lit(rgb(text)), shade), colours.haze, 0.10)
        for text in _GROUNDS[spec.setting]
    )
    return replace(colours, land=mix(land, colours.land, 0.35), grass=ground)


def _in_space(colours: Palette, light: Light) -> Palette:
    sky, air, ground, nebula, ambient = _SPACES[light]
    key, haze = (rgb(text) for text in air.split())
    land, grass = (rgb(text) for text in ground.split())
    return replace(
        colours,
        sky=tuple(rgb(stop) for stop in sky.split()),
        disc=mix(key, WHITE, 0.5),
        key=key,
        haze=haze,
        land=land,
        water=rgb(nebula),
        grass=grass,
        cloud_lit=mix(rgb(nebula), WHITE, 0.35),
        cloud_shade=haze,
        ambient=rgb(ambient),
    )


def _veiled(colours: Palette, spec: SceneSpec) -> Palette:
    """Weather greys the sky and dims the sun; wind only a little, space not at all."""
    if spec.setting is Setting.SPACE or spec.weather is Weather.WIND:
        return colours
    return _greyed(colours)


def _greyed(colours: Palette) -> Palette:
    veil = mix(colours.haze, colours.cloud_shade, 0.5)
    return replace(
        colours,
        sky=tuple(mix(stop, relight(veil, luminance(stop) * 0.95), 0.42) for stop in colours.sky),
        water=mix(colours.water, relight(veil, luminance(colours.water)), 0.35),
        cloud_lit=mix(colours.cloud_lit, veil, 0.25),
        glow=colours.glow * 0.6,
    )


def _tinted(colours: Palette, hues: tuple[Colour, ...]) -> Palette:
    def tint(colour: Colour, hue: Colour, share: float) -> Colour:
        return mix(colour, relight(hue, luminance(colour)), share)

    last = len(colours.sky) - 1
    middle, low = hues[min(1, len(hues) - 1)], hues[-1]
    return replace(
        colours,
        sky=tuple(
            tint(stop, _along(hues, place / last), 0.62) for place, stop in enumerate(colours.sky)
        ),
        water=tint(colours.water, hues[0], 0.7),
        haze=tint(colours.haze, middle, 0.5),
        key=tint(colours.key, mix(middle, WHITE, 0.3), 0.25),
        land=tint(colours.land, low, 0.6),
        grass=tint(colours.grass, low, 0.22),
        cloud_lit=tint(colours.cloud_lit, middle, 0.3),
        cloud_shade=tint(colours.cloud_shade, hues[0], 0.5),
    )


def _along(hues: tuple[Colour, ...], place: float) -> Colour:
    position = place * (len(hues) - 1)
    index = min(int(position), max(len(hues) - 2, 0))
    return mix(hues[index], hues[min(index + 1, len(hues) - 1)], position - index)
