"""The front of a ranked list, with room for many items: one shirt in forty sizes and colours is forty rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
PIECE = 64
"""Groups that are made numbers of Python's at once."""

Groups = NDArray[np.int64]


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
    return [int(rows[at]) for at in of_many_items(groups, count)]


def of_many_items(groups: Groups, count: int) -> list[int]:
    """The first `count` positions that are left when of each group there are `PER_ITEM` at most; -1 is no group."""
    seen: dict[int, int] = {}
    left: list[int] = []
    # Piece by piece: the first few of thousands are nearly always enough, and numbers of Python's are read faster.
    for start in range(0, len(groups), PIECE):
        for at, group in enumerate(groups[start : start + PIECE].tolist(), start):
            if group != NO_GROUP:
                seen[group] = seen.get(group, 0) + 1
                if seen[group] > PER_ITEM:
                    continue
            left.append(at)
            if len(left) == count:
                return left
    return left
