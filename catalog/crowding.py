"""The front of a ranked list, with room for many items: one shirt in forty sizes and colours is forty rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from catalog.columns import NO_GROUP, Columns, Mask
from catalog.index import Rows

PER_ITEM = 3
"""Variants of one item that one source of candidates may bring: one of them will be shown."""
WIDER = 4
"""How many times as many rows as are wanted to look at where variants may crowd them."""
LOOKED_AT = 128
"""Rows at the front of a ranked list that nearly always hold enough for anybody."""
FURTHER = 4_096
"""Rows that are looked at where those in front are all of a few items, or hardly any is for them."""


def first(columns: Columns, rows: Rows, allowed: Mask, count: int) -> list[int]:
    """The first allowed rows of a ranked list, `PER_ITEM` of an item at most."""
    front = rows[:LOOKED_AT]
    found = uncrowded(columns, front[allowed[front]], count)
    if len(found) == count or len(rows) <= LOOKED_AT:
        return found
    # Hardly anything in front is for them: only then all of a list that may be as long as the catalog.
    return uncrowded(columns, rows[allowed[rows]][:FURTHER], count)


def uncrowded(columns: Columns, rows: Rows, count: int) -> list[int]:
    """The first of `rows`, in their order, with `PER_ITEM` of an item at most."""
    groups = columns.group[rows]
    if (groups[:count] == NO_GROUP).all():
        plain: list[int] = rows[:count].tolist()
        return plain
    listed: list[int] = rows.tolist()
    return [listed[at] for at in of_many_items(groups.tolist())[:count]]


def of_many_items(groups: Iterable[int]) -> list[int]:
    """Positions that are left when of each group there are `PER_ITEM` at most; -1 is no group."""
    seen: Counter[int] = Counter()
    left = []
    for at, group in enumerate(groups):
        seen[group] += 1
        if group == NO_GROUP or seen[group] <= PER_ITEM:
            left.append(at)
    return left
