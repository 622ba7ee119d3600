"""Column types give back exactly what they were given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine.interfaces import Dialect

from store.types import AMOUNT_LIMIT, BadAmount, NaiveTime, UtcDateTime, from_units, to_units, utc_texts

DIALECTS: list[Dialect] = [SQLiteDialect(), PGDialect()]  # type: ignore[no-untyped-call]


@given(st.integers(-AMOUNT_LIMIT, AMOUNT_LIMIT))
def test_every_amount_with_four_decimals_survives_exactly(units: int) -> None:
    assert to_units(from_units(units)) == units


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_amounts_are_kept_to_the_last_digit(amount: Decimal) -> None:
    assert from_units(to_units(amount)) == amount


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity", "sNaN", "0.00001", "1e30", "922337203685477.5808"])
def test_what_cannot_be_kept_exactly_is_refused(bad: str) -> None:
    with pytest.raises(BadAmount, match=r"number|four decimals"):
        to_units(Decimal(bad))


offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(9998, 1, 1), timezones=offsets)  # noqa: DTZ001


@given(moments, st.sampled_from(DIALECTS))
def test_a_moment_comes_back_as_the_same_moment_in_utc(moment: datetime, dialect: Dialect) -> None:
    kind = UtcDateTime()
    stored = kind.process_bind_param(moment, dialect)
    assert stored is not None
    for returned in (stored, stored.replace(tzinfo=None)):
        back = kind.process_result_value(returned, dialect)
        assert back == moment
        assert back is not None
        assert back.tzinfo is UTC


def test_a_moment_without_timezone_is_refused() -> None:
    with pytest.raises(NaiveTime, match="timezone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), DIALECTS[0])  # noqa: DTZ001


@given(st.lists(st.none() | moments))
def test_moments_in_bulk_are_the_texts_that_are_written_one_by_one(found: list[datetime | None]) -> None:
    written = UtcDateTime().dialect_impl(DIALECTS[0]).bind_processor(DIALECTS[0])
    assert written is not None
    assert utc_texts(found) == [written(moment) for moment in found]


def test_a_moment_without_timezone_is_refused_in_bulk_too() -> None:
    with pytest.raises(NaiveTime):
        utc_texts([datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1)])  # noqa: DTZ001
