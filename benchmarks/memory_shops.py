"""Real shops' orders as Segment messages, oldest first: UCI Online Retail and CDNOW."""

from __future__ import annotations

import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyarrow import parquet

from store.errors import NotFound

Message = dict[str, Any]
PRODUCT_CODE = re.compile(r"\d{5}[A-Za-z]*")
"""Of Online Retail; the others are fees, postage and vouchers."""
MOST_LINES = 60
"""That memory keeps of an order; the total is told beside them."""
CUTS = {
    "cdnow": ("1997-07-01", "1997-10-01", "1998-02-01", "1998-04-01"),
    "online_retail": ("2011-06-10", "2011-08-10", "2011-09-09", "2011-10-10", "2011-11-09"),
}
"""Moments predicted at: after 39 weeks, as CDNOW is usually cut, and half a year to the end on both sides of it."""


class DataMissing(NotFound):
    """The file is not there."""

    reason = "data_missing"


def cdnow(folder: Path, every: int) -> list[Message]:
    """Customers, days and dollars; each line is an order. `every`: only each so manieth customer."""
    path = _there(folder / "cdnow_master.csv.gz")
    messages = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if int(row["customer_id"]) % every == 0:
                at = datetime.strptime(row["date"], "%Y%m%d").replace(hour=12, tzinfo=UTC)
                properties = {"order_id": f"o{number}", "currency": "USD", "total": row["dollars"]}
                messages.append(_message("Order Completed", f"o{number}", row["customer_id"], at, properties))
    return sorted(messages, key=lambda message: (message["timestamp"], message["messageId"]))


def online_retail(folder: Path, every: int) -> list[Message]:
    """Invoices with their lines, and credit notes as refunds of the newest order that has what they give back."""
    orders: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    credited: list[dict[str, Any]] = []
    for row in _retail_rows(_there(folder / "online_retail.parquet")):
        if row["CustomerID"] % every:
            continue
        if row["InvoiceNo"].startswith("C"):
            credited.append(row)
        elif row["Quantity"] > 0:
            orders[row["CustomerID"], row["InvoiceNo"]].append(row)
    messages = [_retail_order(customer, invoice, rows) for (customer, invoice), rows in orders.items()]
    messages += _refunds(orders, credited)
    return sorted(messages, key=lambda message: (message["timestamp"], message["messageId"]))


SHOPS: dict[str, Callable[[Path, int], list[Message]]] = {"cdnow": cdnow, "online_retail": online_retail}


def _there(path: Path) -> Path:
    if not path.is_file():
        raise DataMissing(f"There is no {path}.", fix="Name the folder that has it: --data FOLDER.")
    return path


def _retail_rows(path: Path) -> Iterator[dict[str, Any]]:
    for batch in parquet.ParquetFile(path).iter_batches():
        for row in batch.to_pylist():
            if row["CustomerID"] is not None and row["UnitPrice"] > 0 and PRODUCT_CODE.fullmatch(row["StockCode"]):
                yield row


def _retail_order(customer: int, invoice: str, rows: list[dict[str, Any]]) -> Message:
    lines = [
        {
            "product_id": row["StockCode"],
            "name": row["Description"],
            "price": round(row["UnitPrice"], 4),
            "quantity": row["Quantity"],
        }
        for row in rows[:MOST_LINES]
    ]
    total = round(sum(row["UnitPrice"] * row["Quantity"] for row in rows), 2)
    properties = {"order_id": invoice, "currency": "GBP", "total": total, "products": lines}
    return _message("Order Completed", invoice, str(customer), rows[0]["InvoiceDate"].replace(tzinfo=UTC), properties)


def _refunds(orders: dict[tuple[int, str], list[dict[str, Any]]], credited: list[dict[str, Any]]) -> Iterator[Message]:
    """A credit note names no invoice: it is one of the newest earlier line with as many of the same product."""
    bought: dict[tuple[int, str], list[tuple[Any, str, list[int]]]] = defaultdict(list)
    for (customer, invoice), rows in orders.items():
        for row in rows:
            bought[customer, row["StockCode"]].append((row["InvoiceDate"], invoice, [row["Quantity"]]))
    for number, row in enumerate(credited):
        lines = bought[row["CustomerID"], row["StockCode"]]
        fitting = [one for one in lines if one[0] <= row["InvoiceDate"] and one[2][0] >= -row["Quantity"]]
        if fitting:
            _, invoice, left = max(fitting, key=lambda one: one[0])
            left[0] += row["Quantity"]
            total = round(-row["Quantity"] * row["UnitPrice"], 2)
            properties = {"order_id": invoice, "currency": "GBP", "total": total}
            at = row["InvoiceDate"].replace(tzinfo=UTC)
            yield _message("Order Refunded", f"refund-{number}", str(row["CustomerID"]), at, properties)


def _message(name: str, message_id: str, customer: str, at: datetime, properties: dict[str, Any]) -> Message:
    return {
        "type": "track",
        "event": name,
        "userId": customer,
        "messageId": message_id,
        "timestamp": at.isoformat(),
        "properties": properties,
    }
