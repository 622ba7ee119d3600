"""Legible colours out of the brand's: WCAG 2.2 contrast (success criterion 1.4.3, level AA: 4.5:1 for text)."""

from __future__ import annotations

from typing import NamedTuple

from composer.documents import Colors
from evals.preflight.contrast import MIN_CONTRAST, Rgb, contrast_ratio

_BLACK, _WHITE = "#1b1a18", "#ffffff"
_DARK_BACKGROUND, _DARK_CARD, _DARK_TEXT, _DARK_MUTED = "#141412", "#1f1e1b", "#ece9e2", "#aca69b"
_STEPS = 20


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two `#rrggbb` colours, 1 to 21."""
    return contrast_ratio(_rgb(one), _rgb(other))


class Pair(NamedTuple):
    """A colour of text on the colour it stands on, by the names of a brand's colours."""

    ink: str
    paper: str
    ratio: float
    """WCAG contrast, 1 to 21."""

    @property
    def legible(self) -> bool:
        """Whether it can be read."""
        return self.ratio >= MIN_CONTRAST


PAIRS = (
    ("accent_text", "accent"), ("text", "card"), ("text", "background"), ("muted", "card"), ("muted", "background"),
)  # fmt: skip


def pairs(colors: Colors) -> list[Pair]:
    """Every text colour of a brand on what it stands on."""
    return [Pair(ink, paper, contrast(getattr(colors, ink), getattr(colors, paper))) for ink, paper in PAIRS]


def problems(colors: Colors) -> list[str]:
    """Which pairs are not legible, in words; empty when all are. For the moment a brand is saved."""
    return [
        f"{pair.ink} on {pair.paper} has a contrast of {pair.ratio:.1f}:1; at least {MIN_CONTRAST}:1 is needed."
        for pair in pairs(colors)
        if not pair.legible
    ]


def light_palette(colors: Colors) -> dict[str, str]:
    """The layout's colours by name, each text colour mended where the brand's own is not legible."""
    tint = _mix(colors.accent, colors.card, 0.08)
    return {
        "background": colors.background,
        "card": colors.card,
        "accent": colors.accent,
        "accent_text": _legible(colors.accent_text, colors.accent),
        "text": _legible(colors.text, colors.card, colors.background, tint),
        "muted": _legible(colors.muted, colors.card, colors.background, tint),
        "link": _legible(colors.accent, colors.card),
        "rule": _mix(colors.text, colors.card, 0.13),
        "tint": tint,
    }


def dark_palette(colors: Colors) -> dict[str, str]:
    """The same for readers in dark mode: neutral papers, and the accent lightened until it can be read."""
    return {
        "background": _DARK_BACKGROUND,
        "card": _DARK_CARD,
        "text": _DARK_TEXT,
        "muted": _DARK_MUTED,
        "link": _legible(colors.accent, _DARK_CARD),
        "rule": _mix(_DARK_TEXT, _DARK_CARD, 0.16),
        "tint": _mix(_DARK_TEXT, _DARK_CARD, 0.07),
    }


def _legible(ink: str, *papers: str) -> str:
    """`ink`, moved towards black or white as little as makes it legible on all papers."""
    darkest = max(papers, key=lambda paper: contrast(_WHITE, paper))
    goal = _WHITE if contrast(_WHITE, darkest) > contrast(_BLACK, darkest) else _BLACK
    steps = (_mix(goal, ink, step / _STEPS) for step in range(_STEPS + 1))
    fitting = (shade for shade in steps if min(contrast(shade, paper) for paper in papers) >= MIN_CONTRAST)
    return next(fitting, goal)


def _mix(one: str, other: str, share: float) -> str:
    """`share` of `one`, the rest of `other`."""
    mixed = (round(a * share + b * (1 - share)) for a, b in zip(_rgb(one), _rgb(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _rgb(color: str) -> Rgb:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
