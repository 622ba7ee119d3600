"""A report over many e-mails: seconds of processor time.

    python -m benchmarks.reports [--episodes 1000000]

A shop with four campaigns and a tenth held out; each customer was reached ten times in a year. Rows of facts are made
up, as the counting job would have written them; then the report over all of them is made, part by part.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from composer.bandit.tables import DecisionRow
from composer.campaigns import save_brand, save_campaign
from composer.facts.tables import EpisodeRow
from composer.facts.totals import Which
from composer.facts.writing import days_to_sum, sum_up
from composer.reports.arms import arms
from composer.reports.attributed import attributed
from composer.reports.model import Period
from composer.reports.reading import make_report
from composer.reports.shop import shop_of
from composer.results.reading import counted
from store.bulk import insert_rows
from store.crypto import Keyring
from store.database import Database
from tests.kit.decisions import TONES, situation
from tests.kit.factories import make_brand, make_campaign

START = datetime(2025, 7, 1, 9, tzinfo=UTC)
NOW = START + timedelta(days=364)
EACH = 10
CAMPAIGNS = ("autumn", "spring", "summer", "winter")
LIFECYCLES = ("new", "active", "at_risk", "lapsed")
AT_ONCE = 2_000
_SITUATION = situation().model_dump(mode="json")


def write(line: str) -> None:
    """A line of the report."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def fill(database: Database, episodes: int) -> None:
    """The shop."""
    async with database.session() as session:
        await save_brand(session, make_brand())
        for campaign in CAMPAIGNS:
            await save_campaign(session, make_campaign(id=campaign, name=campaign))
    draw = random.Random(1)
    for first in range(0, episodes, AT_ONCE):
        rows = [_episode(draw, number) for number in range(first, min(first + AT_ONCE, episodes))]
        decisions = [_decision(draw, row) for row in rows if row["emails"]]
        async with database.session() as session:
            await _insert(session, EpisodeRow, rows)
            await _insert(session, DecisionRow, decisions)
    async with database.session() as session:
        for day in await days_to_sum(session, everything=True):
            await sum_up(session, day)


async def _insert(session: AsyncSession, model: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    await insert_rows(session, model, tuple(rows[0]), [tuple(row.values()) for row in rows])


def _episode(draw: random.Random, number: int) -> dict[str, Any]:
    customer, campaign = number // EACH, CAMPAIGNS[number % len(CAMPAIGNS)]
    begins = START + timedelta(days=36 * (number % EACH), hours=draw.randrange(24))
    side = "holdout" if (customer + number) % 10 == 0 else "mailed"
    mailed, bought = int(side == "mailed"), int(draw.random() < 0.05)
    money = bought * draw.randrange(100_000, 900_000)
    return {
        "campaign_id": campaign,
        "customer_id": f"cus_{customer:026}",
        "begins": begins,
        "day": begins.date(),
        "ends": begins + timedelta(days=7),
        "side": side,
        "experiment": "",
        "variant": "",
        "flow": "newsletter",
        "lifecycle": LIFECYCLES[customer % 4],
        "email_id": f"msg_{number:026}" if mailed else "",
        "emails": mailed,
        "delivered": mailed,
        "opened": mailed * int(draw.random() < 0.3),
        "machine_opened": 0,
        "clicked": mailed * int(draw.random() < 0.08),
        "unsubscribed": 0,
        "complained": 0,
        "buyers": bought,
        "orders": bought,
        "other_currency": 0,
        "revenue": money,
        "returned": 0,
        "margin": money // 2,
        "orders_once": bought,
        "revenue_once": money,
        "before": draw.randrange(0, 900_000),
        "rules": "r1",
        "counted_at": NOW,
        "final": True,
    }


def _decision(draw: random.Random, episode: dict[str, Any]) -> dict[str, Any]:
    tone = draw.choice(TONES)
    return {
        "email_id": episode["email_id"],
        "customer": episode["customer_id"],
        "campaign_id": episode["campaign_id"],
        "campaign_version": 1,
        "flow": episode["flow"],
        "lifecycle": episode["lifecycle"],
        "at": episode["begins"],
        "policy": "thompson-1",
        "learned": "1",
        "experiment": "",
        "variant": "",
        "situation": _SITUATION,
        "choices": {
            name: [tone, 1 / len(TONES), list(TONES)] for name in ("tone", "length", "subject", "cta", "picks")
        },
        "delivered": True,
        "bounced": False,
        "opened": bool(episode["opened"]),
        "machine_opened": False,
        "clicked": bool(episode["clicked"]),
        "unsubscribed": False,
        "complained": False,
        "orders": episode["orders"],
        "revenue": episode["revenue"],
        "rules": "r1",
        "counted_at": NOW,
        "final": True,
    }


async def measure(database: Database) -> None:
    """Part by part, and all together."""
    period = Period.last(365, NOW.date())
    async with database.session(readonly=True) as session:
        shop = await shop_of(session, period)
        compared = Which(campaigns=tuple(shop.names), since=period.since, until=period.until)
        parts: dict[str, Callable[[AsyncSession], Awaitable[Any]]] = {
            "against holdouts": lambda one: counted(one, compared),
            "attributed": lambda one: attributed(one, shop, period),
            "arms": lambda one: arms(one, shop, period),
            "the whole report": lambda one: make_report(one, period),
            "of the last 28 days": lambda one: make_report(one, Period.last(28, NOW.date())),
        }
        for name, part in parts.items():
            began = time.process_time()
            await part(session)
            write(f"{name:20} {time.process_time() - began:6.1f} s")


async def run(episodes: int) -> None:
    """Fill a shop and report on it."""
    with tempfile.TemporaryDirectory() as home:
        database = Database.open(f"sqlite:///{Path(home) / 'shop.db'}", Keyring.generate())
        await database.migrate()
        await fill(database, episodes)
        write(f"{episodes:,} episodes, on SQLite; seconds of processor time")
        await measure(database)
        await database.close()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=1_000_000)
    asyncio.run(run(parser.parse_args().episodes))


if __name__ == "__main__":
    main()
