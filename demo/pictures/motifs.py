"""Small things that several pictures share: leaves, beans, steam, flowers, printed labels."""

from __future__ import annotations

import math

from demo.pictures.canvas import Canvas, Patch, Point, Points, down, flat, smooth
from demo.pictures.palette import FLAME, LEAF, PAPER, WHITE, Color


def turned(points: Points, x: float, y: float, degrees: float) -> list[Point]:
    """Points around the origin, turned clockwise and moved to (x, y)."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(x + px * cos - py * sin, y + px * sin + py * cos) for px, py in points]


def leaf(c: Canvas, x: float, y: float, length: float, degrees: float, color: Color = LEAF, wide: float = 0.4) -> None:
    """A leaf that grows from (x, y) in a direction (0 is to the right, 270 up)."""
    half = length * wide / 2
    outline = [(0.0, 0.0), (length * 0.3, -half), (length * 0.65, -half * 0.8), (length, 0.0),
               (length * 0.65, half * 0.8), (length * 0.3, half)]  # fmt: skip
    c.polygon(turned(smooth(outline, closed=True), x, y, degrees), down(color.lighter(0.16), color.darker(0.1)))
    c.stroke(turned([(length * 0.05, 0.0), (length * 0.86, 0.0)], x, y, degrees), 1.6, flat(color.lighter(0.35)))


def sprig(c: Canvas, x: float, y: float, height: float, color: Color = LEAF) -> None:
    """An upright stem with pairs of leaves."""
    c.stroke([(x, y), (x + 2, y - height)], 3, flat(color.darker(0.12)))
    for step in range(4):
        at = y - height * (0.18 + 0.22 * step)
        size = height * (0.42 - 0.06 * step)
        leaf(c, x, at, size, 325, color)
        leaf(c, x, at, size, 215, color)
    leaf(c, x + 2, y - height * 0.9, height * 0.26, 272, color)


def bean(c: Canvas, x: float, y: float, size: float, degrees: float, color: Color) -> None:
    """A coffee bean."""
    oval = [(size * math.cos(a / 10), size * 0.68 * math.sin(a / 10)) for a in range(63)]
    c.polygon(turned(oval, x, y, degrees), down(color.lighter(0.15), color.darker(0.12)))
    crease = smooth([(-size * 0.8, 0), (-size * 0.25, size * 0.16), (size * 0.25, -size * 0.16), (size * 0.8, 0)])
    c.stroke(turned(crease, x, y, degrees), max(size * 0.13, 1.5), flat(color.darker(0.4)))


def flower(c: Canvas, x: float, y: float, size: float, color: Color) -> None:
    """Five petals and an eye."""
    for turn in range(5):
        angle = math.radians(72 * turn - 90)
        at = (x + size * 0.55 * math.cos(angle), y + size * 0.55 * math.sin(angle))
        c.ellipse(*at, size * 0.44, size * 0.44, down(color.lighter(0.2), color.darker(0.06)))
    c.ellipse(x, y, size * 0.28, size * 0.28, flat(FLAME.darker(0.1)))


def steam(c: Canvas, x: float, y: float) -> None:
    """Two curls above something hot."""
    for shift, size in ((-16, 1.0), (18, 0.82)):
        curl = [(x + shift, y), (x + shift + 12 * size, y - 22 * size), (x + shift - 8 * size, y - 48 * size),
                (x + shift + 6 * size, y - 76 * size)]  # fmt: skip
        c.stroke(smooth(curl), 6 * size, flat(WHITE, 0.55))


def flame(c: Canvas, x: float, y: float, size: float) -> None:
    """A candle flame standing on (x, y), with its glow."""
    for ring, opacity in ((2.6, 0.1), (1.8, 0.14)):
        c.ellipse(x, y - size * 0.5, size * ring * 0.62, size * ring * 0.62, flat(FLAME.lighter(0.3), opacity))
    outline = [(0.0, 0.0), (size * 0.27, -size * 0.34), (0.0, -size), (-size * 0.25, -size * 0.34)]
    c.polygon(turned(smooth(outline, closed=True), x, y, 0), down(FLAME.lighter(0.1), Color(238, 142, 60)))
    c.ellipse(x, y - size * 0.26, size * 0.1, size * 0.2, flat(FLAME.lighter(0.7), 0.8))


def print_label(c: Canvas, box: tuple[float, float, float, float], ink: Color, inside: Patch | None = None) -> None:
    """A paper label with a rule and lines that stand for words."""
    x0, y0, x1, y1 = box
    c.panel(box, 5, down(PAPER, PAPER.darker(0.05)), inside)
    width, middle = x1 - x0, (x0 + x1) / 2
    for share, row in ((0.52, 0.7), (0.36, 0.82)):
        half, y = width * share / 2, y0 + (y1 - y0) * row
        c.stroke([(middle - half, y), (middle + half, y)], 4, flat(ink, 0.55), inside)
