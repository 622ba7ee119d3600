"""Which products are one thing to a reader: variants, sizes, packs and colours of it, and titles in another order.

Feeds without `item_group_id` list "Mug, red" and "Mug, blue" or "Tea 100 g" and "Tea 250 g" as strangers. A title
is brought to its family: the words that are left when amounts, sizes, pack counts and colours are taken out. What is
called alike is two things all the same where brand, author, number or group say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import fuzz

from catalog.columns import key
from catalog.feeds.variants import OUR_FIELDS
from catalog.model import Product
from catalog.text import words
from catalog.view import CatalogView

SAME_FAMILY = 90.0
"""Similarity of their sorted words from which two families are one to a reader: a typo, a plural, another order."""
KEPT = 65_536

_UNITS = (
    r"g|gr|gram|grams|gm|kg|mg|oz|lb|lbs|ml|cl|dl|l|ltr|litre|litres|liter|liters|cm|mm|m|in|inch|inches|ft|w|watt|"
    r"watts|tb|gb|pc|pcs|piece|pieces|stk|stück|ct|count|cup|cups|person|persons|tea\ ?bags|bags|sachets|capsules|"
    r"tablets|sheets|pack|packs|pk|pair|pairs|rolls"
)
_COUNT = r"(?:\d+|two|three|four|five|six|eight|ten|twelve|dozen)"
_AMOUNT = re.compile(
    rf"""
    \b(?:pack|set|box|bag|tin|case|bundle|pair|lot)s?\ (?:of|/)\ ?{_COUNT}\b
    | \b(?:s/|set/|x\ ?)\d+\b                                           # S/4, SET/6, x 12
    | (?<![\w.,])\d+(?:[.,]\d+)?(?:\ ?[x×]\ ?\d+(?:[.,]\d+)?)*[\ -]?(?:{_UNITS})\b\.?
    | (?<![\w.,])\d+(?:[.,]\d+)?"                                       # inches
    | \b\d+\ ?[x×](?:\ ?\d+)*\b                                         # 2 x, 30 x 40
    | \bsize\ (?:\w{{1,4}})\b
    | \b(?:eu|uk|us)\ ?\d+(?:[.,]5)?\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NUMBERED = re.compile(r"\w*\d\w*")
_SIZES = frozenset(
    "xxs xs s m l xl xxl xxxl 2xl 3xl small medium large mini midi maxi extra regular standard single double jumbo "
    "tall short".split()
)
_COLOURS = frozenset(
    "red blue green yellow orange purple violet pink brown black white grey gray silver gold golden ivory cream beige "
    "navy teal turquoise aqua lilac lavender mint olive khaki burgundy maroon magenta coral peach apricot taupe sand "
    "charcoal anthracite copper bronze rose ecru natural clear transparent multicolour multicolor assorted".split()
)
_SHADES = frozenset("light dark pale deep bright dusty pastel royal sky baby forest bottle".split())
_KINDS_BY_COLOUR = frozenset(
    "tea wine pepper peppercorn bean rice chocolate bread cabbage onion currant grape lentil sugar salt gold tie box "
    "label forest friday berry rum vinegar truffle tomato apple leaf light noise magic hole bull".split()
)
"""Nouns whose colour says what they are: green tea is no black tea in another colour."""
MAKERS = frozenset(
    "author authors writer artist artists band composer director autor autorin autoren künstler interpret regisseur "
    "auteur auteurs artiste réalisateur autores autora artista director auteur kunstenaar autore".split()
)
"""Attributes that name who made a work: two books of one title are two books."""
_LEAST_WORDS = 2
"""Words that must follow a size in front: "Mini Cooper" is no Cooper in another size, "Large storage box" is one."""


def family(title: str, *, color: str | None = None, size: str | None = None) -> str:
    """The words of a title that name the thing, sorted; `color` and `size` are the feed's own fields."""
    return _family(title, color or "", size or "")


@lru_cache(maxsize=KEPT)
def _family(title: str, color: str, size: str) -> str:
    own = frozenset(words(f"{color} {size}"))
    named = words(_AMOUNT.sub(" ", title))
    kept = [word for at, word in enumerate(named) if word not in own and not _is_variant(named, at)]
    return " ".join(sorted(kept or named or words(title)))


def _is_variant(named: list[str], at: int) -> bool:
    """A size anywhere but in front of a single word; a colour at the end, or in front of a noun it does not define."""
    word, following = named[at], named[at + 1 :]
    if word in _SIZES:
        return bool(at) or len(following) >= _LEAST_WORDS
    if word in _SHADES:
        return bool(following) and following[0] in _COLOURS and _is_variant(named, at + 1)
    if word not in _COLOURS:
        return False
    if following and following[0] in _KINDS_BY_COLOUR:
        return False
    return at > 0 or any(other not in _COLOURS for other in following)


class Families:
    """Compares products of one view, reading each but once."""

    def __init__(self, view: CatalogView) -> None:
        self._view = view
        self._known: dict[int, tuple[int, str]] = {}

    def is_variant(self, row: int, other: int) -> bool:
        """Variants of one item by the feed's word."""
        group = self._of(row)[0]
        return group >= 0 and group == self._of(other)[0]

    def is_same(self, row: int, other: int) -> bool:
        """One thing to a reader: variants by the feed's word, or products of one family that nothing tells apart."""
        if self.is_variant(row, other):
            return True
        return _is_one_family(self._of(row)[1], self._of(other)[1]) and not self.are_two(row, other)

    def are_two(self, row: int, other: int) -> bool:
        """Whether the feed tells apart what is called alike: by who made it, or, of one very name, by its number.

        Sizes and colours of one thing have numbers of their own too, so a number says nothing where names differ, or
        where the same picture stands for both.
        """
        if self.is_variant(row, other):
            return False
        brands = (_folded([self._view.brand(one)]) for one in (row, other))
        if _differ(*brands) or _differ(self._makers(row), self._makers(other)):
            return True
        ours, theirs = (self._view.product(one) for one in (row, other))
        if _named(ours) != _named(theirs) or (ours.image_link and ours.image_link == theirs.image_link):
            return False
        if _differ(_folded([ours.gtin]), _folded([theirs.gtin])):
            return True
        # Shops copy a listing and forget it: a group of its own is another thing where it is described as one.
        groups = _folded([ours.item_group_id]), _folded([theirs.item_group_id])
        return _differ(*groups) and _differ(_folded([ours.description]), _folded([theirs.description]))

    def _makers(self, row: int) -> frozenset[str]:
        """Who wrote, sang or painted it."""
        attributes = self._view.product(row).attributes
        named = [value for name, value in attributes.items() if key(name) in MAKERS]
        return _folded(one for value in named for one in (value if isinstance(value, list) else [value]))

    def _of(self, row: int) -> tuple[int, str]:
        """Group, -1 for none, and family."""
        known = self._known.get(row)
        if known is None:
            title, color, size = self._view.naming(row)
            named = family(title, color=color, size=size)
            known = self._known[row] = (int(self._view.columns.group[row]), named)
        return known


def _named(product: Product) -> list[str]:
    """With its size and colour, also where a table calls them Größe or couleur: those are attributes."""
    varying = [str(value) for name, value in sorted(product.attributes.items()) if key(name) in OUR_FIELDS]
    return words(" ".join(filter(None, (product.title, product.color, product.size, *varying))))


def _folded(values: Iterable[object]) -> frozenset[str]:
    """As they are compared; nothing for what is not there."""
    return frozenset(filter(None, (" ".join(sorted(words(str(value)))) for value in values if value is not None)))


def _differ(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Both are known, and have nothing in common."""
    return bool(ours) and bool(theirs) and ours.isdisjoint(theirs)


def _is_one_family(ours: str, theirs: str) -> bool:
    """Alike, and with the same numbers: one digit tells the EOS 400D from the 450D, where a letter is a typo."""
    if ours == theirs:
        return True
    return fuzz.ratio(ours, theirs, score_cutoff=SAME_FAMILY) > 0 and _numbers(ours) == _numbers(theirs)


def _numbers(text: str) -> list[str]:
    return _NUMBERED.findall(text)
