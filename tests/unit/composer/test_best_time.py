"""When an e-mail is best sent, told beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from composer.best_time import SLOTS, best_time, slots_for, window_of
from memory.fold import remember
from memory.model import CustomerMemory, Profile
from memory.view import to_memory
from prompts.model import FlowName
from store.ids import CustomerId
from tests.kit.emails import make_brand
from tests.kit.factories import LIBRARY, make_memory

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
KNOWN = to_memory(CustomerId("cus_1"), "u1", remember([]), Profile(timezone="Asia/Tokyo"), NOW)


def _at(flow: FlowName, memory: CustomerMemory = KNOWN, slot: str = "usual", **brand: object) -> datetime | None:
    made = make_brand(**brand)
    return best_time(made, window_of(LIBRARY.flow(flow), made, memory), slot, NOW)


def _slots(flow: FlowName = "newsletter", **brand: object) -> tuple[str, ...]:
    made = make_brand(**brand)
    return slots_for(made, window_of(LIBRARY.flow(flow), made, KNOWN), NOW)


def test_a_campaign_has_its_window_by_the_customers_clock() -> None:
    at = _at("newsletter")
    assert at is not None
    assert KNOWN.send_window is not None
    assert KNOWN.send_window.from_hour <= at.astimezone(ZoneInfo("Asia/Tokyo")).hour < KNOWN.send_window.to_hour


def test_it_lies_outside_the_brands_quiet_hours() -> None:
    at = _at("newsletter", quiet_hours={"start": "08:00", "end": "17:00"})
    assert at is not None
    assert at.astimezone(ZoneInfo("Asia/Tokyo")).hour >= 17


@pytest.mark.parametrize("flow", ["abandoned_cart", "welcome"])
def test_what_was_triggered_is_due_when_it_is_due(flow: FlowName) -> None:
    assert _at(flow) is None


def test_a_stranger_has_no_hours() -> None:
    assert _at("newsletter", make_memory()) is None


@pytest.mark.parametrize("slot", SLOTS)
def test_a_part_of_the_day_takes_the_place_of_their_own_hours(slot: str) -> None:
    at = _at("newsletter", slot=slot)
    assert at is not None
    local = at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert KNOWN.send_window is not None
    assert SLOTS[slot][0] <= local.hour < SLOTS[slot][1]
    assert local.weekday() in KNOWN.send_window.weekdays


def test_only_parts_of_the_day_that_are_not_quiet_are_drawn() -> None:
    assert _slots() == ("usual", *SLOTS)
    assert _slots(quiet_hours={"start": "17:00", "end": "11:00"}) == ("usual", "midday", "afternoon")
    # Half of the morning is left.
    assert "morning" in _slots(quiet_hours={"start": "17:00", "end": "09:30"})
    assert _slots("abandoned_cart") == ("usual",)
