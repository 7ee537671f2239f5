"""Outlines: what every canvas fills and strokes.

Commands and points are kept in the layout ThorVG reads directly (0 close, 1 move,
2 line, 3 cubic), so that a path crosses into a native library without a loop.
"""

import math
from array import array
from collections.abc import Iterable, Sequence
from typing import Self

CLOSE, MOVE, LINE, CUBIC = range(4)
#: How many numbers each command takes from the points.
_SIZES = (0, 2, 2, 6)

#: How far along the tangent a cubic's handle lies to draw a quarter circle.
_ROUND = 0.5522847498

Point = tuple[float, float]


class Path:
    """An outline under construction; every step returns the path, to be chained."""

    __slots__ = ("commands", "points")

    def __init__(self) -> None:
        self.commands = bytearray()
        self.points = array("f")

    def move(self, x: float, y: float) -> Self:
        self.commands.append(MOVE)
        self.points.extend((x, y))
        return self

    def line(self, x: float, y: float) -> Self:
        self.commands.append(LINE)
        self.points.extend((x, y))
        return self

    def cubic(  # noqa: PLR0917 - two handles and a point, as everywhere
        self, x1: float, y1: float, x2: float, y2: float, x: float, y: float
    ) -> Self:
        self.commands.append(CUBIC)
        self.points.extend((x1, y1, x2, y2, x, y))
        return self

    def quad(self, cx: float, cy: float, x: float, y: float) -> Self:
        from_x, from_y = self.points[-2], self.points[-1]
        return self.cubic(
            from_x + (cx - from_x) * 2 / 3,
            from_y + (cy - from_y) * 2 / 3,
            x + (cx - x) * 2 / 3,
            y + (cy - y) * 2 / 3,
            x,
            y,
        )

    def close(self) -> Self:
        self.commands.append(CLOSE)
        return self

    def polygon(self, points: Iterable[Point]) -> Self:
        """Add a closed outline of straight lines."""
        self.polyline(points)
        return self.close()

    def polyline(self, points: Iterable[Point]) -> Self:
        """Add an open run of straight lines."""
        start = len(self.points)
        for point in points:
            self.points.extend(point)
        count = (len(self.points) - start) // 2
        self.commands.append(MOVE)
        self.commands.extend(bytes((LINE,)) * (count - 1))
        return self

    def oval(self, x: float, y: float, rx: float, ry: float) -> Self:
        """Add an ellipse around (x, y)."""
        kx, ky = rx * _ROUND, ry * _ROUND
        self.move(x + rx, y)
        self.cubic(x + rx, y + ky, x + kx, y + ry, x, y + ry)
        self.cubic(x - kx, y + ry, x - rx, y + ky, x - rx, y)
        self.cubic(x - rx, y - ky, x - kx, y - ry, x, y - ry)
        self.cubic(x + kx, y - ry, x + rx, y - ky, x + rx, y)
        return self.close()

    def circle(self, x: float, y: float, radius: float) -> Self:
        return self.oval(x, y, radius, radius)

    def rect(self, x: float, y: float, width: float, height: float) -> Self:
        return self.polygon(((x, y), (x + width, y), (x + width, y + height), (x, y + height)))

    def extend(self, other: "Path") -> Self:
        """Add all outlines of another path."""
        self.commands.extend(other.commands)
        self.points.extend(other.points)
        return self

    def combed(self, *, leftwards: bool) -> "Path":
        """The same area, its contours ordered by where they begin.

        `leftwards`, the rightmost comes first, and each is drawn from its end to its beginning.
        """
        contours = self._contours()
        contours.sort(key=lambda contour: contour[1][0], reverse=leftwards)
        combed = Path()
        for commands, points in contours:
            order = range(0, len(points), 2)
            if not leftwards:
                combed.commands.extend(commands)
                combed.points.extend(points)
                continue
            closed = commands[-1] == CLOSE
            steps = commands[1:-1] if closed else commands[1:]
            combed.commands.append(MOVE)
            combed.commands.extend(reversed(steps))
            combed.commands.extend(bytes((CLOSE,)) if closed else b"")
            for index in reversed(order):
                combed.points.extend(points[index : index + 2])
        return combed

    def _contours(self) -> list[tuple[bytearray, "array[float]"]]:
        """Its outlines one by one, as (commands, points)."""
        contours: list[tuple[bytearray, array[float]]] = []
        at = 0
        for command in self.commands:
            if command == MOVE:
                contours.append((bytearray(), array("f")))
            commands, points = contours[-1]
            size = _SIZES[command]
            commands.append(command)
            points.extend(self.points[at : at + size])
            at += size
        return contours

    def moved(self, x: float, y: float) -> "Path":
        """A copy that lies (x, y) further on."""
        copy = Path().extend(self)
        for index in range(0, len(copy.points), 2):
            copy.points[index] += x
            copy.points[index + 1] += y
        return copy


def ribbon(spine: Sequence[Point], widths: Sequence[float]) -> Path:
    """A band of changing width along `spine`, round at its far end: tails, stems, twigs."""
    left: list[Point] = []
    right: list[Point] = []
    for index, (x, y) in enumerate(spine):
        before, after = spine[max(index - 1, 0)], spine[min(index + 1, len(spine) - 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        scale = widths[index] / 2 / (math.hypot(dx, dy) or 1.0)
        left.append((x + dy * scale, y - dx * scale))
        right.append((x - dy * scale, y + dx * scale))
    return Path().polygon([*left, *_cap(left[-1], right[-1]), *reversed(right)])


def _cap(start: Point, end: Point) -> list[Point]:
    """The points of a half circle from `start` to `end`, bulging forwards."""
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    dx, dy = start[0] - x, start[1] - y
    turns = (math.pi * step / 6 for step in range(1, 6))
    return [
        (
            x + dx * math.cos(turn) - dy * math.sin(turn),
            y + dx * math.sin(turn) + dy * math.cos(turn),
        )
        for turn in turns
    ]
