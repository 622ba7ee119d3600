"""When an e-mail left, as its row says: maturity runs from there, and of one that never did nothing is known."""

from __future__ import annotations

from datetime import datetime

import pytest

from composer.bandit.learning import learn_decisions
from composer.facts.updating import update_facts
from memory.ledger import restore_contacts, withdraw_contacts
from tests.kit.outcomes import DAY, HOUR, SENT, Shop

pytestmark = pytest.mark.anyio


async def sent_at(shop: Shop, email_id: str, now: datetime) -> datetime | None:
    await update_facts(shop.database, now)
    return (await shop.outcomes())[email_id].sent_at


async def test_an_e_mail_left_when_it_arrived_or_where_nobody_says_when_it_was_handed_over(shop: Shop) -> None:
    ada, ben = await shop.decided("ada"), await shop.decided("ben")
    assert await sent_at(shop, ada, SENT + HOUR) == SENT
    await shop.did("ada", "Email Delivered", SENT + 20 * HOUR, email_id=ada)
    assert await sent_at(shop, ada, SENT + DAY) == SENT + 20 * HOUR
    assert await sent_at(shop, ben, SENT + DAY) == SENT


async def test_one_that_never_left_is_no_failure_where_no_deliveries_are_reported(shop: Shop) -> None:
    ada, ben = await shop.decided("ada"), await shop.decided("ben")
    assert await sent_at(shop, ada, SENT + HOUR) == SENT
    async with shop.database.session() as session:
        await withdraw_contacts(session, [ada], "not_sent")
    mature = SENT + 9 * DAY
    assert (await sent_at(shop, ada, mature), await sent_at(shop, ben, mature)) == (None, SENT)
    assert (await learn_decisions(shop.database, mature)).emails == 1
    async with shop.database.session() as session:
        await restore_contacts(session, [ada], "not_sent")
    assert await sent_at(shop, ada, mature + HOUR) == SENT
    assert (await learn_decisions(shop.database, mature + HOUR)).emails == 2
