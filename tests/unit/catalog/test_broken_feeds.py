"""Feeds as shops have them: what is broken costs itself, is reported where it stands, and never takes others along."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.feeds import ndjson
from catalog.feeds.detect import detect
from catalog.feeds.options import FeedOptions
from catalog.feeds.readers import read
from catalog.feeds.report import FeedFormat, RowIssue
from catalog.feeds.rows import RawRow
from catalog.feeds.source import FeedUnreadable
from store.files.source import MAX_LINE
from tests.kit.feeds import SHOP, Outcome
from tests.kit.patience import bounded

HEADER = "id,title,link,price"
ITS_OWN_OWNER = '{"id":"gid://shopify/ProductVariant/1","__parentId":"gid://shopify/ProductVariant/1"}\n'


def row(number: int, title: str = "Tea") -> str:
    return f"{number},{title},https://s.example/{number},5 EUR"


def ids(lines: list[str]) -> list[str]:
    return list(Outcome(lines, FeedFormat.CSV).products)


class TestQuotes:
    """RFC 4180 and what people make of it."""

    def test_an_open_quote_costs_its_own_row_only(self) -> None:
        found = Outcome([HEADER, row(1), '2,"Tea,https://s.example/2,5 EUR', row(3), row(4)], FeedFormat.CSV)
        assert list(found.products) == ["1", "3", "4"]
        assert [issue.line for issue in found.issues] == [3]
        assert "never closed" in found.reasons()

    def test_two_open_quotes_do_not_swallow_what_lies_between_them(self) -> None:
        lines = [HEADER, row(1), '2,"Tea,https://s.example/2,5 EUR', *map(row, range(3, 40)), '40,"Tea,u,5', row(41)]
        assert ids(lines) == ["1", *map(str, range(3, 40)), "41"]

    def test_an_open_quote_in_the_last_row_is_seen(self) -> None:
        found = Outcome([HEADER, row(1), '2,"Tea,https://s.example/2,5 EUR'], FeedFormat.CSV)
        assert (list(found.products), [issue.line for issue in found.issues]) == (["1"], [3])

    def test_an_open_quote_above_thousands_of_rows_is_given_up_in_time(self) -> None:
        lines = ["id;title;link", '0;"Tea;u', *(f"{n};Tea;https://s.example/{n}" for n in range(1, 5_000))]
        found = Outcome(lines, FeedFormat.CSV)
        assert (len(found.products), [issue.line for issue in found.issues]) == (4_999, [2])

    def test_a_description_may_have_many_lines_and_look_like_a_table(self) -> None:
        table = "\n".join(["size, chest, waist, hip", "S, 90, 70, 90", "M, 96, 76, 96", "L, 102, 82, 102"])
        lines = f'id,title,link,description\n1,Tee,https://s.example/1,"{table}"\n2,Tea,https://s.example/2,x\n'
        found = Outcome(lines.splitlines(keepends=True), FeedFormat.CSV)
        assert (list(found.products), found.issues) == (["1", "2"], [])
        assert found.products["1"].description.endswith("L, 102, 82, 102")

    def test_after_an_open_quote_cells_may_still_end_with_a_line_break(self) -> None:
        lines = [
            "id,title,link,description",
            '1,"Tea,u,x',
            '2,Cup,https://s.example/2,"x',
            '"',
            "3,Tin,https://s.example/3,x",
        ]
        assert ids(lines) == ["2", "3"]

    def test_inches_in_bare_cells_are_no_quotes(self) -> None:
        found = Outcome(["id\ttitle\tlink", '1\tMonitor 24" Stand\thttps://s.example/1'], FeedFormat.GOOGLE_TSV)
        assert found.products["1"].title == 'Monitor 24" Stand'

    def test_nuls_are_taken_out(self) -> None:
        assert ids([HEADER, row(1, "T\0ea"), row(2)]) == ["1", "2"]

    def test_a_cell_beyond_all_bounds_costs_its_row(self) -> None:
        found = Outcome([HEADER, row(1, "x" * 200_000), row(2)], FeedFormat.CSV)
        assert (list(found.products), [issue.line for issue in found.issues]) == (["2"], [2])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("feed_format", [FeedFormat.CSV, FeedFormat.GOOGLE_XML])
def test_letters_come_through_in_any_encoding(tmp_path: Path, encoding: str, feed_format: FeedFormat) -> None:
    texts = {
        FeedFormat.CSV: f"{HEADER}\n{row(1, 'Thé – 5 €')}\n{row(2)}\n",
        FeedFormat.GOOGLE_XML: "<rss><item><id>1</id><title>Thé – 5 €</title><link>https://s.example/1</link></item></rss>",
    }
    path = tmp_path / "feed"
    path.write_bytes(texts[feed_format].encode(encoding))
    assert detect(path.read_bytes()) == feed_format
    found = Outcome(path, feed_format)
    assert found.products["1"].title == "Thé – 5 €"
    assert not found.issues


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_line_beyond_all_bounds_is_one_row_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "feed"
    path.write_bytes("\n".join([HEADER, row(1), row(2, "x" * (MAX_LINE + 10_000)), row(3)]).encode(encoding))
    found = Outcome(path, FeedFormat.CSV)
    assert (list(found.products), [issue.line for issue in found.issues]) == (["1", "3"], [3])


def test_files_put_together_into_one_have_their_marks_taken_out(tmp_path: Path) -> None:
    lines = [json.dumps({"id": number, "title": "Tea", "link": f"https://s.example/{number}"}) for number in "12"]
    path = tmp_path / "feed"
    path.write_bytes(b"".join(f"{line}\n".encode("utf-8-sig") for line in lines))
    found = Outcome(path, FeedFormat.NDJSON)
    assert (list(found.products), found.issues) == (["1", "2"], [])


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Oui", "in_stock"),
        ("nein", "out_of_stock"),
        ("Vergriffen", "out_of_stock"),
        ("no disponible", "out_of_stock"),
        ("En rupture", "out_of_stock"),
        ("Temporarily out of stock", "out_of_stock"),
        ("Vorbestellung", "preorder"),
    ],
)
def test_availability_is_understood_as_shops_say_it(said: str, meant: str) -> None:
    found = Outcome([f"{HEADER},availability", f"{row(1)},{said}"], FeedFormat.CSV)
    assert found.products["1"].availability == meant


def test_xml_is_believed_about_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    text = '<?xml version="1.0" encoding="windows-1251"?><rss><item><id>1</id><title>Чай</title><link>https://s.example/1</link></item></rss>'
    path.write_bytes(text.encode("windows-1251"))
    assert Outcome(path, FeedFormat.GOOGLE_XML).products["1"].title == "Чай"


def test_lines_of_two_encodings_in_one_file_are_both_read(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(
        HEADER.encode() + b"\n" + row(1, "Caf\u00e9").encode() + b"\n" + row(2, "Caf\u00e9").encode("cp1252")
    )
    assert {one.title for one in Outcome(path, FeedFormat.CSV).products.values()} == {"Café"}


def test_garbled_letters_are_mended_and_said() -> None:
    found = Outcome([HEADER, row(1, "CafÃ© crÃ¨me")], FeedFormat.CSV)
    assert found.products["1"].title == "Café crème"
    assert [(issue.line, issue.field, issue.product_id) for issue in found.mended] == [(2, "title", "1")]
    assert "UTF-8" in found.mended[0].fix


class TestXml:
    """One bad item, a feed on one line, a bomb."""

    ITEM = "<item><g:id>{0}</g:id><title>Tea</title><link>https://s.example/{0}</link></item>"

    def test_an_item_that_is_never_closed_does_not_take_the_next_along(self) -> None:
        items = [self.ITEM.format(1), "<item><g:id>2</g:id><title>Cup</title>", self.ITEM.format(3)]
        found = Outcome(["<rss>\n", *(f"{item}\n" for item in items), "</rss>"], FeedFormat.GOOGLE_XML)
        assert (list(found.products), [issue.line for issue in found.issues]) == (["1", "3"], [3])

    def test_control_characters_and_unknown_entities_cost_nothing(self) -> None:
        text = "<rss><item><id>1</id><title>Tea\x0b&nbsp;&bogus; &lt;3</title><link>https://s.example/1</link></item></rss>"
        found = Outcome([text], FeedFormat.GOOGLE_XML)
        assert found.products["1"].title == "Tea &bogus; <3"

    def test_a_feed_on_one_line_is_read_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "feed.xml"
        padding = f"<!-- {'x' * 1_000} -->"
        path.write_text("<rss>" + padding.join(map(self.ITEM.format, range(1_500))) + "</rss>")
        found = Outcome(path, FeedFormat.GOOGLE_XML)
        assert (len(found.products), found.issues) == (1_500, [])

    @pytest.mark.parametrize(
        "declared", ["<!DOCTYPE x [<!ENTITY a 'aa'>]>", '<!DOCTYPE rss SYSTEM "file:///etc/passwd">']
    )
    def test_a_dtd_is_refused(self, declared: str) -> None:
        found = Outcome([f"{declared}<rss><item><id>&a;</id></item></rss>"], FeedFormat.GOOGLE_XML)
        assert not found.products
        assert "DTD" in found.reasons()


class TestJson:
    """Arrays, pages, single lines."""

    ITEMS = tuple({"id": str(n), "title": "Tea", "link": f"https://s.example/{n}"} for n in range(3))

    @pytest.mark.parametrize(
        "text",
        [
            "\n".join(map(json.dumps, ITEMS)),
            json.dumps(ITEMS),
            json.dumps(ITEMS, indent=2),
            json.dumps({"products": ITEMS}),
            json.dumps({"links": {}, "data": ITEMS}, indent=1),
            "\n".join(json.dumps({"data": [item]}) for item in ITEMS),
            "\n".join(json.dumps(item, indent=2) for item in ITEMS),
            json.dumps([{"items": ITEMS[:2]}, {"items": ITEMS[2:]}]),
        ],
        ids=[
            "lines",
            "array",
            "pretty array",
            "page",
            "pretty page",
            "page a line",
            "pretty objects",
            "array of pages",
        ],
    )
    def test_items_are_found_however_they_are_wrapped(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "feed.json"
        path.write_text(text)
        found = Outcome(path, FeedFormat.NDJSON)
        assert (list(found.products), found.issues) == (["0", "1", "2"], [])

    def test_one_product_is_one_whatever_its_keys(self) -> None:
        found = ndjson.read_one('{"id": "1", "items": [{"id": "2"}]}')
        assert isinstance(found, RawRow)
        assert found.values["id"] == "1"

    def test_an_array_that_breaks_off_keeps_what_came_before(self) -> None:
        found = Outcome([json.dumps(self.ITEMS)[:-20]], FeedFormat.NDJSON)
        assert list(found.products) == ["0", "1"]
        assert "breaks off" in found.reasons()

    def test_a_broken_item_of_an_array_costs_itself(self) -> None:
        found = Outcome([json.dumps(self.ITEMS).replace('"1"', "01", 1)], FeedFormat.NDJSON)
        assert list(found.products) == ["0", "2"]


LONG = "Tea " * 500


def _csv(count: int) -> Iterator[str]:
    yield HEADER + "\n"
    yield from (f"{row(n, LONG)}\n" for n in range(count))


def _json_on_one_line(count: int) -> Iterator[str]:
    yield "["
    for n in range(count):
        yield ("," if n else "") + json.dumps({"id": n, "title": LONG, "link": "https://s.example/1"})
    yield "]"


def _xml_on_one_line(count: int) -> Iterator[str]:
    yield "<rss>"
    yield from (f"<item><id>{n}</id><title>{LONG}</title><link>https://s.example/1</link></item>" for n in range(count))
    yield "</rss>"


def _shopify(count: int) -> Iterator[str]:
    for n in range(count):
        top = {"id": f"gid://shopify/Product/{n}", "title": LONG, "onlineStoreUrl": "https://s.example"}
        yield json.dumps(top) + "\n"
    for n in reversed(range(count)):
        variant = {"id": f"gid://shopify/ProductVariant/{n}", "price": "5", "__parentId": f"gid://shopify/Product/{n}"}
        yield json.dumps(variant) + "\n"


def _peak(path: Path, feed_format: FeedFormat, texts: Iterator[str]) -> tuple[int, int]:
    """How many rows a file of `texts` has, and the most bytes that were held while they were read."""
    with path.open("w") as file:
        file.writelines(texts)
    tracemalloc.start()
    try:
        rows = sum(not isinstance(one, RowIssue) for one in read(path, feed_format, SHOP))
        return rows, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("write", "feed_format"),
    [
        (_csv, FeedFormat.CSV),
        (_json_on_one_line, FeedFormat.NDJSON),
        (_xml_on_one_line, FeedFormat.GOOGLE_XML),
        (_shopify, FeedFormat.SHOPIFY_JSONL),
    ],
)
def test_memory_does_not_grow_with_the_feed(
    tmp_path: Path, write: Callable[[int], Iterator[str]], feed_format: FeedFormat
) -> None:
    short = _peak(tmp_path / "short", feed_format, write(550))
    long = _peak(tmp_path / "long", feed_format, write(1_650))
    assert (short[0], long[0]) == (550, 1_650)
    assert long[1] < short[1] * 1.1 + 100_000


def test_a_table_of_another_mapping_is_refused_with_the_column_it_lacks() -> None:
    with pytest.raises(FeedUnreadable):
        Outcome(["a,b", "1,2"], FeedFormat.CSV, FeedOptions())


@pytest.mark.parametrize(
    ("feed_format", "text"),
    [
        (FeedFormat.CSV, "id,title,link\n" + '"\n' * 200_000),
        (FeedFormat.GOOGLE_XML, "<rss><item>" + "</item" * 200_000),
        (FeedFormat.GOOGLE_XML, "<rss>" + "<item>" * 100_000),
        (FeedFormat.NDJSON, "[" * 500_000),
        (FeedFormat.NDJSON, '[{"a":"' + "\\" * 500_000),
        (FeedFormat.SHOPIFY_JSONL, ITS_OWN_OWNER * 5_000),
    ],
    ids=["quotes", "open ends", "open items", "brackets", "backslashes", "its own owner"],
)  # fmt: skip
def test_a_feed_made_to_hang_its_reader_is_read_in_bounded_time(
    tmp_path: Path, feed_format: FeedFormat, text: str
) -> None:
    path = tmp_path / "feed"
    path.write_text(text)
    with bounded(20):
        found = Outcome(path, feed_format)
    assert not found.products
