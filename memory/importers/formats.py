"""Which format an export has, by its first bytes: the names of its columns or keys tell the systems apart."""

from __future__ import annotations

import codecs
import csv
import re
from enum import StrEnum
from typing import Literal

from store.files.delimited import DELIMITERS
from store.files.source import utf16

HEAD_BYTES = 1 << 16
Kind = Literal["customers", "orders", "events"]


class ImportFormat(StrEnum):
    """Formats an export may have. Names have at most 16 characters: they are a column of a table."""

    SHOPIFY_CSV = "shopify_csv"
    """What the admin exports."""
    SHOPIFY_JSONL = "shopify_jsonl"
    """What `bulkOperationRunQuery` leaves behind."""
    WOOCOMMERCE_CSV = "woocommerce_csv"
    """Analytics' customers; orders and customers of the known export plugins."""
    WOOCOMMERCE_JSON = "woocommerce_json"
    """The REST API v3: an array, pages of arrays, or one a line."""
    KLAVIYO_CSV = "klaviyo_csv"
    """Profiles of a list or segment."""
    KLAVIYO_JSON = "klaviyo_json"
    """Profiles, or events with their profiles and metrics: JSON:API documents."""
    CSV = "csv"
    """Anybody's, with a mapping file."""
    NDJSON = "ndjson"
    """Anybody's, with a mapping file."""
    SEGMENT = "segment"
    """Segment's messages, one a line."""


def detect(head: bytes, kind: Kind) -> ImportFormat:
    """The format of the file that begins with `head`. What nothing tells apart is CSV, NDJSON or, of events, Segment's.

    Anything can be shown to it.
    """
    text = _decoded(head).lstrip()
    if kind == "events" or text.startswith(("{", "[")):
        return _json_format(text, kind)
    return _table_format(text)


def _decoded(head: bytes) -> str:
    if codec := utf16(head):
        return head.decode(codec, errors="replace")
    return head.removeprefix(codecs.BOM_UTF8).decode(errors="replace")


def _json_format(text: str, kind: Kind) -> ImportFormat:
    if kind == "events":
        klaviyo = re.search(r'"event_properties"\s*:|"type"\s*:\s*"(?:event|metric|profile)"\s*,\s*"id"', text)
        return ImportFormat.KLAVIYO_JSON if klaviyo else ImportFormat.SEGMENT
    if re.search(r'"gid:\\?/\\?/shopify\\?/', text):
        return ImportFormat.SHOPIFY_JSONL
    if re.search(r'"type"\s*:\s*"profile"', text):
        return ImportFormat.KLAVIYO_JSON
    if re.search(r'"(?:date_created_gmt|is_paying_customer|line_items)"\s*:', text):
        return ImportFormat.WOOCOMMERCE_JSON
    return ImportFormat.NDJSON


def _table_format(text: str) -> ImportFormat:
    names = {cell.strip().casefold() for cell in _header(text)}
    if {"lineitem quantity", "name"} <= names or "accepts email marketing" in names or "accepts marketing" in names:
        return ImportFormat.SHOPIFY_CSV
    if "klaviyo id" in names:
        return ImportFormat.KLAVIYO_CSV
    orders = "order_id" in names and names & {"item_quantity", "line_items", "line_item_1", "billing_email"}
    if orders or {"customer_id", "billing_email"} <= names or {"username", "last active", "aov"} <= names:
        return ImportFormat.WOOCOMMERCE_CSV
    return ImportFormat.CSV


def _header(text: str) -> list[str]:
    header = re.sub(r"\Asep=.\s*", "", text).partition("\n")[0].replace("\0", "")
    try:
        return next(csv.reader([header], delimiter=max(DELIMITERS, key=header.count)), [])
    except csv.Error:
        return []
