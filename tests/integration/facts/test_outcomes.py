"""What came of each e-mail: into its decision, under rules that have a version, in whatever order it was reported."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from api.erasing import Eraser
from api.settings import Settings
from composer.bandit.reward import Kind, kind_of
from composer.bandit.tables import DecisionRow
from composer.campaigns import save_campaign
from composer.facts.counting import count
from composer.facts.episodes import Span, reached
from composer.facts.forgetting import forget_episodes
from composer.facts.people import people
from composer.facts.rules import AttributionRules
from composer.facts.ruling import current, history, put_in_force
from composer.facts.updating import book_of, update_facts
from composer.facts.writing import write
from memory.ingest import ingest
from memory.ledger import move_contacts
from tests.kit.events import identify
from tests.kit.factories import make_campaign
from tests.kit.outcomes import DAY, HOUR, NOW, SENT, Shop

pytestmark = pytest.mark.anyio
LINE = {"product_id": "p1", "price": 30, "quantity": 1}


class Happened(NamedTuple):
    """An event, and when it came in."""

    customer: str
    name: str
    at: datetime
    received_at: datetime
    properties: dict[str, Any]

    async def report(self, shop: Shop) -> None:
        await shop.did(self.customer, self.name, self.at, received_at=self.received_at, **self.properties)


async def rule(shop: Shop, **changes: Any) -> AttributionRules:
    rules = AttributionRules(**changes)
    async with shop.database.session() as session:
        await put_in_force(session, rules, "test")
    return rules


async def ordered(shop: Shop, customer: str, at: Any, order_id: str, total: float = 30, **more: Any) -> None:
    await shop.did(customer, "Order Completed", at, order_id=order_id, total=total, **{"currency": "GBP", **more})


async def counted(shop: Shop, email_id: str, now: Any = NOW) -> DecisionRow:
    await update_facts(shop.database, now)
    return (await shop.outcomes())[email_id]


async def test_an_order_after_a_click_is_the_e_mails_and_one_before_it_is_not(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.did("ada", "Email Delivered", SENT, email_id=email)
    await ordered(shop, "ada", SENT + HOUR, "before")
    await shop.did("ada", "Email Link Clicked", SENT + 2 * HOUR, email_id=email)
    await ordered(shop, "ada", SENT + 3 * HOUR, "after")
    await ordered(shop, "ada", SENT + 6 * DAY, "long after")
    found = await counted(shop, email)
    assert (found.delivered, found.clicked, found.opened, found.orders, found.revenue) == (
        True,
        True,
        False,
        1,
        300_000,
    )
    assert (found.rules, found.counted_at, found.final) == (AttributionRules().version, NOW, False)


async def test_of_two_e_mails_the_one_clicked_last_has_the_order(shop: Shop) -> None:
    first, second = await shop.decided("ada"), await shop.decided("ada", at=SENT + DAY, occasion="again")
    for email, at in ((second, SENT + 2 * DAY), (first, SENT + HOUR)):
        await shop.did("ada", "Email Link Clicked", at, email_id=email)
    await ordered(shop, "ada", SENT + 3 * DAY, "1")
    assert ((await counted(shop, second)).orders, (await counted(shop, first)).orders) == (1, 0)
    await rule(shop, model="first_click")
    assert ((await counted(shop, second)).orders, (await counted(shop, first)).orders) == (0, 1)


async def test_what_comes_back_is_taken_from_the_e_mail_and_never_more_than_it_was_given(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.did("ada", "Email Link Clicked", SENT + HOUR, email_id=email)
    await ordered(shop, "ada", SENT + 2 * HOUR, "1")
    await ordered(shop, "ada", SENT + 2 * HOUR, "2", 20)
    await shop.did("ada", "Order Refunded", SENT + 9 * DAY, order_id="1", total=99)
    assert (await counted(shop, email)).revenue == 200_000
    await shop.did("ada", "Order Cancelled", SENT + 9 * DAY, order_id="2")
    gone = await counted(shop, email)
    assert (gone.orders, gone.revenue) == (1, 0)
    await shop.did("ada", "Order Refunded", SENT + 20 * DAY, order_id="1", total=1)
    assert (await counted(shop, email, SENT + 40 * DAY)).revenue == 0


async def test_the_newest_report_of_an_order_counts_whichever_comes_in_first(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.did("ada", "Email Link Clicked", SENT + HOUR, email_id=email)
    await ordered(shop, "ada", SENT + 4 * HOUR, "1", 50)
    await shop.did("ada", "Order Cancelled", SENT + 3 * HOUR, order_id="1")
    await ordered(shop, "ada", SENT + 2 * HOUR, "1", 30)
    found = await counted(shop, email)
    assert (found.orders, found.revenue) == (1, 500_000)


async def test_machines_and_bounces_are_told_apart_from_people(shop: Shop) -> None:
    scanned, bounced = await shop.decided("ada"), await shop.decided("ben")
    await shop.did("ada", "Email Delivered", SENT + HOUR, email_id=scanned)
    await shop.did("ada", "Email Link Clicked", SENT + HOUR + timedelta(seconds=1), email_id=scanned)
    await shop.did("ada", "Email Opened", SENT + HOUR, email_id=scanned, is_machine=True)
    await ordered(shop, "ada", SENT + 2 * HOUR, "1")
    await shop.did("ben", "Email Bounced", SENT + HOUR, email_id=bounced)
    found = await counted(shop, scanned)
    assert (found.clicked, found.opened, found.machine_opened, found.orders) == (False, False, True, 0)
    lost = await counted(shop, bounced)
    assert (lost.bounced, lost.delivered) == (True, False)


async def test_a_gateway_that_opens_every_link_is_given_no_order(shop: Shop) -> None:
    email = await shop.decided("ada")
    for number in range(4):
        at = SENT + HOUR + timedelta(seconds=number)
        await shop.did("ada", "Email Link Clicked", at, email_id=email, link_url=f"https://shop.example/{number}")
    await ordered(shop, "ada", SENT + 2 * HOUR, "1")
    found = await counted(shop, email)
    assert (found.clicked, found.orders) == (False, 0)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"total": 80}, 32),
        ({"total": 80, "discount": 20}, 20),
        ({"total": 80, "products": [{"product_id": "p9", "price": 100, "quantity": 1}]}, 20),
        ({"total": 80, "discount": 20, "products": [{"product_id": "p9", "price": 80, "quantity": 1, "cost": 30}]}, 50),
    ],
)
async def test_of_a_discounted_order_is_left_what_the_shop_gave_up_taken_off(
    shop: Shop, said: dict[str, Any], kept: int
) -> None:
    email = await shop.decided("ada")
    await shop.did("ada", "Email Link Clicked", SENT + HOUR, email_id=email)
    await ordered(shop, "ada", SENT + 2 * HOUR, "1", **said)
    found = await counted(shop, email)
    assert (found.revenue, found.kept, found.unpriced) == (800_000, kept * 10_000, 0)


async def test_an_assumed_margin_is_the_shops_to_say(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.did("ada", "Email Link Clicked", SENT + HOUR, email_id=email)
    await ordered(shop, "ada", SENT + 2 * HOUR, "1", 80, discount=20)
    await rule(shop, margin_percent=70)
    assert (await counted(shop, email)).kept == 500_000


async def test_of_what_came_back_nothing_is_left_and_of_half_of_it_half(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.did("ada", "Email Link Clicked", SENT + HOUR, email_id=email)
    await ordered(shop, "ada", SENT + 2 * HOUR, "1", 100)
    await shop.did("ada", "Order Refunded", SENT + 3 * DAY, order_id="1", total=50)
    assert (await counted(shop, email)).kept == 200_000
    await shop.did("ada", "Order Refunded", SENT + 4 * DAY, order_id="1")
    found = await counted(shop, email)
    assert (found.orders, found.revenue, found.kept, found.unpriced) == (1, 0, 0, 0)


async def test_an_order_whose_money_is_not_known_is_told_from_one_that_came_back(shop: Shop) -> None:
    emails = {customer: await shop.decided(customer) for customer in ("ada", "ben", "cyd")}
    for customer, email in emails.items():
        await shop.did(customer, "Email Link Clicked", SENT + HOUR, email_id=email)
    await ordered(shop, "ada", SENT + 2 * HOUR, "1", 30, currency="SEK")
    await shop.did("ben", "Order Completed", SENT + 2 * HOUR, order_id="2")
    await ordered(shop, "cyd", SENT + 2 * HOUR, "3", 30, currency="SEK")
    await shop.did("cyd", "Order Refunded", SENT + DAY, order_id="3", total=30)
    await update_facts(shop.database, NOW)
    found = await shop.outcomes()
    said = {one: (found[email].orders, found[email].revenue, found[email].unpriced) for one, email in emails.items()}
    assert said == {"ada": (1, 0, 1), "ben": (1, 0, 1), "cyd": (1, 0, 0)}
    assert [kind_of(found[email], reported=False) for email in emails.values()] == [
        Kind.ORDERED,
        Kind.ORDERED,
        Kind.CLICKED,
    ]


async def test_somebody_elses_e_mail_is_given_nothing(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.decided("ben")
    await shop.did("ben", "Email Link Clicked", SENT + HOUR, email_id=email)
    await ordered(shop, "ben", SENT + 2 * HOUR, "1")
    found = await counted(shop, email)
    assert (found.clicked, found.orders) == (False, 0)


async def test_opens_are_given_orders_only_where_the_rules_say_so(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.did("ada", "Email Opened", SENT + HOUR, email_id=email)
    await ordered(shop, "ada", SENT + 2 * HOUR, "1")
    assert (await counted(shop, email)).orders == 0
    await rule(shop, open_days=1)
    assert (await counted(shop, email)).orders == 1
    await rule(shop, open_days=1, delivered_only=True)
    assert (await counted(shop, email)).orders == 0


async def test_what_is_final_is_counted_again_where_something_comes_in_late(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.did("ada", "Email Link Clicked", SENT + HOUR, email_id=email)
    later = SENT + 60 * DAY
    assert (await counted(shop, email, later)).final
    await shop.did("ada", "Order Completed", SENT + 2 * HOUR, received_at=later + HOUR, order_id="1", total=30)
    found = await counted(shop, email, later + 2 * HOUR)
    assert (found.orders, found.final, found.counted_at) == (1, True, later + 2 * HOUR)
    assert (await shop.episodes())[0]["orders"] == 1
    assert (await shop.results(later + 3 * HOUR)).mailed.orders == 1
    assert (await shop.outcomes())[email].counted_at == later + 2 * HOUR


async def test_final_figures_name_the_rules_they_were_counted_by_until_everything_is_counted_anew(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.did("ada", "Email Link Clicked", SENT + HOUR, email_id=email)
    await ordered(shop, "ada", SENT + 3 * DAY, "1")
    later = SENT + 60 * DAY
    before = await counted(shop, email, later)
    rules = await rule(shop, click_days=1, window_days=2)
    assert (await counted(shop, email, later + HOUR)).rules == before.rules
    found = await shop.results(later + HOUR, everything=True)
    after = (await shop.outcomes())[email]
    assert (before.orders, after.orders, after.rules) == (1, 0, rules.version)
    assert (found.mailed.orders, found.rules, found.window_days) == (0, [rules.version], 2)


async def test_rules_are_kept_with_who_set_them_and_may_come_back(shop: Shop) -> None:
    first = await rule(shop, click_days=3)
    await rule(shop, click_days=4)
    await rule(shop, click_days=3)
    async with shop.database.session(readonly=True) as session:
        in_force, ever = await current(session), await history(session)
    assert (in_force.version, in_force.set_by) == (first.version, "test")
    assert [one.rules.click_days for one in ever] == [3, 4]


async def test_margin_is_told_where_costs_are_known(shop: Shop) -> None:
    for name in ("ada", "ben", "cat"):
        await shop.decided(name)
    two = LINE | {"quantity": 2}
    await ordered(shop, "ada", SENT + HOUR, "1", 60, products=[two | {"cost": 10}])
    await shop.did("ada", "Order Refunded", SENT + DAY, order_id="1", products=[LINE], total=30)
    await ordered(shop, "ben", SENT + HOUR, "2", 30, products=[LINE])
    await shop.results()
    found = {(one["orders"], one["margin"], one["returned"]) for one in await shop.episodes()}
    assert found == {(1, 200_000, 300_000), (1, None, 0), (0, 0, 0)}


async def test_what_was_spent_before_is_known_as_of_then(shop: Shop) -> None:
    for days, total in ((100, 5), (20, 40), (10, 8)):
        await ordered(shop, "ada", SENT - days * DAY, f"{days} ago", total)
    await shop.did("ada", "Order Refunded", SENT - 5 * DAY, order_id="10 ago", total=3)
    await shop.decided("ada")
    await shop.did("ada", "Order Refunded", SENT + DAY, order_id="20 ago", total=40)
    await shop.results()
    [found] = await shop.episodes()
    assert (found["before"], found["lifecycle"], found["flow"]) == (450_000, "active", "newsletter")


async def test_an_e_mail_that_is_handed_over_later_is_counted_from_then_alone(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.results(SENT + HOUR)
    async with shop.database.session() as session:
        await move_contacts(session, ["k2"], SENT + 2 * DAY, "1")
    await shop.did("ada", "Email Link Clicked", SENT + 2 * DAY + HOUR, email_id=email)
    found = await shop.results(SENT + 3 * DAY)
    assert (found.mailed.customers, found.mailed.clicked) == (1, 1)
    assert [one["begins"] for one in await shop.episodes()] == [SENT + 2 * DAY]


async def test_an_order_in_the_windows_of_two_campaigns_counts_for_each_and_once_for_the_shop(shop: Shop) -> None:
    async with shop.database.session() as session:
        await save_campaign(session, make_campaign(id="spring"))
    await shop.decided("ada")
    await shop.decided("ada", at=SENT + DAY, campaign="spring")
    await ordered(shop, "ada", SENT + 2 * DAY, "1")
    await ordered(shop, "ada", SENT + HOUR, "2")
    await shop.results()
    autumn, spring = await shop.episodes()
    assert ((autumn["orders"], autumn["orders_once"]), (spring["orders"], spring["orders_once"])) == ((2, 1), (1, 1))
    assert autumn["revenue_once"] + spring["revenue_once"] == 600_000


async def test_who_is_held_out_by_the_whole_shop_is_on_neither_side_of_a_campaign(shop: Shop) -> None:
    await shop.decided("ada", "skipped", "global_holdout")
    await shop.decided("ben", "skipped", "other_experiment")
    found = await shop.results()
    assert (found.mailed.customers, found.holdout.customers) == (0, 0)
    assert [one["side"] for one in await shop.episodes()] == ["global_holdout"]


async def test_an_arm_of_an_experiment_is_kept_with_the_episode(shop: Shop) -> None:
    await shop.decided("ada", experiment="exp_1", variant="short")
    await shop.results()
    [found] = await shop.episodes()
    assert (found["experiment"], found["variant"]) == ("exp_1", "short")


async def test_a_guest_who_becomes_a_customer_takes_their_episodes_along(shop: Shop) -> None:
    guest = "guest-" + "0" * 32
    async with shop.database.session() as session:
        await ingest(session, [identify({}, user=guest, message_id="g")], received_at=SENT)
    await shop.decided(guest)
    later = SENT + 60 * DAY
    await shop.results(later)
    async with shop.database.session() as session:
        await ingest(session, [identify({}, user="ada", anonymous=guest, message_id="a")], received_at=later)
    [before] = await shop.episodes()
    await update_facts(shop.database, later + HOUR)
    after = await shop.episodes()
    assert len(after) == 1
    assert after[0]["customer_id"] != before["customer_id"]


async def test_who_is_erased_leaves_no_episode_and_comes_back_in_none(shop: Shop, tmp_path: Path) -> None:
    await shop.decided("ada")
    await shop.decided("ben")
    await shop.results()
    day = Span(SENT.replace(hour=0), SENT + DAY)
    async with shop.database.session(readonly=True) as session:
        book = await book_of(session, NOW)
        everybody = await reached(session, ["autumn"], day)
        counted_before = [count(one, book) for one in await people(session, everybody, day, book.rules)]
    await Eraser(Settings(home=tmp_path), shop.database).ask("ada")
    async with shop.database.session() as session:
        await write(session, counted_before, day, NOW)
    assert len(counted_before) == 2
    assert len(await shop.episodes()) == 1
    assert {row.customer for row in (await shop.outcomes()).values()} == {"ben"}


async def a_busy_month(shop: Shop, seed: int) -> list[Happened]:
    """Contacts now; what came of them, with when it came in, in no order."""
    draw = Random(seed)
    happened: list[Happened] = []

    def add(customer: str, name: str, since: datetime, days: float, **properties: Any) -> None:
        at = since + timedelta(days=draw.uniform(0, days))
        happened.append(Happened(customer, name, at, at + draw.choice([0, 0, 1, 45]) * DAY, properties))

    for customer in ("ada", "ben", "cat"):
        for number in range(draw.randint(1, 4)):
            at = SENT + timedelta(days=draw.uniform(0, 40))
            occasion = draw.choice(["", f"o{number}"])
            if draw.random() < 0.2:
                await shop.decided(customer, "skipped", "holdout", at=at, occasion=occasion)
                continue
            email = await shop.decided(customer, at=at, occasion=occasion)
            for name in ("Email Delivered", "Email Opened", "Email Link Clicked"):
                add(customer, name, at, 8, email_id=email)
        for number in range(4):
            order = {"order_id": f"{customer}-{number}", "total": draw.randint(1, 90), "currency": "GBP"}
            for name in draw.sample(["Order Completed", "Order Completed", "Order Refunded", "Order Cancelled"], 2):
                add(customer, name, SENT, 45, **order)
    return draw.sample(happened, len(happened))


@pytest.mark.parametrize("seed", range(2))
async def test_counting_as_it_comes_in_equals_counting_from_scratch(shop: Shop, seed: int) -> None:
    happened = await a_busy_month(shop, seed)
    now, end = SENT, SENT + 105 * DAY
    while now <= end:
        for one in happened:
            if now - 15 * DAY < one.received_at <= now:
                await one.report(shop)
        await update_facts(shop.database, now)
        now += 15 * DAY
    kept, outcomes = await shop.episodes(), await shop.outcomes()
    results = await shop.results(end)
    assert await shop.results(end, everything=True) == results
    assert await shop.episodes() == kept
    again = await shop.outcomes()
    assert [row.model_dump() for row in again.values()] == [row.model_dump() for row in outcomes.values()]
    assert sum(one["orders"] for one in kept) > 0


async def test_two_who_count_at_once_agree(shop: Shop) -> None:
    for one in await a_busy_month(shop, 7):
        await one.report(shop)
    now = SENT + 30 * DAY
    await asyncio.gather(*(update_facts(shop.database, now + number * HOUR) for number in range(3)))
    kept = await shop.episodes()
    await update_facts(shop.database, now + 2 * HOUR, everything=True)
    assert await shop.episodes() == kept


async def test_older_figures_do_not_take_the_place_of_newer_ones(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.did("ada", "Email Opened", SENT + HOUR, email_id=email)
    await update_facts(shop.database, SENT + 60 * DAY)
    await update_facts(shop.database, SENT + 2 * HOUR, everything=True)
    [found] = await shop.episodes()
    assert found["final"]
    assert (await shop.outcomes())[email].final


async def test_old_episodes_go_and_their_sums_stay_whatever_comes_in_later(shop: Shop) -> None:
    await shop.decided("ada")
    await shop.decided("ben", at=SENT + 30 * DAY)
    later = SENT + 200 * DAY
    before = await shop.results(later)
    removed = [number async for number in forget_episodes(shop.database, SENT + 20 * DAY)]
    assert (removed, len(await shop.episodes())) == ([1], 1)
    await shop.did("ada", "Order Completed", SENT + HOUR, received_at=later + HOUR, order_id="1", total=30)
    for everything in (False, True):
        after = await shop.results(later + 2 * HOUR, everything=everything)
        assert (after.mailed, len(await shop.episodes())) == (before.mailed, 1)
