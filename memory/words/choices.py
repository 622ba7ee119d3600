"""Which answers to which questions are the shop's own choices: those that several customers gave alike.

An answer repeated to a customer goes through a model, so it must be nobody's free text. Nobody tells us what the
options of a quiz are; but an option is picked by many and a text typed into a field is not. It is the idea of
k-anonymity (Sweeney 2002) used as a whitelist: below `LEAST` customers an answer steers and is never said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from memory.learned import Learned, load_learned, save_learned
from memory.scanning import Remembered, remembered
from memory.words.model import Choice
from store.database import Database

LEAST = 5
"""Customers who gave an answer, from which it is one of the shop's choices."""
ASKED = 100_000
"""Customers who are looked at: of a larger shop, an answer counts from five of those who are drawn."""
CANDIDATES = 100_000
"""Answers counted at once. Beyond it new ones are left out: no shop asks that much, and memory stays bounded."""
KEPT = 5_000
NAME = "word_choices"
VERSION = "1"


async def learn_choices(database: Database, as_of: datetime, progress: Callable[[str, int], None]) -> None:
    """Count customers' answers, and save those that enough of them gave."""
    counts: Counter[Choice] = Counter()
    seen = 0
    async for batch in remembered(database, most=ASKED):
        for customer in batch:
            given = set(_answers(customer))
            counts.update(given if len(counts) < CANDIDATES else given & counts.keys())
        seen += len(batch)
        progress("answers", seen)
    common = [list(choice) for choice, count in counts.most_common(KEPT) if count >= LEAST]
    async with database.session() as session:
        await save_learned(session, Learned(NAME, VERSION, as_of, common))


async def read_choices(session: AsyncSession) -> frozenset[Choice]:
    """What was learned last; nothing before that."""
    learned = await load_learned(session, NAME, VERSION)
    return frozenset() if learned is None else frozenset((about, value) for about, value in learned.document)


def _answers(customer: Remembered) -> Iterator[Choice]:
    for entry in customer.state["words"]:
        yield from ((said[2], said[1]) for said in entry[6] if said[0] == "answered")
