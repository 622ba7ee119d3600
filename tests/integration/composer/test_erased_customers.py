"""Nothing is written to, kept of or told about somebody who was erased, whatever was on its way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import select

from api.erasing import Eraser
from api.outcomes import Outcome, record
from api.settings import Settings
from composer import previews
from composer.bandit.tables import DecisionRow
from composer.batch import Batch
from composer.campaigns import save_brand, save_campaign
from composer.contract import Path as Way
from composer.emails import UnknownEmail
from composer.reviews import reading, sampling
from composer.reviews.model import Decision, ReviewTerms
from composer.reviews.sampling import Source
from composer.strangers import UnknownCustomer
from composer.tables import EmailRow, PreviewRow
from memory.guests import guest_id
from memory.ingest import ingest
from memory.tables import Contact
from store import clock
from store.database import Database
from tests.kit.events import identify
from tests.kit.factories import make_brand, make_campaign, make_request
from tests.kit.prepared import PreparedShop
from tests.kit.reviews import decided

pytestmark = pytest.mark.anyio


async def erase(shop: PreparedShop, customer: str, home: Path) -> None:
    await Eraser(Settings(home=home), shop.database).ask(customer)


async def count(database: Database, model: type[EmailRow | Contact | PreviewRow | DecisionRow]) -> int:
    async with database.session(readonly=True) as session:
        return (await session.execute(select(func.count()).select_from(model))).scalar_one()


async def test_of_who_is_erased_while_their_email_is_written_nothing_is_stored(
    database: Database, tmp_path: Path
) -> None:
    shop = await PreparedShop.open(database, customers=3)
    batch = Batch(database, shop.composer.steps)
    requests = [make_request(customer=f"c-{number}") for number in (1, 2, 3)]
    written = [await batch.write(one) for one in await batch.prepare(requests, campaign_version=1, began=clock.now())]
    await erase(shop, "c-2", tmp_path)
    async with database.session() as session:
        stored = await batch.store(session, written)
    assert [getattr(one, "reason", "") for one in stored] == ["ok", "erased", "ok"]
    assert await count(database, EmailRow) == await count(database, Contact) == 2


async def test_of_who_is_erased_while_a_draft_is_written_it_is_not_kept_to_look_at(
    database: Database, tmp_path: Path
) -> None:
    shop = await PreparedShop.open(database, customers=2)
    hers, theirs = [await shop.composer.draft(make_request(customer=one)) for one in ("c-1", "c-2")]
    await erase(shop, "c-1", tmp_path)
    async with database.session() as session:
        with pytest.raises(UnknownCustomer) as refused:
            await previews.keep(session, hers)
        await previews.keep(session, theirs)
    assert refused.value.reason == "erased"
    assert await count(database, PreviewRow) == 1


async def test_a_draft_for_somebody_who_came_back_is_kept_and_one_for_who_they_were_is_not(
    sqlite_database: Database, tmp_path: Path
) -> None:
    shop = await PreparedShop.open(sqlite_database, customers=1)
    before = await shop.composer.draft(make_request(customer="c-1"))
    await erase(shop, "c-1", tmp_path)
    with clock.frozen_at(clock.now() + timedelta(seconds=2)):
        async with sqlite_database.session() as session:
            back = identify({"email": "new@post.example", "email_consent": True}, user="c-1")
            assert not (await ingest(session, [back | {"timestamp": clock.now().isoformat()}])).rejected
    with clock.frozen_at(clock.now() + timedelta(seconds=4)):
        after = await shop.composer.draft(make_request(customer="c-1"))
        async with sqlite_database.session() as session:
            with pytest.raises(UnknownCustomer):
                await previews.keep(session, before)
            await previews.keep(session, after)


async def test_a_sample_keeps_what_was_decided_of_them_and_loses_the_name(database: Database, tmp_path: Path) -> None:
    shop = await PreparedShop.open(database, customers=3)
    for number in (1, 2, 3):
        await shop.compose(customer=f"c-{number}")
    async with database.session() as session:
        drawn = await sampling.draw(session, Source(), ReviewTerms(), by="account:1")
        bad = next(item for item in await reading.items(session, drawn.id) if item.customer == "c-2")
        await decided(session, bad, Decision.REJECTED)
    await erase(shop, "c-2", tmp_path)
    await erase(shop, "c-3", tmp_path)
    async with database.session(readonly=True) as session:
        found = await reading.sample(session, drawn.id)
        items = await reading.items(session, drawn.id)
        left = await reading.next_item(session, drawn.id)
    assert (found.emails, found.read, found.random.rejected) == (2, 1, 1)
    assert sorted(item.customer.partition(":")[0] for item in items) == ["c-1", "erased", "erased"]
    assert {item.email_id for item in items if item.customer != "c-1"} == {""}
    assert left is not None
    assert left.customer == "c-1"


@pytest.mark.parametrize("consent_required", [True, False])
async def test_an_erased_customer_is_refused_also_where_the_brand_writes_to_strangers(
    sqlite_database: Database, tmp_path: Path, consent_required: bool
) -> None:
    shop = await PreparedShop.open(sqlite_database, customers=2)
    async with sqlite_database.session() as session:
        await save_brand(session, make_brand(consent_required=consent_required))
        await save_campaign(session, make_campaign(name="Again"))
    await erase(shop, "c-2", tmp_path)
    with pytest.raises(UnknownCustomer) as refused:
        await shop.compose(customer="c-2")
    assert refused.value.reason == "erased"
    assert (await shop.compose(customer="c-1")).path is not Way.SKIPPED


async def test_what_is_told_of_an_erased_customers_email_is_refused_with_the_reason(
    sqlite_database: Database, tmp_path: Path
) -> None:
    shop = await PreparedShop.open(sqlite_database, customers=2)
    hers, theirs = await shop.compose(customer="c-1"), await shop.compose(customer="c-2")
    await erase(shop, "c-1", tmp_path)
    outcomes = [Outcome(type="opened", email_id=email_id) for email_id in (hers.id, theirs.id, "msg_never")]
    async with sqlite_database.session() as session:
        report = await record(session, outcomes)
    assert report.accepted == 1
    assert [(one.pointer, one.reason) for one in report.rejected] == [
        ("/outcomes/0", "erased"),
        ("/outcomes/2", "unknown_email"),
    ]
    with pytest.raises(UnknownEmail):
        await shop.composer.get(hers.id)


async def test_what_was_written_to_a_guest_goes_with_the_account_they_made_later(
    database: Database, tmp_path: Path
) -> None:
    shop = await PreparedShop.open(database)
    guest = guest_id(database.keyring, "zoe@post.example")
    traits = {"email": "zoe@post.example", "email_consent": True}
    line = {"product_id": "gyokuro", "name": "Gyokuro 50 g", "category": "Green tea", "price": 12.5}
    async with database.session() as session:
        said = {"anonymousId": guest, "timestamp": (clock.now() - timedelta(days=5)).isoformat()}
        bought = {"order_id": "go", "total": 12.5, "currency": "GBP", "products": [line]}
        order = {"event": "Order Completed", "messageId": "g2", "properties": bought}
        await ingest(
            session,
            [{**said, "type": "identify", "messageId": "g1", "traits": traits}, {**said, "type": "track", **order}],
        )
    email = await shop.compose(customer=guest)
    assert email.html
    async with database.session() as session:
        await ingest(session, [identify(traits, user="zoe", anonymous=guest, message_id="g3")])
    await erase(shop, "zoe", tmp_path)
    assert await count(database, EmailRow) == await count(database, DecisionRow) == 0
    with pytest.raises(UnknownEmail) as gone:
        await shop.composer.get(email.id)
    assert gone.value.reason == "erased"


async def test_another_customer_whose_id_a_visitor_was_given_keeps_their_e_mails(
    sqlite_database: Database, tmp_path: Path
) -> None:
    shop = await PreparedShop.open(sqlite_database, customers=2)
    await shop.compose(customer="c-2")
    async with sqlite_database.session() as session:
        await ingest(session, [identify({}, user="c-1", anonymous="c-2", message_id="clumsy")])
    await erase(shop, "c-1", tmp_path)
    assert await count(sqlite_database, EmailRow) == await count(sqlite_database, DecisionRow) == 1
