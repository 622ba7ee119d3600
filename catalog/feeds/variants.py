"""A variant as a product of its own: its title, its options as facts, what it takes from its product."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from catalog.feeds.rows import MAX_TITLE
from catalog.text import calm_title, cap, clean_text

LEAST_TITLE = 40
NO_OPTION = frozenset({"default title", "default", "title", "n/a", "none", "-"})
"""What shop systems fill in where a product has one variant only."""
OUR_FIELDS = {
    "color": "color", "colour": "color", "farbe": "color", "couleur": "color", "colore": "color", "kleur": "color",
    "size": "size", "größe": "size", "groesse": "size", "grösse": "size", "taille": "size", "talla": "size",
    "taglia": "size", "maat": "size", "tamaño": "size",
    "material": "material", "matière": "material", "materiale": "material", "materiaal": "material",
}  # fmt: skip
"""Options that have a field of their own, by the names shops give them."""
_TOO_SHORT_ALONE = re.compile(r"[\d.,/ ×x-]+")
_YES_NO = frozenset({"yes", "no", "ja", "nein", "oui", "non", "sí", "si", "true", "false"})

Options = Mapping[str, str]


def options_of(pairs: Iterable[tuple[object, object]]) -> dict[str, str]:
    """Names and values of options, cleaned, without those that say nothing and without a name twice."""
    found: dict[str, str] = {}
    for name, value in pairs:
        plain_name, plain = clean_text(str(name or "")), clean_text(str(value or ""))
        said = plain and plain.casefold() not in NO_OPTION
        if said and plain_name and plain_name.casefold() not in (known.casefold() for known in found):
            found[plain_name] = plain
    return found


def variant_title(title: str, options: Options) -> str:
    """The product's title with what makes this variant another: "T-Shirt" → "T-Shirt - Red, L".

    A value the title has already is not said twice; a number or a yes says of what.
    """
    plain = calm_title(clean_text(title))
    said = plain
    words: list[str] = []
    for name, value in options.items():
        if not _has(said, value):
            word = _spoken(name, value)
            words.append(word)
            said = f"{said} {word}"
    tail = f" - {', '.join(words)}" if words and plain else ""
    # What tells the variants apart is not to be cut off.
    return cap(plain, max(MAX_TITLE - len(tail), LEAST_TITLE)) + tail


def _has(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value.casefold())}(?!\w)", text.casefold()) is not None


def _spoken(name: str, value: str) -> str:
    if value.casefold() in _YES_NO:
        return f"{name}: {value}"
    if _TOO_SHORT_ALONE.fullmatch(value) and name.casefold() not in value.casefold():
        return f"{name} {value}"
    return value


def option_values(options: Options) -> dict[str, object]:
    """Options as the values of a row: a field of ours where there is one, else a fact under its own name."""
    values: dict[str, object] = {}
    for name, value in options.items():
        ours = OUR_FIELDS.get(name.casefold())
        values[ours if ours and ours not in values else f"custom:{name}"] = value
    return values


def orderable(quantity: int | None, tracked: bool, oversell: bool) -> dict[str, object]:
    """Availability and stock of a system that counts: sold on below zero where the shop lets it (backorder)."""
    if not tracked or quantity is None:
        return {"availability": "in_stock"}
    if quantity > 0:
        return {"availability": "in_stock", "stock": quantity}
    return {"availability": "backorder" if oversell else "out_of_stock", "stock": 0}


def amount(value: object) -> object:
    """A price of a system that always writes a decimal point: `1.125` is no thousand there."""
    return Decimal(value) if isinstance(value, str) and re.fullmatch(r"\s*\d{1,12}\.\d{1,6}\s*", value) else value


def whole(value: object) -> int | None:
    """A count as shop systems write it, also `12.0` and `-3`; None for anything else."""
    found = re.fullmatch(r"\s*([+-]?\d{1,12})(?:\.0*)?\s*", str(value))
    return int(found[1]) if found else None
