"""The log of decisions: a row for each stored e-mail, in its transaction; what is learned later changes no e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from composer.bandit.tables import DecisionRow
from composer.campaigns import save_brand, save_campaign
from composer.contract import ComposeResult, Path
from composer.documents import Campaign
from composer.lessons.model import Kind
from composer.lessons.tables import LessonRow
from composer.retention import count_decisions, forget_decisions
from composer.service import Composer
from memory.ingest import ingest
from store import clock
from store.crypto import Keyring
from store.database import Database
from tests.kit.events import identify
from tests.kit.factories import LIBRARY, NOW, FixedPicker, make_brand, make_campaign, make_picks, make_request

pytestmark = pytest.mark.anyio

PEOPLE = [f"c-{number}" for number in range(8)]


@dataclass(frozen=True)
class Shop:
    """A shop whose e-mails come from templates."""

    database: Database
    keyring: Keyring

    async def email(self, customer: str = "c-0", **changes: Any) -> ComposeResult:
        """Composed by a process of its own."""
        composer = Composer(
            database=self.database, keyring=self.keyring, library=LIBRARY, picker=FixedPicker(make_picks()), writers=[]
        )
        with clock.frozen_at(NOW):
            return await composer.compose(make_request(customer=customer, **changes))

    async def rows(self) -> Mapping[str, DecisionRow]:
        """By e-mail."""
        async with self.database.session(readonly=True) as session:
            return {row.email_id: row for row in (await session.execute(select(DecisionRow))).scalars()}


@pytest.fixture
async def shop(database: Database, keyring: Keyring) -> Shop:
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())
        told = {"first_name": "Maeve", "email_consent": True}
        await ingest(session, [identify({"email": f"{one}@post.example", **told}, user=one) for one in PEOPLE])
    return Shop(database, keyring)


async def test_every_stored_e_mail_has_a_row_that_says_what_its_answer_says(shop: Shop) -> None:
    email = await shop.email()
    [(email_id, row)] = (await shop.rows()).items()
    assert (email_id, row.customer, row.campaign_id, row.flow) == (email.id, "c-0", "autumn", "newsletter")
    said = email.decision["choices"]
    assert said.keys() == row.choices.keys()
    assert {"angle", "tone", "length", "subject", "cta", "picks", "exploration", "offer", "slot"} == row.choices.keys()
    for dimension, (arm, probability, arms) in row.choices.items():
        assert (said[dimension]["arm"], said[dimension]["arms"]) == (arm, arms)
        assert said[dimension]["probability"] == pytest.approx(probability)
    assert row.policy == email.decision["policy"]
    assert row.situation["lifecycle"] == row.lifecycle == "prospect"
    assert (row.experiment, row.variant, row.final, row.orders) == ("", "", False, 0)


async def test_the_second_e_mail_of_a_week_is_decided_as_such(shop: Shop) -> None:
    await shop.email()
    second = await shop.email(occasion="again")
    assert (await shop.rows())[second.id].situation["per_week"] == 1


async def test_a_preview_is_not_logged_and_decides_as_the_e_mail_will(shop: Shop) -> None:
    preview = await shop.email(preview=True)
    assert await shop.rows() == {}
    assert (await shop.email()).decision == preview.decision


async def test_asked_again_an_e_mail_is_what_it_was_whatever_was_learned_meanwhile(shop: Shop) -> None:
    first = {one: await shop.email(one) for one in PEOPLE}
    await against(shop.database, [str(email.decision["tone"]) for email in first.values()])
    again = {one: await shop.email(one) for one in PEOPLE}
    assert {one: email.model_dump_json() for one, email in again.items()} == {
        one: email.model_dump_json() for one, email in first.items()
    }
    assert len(await shop.rows()) == len(PEOPLE)
    fresh = await shop.email(preview=True, occasion="later")
    assert fresh.decision["learned"]


async def test_a_brief_that_does_not_learn_draws_by_what_reviewers_say_alone(shop: Shop) -> None:
    async with shop.database.session() as session:
        await save_campaign(session, make_campaign(brief={"learn": False}))
    assert (await shop.email()).decision["policy"] != "thompson-1"


async def test_whoever_may_not_be_written_to_has_no_row(shop: Shop) -> None:
    async with shop.database.session() as session:
        held = make_campaign(brief={"holdout": 0.5})
        await save_campaign(session, Campaign.model_validate(held))
    results = [await shop.email(one) for one in PEOPLE]
    assert {result.reason for result in results} == {"ok", "holdout"}
    assert set(await shop.rows()) == {result.id for result in results if result.id}


async def test_a_stranger_has_no_row_as_nobody_could_count_what_came_of_it(shop: Shop) -> None:
    async with shop.database.session() as session:
        await save_brand(session, make_brand(consent_required=False))
        await save_campaign(session, make_campaign(name="Autumn letters"))
    assert (await shop.email("never-seen")).path is not Path.SKIPPED
    assert await shop.rows() == {}


async def test_old_rows_go_after_their_own_time(shop: Shop) -> None:
    await shop.email()
    async with shop.database.session(readonly=True) as session:
        assert await count_decisions(session, NOW) == 0
        assert await count_decisions(session, NOW + timedelta(days=1)) == 1
    assert [removed async for removed in forget_decisions(shop.database, NOW + timedelta(days=1))] == [1]
    assert await shop.rows() == {}


async def test_what_an_e_mail_is_does_not_hang_on_who_was_written_to_before(shop: Shop) -> None:
    forwards = {one: (await shop.email(one, preview=True)).decision for one in PEOPLE}
    backwards = {one: (await shop.email(one, preview=True)).decision for one in reversed(PEOPLE)}
    assert forwards == backwards
    assert len({str(decision) for decision in forwards.values()}) > 1


async def against(database: Database, tones: Sequence[str]) -> None:
    """A reviewer held something against these tones, often."""
    async with database.session() as session:
        for number, tone in enumerate([*tones] * 5):
            session.add(
                LessonRow(
                    id=f"lsn_{number}", kind=Kind.PREFERENCE.value, flow="newsletter", dimension="tone", arm=tone,
                    good=number == 0, at=NOW, changed_at=NOW, email_id="", review_id="", customer="",
                    campaign_id="autumn", reviewer="key:k",
                )
            )  # fmt: skip
