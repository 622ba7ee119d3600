"""Geometry of the charts: numbers to places on a canvas of 100 × 100 that stretches to whatever room there is.

Drawn by the macros of `templates/parts/charts.html` as inline SVG. Words stand beside the canvas, never on it: it is
stretched. Each chart carries its own table, which says the same to whoever does not see it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

COLORS = 6
"""`--chart-1` to `--chart-6`."""
_ROUND = 3
_LEAST = 1e-12
Format = Callable[[float], str]


def plain(value: float) -> str:
    """`1,234`, `0.25`: what charts write where no other format is asked for."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stacked bar: from `x`, `width` wide, of 100."""

    label: str
    value: float
    share: float
    """From 0 to 1."""
    x: float
    width: float
    color: int
    """1 to 6."""
    again: bool
    """The colours went round: drawn paler."""


@dataclass(frozen=True, slots=True)
class Stacked:
    """One bar, divided."""

    segments: tuple[Segment, ...]
    total: float


@dataclass(frozen=True, slots=True)
class Column:
    """One upright bar: its foot at 100."""

    label: str
    value: float
    text: str
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Columns:
    """Upright bars beside each other."""

    columns: tuple[Column, ...]
    top: float
    top_text: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line; None: nothing is known here."""

    label: str
    value: float | None
    text: str
    x: float
    y: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line over equal steps; where nothing is known it is interrupted."""

    points: tuple[Point, ...]
    paths: tuple[str, ...]
    """SVG path data; a stretch of one point is a dash as wide as a step."""
    top_text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Several lines on one scale, each (label, line, colour from 1 to 6)."""

    lines: tuple[tuple[str, Line, int], ...]
    top_text: str


@dataclass(frozen=True, slots=True)
class Span:
    """A figure with the interval it lies in, on a scale that all spans of a chart share."""

    label: str
    value: float
    low: float
    high: float
    text: str
    x: float
    x_low: float
    x_high: float


@dataclass(frozen=True, slots=True)
class Spans:
    """Figures with their intervals; `zero` is where 0 lies on the scale, None where it is not on it."""

    spans: tuple[Span, ...]
    zero: float | None
    low_text: str
    high_text: str


def stacked(parts: Sequence[tuple[str, float]]) -> Stacked:
    """(label, amount) in the order they are drawn; what has no amount is left out, and its colour with it: the same
    label at the same place always has the same."""
    kept = [(place, label, value) for place, (label, value) in enumerate(parts) if math.isfinite(value) and value > 0]
    total = math.fsum(value for _, _, value in kept)
    segments, x = [], 0.0
    for place, label, value in kept:
        share = value / total
        around, color = divmod(place, COLORS)
        edges = round(x, _ROUND), round(share * 100, _ROUND)
        segments.append(Segment(label, value, share, *edges, color + 1, around > 0))
        x += share * 100
    return Stacked(tuple(segments), total)


def columns(points: Sequence[tuple[str, float]]) -> Columns:
    """(label, amount of at least 0) from left to right; the scale begins at 0 and ends at a round number."""
    values = [max(value, 0.0) if math.isfinite(value) else 0.0 for _, value in points]
    top = round_up(max(values, default=0.0))
    step = 100 / max(len(points), 1)
    drawn = [
        Column(
            label,
            value,
            plain(value),
            round(place * step + step * 0.12, _ROUND),
            round(step * 0.76, _ROUND),
            round(100 - value / top * 100, _ROUND),
            round(value / top * 100, _ROUND),
        )
        for place, ((label, _), value) in enumerate(zip(points, values, strict=True))
    ]
    return Columns(tuple(drawn), top, plain(top))


def line(points: Sequence[tuple[str, float | None]], *, top: float | None = None, text: Format = plain) -> Line:
    """(label, amount of at least 0 or None) from left to right. `top` ends the scale; None: a round number does."""
    known = [value for _, value in points if value is not None and math.isfinite(value)]
    end = top or round_up(max(known, default=0.0))
    step = 100 / max(len(points) - 1, 1)
    drawn = [_point(label, value, place * step, end, text) for place, (label, value) in enumerate(points)]
    return Line(tuple(drawn), tuple(_paths(drawn, step)), text(end))


def lines(named: Sequence[tuple[str, Sequence[tuple[str, float | None]]]], *, text: Format = plain) -> Lines:
    """(label, points) of lines that have the same steps; at most six can be told apart by their colours."""
    known = [value for _, points in named for _, value in points if value is not None and math.isfinite(value)]
    end = round_up(max(known, default=0.0))
    drawn = [
        (label, line(points, top=end, text=text), place % COLORS + 1) for place, (label, points) in enumerate(named)
    ]
    return Lines(tuple(drawn), text(end))


def spans(rows: Sequence[tuple[str, float, float, float]], *, text: Format = plain) -> Spans:
    """(label, figure, low, high), on one scale that holds all of them. Raises ValueError for what is no number."""
    edges = [edge for _, value, low, high in rows for edge in (value, low, high)]
    if not all(math.isfinite(edge) for edge in edges):
        raise ValueError("an interval has ends, which are numbers")
    least, most = min(edges, default=0.0), max(edges, default=1.0)
    if least <= 0 <= most or 0 < least < (most - least):
        least, most = min(least, 0.0), max(most, 0.0)
    wide = most - least or 1.0

    def place(value: float) -> float:
        return round((value - least) / wide * 100, _ROUND)

    drawn = [
        Span(label, value, low, high, text(value), place(value), place(low), place(high))
        for label, value, low, high in rows
    ]
    return Spans(tuple(drawn), place(0.0) if least <= 0 <= most else None, text(least), text(most))


def round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten; 1 for nothing, and for what is as good as nothing."""
    if value < _LEAST:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in (1, 2, 2.5, 5) if step * power >= value), 10 * power)


def _point(label: str, value: float | None, x: float, end: float, text: Format) -> Point:
    if value is None or not math.isfinite(value):
        return Point(label, None, "–", round(x, _ROUND), None)
    inside = min(max(value, 0.0), end)
    return Point(label, value, text(value), round(x, _ROUND), round(100 - inside / end * 100, _ROUND))


def _paths(points: Sequence[Point], step: float) -> list[str]:
    stretches: list[list[Point]] = [[]]
    for point in points:
        if point.y is None:
            stretches.append([])
        else:
            stretches[-1].append(point)
    return [_path(stretch, step) for stretch in stretches if stretch]


def _path(stretch: Sequence[Point], step: float) -> str:
    if len(stretch) == 1:
        [only] = stretch
        left, right = max(only.x - step / 2, 0.0), min(only.x + step / 2, 100.0)
        return f"M{left:g},{only.y:g} L{right:g},{only.y:g}"
    return "M" + " L".join(f"{point.x:g},{point.y:g}" for point in stretch)
