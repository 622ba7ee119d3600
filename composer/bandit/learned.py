"""What outcomes taught, as it is kept: the sums, the day they are of, and how much people differ."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit import reward
from composer.bandit.posterior import Posterior, learn_posterior
from composer.bandit.statistics import Statistics
from memory.learned import Learned, load_learned, save_learned

NAME = "decisions"
VERSION = f"sums-2 {reward.VERSION}"
"""Sums of other code are not read: they are learned anew."""
CONTENT = "decisions, content"
"""Under which stands what the sums hash to: a few bytes that tell whether anything new was learned."""


@dataclass(frozen=True)
class Lesson:
    """What is believed, and what it rests on."""

    posterior: Posterior = field(default_factory=Posterior)
    version: str = ""
    """Of the sums and the day: equal versions draw alike. Empty where nothing was learned."""
    emails: int = 0
    """That came to something."""
    as_of: datetime | None = None


NOTHING = Lesson()


def lesson_of(document: Mapping[str, Any], as_of: datetime) -> Lesson:
    """A few milliseconds. `document`: as `save` keeps it."""
    if not document["statistics"]["emails"]:
        return Lesson(as_of=as_of)
    statistics = Statistics.from_plain(document["statistics"])
    day = datetime.combine(datetime.fromisoformat(document["day"]).date(), time(), UTC)
    return Lesson(
        posterior=learn_posterior(statistics, day, document["persons"]),
        version=_version(document),
        emails=statistics.emails,
        as_of=as_of,
    )


def _version(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(document)).hexdigest()[:12]


async def save(session: AsyncSession, statistics: Statistics, persons: Mapping[str, float], as_of: datetime) -> Lesson:
    """Keep what was learned as of a moment. Weights are those of its day: all who learn that day agree."""
    document = {
        "day": as_of.astimezone(UTC).date().isoformat(),
        "persons": dict(sorted(persons.items())),
        "statistics": statistics.to_plain(),
    }
    await save_learned(session, Learned(NAME, VERSION, as_of, document))
    await save_learned(session, Learned(CONTENT, VERSION, as_of, _version(document)))
    return lesson_of(document, as_of)


async def version_of(session: AsyncSession) -> str | None:
    """Of all that was learned last: changes with it, whenever that was. None before anything was."""
    known = await load_learned(session, CONTENT, VERSION)
    return None if known is None else known.document


async def read_learned(session: AsyncSession) -> Lesson:
    """What was learned last; `NOTHING` before."""
    known = await load_learned(session, NAME, VERSION)
    return NOTHING if known is None else lesson_of(known.document, known.as_of)
