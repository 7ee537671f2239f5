"""The city's traffic: cars and a bus on two lanes, with lights when it is dark."""

from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.glow import Glow
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage

_PAINTS = ("#d8564a", "#3f7fc4", "#f0b93a", "#e9e4da", "#3fa08a", "#7f6ac0")
#: (share of the way down the road, direction, size, speed in units per second, depth)
_LANES = ((0.36, -1, 0.62, 120.0, 0.42), (0.80, 1, 0.86, 165.0, 0.58))
_CARS = 3


class Traffic:
    """Vehicles that come and go; each lane has its own pace and nobody overtakes."""

    def __init__(self, frame: Group, stage: Stage) -> None:
        self._stage = stage
        self._vehicles: list[tuple[Group, Glow | None, float, tuple[float, ...]]] = []
        plane = stage.plane(frame)
        big = 1.45 if stage.layout.portrait else 1.0
        self._loop = stage.layout.width * 1.5 + 300 * stage.layout.unit
        for index, lane in enumerate(_LANES):
            stream = stage.streams.named(f"traffic {index}")
            for place in range(_CARS):
                shift, hue, kind = stream.random(3).tolist()
                paint = stage.palette.lit(rgb(_PAINTS[int(hue * len(_PAINTS))]))
                node = plane.group()
                (self._bus if kind > 0.8 else self._car)(node, paint)
                size = lane[2] * stage.layout.unit * big
                glow = None
                if stage.dark:
                    glow = Glow(
                        frame,
                        stage,
                        rx=64 * size,
                        ry=26 * size,
                        colour=rgb("#fff0c4"),
                        strength=0.62,
                    )
                start = (place + 0.7 * shift) / _CARS
                self._vehicles.append((node, glow, start, (*lane[:2], size, *lane[3:])))

    def _glass(self) -> Colour:
        return mix(self._stage.palette.sky[2], (24, 34, 58), 0.55)

    def _car(self, node: Group, paint: Colour) -> None:
        node.fill(Path().oval(0, 1, 70, 5), BLACK, 0.30)
        body = Path().move(-62, -9).cubic(-64, -26, -58, -31, -40, -33)
        body.cubic(-30, -52, -18, -55, 2, -55).cubic(20, -55, 28, -46, 36, -33)
        body.cubic(54, -31, 64, -27, 63, -9).close()
        node.fill(body, paint)
        node.fill(
            Path().move(-62, -9).line(-63, -18).line(63, -18).line(63, -9).close(),
            mix(paint, BLACK, 0.22),
        )
        panes = Path().move(-33, -34).cubic(-26, -48, -18, -50, -5, -50).line(-5, -34).close()
        panes.move(0, -34).line(0, -50).cubic(16, -50, 22, -44, 29, -34).close()
        node.fill(panes, self._glass())
        self._wheels(node, (-38, 38))
        self._lights(node, 62, -22, -62)

    def _bus(self, node: Group, paint: Colour) -> None:
        node.fill(Path().oval(0, 1, 112, 6), BLACK, 0.30)
        node.fill(
            Path()
            .move(-104, -9)
            .line(-104, -76)
            .quad(-104, -84, -96, -84)
            .line(94, -84)
            .quad(104, -84, 104, -74)
            .line(104, -9)
            .close(),
            paint,
        )
        node.fill(Path().rect(-104, -36, 208, 8), mix(paint, WHITE, 0.7))
        panes = Path()
        for index in range(6):
            panes.rect(-96 + 33 * index, -74, 28, 30)
        node.fill(panes, rgb("#ffe2a8") if self._stage.dark else self._glass())
        self._wheels(node, (-66, 68))
        self._lights(node, 102, -20, -102)

    def _wheels(self, node: Group, places: tuple[float, float]) -> None:
        tyres, hubs = Path(), Path()
        for x in places:
            tyres.circle(x, -10, 12)
            hubs.circle(x, -10, 5.5)
        node.fill(tyres, mix(self._stage.palette.land, (14, 15, 24), 0.8))
        node.fill(hubs, mix(self._stage.palette.haze, WHITE, 0.3))

    def _lights(self, node: Group, front: float, y: float, back: float) -> None:
        bright = rgb("#fff3c8") if self._stage.dark else mix(WHITE, self._stage.palette.haze, 0.2)
        node.fill(Path().oval(front - 3, y, 4, 5), bright)
        node.fill(
            Path().rect(back - 1, y - 5, 5, 9),
            rgb("#ff4a3d") if self._stage.dark else rgb("#b3382e"),
        )

    def show(self, t: float) -> None:
        layout, camera = self._stage.layout, self._stage.camera
        margin = 0.25 * layout.width + 150 * layout.unit
        for node, glow, start, (down, way, size, speed, depth) in self._vehicles:
            run = start * self._loop + way * speed * layout.unit * t - camera.travel(t) * depth
            zoom, _, _, _, _, lift = camera.view(depth, t)
            x = run % self._loop - margin
            x = layout.lead[0] + (x - layout.lead[0]) * zoom
            y = zoom * (layout.horizon + (layout.bank - layout.horizon) * down) + lift
            a, b, c, _, e, f = at(x, y, scale=size * zoom)
            node.place((a * way, b, c, 0.0, e, f))
            if glow is not None:
                glow.put(x + way * 84 * size, y - 12 * size)
