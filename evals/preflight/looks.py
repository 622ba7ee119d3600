"""How text looks at a place of the page: colours, size, weight, and whether anything hides it. Inherited downwards.

Places are remembered: the same layout stands around the words of every e-mail, so nearly all are looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from evals.preflight.contrast import BLACK, WHITE, Rgb
from evals.preflight.dark import DarkRules, Place, dark_rules
from evals.preflight.styles import Style, style_of

_STRUCK = frozenset(("s", "del", "strike"))
_BOLD = frozenset(("b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"))
_FACTORS = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83, "sub": 0.83, "sup": 0.83}
"""Sizes a browser gives without a style, as factors of the parent's (HTML, section 15.3)."""


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks at one place."""

    color: Rgb = BLACK
    background: Rgb = WHITE
    dark_color: Rgb | None = None
    """What dark-mode rules make of the colour; None where they leave it."""
    dark_background: Rgb | None = None
    pixels: float = 16.0
    bold: bool = False
    struck: bool = False
    hides: str = ""
    """How an element around it hides it; empty when none does."""
    unreadable: str = ""
    """A colour around it that could not be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """An element's place with what it hands down. Compared by identity: equal ones are the same object."""

    look: Look
    place: Place | None
    sheet: DarkRules


@lru_cache(maxsize=256)
def top_of(css: str) -> Spot:
    """Above the html element of a page with these style sheets."""
    return Spot(Look(), None, dark_rules(css))


@lru_cache(maxsize=8192)
def inside(outer: Spot, tag: str, classes: str, style: str) -> Spot:
    """Inside an element. `style` is its style text, attributes like `bgcolor` put into words of CSS."""
    place = Place(tag, tuple(classes.split()), outer.place)
    ink, paper = outer.sheet.colors(place)
    return Spot(_look(outer.look, tag, style_of(style), ink, paper), place, outer.sheet)


def _look(outer: Look, tag: str, style: Style, ink: Rgb | None, paper: Rgb | None) -> Look:
    """A dark-mode rule's colour goes over inline styles; what is handed down does not go over a nearer one."""
    return Look(
        color=style.color or outer.color,
        background=style.background or outer.background,
        dark_color=ink or (None if style.color else outer.dark_color),
        dark_background=paper or (None if style.background else outer.dark_background),
        pixels=_pixels(outer.pixels, tag, style.size),
        bold=outer.bold or tag in _BOLD if style.bold is None else style.bold,
        struck=outer.struck or style.struck or tag in _STRUCK,
        hides=outer.hides or style.hides,
        unreadable=outer.unreadable or style.unreadable,
    )


def _pixels(outer: float, tag: str, size: tuple[float, str] | None) -> float:
    if size is None:
        return outer * _FACTORS.get(tag, 1.0)
    number, unit = size
    return outer * number if unit == "em" else number
