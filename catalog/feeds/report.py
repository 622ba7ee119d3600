"""What an import has to say: how many rows did what, and what was wrong with the others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from store.errors import PenfriendError
from store.files import issues

ISSUE_LIMIT = 1_000
"""Issues kept of each kind; all are counted. A feed that is wrong throughout must not fill the memory."""

Mode = Literal["upsert", "delta", "full"]
"""`upsert`: by hand, changes only what it names. `delta`: the same from a scheduled feed, and watched by the guard.
`full`: the feed is all there is, so what it no longer has goes off the shelf."""
Status = Literal["running", "done", "unchanged", "held", "superseded", "failed", "interrupted"]
"""`unchanged`: the source was the same as last time. `held`: it waits for a person's word. `superseded`: a later import
or a changed feed came first. `interrupted`: the process that ran it died; the shop is as it was."""


class FeedFormat(StrEnum):
    """Formats a feed may have. TSV and CSV share a reader: the delimiter is read off the header.

    Names have at most 16 characters: they are a column of the report's table.
    """

    GOOGLE_TSV = "google_tsv"
    GOOGLE_XML = "google_xml"
    CSV = "csv"
    NDJSON = "ndjson"
    SHOPIFY_JSONL = "shopify_jsonl"
    """What `bulkOperationRunQuery` leaves behind: products, variants, media, each on a line of its own."""
    SHOPIFY_CSV = "shopify_csv"
    WOOCOMMERCE_CSV = "woocommerce_csv"
    WOOCOMMERCE_JSON = "woocommerce_json"
    """Products and variations of the REST API v3: an array, pages of arrays, or one a line."""
    KLAVIYO_JSON = "klaviyo_json"
    """Catalog items and variants: JSON:API documents, or the flat feed Klaviyo pulls."""


class RowIssue(issues.RowIssue):
    """What is wrong with one row of a feed, where, and what to do about it."""

    product_id: str | None = None

    @classmethod
    def of(cls, issue: issues.RowIssue) -> Self:
        """The same of a row that was not yet a product."""
        return cls(**issue.model_dump())


class GuardWarning(BaseModel):
    """One reason to hold an import back: what it would do to the shop, in numbers."""

    model_config = ConfigDict(frozen=True)

    rule: Literal["nothing_sellable", "fewer_products", "mostly_rejected", "price_jump", "broken_off"]
    before: float
    after: float
    message: str


class Failure(BaseModel):
    """Why an import came to nothing: reason codes are those of the errors (`store.errors`)."""

    model_config = ConfigDict(frozen=True)

    reason: str
    detail: str
    fix: str | None = None

    @classmethod
    def of(cls, error: PenfriendError) -> Self:
        """The error, as a row can keep it."""
        return cls(reason=error.reason, detail=error.message, fix=error.fix)


class ImportReport(BaseModel):
    """One import. Rejected rows were left out; mended ones came in with a field changed.

    While it is `held` or `failed`, or after a dry run, the counts say what it would have done.
    """

    id: str
    feed_id: str | None = None
    mode: Mode = "upsert"
    status: Status = "running"
    format: FeedFormat | None = None
    """None until the feed was looked at."""
    started_at: datetime
    finished_at: datetime | None = None
    rows: int = 0
    """All rows of the feed, rejected ones too."""
    imported: int = 0
    """New to the shop."""
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    """Taken off the shelf, since a full feed has them no longer."""
    price_changes: int = 0
    """Changed products that cost something else now."""
    stock_changes: int = 0
    """Changed products whose availability or stock is another now."""
    costs: int = 0
    """Products whose cost the feed says; costs themselves are in no report."""
    rejected_count: int = 0
    mended_count: int = 0
    sellable_before: int = 0
    """Products in stock and priced: of this feed where it is full, else of the whole shop."""
    sellable_after: int = 0
    warnings: list[GuardWarning] = []
    """Why it is held."""
    failure: Failure | None = None
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
