"""What is handed out of a prepared e-mail after the shop has changed under it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlmodel import select

from catalog.view import CatalogView
from composer.campaigns import save_brand, save_campaign
from composer.contract import Path, Rung
from composer.emails import UnknownEmail
from composer.finish import Finisher
from composer.freshness import Freshness, Withdrawn
from composer.links import Links
from composer.reviews.deciding import Seen, reject
from composer.reviews.model import RejectReason
from composer.stored import StoredEmail
from composer.tables import EmailRevisionRow, EmailRow
from memory.tables import Contact, Customer
from store import clock
from store.database import Database
from tests.kit.catalog import view
from tests.kit.factories import LIBRARY, NOW, make_brand, make_campaign, make_product, make_request
from tests.kit.prepared import PreparedShop
from tests.kit.shelf import TestShelf
from tests.kit.statements import counted
from tests.kit.writers import ScriptedWriter

pytestmark = pytest.mark.anyio

MakeShop = Callable[..., "Shop"]
SAID = {
    "opening": "We thought of your mornings, and of green tea.",
    "pitch:sencha": "Sencha from Shizuoka, Japan, with a soft sweetness at the end.",
    "pitch:kettle": "A copper kettle with a slim spout.",
    "pitch:cup": "A small stoneware cup with a dark slate finish.",
}


@pytest.fixture
async def open_shop(sqlite_database: Database) -> MakeShop:
    """Opens a shop in which a model says `said`."""
    return await maker(sqlite_database)


@pytest.fixture
async def open_shop_anywhere(database: Database) -> MakeShop:
    """As `open_shop`, on both databases."""
    return await maker(database)


async def maker(database: Database) -> MakeShop:
    first = await PreparedShop.open(database)

    def make(shelf: TestShelf | None = None, said: dict[str, str] | None = None) -> Shop:
        return Shop(first.database, shelf or TestShelf(), SAID if said is None else said)

    return make


class Shop(PreparedShop):
    """With a writer that can be asked what it was asked."""

    def __init__(self, database: Database, shelf: TestShelf, said: dict[str, str]) -> None:
        self.writer = ScriptedWriter(lambda key, round_: said.get(key))
        super().__init__(database, shelf, [self.writer])


async def revisions(database: Database) -> list[EmailRevisionRow]:
    async with database.session(readonly=True) as session:
        rows = (await session.execute(select(EmailRevisionRow).order_by("number"))).scalars()
        return list(rows)


async def test_an_e_mail_whose_shop_stands_as_it_was_comes_as_it_is_stored(open_shop: MakeShop) -> None:
    shop = open_shop()
    email = await shop.compose()
    shop.shelf.change("sencha", stock=3, attributes={"origin": "Shizuoka, Japan", "weight": "100 g", "grade": "A"})
    assert await shop.now(email) == email
    assert await revisions(shop.database) == []


async def test_a_new_price_is_what_the_recipient_reads_and_the_old_one_stands_nowhere(open_shop: MakeShop) -> None:
    shop = open_shop()
    email = await shop.compose()
    shop.shelf.change("sencha", price=Decimal("13.75"))
    fresh = await shop.now(email)
    assert "£13.75" in fresh.html
    assert "£13.75" in fresh.text
    assert "12.50" not in fresh.html + fresh.text + fresh.subject + fresh.preheader
    assert {pick.product_id: pick.price for pick in fresh.picks}["sencha"] == "£13.75"


async def test_what_the_model_wrote_stays_as_long_as_it_is_true(open_shop: MakeShop) -> None:
    shop = open_shop()
    email = await shop.compose()
    asked = list(shop.writer.asked)
    shop.shelf.change("sencha", price=Decimal("13.75"))
    fresh = await shop.now(email)
    assert fresh.path is Path.MODEL
    assert SAID["pitch:sencha"] in fresh.html
    assert fresh.usage == email.usage
    assert shop.writer.asked == asked


async def test_a_text_that_is_no_longer_true_gives_way_to_a_template(open_shop: MakeShop) -> None:
    shop = open_shop(said={**SAID, "pitch:cup": "A stoneware cup with a dark slate finish for £9.00."})
    email = await shop.compose()
    assert {block.key: block.rung for block in email.blocks}["pitch:cup"] is Rung.MODEL
    shop.shelf.change("cup", price=Decimal("11.00"))
    fresh = await shop.now(email)
    blocks = {block.key: block for block in fresh.blocks}
    assert blocks["pitch:cup"].rung is Rung.TEMPLATE_BLOCK
    assert blocks["pitch:sencha"].rung is Rung.MODEL
    assert "£9.00" not in fresh.html + fresh.text


async def test_a_sale_that_has_ended_is_no_longer_claimed(open_shop: MakeShop) -> None:
    shop = open_shop()
    shop.shelf.change("cup", sale_price=Decimal("7.00"), sale_price_ends=NOW + timedelta(hours=2))
    with clock.frozen_at(NOW):
        email = await shop.compose()
        assert "£7.00" in email.text
        assert await shop.now(email) == email
    with clock.frozen_at(NOW + timedelta(hours=3)):
        fresh = await shop.now(email)
    assert "£7.00" not in fresh.html + fresh.text
    assert "£9.00" in fresh.text


@pytest.mark.parametrize("how", ["sold out", "gone"])
async def test_what_cannot_be_bought_is_not_shown(open_shop: MakeShop, how: str) -> None:
    shop = open_shop()
    email = await shop.compose()
    if how == "gone":
        shop.shelf.remove("kettle")
    else:
        shop.shelf.change("kettle", availability="out_of_stock")
    fresh = await shop.now(email)
    assert [pick.product_id for pick in fresh.picks] == ["sencha", "cup"]
    assert "Kettle" not in fresh.html + fresh.text + fresh.subject


async def test_too_few_products_are_filled_up_with_others_and_their_templates(open_shop: MakeShop) -> None:
    least = LIBRARY.flow("newsletter").picks.minimum
    shop = open_shop()
    email = await shop.compose()
    for pick in email.picks[: len(email.picks) - least + 1]:
        shop.shelf.remove(pick.product_id)
    tray = make_product("tray", title="Oak Tray", description="A plain oak tray.", attributes={"material": "oak"})
    shop.shelf.change("tray", **tray.model_dump(exclude={"id"}))
    fresh = await shop.now(email)
    assert len(fresh.picks) == least
    assert fresh.picks[-1].product_id == "tray"
    assert {block.key: block.rung for block in fresh.blocks}["pitch:tray"] is Rung.TEMPLATE_BLOCK
    assert "Oak Tray" in fresh.html


async def test_when_nothing_can_be_shown_the_e_mail_is_withdrawn_and_comes_back_with_the_stock(
    open_shop: MakeShop,
) -> None:
    shop = open_shop()
    email = await shop.compose()
    before = dict(shop.shelf.products)
    for name in before:
        shop.shelf.remove(name)
    assert await shop.why_not(email) == "too_few_picks"
    shop.shelf.products = before
    shop.shelf.change()
    assert await shop.now(email) == email


async def test_a_price_beyond_the_briefs_limit_takes_the_product_out(open_shop: MakeShop) -> None:
    shop = open_shop()
    async with shop.database.session() as session:
        await save_campaign(session, make_campaign(id="under50", brief={"limits": {"max_price": "50"}}))
    email = await shop.compose(campaign="under50")
    shop.shelf.change("kettle", price=Decimal("52.00"))
    assert "kettle" not in [pick.product_id for pick in (await shop.now(email)).picks]


async def test_an_offer_that_has_ended_is_no_longer_named(open_shop: MakeShop) -> None:
    shop = open_shop(said={})
    offer = {"id": "ten", "kind": "percent", "value": 10, "code": "HELLO10", "expires": "2026-11-22"}
    async with shop.database.session() as session:
        await save_campaign(session, make_campaign("win_back", id="back", brief={"offers": [offer]}))
    with clock.frozen_at(NOW):
        email = await shop.compose(campaign="back")
    assert "HELLO10" in email.text
    assert email.offer_ends == date(2026, 11, 22)
    with clock.frozen_at(datetime(2026, 11, 22, 23, tzinfo=UTC)):
        assert await shop.now(email) == email
    with clock.frozen_at(datetime(2026, 11, 23, 1, tzinfo=UTC)):
        fresh = await shop.now(email)
    assert "HELLO10" not in fresh.html + fresh.text + fresh.subject
    assert fresh.offer_ends is None


async def test_a_new_link_is_followed(open_shop: MakeShop) -> None:
    shop = open_shop()
    email = await shop.compose()
    shop.shelf.change("cup", link="https://harbourleaf.example/new/cup")
    fresh = await shop.now(email)
    assert "https://harbourleaf.example/new/cup" in fresh.html
    assert "https://harbourleaf.example/p/cup" not in fresh.html + fresh.text


async def test_what_was_rebuilt_is_stored_and_given_to_everyone_after(open_shop_anywhere: MakeShop) -> None:
    shop = open_shop_anywhere()
    email = await shop.compose()
    shop.shelf.change("sencha", price=Decimal("13.75"))
    fresh = await shop.now(email)
    assert fresh.id == email.id
    assert fresh.revision == 1
    assert await shop.now(email) == fresh
    assert await shop.composer.get(email.id) == fresh
    assert await shop.compose() == fresh
    [row] = await revisions(shop.database)
    assert (row.number, row.why) == (1, ["price"])
    assert (row.record_before, row.record_after) == (email.record, fresh.record)


async def test_replay_proves_the_e_mail_as_it_is_and_as_it_was(open_shop_anywhere: MakeShop) -> None:
    shop = open_shop_anywhere()
    email = await shop.compose()
    shop.shelf.change("sencha", price=Decimal("13.75"))
    await shop.now(email)
    shop.shelf.remove("kettle")
    await shop.now(email)
    for revision in (None, 0, 1, 2):
        report = await shop.composer.replay(email.id, revision=revision)
        assert report.identical, (revision, report.differences)


async def test_two_who_ask_at_once_get_the_same_bytes_out_of_one_rebuilding(open_shop_anywhere: MakeShop) -> None:
    shop = open_shop_anywhere()
    email = await shop.compose()
    others = open_shop_anywhere(shop.shelf)
    shop.shelf.change("sencha", price=Decimal("13.75"))
    asked = [shop.now(email) for _ in range(4)] + [others.now(email) for _ in range(4)]
    found = await asyncio.gather(*asked)
    assert {one.html for one in found} == {found[0].html}
    assert [row.number for row in await revisions(shop.database)] == [1]


class Interrupted(Freshness):
    """Somebody rejects every e-mail at one moment: before it is rebuilt and stored, or after it was looked at."""

    moment = ""

    async def _rebuild(self, email: StoredEmail, why: frozenset[str]) -> None:
        await super()._rebuild(email, why)
        await self._reject("rebuilt")

    async def current_many(self, email_ids: Sequence[str]) -> dict[str, StoredEmail | Withdrawn]:
        """See `Freshness.current_many`."""
        found = await super().current_many(email_ids)
        await self._reject("looked at")
        return found

    async def _reject(self, moment: str) -> None:
        if moment != self.moment:
            return
        async with self._database.session() as session:
            for email_id in (await session.execute(select(EmailRow.id))).scalars().all():
                await reject(session, email_id, Seen("account:ada"), [RejectReason.DULL])


@pytest.mark.parametrize("moment", ["rebuilt", "looked at"])
async def test_what_is_rejected_at_the_last_moment_does_not_go_out(open_shop_anywhere: MakeShop, moment: str) -> None:
    shop = open_shop_anywhere()
    email = await shop.compose()
    shop.shelf.change("sencha", price=Decimal("13.75"))
    late = Interrupted(
        database=shop.database,
        library=LIBRARY,
        shelf=shop.shelf,
        finisher=Finisher(LIBRARY, Links(shop.database.keyring)),
    )
    late.moment = moment
    # Whoever only reads it asks no contact rules, so nothing but the rebuilding itself looks again.
    asked = late.current_many if moment == "rebuilt" else late.going_out
    found = (await asked([email.id]))[email.id]
    assert isinstance(found, Withdrawn)
    assert (found.reason, found.detail) == ("rejected", "A reviewer rejected this e-mail.")
    async with shop.database.session(readonly=True) as session:
        rows = (await session.execute(select(Contact.decision, Contact.reason))).all()
    assert ("sent", "ok") not in [tuple(row) for row in rows]


async def test_who_has_unsubscribed_since_gets_nothing_and_the_ledger_says_so(open_shop_anywhere: MakeShop) -> None:
    shop = open_shop_anywhere()
    email = await shop.compose()
    await shop.unsubscribe("c-1")
    assert await shop.why_not(email) == "unsubscribed"
    assert await shop.why_not(email) == "unsubscribed"
    async with shop.database.session(readonly=True) as session:
        rows = (await session.execute(select(Contact))).scalars().all()
    assert [(row.reason, row.email_id) for row in rows if row.decision == "skipped"] == [("unsubscribed", email.id)]


async def test_an_unknown_e_mail_is_an_error(open_shop: MakeShop) -> None:
    with pytest.raises(UnknownEmail):
        await open_shop().freshness.current("msg_none")


async def test_many_are_read_at_once_and_come_in_the_order_asked_for(open_shop_anywhere: MakeShop) -> None:
    shop = open_shop_anywhere()
    emails = [await shop.compose(occasion=str(number)) for number in range(3)]
    wanted = [emails[number].id for number in (2, 0, 1)]
    assert list(await shop.freshness.current_many(wanted)) == wanted


async def test_what_is_prepared_is_found_under_its_key_and_nothing_under_others(open_shop_anywhere: MakeShop) -> None:
    shop = open_shop_anywhere()
    assert await shop.freshness.prepared(make_request()) is None
    email = await shop.compose()
    found = await shop.freshness.prepared(make_request())
    assert isinstance(found, StoredEmail)
    assert found.result == email
    for other in ({"campaign": "unknown"}, {"step": "unknown"}, {"customer": "c-2"}, {"occasion": "2"}):
        assert await shop.freshness.prepared(make_request(**other)) is None
    async with shop.database.session() as session:
        await save_campaign(session, make_campaign(name="Another letter"))
    assert await shop.freshness.prepared(make_request()) is None


async def test_a_pull_of_what_stands_as_it_was_asks_the_database_once(open_shop_anywhere: MakeShop) -> None:
    shop = open_shop_anywhere()
    email = await shop.compose()
    await shop.freshness.prepared(make_request())
    with counted() as statements:
        found = await shop.freshness.prepared(make_request())
    assert isinstance(found, StoredEmail)
    assert found.result == email
    assert sum(statement.startswith("SELECT") for statement in statements) == 1


async def test_a_brand_whose_sender_holds_consent_hands_on_to_strangers_but_not_against_a_no(
    open_shop: MakeShop,
) -> None:
    shop = open_shop()
    async with shop.database.session() as session:
        await save_brand(session, make_brand(id="open", consent_required=False))
        await save_campaign(session, make_campaign(id="letter", brand="open"))
    stranger = await shop.compose(campaign="letter", customer="stranger")
    known = await shop.compose(campaign="letter")
    assert await shop.now(stranger) == stranger
    await shop.unsubscribe("c-1")
    assert await shop.why_not(known) == "unsubscribed"


async def test_a_customer_who_was_deleted_gets_nothing(open_shop: MakeShop) -> None:
    shop = open_shop()
    email = await shop.compose()
    async with shop.database.session() as session:
        # As an erasure does: nothing leads from the shop's id to a person any more.
        await session.execute(update(Customer).values(external_id=None))
    assert await shop.why_not(email) == "unknown_customer"


class Restless(TestShelf):
    """Another price at every look."""

    @property
    def view(self) -> CatalogView:
        cup = self.products["cup"]
        self.products["cup"] = cup.model_copy(update={"price": (cup.price or 0) + 1})
        return view(self.products.values())

    @view.setter
    def view(self, made: CatalogView) -> None:
        pass


async def test_a_catalog_that_turns_faster_than_e_mails_are_rebuilt_sends_none(open_shop: MakeShop) -> None:
    email = await open_shop().compose()
    assert await open_shop(Restless()).why_not(email) == "catalog_unsettled"
