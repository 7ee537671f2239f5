# ruff: noqa: INP001 - a script beside its pictures, no package
"""Draws the contact sheets of the studio: every setting in several lights, every subject.

Run where reelbot is installed: `python docs/pictures/make_contact_sheet.py`. It writes
studio.webp, and studio-grey.webp, in which settings and subjects must still be told apart.
"""

import io
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bot.studio.renderer import Act, Shot, spec
from bot.studio.renderer.encode import FRAMES_PER_SECOND
from bot.studio.renderer.film import Film
from bot.studio.renderer.story import story

CELL = (384, 216)
COLUMNS = 4
GAP, LABEL = 6, 22
LARGEST_BYTES = 600_000
INK, PAPER = (58, 58, 66), (250, 248, 244)

LIGHTS = ("golden hour", "day", "sunset", "night")
#: What each subject is shown doing, where it can be seen best.
SUBJECTS = {
    spec.Subject.CAT: "a ginger cat walks by the lake at golden hour",
    spec.Subject.DOG: "a brown dog runs over the meadow by day",
    spec.Subject.MONSTER: "a friendly purple monster walks in the city at dusk",
    spec.Subject.BOAT: "a red boat on the lake at dawn",
    spec.Subject.KITE: "a yellow kite over the mountains by day",
    spec.Subject.CUP: "a cup of coffee by the window in the morning",
    spec.Subject.BALLOON: "a red balloon over the meadow at sunset",
    spec.Subject.BIRD: "a blue bird flies over the sea by day",
}


def cells() -> Iterator[tuple[str, str, int]]:
    """Label, prompt and seed of every picture."""
    for setting in spec.Setting:
        for seed, light in enumerate(LIGHTS):
            prompt = f"{setting}, {light}, a cat sits, static camera"
            yield f"{setting}, {light}", prompt, seed
    for subject in spec.Subject:
        yield subject, SUBJECTS[subject], 2


def picture(prompt: str, seed: int) -> Image.Image:
    """Draw the frame one second into a clip, at twice the size of its cell."""
    width, height = (side * 2 for side in CELL)
    acts = (Act(seconds=2),)
    shot = Shot(prompt=prompt, seed=seed, width=width, height=height, acts=acts)
    with closing(story(shot)) as told, closing(Film(shot, told, "thorvg")) as film:
        pixels = next(
            pixels for index, pixels in enumerate(film.frames()) if index == FRAMES_PER_SECOND
        )
        drawn = Image.fromarray(pixels[..., 2::-1].copy())
    return drawn.resize(CELL, Image.Resampling.LANCZOS)


def sheet() -> Image.Image:
    """Lay all pictures out in rows, each above its label."""
    shown = list(cells())
    step_x, step_y = CELL[0] + GAP, CELL[1] + LABEL + GAP
    rows = -(-len(shown) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * step_x + GAP, rows * step_y + GAP), PAPER)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(14)
    for index, (label, prompt, seed) in enumerate(shown):
        left, top = GAP + index % COLUMNS * step_x, GAP + index // COLUMNS * step_y
        page.paste(picture(prompt, seed), (left, top))
        middle = (left + CELL[0] / 2, top + CELL[1] + LABEL / 2)
        draw.text(middle, label, fill=INK, font=font, anchor="mm")
    return page


def save(page: Image.Image, path: Path) -> None:
    """Save as WebP in the best quality that stays below the size allowed in the docs."""
    for quality in (90, 82, 74, 66, 58, 50, 40):
        target = io.BytesIO()
        page.save(target, "webp", quality=quality, method=6)
        if target.tell() <= LARGEST_BYTES:
            break
    path.write_bytes(target.getvalue())
    sys.stdout.write(f"{path.name}: {target.tell() / 1000:.0f} kB, quality {quality}\n")


def main() -> None:
    """Draw both sheets beside this script."""
    page = sheet()
    save(page, Path(__file__).with_name("studio.webp"))
    save(page.convert("L").convert("RGB"), Path(__file__).with_name("studio-grey.webp"))


if __name__ == "__main__":
    main()
