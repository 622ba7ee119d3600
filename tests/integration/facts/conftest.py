"""A shop with the campaign `autumn`."""

from __future__ import annotations

import pytest

from store.database import Database
from tests.kit.outcomes import Shop
from tests.kit.runs import open_shop


@pytest.fixture
async def shop(database: Database) -> Shop:
    """Nobody was written to yet."""
    await open_shop(database)
    return Shop(database)
