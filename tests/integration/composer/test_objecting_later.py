"""Who objects to personalisation after an e-mail was written gets it as a stranger would, however it leaves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from composer.bandit.tables import DecisionRow
from composer.campaigns import save_campaign
from composer.contract import ComposeResult, Path, Rung
from composer.freshness import Withdrawn
from composer.reviews.deciding import Seen
from composer.reviews.editing import Rewrite, edit
from composer.stored import StoredEmail
from composer.tables import EmailRevisionRow
from memory.ingest import ingest
from store import clock
from store.database import Database
from tests.kit.contacts import decisions
from tests.kit.factories import make_campaign, make_request
from tests.kit.prepared import PreparedShop
from tests.kit.writers import ScriptedWriter

pytestmark = pytest.mark.anyio

SAID = "After your Gyokuro, we thought of these."
EDITED = ("Since you bought Gyokuro, here are a few more.", "Something green for the pot, as ever.")


async def shop_of(database: Database) -> PreparedShop:
    writer = ScriptedWriter(lambda key, round_: SAID if key == "opening" else None)
    return await PreparedShop.open(database, writers=[writer])


async def objects(database: Database, answer: bool = False) -> None:
    said = {"method": "form", "purposes": {"personalisation": answer}}
    event = {"type": "track", "event": "Consent Changed", "userId": "c-1", "messageId": f"objects-{answer}"}
    async with database.session() as session:
        report = await ingest(session, [event | {"properties": said}])
    assert not report.rejected


async def revisions(database: Database) -> list[list[str]]:
    async with database.session(readonly=True) as session:
        return list((await session.execute(select(EmailRevisionRow.why).order_by("number"))).scalars())  # type: ignore[call-overload]


async def logged(database: Database) -> DecisionRow:
    async with database.session(readonly=True) as session:
        return (await session.execute(select(DecisionRow))).scalar_one()


def told(email: ComposeResult) -> str:
    return "\n".join((email.subject, email.preheader, email.html, email.text))


async def pulled(shop: PreparedShop, **changes: Any) -> ComposeResult:
    found = await shop.freshness.prepared(make_request(**changes))
    assert isinstance(found, StoredEmail), found
    return found.result


async def test_a_pull_after_an_objection_gives_the_e_mail_without_what_was_remembered(database: Database) -> None:
    shop = await shop_of(database)
    email = await shop.compose()
    assert "Gyokuro" in told(email)
    await objects(database)
    plain = await pulled(shop)
    assert plain.html
    assert (plain.id, plain.revision, plain.impersonal, plain.path) == (email.id, 1, True, Path.TEMPLATE)
    assert "Gyokuro" not in told(plain)
    assert {fact.partition(":")[0] for block in plain.blocks for fact in block.facts} == {"product"}


async def test_the_reason_stands_in_the_revision_and_on_each_block_and_the_record_gives_the_same_bytes(
    database: Database,
) -> None:
    shop = await shop_of(database)
    await shop.compose()
    await objects(database)
    plain = await pulled(shop)
    assert await revisions(database) == [["objected"]]
    assert {(block.rung, block.reason) for block in plain.blocks} == {(Rung.TEMPLATE_BLOCK, "objected")}
    for revision in (None, 0, 1):
        report = await shop.composer.replay(plain.id, revision=revision)
        assert report.identical, report.differences


async def test_who_asks_again_gets_the_same_bytes_and_a_new_price_leaves_it_plain(database: Database) -> None:
    shop = await shop_of(database)
    email = await shop.compose()
    await objects(database)
    plain = await pulled(shop)
    assert await pulled(shop) == plain
    assert await shop.now(email) == plain
    shop.shelf.change("sencha", price=Decimal("13.75"))
    dearer = await pulled(shop)
    assert "£13.75" in dearer.html
    assert "Gyokuro" not in told(dearer)
    assert dearer.impersonal
    assert await revisions(database) == [["objected"], ["price"]]


@pytest.mark.parametrize("text", EDITED)
async def test_what_a_reviewer_wrote_knowing_their_memory_goes_too_even_if_no_check_can_tell(
    database: Database, text: str
) -> None:
    shop = await shop_of(database)
    email = await shop.compose()
    async with database.session() as session:
        await edit(session, email.id, Rewrite("opening", text), Seen("reviewer", email.revision))
    assert text in (await pulled(shop)).html
    await objects(database)
    plain = await pulled(shop)
    assert "Gyokuro" not in told(plain)
    assert text not in plain.html
    assert (await revisions(database))[-1] == ["edit_dropped", "objected"]


async def test_what_is_sent_or_handed_on_is_looked_at_as_what_is_pulled(database: Database) -> None:
    shop = await shop_of(database)
    with clock.frozen_at(datetime(2026, 9, 2, 12, tzinfo=UTC)):
        email = await shop.compose()
        await objects(database)
        sent = (await shop.freshness.going_out([email.id]))[email.id]
    assert isinstance(sent, StoredEmail)
    assert "Gyokuro" not in told(sent.result)


async def test_who_composes_it_again_gets_the_plain_one_and_ever_after_the_same(database: Database) -> None:
    shop = await shop_of(database)
    email = await shop.compose()
    await objects(database)
    again = await shop.compose()
    assert (again.id, again.revision, again.impersonal, again.path) == (email.id, 1, True, Path.TEMPLATE)
    assert "Gyokuro" not in told(again)
    assert await shop.compose() == again == await pulled(shop)
    assert await revisions(database) == [["objected"]]
    assert (await shop.composer.replay(email.id)).identical


async def test_of_many_who_compose_it_at_once_all_get_the_same(database: Database) -> None:
    shop = await shop_of(database)
    await shop.compose()
    await objects(database)
    found = await asyncio.gather(*(shop.compose(deadline_ms=60_000 - number) for number in range(8)), pulled(shop))
    assert {one.html for one in found} == {found[0].html}
    assert await revisions(database) == [["objected"]]


async def test_what_is_about_what_they_did_is_composed_no_more_and_says_why(database: Database) -> None:
    shop = await shop_of(database)
    async with database.session() as session:
        await save_campaign(session, make_campaign("win_back", id="back"))
    assert (await shop.compose(campaign="back")).html
    await objects(database)
    again = await shop.compose(campaign="back")
    assert (again.path, again.reason, again.html) == (Path.SKIPPED, "no_purchase", "")
    assert "objected to personalisation" in again.detail
    assert ("skipped", "no_purchase") in await decisions(database)


async def test_where_time_is_too_short_for_the_plain_one_nothing_of_the_other_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await shop_of(database)
    email = await shop.compose()
    await objects(database)

    async def never(_: str) -> ComposeResult:
        await asyncio.Event().wait()
        return email

    monkeypatch.setattr(shop.composer, "_anew", never)
    again = await shop.compose(deadline_ms=100)
    assert (again.path, again.reason, again.html) == (Path.SKIPPED, "objected", "")


async def test_an_e_mail_that_is_about_what_they_did_is_withdrawn_and_the_ledger_says_so(database: Database) -> None:
    shop = await shop_of(database)
    async with database.session() as session:
        await save_campaign(session, make_campaign("win_back", id="back"))
    assert (await shop.compose(campaign="back")).html
    await objects(database)
    held = await shop.freshness.prepared(make_request(campaign="back"))
    assert isinstance(held, Withdrawn)
    assert held.reason == "no_purchase"
    assert "objected to personalisation" in held.detail
    assert ("skipped", "no_purchase") in await decisions(database)


async def test_an_e_mail_that_was_plain_from_the_first_leaves_as_it_was_written(database: Database) -> None:
    shop = await shop_of(database)
    await objects(database)
    email = await shop.compose()
    assert email.impersonal
    assert await pulled(shop) == email
    assert await revisions(database) == []


async def test_who_takes_the_objection_back_before_the_pull_gets_what_was_written(database: Database) -> None:
    shop = await shop_of(database)
    email = await shop.compose()
    with clock.frozen_at(datetime(2026, 11, 1, tzinfo=UTC)):
        await objects(database)
    with clock.frozen_at(datetime(2026, 11, 2, tzinfo=UTC)):
        await objects(database, answer=True)
    assert await pulled(shop) == email


async def test_what_is_learned_from_is_how_the_plain_one_was_decided_unless_the_first_has_left(
    database: Database,
) -> None:
    shop = await shop_of(database)
    await shop.compose()
    before = await logged(database)
    await objects(database)
    plain = await pulled(shop)
    after = await logged(database)
    assert after.situation["lifecycle"] == after.lifecycle == "prospect" != before.lifecycle
    assert {name: one[0] for name, one in after.choices.items()} == {
        name: one["arm"] for name, one in plain.decision["choices"].items()
    }
    assert after.at == before.at


async def test_how_an_e_mail_that_has_left_was_decided_stays(database: Database) -> None:
    shop = await shop_of(database)
    await shop.compose()
    async with database.session() as session:
        await session.execute(update(DecisionRow).values(sent_at=clock.now()))
    before = await logged(database)
    await objects(database)
    await pulled(shop)
    assert await logged(database) == before
