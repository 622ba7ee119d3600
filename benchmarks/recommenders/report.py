"""Tables as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.recommenders.bootstrap import Estimate
from benchmarks.recommenders.measure import Row, Table, is_ours
from benchmarks.recommenders.splits import Split

COLUMNS = (
    ("hit_rate_at_3", "HitRate@3"), ("recall_at_10", "Recall@10"), ("ndcg_at_10", "NDCG@10"),
    ("coverage", "coverage"), ("diversity", "diversity"), ("novelty", "novelty"),
)  # fmt: skip
OURS = "ours"
NAME, WIDE = 20, 20
LAST = "ours - it, NDCG@10".ljust(26) + "learning s  ms a list, p50 / p99"


def day(seconds: int) -> str:
    """Of a cut, 2011-09-16."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def lines(split: Split, tables: list[Table]) -> Iterator[str]:
    """The tables of one cut as they are printed."""
    train = split.train
    yield (
        f"\n== cut {day(split.cut)}, {split.days} days after it · learned from {len(train):,} lines of "
        f"{train.customers:,} customers and {train.items:,} items before it"
    )
    for table in tables:
        yield f"\n{table.task}, {table.customers:,} customers · mean [95 % interval]"
        yield "method".ljust(NAME) + "".join(title.ljust(WIDE) for _, title in COLUMNS) + LAST
        yield from (_line(table, row) for row in table.rows)
        yield from _verdict(table)


def _line(table: Table, row: Row) -> str:
    figures = "".join(_figure(row.figures[name]).ljust(WIDE) for name, _ in COLUMNS)
    ours = find(table, OURS)
    lead = "" if ours is None or row is ours else _signed(table.lead(ours, row))
    speed = f"{row.speed.p50:.1f} / {row.speed.p99:.1f}" if row.speed else ""
    return f"{row.method.ljust(NAME)}{figures}{lead.ljust(26)}{row.learned_s:10.1f}  {speed}".rstrip()


def find(table: Table, method: str) -> Row | None:
    """The row of a method."""
    return next((row for row in table.rows if row.method == method), None)


def _verdict(table: Table) -> Iterator[str]:
    ours, best = find(table, OURS), table.best_baseline
    if ours is None or best is None:
        return
    lead = table.lead(ours, best)
    sure = "the interval excludes zero" if lead.excludes_zero else "the interval holds zero: cannot tell"
    if ours.remark:
        yield f"-> ours: {ours.remark}"
    yield f"-> ours - best baseline ({best.method}): {_signed(lead)}, {sure}"


def _figure(of: Estimate) -> str:
    return f"{_short(of.value)} [{_short(of.low)} {_short(of.high)}]"


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if abs(value) < 1 else f"{value:.2f}"


def _signed(of: Estimate) -> str:
    return f"{of.value:+.4f} [{of.low:+.4f} {of.high:+.4f}]"


def as_json(split: Split, tables: list[Table]) -> dict[str, Any]:
    """The tables of one cut, every figure as {value, low, high}."""
    return {
        "cut": day(split.cut),
        "days": split.days,
        "train": {"lines": len(split.train), "customers": split.train.customers, "items": split.train.items},
        "tasks": [_table_json(table) for table in tables],
    }


def _table_json(table: Table) -> dict[str, Any]:
    ours, best = find(table, OURS), table.best_baseline
    lead = table.lead(ours, best)._asdict() if ours and best else None
    return {
        "task": table.task,
        "customers": table.customers,
        "best_baseline": best.method if best else None,
        "lead": lead,
        "methods": {row.method: _row_json(table, row, ours) for row in table.rows},
    }


def _row_json(table: Table, row: Row, ours: Row | None) -> dict[str, Any]:
    found: dict[str, Any] = {name: of._asdict() for name, of in row.figures.items()}
    found["learning_s"] = round(row.learned_s, 2)
    if ours is not None and not is_ours(row.method):
        found["ours_ahead_by"] = table.lead(ours, row)._asdict()
    if row.speed is not None:
        found["milliseconds"] = row.speed._asdict()
    if row.remark:
        found["remark"] = row.remark
    return found
