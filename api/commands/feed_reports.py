"""How the command line shows what became of an import."""

from __future__ import annotations

from rich.console import Console

from api.console import progress_bar, table
from api.house import House
from catalog.feeds.report import ImportReport

ROWS_SHOWN = 20


def show_import(console: Console, report: ImportReport) -> None:
    """Counts, warnings, why it failed, and the first rows that were left out or mended."""
    console.print(summary(report), highlight=False)
    for warning in report.warnings:
        console.print(f"held: {warning.message}", style="yellow", highlight=False, markup=False)
    if report.failure:
        text = f"{report.failure.reason}: {report.failure.detail} {report.failure.fix or ''}"
        console.print(text.strip(), style="red", highlight=False, markup=False)
    issues = [*report.rejected, *report.mended]
    if issues:
        shown = [(issue.line, issue.product_id, issue.field, issue.reason, issue.fix) for issue in issues[:ROWS_SHOWN]]
        console.print(table(("line", "product", "field", "what is wrong", "what to do"), shown))
    more = report.rejected_count + report.mended_count - len(issues[:ROWS_SHOWN])
    if more:
        console.print(f"and {more:,} more", highlight=False)


def summary(report: ImportReport) -> str:
    """The counts in a line."""
    parts = [
        f"{report.imported:,} new",
        f"{report.changed:,} changed ({report.price_changes:,} prices, {report.stock_changes:,} stock)",
        f"{report.unchanged:,} unchanged",
        f"{report.removed:,} removed",
        f"{report.rejected_count:,} left out",
        f"{report.mended_count:,} fields mended",
    ]
    parts += [f"{report.costs:,} costs"] if report.costs else []
    return ", ".join(parts) + "."


async def refresh(house: House) -> None:
    """Let the index follow the products."""
    with progress_bar() as bar:
        task = bar.add_task("understanding products", total=None)
        await house.catalog.refresh(lambda done, total: bar.update(task, completed=done, total=total))
