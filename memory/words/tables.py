"""Which texts a model has read, or why not. What it found is an event (`memory.events.WORDS_READ`)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from store.types import UtcDateTime


class WordsReading(SQLModel, table=True):
    """What became of the texts of one event."""

    __tablename__ = "words_reading"

    message_id: str = Field(primary_key=True)
    """Of the event that holds them."""
    customer_id: str = Field(foreign_key="customer.id", index=True)
    status: str
    """`read`, `failed` (to be tried again), or `skipped`: nothing in it may be sent."""
    reason: str = ""
    """Why it failed or was skipped, a code."""
    tries: int
    reader: str
    """Model and prompt (`composer.word_reader.WordReader.label`)."""
    at: datetime = Field(sa_type=UtcDateTime)
