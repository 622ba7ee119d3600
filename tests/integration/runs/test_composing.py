"""A run over the real way of composing, models aside: e-mails, their records and ledger rows, or why there is none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from composer.batch import Batch
from composer.campaigns import save_brand, save_campaign
from composer.emails import get_email
from composer.runs import service
from composer.runs.model import RunRequest
from composer.service import Composer
from memory.ingest import ingest
from memory.tables import Contact
from store.crypto import Keyring
from store.database import Database
from store.ids import email_id_for
from tests.kit.factories import LIBRARY, NOW, FixedPicker, make_brand, make_campaign, make_picks, make_request
from tests.kit.runs import completed, working

pytestmark = pytest.mark.anyio


async def test_a_run_leaves_e_mails_ledger_rows_and_reasons_and_composing_again_finds_them(
    database: Database, keyring: Keyring
) -> None:
    at = (NOW - timedelta(days=21)).isoformat()
    known = {"c-1": True, "c-2": True, "c-3": False}
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())
        traits = {who: {"email": f"{who}@post.example", "email_consent": may} for who, may in known.items()}
        events = [
            {"type": "identify", "messageId": who, "userId": who, "timestamp": at, "traits": traits[who]}
            for who in known
        ]
        await ingest(session, events)
        audience = {"kind": "list", "customers": [*known, "nobody"]}
        run = await service.start(session, "autumn", RunRequest.model_validate({"audience": audience}))
    composer = Composer(
        database=database, keyring=keyring, library=LIBRARY, picker=FixedPicker(make_picks()), writers=()
    )
    async with working(database, Batch(database, composer.steps)):
        run = await completed(database, run.id)
    async with database.session(readonly=True) as session:
        found = {one.customer: one for one in await service.recipients(session, run.id)}
        ledger = (await session.execute(select(Contact.decision, Contact.reason))).all()
        email = await get_email(session, found["c-1"].email_id)
    assert {name: (one.status.value, one.reason) for name, one in found.items()} == {
        "c-1": ("composed", ""),
        "c-2": ("composed", ""),
        "c-3": ("skipped", "no_consent"),
        "nobody": ("failed", "unknown_customer"),
    }
    assert sorted((decision, reason) for decision, reason in ledger) == [
        ("sent", "ok"),
        ("sent", "ok"),
        ("skipped", "no_consent"),
    ]
    assert email.id == email_id_for(run.created_at, "autumn", "1", "c-1", email.step, "")
    assert (await composer.replay(email.id)).identical
    assert (await composer.compose(make_request())).id == email.id
