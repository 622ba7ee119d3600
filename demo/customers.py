"""The demo shop's 2,000 customers and their year, as a stream of Segment calls.

The first are the personas of `shop/personas.yaml`, one for each flow; the others are drawn.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from demo import personas
from demo.journal import Journal
from demo.lives import Life
from demo.people import invent
from demo.shelves import stock_shelves
from prompts.model import FlowName

COUNT = 2_000
SEED = 7


def events(now: datetime, count: int = COUNT, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Every call of `count` customers up to `now` (timezone-aware), customer by customer, each oldest first.

    The same arguments give the same calls, message ids included.
    """
    shelves = stock_shelves(now)
    cast = personas.cast(now)
    for persona in cast[:count]:
        journal = Journal(persona.person, seed, now)
        personas.tell(persona, journal, shelves, now)
        yield from journal.calls()
    for index in range(len(cast) + 1, count + 1):
        rng = random.Random(f"{seed}:{index}")  # noqa: S311 - invented data, not secrets
        journal = Journal(invent(index, rng, now), seed, now)
        Life(journal, shelves, rng, now).live()
        yield from journal.calls()


def showcase(now: datetime) -> list[tuple[FlowName, str]]:
    """For each flow, a customer whose story clearly fits it: (flow, the shop's customer id)."""
    return [(persona.flow, persona.person.external_id) for persona in personas.cast(now)]
