"""Feeds that are fetched again, products that know their feed, and one store of import reports instead of two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from store.types import Amount, JsonDocument, UtcDateTime

revision = "0007_feeds"
down_revision = "0006_compare_at_basis"
branch_labels = None
depends_on = None

_COUNTS = ("imported", "changed", "unchanged", "rejected_count", "mended_count")
_NEW_COUNTS = ("rows", "removed", "price_changes", "stock_changes", "sellable_before", "sellable_after")
_ISSUE = ("line", "product_id", "field", "reason", "fix")


def _create_feed() -> None:
    op.create_table(
        "feed",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("document", JsonDocument, nullable=False),
        sa.Column("secrets", sa.LargeBinary, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("validators", JsonDocument, nullable=False),
        sa.Column("held_import_id", sa.String(64)),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("lease", sa.String(64)),
        sa.Column("leased_until", UtcDateTime),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_feed_next_at", "feed", ["next_at"])


def _create_import() -> sa.Table:
    table = op.create_table(
        "feed_import",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("feed_id", sa.String(64), sa.ForeignKey("feed.id", ondelete="CASCADE")),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("format", sa.String(32)),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("alive_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        *(sa.Column(name, sa.Integer, nullable=False) for name in (*_COUNTS, *_NEW_COUNTS)),
        sa.Column("warnings", JsonDocument, nullable=False),
        sa.Column("failure", JsonDocument),
    )
    op.create_index("ix_feed_import_feed_id", "feed_import", ["feed_id", "id"])
    return table


def _import_id() -> sa.Column[str]:
    return sa.Column("import_id", sa.String(64), sa.ForeignKey("feed_import.id", ondelete="CASCADE"), nullable=False)


def _create_issue() -> sa.Table:
    return op.create_table(
        "feed_import_issue",
        _import_id(),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("rejected", sa.Boolean, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("product_id", sa.String(128)),
        sa.Column("field", sa.String(64)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("fix", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number"),
    )


def _create_staging() -> None:
    op.create_table(
        "feed_staged_product",
        _import_id(),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("link", sa.String(2000), nullable=False),
        sa.Column("image_link", sa.String(2000)),
        sa.Column("availability", sa.String(16), nullable=False),
        sa.Column("price", Amount),
        sa.Column("currency", sa.String(3)),
        sa.Column("sale_price", Amount),
        sa.Column("sale_price_starts", UtcDateTime),
        sa.Column("sale_price_ends", UtcDateTime),
        sa.Column("compare_at_basis", sa.String(20)),
        sa.Column("item_group_id", sa.String(128)),
        sa.Column("brand", sa.String(100)),
        sa.Column("gtin", sa.String(50)),
        sa.Column("google_product_category", sa.String(750)),
        sa.Column("product_type", sa.String(750)),
        sa.Column("condition", sa.String(30)),
        sa.Column("color", sa.String(100)),
        sa.Column("size", sa.String(100)),
        sa.Column("material", sa.String(200)),
        sa.Column("attributes", JsonDocument, nullable=False),
        sa.Column("stock", sa.BigInteger),
        sa.Column("consumable_days", sa.Integer),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("feed_id", sa.String(64)),
        sa.PrimaryKeyConstraint("import_id", "id"),
    )
    op.create_table(
        "feed_missing_product",
        _import_id(),
        sa.Column("product_id", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "product_id"),
    )


def _columns(table: str, *names: str, **typed: Any) -> sa.TableClause:
    return sa.table(table, *(sa.column(name) for name in names), *(sa.column(n, t) for n, t in typed.items()))


def _rows(source: sa.TableClause) -> list[dict[str, Any]]:
    return [dict(row) for row in op.get_bind().execute(sa.select(source)).mappings()]


def _report(source: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A row of the new table; what the old ones did not count is 0."""
    counts = dict.fromkeys(_NEW_COUNTS, 0) | {name: source.get(name, 0) for name in _COUNTS}
    return {"feed_id": None, "mode": "upsert", "format": None, "warnings": [], "failure": None} | counts | changes


def _of_the_command_line(row: Mapping[str, Any]) -> dict[str, Any]:
    ended = row["finished_at"]
    return _report(
        row,
        id=row["id"],
        status="done",
        format=row["format"],
        started_at=row["started_at"],
        alive_at=ended,
        finished_at=ended,
        rows=row["imported"] + row["changed"] + row["unchanged"] + row["rejected_count"],
    )


def _of_the_api(row: Mapping[str, Any]) -> dict[str, Any]:
    """An import that never ended has died with the version that is being replaced."""
    status = "interrupted" if row["status"] == "running" else row["status"]
    at = row["created_at"]
    return _report(
        row["report"] if status == "done" else {},
        id=row["id"],
        status=status,
        format=row["format"],
        started_at=at,
        alive_at=at,
        finished_at=at,
        failure=row["report"] if status == "failed" else None,
    )


def _issues_of_the_api(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    lists = ((True, row["report"].get("rejected", [])), (False, row["report"].get("mended", [])))
    found = [(rejected, issue) for rejected, issues in lists for issue in issues]
    return [
        {"import_id": row["id"], "number": number, "rejected": rejected} | {name: issue.get(name) for name in _ISSUE}
        for number, (rejected, issue) in enumerate(found)
    ]


def _move_reports(imports: sa.Table, issues: sa.Table) -> None:
    """Imports over HTTP were kept twice: in their own table, under the id that was told, and as a report of another.

    Each is kept once now, under the id that was told."""
    times = {"started_at": UtcDateTime(), "finished_at": UtcDateTime()}
    of_api = _rows(
        _columns("catalog_import", "id", "status", "format", report=JsonDocument(), created_at=UtcDateTime())
    )
    reports = _rows(_columns("import_report", "id", "format", *_COUNTS, **times))
    bad_rows = _rows(_columns("rejected_row", "report_id", "number", *_ISSUE, rejected=sa.Boolean()))
    told = {row["report"].get("id") for row in of_api}
    kept = [_of_the_command_line(row) for row in reports if row["id"] not in told]
    op.bulk_insert(imports, kept + [_of_the_api(row) for row in of_api])
    own = [dict(row) for row in bad_rows if row["report_id"] not in told]
    moved = [{"import_id": row.pop("report_id")} | row for row in own]
    op.bulk_insert(issues, moved + [issue for row in of_api for issue in _issues_of_the_api(row)])


def upgrade() -> None:
    """Create what feeds need, move the reports, drop the tables they were in."""
    _create_feed()
    imports, issues = _create_import(), _create_issue()
    _create_staging()
    op.add_column("product", sa.Column("feed_id", sa.String(64)))
    op.create_index("ix_product_feed_id", "product", ["feed_id"])
    _move_reports(imports, issues)
    for table in ("rejected_row", "import_report", "catalog_import"):
        op.drop_table(table)
