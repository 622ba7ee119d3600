"""From a decision to what the next e-mail is written with, and back, over a real database."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from composer.campaigns import save_brand, save_campaign
from composer.contract import ComposeResult, Rung
from composer.json_style import JsonStyle
from composer.lessons import reading
from composer.lessons.model import Kind, Lesson, Unfit
from composer.lessons.tables import LessonRow
from composer.lessons.taught import Lessons, read_taught
from composer.model_writer import ModelWriter
from composer.record import load_record
from composer.retention import forget_old_emails
from composer.reviews.deciding import Decided, Seen, approve, reject, undo
from composer.reviews.editing import Rewrite, edit
from composer.reviews.model import RejectReason
from composer.service import Composer
from composer.tables import EmailRow
from memory.ingest import ingest
from memory.privacy.forgetting import forget
from memory.privacy.people import find_person
from store import clock
from store.crypto import Keyring
from store.database import Database
from tests.kit.factories import LIBRARY, FixedPicker, make_brand, make_campaign, make_picks, make_request
from tests.kit.models import Asked, ScriptedClient

pytestmark = pytest.mark.anyio

OPENING = "We went along the shelves and stopped at the Copper Kettle."
BETTER = "The Copper Kettle stands in front this week."
TEXTS = {
    "subject": "A bright cup of Sencha",
    "opening": OPENING,
    "p2": "The Copper Kettle pours a steady line from its slim spout.",
}
BY = Seen(by="account:acc_1")


def person(customer: str) -> dict[str, Any]:
    traits = {"email": f"{customer}@post.example", "first_name": "Maeve", "email_consent": True}
    at = clock.now() - timedelta(days=21)
    return {
        "type": "identify",
        "messageId": f"i-{customer}",
        "userId": customer,
        "timestamp": at.isoformat(),
        "traits": traits,
    }


class Shop:
    """A tea shop whose model writes the same three texts for everybody."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self.database = database
        self.client = ScriptedClient(self._say)
        writer = ModelWriter(self.client, JsonStyle(LIBRARY), name="test", rounds=1)
        self.composer = Composer(
            database=database, keyring=keyring, library=LIBRARY, picker=FixedPicker(make_picks()), writers=[writer]
        )

    @staticmethod
    def _say(asked: Asked) -> str:
        assert asked.schema is not None
        return json.dumps({key: text for key, text in TEXTS.items() if key in asked.schema["properties"]})

    async def write(self, customer: str) -> ComposeResult:
        return await self.composer.compose(make_request(customer=customer))

    async def prompt(self, customer: str) -> str:
        """What the model is told for an e-mail to them."""
        await self.composer.draft(make_request(customer=customer))
        return self.client.asked[-1].everything

    async def decide(self, what: Callable[..., Awaitable[Any]], *about: Any) -> Any:
        async with self.database.session() as session:
            return await what(session, *about)

    async def lessons(self, kind: Kind) -> list[Lesson]:
        async with self.database.session(readonly=True) as session:
            return await reading.lessons(session, kind=kind)

    async def count(self) -> int:
        async with self.database.session(readonly=True) as session:
            return int(await session.scalar(select(func.count()).select_from(LessonRow)) or 0)


async def opened(database: Database, keyring: Keyring) -> Shop:
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())
        await ingest(session, [person(f"c-{number}") for number in range(1, 5)])
    return Shop(database, keyring)


@pytest.fixture
async def shop(database: Database, keyring: Keyring) -> Shop:
    """On each kind of database."""
    return await opened(database, keyring)


@pytest.fixture
async def small_shop(sqlite_database: Database, keyring: Keyring) -> Shop:
    """For what no statement of ours decides."""
    return await opened(sqlite_database, keyring)


async def test_what_was_approved_goes_along_with_the_next_e_mail_and_its_record_says_so(shop: Shop) -> None:
    email = await shop.write("c-1")
    assert "<liked>" not in await shop.prompt("c-2")
    await shop.decide(approve, email.id, BY)
    examples = {one.block: one for one in await shop.lessons(Kind.EXAMPLE)}
    assert examples.keys() == {"subject", "opening", "pitch"}
    assert all(one.email_id == email.id and one.reviewer == BY.by for one in examples.values())
    assert "opening: We went along the shelves and stopped at the Linen Notebook." in await shop.prompt("c-2")
    later = await shop.write("c-2")
    async with shop.database.session(readonly=True) as session:
        record, _ = await load_record(session, later.record)
    attempts = [attempt for round_ in record.rounds for attempt in round_.outcome.attempts]
    assert {lesson for attempt in attempts for lesson in attempt.lessons} == {one.id for one in examples.values()}
    assert (await shop.composer.replay(later.id)).identical


async def test_a_model_that_repeats_what_it_was_shown_is_not_heard(small_shop: Shop) -> None:
    email = await small_shop.write("c-1")
    await small_shop.decide(approve, email.id, BY)
    rungs = {block.key: block.rung for block in (await small_shop.write("c-2")).blocks}
    assert rungs["opening"] is Rung.TEMPLATE_BLOCK, "the model said the liked opening again, under another name"


async def test_an_edit_goes_before_what_was_liked_as_it_was_and_shows_both(small_shop: Shop) -> None:
    email = await small_shop.write("c-1")
    await small_shop.decide(edit, email.id, Rewrite("opening", BETTER), BY)
    [example] = await small_shop.lessons(Kind.EXAMPLE)
    assert example.body["before"].startswith("We went along")
    assert "(before the shop changed it: We went along" in await small_shop.prompt("c-2")
    await small_shop.decide(approve, email.id, BY)
    again = {one.block: one for one in await small_shop.lessons(Kind.EXAMPLE)}
    assert again["opening"].id == example.id
    assert again.keys() == {"subject", "opening", "pitch"}


async def test_what_names_the_customers_own_past_is_kept_and_says_why_it_is_not_used(small_shop: Shop) -> None:
    email = await small_shop.write("c-1")
    await small_shop.decide(edit, email.id, Rewrite("closing", "Have a quiet look around, {first_name}."), BY)
    [example] = await small_shop.lessons(Kind.EXAMPLE)
    assert (example.unfit, example.in_use) == (Unfit.FIGURE, False)
    assert "<liked>" not in await small_shop.prompt("c-2")


async def test_an_undone_review_takes_its_lessons_back_and_a_rejection_those_before_it(shop: Shop) -> None:
    email = await shop.write("c-1")
    await shop.decide(approve, email.id, BY)
    before = {one.id for one in await shop.lessons(Kind.EXAMPLE)}
    rejected: Decided = await shop.decide(reject, email.id, BY, [RejectReason.OFF_VOICE])
    assert await shop.lessons(Kind.EXAMPLE) == []
    assert [one.body["good"] for one in await shop.lessons(Kind.PREFERENCE)] == [False]
    await shop.decide(undo, rejected.review.id, BY.by)
    assert {one.id for one in await shop.lessons(Kind.EXAMPLE)} == before
    [approved] = {one.review_id for one in await shop.lessons(Kind.EXAMPLE)}
    await shop.decide(undo, approved, BY.by)
    assert await shop.count() == 0
    assert "<liked>" not in await shop.prompt("c-2")


async def test_what_somebody_took_out_has_no_effect_until_it_is_put_back(small_shop: Shop) -> None:
    email = await small_shop.write("c-1")
    await small_shop.decide(approve, email.id, BY)
    opening = next(one for one in await small_shop.lessons(Kind.EXAMPLE) if one.block == "opening")
    await small_shop.decide(reading.remove, opening.id, "account:acc_2")
    assert "opening: We went" not in await small_shop.prompt("c-2")
    await small_shop.decide(approve, email.id, BY)
    assert "opening: We went" not in await small_shop.prompt("c-2"), "a later approval must not bring it back"
    removed = next(one for one in await small_shop.lessons(Kind.EXAMPLE) if one.block == "opening" and one.removed_at)
    assert removed.removed_by == "account:acc_2"


async def test_put_back_it_goes_along_again(small_shop: Shop) -> None:
    email = await small_shop.write("c-1")
    await small_shop.decide(approve, email.id, BY)
    opening = next(one for one in await small_shop.lessons(Kind.EXAMPLE) if one.block == "opening")
    await small_shop.decide(reading.remove, opening.id, BY.by)
    await small_shop.decide(reading.put_back, opening.id)
    assert "opening: We went" in await small_shop.prompt("c-2")
    async with small_shop.database.session(readonly=True) as session:
        counted = await reading.counts(session)
    assert (counted[Kind.EXAMPLE].in_use, counted[Kind.EXAMPLE].removed) == (3, 0)


async def test_a_tone_that_was_rejected_moves_the_draw_and_the_decision_logs_it(shop: Shop) -> None:
    emails = [await shop.write(f"c-{number}") for number in (1, 2, 3)]
    assert all("learned" not in one.decision for one in emails)
    await shop.decide(approve, emails[0].id, BY)
    await shop.decide(reject, emails[1].id, BY, [RejectReason.OFF_VOICE])
    await shop.decide(reject, emails[2].id, BY, [RejectReason.WRONG_PRICE])
    later = await shop.write("c-4")
    async with shop.database.session(readonly=True) as session:
        taught = await read_taught(session)
    assert later.decision["learned"] == taught.preferences.version
    assert sum(votes.bad for votes in taught.preferences.votes.values()) == 1


async def test_cases_come_out_as_a_file_that_names_nobody(small_shop: Shop) -> None:
    first, second = await small_shop.write("c-1"), await small_shop.write("c-2")
    await small_shop.decide(approve, first.id, BY)
    await small_shop.decide(reject, second.id, BY, [RejectReason.WRONG_FACT])
    async with small_shop.database.session(readonly=True) as session:
        rows = [row async for row in reading.cases(session)]
    assert [row["label"] for row in rows] == ["ok"] * 3 + ["violation"]
    assert len({row["id"] for row in rows}) == 4
    assert not [secret for secret in ("Maeve", "c-1@post.example", "c-2@post.example") if secret in json.dumps(rows)]


async def test_an_erased_customers_lessons_go_with_them_from_every_process(shop: Shop) -> None:
    email = await shop.write("c-1")
    await shop.decide(approve, email.id, BY)
    assert "<liked>" in await shop.prompt("c-2")
    async with shop.database.session() as session:
        gone = await find_person(session, "c-1")
        assert gone is not None
        await forget(session, gone)
    assert await shop.count() == 0
    assert "<liked>" not in await shop.prompt("c-2")


async def test_when_old_e_mails_go_their_cases_do_and_what_was_liked_stays_without_a_name(shop: Shop) -> None:
    email = await shop.write("c-1")
    await shop.decide(approve, email.id, BY)
    async with shop.database.session() as session:
        await session.execute(update(EmailRow).values(created_at=clock.now() - timedelta(days=900)))
    async for _ in forget_old_emails(shop.database, clock.now() - timedelta(days=800)):
        pass
    assert await shop.lessons(Kind.CASE) == []
    assert {one.email_id for one in await shop.lessons(Kind.EXAMPLE)} == {""}
    assert "<liked>" in await shop.prompt("c-2")


async def test_two_workers_are_taught_the_same_and_only_read_again_what_changed(shop: Shop) -> None:
    email = await shop.write("c-1")
    one, other = Lessons(), Lessons()
    async with shop.database.session(readonly=True) as session:
        assert (await one.taught(session)).examples == ()
    await shop.decide(approve, email.id, BY)
    async with shop.database.session(readonly=True) as session:
        first, second = await one.taught(session), await other.taught(session)
        assert first == second
        assert first.examples
        assert await one.taught(session) is first
