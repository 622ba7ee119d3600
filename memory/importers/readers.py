"""Which reader reads which format of which kind."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path

from memory.importers import klaviyo, plain, segment, shopify_bulk, shopify_csv, woocommerce_csv, woocommerce_rest
from memory.importers.formats import ImportFormat, Kind
from memory.importers.model import Rows
from memory.importers.options import ImportOptions
from store.errors import InvalidInput

Reader = Callable[[Path, ImportOptions], Rows]

READERS: dict[tuple[Kind, ImportFormat], Reader] = {
    ("customers", ImportFormat.SHOPIFY_CSV): shopify_csv.customers,
    ("customers", ImportFormat.SHOPIFY_JSONL): shopify_bulk.customers,
    ("customers", ImportFormat.WOOCOMMERCE_CSV): woocommerce_csv.customers,
    ("customers", ImportFormat.WOOCOMMERCE_JSON): woocommerce_rest.customers,
    ("customers", ImportFormat.KLAVIYO_CSV): klaviyo.customers_csv,
    ("customers", ImportFormat.KLAVIYO_JSON): klaviyo.customers_json,
    ("customers", ImportFormat.CSV): plain.customers,
    ("customers", ImportFormat.NDJSON): plain.customers,
    ("orders", ImportFormat.SHOPIFY_CSV): shopify_csv.orders,
    ("orders", ImportFormat.SHOPIFY_JSONL): shopify_bulk.orders,
    ("orders", ImportFormat.WOOCOMMERCE_CSV): woocommerce_csv.orders,
    ("orders", ImportFormat.WOOCOMMERCE_JSON): woocommerce_rest.orders,
    ("orders", ImportFormat.CSV): plain.orders,
    ("orders", ImportFormat.NDJSON): plain.orders,
    ("events", ImportFormat.SEGMENT): segment.events,
    ("events", ImportFormat.KLAVIYO_JSON): klaviyo.events,
}
SYSTEMS = {
    ImportFormat.SHOPIFY_CSV: "shopify",
    ImportFormat.SHOPIFY_JSONL: "shopify",
    ImportFormat.WOOCOMMERCE_CSV: "woocommerce",
    ImportFormat.WOOCOMMERCE_JSON: "woocommerce",
    ImportFormat.KLAVIYO_CSV: "klaviyo",
    ImportFormat.KLAVIYO_JSON: "klaviyo",
}


class WrongFormat(InvalidInput):
    """The format has no rows of the wanted kind."""

    reason = "wrong_format"


def check_format(kind: Kind, given: ImportFormat) -> ImportFormat:
    """Raises: WrongFormat."""
    if (kind, given) not in READERS:
        fitting = ", ".join(one.value for fits, one in READERS if fits == kind)
        raise WrongFormat(f"{given.value} brings no {kind}.", pointer="/format", fix=f"Use one of: {fitting}.")
    return given


def read(file: Path, kind: Kind, given: ImportFormat, options: ImportOptions) -> Rows:
    """The rows of an export, one at a time; memory does not grow with it.

    Raises, when the first row is asked for: FileMissing, FileUnreadable when the file as a whole cannot be read.
    """
    return chain(plain.notes_on(options), READERS[kind, given](file, options))


def source_of(given: ImportFormat, options: ImportOptions) -> str:
    """The system an export is from: two exports of it speak of the same orders."""
    return SYSTEMS.get(given) or (options.mapping.source if options.mapping else "csv")
