"""A table of costs: plain numbers in, everything else told with its line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from catalog.costs import read_costs
from store.errors import InvalidInput


def table(folder: Path, text: str) -> Path:
    path = folder / "costs.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "id,cost\na,3.10\nb,2\n",
        "\ufeffID;Cost\r\na;3,10\r\nb;2\r\n",
        "title\tid\tcost_of_goods_sold\nx\ta\t3.1\ny\tb\t2\n",
        'id,cost\na,"3,10"\na,3.10\nb,2\n',
        'title,id,cost\n"Two\nlines",a,3.10\nA\u2028mark,b,2\n',
    ],
    ids=["commas", "as Excel writes it", "a feed", "an id twice", "lines within a title"],
)
def test_costs_are_read_as_shops_write_them(tmp_path: Path, text: str) -> None:
    assert read_costs(table(tmp_path, text)).amounts == {"a": Decimal("3.10"), "b": Decimal(2)}


def test_rows_that_are_no_cost_are_left_out_and_told(tmp_path: Path) -> None:
    found = read_costs(table(tmp_path, "id,cost\na,3.10 USD\n,2\nb,-1\nc,\nd,1.23456\ne,5\n"))
    assert found.amounts == {"e": Decimal(5)}
    assert [(issue.line, issue.product_id, issue.field) for issue in found.issues] == [
        (2, "a", "cost"),
        (3, None, "id"),
        (4, "b", "cost"),
        (5, "c", "cost"),
        (6, "d", "cost"),
    ]
    assert found.left_out == 5


@pytest.mark.parametrize("text", ["", "sku,price\na,1\n"], ids=["empty", "other columns"])
def test_a_table_without_the_columns_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match=r"costs\.csv has the columns .* \(at line 1\)"):
        read_costs(table(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nowhere\.csv cannot be read"):
        read_costs(tmp_path / "nowhere.csv")
