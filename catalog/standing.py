"""Which variant stands for its item: of the sizes and colours of one thing, the one that this person chose."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from catalog.columns import NO_GROUP
from catalog.model import PickKind
from catalog.scoring import Ranked
from catalog.trace import Dropped, Trace
from catalog.view import CatalogView

CHOSEN: dict[PickKind, int] = {"cart": 1, "wished": 2, "viewed": 3, "running_low": 4, "buy_again": 4}
"""How near somebody came to a variant, the nearest first. What was bought is a candidate only where it is bought
again."""
LEADS = 0


def standing(
    view: CatalogView,
    ranked: Sequence[Ranked],
    *,
    lead: Collection[PickKind] = (),
    kept: Collection[int] = frozenset(),
    trace: Trace | None = None,
) -> list[Ranked]:
    """`ranked` less the variants of an item of which this person chose another.

    What the e-mail is about (`lead`) stands for its item before all; rows in `kept` stay whatever they are. Items of
    which they chose nothing keep all their variants: the best will be shown.
    """
    of: list[int] = view.columns.group[[one.candidate.row for one in ranked]].tolist()
    if all(group == NO_GROUP for group in of):
        return list(ranked)
    chosen = CHOSEN.keys()
    nearness = [
        None if group == NO_GROUP or (chosen.isdisjoint(one.candidate.reasons) and one.kind not in lead)
        else _nearness(one, lead)
        for one, group in zip(ranked, of, strict=True)
    ]  # fmt: skip
    stands: dict[int, tuple[int, int]] = {}
    for one, group, near in zip(ranked, of, nearness, strict=True):
        if near is not None and (group not in stands or near < stands[group][0]):
            stands[group] = near, one.candidate.row
    if not stands:
        return list(ranked)
    found = []
    for one, group, near in zip(ranked, of, nearness, strict=True):
        other = stands.get(group)
        if other is None or near == other[0] or one.candidate.row in kept:
            found.append(one)
        elif trace is not None:
            trace.dropped.append(Dropped(one.candidate.row, "same_as", other=other[1]))
    return found


def _nearness(one: Ranked, lead: Collection[PickKind]) -> int:
    """Of what they chose, or what leads."""
    return LEADS if one.kind in lead else min(CHOSEN[kind] for kind in one.candidate.reasons if kind in CHOSEN)
