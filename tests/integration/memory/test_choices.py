"""Which answers are the shop's own choices: those that several customers gave alike."""

from __future__ import annotations

import pytest

from memory.ingest import ingest
from memory.learning import learn_from_memory
from memory.model import Say
from memory.recall import recall
from memory.shop import forget_shop
from memory.words.choices import LEAST
from store.database import Database
from tests.kit.events import NOW, track

pytestmark = pytest.mark.anyio


async def _answer(database: Database, user: str, answer: str, *, days_ago: float = 0) -> None:
    said = track("Quiz Completed", {"answers": {"favourite_place": answer}}, user=user, days_ago=days_ago)
    async with database.session() as session:
        await ingest(session, [said], received_at=NOW)


async def _say(database: Database, user: str) -> list[Say]:
    await learn_from_memory(database, NOW)
    async with database.session() as session:
        forget_shop()
        memory = await recall(session, user, as_of=NOW)
    assert memory is not None
    return [fact.say for fact in memory.facts if fact.kind == "answer"]


async def test_an_answer_may_be_said_once_enough_customers_gave_it(database: Database) -> None:
    for number in range(LEAST - 1):
        await _answer(database, f"u{number}", "Seaside")
    assert await _say(database, "u0") == ["never"]
    await _answer(database, "another", "seaside")
    assert await _say(database, "u0") == ["named"]


async def test_one_customer_alone_makes_no_choice_however_often_they_say_it(sqlite_database: Database) -> None:
    for number in range(LEAST + 2):
        await _answer(sqlite_database, "u0", "Seaside", days_ago=number)
    assert await _say(sqlite_database, "u0") == ["never"]
