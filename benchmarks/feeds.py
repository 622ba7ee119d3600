"""How fast feeds are read and checked, and in how much memory: two gigabytes must not need more than two megabytes do.

    python -m benchmarks.feeds [--megabytes 100] [--formats google_tsv google_xml ndjson shopify_jsonl] [--folder DIR]

A feed of that size is written per format: products with HTML descriptions, letters beyond ASCII, commas in prices, one
row in a hundred broken. Three processes read it: a bare parser that keeps nothing (csv, expat, orjson line by line),
our reader, and our reader with every product checked (what an import does before the database). Memory is what each
process grew by over where it began, its highest mark.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from xml.parsers import expat

import orjson

from catalog.feeds.normalise import to_product
from catalog.feeds.options import FeedOptions
from catalog.feeds.readers import read
from catalog.feeds.report import FeedFormat, RowIssue

FORMATS = (FeedFormat.GOOGLE_TSV, FeedFormat.GOOGLE_XML, FeedFormat.NDJSON, FeedFormat.SHOPIFY_JSONL)
OPTIONS = FeedOptions(currency="EUR", shop_url="https://shop.example")
WORDS = (
    "oak",
    "linen",
    "Größe",
    "hand-thrown",
    "café",
    "wool",
    "brass",
    "12 cm",
    "matt",
    "naturbelassen",
    "5 l",
    "grey",
)
BROKEN_EVERY = 100


def _texts(number: int) -> tuple[str, str, str]:
    """Title, HTML description and price of a product; they repeat after a thousand, but for the number in the title."""
    title, description, price = _drawn(number % 1_000)
    return f"{title} {number}", description, price


@cache
def _drawn(number: int) -> tuple[str, str, str]:
    draw = random.Random(number)
    title = " ".join(draw.choices(WORDS, k=5)).capitalize()
    sentences = [" ".join(draw.choices(WORDS, k=9)).capitalize() + "." for _ in range(8)]
    items = "".join(f"<li>{word}</li>" for word in draw.choices(WORDS, k=4))
    price = "about ten" if number % BROKEN_EVERY == 0 else f"{draw.randint(1, 2000):,},{draw.randint(0, 99):02} EUR"
    return title, f"<p>{' '.join(sentences)}</p><ul>{items}</ul>", price.replace(",", ".", price.count(",") - 1)


def _tsv(number: int) -> str:
    title, description, price = _texts(number)
    link = f"https://shop.example/p/{number}"
    return (
        f"{number}\t{title}\t{description}\t{link}\t{link}.jpg\tin stock\t{price}\tAoki\tHome > Living\t{number % 50}\n"
    )


def _xml(number: int) -> str:
    title, description, price = _texts(number)
    return (
        f"<item>\n<g:id>{number}</g:id>\n<title>{title}</title>\n<g:description><![CDATA[{description}]]></g:description>\n"
        f"<link>https://shop.example/p/{number}</link>\n<g:price>{price}</g:price>\n"
        f"<g:availability>in_stock</g:availability>\n<g:brand>Aoki</g:brand>\n</item>\n"
    )


def _ndjson(number: int) -> str:
    title, description, price = _texts(number)
    row = {"id": number, "title": title, "description": description, "link": f"https://shop.example/p/{number}"}
    facts = {"attributes": {"material": "oak", "weight": 2.5, "washable": True}, "brand": "Aoki", "stock": number % 50}
    return json.dumps(row | {"price": price} | facts, ensure_ascii=False) + "\n"


def _shopify(number: int) -> str:
    """A product; its variant belongs to one 500 lines away, as in results that are not grouped."""
    title, description, _ = _texts(number)
    url = f"https://shop.example/products/{number}"
    top = {
        "id": f"gid://shopify/Product/{number}", "title": title, "descriptionHtml": description, "status": "ACTIVE",
        "onlineStoreUrl": url, "vendor": "Aoki",
    }  # fmt: skip
    variant = {
        "id": f"gid://shopify/ProductVariant/{number}", "price": "12.00" if number % BROKEN_EVERY else "ten",
        "inventoryQuantity": number % 50, "selectedOptions": [{"name": "Color", "value": "Grey"}],
        "__parentId": f"gid://shopify/Product/{max(number - 500, 1)}",
    }  # fmt: skip
    return f"{json.dumps(top, ensure_ascii=False)}\n{json.dumps(variant)}\n"


WRITERS: dict[FeedFormat, tuple[str, Callable[[int], str], str]] = {
    FeedFormat.GOOGLE_TSV: (
        "id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\tbrand\tproduct_type\tstock\n", _tsv, "",
    ),
    FeedFormat.GOOGLE_XML: (
        '<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0"><channel>\n', _xml, "</channel></rss>\n",
    ),
    FeedFormat.NDJSON: ("", _ndjson, ""),
    FeedFormat.SHOPIFY_JSONL: ("", _shopify, ""),
}  # fmt: skip


def write_feed(path: Path, feed_format: FeedFormat, megabytes: int) -> None:
    """A feed of at least that size."""
    head, make, tail = WRITERS[feed_format]
    wanted = megabytes * 1_000_000
    with path.open("w", encoding="utf-8") as file:
        written, number = file.write(head), 0
        while written < wanted:
            number += 1
            text = make(number)
            written += len(text.encode())
            file.write(text)
        file.write(tail)


def _bare_csv(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file, delimiter="\t"))


def _bare_json(path: Path) -> int:
    with path.open("rb") as file:
        return sum(isinstance(orjson.loads(line), dict) for line in file)


def _bare_xml(path: Path) -> int:
    parser, count = expat.ParserCreate(), 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal count
        count += name == "item"

    parser.StartElementHandler = start
    parser.CharacterDataHandler = lambda _: None
    with path.open("rb") as file:
        parser.ParseFile(file)
    return count


BARE: dict[FeedFormat, Callable[[Path], int]] = {
    FeedFormat.GOOGLE_TSV: _bare_csv,
    FeedFormat.GOOGLE_XML: _bare_xml,
    FeedFormat.NDJSON: _bare_json,
    FeedFormat.SHOPIFY_JSONL: _bare_json,
}


def _read(path: Path, feed_format: FeedFormat) -> int:
    return sum(1 for _ in read(path, feed_format, OPTIONS))


def _check(path: Path, feed_format: FeedFormat) -> int:
    rows = read(path, feed_format, OPTIONS)
    return sum(1 for row in rows if isinstance(row, RowIssue) or to_product(row, OPTIONS))


WAYS: dict[str, Callable[[Path, FeedFormat], int]] = {
    "bare parser": lambda path, feed_format: BARE[feed_format](path),
    "our reader": _read,
    "reader and checks": _check,
}


def _measure(way: str, path: Path, feed_format: FeedFormat) -> None:
    """In a process of its own: rows, seconds and the kibibytes it grew by, as JSON."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    rows = WAYS[way](path, feed_format)
    seconds = time.perf_counter() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"rows": rows, "seconds": seconds, "grown_kib": grown}))


def _measured(path: Path, feed_format: FeedFormat) -> Iterator[tuple[str, dict[str, float]]]:
    for way in WAYS:
        command = [sys.executable, "-m", "benchmarks.feeds", "--measure", way, str(path), feed_format.value]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        yield way, json.loads(done.stdout)


def _show(path: Path, feed_format: FeedFormat) -> None:
    size = path.stat().st_size / 1e6
    print(f"\n{feed_format.value}: {size:,.0f} MB")
    bare = 0.0
    for way, found in _measured(path, feed_format):
        bare = bare or found["seconds"]
        print(
            f"  {way:18} {found['rows']:>10,.0f} rows {found['rows'] / found['seconds']:>9,.0f} rows/s "
            f"{size / found['seconds']:>7.1f} MB/s   {found['seconds'] / bare:>5.1f} x bare   "
            f"memory +{found['grown_kib'] / 1024:.0f} MiB"
        )


def main() -> None:
    """Write, read, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--formats", nargs="+", type=FeedFormat, default=FORMATS, choices=FORMATS)
    parser.add_argument("--folder", type=Path, help="Where the feeds are written; a temporary folder unless given.")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        way, path, feed_format = given.measure
        _measure(way, Path(path), FeedFormat(feed_format))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for feed_format in given.formats:
            path = Path(folder) / feed_format.value
            write_feed(path, feed_format, given.megabytes)
            _show(path, feed_format)
            path.unlink()


if __name__ == "__main__":
    main()
