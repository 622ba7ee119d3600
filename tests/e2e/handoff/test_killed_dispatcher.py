"""A dispatcher that is killed with SIGKILL loses no e-mail; what the relay gets twice, it gets under one key."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from composer.handoff.model import HandoffStatus
from store.crypto import Keyring, save_keyring
from store.database import Database
from tests.kit import forks
from tests.kit.database import DatabaseFactory
from tests.kit.handoffs import HandoffShop
from tests.kit.killed_dispatcher import begin
from tests.kit.patience import PATIENCE_S
from tests.kit.smtp_server import Mailbox, smtp_server

pytestmark = pytest.mark.anyio

E_MAILS = 18
KILLS_AT = (3, 10)
"""E-mails at the relay when the dispatcher is killed; it takes no other before."""


async def reached(mailbox: Mailbox, count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        mails = len(mailbox.mails)
        while mails < count:
            await asyncio.sleep(0.005)
            mails = len(mailbox.mails)


async def test_every_e_mail_arrives_however_often_the_dispatcher_is_killed(
    database_factory: DatabaseFactory, keyring: Keyring, tmp_path: Path
) -> None:
    url = await database_factory.url()
    keys = tmp_path / "keys.json"
    save_keyring(keys, keyring)
    database = Database.open(url, keyring)
    shop = await HandoffShop.open(database, customers=E_MAILS)
    handoff = await shop.start()
    async with smtp_server() as mailbox:
        mailbox.delay_s = 0.02
        for count in KILLS_AT:
            mailbox.takes = count
            process = begin(url, keys, handoff.id, mailbox.port)
            await reached(mailbox, count)
            process.kill()
            assert await asyncio.to_thread(forks.ended, process, PATIENCE_S) == -signal.SIGKILL
            await shop.let_leases_run_out(handoff.id)
        mailbox.takes = None
        last = begin(url, keys, handoff.id, mailbox.port)
        assert await asyncio.to_thread(forks.ended, last, PATIENCE_S) == 0
    ended = await shop.handoff(handoff.id)
    assert (ended.status, ended.tally.sent) == (HandoffStatus.COMPLETED, E_MAILS)
    assert set(mailbox.keys) == {email.id for email in shop.emails}
    repeated = {key: count for key, count in mailbox.keys.items() if count > 1}
    # Those of which no process that was killed had written down that they were taken.
    assert sum(repeated.values()) - len(repeated) <= max(KILLS_AT)
    for key in repeated:
        assert len({mail.content for mail in mailbox.mails if mail.key == key}) == 1
    await database.close()
