"""The coats a cat can wear."""

from dataclasses import dataclass, replace

from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, octets, rgb
from bot.studio.renderer.palette import Palette
from bot.studio.renderer.spec import Coat


@dataclass(frozen=True, slots=True, kw_only=True)
class Fur:
    """One coat in the light of a scene."""

    main: Colour
    #: Stripes, or the points of a Siamese.
    dark: Colour
    #: Muzzle, chest and belly.
    pale: Colour
    #: The legs on the far side.
    far: Colour
    paw: Colour
    tip: Colour
    ear: Colour
    iris: Colour
    striped: bool = False
    masked: bool = False
    patches: tuple[Colour, ...] = ()


@dataclass(frozen=True, slots=True)
class _Dye:
    main: str
    dark: str
    pale: str
    iris: str
    striped: bool = False
    socks: bool = False
    masked: bool = False
    patches: tuple[str, ...] = ()


_DYES = {
    Coat.GINGER: _Dye("#e58f42", "#bd6526", "#fff1de", "#7fae4e", striped=True, socks=True),
    Coat.GREY: _Dye("#8f949f", "#646975", "#f0f1f3", "#e0b04a", striped=True, socks=True),
    Coat.BLACK: _Dye("#3b3a47", "#2a2933", "#4a4957", "#e3c04c"),
    Coat.WHITE: _Dye("#f5f1ea", "#dcd3c8", "#ffffff", "#5aa3d8"),
    Coat.TUXEDO: _Dye("#3f3e4b", "#2c2b36", "#fbf7f0", "#9ccb5c", socks=True),
    Coat.CALICO: _Dye("#f7f0e4", "#ded0bd", "#ffffff", "#8dbb55", patches=("#e0893f", "#46414a")),
    Coat.SIAMESE: _Dye("#ead9bf", "#5d4638", "#f6ecdb", "#5fb2e6", masked=True),
    Coat.BROWN: _Dye("#a27a55", "#6b4a31", "#f3e3cd", "#9cc06a", striped=True, socks=True),
    Coat.CREAM: _Dye("#efcf9f", "#d2a468", "#fff6e6", "#7ebf9b", striped=True, socks=True),
}


def dyed(coat: Coat, palette: Palette, hue: str | None = None) -> Fur:
    """The coat's colours under the scene's light; `hue` dyes what no cat is born with."""
    dye = _DYES[coat]
    if hue is not None:
        points, belly = (_hex(mix(rgb(hue), end, 0.3)) for end in (BLACK, WHITE))
        dye = replace(_DYES[Coat.GREY], main=hue, dark=points, pale=belly)
    lit = palette.lit
    main, dark, pale = (lit(rgb(text)) for text in (dye.main, dye.dark, dye.pale))
    shadow = mix(palette.land, (0, 0, 0), 0.4)
    limbs = dark if dye.masked else main
    return Fur(
        main=main,
        dark=dark,
        pale=pale,
        far=mix(limbs, shadow, 0.30),
        paw=pale if dye.socks else limbs,
        tip=pale if dye.socks and not dye.striped else dark,
        ear=lit(rgb("#f2a7a0")),
        iris=mix(rgb(dye.iris), lit(rgb(dye.iris)), 0.4),
        striped=dye.striped,
        masked=dye.masked,
        patches=tuple(lit(rgb(text)) for text in dye.patches),
    )


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*octets(colour))
