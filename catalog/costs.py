"""What products cost the shop, read from a table: `id` and `cost`, the number alone."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from catalog.feeds.report import RowIssue
from store.errors import InvalidInput
from store.files.own import refuse_own

MAX_ISSUES = 100
NAMES = ("cost", "cost_of_goods_sold")
"""Columns a cost may stand in; the second is Google Merchant's name for it."""
_AMOUNT = re.compile(r"\d{1,12}(?:[.,]\d{1,4})?")


class CostTable(BaseModel):
    """What a file of costs holds."""

    model_config = ConfigDict(frozen=True)

    amounts: dict[str, Decimal]
    """By product id; of an id that stands twice, the last."""
    issues: tuple[RowIssue, ...] = ()
    """Rows that were left out, at most 100."""
    left_out: int = 0


def read_costs(path: Path) -> CostTable:
    """Read a CSV (comma, semicolon or tab) with a header.

    A cost is a plain number in the currency of the product's price, `3.10` or `3,10`: another currency would have to
    be converted at a rate that nobody here knows, so a row that names one is left out. Raises InvalidInput for a file
    that cannot be read or has no such columns.
    """
    refuse_own(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _collect(_records(path, list(file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", fix="Check the path; save it as CSV in UTF-8.") from error


def _records(path: Path, lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """(line, id, cost as written)."""
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
        yield reader.line_num, (row[columns["id"]] or "").strip(), (row[cost] or "").strip()


def _collect(records: Iterator[tuple[int, str, str]]) -> CostTable:
    amounts: dict[str, Decimal] = {}
    issues: list[RowIssue] = []
    for line, product_id, text in records:
        if not product_id:
            issues.append(RowIssue(line=line, field="id", reason="The id is missing.", fix="Give each row an id."))
        elif not _AMOUNT.fullmatch(text):
            fix = "Write the number alone, like 3.10, in the currency of the product's price."
            reason = f"{text[:40]!r} is no cost."
            issues.append(RowIssue(line=line, product_id=product_id, field="cost", reason=reason, fix=fix))
        else:
            amounts[product_id] = Decimal(text.replace(",", "."))
    return CostTable(amounts=amounts, issues=tuple(issues[:MAX_ISSUES]), left_out=len(issues))
