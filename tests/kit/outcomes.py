"""A shop whose customers were written to, or held out, and what they did: through the real ledger and ingest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from composer.bandit.tables import DecisionRow
from composer.facts.tables import EpisodeRow
from composer.facts.updating import update_facts
from composer.results.reading import Results, results_of
from memory.email_hints import EmailHints
from memory.ingest import ingest
from memory.ledger import Decided, Decision, record_contacts
from memory.recall import customer_id_of
from store.database import Database
from store.ids import EmailId, new_email_id
from tests.kit.decisions import decision as logged

SENT = datetime(2026, 6, 1, 9, tzinfo=UTC)
NOW = SENT + timedelta(days=10)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
VOLATILE = {"counted_at"}


class Shop:
    """Customers, what was decided about them, and what they did."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._count = 0

    async def decided(
        self,
        customer: str,
        decision: Decision = "sent",
        reason: str = "ok",
        at: datetime = SENT,
        occasion: str = "",
        campaign: str = "autumn",
        **arm: Any,
    ) -> str:
        """A row of the ledger; the id of the e-mail where one was sent, which has a row in the log of decisions."""
        await self.did(customer, "Page Seen", at=at - timedelta(days=30))
        email_id = new_email_id() if decision == "sent" else ""
        async with self.database.session() as session:
            customer_id = await customer_id_of(session, customer)
            assert customer_id is not None
            self._count += 1
            row = Decided(
                key=f"k{self._count}", customer_id=customer_id, campaign=campaign, decision=decision, reason=reason,
                rule_version="1", at=at, email_id=EmailId(email_id) if email_id else None, occasion=occasion, **arm,
            )  # fmt: skip
            await record_contacts(session, [row])
            if email_id:
                outcome: dict[str, Any] = {"delivered": False, "counted_at": None, "rules": "", "final": False}
                about = {"email_id": email_id, "customer": customer, "campaign_id": campaign}
                made = logged(self._count, at, **outcome)
                session.add(DecisionRow(**{**made.model_dump(), **about}))
        return email_id

    async def did(
        self,
        customer: str,
        event: str,
        at: datetime,
        message_id: str = "",
        received_at: datetime | None = None,
        **properties: Any,
    ) -> None:
        """An event; its message id is its own unless one is given, and it comes in as it happens."""
        self._count += 1
        message = {
            "type": "track", "userId": customer, "event": event, "timestamp": at.isoformat(),
            "messageId": message_id or f"m{self._count}", "properties": properties,
        }  # fmt: skip
        hints = EmailHints(customer, "newsletter", "", "", "", "", "")

        async def known(session: object, ids: object) -> dict[str, EmailHints]:
            return dict.fromkeys([properties["email_id"]], hints) if "email_id" in properties else {}

        async with self.database.session() as session:
            await ingest(session, [message], received_at=received_at or at, emails=known)

    async def results(self, now: datetime = NOW, *, everything: bool = False) -> Results:
        """As they are after the job."""
        await update_facts(self.database, now, everything=everything)
        async with self.database.session(readonly=True) as session:
            return await results_of(session, "autumn")

    async def episodes(self) -> list[dict[str, Any]]:
        """All there are, but for when they were counted."""
        async with self.database.session(readonly=True) as session:
            table = EpisodeRow.__table__  # type: ignore[attr-defined]
            order = (table.c.campaign_id, table.c.customer_id, table.c.begins)
            rows = (await session.execute(select(table).order_by(*order))).mappings()
            return [{name: value for name, value in row.items() if name not in VOLATILE} for row in rows]

    async def outcomes(self) -> Mapping[str, DecisionRow]:
        """Decisions with what came of them, by e-mail."""
        async with self.database.session(readonly=True) as session:
            return {row.email_id: row for row in (await session.execute(select(DecisionRow))).scalars()}
