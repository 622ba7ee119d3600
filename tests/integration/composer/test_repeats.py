"""A customer who would be told the same again: the e-mail goes out, and says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from composer.campaigns import save_brand, save_campaign
from composer.service import Composer
from memory.ingest import ingest
from store.crypto import Keyring
from store.database import Database
from tests.kit.factories import LIBRARY, NOW, FixedPicker, make_brand, make_campaign, make_picks, make_request
from tests.kit.writers import ScriptedWriter

pytestmark = pytest.mark.anyio
SAID = {
    "subject": "Green tea for quiet mornings",
    "preheader": "Three things from our shelves.",
    "opening": "Here are a few things from our shelves that go together well, each of them made to be used daily.",
    "pitch:sencha": "Sencha from Shizuoka, Japan, with a soft sweetness at the end.",
    "closing": "Have a quiet look around, and take your time with it.",
}
OTHER = {
    **SAID,
    "opening": "Nothing in this letter is in a hurry, and neither are we: the kettle comes first.",
    "subject": "First the kettle",
    "preheader": "Then the cup.",
    "closing": "The rest is on the shelf, where it has always been.",
}


@pytest.fixture
async def shop(database: Database) -> Database:
    """A brand, a campaign and one customer."""
    at = (NOW - timedelta(days=21)).isoformat()
    traits = {"email": "m@post.example", "first_name": "Maeve", "email_consent": True}
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())
        known = {"type": "identify", "messageId": "i-1", "userId": "c-1", "timestamp": at, "traits": traits}
        await ingest(session, [known])
    return database


async def rules_of(shop: Database, keyring: Keyring, texts: dict[str, str], occasion: str) -> list[str]:
    """Rules of the verdicts on an e-mail in which a model says `texts`."""
    composer = Composer(
        database=shop,
        keyring=keyring,
        library=LIBRARY,
        picker=FixedPicker(make_picks()),
        writers=[ScriptedWriter(lambda key, round_: texts.get(key))],
    )
    result = await composer.compose(make_request(occasion=occasion))
    assert result.html
    return [verdict.rule for verdict in result.verdicts]


async def test_the_same_words_again_are_pointed_out_and_other_words_are_not(shop: Database, keyring: Keyring) -> None:
    assert "sameness.repeats" not in await rules_of(shop, keyring, SAID, "first")
    assert "sameness.repeats" not in await rules_of(shop, keyring, OTHER, "second")
    assert "sameness.repeats" in await rules_of(shop, keyring, SAID, "third")
