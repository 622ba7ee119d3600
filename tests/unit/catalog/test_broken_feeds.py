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
from catalog.feeds.rows import BrokenOff, RawRow
from catalog.feeds.source import FeedUnreadable
from store.files import json_items
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


def only(issue_of: Outcome) -> tuple[list[str], list[tuple[int, str | None]]]:
    """The products that came, and the lines and fields of what did not."""
    return list(issue_of.products), [(issue.line, issue.field) for issue in issue_of.issues]


class TestSpreadsheets:
    """What Excel does to a table on its way."""

    def test_leading_zeros_kept_by_a_trick_are_the_id(self) -> None:
        found = Outcome([f"{HEADER},gtin", '="0815",Tea,https://s.example/1,5 EUR,\'0012'], FeedFormat.CSV)
        assert [(one.id, one.gtin) for one in found.products.values()] == [("0815", "0012")]

    @pytest.mark.parametrize("number", ["1.23457E+12", "1,23457E+12", "9E+15"])
    def test_an_id_that_has_lost_digits_is_none_and_ties_nothing_together(self, number: str) -> None:
        head = "id;title;link;price;item_group_id"
        lines = [head, f"{number};Tea;https://s.example/1;5 EUR;", f"2;Tea;https://s.example/2;5 EUR;{number}"]
        found = Outcome(lines, FeedFormat.CSV)
        assert only(found) == (["2"], [(2, "id")])
        assert "spreadsheet" in found.reasons()
        assert found.products["2"].item_group_id is None
        assert [issue.field for issue in found.mended] == ["item_group_id"]

    def test_a_code_with_an_e_in_it_is_a_code(self) -> None:
        assert only(Outcome([HEADER, row(1).replace("1,", "1E5,", 1)], FeedFormat.CSV)) == (["1E5"], [])

    def test_a_formula_that_failed_is_no_value(self) -> None:
        lines = [f"{HEADER},brand", f"{row(1)},#N/A", "#REF!,Tea,https://s.example/2,5 EUR,Lin"]
        found = Outcome(lines, FeedFormat.CSV)
        assert only(found) == (["1"], [(3, "id")])
        assert found.products["1"].brand is None

    def test_a_whole_number_of_a_data_frame_is_one(self) -> None:
        item = json.dumps({"id": 4711.0, "title": "Tea", "link": "https://s.example/1"})
        assert only(Outcome([item], FeedFormat.NDJSON)) == (["4711"], [])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://s.example/p?id=1&currency=EUR&region=de", "https://s.example/p?id=1&currency=EUR&region=de"),
        ("https://s.example/p?a=1&amp;copy=2", "https://s.example/p?a=1&copy=2"),
        ("https://s.example/p?a=1&amp;amp;times=2", "https://s.example/p?a=1&times=2"),
        ("https:&#x2F;&#x2F;s.example&#x2F;p", "https://s.example/p"),
    ],
)
def test_an_address_is_read_as_it_stands_whatever_its_parameters_are_called(written: str, meant: str) -> None:
    lines = [f"{HEADER},image_link", f"1,Tea,{written},5 EUR,{written}"]
    [product] = Outcome(lines, FeedFormat.CSV).products.values()
    assert (product.link, product.image_link) == (meant, meant)


@pytest.mark.parametrize(
    "address", ["https://s.example/p?x=<y>", 'https://s.example/"onclick', "https://s.example/a b"]
)
def test_an_address_with_what_no_address_has_is_refused(address: str) -> None:
    item = json.dumps({"id": "1", "title": "Tea", "link": address})
    assert only(Outcome([item], FeedFormat.NDJSON)) == ([], [(1, "link")])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("R&amp;amp;B Mug", "R&B Mug"),
        ("Caf&amp;amp;eacute; Tin", "Café Tin"),
        ("&amp;lt;b&amp;gt;Tea&amp;lt;/b&amp;gt; Tin", "Tea Tin"),
        ("Gift Box 🎁", "Gift Box 🎁"),
    ],
)
def test_a_title_that_was_escaped_twice_is_read_to_its_words(written: str, meant: str) -> None:
    found = Outcome([f"{HEADER},brand", f"{row(1, written)},{written}"], FeedFormat.CSV)
    assert (found.products["1"].title, found.products["1"].brand, found.mended) == (meant, meant, [])


def test_a_title_of_pictures_only_has_no_words_and_one_of_5000_characters_is_cut() -> None:
    found = Outcome([HEADER, row(1, "🎁🎁🎁"), row(2, "Tea " * 1_250)], FeedFormat.CSV)
    assert only(found) == (["2"], [(2, "title")])
    assert "has no words" in found.reasons()
    assert [issue.field for issue in found.mended] == ["title"]


@pytest.mark.parametrize(
    ("zone", "hour"),
    [(" UTC", 9), ("GMT", 9), ("+0100", 8), (" -05:00", 14), (" CET", 8), (" mesz", 7), ("PDT", 16), (" EST", 14)],
)
def test_a_sale_begins_on_the_clock_it_names(zone: str, hour: int) -> None:
    sale = f"2026-11-20T09:00{zone}/2026-11-30T23:59{zone}"
    found = Outcome([f"{HEADER},sale_price,sale_price_effective_date", f"{row(1)},4 EUR,{sale}"], FeedFormat.CSV)
    starts = found.products["1"].sale_price_starts
    assert starts is not None
    assert starts.hour == hour


def test_a_clock_that_several_countries_call_so_is_asked_about() -> None:
    sale = "2026-11-20T09:00 IST/2026-11-30T23:59 IST"
    found = Outcome([f"{HEADER},sale_price,sale_price_effective_date", f"{row(1)},4 EUR,{sale}"], FeedFormat.CSV)
    assert found.products["1"].sale_price is None
    assert "2026-03-01T09:00+0100" in found.mended[0].fix


class TestBreakingOff:
    """A feed that ends before its end must not look like one that has fewer products."""

    @pytest.mark.parametrize("end", ["2,Te", "2,Tea,https://s.ex"])
    def test_a_table_that_ends_within_a_row(self, tmp_path: Path, end: str) -> None:
        path = tmp_path / "feed"
        path.write_text(f"{HEADER}\n{row(1)}\n{end}")
        found = Outcome(path, FeedFormat.CSV)
        assert list(found.products) == ["1"]
        assert [(type(issue), issue.line) for issue in found.issues] == [(BrokenOff, 3)]

    @pytest.mark.parametrize(
        "text",
        [
            f"{HEADER}\n{row(1)}\n2,Tea,https://s.example/2\n",
            f"{HEADER}\n1,Tea,https://s.example/1\n2,Tea,https://s.example/2",
            f"{HEADER}\n{row(1)}\n{row(2)}",
            f"{HEADER}\n{row(1)}\n{row(2)}\n\x1a",
            f"{HEADER}\n{row(1)}\n{row(2)}\n".replace(",", "\t").replace("5 EUR\n", "\n").rstrip(),
        ],
        ids=["ended line", "short rows", "no last line end", "ctrl-z", "trimmed tabs"],
    )
    def test_a_table_that_is_whole_is_not_taken_for_a_piece(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "feed"
        path.write_text(text)
        assert only(Outcome(path, FeedFormat.CSV)) == (["1", "2"], [])

    def test_lines_of_json_that_end_within_one(self) -> None:
        one, two = (json.dumps({"id": n, "title": "Tea", "link": f"https://s.example/{n}"}) for n in "12")
        found = Outcome([one, two[:25]], FeedFormat.NDJSON)
        assert [(type(issue), issue.line) for issue in found.issues] == [(BrokenOff, 2)]
        found = Outcome([one, two[:25], one.replace('"1"', '"3"')], FeedFormat.NDJSON)
        assert (list(found.products), [type(issue) for issue in found.issues]) == (["1", "3"], [RowIssue])


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

    @pytest.mark.parametrize(
        "lines",
        [
            [
                "// what we sell",
                "[",
                "{0},",
                '/* not any more: {{"id": "9", "title": "Old", "link": "https://s.example/9"}} */',
                "{1}",
                "]",
            ],
            ["[", "// it's {{one}} [", "{0}, // the first", "{1} // and the last ]", "]"],
            ["{{", '"products": // all of them', "[", "{0}, {1}", "]}}"],
            ["{0},", "{1},"],
            ["{0}", "// no more of this", "{1},"],
        ],
        ids=["out of sale", "brackets", "key", "commas", "lines"],
    )
    @pytest.mark.parametrize("size", [1, 7, 1 << 16])
    def test_comments_and_commas_that_json_does_not_know_cost_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], size: int
    ) -> None:
        monkeypatch.setattr(json_items, "PIECE", max(size, 4))
        items = [json.dumps({"id": n, "title": "Tea", "link": f"https://s.example/{n}"}) for n in "12"]
        path = tmp_path / "feed"
        path.write_text("\n".join(lines).format(*items))
        assert detect(path.read_bytes()) == FeedFormat.NDJSON
        assert only(Outcome(path, FeedFormat.NDJSON)) == (["1", "2"], [])


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
