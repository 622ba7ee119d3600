"""What an import has to say: how many rows did what, and what was wrong with the others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

ISSUE_LIMIT = 1_000
"""Issues kept of each kind; all are counted. A feed that is wrong throughout must not fill the memory."""


class FeedFormat(StrEnum):
    """Formats a feed may have. TSV and CSV share a reader: the delimiter is read off the header."""

    GOOGLE_TSV = "google_tsv"
    GOOGLE_XML = "google_xml"
    CSV = "csv"
    NDJSON = "ndjson"


class RowIssue(BaseModel):
    """What is wrong with one row, where, and what to do about it."""

    model_config = ConfigDict(frozen=True)

    line: int
    """Where the row begins, counted from 1."""
    product_id: str | None = None
    field: str | None = None
    reason: str
    fix: str


class ImportReport(BaseModel):
    """The outcome of one import. Rejected rows were left out; mended ones came in with a field changed."""

    id: str
    format: FeedFormat
    started_at: datetime
    finished_at: datetime | None = None
    imported: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected_count: int = 0
    mended_count: int = 0
    rejected: list[RowIssue] = []
    """The first 1,000."""
    mended: list[RowIssue] = []
    """The first 1,000."""

    def reject(self, issue: RowIssue) -> None:
        """Count a row that was left out."""
        self.rejected_count += 1
        if len(self.rejected) < ISSUE_LIMIT:
            self.rejected.append(issue)

    def mend(self, issues: Iterable[RowIssue]) -> None:
        """Count fields that were changed on the way in."""
        for issue in issues:
            self.mended_count += 1
            if len(self.mended) < ISSUE_LIMIT:
                self.mended.append(issue)
