"""A person's own data, all of it: for them to read (`api.own_data_page`), and for another service to take over.

The JSON is written as it is read: a hundred thousand events need no more memory than a hundred. Its `events` are
Segment messages, as `POST /v1/batch` takes them (GDPR, article 20); what we wrote ourselves stands apart, as nobody
else may send it. Every table that names the person is in it, found as erasure finds them (`memory.privacy.registry`).
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from api import audit
from api.own_data_page import page
from composer.handoff.tables import DeliveryRow
from composer.record import unpacked
from composer.runs.tables import RecipientRow
from composer.strangers import UnknownCustomer
from composer.tables import EmailRow
from memory.account.changing import correct_fact, forget_fact
from memory.account.consents import statements
from memory.account.model import Account, Told
from memory.account.reading import account_of
from memory.events import RESERVED, Event
from memory.privacy.people import Person, find_person
from memory.privacy.registry import conditions, is_personal
from memory.rebuild import events_of
from memory.recall import customer_id_of
from memory.tables import Event as EventRow
from store import clock
from store.database import Database
from store.upsert import table_of

SCHEMA = "penfriend.own-data/1"
JSON_NAME, HTML_NAME = "your-data.json", "your-data.html"
TOLD_ELSEWHERE = frozenset({"customer", "event", "memory_state", "memory_base", "consent", "consent_change", "email"})
"""Tables whose rows are in another part of the document."""
OURS = frozenset({"hints", "email_hints"})
"""What we add to messages as they come in."""
_AT_ONCE = 500
_PIECE = 65_536
Kind = Literal["json", "html", "zip"]
Progress = Callable[[int], None]


class EmailSent(BaseModel):
    """One e-mail that was written to them."""

    id: str
    at: datetime
    campaign: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Whose:
    """The person whose data it is, and the account of it."""

    person: Person
    account: Account

    @property
    def customer_id(self) -> str:
        """Ours: whoever has an account has one."""
        return str(self.person.customer_id)


def unseen(done: int) -> None:
    """Progress for nobody."""


async def account(session: AsyncSession, external_id: str, keep_days: int | None) -> Account:
    """Everything remembered, in plain words. Raises UnknownCustomer."""
    found = await account_of(session, external_id, keep_days=keep_days)
    if found is None:
        raise UnknownCustomer(f"There is no customer {external_id!r}.", fix="Give the shop's own id.")
    return found


async def whose(session: AsyncSession, external_id: str, keep_days: int | None) -> Whose:
    """Whom an export is about. Raises UnknownCustomer."""
    told = await account(session, external_id, keep_days)
    person = await find_person(session, external_id)
    assert person is not None  # somebody who has an account
    return Whose(person, told)


async def note_export(session: AsyncSession, external_id: str, keep_days: int | None, *, why: str = "") -> None:
    """Write into the audit log that this person's data goes out. Raises UnknownCustomer, audit.BadReason."""
    about = await whose(session, external_id, keep_days)
    await audit.append(session, "export_customer", about.customer_id, why=why)


async def change(session: AsyncSession, external_id: str, fact_id: str, value: str | None) -> Told:
    """Correct one thing, or forget it where `value` is None; with a line in the audit log.

    Raises: what `memory.account.changing` raises.
    """
    if value is None:
        told = await forget_fact(session, external_id, fact_id)
    else:
        told = await correct_fact(session, external_id, fact_id, value)
    about = str(await customer_id_of(session, external_id))
    await audit.append(session, "forget_fact" if value is None else "correct_fact", about, after=told.text)
    return told


async def as_json(session: AsyncSession, about: Whose, progress: Progress = unseen) -> AsyncIterator[bytes]:
    """The machine form, piece by piece."""
    head = {
        "schema": SCHEMA,
        "exported_at": clock.now(),
        "account": about.account.model_dump(mode="json"),
        "consents": [one.model_dump(mode="json") for one in await statements(session, about.customer_id)],
    }
    yield orjson.dumps(head)[:-1]
    async for piece in _list("emails", (one.model_dump(mode="json") async for one in emails_of(session, about.person))):
        yield piece
    yield b',"records":{'
    for number, table in enumerate(_personal_tables()):
        yield b"," * bool(number) + orjson.dumps(table.name) + b":"
        async for piece in _array(_rows(session, table, about.person)):
            yield piece
    yield b"}"
    for name, ours in (("events", False), ("own_events", True)):
        async for piece in _list(name, _messages(session, about.customer_id, ours, progress)):
            yield piece
    yield b"}\n"


async def as_html(session: AsyncSession, about: Whose) -> AsyncIterator[bytes]:
    """The readable form: one page that needs nothing else."""
    counts = await _counts(session, about.customer_id)
    async for piece in page(about.account, emails_of(session, about.person), counts, clock.now()):
        yield piece.encode()


async def write_zip(session: AsyncSession, about: Whose, out: Path, progress: Progress = unseen) -> None:
    """Both forms in one file."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in ((HTML_NAME, as_html(session, about)), (JSON_NAME, as_json(session, about, progress))):
            with archive.open(name, "w", force_zip64=True) as file:
                async for piece in pieces:
                    file.write(piece)


async def pieces(database: Database, external_id: str, keep_days: int | None, kind: Kind) -> AsyncIterator[bytes]:
    """An export as it is sent, in a session of its own: it outlives the request's. Raises UnknownCustomer."""
    async with database.session(readonly=True) as session:
        about = await whose(session, external_id, keep_days)
        if kind == "zip":
            stream = _zipped(session, about)
        else:
            stream = as_html(session, about) if kind == "html" else as_json(session, about)
        async for piece in stream:
            yield piece


async def _zipped(session: AsyncSession, about: Whose) -> AsyncIterator[bytes]:
    # A folder of its own goes with whatever is in it, also where the reader hangs up.
    with tempfile.TemporaryDirectory(prefix="penfriend-export-") as folder:
        file = Path(folder) / "data.zip"
        await write_zip(session, about, file)
        with file.open("rb") as opened:
            while piece := opened.read(_PIECE):
                yield piece


async def emails_of(session: AsyncSession, person: Person) -> AsyncIterator[EmailSent]:
    """The e-mails that were written to them, the newest first."""
    query = select(col(EmailRow.result)).where(col(EmailRow.customer).in_(person.written_to_as))
    rows = await session.stream(
        query.order_by(col(EmailRow.created_at).desc(), col(EmailRow.id)).execution_options(yield_per=50)
    )
    async for (stored,) in rows:
        email = unpacked(stored)
        told = {name: email[name] for name in ("id", "campaign", "subject", "text", "html")}
        yield EmailSent(at=email["created_at"], **told)


def _personal_tables() -> list[Table]:
    """Every table of a person that was imported; the composer's are, here."""
    personal = {one.name: one for one in SQLModel.metadata.sorted_tables if is_personal(one)}
    personal |= {one.name: one for one in (table_of(RecipientRow), table_of(DeliveryRow))}
    return [one for name, one in sorted(personal.items()) if name not in TOLD_ELSEWHERE]


async def _rows(session: AsyncSession, table: Table, person: Person) -> AsyncIterator[dict[str, Any]]:
    """As they are kept; what is packed for machines (copies of e-mails) is left out."""
    for condition in conditions(table, person):
        rows = await session.stream(select(table).where(condition).execution_options(yield_per=_AT_ONCE))
        async for row in rows.mappings():
            yield {name: value for name, value in row.items() if not isinstance(value, bytes)}


async def _messages(
    session: AsyncSession, customer_id: str, ours: bool, progress: Progress
) -> AsyncIterator[Mapping[str, Any]]:
    done = 0
    async for event in events_of(session, customer_id):
        if (event.name in RESERVED) == ours:
            done += 1
            if done % _AT_ONCE == 0:
                progress(done)
            yield _message(event)
    progress(done)


def _message(event: Event) -> dict[str, Any]:
    """As it was sent, with the id and the moment that it was given where it had none."""
    body = {name: value for name, value in event.body.items() if name not in OURS}
    return body | {"messageId": event.message_id, "timestamp": event.at.isoformat()}


async def _counts(session: AsyncSession, customer_id: str) -> list[tuple[str, int, datetime, datetime]]:
    """(name, how many, first, last) of each kind of event."""
    at = col(EventRow.at)
    query = select(col(EventRow.name), func.count(), func.min(at), func.max(at))
    query = query.where(col(EventRow.customer_id) == customer_id).group_by(col(EventRow.name))
    rows = (await session.execute(query)).all()
    return [(name or "Customer details", count, first, last) for name, count, first, last in sorted(rows)]


async def _list(name: str, items: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    yield b"," + orjson.dumps(name) + b":"
    async for piece in _array(items):
        yield piece


async def _array(items: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    yield b"["
    first = True
    async for item in items:
        yield (b"" if first else b",\n") + orjson.dumps(item, default=str)
        first = False
    yield b"]"
