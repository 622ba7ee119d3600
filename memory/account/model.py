"""What a person is told about what is remembered of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from memory.frozen import Frozen

Use = Literal["named", "coarse", "steers", "unused", "delivery", "records"]
"""What is done with a thing; in a sentence, `use.named` … of `memory.account.words`."""


class Source(Frozen):
    """Where something came from."""

    event: str
    """`Order Completed`, or what else the shop calls it; `Customer details` for an identify."""
    at: datetime
    """When it happened."""
    received_at: datetime
    via: str
    """Which system said so, in plain words."""
    message_id: str


class Told(Frozen):
    """One remembered thing, as a sentence to the person it is about."""

    id: str
    """What it is corrected or forgotten by; of a fact, the fact's own."""
    text: str
    use: Use
    sources: tuple[Source, ...] = ()
    learned_at: datetime | None = None
    used_until: datetime | None = None
    """From then on it is not used any more; None: until something newer takes its place."""
    can_forget: bool = False
    can_correct: bool = False
    outline: str = Field(default="", exclude=True)
    """As `text`, where somebody else may look on (`memory.account.outlining`); empty where `text` will do."""
    subjects: tuple[str, ...] = Field(default=(), exclude=True)
    """What forgetting it forgets (`memory.parts.forgetting`)."""
    trait: str = Field(default="", exclude=True)
    """The path of the trait it is (`memory.profile`)."""
    message_ids: tuple[str, ...] = Field(default=(), exclude=True)


class Group(Frozen):
    """Things of one kind."""

    key: str
    title: str
    told: tuple[Told, ...] = ()
    note: str = ""
    """What holds for all of them."""


class Account(Frozen):
    """Everything remembered about one person, as of a moment."""

    customer: str
    """The shop's id."""
    as_of: datetime
    kept: str
    """For how long, in a sentence."""
    groups: tuple[Group, ...]

    def find(self, told_id: str) -> Told | None:
        """The thing with this id."""
        return next((one for group in self.groups for one in group.told if one.id == told_id), None)
