"""Composing for many at once gives what composing one by one gives, and costs no more statements for more customers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from catalog.merchandising import Merchandising, ShowCap
from catalog.merchandising_store import save
from composer.batch import Batch, Prepared, Written
from composer.campaigns import UnknownCampaign, save_brand, save_campaign
from composer.contract import ComposeRequest, ComposeResult, Path
from composer.emails import recent_emails
from composer.service import Composer
from composer.strangers import UnknownCustomer
from composer.tables import EmailRow, RecordRow
from memory.ingest import ingest
from memory.recall import customer_id_of
from memory.tables import Contact, Customer
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.errors import PenfriendError
from tests.kit.consents import unsubscribe
from tests.kit.database import DatabaseFactory
from tests.kit.factories import LIBRARY, NOW, FixedPicker, make_brand, make_campaign, make_picks, make_request
from tests.kit.statements import counted
from tests.kit.writers import ScriptedWriter

pytestmark = pytest.mark.anyio

CUSTOMERS = tuple(f"c-{number}" for number in range(12))
NEVER_AGREED, LEFT, OFTEN_WRITTEN_TO, STRANGER, WRITTEN_TO_ALREADY = "c-1", "c-2", "c-3", "c-stranger", "c-4"
SOUND = {"pitch:sencha": "Sencha from Shizuoka, Japan, with a soft sweetness at the end."}


@pytest.fixture(autouse=True)
def _standing_still() -> Iterator[None]:
    with clock.frozen_at(NOW):
        yield


def events(customer: str) -> list[dict[str, Any]]:
    at = (NOW - timedelta(days=21)).isoformat()
    agreed = {} if customer == NEVER_AGREED else {"email_consent": True}
    traits = {"email": f"{customer}@post.example", "first_name": f"Maeve {customer}", **agreed}
    line = {"product_id": "gyokuro", "name": "Gyokuro 50 g", "category": "Green tea", "price": 12.5, "quantity": 1}
    order = {"order_id": f"o-{customer}", "total": 12.5, "currency": "GBP", "products": [line]}
    bought = {"type": "track", "messageId": f"t-{customer}", "event": "Order Completed", "properties": order}
    told = {"type": "identify", "messageId": f"i-{customer}", "traits": traits}
    return [{**message, "userId": customer, "timestamp": at} for message in (told, bought)]


def composer_over(database: Database, keyring: Keyring, picker: FixedPicker | None = None) -> Composer:
    writer = ScriptedWriter(lambda key, round_: SOUND.get(key))
    return Composer(
        database=database,
        keyring=keyring,
        library=LIBRARY,
        picker=picker or FixedPicker(make_picks()),
        writers=[writer],
    )


async def fill(database: Database, keyring: Keyring) -> None:
    """Customers of every kind: consenting, not, gone, written to often, written to already, held out."""
    async with database.session() as session:
        await save_brand(session, make_brand(max_emails_per_week=2))
        await save_campaign(session, make_campaign(brief={"holdout": 0.2}))
        await save_campaign(session, make_campaign(id="earlier"))
        await save(session, Merchandising(show_cap=ShowCap(times=3, days=30)))
        await ingest(session, [message for customer in CUSTOMERS for message in events(customer)])
        gone = await customer_id_of(session, LEFT)
        assert gone is not None
        await unsubscribe(session, gone)
    one = composer_over(database, keyring)
    for days_ago, customer in [(20, "c-5"), *((days, "c-6") for days in (50, 40, 30, 20, 10)), (3, OFTEN_WRITTEN_TO)]:
        with clock.frozen_at(NOW - timedelta(days=days_ago)):
            await one.compose(make_request(campaign="earlier", customer=customer, occasion=str(days_ago)))
    with clock.frozen_at(NOW - timedelta(days=1)):
        await one.compose(make_request(campaign="earlier", customer=OFTEN_WRITTEN_TO))
        await one.compose(make_request(customer=WRITTEN_TO_ALREADY))


@pytest.fixture
async def shop(database: Database, keyring: Keyring) -> Database:
    """A shop with customers of every kind."""
    await fill(database, keyring)
    return database


def requests(customers: Sequence[str] = CUSTOMERS, **changes: Any) -> list[ComposeRequest]:
    return [make_request(customer=customer, **changes) for customer in customers]


async def prepared(batch: Batch, asked: Sequence[ComposeRequest]) -> list[Prepared]:
    return await batch.prepare(asked, campaign_version=1, began=NOW)


async def written(batch: Batch, asked: Sequence[ComposeRequest]) -> list[Written]:
    return list(await asyncio.gather(*(batch.write(one) for one in await prepared(batch, asked))))


async def composed(
    batch: Batch, database: Database, asked: Sequence[ComposeRequest]
) -> list[ComposeResult | PenfriendError]:
    made = await written(batch, asked)
    async with database.session() as session:
        return await batch.store(session, made)


def told(result: ComposeResult | PenfriendError) -> dict[str, Any]:
    """What a customer or a marketer sees of it; ids and times taken are its own."""
    if isinstance(result, PenfriendError):
        return {"error": result.reason}
    return result.model_dump(mode="json", exclude={"id", "usage", "record", "headers"})


async def one_by_one(one: Composer, asked: Sequence[ComposeRequest]) -> list[ComposeResult | PenfriendError]:
    found: list[ComposeResult | PenfriendError] = []
    for request in asked:
        try:
            found.append(await one.compose(request))
        except UnknownCustomer as error:
            found.append(error)
    return found


async def ledger(database: Database) -> list[tuple[Any, ...]]:
    """Every row, with the shop's own ids."""
    query = select(Customer.external_id, Contact).where(col(Customer.id) == col(Contact.customer_id))
    async with database.session(readonly=True) as session:
        rows = (await session.execute(query)).all()
    return sorted((name, row.key, row.decision, row.reason, row.at, bool(row.email_id)) for name, row in rows)


async def test_a_batch_comes_to_what_single_e_mails_come_to(
    database_factory: DatabaseFactory, database: Database, keyring: Keyring
) -> None:
    asked = requests([*CUSTOMERS, STRANGER])
    await fill(database, keyring)
    other = Database.open(await database_factory.url(), keyring)
    await fill(other, keyring)
    single_picker, batch_picker = FixedPicker(make_picks()), FixedPicker(make_picks())
    singles = await one_by_one(composer_over(database, keyring, single_picker), asked)
    many = await composed(Batch(other, composer_over(other, keyring, batch_picker).steps), other, asked)
    reasons = {told(result).get("reason") or told(result)["error"] for result in singles}
    assert {"ok", "no_consent", "unsubscribed", "capped", "holdout", "unknown_customer"} <= reasons
    assert [told(result) for result in many] == [told(result) for result in singles]
    assert batch_picker.asked == single_picker.asked
    assert batch_picker.placements == single_picker.placements
    assert await ledger(other) == await ledger(database)
    await other.close()


async def test_an_e_mail_of_a_batch_is_read_and_replayed_like_any_other(shop: Database, keyring: Keyring) -> None:
    one = composer_over(shop, keyring)
    stored = await composed(Batch(shop, one.steps), shop, requests())
    emails = [result for result in stored if isinstance(result, ComposeResult) and result.path is not Path.SKIPPED]
    assert emails
    for email in emails:
        kept = await one.get(email.id)
        assert (kept.subject, kept.html, kept.text) == (email.subject, email.html, email.text)
        assert (await one.replay(email.id)).identical


async def test_of_each_customer_the_last_four_e_mails_of_sixty_days_are_known_newest_first(
    shop: Database, keyring: Keyring
) -> None:
    with clock.frozen_at(NOW - timedelta(days=61)):
        await composer_over(shop, keyring).compose(make_request(campaign="earlier", customer="c-5", occasion="old"))
    async with shop.session(readonly=True) as session:
        found = await recent_emails(session, ["c-5", "c-6", "c-7"], NOW)
    ages = {customer: [(NOW - email.at).days for email in emails] for customer, emails in found.items()}
    assert ages == {"c-5": [20], "c-6": [10, 20, 30, 40]}


async def test_the_e_mail_there_is_already_is_handed_out_and_not_written_again(
    shop: Database, keyring: Keyring
) -> None:
    one = composer_over(shop, keyring)
    batch = Batch(shop, one.steps)
    before = await one.compose(make_request(customer=WRITTEN_TO_ALREADY))
    [result] = await composed(batch, shop, requests([WRITTEN_TO_ALREADY]))
    assert isinstance(result, ComposeResult)
    assert result.model_dump_json() == before.model_dump_json()


async def test_a_second_run_of_the_same_start_comes_to_the_same_ids_and_bytes(
    database_factory: DatabaseFactory, shop: Database, keyring: Keyring
) -> None:
    other = Database.open(await database_factory.url(), keyring)
    await fill(other, keyring)
    first = await composed(Batch(shop, composer_over(shop, keyring).steps), shop, requests(occasion="again"))
    again = await composed(Batch(other, composer_over(other, keyring).steps), other, requests(occasion="again"))
    for one, same in zip(first, again, strict=True):
        assert isinstance(one, ComposeResult)
        assert isinstance(same, ComposeResult)
        assert (one.id, one.subject, one.text) == (same.id, same.subject, same.text)
    await other.close()


async def test_two_workers_that_store_the_same_people_end_with_one_e_mail_each(
    shop: Database, keyring: Keyring
) -> None:
    batches = [Batch(shop, composer_over(shop, keyring).steps) for _ in range(2)]
    asked = requests(occasion="race")
    ahead, behind = [await written(batch, order) for batch, order in zip(batches, (asked, asked[::-1]), strict=True)]

    async def store(batch: Batch, made: Sequence[Written]) -> list[ComposeResult | PenfriendError]:
        async with shop.session() as session:
            return await batch.store(session, made)

    one, two = await asyncio.gather(store(batches[0], ahead), store(batches[1], behind))
    assert [told(result) for result in two[::-1]] == [told(result) for result in one]
    emails = [result for result in one if isinstance(result, ComposeResult) and result.id]
    async with shop.session(readonly=True) as session:
        rows = (await session.execute(select(EmailRow).where(EmailRow.occasion == "race"))).scalars().all()
        records = set((await session.execute(select(RecordRow.hash))).scalars())
    assert {row.id for row in rows} == {result.id for result in emails}
    assert {row.record for row in rows} <= records
    sent = [row for row in await ledger(shop) if row[5] and row[4] == NOW]
    assert len(sent) == len(emails)


async def test_templates_of_a_transaction_that_was_rolled_back_are_stored_by_the_next(
    database: Database, keyring: Keyring
) -> None:
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())
        await ingest(session, events("c-0"))
    one = composer_over(database, keyring)
    batch = Batch(database, one.steps)
    made = await written(batch, requests(["c-0"]))
    with pytest.raises(KeyboardInterrupt):
        await store_and_be_interrupted(batch, database, made)
    async with database.session() as session:
        [stored] = await batch.store(session, made)
    assert isinstance(stored, ComposeResult)
    assert (await one.replay(stored.id)).identical


async def store_and_be_interrupted(batch: Batch, database: Database, made: Sequence[Written]) -> None:
    async with database.session() as session:
        await batch.store(session, made)
        raise KeyboardInterrupt


async def test_a_campaign_that_is_not_there_is_an_error_for_each(shop: Database, keyring: Keyring) -> None:
    batch = Batch(shop, composer_over(shop, keyring).steps)
    found = await composed(batch, shop, requests(CUSTOMERS[:2], campaign="spring"))
    assert [type(error) for error in found] == [UnknownCampaign, UnknownCampaign]


async def test_more_customers_take_no_more_statements(database: Database, keyring: Keyring) -> None:
    names = [f"c-{number}" for number in range(100, 118)]
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())
        await ingest(session, [message for name in names for message in events(name)])
    batch = Batch(database, composer_over(database, keyring).steps)
    await composed(batch, database, requests(names, occasion="first"))
    few = await statements_for(batch, database, requests(names[:2], occasion="second"))
    many = await statements_for(batch, database, requests(names, occasion="third"))
    assert many == few
    reading, storing = many
    # One of them: which alarms stand, so that a fall-back holds at once in every process.
    assert reading <= 11
    # The beginning or the locks, who was erased, contacts so far, consent once more, e-mails, records, the ledger, the
    # log of decisions; templates are known.
    assert storing <= 9


async def statements_for(batch: Batch, database: Database, asked: Sequence[ComposeRequest]) -> tuple[int, int]:
    """Reading, storing."""
    with counted() as reading:
        await prepared(batch, asked)
    made = await written(batch, asked)
    with counted() as storing:
        async with database.session() as session:
            await batch.store(session, made)
    return len(reading), len(storing)
