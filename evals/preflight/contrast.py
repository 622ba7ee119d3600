"""How well two colours can be told apart: WCAG 2.2, success criterion 1.4.3 (level AA)."""

from __future__ import annotations

from functools import lru_cache

Rgb = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""
WHITE: Rgb = (255, 255, 255)
BLACK: Rgb = (0, 0, 0)
MIN_CONTRAST = 4.5
MIN_CONTRAST_LARGE = 3.0
LARGE_PIXELS, LARGE_BOLD_PIXELS = 24.0, 18.66
"""From these sizes on, text is large (18 pt, or 14 pt in bold) and needs less contrast."""


def contrast_ratio(one: Rgb, other: Rgb) -> float:
    """WCAG contrast ratio, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def needed_contrast(pixels: float, *, bold: bool) -> float:
    """The least ratio for text of this size."""
    return MIN_CONTRAST_LARGE if pixels >= (LARGE_BOLD_PIXELS if bold else LARGE_PIXELS) else MIN_CONTRAST


@lru_cache(maxsize=1024)
def _luminance(color: Rgb) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
