"""Colours as plain float triples, red green blue, 0 to 255."""

Colour = tuple[float, float, float]

WHITE: Colour = (255.0, 255.0, 255.0)
BLACK: Colour = (0.0, 0.0, 0.0)


def rgb(text: str) -> Colour:
    """Read `#rrggbb`."""
    value = int(text.removeprefix("#"), 16)
    return (float(value >> 16), float(value >> 8 & 255), float(value & 255))


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Blend `second` into `first`; a share of 0 is all `first`."""
    return (
        first[0] + (second[0] - first[0]) * share,
        first[1] + (second[1] - first[1]) * share,
        first[2] + (second[2] - first[2]) * share,
    )


def luminance(colour: Colour) -> float:
    """How light a colour looks, 0 to 255 (BT.709 weights)."""
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def relight(hue: Colour, wanted: float) -> Colour:
    """`hue` made as light as `wanted`, by shading or tinting it."""
    light = luminance(hue)
    if wanted <= light:
        return mix(BLACK, hue, wanted / max(light, 1.0))
    return mix(hue, WHITE, (wanted - light) / max(255.0 - light, 1.0))


def multiply(colour: Colour, light: Colour) -> Colour:
    """`colour` as it looks under a coloured light."""
    return (
        colour[0] * light[0] / 255,
        colour[1] * light[1] / 255,
        colour[2] * light[2] / 255,
    )


def octets(colour: Colour) -> tuple[int, int, int]:
    """The nearest 8-bit red, green, blue."""
    red, green, blue = (min(255, max(0, int(part + 0.5))) for part in colour)
    return red, green, blue
