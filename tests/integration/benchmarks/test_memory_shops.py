"""Real shops' files become messages that memory takes."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks.memory_shops import SHOPS, DataMissing
from memory.events import parse

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LINE = {"StockCode": "85123A", "Description": "LANTERN", "UnitPrice": 2.5, "CustomerID": 7, "Country": "France"}


@pytest.mark.parametrize("shop", sorted(SHOPS))
def test_a_missing_file_is_named_with_what_to_do(shop: str, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="--data FOLDER"):
        SHOPS[shop](tmp_path, 1)


def test_purchases_of_cdnow_come_oldest_first(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "cdnow_master.csv.gz", "wt", encoding="utf-8") as file:
        file.write("customer_id,date,cds,dollars\n2,19970112,1,12.0\n1,19970101,1,11.77\n")
    events = [parse(message, NOW) for message in SHOPS["cdnow"](tmp_path, 1)]
    assert [(event.user_id, event.properties["total"]) for event in events] == [("1", "11.77"), ("2", "12.0")]


def test_a_credit_note_refunds_the_newest_order_that_has_what_it_gives_back(tmp_path: Path) -> None:
    def row(invoice: str, day: int, quantity: int, **other: object) -> dict[str, object]:
        return {**LINE, "InvoiceNo": invoice, "InvoiceDate": datetime(2011, 1, day), "Quantity": quantity, **other}  # noqa: DTZ001

    rows = [
        row("536365", 1, 6),
        row("536366", 2, 4),
        row("C536367", 3, -5),
        row("C536368", 4, -99),
        row("536369", 5, 1, StockCode="POST"),
        row("536370", 6, 1, CustomerID=None),
    ]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "online_retail.parquet")
    messages = SHOPS["online_retail"](tmp_path, 1)
    assert all(parse(message, NOW).user_id == "7" for message in messages)
    told = [(m["event"], m["properties"]["order_id"], m["properties"]["total"]) for m in messages]
    assert told == [
        ("Order Completed", "536365", 15.0),
        ("Order Completed", "536366", 10.0),
        ("Order Refunded", "536365", 12.5),
    ]
