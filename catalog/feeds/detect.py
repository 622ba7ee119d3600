"""Which format a feed has, by its first bytes: the names of its columns or keys tell the systems apart."""

from __future__ import annotations

import codecs
import csv
import re

from catalog.feeds.report import FeedFormat
from catalog.feeds.woocommerce_headers import english
from store.files.delimited import DELIMITERS
from store.files.source import utf16

_COMMENTS = re.compile(r"\A(?:(?://[^\n]*|/\*.*?\*/)\s*)+", re.DOTALL)
HEAD_BYTES = 1 << 16
"""How much of a feed to show to `detect`. Less will do, but headers of WooCommerce exports run to kilobytes."""


_SHOPIFY = frozenset({"variant price", "option1 name", "option1 value", "variant sku", "compare-at price"})
_WOOCOMMERCE = frozenset({"regular price", "attribute 1 name", "visibility in catalog", "in stock?"})


def detect(head: bytes, *, mapped: bool = False) -> FeedFormat:
    """The format of the feed that begins with `head`.

    Anything can be shown to it: what nothing tells apart is CSV, whose reader says what is missing. `mapped`: there is
    a mapping, which says what the columns of a table and the keys of JSON are, whichever system has written it.
    """
    text = _COMMENTS.sub("", _decoded(head).lstrip())
    if text.startswith("<"):
        return FeedFormat.GOOGLE_XML
    if text.startswith(("{", "[")):
        return FeedFormat.NDJSON if mapped else _json_format(text)
    header, delimiter = _header(text)
    system = None if mapped else _system(header, delimiter)
    return system or (FeedFormat.GOOGLE_TSV if delimiter == "\t" and "\t" in header else FeedFormat.CSV)


def _decoded(head: bytes) -> str:
    if codec := utf16(head):
        return head.decode(codec, errors="replace")
    return head.removeprefix(codecs.BOM_UTF8).decode(errors="replace")


def _json_format(text: str) -> FeedFormat:
    if re.search(r'"gid:\\?/\\?/shopify\\?/', text):
        return FeedFormat.SHOPIFY_JSONL
    if re.search(r'"catalog-(?:item|variant)"|"\$custom:::', text) or _has(text, "external_id", "image_full_url"):
        return FeedFormat.KLAVIYO_JSON
    if _has(text, "permalink") and (_has(text, "regular_price") or _has(text, "stock_status")):
        return FeedFormat.WOOCOMMERCE_JSON
    if _has(text, "inventory_policy") or re.search(r'"\$(?:id|title|link)"\s*:', text):
        return FeedFormat.KLAVIYO_JSON
    return FeedFormat.NDJSON


def _has(text: str, *keys: str) -> bool:
    return all(re.search(rf'"{key}"\s*:', text) for key in keys)


def _header(text: str) -> tuple[str, str]:
    """The first line of a table, and what is between its cells."""
    header = re.sub(r"\Asep=.\s*", "", text).partition("\n")[0]
    return header, max(DELIMITERS, key=header.count)


def _system(header: str, delimiter: str) -> FeedFormat | None:
    """Whose export it is; None for a table of nobody's in particular."""
    try:
        cells = next(csv.reader([header.replace("\0", "")], delimiter=delimiter), [])
    except csv.Error:
        cells = []
    names = {english(cell) for cell in cells}
    if names & {"handle", "url handle"} and names & _SHOPIFY:
        return FeedFormat.SHOPIFY_CSV
    if {"type", "name"} <= names and names & _WOOCOMMERCE:
        return FeedFormat.WOOCOMMERCE_CSV
    return None
