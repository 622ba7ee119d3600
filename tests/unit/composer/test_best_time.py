"""When an e-mail is best sent, told beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from composer.best_time import best_time
from memory.fold import remember
from memory.model import CustomerMemory, Profile
from memory.view import to_memory
from prompts.model import FlowName
from store import clock
from store.ids import CustomerId
from tests.kit.emails import make_brand
from tests.kit.factories import LIBRARY, make_memory

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
KNOWN = to_memory(CustomerId("cus_1"), "u1", remember([]), Profile(timezone="Asia/Tokyo"), NOW)


def _at(flow: FlowName, memory: CustomerMemory = KNOWN, **brand: object) -> datetime | None:
    with clock.frozen_at(NOW):
        return best_time(LIBRARY.flow(flow), make_brand(**brand), memory)


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
