"""Customers with a written story, one for each flow: what `make demo` composes for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from demo.documents import SHOP
from demo.journal import Journal
from demo.people import Person, born_on
from demo.shelves import Shelves
from prompts.model import FlowName
from store.plain_yaml import read_yaml

_AGO = re.compile(r"(\d+(?:\.\d+)?)([hd])")
_MAIL_EVERY_DAYS = 28


@dataclass(frozen=True)
class Persona:
    """A person, the flow they fit, and what they did."""

    flow: FlowName
    person: Person
    traits: Mapping[str, Any]
    story: Sequence[Mapping[str, Any]]


def cast(now: datetime) -> list[Persona]:
    """All personas, in the order of the file; customer numbers count from 1."""
    entries = read_yaml((SHOP / "personas.yaml").read_text(encoding="utf-8"))
    return [_persona(number, entry, now) for number, entry in enumerate(entries, start=1)]


def tell(persona: Persona, journal: Journal, shelves: Shelves, now: datetime) -> None:
    """Write the persona's story into the journal: sign-up, chapters, and the mails in between."""
    first = now - _ago(persona.story[0]["ago"]) - timedelta(hours=1)
    signed_up = next((now - _ago(step["ago"]) for step in persona.story if step.get("signed_up")), first)
    journal.identify(signed_up, **persona.traits)
    for step in persona.story:
        _chapter(step, now - _ago(step["ago"]), journal, shelves)
    days = range((now - first).days - 2, 2, -_MAIL_EVERY_DAYS)
    for number, day in enumerate(days):
        journal.mailed(now - timedelta(days=day), number, opened=number % 2 == 0, clicked=number % 5 == 0)


def _persona(number: int, entry: Mapping[str, Any], now: datetime) -> Persona:
    birthday = entry.get("birthday")
    person = Person(
        index=number,
        first=entry["first"],
        last=entry["last"],
        city=entry["city"],
        postal_code="LA9 4BT",
        street=f"{number} Mill Lane",
        consent=True,
        birthday=born_on(now + timedelta(days=birthday), 41) if birthday is not None else None,
    )
    return Persona(entry["flow"], person, entry.get("traits", {}), entry["story"])


def _chapter(step: Mapping[str, Any], at: datetime, journal: Journal, shelves: Shelves) -> None:
    minute = timedelta(minutes=1)
    if query := step.get("searched"):
        journal.searched(at, query)
    for number, product_id in enumerate(step.get("viewed", ())):
        journal.viewed(at + number * minute, shelves.by_id[product_id])
    for number, product_id in enumerate(step.get("wished", ())):
        journal.wished(at + (5 + number) * minute, shelves.by_id[product_id])
    for number, product_id in enumerate(step.get("added", ())):
        journal.added(at + number * minute, shelves.by_id[product_id])
    if bought := step.get("ordered"):
        order_id = journal.ordered(at, [(shelves.by_id[product_id], 1) for product_id in bought])
        for product_id in step.get("returned", ()):
            journal.refunded(at + timedelta(days=9), order_id, shelves.by_id[product_id], at)


def _ago(text: str) -> timedelta:
    match = _AGO.fullmatch(text)
    assert match, f"personas.yaml: {text!r} is not a time ago like 2.5h or 30d"
    amount = float(match[1])
    return timedelta(hours=amount) if match[2] == "h" else timedelta(days=amount)
