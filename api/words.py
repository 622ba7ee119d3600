"""A model reads customers' own words, an hour's worth at a time, beside everything else (`[words]` in the settings).

Off unless a model is named. What it finds passes the same checks as what the rules find, and becomes an event, so that
memory stays what its events make it. A text that fails is kept with the reason and tried again later.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import chain, islice

import structlog

from composer.model_client import ModelError
from composer.word_reader import WordReader, WordsRead
from memory.words.model import MAX_STATEMENTS
from memory.words.pending import Outcome, Pending, Status, pending_words, record_reading
from memory.words.sources import terms_of, texts_of
from store import clock
from store.database import Database
from store.errors import Unavailable

log = structlog.get_logger("penfriend.words")

EVERY_S = 3600.0
SECONDS = 60.0
"""For one text, retries included."""
MAX_TEXTS = 4
"""Of one event."""
HOPELESS = frozenset({"circuit_open", "model_calls_off", "model_out_of_budget", "model_unauthorised", "model_unknown"})
"""Why the next text would fail as this one did."""
LEAST_WORDS = 3
"""Shorter texts say nothing that the rules miss."""
Progress = Callable[[int, int], None]
"""Hears how many texts are read, of how many that may be."""


def unseen(done: int, total: int) -> None:
    """Progress for nobody."""


async def read_words(
    database: Database, reader: WordReader, budget: int, progress: Progress = unseen
) -> Counter[Status]:
    """Read what is pending, at most `budget` events; how many were read, skipped, or failed.

    Ends early, and holds nothing against the texts, when the model cannot be asked at all.
    """
    async with database.session(readonly=True) as session:
        waiting = await pending_words(session, budget, clock.now())
    counts: Counter[Status] = Counter()
    for pending in waiting:
        outcome = await _read(reader, pending)
        if outcome.reason in HOPELESS:
            log.warning("words_reader_fails", reason=outcome.reason)
            break
        async with database.session() as session:
            await record_reading(session, pending, outcome, reader.label, clock.now())
        counts[outcome.status] += 1
        progress(counts.total(), len(waiting))
    return counts


async def keep_reading_words(database: Database, reader: WordReader, per_hour: int) -> None:
    """Read an hour's worth every hour. Ends only when cancelled."""
    while True:
        try:
            counts = await read_words(database, reader, per_hour)
            log.info("words_read", read=counts["read"], skipped=counts["skipped"], failed=counts["failed"])
        except Unavailable as error:
            log.warning("words_not_read", reason=error.reason, fix=error.fix)
        await asyncio.sleep(EVERY_S)


async def _read(reader: WordReader, pending: Pending) -> Outcome:
    """All texts of one event: what one of them fails with, all are tried again for."""
    event = pending.event
    worth = (text for text in texts_of(event) if len(text.text.split()) >= LEAST_WORDS)
    terms, readings = terms_of(event), list[WordsRead]()
    for text in islice(worth, MAX_TEXTS):
        until = asyncio.get_running_loop().time() + SECONDS
        try:
            readings.append(await reader.read(text.text, text.field, terms, hidden=pending.hidden, until=until))
        except ModelError as error:
            return Outcome("failed", error.reason)
    skipped = [reading.skipped for reading in readings]
    if all(skipped):
        return Outcome("skipped", skipped[0] or "unfit" if skipped else "too_short")
    found = chain.from_iterable(reading.found for reading in readings)
    return Outcome("read", found=tuple(islice(found, MAX_STATEMENTS)))
