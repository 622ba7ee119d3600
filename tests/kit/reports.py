"""Facts of a shop as the counting job would have written them: episodes, e-mails, and the sums of their days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from composer.bandit.tables import DecisionRow
from composer.facts.tables import EpisodeRow
from composer.facts.writing import sum_up
from memory.tables import Contact, Customer
from store.database import Database
from tests.kit.decisions import decision

SENT = datetime(2026, 6, 10, 9, tzinfo=UTC)
UNIT = 10_000


def episode(number: int, side: str = "mailed", spent: float = 0.0, **changes: Any) -> EpisodeRow:
    """Customer `number`, reached once by the campaign `autumn`, who spent so much in their window."""
    begins = changes.get("begins", SENT)
    bought, money = int(spent > 0), round(spent * UNIT)
    usual: dict[str, Any] = {
        "campaign_id": "autumn",
        "customer_id": f"cus_{number:026}",
        "begins": begins,
        "day": begins.date(),
        "ends": begins + timedelta(days=7),
        "side": side,
        "flow": "newsletter",
        "lifecycle": "active",
        "emails": int(side == "mailed"),
        "buyers": bought,
        "orders": bought,
        "revenue": money,
        "margin": money // 2,
        "orders_once": bought,
        "revenue_once": money,
        "rules": "r1",
        "counted_at": SENT + timedelta(days=20),
    }
    return EpisodeRow(**{**usual, **changes})


def email(number: int, spent: float = 0.0, arm: str = "warm", **changes: Any) -> DecisionRow:
    """The e-mail of customer `number`, which was given an order of so much."""
    usual = {"campaign_id": "autumn", "orders": int(spent > 0), "revenue": round(spent * UNIT)}
    return decision(number, changes.pop("at", SENT), arm, **{**usual, **changes})


async def keep(database: Database, rows: list[EpisodeRow | DecisionRow]) -> None:
    """Store them, with the sums of their days."""
    days = {row.day for row in rows if isinstance(row, EpisodeRow)}
    async with database.session() as session:
        session.add_all(rows)
        await session.flush()
        for day in sorted(days):
            await sum_up(session, day)


async def withdraw(database: Database, row: DecisionRow, number: int) -> None:
    """The ledger says that it was taken back before it left."""
    customer_id = f"cus_{number:026}"
    async with database.session() as session:
        session.add(Customer(id=customer_id, external_id=row.customer, created_at=SENT))
        await session.flush()
        session.add(
            Contact(
                key=f"w{number}", customer_id=customer_id, campaign=row.campaign_id, decision="withdrawn",
                reason="unsubscribed", rule_version="1", email_id=row.email_id, at=row.at,
            )
        )  # fmt: skip
