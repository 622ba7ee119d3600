"""A small drawing board: soft shapes with gradients on a calm background.

Coordinates are pixels of the finished 600 x 600 picture. Only masks are drawn three times as large and reduced
(that is where edges need it); paint is mixed at final size, which keeps a picture below 80 ms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from demo.pictures.palette import SHADOW, WHITE, Color

SIDE = 600
SCALE = 3
ZOOM = 1.12
CENTRE = (300.0, 440.0)
"""Everything is drawn this much larger, around this point: the drawings leave generous margins."""
STEPS = 12
"""Straight pieces between two points of a curve."""
Point = tuple[float, float]
Points = Sequence[Point]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Paint:
    """A linear gradient: stops (0..1, colour), across or down, with an opacity."""

    stops: tuple[tuple[float, Color], ...]
    down: bool = False
    opacity: float = 1.0

    def image(self, width: int, height: int) -> Image.Image:
        """The gradient over a box."""
        at = [stop for stop, _ in self.stops]
        ramp = np.linspace(0, 1, 256)
        rows = np.stack([np.interp(ramp, at, [color[i] for _, color in self.stops]) for i in range(3)], axis=-1)
        strip = rows.astype(np.uint8)[:, None, :] if self.down else rows.astype(np.uint8)[None, :, :]
        return Image.fromarray(strip).resize((width, height), Image.Resampling.BILINEAR)


@dataclass(frozen=True)
class Patch:
    """Where something was painted: an alpha mask and its top left corner. Later paint may be kept inside it."""

    mask: Image.Image
    x: int
    y: int


def flat(color: Color, opacity: float = 1.0) -> Paint:
    """One colour."""
    return Paint(((0, color), (1, color)), opacity=opacity)


def down(top: Color, bottom: Color) -> Paint:
    """From top to bottom."""
    return Paint(((0, top), (1, bottom)), down=True)


def round_body(color: Color) -> Paint:
    """Light from the left on something round."""
    return Paint(
        (
            (0, color.darker(0.14)),
            (0.24, color.lighter(0.24)),
            (0.55, color),
            (0.88, color.darker(0.2)),
            (1, color.darker(0.26)),
        )
    )


def metal(color: Color) -> Paint:
    """Round, with the hard lights of metal."""
    return Paint(
        (
            (0, color.darker(0.25)),
            (0.18, color.lighter(0.55)),
            (0.32, color.lighter(0.1)),
            (0.62, color.darker(0.12)),
            (0.8, color.lighter(0.2)),
            (1, color.darker(0.35)),
        )
    )


def smooth(points: Points, *, closed: bool = False) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    ring = [points[-1], *points, points[0], points[1]] if closed else [points[0], *points, points[-1]]
    curve = [_spline(ring[i : i + 4], step / STEPS) for i in range(len(ring) - 3) for step in range(STEPS)]
    return curve if closed else [*curve, points[-1]]


def _spline(p: Points, t: float) -> Point:
    def axis(i: Literal[0, 1]) -> float:
        a, b, c, d = (point[i] for point in p)
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)

    return axis(0), axis(1)


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    """Points on an ellipse; angles in degrees, clockwise from the right as on a screen."""
    steps = max(int(abs(end - start) / 5), 2)
    angles = (math.radians(start + (end - start) * i / steps) for i in range(steps + 1))
    return [(cx + rx * math.cos(angle), cy + ry * math.sin(angle)) for angle in angles]


class Canvas:
    """One picture in the making."""

    def __init__(self, tint: Color) -> None:
        self.image = _backdrop(tint).copy()

    def ground(self, cx: float, y: float, width: float, strength: float = 0.34) -> None:
        """The soft shadow under an object that stands at `y`."""
        wide, high = int(width * 1.5 * ZOOM), int(width * 0.2 * ZOOM)
        ((cx, y),) = _zoomed([(cx, y)])
        mask = _soft_ellipse().resize((wide, high), Image.Resampling.BILINEAR)
        mask = mask.point(lambda value: int(value * strength))
        self.image.paste(SHADOW, (int(cx - wide / 2), int(y - high / 2)), mask)

    def polygon(self, points: Points, paint: Paint, inside: Patch | None = None) -> Patch:
        """A filled outline."""
        outline = _zoomed(points)
        return self._fill(_bounds(outline), outline, lambda draw, at: draw.polygon(at, fill=255), paint, inside)

    def ellipse(self, cx: float, cy: float, rx: float, ry: float, paint: Paint, inside: Patch | None = None) -> Patch:
        return self.polygon(arc(cx, cy, rx, ry, 0, 360), paint, inside)

    def panel(self, box: Box, radius: float, paint: Paint, inside: Patch | None = None) -> Patch:
        """A rectangle with round corners."""
        x0, y0, x1, y1 = box
        r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
        corners = ((x1 - r, y0 + r, -90), (x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90), (x0 + r, y0 + r, 180))
        points = [point for cx, cy, start in corners for point in arc(cx, cy, r, r, start, start + 90)]
        return self.polygon(points, paint, inside)

    def stroke(self, points: Points, width: float, paint: Paint, inside: Patch | None = None) -> Patch:
        """A line with round ends and joints."""

        def draw_line(draw: ImageDraw.ImageDraw, at: list[Point]) -> None:
            half = width * ZOOM * SCALE / 2
            draw.line(at, fill=255, width=round(2 * half), joint="curve")
            for x, y in (at[0], at[-1]):
                draw.ellipse((x - half, y - half, x + half, y + half), fill=255)

        line = _zoomed(points)
        return self._fill(_bounds(line, width * ZOOM), line, draw_line, paint, inside)

    def profile(self, cx: float, sides: Points, paint: Paint, *, straight: bool = False) -> Patch:
        """A symmetrical body: (y, half width) from top to bottom."""
        right = [(cx + half, y) for y, half in sides]
        edge = right if straight else smooth(right)
        return self.polygon([*edge, *((2 * cx - x, y) for x, y in reversed(edge))], paint)

    def vessel(
        self,
        cx: float,
        top: float,
        bottom: float,
        sides: tuple[float, float],
        color: Color,
        *,
        bulge: float = 0.0,
        tilt: float = 0.16,
        paint: Paint | None = None,
        inner: Color | None = None,
    ) -> Patch:
        """Something round and open: a wall from `sides[0]` (half width at the rim) to `sides[1]` (at the foot)."""
        wide, narrow = sides
        steps = [i / 12 for i in range(13)]
        wall = [
            (cx + wide + (narrow - wide) * t + bulge * math.sin(math.pi * t), top + (bottom - top) * t) for t in steps
        ]
        foot = arc(cx, bottom, narrow, narrow * tilt, 0, 180)
        body = [*wall, *foot, *((2 * cx - x, y) for x, y in reversed(wall))]
        patch = self.polygon(body, paint or round_body(color))
        dark = inner or color.darker(0.22)
        self.ellipse(cx, top, wide, wide * tilt, flat(color.lighter(0.28)))
        self.ellipse(cx, top + 1, wide - 7, (wide - 7) * tilt, down(dark.darker(0.2), dark))
        return patch

    def shine(self, points: Points, width: float, inside: Patch, opacity: float = 0.35) -> None:
        """A soft highlight."""
        self.stroke(points, width, flat(WHITE, opacity), inside)

    def _fill(
        self,
        bounds: tuple[int, int, int, int],
        points: Points,
        draw: Callable[[ImageDraw.ImageDraw, list[Point]], None],
        paint: Paint,
        inside: Patch | None,
    ) -> Patch:
        x0, y0, x1, y1 = bounds
        large = Image.new("L", ((x1 - x0) * SCALE, (y1 - y0) * SCALE), 0)
        draw(ImageDraw.Draw(large), [((x - x0) * SCALE, (y - y0) * SCALE) for x, y in points])
        mask = large.reduce(SCALE)
        if inside:
            window = Image.new("L", mask.size, 0)
            window.paste(inside.mask, (inside.x - x0, inside.y - y0))
            mask = ImageChops.multiply(mask, window)
        patch = Patch(mask, x0, y0)
        if paint.opacity < 1:
            mask = mask.point(lambda value: int(value * paint.opacity))
        self.image.paste(paint.image(*mask.size), (x0, y0), mask)
        return patch


def scatter(count: int, box: Box) -> list[Point]:
    """Points spread evenly but without a pattern (Roberts' R2 sequence)."""
    x0, y0, x1, y1 = box
    return [(x0 + (x1 - x0) * (n * 0.7548776662 % 1), y0 + (y1 - y0) * (n * 0.5698402910 % 1)) for n in range(count)]


def _zoomed(points: Points) -> list[Point]:
    (cx, cy), zoom = CENTRE, ZOOM
    return [(cx + (x - cx) * zoom, cy + (y - cy) * zoom) for x, y in points]


def _bounds(points: Points, margin: float = 0) -> tuple[int, int, int, int]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    pad = margin / 2 + 2
    return (
        math.floor(min(xs) - pad),
        math.floor(min(ys) - pad),
        math.ceil(max(xs) + pad),
        math.ceil(max(ys) + pad),
    )


@cache
def _soft_ellipse() -> Image.Image:
    mask = Image.new("L", (200, 200), 0)
    ImageDraw.Draw(mask).ellipse((45, 45, 155, 155), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(20))


@cache
def _backdrop(tint: Color) -> Image.Image:
    """A wall with a glow of light behind the object, and a table."""
    wall = Paint(((0, tint.lighter(0.25)), (1, tint)), down=True).image(SIDE, SIDE)
    glow = _soft_ellipse().resize((900, 900), Image.Resampling.BICUBIC).point(lambda value: int(value * 0.6))
    wall.paste(tint.lighter(0.7), (-150, -190), glow)
    table = Paint(((0, tint.darker(0.06)), (1, tint.darker(0.13))), down=True).image(SIDE, 170)
    wall.paste(table, (0, SIDE - 170))
    edge = Paint(((0, tint.lighter(0.35)), (1, tint.lighter(0.1)))).image(SIDE, 3)
    wall.paste(edge, (0, SIDE - 170))
    return wall
