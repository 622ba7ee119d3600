"""Options and the report that `import customers`, `import orders` and `import events` share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.commands.feed_reports import ROWS_SHOWN
from api.console import progress_bar, table
from api.house import open_house
from api.learning import learn
from api.settings import Settings
from memory.importers.formats import ImportFormat
from memory.importers.importer import Wanted, import_file
from memory.importers.model import OrderIssue
from memory.importers.options import ImportOptions, load_mapping
from memory.importers.report import ImportReport
from store.files.issues import RowIssue

Format = Annotated[ImportFormat | None, typer.Option("--format", help="What the file is. [default: read off the file]")]
Mapping = Annotated[Path | None, typer.Option(help="A YAML file that says which of its columns is which field.")]
Currency = Annotated[str | None, typer.Option(help="For amounts that name none: GBP, EUR …")]
Timezone = Annotated[str | None, typer.Option(help="Of times that name none: Europe/Berlin …  [default: UTC]")]
AsOf = Annotated[
    datetime | None,
    typer.Option(help="When the file was exported, in UTC, for what it does not date. [default: now]"),
]
RejectedTo = Annotated[Path | None, typer.Option(help="A CSV file for every row that is left out, with the reason.")]


def read_options(
    currency: str | None, timezone: str | None, as_of: datetime | None, mapping: Path | None
) -> ImportOptions:
    """The options of an import. Raises: BadMapping, BadImportOption."""
    moment = as_of.replace(tzinfo=UTC) if as_of else None
    options = ImportOptions(currency=currency, timezone=timezone, as_of=moment)
    return options.mapped(load_mapping(mapping)) if mapping else options


async def bring_in(settings: Settings, wanted: Wanted) -> ImportReport:
    """Import a file, and learn from it what is bought together."""
    async with open_house(settings) as house:
        with progress_bar() as bar:
            task = bar.add_task(f"reading {wanted.kind}", total=None)
            report = await import_file(
                house.database,
                wanted,
                enrich=house.enrich,
                progress=lambda doing, rows: bar.update(task, description=f"{doing} {wanted.kind}", completed=rows),
            )
            if not wanted.dry_run:
                bar.update(task, description="learning what is bought together")
                await learn(house.database)
    return report


def _row(issue: RowIssue, *, named: bool) -> tuple[object, ...]:
    order = (issue.order_id if isinstance(issue, OrderIssue) else None,) if named else ()
    return issue.line, *order, issue.field, issue.reason, issue.fix


def show(console: Console, report: ImportReport) -> None:
    """Counts, where it went on, and the first rows that were left out or changed."""
    if report.resumed_from:
        console.print(f"Went on after {report.resumed_from:,} {report.kind} of an earlier start.", highlight=False)
    console.print(
        f"{report.position:,} {report.kind} ({report.format.value}): {report.accepted:,} events new, "
        f"{report.duplicates:,} known already, {report.rejected:,} rows left out.",
        highlight=False,
    )
    found = [*report.issues, *report.notes]
    if found:
        of = ("order",) if report.kind == "orders" else ()
        rows = [_row(issue, named=bool(of)) for issue in found[:ROWS_SHOWN]]
        console.print(table(("line", *of, "field", "what is wrong", "what to do"), rows))
    more = report.rejected + report.noted - len(found[:ROWS_SHOWN])
    if more:
        console.print(f"and {more:,} more (--rejected-to FILE lists all that were left out)", highlight=False)
