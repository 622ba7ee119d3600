"""Colours of the demo shop's pictures: the feed's colour words, and what is made from them."""

from __future__ import annotations

import colorsys
import zlib
from typing import NamedTuple


class Color(NamedTuple):
    """sRGB, 0 to 255."""

    r: int
    g: int
    b: int

    def mix(self, other: Color, share: float) -> Color:
        """This colour with `share` (0..1) of the other."""
        return Color(*(round(a + (b - a) * share) for a, b in zip(self, other, strict=True)))

    def lighter(self, share: float) -> Color:
        return self.mix(WHITE, share)

    def darker(self, share: float) -> Color:
        """Towards a warm black, so that shades do not go grey."""
        return self.mix(SHADOW, share)


def hex_color(text: str) -> Color:
    """`#rrggbb`."""
    return Color(*bytes.fromhex(text.removeprefix("#")))


WHITE = Color(255, 255, 255)
SHADOW = hex_color("#2a211c")
INK = hex_color("#2c3e5c")
PAPER = hex_color("#faf5ea")
KRAFT = hex_color("#c9a87c")
STEEL = hex_color("#b9c0c4")
IRON = hex_color("#3b3a3b")
BRASS = hex_color("#c9a14f")
COPPER = hex_color("#c4794f")
OAK = hex_color("#cfa873")
WALNUT = hex_color("#7a5138")
BEECH = hex_color("#e0bf92")
CORK = hex_color("#c79a67")
LEAF = hex_color("#6f8f5c")
GLASS = hex_color("#d5e3e1")
SOIL = hex_color("#5a4335")
FLAME = hex_color("#f6c35b")

NAMED = {
    "acacia": hex_color("#a9683f"),
    "amber": hex_color("#c98a3c"),
    "ash": hex_color("#d9c39a"),
    "beech": BEECH,
    "black": hex_color("#333233"),
    "brass": BRASS,
    "charcoal": hex_color("#4c4a49"),
    "clear": GLASS,
    "copper": COPPER,
    "cream": hex_color("#f1e6cd"),
    "dark plum": hex_color("#6d4159"),
    "dusty rose": hex_color("#d3a09a"),
    "ink blue": hex_color("#3a5072"),
    "lavender": hex_color("#b3a4cb"),
    "moss green": hex_color("#7d8c58"),
    "mustard yellow": hex_color("#d9a93f"),
    "natural": hex_color("#dccdb0"),
    "oak": OAK,
    "olive": hex_color("#7b7a4a"),
    "olive wood": hex_color("#b98b55"),
    "pale oat": hex_color("#ddcfb6"),
    "rust red": hex_color("#b4573a"),
    "sage green": hex_color("#a5b797"),
    "sea-salt white": hex_color("#eef0ea"),
    "sky blue": hex_color("#a3c4d6"),
    "slate grey": hex_color("#7c8790"),
    "steel": STEEL,
    "terracotta": hex_color("#c8754c"),
    "walnut": WALNUT,
    "warm clay": hex_color("#cf9a80"),
    "white": hex_color("#f4f3ef"),
}
_LABELS = ("#3f6b58", "#b4573a", "#3a5072", "#d9a93f", "#8a5a78", "#7d8c58", "#c97f5d", "#4f7f8c", "#a34f52", "#6a6f3f")
_BACKDROPS = ("#efe6d8", "#e4e9e0", "#e3e9ec", "#f1e2da", "#ece4ea", "#f0ead2")


def _pick(options: tuple[str, ...], key: str) -> Color:
    return hex_color(options[zlib.crc32(key.encode()) % len(options)])


def label_color(key: str) -> Color:
    """A house colour for packaging, always the same for the same key."""
    return _pick(_LABELS, key)


def named_color(name: str | None, key: str) -> Color:
    """The colour of a feed word; without one, a house colour by `key`."""
    return NAMED.get(name or "") or label_color(key)


def backdrop_color(subject: Color, key: str) -> Color:
    """A soft background on which the subject stands out: the one furthest from it of two drawn by `key`."""
    first, second = _pick(_BACKDROPS, key), _pick(_BACKDROPS, key[::-1] + "b")
    return max(first, second, key=lambda option: _distance(option, subject))


def _distance(one: Color, other: Color) -> float:
    h1, l1, _ = colorsys.rgb_to_hls(*(part / 255 for part in one))
    h2, l2, _ = colorsys.rgb_to_hls(*(part / 255 for part in other))
    return abs(l1 - l2) + min(abs(h1 - h2), 1 - abs(h1 - h2))
