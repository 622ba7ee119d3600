"""From outcomes to what a customer responds to, through the database: hints at ingest, priors by the job, recall."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from memory.ingest import ingest
from memory.learning import learn_from_memory
from memory.model import CustomerMemory
from memory.rebuild import rebuild
from memory.recall import recall
from memory.tables import Event
from store.database import Database
from tests.kit.events import NOW, identify
from tests.kit.mails import CLICKED, DELIVERED, email_id, hints, knows

pytestmark = pytest.mark.anyio


def _message(name: str, email: str, customer: str, days_ago: float) -> dict[str, Any]:
    return {
        "type": "track",
        "event": name,
        "userId": customer,
        "messageId": f"{name}-{email}-{customer}",
        "timestamp": (NOW - timedelta(days=days_ago)).isoformat(),
        "properties": {"email_id": email},
    }


async def _a_shop(database: Database) -> None:
    """Six customers in Berlin got ten e-mails each at noon; every second one clicks all that are about gifts."""
    messages: list[dict[str, Any]] = []
    known = []
    for person in range(6):
        customer = f"c{person}"
        messages.append(identify({"timezone": "Europe/Berlin"}, user=customer))
        for number in range(10):
            email = email_id(person * 100 + number)
            angle = "gift" if number % 2 else "news"
            known.append((email, hints(customer=customer, angle=angle)))
            messages.append(_message(DELIVERED, email, customer, days_ago=5 + number))
            if person % 2 and angle == "gift":
                messages.append(_message(CLICKED, email, customer, days_ago=4.95 + number))
    async with database.session() as session:
        await ingest(session, messages, received_at=NOW, emails=knows(*known))
        await session.commit()


async def _recalled(database: Database, customer: str) -> CustomerMemory:
    async with database.session(readonly=True) as session:
        memory = await recall(session, customer, as_of=NOW)
    assert memory is not None
    return memory


def _gift(memory: CustomerMemory) -> tuple[float, float]:
    """Their rate and the shop's."""
    assert memory.responses is not None
    [angle] = [one for one in memory.responses.preferences if one.dimension == "angle"]
    [arm] = [one for one in angle.arms if one.arm == "gift"]
    return arm.estimate, arm.shop


async def test_who_clicks_gifts_is_told_apart_and_the_shop_is_learned(database: Database) -> None:
    await _a_shop(database)
    await learn_from_memory(database, NOW)
    clicks, ignores = await _recalled(database, "c1"), await _recalled(database, "c0")
    assert _gift(ignores)[0] < _gift(clicks)[1] < _gift(clicks)[0]
    assert clicks.send_window is not None
    assert clicks.send_window.timezone == "Europe/Berlin"


async def test_the_shops_hours_are_those_of_its_customers_clocks(database: Database) -> None:
    """Tokyo reads at twenty past eight in the evening; so does who has told no time zone, as most are from there."""
    evening = NOW.replace(hour=11, minute=20)
    messages = [identify({"timezone": "Asia/Tokyo"}, user=f"c{person}") for person in range(3)]
    messages += [identify({"timezone": "Europe/Lisbon"}, user="new"), identify({}, user="untold")]
    messages += [
        _message("Email Opened", "", customer, 0) | {"messageId": f"{customer}{days}", "timestamp": at.isoformat()}
        for customer in ("c0", "c1", "c2", "untold")
        for days in range(1, 60)
        for at in [evening - timedelta(days=days)]
    ]
    async with database.session() as session:
        await ingest(session, messages, received_at=NOW)
        await session.commit()
    await learn_from_memory(database, NOW)
    for customer, timezone in (("new", "Europe/Lisbon"), ("untold", "Asia/Tokyo")):
        window = (await _recalled(database, customer)).send_window
        assert window is not None
        assert (window.timezone, window.from_hour <= 20 < window.to_hour) == (timezone, True)


async def test_a_rebuild_needs_no_emails(database: Database) -> None:
    await _a_shop(database)
    async with database.session(readonly=True) as session:
        memory = await recall(session, "c1", as_of=NOW)
        assert memory is not None
        state, _ = await rebuild(session, memory.customer_id)
    assert len(state["mails"]) == 10
    assert state["hours"]


async def test_another_customers_email_teaches_nothing(database: Database) -> None:
    async with database.session() as session:
        opened = _message(CLICKED, email_id(1), "somebody-else", days_ago=5)
        await ingest(session, [opened], received_at=NOW, emails=knows((email_id(1), hints(customer="c1"))))
        stored = (await session.execute(select(col(Event.payload)))).scalar_one()
    assert b"email_hints" not in stored


async def test_hints_that_a_sender_makes_up_are_not_taken(database: Database) -> None:
    async with database.session() as session:
        made_up = _message(CLICKED, email_id(1), "c1", days_ago=5) | {"email_hints": ["x"] * 7}
        await ingest(session, [made_up], received_at=NOW, emails=knows())
        stored = (await session.execute(select(col(Event.payload)))).scalar_one()
    assert b"email_hints" not in stored
