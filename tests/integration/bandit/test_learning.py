"""Learning from stored decisions: what counts and when, day by day as well as anew, and by two workers at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

from composer.bandit.learned import Lesson
from composer.bandit.learning import learn_decisions
from composer.bandit.months import CLOSED_AFTER, MATURE
from composer.bandit.policies import Policies
from composer.bandit.tables import DecisionRow
from composer.retention import forget_decisions
from memory.tables import LearnedRow
from store.database import Database
from tests.kit.decisions import TONES, decision, situation
from tests.kit.events import NOW

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
OLD = NOW - CLOSED_AFTER - timedelta(days=20)
"""Before the days that are read each time."""


async def store(database: Database, rows: list[DecisionRow]) -> None:
    async with database.session() as session:
        session.add_all(rows)


async def reads(database: Database, at: datetime) -> tuple[Lesson, int]:
    """What is learned, and how many e-mails were read for it."""
    heard = [0]
    return await learn_decisions(database, at, heard.append), heard[-1]


async def recount(database: Database, now: datetime, ids: Sequence[str] | None = None, **outcome: Any) -> None:
    """As the job that counts would: all e-mails, or these."""
    rows = update(DecisionRow) if ids is None else update(DecisionRow).where(col(DecisionRow.email_id).in_(ids))
    async with database.session() as session:
        await session.execute(rows.values(counted_at=now, **outcome))


async def documents(database: Database) -> list[tuple[Any, ...]]:
    async with database.session(readonly=True) as session:
        query = select(LearnedRow).order_by(col(LearnedRow.name))
        return [(row.name, row.as_of, row.document) for row in (await session.execute(query)).scalars()]


def emails(seed: int, count: int = 60, days: float = 120) -> list[DecisionRow]:
    """Of the last days; what is older than 30 days is final."""
    draw = Random(seed)
    rows = []
    for number in range(count):
        age = draw.uniform(0, days)
        money = {"orders": 1, "revenue": draw.randint(0, 10**6), "kept": draw.randint(-(10**5), 10**6)}
        ordered = money if draw.random() < 0.2 else {}
        outcome = {"clicked": draw.random() < 0.3, "final": age > 30, **ordered}
        rows.append(decision(seed * 1_000 + number, NOW - timedelta(days=age), draw.choice(TONES), **outcome))
    return rows


async def shares(database: Database, policies: Policies | None = None) -> tuple[float, ...]:
    async with database.session(readonly=True) as session:
        policy = await (policies or Policies()).current(session)
    return policy.shares(situation(), "tone", TONES)


async def test_before_anything_was_learned_the_draw_is_even(database: Database) -> None:
    assert await shares(database) == (1 / 3,) * 3
    lesson = await learn_decisions(database, NOW)
    assert (lesson.emails, lesson.version) == (0, "")
    assert await shares(database) == (1 / 3,) * 3


async def test_what_people_clicked_is_drawn_more_often_from_then_on(database: Database) -> None:
    at = NOW - timedelta(days=20)
    rows = [decision(n, at, TONES[n % 3], clicked=n % 3 == 1 and n % 2 == 0) for n in range(300)]
    policies = Policies()
    assert await shares(database, policies) == (1 / 3,) * 3
    await store(database, rows)
    lesson = await learn_decisions(database, NOW)
    assert lesson.emails == 300
    plain, warm, playful = await shares(database, policies)
    assert warm > 0.6 > plain + playful


async def test_an_early_look_says_nothing_against_a_new_arm(database: Database) -> None:
    """Nobody has had the time to click the new arm's e-mails: they are no failures."""
    old = [decision(n, NOW - timedelta(days=20), TONES[n % 2], clicked=n % 20 < 2) for n in range(200)]
    await store(database, old)
    before = (await learn_decisions(database, NOW)).version
    sent = NOW - MATURE + timedelta(hours=1)
    await store(database, [decision(1_000 + n, sent, "playful", final=False) for n in range(200)])
    after = await learn_decisions(database, NOW)
    assert (after.version, after.emails) == (before, 200)
    assert (await learn_decisions(database, NOW + timedelta(hours=2))).emails == 400


async def test_what_did_not_arrive_or_was_not_counted_yet_is_no_evidence(database: Database) -> None:
    at = NOW - timedelta(days=20)
    await store(
        database,
        [
            decision(1, at, bounced=True),
            decision(2, at, delivered=False),
            decision(3, at, counted_at=None, final=False),
            decision(4, at),
        ],
    )
    assert (await learn_decisions(database, NOW)).emails == 1


async def test_where_the_sender_reports_no_delivery_what_did_not_bounce_arrived(database: Database) -> None:
    at = NOW - CLOSED_AFTER - timedelta(days=5)
    unreported = [decision(n, at, delivered=False, bounced=n == 0, clicked=n == 1) for n in range(10)]
    await store(database, unreported)
    assert (await learn_decisions(database, NOW)).emails == 9
    await store(database, [decision(100, at + timedelta(days=10))])
    assert (await learn_decisions(database, NOW)).emails == 1


async def test_learning_day_by_day_equals_learning_anew(database: Database) -> None:
    await store(database, emails(1))
    for days in (60, 40, 10, 3, 0):
        await learn_decisions(database, NOW - timedelta(days=days))
    await store(database, emails(2, days=40))
    little_by_little = await learn_decisions(database, NOW)
    kept = await documents(database)
    anew = await learn_decisions(database, NOW, everything=True)
    assert little_by_little.version == anew.version != ""
    assert await documents(database) == kept


async def test_an_order_that_came_back_later_is_taken_off(database: Database) -> None:
    at = NOW - timedelta(days=10)
    await store(database, [decision(n, at, TONES[n % 3], final=False) for n in range(90)])
    await store(database, [decision(100, at, "warm", orders=1, revenue=500_000, final=False)])
    await learn_decisions(database, NOW)
    ordered = (await shares(database))[1]
    async with database.session() as session:
        await session.execute(update(DecisionRow).where(col(DecisionRow.orders) > 0).values(orders=0, revenue=0))
    await learn_decisions(database, NOW)
    assert (await shares(database))[1] < ordered


async def test_outcomes_recounted_under_other_rules_are_learned_anew(database: Database) -> None:
    await store(database, [decision(n, OLD, TONES[n % 3], clicked=n % 3 == 1) for n in range(30)])
    before = await learn_decisions(database, NOW)
    await recount(database, NOW, rules="r2", clicked=False)
    after = await learn_decisions(database, NOW + HOUR)
    assert after.emails == before.emails == 30
    assert after.version != before.version
    assert after.version == (await learn_decisions(database, NOW + HOUR, everything=True)).version


async def test_what_was_final_under_older_rules_is_not_read_again(database: Database) -> None:
    await store(database, [decision(n, OLD + n * HOUR, TONES[n % 3], rules=f"r{n % 2}") for n in range(30)])
    first, _ = await reads(database, NOW)
    again, read = await reads(database, NOW)
    assert (first.emails, again.version, read) == (30, first.version, 0)


async def test_e_mails_that_nobody_will_count_do_not_make_all_be_read_every_hour(database: Database) -> None:
    await store(database, emails(5))
    await store(database, [decision(9_000, NOW - timedelta(days=119), counted_at=None, final=False, rules="")])
    _, anew = await reads(database, NOW)
    _, again = await reads(database, NOW + HOUR)
    assert anew > 2 * again > 0


async def test_a_great_send_that_nobody_reported_on_yet_takes_nothing_away(database: Database) -> None:
    await store(database, emails(6))
    await learn_decisions(database, NOW)
    before, read = await reads(database, NOW)
    sent = [decision(9_000 + n, NOW, TONES[n % 3], delivered=False, final=False) for n in range(1_000)]
    await store(database, sent)
    after, read_after = await reads(database, NOW)
    assert (after.version, read_after) == (before.version, read)


async def test_a_sender_that_begins_to_report_deliveries_does_not_unmake_what_came_before(database: Database) -> None:
    before = NOW - CLOSED_AFTER - timedelta(days=40)
    await store(database, [decision(n, before, TONES[n % 3], delivered=False) for n in range(30)])
    await learn_decisions(database, NOW)
    reported = [decision(100 + n, NOW - timedelta(days=20), TONES[n % 3], delivered=n > 3) for n in range(30)]
    await store(database, reported)
    assert (await learn_decisions(database, NOW)).emails == 30 + 26


async def test_what_was_learned_stays_when_retention_takes_the_decisions(database: Database) -> None:
    old = [decision(n, NOW - timedelta(days=200 - n % 60), TONES[n % 3], clicked=n % 3 == 1) for n in range(90)]
    await store(database, [*old, *emails(7)])
    before = await learn_decisions(database, NOW)
    async for _ in forget_decisions(database, NOW - timedelta(days=150)):
        pass
    assert (await learn_decisions(database, NOW)).version == before.version
    await recount(database, NOW, rules="r2")
    assert (await learn_decisions(database, NOW)).version == before.version
    assert (await learn_decisions(database, NOW, everything=True)).version == before.version


async def test_of_who_was_erased_nothing_stays_learned(database: Database) -> None:
    await store(database, [decision(n, OLD, TONES[n % 3], clicked=n % 3 == 1) for n in range(30)])
    assert (await learn_decisions(database, NOW)).emails == 30
    async with database.session() as session:
        await session.execute(delete(DecisionRow).where(col(DecisionRow.customer) == "u4"))
    assert (await learn_decisions(database, NOW)).emails == 29


async def test_an_e_mail_that_was_taken_back_is_no_failure(database: Database) -> None:
    at = NOW - timedelta(days=20)
    await store(database, [decision(n, at, delivered=False, sent_at=None if n < 6 else at) for n in range(10)])
    assert (await learn_decisions(database, NOW)).emails == 4


async def test_an_e_mail_has_its_week_from_when_it_was_sent_however_long_it_waited(database: Database) -> None:
    for number, decided in enumerate((NOW - timedelta(days=20), NOW - CLOSED_AFTER - timedelta(days=5))):
        await store(database, [decision(number, decided, sent_at=NOW, final=False)])
    assert (await learn_decisions(database, NOW + MATURE - HOUR)).emails == 0
    ripe = NOW + MATURE + HOUR
    assert (await learn_decisions(database, ripe)).emails == 2
    kept = await documents(database)
    await learn_decisions(database, ripe, everything=True)
    assert await documents(database) == kept


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_comes_in_late_is_learned_as_if_it_had_been_known(database: Database, seed: int) -> None:
    """Returns, recounts, e-mails sent weeks after they were written, taken back ones and erasures, of any age."""
    draw = Random(seed)
    rows = emails(10 + seed, count=80)
    await store(database, rows)
    for hour in range(6):
        now = NOW + hour * 60 * HOUR
        await learn_decisions(database, now)
        changes: list[dict[str, Any]] = [
            {"orders": 0, "revenue": 0, "kept": 0},
            {"clicked": True, "delivered": False},
            {"sent_at": None},
            {"sent_at": now - draw.randint(0, 9) * timedelta(days=1)},
            {"orders": 1, "revenue": draw.randint(1, 10**6), "kept": 10**5},
        ]
        for change in draw.sample(changes, 2):
            await recount(database, now, draw.sample([row.email_id for row in rows], 3), **change)
        gone = draw.choice(rows).customer
        async with database.session() as session:
            await session.execute(delete(DecisionRow).where(col(DecisionRow.customer) == gone))
        learned = await learn_decisions(database, now + HOUR)
        kept = await documents(database)
        assert learned.version == (await learn_decisions(database, now + HOUR, everything=True)).version
        assert await documents(database) == kept


async def test_two_workers_that_learn_at_once_write_the_same_bytes(database: Database) -> None:
    await store(database, emails(3, count=200))

    async def one() -> tuple[Lesson, list[tuple[Any, ...]]]:
        return await learn_decisions(database, NOW), await documents(database)

    (first, wrote), (second, wrote_too) = await asyncio.gather(one(), one())
    assert first.version == second.version != ""
    assert wrote == wrote_too == await documents(database)


def of_offers(
    sold: dict[str, int], emails: int = 1_200, discount: float = 0.2, usual: int = 500_000
) -> list[DecisionRow]:
    """Of each arm so many e-mails, so many of them with an order at 40 % margin, `twenty` at a discount."""
    rows = []
    for place, (arm, orders) in enumerate(sold.items()):
        paid = round(usual * (1 - discount)) if arm == "twenty" else usual
        choices = {"offer": [arm, 1 / len(sold), list(sold)]}
        for number in range(emails):
            brought: dict[str, Any] = (
                {"orders": 1, "revenue": paid, "kept": paid - round(0.6 * usual)} if number < orders else {}
            )
            at = NOW - timedelta(days=20, minutes=number)
            rows.append(decision(place * emails + number, at, choices=choices, **brought))
    return rows


async def offers(database: Database) -> dict[str, float]:
    async with database.session(readonly=True) as session:
        policy = await Policies().current(session)
    arms = ("twenty", "none")
    return dict(zip(arms, policy.shares(situation(), "offer", arms), strict=True))


async def test_a_discount_that_sells_a_twentieth_more_is_unlearned(database: Database) -> None:
    await store(database, of_offers({"twenty": 126, "none": 120}))
    await learn_decisions(database, NOW)
    assert (await offers(database))["none"] > 0.9


async def test_a_discount_that_sells_thrice_as_much_is_learned(database: Database) -> None:
    await store(database, of_offers({"twenty": 360, "none": 120}))
    await learn_decisions(database, NOW)
    assert (await offers(database))["twenty"] > 0.9


async def test_an_arm_whose_orders_bring_more_is_better_than_one_that_brings_as_many(database: Database) -> None:
    rows = [
        decision(n, NOW - timedelta(days=20), TONES[n % 3], orders=1, revenue=900_000 if n % 3 == 1 else 300_000)
        for n in range(300)
    ]
    await store(database, rows + [decision(1_000 + n, NOW - timedelta(days=20), TONES[n % 3]) for n in range(300)])
    await learn_decisions(database, NOW)
    assert (await shares(database))[1] > 0.9


async def test_what_is_usual_to_spend_may_change_and_learning_day_by_day_still_equals_anew(database: Database) -> None:
    long_ago = NOW - CLOSED_AFTER - timedelta(days=20)
    about: dict[str, Any] = {"orders": 1, "revenue": 300_000, "kept": 100_000}
    await store(database, [decision(n, long_ago, TONES[n % 3], **about) for n in range(60)])
    await learn_decisions(database, NOW - timedelta(days=20))
    dearer: dict[str, Any] = {"orders": 1, "revenue": 3_000_000, "kept": 500_000}
    await store(database, [decision(100 + n, NOW - timedelta(days=20), TONES[n % 3], **dearer) for n in range(60)])
    little_by_little = await learn_decisions(database, NOW)
    kept = await documents(database)
    assert little_by_little.version == (await learn_decisions(database, NOW, everything=True)).version
    assert await documents(database) == kept


async def test_what_is_learned_again_as_of_the_same_moment_is_noticed(database: Database) -> None:
    at, policies = NOW - timedelta(days=20), Policies()
    await store(database, [decision(n, at, TONES[n % 3]) for n in range(90)])
    await learn_decisions(database, NOW)
    before = await shares(database, policies)
    async with database.session() as session:
        warm = col(DecisionRow.email_id).in_([f"msg_{n:026}" for n in range(1, 90, 3)])
        await session.execute(update(DecisionRow).where(warm).values(clicked=True))
    await learn_decisions(database, NOW)
    assert (await shares(database, policies))[1] > before[1] + 0.1


async def test_progress_is_heard(database: Database) -> None:
    await store(database, [decision(n, NOW - timedelta(days=20)) for n in range(3)])
    heard: list[int] = []
    await learn_decisions(database, NOW, heard.append)
    assert heard == [3]
