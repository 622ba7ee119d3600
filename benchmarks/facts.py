"""What came of e-mails, counted: seconds of processor time and memory, against a bare read of the same events.

    python -m benchmarks.facts [--episodes 50000] [--customers 100000]

A shop that wrote to everybody four times in four weeks: each e-mail delivered, a third opened, a twelfth clicked, one
in twenty-five followed by an order, of which a tenth comes back. Everything is counted from scratch, in a process of
its own; then once more, as the hourly job does, when nothing has changed; then the comparison is summed up.

Then the shop-wide line of a shop of its own (`benchmarks.facts_line`).

The bare read selects the same events through the driver alone, and decrypts and parses them: nobody who wants to know
what they say can do less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks import facts_line
from composer.bandit.tables import DecisionRow
from composer.facts.people import NAMES
from composer.facts.totals import samples
from composer.facts.updating import update_facts
from memory.events import Event
from memory.fold import FOLD_VERSION, fold
from memory.state import empty
from memory.tables import Contact, Customer, MemoryState
from memory.tables import Event as EventRow
from store.bulk import insert_rows
from store.crypto import Keyring, load_keyring, save_keyring
from store.database import Database
from tests.kit.decisions import situation
from tests.kit.runs import open_shop

START = datetime(2026, 6, 1, 9, tzinfo=UTC)
NOW = START + timedelta(days=30)
EACH = 4
"""E-mails a customer."""
CUSTOMERS = 500
"""Written at a time."""
HELD_OUT = 0.1
_CONTACT = {"campaign": "autumn", "rule_version": "1", "flow": "newsletter", "step": "", "kind": "campaign"}
_DECISION: dict[str, Any] = {
    "campaign_id": "autumn",
    "campaign_version": 1,
    "flow": "newsletter",
    "lifecycle": "active",
    "policy": "uniform-1",
    "learned": "",
    "experiment": "",
    "variant": "",
    "situation": situation().model_dump(mode="json"),
    "choices": {"tone": ["warm", 0.25, ["warm", "plain", "playful", "expert"]]},
}


def write(line: str) -> None:
    """A line of the report."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _event(customer: int, email: str, name: str, at: datetime, number: int, **properties: Any) -> Event:
    body = {
        "type": "track",
        "event": name,
        "userId": f"u{customer}",
        "messageId": f"{email}-{number}",
        "timestamp": at.isoformat(),
        "properties": properties,
    }
    return Event(f"{email}-{number}", "track", name, f"u{customer}", None, at, body)


def _happened(draw: random.Random, customer: int, email: str, sent: datetime) -> Iterator[Event]:
    yield _event(customer, email, "Email Delivered", sent + timedelta(minutes=1), 0, email_id=email)
    later = sent + timedelta(hours=draw.uniform(1, 60))
    if draw.random() < 1 / 3:
        yield _event(customer, email, "Email Opened", later, 1, email_id=email)
    if draw.random() < 1 / 12:
        yield _event(customer, email, "Email Link Clicked", later, 2, email_id=email, link_url="https://shop.example/p")
    if draw.random() < 1 / 25:
        line = {"product_id": f"p{draw.randrange(2_000)}", "price": 24.5, "quantity": 2, "name": "A cup"}
        about = {"order_id": f"o-{email}", "total": 49.0, "currency": "GBP"}
        yield _event(customer, email, "Order Completed", later + timedelta(hours=2), 3, **about, products=[line])
        if draw.random() < 0.1:
            yield _event(customer, email, "Order Refunded", later + timedelta(days=3), 4, **about)


async def fill(home: Path, keyring: Keyring, episodes: int) -> int:
    """The shop; how many events it has."""
    database = Database.open(f"sqlite:///{home / 'shop.db'}", keyring)
    await database.migrate()
    await open_shop(database)
    draw, events = random.Random(1), 0
    for first in range(0, episodes // EACH, CUSTOMERS):
        some = range(first, min(first + CUSTOMERS, episodes // EACH))
        async with database.session() as session:
            events += await _fill_some(session, draw, some)
    await database.close()
    return events


async def _fill_some(session: AsyncSession, draw: random.Random, customers: range) -> int:
    people, contacts, decisions, states, rows = [], [], [], [], []
    for number in customers:
        customer = f"cus_{number:026}"
        people.append((customer, f"u{number}", START - timedelta(days=90)))
        held, theirs = draw.random() < HELD_OUT, list[Event]()
        for week in range(EACH):
            email, at = f"msg_{number * EACH + week:026}", START + timedelta(days=7 * week, seconds=number % 30_000)
            said = ("skipped", "holdout", None) if held else ("sent", "ok", email)
            contacts.append((f"k{email}", customer, *said, at, f"week-{week}", *_CONTACT.values()))
            if not held:
                theirs += _happened(draw, number, email, at)
                decisions.append((email, f"u{number}", at, *_DECISION.values()))
        states.append((customer, FOLD_VERSION, orjson.dumps(fold(empty(), theirs))))
        rows += [
            (one.message_id, customer, "track", one.name, one.at, one.at, orjson.dumps(one.body)) for one in theirs
        ]
    await insert_rows(session, Customer, ("id", "external_id", "created_at"), people)
    ledger = ("key", "customer_id", "decision", "reason", "email_id", "at", "occasion", *_CONTACT)
    await insert_rows(session, Contact, ledger, contacts)
    await insert_rows(session, DecisionRow, ("email_id", "customer", "at", *_DECISION), decisions)
    await insert_rows(session, MemoryState, ("customer_id", "fold_version", "state"), states)
    event = ("message_id", "customer_id", "kind", "name", "at", "received_at", "payload")
    await insert_rows(session, EventRow, event, rows)
    return len(rows)


def bare(path: Path, keyring: Keyring) -> tuple[float, float]:
    """Processor seconds of reading the events of everybody: the rows alone; decrypted and parsed too."""
    connection = sqlite3.connect(path)
    marks = ", ".join("?" for _ in NAMES)
    page = f"SELECT payload FROM event WHERE customer_id = ? AND name IN ({marks})"
    everybody = [row[0] for row in connection.execute("SELECT id FROM customer")]
    began = time.process_time()
    for customer in everybody:
        connection.execute(page, (customer, *NAMES)).fetchall()
    rows = time.process_time() - began
    began = time.process_time()
    for customer in everybody:
        for (payload,) in connection.execute(page, (customer, *NAMES)):
            orjson.loads(keyring.decrypt(payload))
    connection.close()
    return rows, time.process_time() - began


def most_mb() -> float:
    """The most memory this process has had, in MB: a counter of the system that begins with the process."""
    [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) / 1_024


async def count(home: Path) -> dict[str, float]:
    """Processor seconds, and MB at most, of counting everything; of doing so again; of summing up."""
    database = Database.open(f"sqlite:///{home / 'shop.db'}", load_keyring(home / "keys.json"))
    before = most_mb()
    found: dict[str, float] = {}
    for name in ("first", "again"):
        began = time.process_time()
        await update_facts(database, NOW)
        found[name] = time.process_time() - began
    found["grown_mb"] = most_mb() - before
    began = time.process_time()
    async with database.session(readonly=True) as session:
        await samples(session, by=("campaign_id",))
    found["samples"] = time.process_time() - began
    await database.close()
    return found


async def keep(home: Path, customers: int) -> dict[str, float]:
    """What the shop-wide line takes, and by how many MB memory grew with it."""
    database = Database.open(f"sqlite:///{home / 'line.db'}", Keyring.generate())
    await database.migrate()
    await facts_line.fill(database, customers)
    before = most_mb()
    found = await facts_line.measure(database, customers)
    await database.close()
    return {**found, "grown_mb": most_mb() - before}


def measure_line(customers: int) -> None:
    """Fill another shop, and print what its line took."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(keep(Path(folder), customers))
    write(f"{customers:,} customers of the shop's holdout and of the rest, a third of whom ordered")
    for name, words in (
        ("line", "everybody drawn, all their orders counted"),
        ("line_hour", "an hour later, in which one in a hundred ordered"),
        ("line_again", "another hour later, in which nobody did"),
        ("line_sums", "summed up"),
    ):
        write(f"{words}: {found[name]:.2f} s")
    write(f"memory grew by {found['grown_mb']:.0f} MB")


def measure(episodes: int) -> None:
    """Fill a shop, count it in a process of its own, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        home, keyring = Path(folder), Keyring.generate()
        save_keyring(home / "keys.json", keyring)
        events = asyncio.run(fill(home, keyring, episodes))
        rows, parsed = bare(home / "shop.db", keyring)
        again = [sys.executable, "-m", "benchmarks.facts", "--home", folder]
        found = json.loads(subprocess.run(again, check=True, capture_output=True, text=True).stdout)
    write(f"{episodes:,} episodes, {events:,} events")
    write(f"bare read of the events: {rows:.1f} s, decrypted and parsed {parsed:.1f} s")
    for name, words in (("first", "counted from scratch"), ("again", "counted again, nothing new")):
        seconds = found[name]
        each = f"{episodes / seconds:,.0f} episodes a second"
        write(f"{words}: {seconds:.1f} s, {each}, {seconds / parsed:.1f} times the bare read")
    write(f"memory grew by {found['grown_mb']:.0f} MB; the comparison is summed up in {found['samples']:.2f} s")


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=50_000)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.home is not None:
        write(json.dumps(asyncio.run(count(arguments.home))))
    else:
        measure(arguments.episodes)
        measure_line(arguments.customers)


if __name__ == "__main__":
    main()
