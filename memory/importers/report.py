"""What an import has to say: what came in, what was known, which rows were left out and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from memory.importers.formats import ImportFormat, Kind
from memory.importers.model import Note, OrderIssue
from store.files.issues import RowIssue

ISSUES_KEPT = 1_000
"""Of each kind; all are counted. A file that is wrong throughout must not fill the memory."""


class ImportFailure(BaseModel):
    """Why an import ended before its file did."""

    reason: str
    message: str
    fix: str | None = None


class ImportReport(BaseModel):
    """One import. After a dry run the counts say what it would have done, as far as one batch can tell."""

    id: str
    kind: Kind
    format: ImportFormat
    status: Literal["running", "done", "failed"] = "running"
    """What a killed process left is `running`; sent again, it goes on."""
    failure: ImportFailure | None = None
    started_at: datetime
    finished_at: datetime | None = None
    resumed_from: int = 0
    """Rows that an earlier start of the same import had done; the counts include them."""
    position: int = 0
    """Rows done: customers, orders or events, those that were left out included."""
    accepted: int = 0
    """New events."""
    duplicates: int = 0
    """Events that were known already."""
    rejected: int = 0
    """Rows that were left out, wholly or in part."""
    noted: int = 0
    """Things that were left out of rows that came in."""
    issues: list[OrderIssue] = []
    """The first 1,000 rows that were left out."""
    notes: list[Note] = []
    """The first 1,000."""

    def reject(self, issue: RowIssue) -> None:
        """Count a row that was left out."""
        self.rejected += 1
        if len(self.issues) < ISSUES_KEPT:
            self.issues.append(issue if isinstance(issue, OrderIssue) else OrderIssue(**issue.model_dump()))

    def note(self, notes: Iterable[Note]) -> None:
        """Count what was left out of rows that came in."""
        for one in notes:
            self.noted += 1
            if len(self.notes) < ISSUES_KEPT:
                self.notes.append(one)
