"""The compose record: everything that went into one e-mail, under the hash of its own content.

It holds the closed world, the raw completions, what each rung offered and which templates were used, so that the
same bytes can be rebuilt without the model, the catalog, the memory or today's files.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from pydantic import model_validator
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from catalog.model import BasketPrice
from composer.documents import Brand
from composer.edits import Edit
from composer.ladder import Round
from composer.message import Envelope
from composer.tables import ArtifactRow, RecordRow
from composer.writing import Value, WriteTask
from store import clock
from store.errors import NotFound, Unavailable
from store.upsert import insert_or_ignore, table_of

_COMPRESSION = 3
_AS_BEFORE = {"by_reasons": False, "says_once": False, "subject_leads": False}
"""How templates were chosen for records that do not say."""
_INSERT = insert(table_of(RecordRow))


class UnknownRecord(NotFound):
    """No record has this hash."""

    reason = "unknown_record"


class DamagedRecord(Unavailable):
    """The stored record no longer hashes to its name: it was changed or damaged."""

    reason = "damaged_record"
    retryable = False


class PickRecord(Value):
    """One pick as it was shown, in the order of its place, for whoever judges another policy on it.

    `probability` is that of this product in this place, given those before it (`catalog.exploring`).
    """

    product_id: str
    kind: str
    score: float
    probability: float


class ComposeRecord(Value):
    """Inputs and course of one composition. Outputs follow from it (`composer.replay`)."""

    email_id: str
    created_at: datetime
    campaign: str
    campaign_version: int
    customer: str
    brand: Brand
    brand_version: int = 0
    """0: not noted, in records from before brands had versions."""
    task: WriteTask
    keys: tuple[str, ...]
    rounds: tuple[Round, ...]
    decision: dict[str, Any]
    picks: tuple[PickRecord, ...] = ()
    merchandising: int = 0
    """The version of the shop's merchandising the picks were made under; 0 where there was none."""
    basket: BasketPrice | None = None
    """What brings the cart to free delivery, or which picks do together."""
    template_seed: int
    unsubscribe_url: str
    preferences_url: str | None = None
    """As `Envelope.preferences_url`."""
    manifest: dict[str, str]
    """Library paths to content hashes: flow, fallback, layout, and the prompts that were asked."""
    guard_version: str
    output_sha256: str
    """Over subject, HTML, text and headers: what replay must meet."""
    forced_template: str | None = None
    """Why the finished message was rejected and the whole e-mail fell to its template."""
    supersedes: str | None = None
    """Hash of the record before, where this one is of an e-mail rebuilt for a changed catalog, or edited."""
    edits: tuple[Edit, ...] = ()
    """What people rewrote, laid over what the rounds came to."""

    @model_validator(mode="before")
    @classmethod
    def _of_older_shape(cls, document: Any) -> Any:
        task = document.get("task") if isinstance(document, dict) else None
        return document | {"task": _AS_BEFORE | task} if isinstance(task, dict) else document

    def envelope(self, to: str | None = None) -> Envelope:
        """What surrounded the blocks."""
        return Envelope(
            brand=self.brand,
            to=to,
            campaign=self.campaign,
            email_id=self.email_id,
            date=self.created_at,
            unsubscribe_url=self.unsubscribe_url,
            preferences_url=self.preferences_url,
        )


def canonical(document: Any) -> bytes:
    """JSON with sorted keys and no spaces: equal documents, equal bytes."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def deflated(document: bytes) -> bytes:
    """Canonical JSON as it is stored: e-mails and records are mostly repeated markup."""
    return zlib.compress(document, _COMPRESSION)


def unpacked(data: bytes) -> Any:
    """The document that was stored."""
    return orjson.loads(zlib.decompress(data))


class Sealed(NamedTuple):
    """A record as it is stored."""

    hash: str
    """SHA-256 of `data`."""
    data: bytes
    """The record's canonical JSON."""
    created_at: datetime


def seal(record: ComposeRecord) -> Sealed:
    """A record under the hash of its own content."""
    data = canonical(record.model_dump(mode="json"))
    return Sealed(hashlib.sha256(data).hexdigest(), data, record.created_at)


async def save_records(session: AsyncSession, records: Sequence[Sealed], artifacts: Mapping[str, str]) -> None:
    """Store records in one statement, and those of the templates they name that are not known to be stored."""
    await _save_artifacts(session, artifacts)
    rows = []
    for one in records:
        rows.append({"hash": one.hash, "body": deflated(one.data), "created_at": one.created_at})
        await asyncio.sleep(0)  # As `composer.emails.claim`.
    await session.execute(_INSERT, rows)


async def find_record(session: AsyncSession, digest: str) -> ComposeRecord:
    """The record alone. Raises UnknownRecord, DamagedRecord."""
    row = await session.get(RecordRow, digest)
    if row is None:
        raise UnknownRecord(f"There is no compose record {digest[:12]}.", fix="Check the e-mail's id.")
    try:
        data = zlib.decompress(row.body)
    except zlib.error as error:
        raise _damaged(digest) from error
    # The stored bytes are hashed, not the model read from them: a field added since would change its JSON.
    if hashlib.sha256(data).hexdigest() != digest:
        raise _damaged(digest)
    return ComposeRecord.model_validate(orjson.loads(data))


def _damaged(digest: str) -> DamagedRecord:
    return DamagedRecord(
        f"The record {digest[:12]} does not hash to its name.", fix="Restore the database from a backup."
    )


async def load_record(session: AsyncSession, digest: str) -> tuple[ComposeRecord, dict[str, str]]:
    """The record and its artifacts (hash to text). Raises UnknownRecord, DamagedRecord."""
    record = await find_record(session, digest)
    wanted = list(record.manifest.values())
    rows = (await session.execute(select(ArtifactRow).where(col(ArtifactRow.hash).in_(wanted)))).scalars()
    return record, {row.hash: row.text for row in rows}


async def _save_artifacts(session: AsyncSession, artifacts: Mapping[str, str]) -> None:
    if not artifacts:
        return
    known = select(ArtifactRow.hash).where(col(ArtifactRow.hash).in_(list(artifacts)))
    missing = sorted(set(artifacts) - set((await session.execute(known)).scalars()))
    if missing:
        # Two writers may bring the same template at once: its content is its name, so the second row is a no-op.
        rows = [{"hash": digest, "text": artifacts[digest], "created_at": clock.now()} for digest in missing]
        await session.execute(insert_or_ignore(session, ArtifactRow), rows)
