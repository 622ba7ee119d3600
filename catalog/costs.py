"""What products cost the shop, read from a table: `id` and `cost`, the number alone."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from catalog.feeds.report import RowIssue
from catalog.tables import ProductRow
from store.errors import InvalidInput
from store.files.own import refuse_own

MAX_ISSUES = 100
CHUNK = 500
"""Products asked for at once."""
NAMES = ("cost", "cost_of_goods_sold")
"""Columns a cost may stand in; the second is Google Merchant's name for it."""
_AMOUNT = re.compile(r"\d{1,12}(?:[.,]\d{1,4})?")


class Stated(NamedTuple):
    """The currency that a row names, and where it stands."""

    line: int
    currency: str


class CostTable(BaseModel):
    """What a file of costs holds."""

    model_config = ConfigDict(frozen=True)

    amounts: dict[str, Decimal]
    """By product id; of an id that stands twice, the last."""
    stated: dict[str, Stated] = {}
    """What rows say of their currency, by product id; those that say nothing are not in here."""
    issues: tuple[RowIssue, ...] = ()
    """Rows that were left out, at most 100."""
    left_out: int = 0


def read_costs(path: Path) -> CostTable:
    """Read a CSV (comma, semicolon or tab) with a header.

    A cost is a plain number in the currency of the product's price, `3.10` or `3,10`: another currency would have to
    be converted at a rate that nobody here knows, so a row that names one is left out. Where there is a column
    `currency`, `in_price_currency` holds it against the catalog. Raises InvalidInput for a file
    that cannot be read or has no such columns.
    """
    refuse_own(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _collect(_records(path, list(file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", fix="Check the path; save it as CSV in UTF-8.") from error


async def in_price_currency(session: AsyncSession, table: CostTable) -> CostTable:
    """`table` less the rows whose currency is not that of their product's price, each told with its line."""
    names, priced = list(table.stated), dict[str, str | None]()
    for start in range(0, len(names), CHUNK):
        query = select(col(ProductRow.id), col(ProductRow.currency)).where(
            col(ProductRow.id).in_(names[start : start + CHUNK])
        )
        priced.update((row.id, row.currency) for row in await session.execute(query))
    found = [issue for name, said in table.stated.items() if (issue := _other_currency(name, said, priced)) is not None]
    wrong = {issue.product_id for issue in found}
    return CostTable(
        amounts={name: amount for name, amount in table.amounts.items() if name not in wrong},
        stated={name: said for name, said in table.stated.items() if name not in wrong},
        issues=tuple(sorted((*table.issues, *found), key=lambda issue: issue.line or 0)[:MAX_ISSUES]),
        left_out=table.left_out + len(found),
    )


def _other_currency(name: str, said: Stated, priced: Mapping[str, str | None]) -> RowIssue | None:
    currency = priced.get(name)
    if currency == said.currency:
        return None
    if currency is None:
        reason = f"It is in {said.currency}, and the catalog has no price that says whether that is the product's."
        fix = "Import the product first, or leave the currency out."
    else:
        reason = f"It is in {said.currency}, and the price in {currency}."
        fix = "Write both in one currency."
    return RowIssue(line=said.line, product_id=name, field="currency", reason=reason, fix=fix)


class _Row(NamedTuple):
    line: int
    product_id: str
    cost: str
    currency: str


def _records(path: Path, lines: list[str]) -> Iterator[_Row]:
    """Every row, its cells as they are written."""
    header = lines[0] if lines else ""
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(lines, delimiter=delimiter)
    columns = {name.strip().casefold(): name for name in reader.fieldnames or ()}
    cost = next((columns[name] for name in NAMES if name in columns), None)
    if "id" not in columns or cost is None:
        raise InvalidInput(
            f"{path} has the columns {', '.join(columns) or 'none'}.",
            pointer="line 1",
            fix="Name the columns `id` and `cost` in the first line.",
        )
    for row in reader:
        money = row[columns["currency"]] if "currency" in columns else None
        name, amount = (row[columns["id"]] or "").strip(), (row[cost] or "").strip()
        yield _Row(reader.line_num, name, amount, (money or "").strip().upper())


def _collect(records: Iterator[_Row]) -> CostTable:
    amounts: dict[str, Decimal] = {}
    stated: dict[str, Stated] = {}
    issues: list[RowIssue] = []
    for line, product_id, text, currency in records:
        if not product_id:
            issues.append(RowIssue(line=line, field="id", reason="The id is missing.", fix="Give each row an id."))
        elif not _AMOUNT.fullmatch(text):
            fix = "Write the number alone, like 3.10, in the currency of the product's price."
            reason = f"{text[:40]!r} is no cost."
            issues.append(RowIssue(line=line, product_id=product_id, field="cost", reason=reason, fix=fix))
        else:
            amounts[product_id] = Decimal(text.replace(",", "."))
            stated.pop(product_id, None)
            if currency:
                stated[product_id] = Stated(line, currency)
    return CostTable(amounts=amounts, stated=stated, issues=tuple(issues[:MAX_ISSUES]), left_out=len(issues))
