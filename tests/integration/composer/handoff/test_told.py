"""What memory hears of e-mails that our own relay took."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from composer.handoff.channel import Answer, Parcel, Verdict
from memory.mail_events import reported
from memory.parts.mails import Mailed, mails
from memory.rebuild import load_states
from memory.recall import customer_id_of
from memory.tables import Event
from store.database import Database
from tests.kit.factories import NOW
from tests.kit.handoffs import HandoffShop, ScriptedChannels, relay
from tests.kit.smtp_server import Mailbox

pytestmark = pytest.mark.anyio


async def _sent(database: Database) -> list[Any]:
    async with database.session(readonly=True) as session:
        query = select(col(Event.message_id)).where(col(Event.name) == "Email Sent")
        return sorted((await session.execute(query)).scalars())


async def _mails(database: Database, customer: str) -> list[Mailed]:
    async with database.session(readonly=True) as session:
        customer_id = await customer_id_of(session, customer)
        assert customer_id is not None
        [state] = (await load_states(session, [customer_id])).values()
        return list(mails(state))


async def test_each_email_the_relay_took_is_remembered_as_sent_once(shop: HandoffShop, mailbox: Mailbox) -> None:
    await shop.deliver(await shop.start(), shop.channels(smtp=relay(mailbox.port)))
    assert await _sent(shop.database) == sorted(f"sent_{email.id}" for email in shop.emails)
    email = shop.emails[0]
    [mail] = await _mails(shop.database, email.customer)
    assert (mail.email_id, mail.arrived is not None, mail.flow) == (email.id, True, email.flow)
    async with shop.database.session(readonly=True) as session:
        told = await reported(session, email.customer, email.id, NOW)
    assert [one.name for one in told] == ["Email Sent"]


async def test_what_the_relay_refused_was_not_sent(shop: HandoffShop) -> None:
    refused = shop.emails[0].id

    def answer(parcel: Parcel) -> Answer:
        return Answer(Verdict.REFUSED if parcel.key == refused else Verdict.SENT)

    await shop.deliver(await shop.start(), ScriptedChannels(answer))
    assert await _sent(shop.database) == sorted(f"sent_{email.id}" for email in shop.emails[1:])


async def test_who_takes_an_email_by_webhook_sends_and_reports_it(shop: HandoffShop) -> None:
    channels = ScriptedChannels()
    channels.sends = False
    await shop.deliver(await shop.start(), channels)
    assert await _sent(shop.database) == []
