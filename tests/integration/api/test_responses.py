"""What senders and customers tell about an e-mail of ours, until it is read in the memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.house import House
from composer.contract import ComposeResult, Path
from composer.emails import claim
from composer.handoff.deliveries import Taken
from composer.handoff.settling import _sent_event
from composer.responses import emails_known
from memory.ingest import ingest
from store import clock
from store.ids import new_email_id
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


async def _an_email(house: House) -> str:
    """Written to c42 ten days ago."""
    email = ComposeResult(
        id=new_email_id(),
        path=Path.TEMPLATE,
        campaign="spring",
        campaign_version=1,
        customer="c42",
        flow="newsletter",
        created_at=clock.now() - timedelta(days=10),
        subject="A question?",
        decision={"angle": "news", "tone": "warm", "length": "short"},
    )
    async with house.database.session() as session:
        await claim(session, [email])
        await session.commit()
    return email.id


async def _happened(client: Client, headers: dict[str, str], name: str, email: str, days_ago: float) -> None:
    event = {
        "type": "track",
        "userId": "c42",
        "event": name,
        "timestamp": (clock.now() - timedelta(days=days_ago)).isoformat(),
        "properties": {"email_id": email},
    }
    await client.post("/v1/batch", json={"batch": [event]}, headers=headers)


async def _responses(client: Client, headers: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/v1/customers/c42/memory", headers=headers)).json()["responses"]
    return found


async def test_a_click_counts_for_everything_the_email_was(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    email = await _an_email(house)
    await _happened(client, headers, "Email Delivered", email, 10)
    await _happened(client, headers, "Email Link Clicked", email, 9)
    told = await _responses(client, headers)
    best = {one["dimension"]: one["arms"][0]["arm"] for one in told["preferences"]}
    assert (told["emails"], told["rates"]["clicked"]["succeeded"]) == (1, 1)
    assert (best["angle"], best["tone"], best["length"], best["subject"]) == ("news", "warm", "short", "question")


async def test_the_unsubscribe_link_counts_against_the_email_that_made_them_leave(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    await _happened(client, headers, "Email Delivered", await _an_email(house), 10)
    await client.post(f"/u/{house.links.token('c42', 'spring')}")
    assert (await _responses(client, headers))["rates"]["left"]["succeeded"] == 1


async def _report(client: Client, headers: dict[str, str], *outcomes: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/v1/outcomes", json={"outcomes": list(outcomes)}, headers=headers)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


async def test_who_sends_from_an_export_teaches_by_saying_so_once(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    await client.post("/v1/identify", json={"userId": "c42", "traits": {"email": "a@b.example"}}, headers=headers)
    email = await _an_email(house)
    when = [(clock.now() - timedelta(days=days)).isoformat() for days in (9, 8)]
    first = await _report(client, headers, {"type": "sent", "email_id": email, "at": when[0], "event_id": "x1"})
    again = await _report(client, headers, {"type": "sent", "email_id": email, "at": when[1], "event_id": "x2"})
    assert (first["accepted"], again["accepted"], again["duplicates"]) == (1, 0, 1)
    told = await _responses(client, headers)
    # Nobody opened it, and that is known.
    assert (told["emails"], told["rates"]["opened"]["emails"], told["rates"]["opened"]["succeeded"]) == (1, 1, 0)


async def test_what_our_relay_took_is_not_sent_twice_by_a_report(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    await client.post("/v1/identify", json={"userId": "c42", "traits": {"email": "a@b.example"}}, headers=headers)
    email = await _an_email(house)
    taken = Taken(position=0, email_id=email, customer="c42", attempts=1)
    async with house.database.session() as session:
        await ingest(session, [_sent_event(taken, clock.now() - timedelta(days=9))], emails=emails_known)
    told = await _report(client, headers, {"type": "sent", "email_id": email})
    assert (told["accepted"], told["duplicates"]) == (0, 1)
