"""A composed run, and a relay."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from store.database import Database
from tests.kit.handoffs import HandoffShop
from tests.kit.smtp_server import Mailbox, smtp_server


@pytest.fixture
async def shop(database: Database) -> HandoffShop:
    """Three composed e-mails, on each kind of database."""
    return await HandoffShop.open(database)


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """A relay that takes everything."""
    async with smtp_server() as mailbox:
        yield mailbox
