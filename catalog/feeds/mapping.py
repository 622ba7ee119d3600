"""A mapping file: which of a feed's own columns is which of our fields, in YAML (docs/feeds.md).

currency: EUR
decimal: ","
fields:
  id: Artikelnummer
  title: Bezeichnung
  link: {template: "https://shop.example/p/{Artikelnummer}"}
  price: {column: Preis_Cent, unit: minor}
  availability: {column: Lieferbar, values: {J: in stock, N: out of stock}}
attributes:
  roast: Röstung
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from store.files import mapping
from store.files.mapping import Given, Rule, known_or_meant, looking_into, value_of

FIELDS = (
    "id", "title", "description", "link", "image_link", "availability", "price", "currency", "sale_price",
    "sale_price_effective_date", "sale_price_starts", "sale_price_ends", "compare_at_basis", "item_group_id", "brand",
    "gtin", "google_product_category", "product_type", "condition", "color", "size", "material", "stock",
    "consumable_days", "added_at", "cost",
)  # fmt: skip
ADDRESSES = frozenset({"link", "image_link"})
DOCS = "docs/feeds.md"


class FeedMapping(BaseModel):
    """A mapping file, validated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: dict[str, Given]
    attributes: dict[str, Given] = Field(default_factory=dict)
    """Facts of the product by the name they shall have. With a mapping, no other column becomes a fact."""
    currency: str | None = None
    decimal: Literal[".", ","] | None = None
    timezone: str | None = None
    shop_url: str | None = None

    @model_validator(mode="after")
    def _known_and_complete(self) -> FeedMapping:
        known_or_meant(self.fields, FIELDS, "put facts under attributes")
        missing = [name for name in ("id", "title", "link") if name not in self.fields]
        if missing:
            raise ValueError(f"fields: say where {', '.join(missing)} comes from")
        return self


def load_mapping(source: Path | str) -> FeedMapping:
    """A mapping from a YAML file, or from YAML text.

    Raises: BadMapping, which names the key and the fix.
    """
    return mapping.load(FeedMapping, source, DOCS)


def check_columns(given: FeedMapping, columns: Iterable[str]) -> None:
    """Raises: FileUnreadable when the feed has not every column the mapping names."""
    mapping.check_columns(_rules(given), columns)


def _rules(given: FeedMapping) -> Iterable[tuple[str, Rule]]:
    yield from ((f"fields/{name}", rule) for name, rule in given.fields.items())
    yield from ((f"attributes/{name}", rule) for name, rule in given.attributes.items())


def mapped(given: FeedMapping, record: Mapping[str, object]) -> dict[str, object]:
    """The values of one record by our names. `record` has their names as keys, nested in NDJSON."""
    look = looking_into(record)
    values = {name: value_of(rule, look, name in ADDRESSES) for name, rule in given.fields.items()}
    for name, rule in given.attributes.items():
        values[f"custom:{name}"] = value_of(rule, look)
    return values
