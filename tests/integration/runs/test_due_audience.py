"""A run over whoever is due: each gets the step that is theirs, about the occasion that is theirs, and only once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from api.due import rules_for, with_due
from composer.batch import Batch
from composer.campaigns import save_brand, save_campaign
from composer.emails import get_email
from composer.runs import service
from composer.runs.audiences.model import DueFor
from composer.runs.audiences.resolving import resolve
from composer.runs.model import RunRequest
from composer.service import Composer
from memory.due.rules import Thresholds
from memory.ingest import ingest
from memory.tables import Contact
from store import clock
from store.crypto import Keyring
from store.database import Database
from tests.kit.events import identify, track
from tests.kit.factories import LIBRARY, NOW, FixedPicker, make_brand, make_campaign, make_pick, make_picks
from tests.kit.runs import completed, working

pytestmark = pytest.mark.anyio

HOURS = {"ada": 2, "bo": 30, "cy": 0.5, "di": 2}
"""Since they filled their carts."""
IN_THE_CART = [make_pick(kind="cart"), *make_picks()[1:]]


def events() -> list[dict[str, Any]]:
    found = []
    for user, hours in HOURS.items():
        at = (NOW - timedelta(hours=hours)).isoformat()
        found += [
            identify({"email": f"{user}@post.example", "email_consent": user != "di"}, user=user),
            track("Product Added", {"product_id": "sencha", "name": "Sencha"}, user=user) | {"timestamp": at},
        ]
    return found


@pytest.fixture
async def shop(database: Database) -> Database:
    """Four carts: for a reminder, for the step behind it, too fresh, and of somebody who said no."""
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign("abandoned_cart"))
        await ingest(session, events(), received_at=NOW)
    return database


async def due(database: Database) -> dict[str, tuple[str, str]]:
    """Customer -> step and occasion, as the command line and the HTTP API find them."""
    audience = await with_due(database, rules_for(LIBRARY, Thresholds()), "autumn", DueFor())
    async with database.session(readonly=True) as session:
        with await resolve(session, audience) as members:
            return {customer: (step, occasion) for batch in members.each(10) for customer, step, occasion in batch}


async def test_everybody_gets_their_own_step_and_is_not_due_afterwards(shop: Database, keyring: Keyring) -> None:
    with clock.frozen_at(NOW):
        found = await due(shop)
        assert {customer: step for customer, (step, _) in found.items()} == {"ada": "reminder", "bo": "closer_look"}
        audience = DueFor(flow="abandoned_cart", consent_required=True)
        async with shop.session() as session:
            run = await service.start(session, "autumn", RunRequest(audience=audience))
        composer = Composer(
            database=shop, keyring=keyring, library=LIBRARY, picker=FixedPicker(IN_THE_CART), writers=()
        )
        async with working(shop, Batch(shop, composer.steps)):
            run = await completed(shop, run.id)
        async with shop.session(readonly=True) as session:
            recipients = await service.recipients(session, run.id)
            emails = {one.customer: await get_email(session, one.email_id) for one in recipients}
            rows = (await session.execute(select(Contact.flow, Contact.step, Contact.occasion))).all()
        assert {name: (email.step, email.occasion) for name, email in emails.items()} == found
        assert {tuple(row) for row in rows} == {("abandoned_cart", step, occasion) for step, occasion in found.values()}
        assert await due(shop) == {}


async def test_one_step_alone_can_be_asked_for(shop: Database) -> None:
    with clock.frozen_at(NOW):
        await due(shop)
        async with shop.session(readonly=True) as session:
            with await resolve(session, DueFor(flow="abandoned_cart", step="closer_look")) as members:
                assert list(members.batches(10)) == [["bo"]]
