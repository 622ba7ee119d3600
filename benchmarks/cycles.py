"""Whether what is said to run out is bought again: the cycles of memory on Online Retail, judged on what came after.

    python -m benchmarks.cycles [--data ../shared/data/online_retail.parquet] [--cut 2011-09-16]

Every invoice before the cut becomes an `Order Completed` event and is folded; the shop's cycles are learned from those
states. Asked: which products run out in the four weeks after the cut, and were they bought then?
Compared by days between the day a product was said to run out and the day it was bought again, for the same purchases:
the shop's median gap for everybody, and each customer's own time between orders.
"""

from __future__ import annotations

import argparse
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq

from memory.cycles import ShopCycles, cycles, purchases_of
from memory.events import parse
from memory.fold import remember
from memory.habit_learning import Habits
from memory.measures import cadence_days, placed_orders
from memory.state import State

WINDOW = timedelta(days=28)
DAY = timedelta(days=1)
COLUMNS = ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Description"]
Bought = dict[tuple[str, str], list[datetime]]
"""(customer, product) -> when it was bought, in order."""


@dataclass(frozen=True)
class Said:
    """One product that was said to run out, and when it was bought next."""

    basis: str
    runs_out_at: datetime
    usual_at: datetime
    """By the median gap of the shop."""
    rhythm_at: datetime
    """By the customer's time between orders."""
    again_at: datetime | None


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Order lines of known customers: products (five digits and letters), not cancelled, with an amount."""
    for row in pq.read_table(path, columns=COLUMNS).to_pylist():
        code = str(row["StockCode"])
        sold = row["Quantity"] > 0 and row["UnitPrice"] > 0 and not str(row["InvoiceNo"]).startswith("C")
        if sold and row["CustomerID"] is not None and code[:5].isdigit():
            row["InvoiceDate"] = row["InvoiceDate"].replace(tzinfo=UTC)
            yield row


def states_of(lines: Sequence[dict[str, Any]], received: datetime) -> dict[str, State]:
    """Everybody's memory of their invoices."""
    orders: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        orders[str(int(line["CustomerID"])), str(line["InvoiceNo"])].append(line)
    events = defaultdict(list)
    for (customer, invoice), rows in orders.items():
        events[customer].append(parse(_message(customer, invoice, rows), received))
    return {customer: remember(theirs) for customer, theirs in events.items()}


def _message(customer: str, invoice: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    products = [
        {
            "product_id": str(row["StockCode"]),
            "name": str(row["Description"])[:60],
            "quantity": int(row["Quantity"]),
            "price": float(row["UnitPrice"]),
        }
        # A message has 32 kB: wholesalers order more lines than that.
        for row in rows[:150]
    ]
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": customer,
        "messageId": f"{invoice}-{customer}",
        "timestamp": rows[0]["InvoiceDate"].isoformat(),
        "properties": {"order_id": invoice, "currency": "GBP", "products": products},
    }


def predict(states: dict[str, State], shop: ShopCycles, cut: datetime, bought: Bought) -> Iterator[Said]:
    """Every cycle of everybody as of the cut, and when each product was bought next."""
    usual = median(shop.products.values())
    for customer, state in states.items():
        placed = placed_orders(state)
        rhythm = cadence_days(placed) or usual
        for cycle in cycles(state, placed, shop, cut):
            times = bought[customer, cycle.product_id]
            after = bisect_right(times, cut)
            yield Said(
                basis=cycle.basis,
                runs_out_at=cycle.runs_out_at,
                usual_at=cycle.last_at + timedelta(days=usual),
                rhythm_at=cycle.last_at + timedelta(days=rhythm),
                again_at=times[after] if after < len(times) else None,
            )


def share(some: Sequence[Said], cut: datetime) -> float:
    """How many of these were bought within the window."""
    return sum(one.again_at is not None and one.again_at <= cut + WINDOW for one in some) / max(len(some), 1)


def base_rate(states: dict[str, State], cut: datetime, bought: Bought) -> float:
    """Of everything anybody ever bought, how much they bought again within the window."""
    pairs = [(name, product) for name, state in states.items() for product in purchases_of(state, placed_orders(state))]
    again = sum(any(cut < at <= cut + WINDOW for at in bought[pair]) for pair in pairs)
    return again / max(len(pairs), 1)


def show(states: dict[str, State], said: Sequence[Said], cut: datetime, bought: Bought) -> None:
    """The figures."""
    print(f"bought again in four weeks: {base_rate(states, cut, bought):.3f} of all they ever bought")
    for basis in ("own", "shop", "category"):
        some = [one for one in said if one.basis == basis]
        due = [one for one in some if cut <= one.runs_out_at < cut + WINDOW]
        later = [one for one in some if one.runs_out_at >= cut + WINDOW]
        print(
            f"{basis:8} {len(some):6,} cycles; run out then {len(due):5,}: {share(due, cut):.3f} bought again", end=""
        )
        print(f"; later {len(later):6,}: {share(later, cut):.3f}")
        again = [one for one in due if one.again_at is not None]
        for name in ("runs_out_at", "rhythm_at", "usual_at"):
            off = [abs((getattr(one, name) - one.again_at) / DAY) for one in again if one.again_at is not None]
            print(f"     {name:12} {median(off) if off else float('nan'):5.1f} days off in the median ({len(off)})")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/online_retail.parquet"))
    parser.add_argument(
        "--cut", type=lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC), default="2011-09-16"
    )
    options = parser.parse_args()
    if not options.data.exists():
        raise SystemExit(
            f"{options.data} is not there: it is UCI Online Retail as Parquet; name its place with --data."
        )
    lines = list(read(options.data))
    bought: Bought = defaultdict(list)
    for line in sorted(lines, key=lambda one: one["InvoiceDate"]):
        bought[str(int(line["CustomerID"])), str(line["StockCode"])].append(line["InvoiceDate"])
    states = states_of([line for line in lines if line["InvoiceDate"] <= options.cut], options.cut)
    habits = Habits(options.cut)
    for state in states.values():
        habits.see(state)
    shop = ShopCycles(**habits.cycles())
    print(f"{len(states):,} customers before {options.cut:%Y-%m-%d}; {len(shop.products):,} products with a cycle")
    show(states, list(predict(states, shop, options.cut, bought)), options.cut, bought)


if __name__ == "__main__":
    main()
