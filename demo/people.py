"""Invented people for the demo shop: names of many cultures, British towns, a few hostile form entries."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from demo.documents import SHOP
from store.plain_yaml import read_yaml

CONSENT_TRAIT = "marketing_consent"
HOSTILE_EVERY = 241
"""Every so many customers, one has typed something hostile into the form."""


_PHONES = ("7700 900", "1632 960", "20 7946 0", "161 496 0", "121 496 0", "131 496 0")
"""Ranges of a thousand each that Ofcom keeps for drama: of 2,000 customers no two share a number."""


@dataclass(frozen=True)
class Person:
    """Who a customer says they are."""

    index: int
    first: str
    last: str
    city: str
    postal_code: str
    street: str
    consent: bool
    birthday: date | None = None
    hostile: bool = False

    @property
    def external_id(self) -> str:
        """The shop's own customer number."""
        return f"hr-{10_000 + self.index}"

    def traits(self) -> dict[str, Any]:
        """Segment traits, under its reserved names; nothing here reaches anybody: the domain and the phone
        range are set aside for examples (RFC 2606, Ofcom drama numbers)."""
        traits: dict[str, Any] = {
            "email": f"{self.external_id}@example.com",
            "firstName": self.first,
            "lastName": self.last,
            "phone": f"+44 {_PHONES[self.index // 1000 % len(_PHONES)]}{self.index % 1000:03d}",
            "address": {
                "street": self.street,
                "city": self.city,
                "postalCode": self.postal_code,
                "country": "United Kingdom",
            },
            "locale": "en-GB",
            "timezone": "Europe/London",
            CONSENT_TRAIT: self.consent,
        }
        if self.birthday:
            traits["birthday"] = self.birthday.isoformat()
        return traits


@cache
def _pools() -> Mapping[str, Any]:
    pools: Mapping[str, Any] = read_yaml((SHOP / "people.yaml").read_text(encoding="utf-8"))
    return pools


def hostile_searches() -> list[str]:
    """What hostile customers type into the search box."""
    return list(_pools()["hostile_searches"])


def invent(index: int, rng: random.Random, now: datetime) -> Person:
    """The person with this number."""
    pools = _pools()
    cultures = pools["cultures"]
    culture = rng.choices(cultures, [entry["share"] for entry in cultures])[0]
    hostile = index % HOSTILE_EVERY == HOSTILE_EVERY - 1
    name = culture
    if hostile:
        entry = pools["hostile"][index // HOSTILE_EVERY % len(pools["hostile"])]
        name = {"first": [entry["first"]], "last": [entry["last"]]}
    city, postal_code = rng.choice(pools["places"])
    return Person(
        index=index,
        first=rng.choice(name["first"]),
        last=rng.choice(name["last"]),
        city=city,
        postal_code=postal_code,
        street=f"{rng.randint(1, 180)} {rng.choice(pools['streets'])}",
        consent=rng.random() < 0.9,
        birthday=_birthday(rng, now),
        hostile=hostile,
    )


def born_on(day: datetime, years: int) -> date:
    """A birthday that falls on `day`; the 29th of February moves to the 28th."""
    return date(day.year - years, day.month, min(day.day, 28) if day.month == 2 else day.day)


def _birthday(rng: random.Random, now: datetime) -> date | None:
    """Most people give one; a few are due in the next two weeks, so that the flow has an audience."""
    draw, days, years = rng.random(), rng.randint(0, 364), rng.randint(22, 78)
    if draw > 0.6:
        return None
    return born_on(now + timedelta(days=days % 14 if draw < 0.02 else days), years)
