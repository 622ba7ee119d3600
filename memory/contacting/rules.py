"""The contact rules of a brand: quiet hours and caps. Documents as a marketer writes them, versioned by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, time, timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

import orjson
from pydantic import BeforeValidator, Field, model_validator

from memory.frozen import Frozen

Kind = Literal["transactional", "triggered", "campaign"]
"""Why an e-mail is written, highest priority first: the customer needs it; they did something; the shop has news."""
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MIDNIGHT = timedelta(0)
MOST_A_WEEK = 100
LOGIC = "contact-1"
"""Raised whenever the same document comes to mean something else."""


def _clock_time(value: object) -> object:
    """YAML 1.1 reads an unquoted 21:00 as 1260, its minutes: taken for what was meant."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return time(*divmod(value, 60))
    return value


ClockTime = Annotated[time, BeforeValidator(_clock_time)]


class Span(Frozen):
    """From one local time of day to another; where it ends no later than it starts, on the next day."""

    start: ClockTime
    end: ClockTime

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.start == self.end:
            raise ValueError("start and end are the same; for a whole day without e-mails, set the weekday to all_day")
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("times are the customer's local time and have no time zone")
        return self


class QuietHours(Span):
    """When nobody is written to, by the customer's local time; without a known time zone, by the brand's."""

    weekdays: dict[Weekday, Span | Literal["all_day", "none"]] = Field(default_factory=dict)
    """Other hours for the quiet that begins on these days; after `all_day` the night is quiet as after any other."""
    holidays: tuple[date, ...] = Field(default=(), max_length=400)
    """Days without e-mails for everybody, midnight to midnight."""

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        week = [date(2024, 1, 1) + DAY * number for number in range(7)]
        calm = self.model_copy(update={"holidays": ()})
        if all(calm.ends(day, MIDNIGHT) == DAY for day in week):
            raise ValueError("these quiet hours leave no time in the week to write to anybody")
        return self

    def ends(self, day: date, since_midnight: timedelta) -> timedelta | None:
        """When the quiet that holds at this time of a day ends, as time since its midnight, a day at most.

        None where it is not quiet then.
        """
        moment, quiet = since_midnight, False
        for start, end in sorted(self._spans(day)):
            if start <= moment < end:
                moment, quiet = end, True
        return moment if quiet else None

    def _spans(self, day: date) -> Iterator[tuple[timedelta, timedelta]]:
        """The quiet parts of one local day; they may overlap."""
        if day in self.holidays:
            yield MIDNIGHT, DAY
        for begins, offset in ((day - DAY, DAY), (day, MIDNIGHT)):
            start, end = self._quiet_of(begins)
            if end > offset:
                yield max(start - offset, MIDNIGHT), min(end - offset, DAY)

    def _quiet_of(self, day: date) -> tuple[timedelta, timedelta]:
        """The quiet that begins on this day, as times since its midnight; nothing is (0, 0)."""
        match self.weekdays.get(WEEKDAYS[day.weekday()], self):
            case "none":
                return MIDNIGHT, MIDNIGHT
            case "all_day":
                return MIDNIGHT, max(DAY, _stretch(self)[1])
            case span:
                return _stretch(span)


def _stretch(span: Span) -> tuple[timedelta, timedelta]:
    """Start and end as times since the midnight before the start."""
    start, end = _since_midnight(span.start), _since_midnight(span.end)
    return start, end if end > start else end + DAY


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


class Limits(Frozen):
    """At most so many e-mails to one customer in any 24 hours, 7 days and 30 days. None: no limit."""

    day: int | None = Field(default=None, ge=1, le=24)
    week: int | None = Field(default=None, ge=1, le=MOST_A_WEEK)
    month: int | None = Field(default=None, ge=1, le=300)

    def windows(self) -> Iterator[tuple[str, timedelta, int]]:
        """(name, length, most) of each that is set."""
        for name, days in (("day", 1), ("week", 7), ("month", 30)):
            most = getattr(self, name)
            if most is not None:
                yield name, timedelta(days=days), most


class Caps(Frozen):
    """How often one customer is written to. Triggered e-mails and campaigns count; transactional ones do not."""

    total: Limits = Limits()
    campaign: Limits = Limits()
    triggered: Limits = Limits()
    flows: dict[str, Limits] = Field(default_factory=dict)
    """E-mails of one flow, by its name."""
    reserved: int = Field(default=0, ge=0, le=100)
    """Of each limit of the total, all but one at most, so many are kept for triggered e-mails: a campaign waits rather
    than take one of these."""
    min_gap_hours: float = Field(default=0, ge=0, le=720, allow_inf_nan=False)
    """At least so long between two e-mails."""
    learned_frequency: bool = False
    """Whether nobody gets more e-mails in 7 days than bring the most clicks from them in the long run, as far as memory
    can tell (`memory.responses.frequency`). The limits above hold as well: it makes fewer of them, never more."""


class ContactRules(Frozen):
    """All that is asked about the moment of an e-mail."""

    quiet_hours: QuietHours | None = None
    caps: Caps = Caps()
    timezone: str = "UTC"
    """IANA name; for customers whose own is not known."""

    @cached_property
    def version(self) -> str:
        """The same for the same rules: `contact-1:` and the start of the SHA-256 of the document."""
        document = self.model_dump(mode="json")
        if not self.caps.learned_frequency:
            # Rules of before there was this, which mean what they meant.
            del document["caps"]["learned_frequency"]
        content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        return f"{LOGIC}:{hashlib.sha256(content).hexdigest()[:16]}"

    @cached_property
    def memory(self) -> timedelta:
        """How far back contacts matter."""
        caps = self.caps
        limits = (caps.total, caps.campaign, caps.triggered, *caps.flows.values())
        windows = [length for each in limits for _, length, _ in each.windows()]
        learned = [WEEK] if caps.learned_frequency else []
        return max([timedelta(hours=caps.min_gap_hours), *windows, *learned])
