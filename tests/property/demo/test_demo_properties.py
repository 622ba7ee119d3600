"""What holds for any seed, any moment and any text."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from demo.customers import events
from demo.people import born_on
from demo.preview import pages
from demo.preview.embed import Pictures, framed
from demo.products import products
from tests.unit.demo.results import a_block, a_result

moments = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=12, deadline=None)
@given(moments, st.integers(0, 10_000))
def test_any_seed_at_any_moment_gives_calls_of_the_past_with_unique_ids(now: datetime, seed: int) -> None:
    calls = list(events(now, count=30, seed=seed))
    assert all(datetime.fromisoformat(call["timestamp"]) <= now for call in calls)
    assert len({call["messageId"] for call in calls}) == len(calls)
    assert len({call["userId"] for call in calls}) == 30


@settings(max_examples=12, deadline=None)
@given(moments)
def test_the_feed_is_valid_at_any_moment(now: datetime) -> None:
    shop = products(now)
    assert all(product.added_at and product.added_at <= now for product in shop)
    assert any(product.on_sale(now) for product in shop)


@given(moments, st.integers(18, 100))
def test_a_birthday_falls_on_its_day(day: datetime, years: int) -> None:
    born = born_on(day, years)
    assert born.year == day.year - years
    assert (born.month, born.day) == (day.month, day.day) or (day.month, day.day) == (2, 29)


@given(st.text(max_size=300))
def test_no_email_reaches_out_of_its_frame(text: str) -> None:
    shown = framed(f"<html><head></head><body><img src='{text}'>{text}</body></html>", Pictures(None))
    assert not re.search(r"""src\s*=\s*(["'])(?!data:,\1)""", shown)
    assert "default-src 'none'" in shown


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=80))
def test_no_text_becomes_markup(text: str) -> None:
    baseline = pages([a_result(subject="x", customer="c", blocks=[a_block(text="x")])])
    made = pages([a_result(subject=f"x{text}", customer="c", blocks=[a_block(text=text)])])
    for plain, odd in zip(baseline.values(), made.values(), strict=True):
        assert odd.count("<") == plain.count("<")
