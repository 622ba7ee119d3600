"""Styles as far as legibility needs them: colours, sizes, and what hides. Each style text is read once.

Sources: CSS Color 4 (hex and `rgb()`), CSS Fonts 4 (sizes, keywords).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from evals.preflight.contrast import BLACK, WHITE, Rgb

_NAMED: dict[str, Rgb] = {
    "black": BLACK, "white": WHITE, "silver": (192, 192, 192), "gray": (128, 128, 128), "grey": (128, 128, 128),
    "red": (255, 0, 0), "maroon": (128, 0, 0), "yellow": (255, 255, 0), "olive": (128, 128, 0), "lime": (0, 255, 0),
    "green": (0, 128, 0), "aqua": (0, 255, 255), "teal": (0, 128, 128), "blue": (0, 0, 255), "navy": (0, 0, 128),
    "fuchsia": (255, 0, 255), "purple": (128, 0, 128), "orange": (255, 165, 0),
}  # fmt: skip
_NO_COLOR = frozenset(("", "transparent", "inherit", "initial", "unset", "none", "currentcolor"))
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*([\d.]+)(%?)\s*)?\)")
_SIZE = re.compile(r"(-?[\d.]+)(px|pt|em|rem|%)?")
_FACTORS = {"px": 1.0, "": 1.0, "pt": 4 / 3, "rem": 16.0}
_KEYWORDS = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0,
    "xx-large": 32.0,
}  # fmt: skip
_REMOTE = re.compile(r"url\(|@import|expression\(|-moz-binding|behavior:", re.IGNORECASE)


class UnreadableColor(ValueError):
    """A colour that cannot be judged: neither hex, `rgb()` nor one of the basic names."""


@dataclass(frozen=True, slots=True)
class Style:
    """What one style text declares; None where it says nothing."""

    color: Rgb | None = None
    background: Rgb | None = None
    size: tuple[float, str] | None = None
    """(number, unit): pixels, or a factor of the parent's size with unit `em`."""
    bold: bool | None = None
    struck: bool = False
    hides: str = ""
    """How it hides what is in it, in words; empty when it does not."""
    remote: bool = False
    """True when it loads something, or runs something."""
    unreadable: str = ""
    """A colour that could not be read."""


@lru_cache(maxsize=4096)
def style_of(text: str) -> Style:
    """What an inline style declares. Later declarations win, as in CSS."""
    declared = declarations(text)
    unreadable = ""
    colors: dict[str, Rgb | None] = {"color": None, "background": None}
    for name, key in (("color", "color"), ("background", "background"), ("background-color", "background")):
        try:
            colors[key] = color_of(declared.get(name, "")) or colors[key]
        except UnreadableColor as error:
            unreadable = str(error)
    return Style(
        color=colors["color"],
        background=colors["background"],
        size=_size(declared.get("font-size", "")),
        bold=_bold(declared.get("font-weight", "")),
        struck="line-through" in declared.get("text-decoration", "") + declared.get("text-decoration-line", ""),
        hides=_hides(declared),
        remote=bool(_REMOTE.search(text)),
        unreadable=unreadable,
    )


def declarations(text: str) -> dict[str, str]:
    """Property to value, in lower case, without `!important`."""
    pairs = (part.partition(":") for part in text.lower().split(";") if ":" in part)
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


@lru_cache(maxsize=1024)
def color_of(value: str) -> Rgb | None:
    """A colour value, None for one that paints nothing. Raises UnreadableColor."""
    if value in _NO_COLOR:
        return None
    if match := _HEX.search(value):
        digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if match := _RGB.search(value):
        alpha = float(match[4] or 1) / (100 if match[5] else 1)
        if alpha == 0:
            return None
        if alpha == 1:
            return int(match[1]), int(match[2]), int(match[3])
        raise UnreadableColor(value)
    named = next((_NAMED[word] for word in value.split() if word in _NAMED), None)
    if named is None and not _REMOTE.search(value) and not _NO_COLOR.issuperset(value.split()):
        raise UnreadableColor(value)
    return named


def _size(value: str) -> tuple[float, str] | None:
    if value in _KEYWORDS:
        return _KEYWORDS[value], "px"
    match = _SIZE.fullmatch(value)
    if match is None:
        return None
    number, unit = float(match[1]), match[2] or ""
    if unit in ("em", "%"):
        return (number / 100 if unit == "%" else number), "em"
    return number * _FACTORS[unit], "px"


def _bold(value: str) -> bool | None:
    if not value:
        return None
    return value in ("bold", "bolder") or (value.isdigit() and int(value) >= 700)


def _hides(declared: dict[str, str]) -> str:
    """How these declarations hide, by the tricks that filters look for."""
    clipped = "hidden" in declared.get("overflow", "")
    no_room = any(_is_zero(declared.get(name, "")) for name in ("max-height", "height", "max-width", "width"))
    tricks = {
        "display:none": declared.get("display") == "none",
        "visibility:hidden": declared.get("visibility") in ("hidden", "collapse"),
        "mso-hide": declared.get("mso-hide") == "all",
        "opacity:0": _is_zero(declared.get("opacity", "")),
        "no room": clipped and no_room,
        "outside the page": any(declared.get(name, "").startswith("-9") for name in ("text-indent", "left", "top")),
    }
    return next((name for name, applies in tricks.items() if applies), "")


def _is_zero(value: str) -> bool:
    match = _SIZE.fullmatch(value)
    return match is not None and float(match[1]) == 0
