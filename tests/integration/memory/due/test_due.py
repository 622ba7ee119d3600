"""Who is due, out of the database: kept up with what changed, and with what was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from memory.due.answering import BadCursor, Due, DuePage, due_now
from memory.due.following import CYCLES, VERSION
from memory.due.making import keep_up
from memory.due.news import Announced, announce
from memory.due.rules import Thresholds, UnknownFlow, due_rules
from memory.due.tables import AgendaRow, StaleRow, WantedRow
from memory.ingest import ingest
from memory.learned import Learned, save_learned
from memory.ledger import Decided, record_contacts
from memory.recall import customer_id_of
from store import clock
from store.database import Database
from store.ids import CustomerId
from tests.kit.consents import grant, unsubscribe
from tests.kit.events import KETTLE, NOW, TEA, identify, order, track
from tests.kit.factories import LIBRARY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = {str(flow.name): [(step.name, step.after) for step in flow.steps] for flow in LIBRARY.flows}
RULES = due_rules(STEPS)


def said_yes(user: str = "u1", *, days_ago: float = 50) -> dict[str, Any]:
    return identify({"email_consent": True}, user=user, days_ago=days_ago)


def added(user: str = "u1", *, days_ago: float = 0) -> dict[str, Any]:
    return track("Product Added", KETTLE, user=user, days_ago=days_ago)


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    """A shop whose clock stands at the time of the last events."""
    with clock.frozen_at(NOW):
        yield Shop(database)


class Shop:
    """A database, asked as the edge asks it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.rules = RULES

    async def hear(self, *messages: dict[str, Any], at: datetime = NOW) -> None:
        async with self.database.session() as session:
            report = await ingest(session, messages, received_at=at)
        assert not report.rejected

    async def page(self, flow: str, at: datetime = NOW, **options: Any) -> DuePage:
        await keep_up(self.database, self.rules, at)
        async with self.database.session(readonly=True) as session:
            return await due_now(session, flow, at, **options)

    async def due(self, flow: str, at: datetime = NOW, **options: Any) -> list[tuple[str, str]]:
        """(customer, step)"""
        page = await self.page(flow, at, **options)
        assert page.behind == 0
        return [(one.customer, one.step) for one in page.due]

    async def contact(self, due: Due, at: datetime, **changes: Any) -> None:
        """What composing writes down when it writes to somebody, or not."""
        values = {"decision": "sent", "reason": "ok", "step": due.step, "occasion": due.occasion} | changes
        async with self.database.session() as session:
            customer = await customer_id_of(session, due.customer)
            assert customer is not None
            row = Decided(
                key=f"{due.customer}{due.flow}{at}{values}",
                customer_id=customer,
                campaign="c",
                rule_version="1",
                at=at,
                flow=due.flow,
                **values,
            )
            await record_contacts(session, [row])

    async def customer(self, user: str = "u1") -> CustomerId:
        async with self.database.session(readonly=True) as session:
            found = await customer_id_of(session, user)
        assert found is not None
        return found


class TestAsking:
    async def test_a_cart_is_due_step_by_step(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added())
        seen = {}
        for hours in (0.5, 1, 23, 24, 60, 73):
            seen[hours] = await shop.due("abandoned_cart", NOW + hours * HOUR)
        assert seen == {
            0.5: [],
            1: [("u1", "reminder")],
            23: [("u1", "reminder")],
            24: [("u1", "closer_look")],
            60: [("u1", "last_note")],
            73: [],
        }

    async def test_an_answer_is_ready_to_be_sent(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added())
        page = await shop.page("abandoned_cart", NOW + 2 * HOUR)
        [due] = page.due
        assert (due.customer, due.flow, due.step) == ("u1", "abandoned_cart", "reminder")
        assert 0 < len(due.occasion) <= 128
        assert (due.due_since, due.until) == (NOW + HOUR, NOW + DAY)
        assert due.reason == "Filled a cart from 1 June 2026 on and has not ordered since."
        assert page.next_ask_after == NOW + 2 * HOUR + timedelta(minutes=5)

    async def test_asking_twice_gives_the_same_until_they_are_contacted(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added())
        at = NOW + 2 * HOUR
        first = await shop.page("abandoned_cart", at)
        assert await shop.page("abandoned_cart", at) == first
        await shop.contact(first.due[0], at)
        assert await shop.due("abandoned_cart", at) == []

    async def test_an_order_since_the_last_time_is_taken_in(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added())
        assert await shop.due("abandoned_cart", NOW + 2 * HOUR) == [("u1", "reminder")]
        later = NOW + 3 * HOUR
        bought = order("o1", KETTLE) | {"timestamp": later.isoformat()}
        await shop.hear(bought, at=later)
        assert await shop.due("abandoned_cart", later) == []

    async def test_pages_follow_one_another_without_a_gap(self, shop: Shop) -> None:
        for number in range(7):
            await shop.hear(said_yes(f"u{number}"), added(f"u{number}", days_ago=number / 100))
        at = NOW + 2 * HOUR
        whole = await shop.due("abandoned_cart", at)
        assert len(whole) == 7
        found: list[Due] = []
        cursor = ""
        while True:
            page = await shop.page("abandoned_cart", at, limit=2, cursor=cursor)
            found += page.due
            cursor = page.cursor
            if not cursor:
                break
        assert [(one.customer, one.step) for one in found] == whole
        assert [one.due_since for one in found] == sorted(one.due_since for one in found)

    async def test_one_step_alone_can_be_asked_for(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added())
        assert await shop.due("abandoned_cart", NOW + 2 * HOUR, step="closer_look") == []
        assert await shop.due("abandoned_cart", NOW + 2 * HOUR, step="reminder") == [("u1", "reminder")]

    async def test_what_is_not_there_to_ask_for_is_an_error(self, shop: Shop) -> None:
        with pytest.raises(UnknownFlow):
            await shop.page("newsletter")
        with pytest.raises(BadCursor):
            await shop.page("welcome", cursor="nonsense")

    async def test_nobody_is_due_before_the_first_agenda_is_made_and_the_answer_says_so(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added())
        async with shop.database.session(readonly=True) as session:
            page = await due_now(session, "abandoned_cart", NOW + 2 * HOUR)
        assert (page.due, page.behind) == ((), 1)


class TestConsent:
    async def test_who_never_said_yes_is_not_due_unless_consent_is_kept_elsewhere(self, shop: Shop) -> None:
        await shop.hear(added())
        at = NOW + 2 * HOUR
        assert await shop.due("abandoned_cart", at) == []
        assert await shop.due("abandoned_cart", at, consent_required=False) == [("u1", "reminder")]

    async def test_who_unsubscribes_is_not_due_any_more_for_anybody(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added())
        at = NOW + 2 * HOUR
        assert await shop.due("abandoned_cart", at) == [("u1", "reminder")]
        async with shop.database.session() as session:
            await unsubscribe(session, await shop.customer(), at=at)
        assert await shop.due("abandoned_cart", at, consent_required=False) == []

    async def test_who_says_yes_is_welcome(self, shop: Shop) -> None:
        await shop.hear(track("Product Viewed", KETTLE, days_ago=40))
        assert await shop.due("welcome") == []
        async with shop.database.session() as session:
            await grant(session, await shop.customer(), at=NOW, proof={})
        assert await shop.due("welcome", NOW + HOUR) == [("u1", "hello")]

    async def test_visitors_without_a_name_are_nobodys_audience(self, shop: Shop) -> None:
        await shop.hear(track("Product Added", KETTLE, user=None, anonymous="a1"))
        assert await shop.due("abandoned_cart", NOW + 2 * HOUR, consent_required=False) == []
        await shop.hear(identify({"email_consent": True}, user="u1", anonymous="a1"))
        assert await shop.due("abandoned_cart", NOW + 2 * HOUR) == [("u1", "reminder")]
        async with shop.database.session(readonly=True) as session:
            customers = set((await session.execute(select(col(AgendaRow.customer_id)))).scalars())
        assert customers == {await shop.customer()}


class TestContacts:
    async def test_the_next_step_waits_for_half_the_planned_time(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added())
        late = NOW + 23 * HOUR
        [due] = (await shop.page("abandoned_cart", late)).due
        await shop.contact(due, late)
        assert await shop.due("abandoned_cart", NOW + 25 * HOUR) == []
        assert await shop.due("abandoned_cart", NOW + 35 * HOUR) == [("u1", "closer_look")]

    async def test_the_first_step_of_a_patient_flow_comes_first(self, shop: Shop) -> None:
        await shop.hear(said_yes(days_ago=300), order("o1", TEA, days_ago=250))
        assert await shop.due("win_back") == [("u1", "hello_again")]
        assert await shop.due("win_back", step="something_small") == []
        [due] = (await shop.page("win_back")).due
        await shop.contact(due, NOW)
        assert await shop.due("win_back", NOW + DAY) == []
        assert await shop.due("win_back", NOW + 8 * DAY) == [("u1", "something_small")]

    async def test_another_cart_the_next_day_is_left_in_peace(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added(days_ago=1))
        [due] = (await shop.page("abandoned_cart", NOW - 20 * HOUR)).due
        await shop.contact(due, NOW - 20 * HOUR)
        await shop.hear(order("o1", KETTLE, days_ago=0.5), added())
        assert await shop.due("abandoned_cart", NOW + 2 * HOUR) == []

    @pytest.mark.parametrize(
        ("changes", "due_again"),
        [
            pytest.param({"decision": "skipped", "reason": "holdout"}, False, id="held out"),
            pytest.param({"decision": "skipped", "reason": "capped"}, True, id="capped"),
            pytest.param({"decision": "skipped", "reason": "other_experiment"}, True, id="kept for another campaign"),
            pytest.param({"decision": "deferred", "reason": "quiet_hours"}, False, id="deferred: in other hands"),
            pytest.param({"occasion": ""}, False, id="sent without naming the occasion"),
            pytest.param({"step": "closer_look", "occasion": "another"}, False, id="sent about another just now"),
        ],
    )
    async def test_what_the_ledger_says_counts(self, shop: Shop, changes: dict[str, Any], due_again: bool) -> None:
        await shop.hear(said_yes(), added())
        at = NOW + 2 * HOUR
        [due] = (await shop.page("abandoned_cart", at)).due
        await shop.contact(due, at, **changes)
        assert bool(await shop.due("abandoned_cart", at)) == due_again

    async def test_a_customer_comes_once_whatever_else_they_wait_for(self, shop: Shop) -> None:
        bought = [order(f"o{days}{name}", product, days_ago=days) for days in (60, 40, 20) for name, product in BOTH]
        await shop.hear(said_yes(days_ago=90), *bought, order("o0", TEA, days_ago=11))
        assert len(await shop.due("replenishment", NOW + 6 * DAY)) == 1


BOTH = (("tea", TEA), ("kettle", KETTLE))


class TestNews:
    async def told(self, shop: Shop, at: datetime, *announced: Announced) -> None:
        async with shop.database.session() as session:
            await announce(session, announced, at)

    async def test_who_wants_a_product_is_due_when_it_becomes_cheaper(self, shop: Shop) -> None:
        wish = track("Product Added to Wishlist", KETTLE, days_ago=9)
        await shop.hear(said_yes(), said_yes("u2"), wish, track("Product Viewed", KETTLE, user="u2", days_ago=3))
        assert await shop.due("price_drop") == []
        await self.told(shop, NOW, Announced("p1", "price_drop", Decimal(60), Decimal(50), "EUR"))
        assert await shop.due("price_drop", NOW + 3 * HOUR) == [("u1", "lower_price")]
        assert await shop.due("back_in_stock", NOW + 3 * HOUR) == []

    async def test_each_change_is_an_occasion_of_its_own(self, shop: Shop) -> None:
        await shop.hear(said_yes(), track("Product Added to Wishlist", KETTLE, days_ago=9))
        occasions = []
        for days in (0, 10):
            at = NOW + days * DAY
            await self.told(shop, at, Announced("p1", "back_in_stock"))
            [due] = (await shop.page("back_in_stock", at)).due
            await shop.contact(due, at)
            assert await shop.due("back_in_stock", at + DAY) == []
            occasions.append(due.occasion)
        assert len(set(occasions)) == 2

    async def test_when_it_is_gone_again_nobody_is_due(self, shop: Shop) -> None:
        await shop.hear(said_yes(), track("Product Added to Wishlist", KETTLE, days_ago=9))
        await self.told(shop, NOW, Announced("p1", "back_in_stock"))
        assert await shop.due("back_in_stock") == [("u1", "available")]
        await self.told(shop, NOW + HOUR, Announced("p1", "back_in_stock", over=True))
        assert await shop.due("back_in_stock", NOW + 2 * HOUR) == []

    async def test_who_bought_it_meanwhile_is_not_due(self, shop: Shop) -> None:
        await shop.hear(said_yes(), track("Product Added to Wishlist", KETTLE, days_ago=9))
        await self.told(shop, NOW, Announced("p1", "back_in_stock"))
        await shop.hear(order("o1", KETTLE))
        assert await shop.due("back_in_stock") == []
        async with shop.database.session(readonly=True) as session:
            assert await session.scalar(select(func.count()).select_from(WantedRow)) == 0


class TestKeepingUp:
    async def test_only_what_changed_is_made_again(self, shop: Shop) -> None:
        for number in range(5):
            await shop.hear(added(f"u{number}"))
        assert await keep_up(shop.database, RULES, NOW) == 5
        assert await keep_up(shop.database, RULES, NOW) == 0
        await shop.hear(added("u3"))
        assert await keep_up(shop.database, RULES, NOW) == 1

    async def test_other_rules_make_every_agenda_anew(self, shop: Shop) -> None:
        await shop.hear(said_yes(), *(order(f"o{days}", TEA, days_ago=days) for days in (3, 2, 1)))
        assert await shop.due("vip") == []
        shop.rules = due_rules(STEPS, Thresholds(vip_orders=3))
        assert await shop.due("vip") == [("u1", "thank_you")]

    async def test_what_was_written_about_leaves_the_agenda(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added())
        at = NOW + 2 * HOUR
        [due] = (await shop.page("abandoned_cart", at)).due
        await shop.contact(due, at)
        await shop.page("abandoned_cart", at)
        async with shop.database.session(readonly=True) as session:
            query = select(col(AgendaRow.step)).where(col(AgendaRow.flow) == "abandoned_cart")
            steps = set((await session.execute(query)).scalars())
        assert steps == {"closer_look", "last_note"}

    @pytest.mark.parametrize(
        ("learned", "made"),
        [
            pytest.param({"products": {"p2": 20.0}, "categories": {}}, 2, id="something lasts otherwise"),
            pytest.param({"products": {}, "categories": {}}, 0, id="all as it was"),
        ],
    )
    async def test_what_the_shop_learns_anew_makes_every_agenda_anew(
        self, shop: Shop, learned: dict[str, Any], made: int
    ) -> None:
        await shop.hear(added("u1"), added("u2"))
        assert await keep_up(shop.database, RULES, NOW) == 2
        async with shop.database.session() as session:
            await save_learned(session, Learned(CYCLES, VERSION, NOW - 2 * DAY, learned))
        assert await keep_up(shop.database, RULES, NOW) == made
        assert await keep_up(shop.database, RULES, NOW) == 0

    async def test_what_is_left_for_the_next_time_is_counted(self, shop: Shop) -> None:
        customers = 260
        await shop.hear(*(added(f"u{number}") for number in range(customers)))
        assert await keep_up(shop.database, RULES, NOW, most=1) == 250
        async with shop.database.session(readonly=True) as session:
            page = await due_now(session, "abandoned_cart", NOW + 2 * HOUR, consent_required=False)
        assert (len(page.due), page.behind) == (250, 10)

    async def test_the_next_birthday_follows(self, shop: Shop) -> None:
        await shop.hear(identify({"email_consent": True, "birthday": "1985-12-10", "timezone": "Europe/Vienna"}))
        years = [datetime(year, 12, 10, 12, tzinfo=NOW.tzinfo) for year in (2026, 2027)]
        assert [await shop.due("birthday", at) for at in years] == [[("u1", "wishes")]] * 2
        assert await shop.due("birthday", years[1] + DAY) == []

    async def test_someone_who_is_gone_leaves_nothing_behind(self, shop: Shop) -> None:
        await shop.hear(said_yes(), added())
        await shop.page("abandoned_cart")
        async with shop.database.session() as session:
            await unsubscribe(session, await shop.customer(), at=NOW)
        await shop.page("abandoned_cart")
        async with shop.database.session(readonly=True) as session:
            counts = [
                await session.scalar(select(func.count()).select_from(model))
                for model in (AgendaRow, WantedRow, StaleRow)
            ]
        assert counts == [0, 0, 0]
