"""When an e-mail is best sent to its customer, told beside it: whoever sends it decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from composer.bandit.arms import USUAL
from composer.documents import Brand
from memory.contacting.rules import QuietHours
from memory.model import CustomerMemory
from memory.send_time import SendWindow, send_at
from prompts.model import Flow

SLOTS: Mapping[str, tuple[int, int]] = {
    "morning": (8, 11),
    "midday": (11, 14),
    "afternoon": (14, 17),
    "evening": (18, 21),
}
"""Parts of the day in place of a person's own hours, from and until, by their clock."""
_WEEK = 7


def has_window(flow: Flow) -> bool:
    """Whether the time of day may be chosen: a cart reminder is due when it is due."""
    return flow.kind == "campaign"


def window_of(flow: Flow, brand: Brand, memory: CustomerMemory) -> SendWindow | None:
    """The customer's own hours; None where no time is chosen, and for a stranger."""
    return memory.window_by(brand.timezone) if has_window(flow) else None


def slots_for(brand: Brand, window: SendWindow | None, now: datetime) -> tuple[str, ...]:
    """The arms: their own hours, and each part of the day that is not quiet throughout on their days of this week."""
    if window is None:
        return (USUAL,)
    quiet = brand.quiet_hours
    return (USUAL, *(slot for slot in SLOTS if quiet is None or _open(slot, window, quiet, now)))


def best_time(brand: Brand, window: SendWindow | None, slot: str, now: datetime) -> datetime | None:
    """The next moment in the window, or on its days in this part of the day, outside the brand's quiet hours."""
    if window is None:
        return None
    if slot in SLOTS:
        first, until = SLOTS[slot]
        window = window.model_copy(update={"from_hour": first, "to_hour": until})
    return send_at(now, window, brand.contact_rules)


def _open(slot: str, window: SendWindow, quiet: QuietHours, now: datetime) -> bool:
    first, until = (timedelta(hours=hour) for hour in SLOTS[slot])
    today = now.astimezone(ZoneInfo(window.timezone)).date()
    days = (today + timedelta(days=number) for number in range(_WEEK))
    ends = (quiet.ends(day, first) for day in days if day.weekday() in window.weekdays)
    return any(end is None or end < until for end in ends)
