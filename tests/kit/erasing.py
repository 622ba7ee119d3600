"""A shop with two people who have everything: memory, consent, e-mails with revisions, runs, hand-offs, answers."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url

from api.erasing import Eraser
from api.settings import Settings
from api.tables import IdempotencyRow
from composer.bandit.tables import DecisionRow
from composer.facts.tables import EpisodeRow
from composer.handoff.tables import DeliveryRow, HandoffRow
from composer.runs.tables import ChunkRow, RecipientRow, RunRow
from composer.tables import EmailRevisionRow, EmailRow, RecordRow
from memory.importers.tables import ImportRow
from memory.ingest import ingest
from memory.recall import customer_id_of
from memory.tables import Contact
from store.database import Database
from tests.kit.consents import grant, unsubscribe
from tests.kit.events import KETTLE, identify, track

ADA, GRACE = "ada-lovelace-1815", "grace-hopper-1906"
ADDRESS = {ADA: "ada.lovelace@post.example", GRACE: "grace.hopper@post.example"}
PHONE = {ADA: "+44 1523 456789", GRACE: "+1 914 555 0199"}
NAME = {ADA: ("Augusta", "Lovelace"), GRACE: ("Grace", "Hopper")}
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
TRACES = {
    customer: (customer, f"visitor-of-{customer}", ADDRESS[customer], PHONE[customer], " ".join(NAME[customer]))
    for customer in (ADA, GRACE)
}
"""What each of them could be found by."""


async def eraser_of(database: Database, url: str, home: Path) -> Eraser:
    """Of an installation with this database and this home folder."""
    return Eraser(Settings(home=home, database_url=url), database)


def messages_of(customer: str) -> list[dict[str, Any]]:
    """Their visit before they said who they are, who they are, two addresses, an order, a search, a review."""
    first, last = NAME[customer]
    traits = {"firstName": first, "lastName": last, "phone": PHONE[customer], "email_consent": True}
    visitor = f"visitor-of-{customer}"
    told = {"message_id": f"{customer}-said"}
    return [
        track("Product Viewed", KETTLE, user=None, anonymous=visitor, days_ago=9, message_id=f"{customer}-viewed"),
        identify({"email": f"old.{ADDRESS[customer]}"}, user=customer, days_ago=8, message_id=f"{customer}-old"),
        identify(
            traits | {"email": ADDRESS[customer]}, user=customer, anonymous=visitor, days_ago=7,
            message_id=f"{customer}-new",
        ),
        track(
            "Order Completed", {"order_id": f"order-of-{customer}", "products": [KETTLE], "currency": "EUR"},
            user=customer, days_ago=6, message_id=f"{customer}-ordered",
        ),
        track("Products Searched", {"query": f"a gift for {first} {last}"}, user=customer, days_ago=5),
        track("Product Reviewed", KETTLE | {"review": f"Signed, {first} {last}"}, user=customer, days_ago=4, **told),
    ]  # fmt: skip


async def fill(database: Database) -> None:
    """Both of them, in one run that was handed off, with another recipient beside them who was never heard of."""
    async with database.session() as session:
        for customer in (ADA, GRACE):
            await ingest(session, messages_of(customer))
    async with database.session() as session:
        issues = [{"line": 2, "reason": f"{ADDRESS[ADA]!r} is no date"}, {"line": 3, "reason": "'x' is no date"}]
        session.add(
            ImportRow(
                id="imp_1", fingerprint="f", kind="customers", format="csv", status="done", position=3, started_at=AT,
                report={"rejected": 2, "issues": issues},
            )
        )  # fmt: skip
        session.add(_run())
        await session.flush()
        session.add(
            ChunkRow(run_id="run_1", number=0, first=0, size=4, turn=0, tally={"composed": 2, "failed": 1}, pace={})
        )
        session.add(_handoff())
        await session.flush()
        for place, customer in enumerate((ADA, GRACE)):
            await _correspond(session, place, customer)
        session.add(_recipient(2, "never-heard-of", "failed", detail="There is no customer 'never-heard-of'."))
        session.add(_recipient(3, "second-stranger", "pending"))


async def _correspond(session: Any, place: int, customer: str) -> None:
    customer_id = await customer_id_of(session, customer)
    assert customer_id is not None
    await grant(session, customer_id, at=AT - timedelta(days=3), proof={"ip": "192.0.2.1"})
    await unsubscribe(session, customer_id, at=AT - timedelta(days=1))
    said = f"Dear {NAME[customer][0]} at {ADDRESS[customer]}".encode()
    email_id = f"msg_{place}0000000000000000000000000"
    session.add(
        EmailRow(
            id=email_id, campaign_id="autumn", campaign_version=1, customer=customer, step="", occasion="",
            path="model", products=["p1"], result=said, record=f"after-{place}", created_at=AT,
        )
    )  # fmt: skip
    session.add(
        DecisionRow(
            email_id=email_id, customer=customer, campaign_id="autumn", campaign_version=1, flow="newsletter", at=AT,
            policy="uniform-1", situation={"flow": "newsletter"}, choices={"tone": ["warm", 0.5, ["plain", "warm"]]},
        )
    )  # fmt: skip
    session.add_all(RecordRow(hash=f"{name}-{place}", body=said, created_at=AT) for name in ("before", "after"))
    session.add(
        Contact(
            key=f"key-{place}", customer_id=customer_id, campaign="autumn", decision="sent", reason="ok",
            rule_version="1", email_id=email_id, at=AT,
        )
    )  # fmt: skip
    about: dict[str, Any] = {
        "campaign_id": "autumn",
        "customer_id": customer_id,
        "begins": AT,
        "day": AT.date(),
        "email_id": email_id,
    }
    session.add(EpisodeRow(**about, ends=AT, side="mailed", rules="1", counted_at=AT))
    body = f'{{"customer": "{customer}", "id": "{email_id}", "text": "Dear {NAME[customer][0]}"}}'
    answer = {"status": 200, "body": body}
    session.add(IdempotencyRow(owner="key_1", key=f"k{place}", fingerprint="f", started_at=AT, answer=answer))
    session.add(_recipient(place, customer, "composed", email_id=email_id))
    await session.flush()
    session.add(
        EmailRevisionRow(
            email_id=email_id, number=1, why=["price"], record_before=f"before-{place}", record_after=f"after-{place}",
            result_before=said, at=AT,
        )
    )  # fmt: skip
    session.add(
        DeliveryRow(
            handoff_id="hof_1", position=place, email_id=email_id, customer=customer, status="sent",
            answer=f"250 accepted for {ADDRESS[customer]}", next_at=AT, updated_at=AT,
        )
    )  # fmt: skip
    await session.flush()


def _run() -> RunRow:
    return RunRow(
        id="run_1", campaign_id="autumn", campaign_version=1, request={"audience": {"kind": "list", "count": 4}},
        status="running", recipients=4, tally={"composed": 2, "failed": 1}, created_at=AT, updated_at=AT,
    )  # fmt: skip


def _handoff() -> HandoffRow:
    return HandoffRow(
        id="hof_1", run_id="run_1", campaign_id="autumn", campaign_version=1, request={"channel": "smtp"},
        status="running", emails=2, created_at=AT, updated_at=AT,
    )  # fmt: skip


def _recipient(place: int, customer: str, status: str, *, detail: str = "", email_id: str = "") -> RecipientRow:
    return RecipientRow(
        run_id="run_1", position=place, chunk=0, customer=customer, status=status, detail=detail, email_id=email_id,
        updated_at=AT,
    )  # fmt: skip


async def rows_of(database: Database, *, but: Sequence[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as it lies there: encrypted values as they are."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    async with database.session(readonly=True) as session:
        names = await (await session.connection()).run_sync(
            lambda connection: connection.dialect.get_table_names(connection)
        )
        for name in sorted(set(names) - set(but)):
            rows = (await session.execute(text(f'SELECT * FROM "{name}"'))).all()
            found[name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def files_of(url: str) -> list[Path]:
    """The files of a SQLite database, those that are there."""
    file = Path(str(make_url(url).database))
    paths = [file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm")]
    return [path for path in paths if path.exists()]


def bytes_of(url: str) -> bytes:
    """All that stands in those files, read by another process: this one may have the database open."""
    return subprocess.run(["cat", *files_of(url)], check=True, capture_output=True).stdout
