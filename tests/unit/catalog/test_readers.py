"""Each format becomes rows with line numbers; a broken row costs only itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.feeds import delimited, ndjson, xml
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import RawRow
from store.files.source import FileUnreadable

RSS = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title>
<item>
  <g:id>1</g:id><title>Tea &amp; more</title><link>https://s.example/1</link>
  <g:shipping><g:price>1 USD</g:price></g:shipping>
  <g:product_detail>
    <g:attribute_name>Roast</g:attribute_name><g:attribute_value>dark</g:attribute_value>
  </g:product_detail>
</item>
<item><g:id>2</g:id><title>Cup</title></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<title>Shop</title>
<entry><g:id>1</g:id><title>Tea</title><link rel="alternate" href="https://s.example/1"/></entry>
</feed>"""


def rows(found: object) -> list[RawRow]:
    return [row for row in found if isinstance(row, RawRow)]  # type: ignore[attr-defined]


def issues(found: object) -> list[RowIssue]:
    return [row for row in found if isinstance(row, RowIssue)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
def test_the_delimiter_is_read_off_the_header(delimiter: str) -> None:
    lines = [delimiter.join(("id", "title", "link")), delimiter.join(("1", "Tea", "https://s.example/1"))]
    assert rows(delimited.read(lines))[0].values == {"id": "1", "title": "Tea", "link": "https://s.example/1"}


def test_columns_are_known_by_googles_names_and_by_other_systems_names() -> None:
    lines = ["\ufeffSKU,Name,g:Link,Image Link,Vendor,custom:Roast level", "1,Tea,u,i,Aoki,dark"]
    (row,) = rows(delimited.read(lines))
    assert row.values == {
        "id": "1", "title": "Tea", "link": "u", "image_link": "i", "brand": "Aoki", "custom:Roast level": "dark"
    }  # fmt: skip


def test_quoted_line_breaks_stay_and_later_rows_keep_their_line_numbers() -> None:
    lines = ["id,title,link,description", '1,Tea,u,"two\nlines"', "", "2,Cup,u,x"]
    found = rows(delimited.read(("\n".join(lines)).splitlines(keepends=True)))
    assert [(row.line, row.values["description"]) for row in found] == [(2, "two\nlines"), (5, "x")]


def test_a_row_with_too_many_cells_is_reported_and_the_next_is_read() -> None:
    found = list(delimited.read(["id,title,link", "1,Tea,u,oops", "2,Cup,u"]))
    assert isinstance(found[0], RowIssue)
    assert found[0].line == 2
    assert "4 cells" in found[0].reason
    assert rows(found)[0].values["id"] == "2"


def test_a_quote_that_never_closes_does_not_swallow_the_rest_silently() -> None:
    found = list(delimited.read(["id,title,link", '1,"Tea,u'] + ["x" * 1000] * 200 + ["2,Cup,u"]))
    assert issues(found)[0].line == 2
    assert rows(found)[-1].values["id"] == "2"


@pytest.mark.parametrize("lines", [[], ["", " "], ["name;price", "Tea;3"]])
def test_a_table_without_the_required_columns_is_refused_as_a_whole(lines: list[str]) -> None:
    with pytest.raises(FileUnreadable) as raised:
        list(delimited.read(lines))
    assert raised.value.fix


def test_ndjson_lines_that_are_not_objects_are_reported() -> None:
    found = list(ndjson.read(['{"id": "1", "title": "Tea"}', "{oops", "[1]", "", '{"id": 2}']))
    assert [issue.line for issue in issues(found)] == [2, 3]
    assert [row.line for row in rows(found)] == [1, 5]


def test_rss_items_lose_their_namespace_and_nested_prices() -> None:
    first, second = rows(xml.read(RSS.splitlines()))
    assert first.line == 3
    assert first.values == {
        "id": "1", "title": "Tea & more", "link": "https://s.example/1", "custom:Roast": "dark"
    }  # fmt: skip
    assert (second.line, second.values["id"]) == (10, "2")


def test_atom_links_are_read_from_their_href() -> None:
    (entry,) = rows(xml.read(ATOM.splitlines()))
    assert entry.values["link"] == "https://s.example/1"


def test_xml_that_breaks_off_keeps_what_came_before_and_says_where() -> None:
    found = list(xml.read(RSS.splitlines()[:10]))
    assert [row.values["id"] for row in rows(found)] == ["1", "2"]
    (issue,) = issues(found)
    assert "2 items before it were read" in issue.reason


def test_xml_entities_are_refused() -> None:
    bomb = ['<!DOCTYPE x [<!ENTITY a "aaaa">]>', "<rss><channel><item><id>&a;</id></item></channel></rss>"]
    found = list(xml.read(bomb))
    assert not rows(found)
    assert "DTD" in issues(found)[0].reason


@pytest.mark.parametrize(
    "page",
    ["<!DOCTYPE html><html><body>Sign in</body></html>", "<html>\n<head>", '\n<!doctype HTML PUBLIC "x">\n<html>'],
)
def test_a_web_page_in_a_feeds_place_is_said_to_be_one(page: str) -> None:
    with pytest.raises(FileUnreadable, match="web page"):
        list(xml.read([page]))


def test_a_line_that_is_too_long_is_not_called_broken(tmp_path: Path) -> None:
    long = tmp_path / "feed.ndjson"
    long.write_text('{"id": "1", "description": "' + "<div>" * 300_000 + '"}\n')
    [issue] = ndjson.read(long)
    assert isinstance(issue, RowIssue)
    assert "longer than 1 MiB" in issue.reason
