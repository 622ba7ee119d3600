"""The demo shop's documents: the brand, and one campaign for each flow, with the flow's name as its id."""

from __future__ import annotations

from pathlib import Path

from composer.documents import Brand, Campaign, load_document

SHOP = Path(__file__).parent / "shop"


def brand() -> Brand:
    """Hollin Row, an invented home shop."""
    return load_document(Brand, SHOP / "brand.yaml")


def campaigns() -> tuple[Campaign, ...]:
    """One campaign a flow, by name."""
    return tuple(load_document(Campaign, path) for path in sorted((SHOP / "campaigns").glob("*.yaml")))
