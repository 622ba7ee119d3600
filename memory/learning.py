"""What is learned from everyone's memory together: the jobs, one after another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from memory.habit_learning import learn_habits
from memory.predictions.learning import learn_predictions
from memory.response_learning import learn_responses
from memory.words.choices import learn_choices
from store.database import Database

Progress = Callable[[str, int], None]
"""Hears which job is at work and how many customers it has seen."""
Learner = Callable[[Database, datetime, Progress], Awaitable[None]]
"""Learns from all that is known as of a moment, and saves it (`memory.learned`) in a transaction of its own."""

LEARNERS: tuple[Learner, ...] = (learn_habits, learn_choices, learn_responses, learn_predictions)


def unseen(job: str, customers: int) -> None:
    """Progress for nobody."""


async def learn_from_memory(database: Database, as_of: datetime, progress: Progress = unseen) -> None:
    """Run every job. What one of them needs of another it reads from the database: the order is theirs."""
    for learner in LEARNERS:
        await learner(database, as_of, progress)
