"""What a shop says about its export once, and the mapping file for exports with columns of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, model_validator

from store.errors import InvalidInput
from store.files import mapping
from store.files.mapping import Given, Rule, known_or_meant

DOCS = "docs/memory/importing.md"
PERSON_FIELDS = (
    "customer_id", "email", "first_name", "last_name", "name", "phone", "street", "city", "state", "postal_code",
    "country", "birthday", "locale", "timezone", "accepts_marketing", "consent_at", "consent_method",
    "unsubscribed_at", "updated_at",
)  # fmt: skip
ORDER_FIELDS = (
    "order_id", "at", "currency", "total", "revenue", "shipping", "tax", "discount", "coupon", "refunded",
    "cancelled_at", "gift", "product_id", "product_name", "category", "brand", "variant", "sku", "quantity", "price",
    "line_total",
)  # fmt: skip
FIELDS = PERSON_FIELDS + ORDER_FIELDS


class BadImportOption(InvalidInput):
    """An option of an import that cannot be used."""

    reason = "bad_import_option"


class CustomerMapping(BaseModel):
    """A mapping file, validated. For exports Penfriend knows, only `traits` and the options count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(default="csv", pattern=r"^[a-z0-9_-]{1,32}$")
    """Names the system the rows are from: part of what makes an order of one system another than that of the next."""
    fields: dict[str, Given] = Field(default_factory=dict)
    traits: dict[str, Given] = Field(default_factory=dict)
    """Traits by the name they shall have. No other column becomes one."""
    attributes: dict[str, Given] = Field(default_factory=dict)
    """Properties of an order's products: color, size, material …"""
    skip: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Rows that are no sale: values of a field, such as the codes of postage and fees."""
    currency: str | None = None
    decimal: Literal[".", ","] | None = None
    timezone: str | None = None
    date_format: str | None = None
    """For dates that are not ISO 8601, in the notation of strptime: `%d/%m/%Y %H:%M`."""

    @model_validator(mode="after")
    def _known(self) -> CustomerMapping:
        known_or_meant([*self.fields, *self.skip], FIELDS, "put other columns under traits or attributes")
        return self

    def rules(self) -> Iterable[tuple[str, Rule]]:
        """Every rule, under its key."""
        for part, given in (("fields", self.fields), ("traits", self.traits), ("attributes", self.attributes)):
            yield from ((f"{part}/{name}", rule) for name, rule in given.items())


def load_mapping(source: Path | str) -> CustomerMapping:
    """A mapping from a YAML file, or from YAML text.

    Raises: BadMapping, which names the key and the fix.
    """
    return mapping.load(CustomerMapping, source, DOCS)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read what an export leaves open. What a row says itself always comes first."""

    currency: str | None = None
    """ISO 4217, for amounts that name none."""
    timezone: str | None = None
    """IANA name: the clock of times that name no offset; None is UTC."""
    decimal: Literal[".", ","] | None = None
    """The decimal mark of all amounts; None reads it off each."""
    as_of: datetime | None = None
    """When the file was exported: the time of what is not dated in it."""
    mapping: CustomerMapping | None = None

    def __post_init__(self) -> None:
        """Raises: BadImportOption."""
        if self.currency is not None and not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise BadImportOption(f"{self.currency!r} is no currency.", pointer="/currency", fix="Write EUR, USD …")
        try:
            self.zone()
        except (ZoneInfoNotFoundError, ValueError):
            raise BadImportOption(
                f"{self.timezone!r} is no time zone.", pointer="/timezone", fix="Write an IANA name: Europe/Berlin …"
            ) from None

    def zone(self) -> ZoneInfo:
        """The clock of times that name no offset."""
        return ZoneInfo(self.timezone or "UTC")

    def mapped(self, given: CustomerMapping) -> ImportOptions:
        """These options with a mapping, which says what they leave open. Raises: BadImportOption."""
        return ImportOptions(
            currency=self.currency or given.currency,
            timezone=self.timezone or given.timezone,
            decimal=self.decimal or given.decimal,
            as_of=self.as_of,
            mapping=given,
        )

    def canonical(self) -> str:
        """The same text for the same options: part of what makes an import the same as an earlier one."""
        given = self.mapping.model_dump_json() if self.mapping else ""
        return repr((self.currency, self.timezone, self.decimal, self.as_of, given))


DEFAULTS = ImportOptions()
