"""Scopes, measures, rules, limits, and an alarm as it is shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

VERSION = "harm-1"
"""Of the rules: noted with each alarm."""


class Level(StrEnum):
    """How far an alarm reaches."""

    SHOP = "shop"
    FLOW = "flow"
    CAMPAIGN = "campaign"


class Measure(StrEnum):
    """What rose."""

    COMPLAINTS = "complaints"
    UNSUBSCRIBES = "unsubscribes"


class Rule(StrEnum):
    """What it was held against."""

    LIMIT = "limit"
    """Absolute: a rate that no shop may have."""
    LEARNED = "learned"
    """E-mails decided by what was learned, against others of the same flow and day that were not."""
    BEFORE = "before"
    """The last weeks, against the twelve before."""


class Scope(NamedTuple):
    """Whose e-mails. `name`: of the flow or campaign; empty for the shop."""

    level: Level
    name: str = ""


class Key(NamedTuple):
    """No two alarms of one key stand at once."""

    scope: Scope
    measure: Measure


class Seen(NamedTuple):
    """What was counted."""

    emails: int = 0
    happened: int = 0

    @property
    def rate(self) -> float:
        """0 without e-mails."""
        return self.happened / self.emails if self.emails else 0.0

    def __add__(self, other: object) -> Seen:
        if not isinstance(other, Seen):
            return NotImplemented
        return Seen(self.emails + other.emails, self.happened + other.happened)


class Limits(BaseModel):
    """What a rate may be at most, and what is done at the absolute complaint limit."""

    model_config = ConfigDict(extra="forbid")

    complaints: float = Field(default=0.001, gt=0.0, lt=1.0)
    """Gmail's rule for bulk senders: keep below 0.1 %, and never reach 0.3 %
    (https://support.google.com/a/answer/81126)."""
    unsubscribes: float = Field(default=0.01, gt=0.0, lt=1.0)
    pause_runs: bool = False
    """Pause the running runs of what too many complaints came of. Else e-mails go on, by the safe start."""

    def of(self, measure: Measure) -> float:
        """A share of e-mails."""
        return self.complaints if measure is Measure.COMPLAINTS else self.unsubscribes


class Finding(NamedTuple):
    """A rule that was broken."""

    key: Key
    rule: Rule
    since: datetime
    """The first day that was counted."""
    seen: Seen
    against: Seen
    """What it was held against; nothing for a limit."""
    bar: float
    """The rate that it is shown to be above, and that it must come back to."""
    evidence: float
    """Natural logarithm of how much likelier what was seen is, were the rate above the bar."""


class Alarm(BaseModel):
    """One alarm."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    level: Level
    name: str
    measure: Measure
    rule: Rule
    rules: str
    """The version of the rules it was raised by."""
    since: datetime
    emails: int
    happened: int
    against_emails: int
    against_happened: int
    bar: float
    raised_at: datetime
    closed_at: datetime | None = None
    closed_by: str = ""
    reason: str = ""
    """Why it was closed."""
    sentence: str = ""
    """All of it in words."""

    @property
    def seen(self) -> Seen:
        """What it was raised by."""
        return Seen(self.emails, self.happened)

    @property
    def against(self) -> Seen:
        """What that was held against."""
        return Seen(self.against_emails, self.against_happened)

    @property
    def key(self) -> Key:
        """Whose, and of what."""
        return Key(Scope(self.level, self.name), self.measure)
