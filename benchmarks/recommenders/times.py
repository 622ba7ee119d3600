"""Moments as files write them, to seconds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.recommenders.log import DAY, Ints
from store.errors import InvalidInput

FORMATS = tuple(
    f"{date}{clock}"
    for date in "%Y-%m-%d %Y/%m/%d %m/%d/%y %d/%m/%y %m/%d/%Y %d/%m/%Y %d.%m.%Y %d-%m-%Y %Y%m%d".split()
    for clock in ("", " %H:%M:%S", " %H:%M")
)  # fmt: skip
"""Tried in this order over the whole column: 3/4/2011 is read as the 4th of March unless a day above 12 stands first
somewhere, as American exports do."""
UNREADABLE = 0.01
"""Share of a column that may be unreadable; such lines are left out and counted."""
MISSING = np.iinfo(np.int64).min
_TAIL = r"(\d:\d\d)(\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$"
"""Of a time of day: parts of a second, and the offset."""
_DAYS, _WEEKS = 4_000, "week"
EPOCH_UNITS = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3), (10**8, 1))
"""Whole numbers from the first on count a second in as many parts: ns, µs, ms, s."""


class TimeUnreadable(InvalidInput):
    """A column of times is in no known form."""

    reason = "time_unreadable"


def seconds(column: pa.ChunkedArray, name: str) -> Ints:
    """[n] seconds since the epoch, `MISSING` where there is none.

    An offset from UTC is heeded where Arrow reads the column as times with one, and left out of other texts.

    Raises: TimeUnreadable.
    """
    kind = column.type
    if pa.types.is_temporal(kind):
        return _whole(pc.cast(pc.cast(column, pa.timestamp("s"), safe=False), pa.int64()))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _numbers(_whole(pc.cast(column, pa.int64(), safe=False)), name)
    text = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    if pc.all(pc.match_substring_regex(text.slice(0, 1000), r"^\d{9,}$")).as_py():
        return _numbers(_whole(pc.cast(text, pa.int64())), name)
    return _texts(text, name)


def _whole(column: pa.ChunkedArray) -> Ints:
    return np.asarray(pc.fill_null(column, MISSING).to_numpy()).astype(np.int64)


def _numbers(values: Ints, name: str) -> Ints:
    """Epochs of any unit, 20110916, or days and weeks counted from the start."""
    there = values[values != MISSING]
    typical = int(np.median(there)) if len(there) else 0
    if there.min(initial=19_000_101) >= 19_000_101 and there.max(initial=0) <= 21_001_231:
        return _texts(pa.chunked_array([pa.array(values).cast(pa.string())]), name)
    if typical <= _DAYS:
        step = 7 * DAY if name.lower().startswith(_WEEKS) else DAY
        return np.where(values == MISSING, MISSING, values * step)
    unit = next((parts for least, parts in EPOCH_UNITS if typical >= least), None)
    if unit is None:
        raise _unreadable(name, str(typical))
    return np.where(values == MISSING, MISSING, values // unit)


def _texts(text: pa.ChunkedArray, name: str) -> Ints:
    plain = pc.replace_substring_regex(pc.replace_substring_regex(text, _TAIL, r"\1"), r"(\d)T(\d)", r"\1 \2")
    fewest, best = np.inf, None
    for form in FORMATS:
        sample = pc.strptime(plain.slice(0, 200), format=form, unit="s", error_is_null=True)
        if sample.null_count > 0.5 * len(sample):
            continue
        parsed = pc.strptime(plain, format=form, unit="s", error_is_null=True)
        if parsed.null_count < fewest:
            fewest, best = parsed.null_count, parsed
        if fewest <= plain.null_count:
            break
    if best is None or fewest - plain.null_count > UNREADABLE * len(plain):
        raise _unreadable(name, str(text[0].as_py()))
    return _whole(pc.cast(best, pa.int64()))


def _unreadable(name: str, example: str) -> TimeUnreadable:
    return TimeUnreadable(
        f"The column {name!r} holds no times that could be read, such as {example!r}.",
        fix="Name another column with --columns time=…, or write it as 2011-09-16 08:26:00.",
    )
