"""Who is where by hash: shares as they were set, slices that are disjoint and leave nobody out, arms that have nothing
to do with one another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2_contingency

from composer.experiments.assigning import arm_of, carve, held_out, slot_of
from composer.experiments.board import Board
from composer.experiments.model import SLOTS, Group, Holdout, Member
from tests.kit.experiments import make_experiment, make_plan, place
from tests.kit.factories import NOW

CUSTOMERS = [f"c-{number}" for number in range(20_000)]
UNLIKELY = 1e-9
"""Keys are fixed: these either hold for ever or never did."""
PINNED = ["b", "control", "b", "control", "control", "control", "b", "b"]
"""Of the first customers: whoever changes the hash moves everybody to another arm."""


def within(found: int, share: float, of: int = len(CUSTOMERS)) -> bool:
    low, high = binom.ppf(UNLIKELY, of, share), binom.ppf(1 - UNLIKELY, of, share)
    return bool(low <= found <= high)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.1), (0.34, 0.33, 0.33), (0.05, 0.15, 0.3, 0.5)])
def test_each_arm_has_its_share(shares: tuple[float, ...]) -> None:
    names = ("control", "b", "c", "d")
    arms = make_plan(arms=[{"name": name, "share": one} for name, one in zip(names, shares, strict=False)]).arms
    found = [arm_of("salt", arms, customer).name for customer in CUSTOMERS]
    assert all(within(found.count(arm.name), arm.share) for arm in arms)


def test_the_shops_holdout_has_its_share_and_another_period_draws_anew() -> None:
    first, second = (
        Holdout(id=salt, share=0.05, salt=salt, starts_at=NOW, ends_at=NOW, set_by="") for salt in ("one", "two")
    )
    mine, other = ({customer for customer in CUSTOMERS if held_out(one, customer)} for one in (first, second))
    assert within(len(mine), 0.05)
    assert within(len(other), 0.05)
    assert within(len(mine & other), 0.05 * 0.05)


def test_a_customer_is_in_the_same_arm_for_ever() -> None:
    found = [arm_of("salt", make_plan().arms, customer).name for customer in CUSTOMERS[:8]]
    assert found == PINNED


def test_arms_of_two_experiments_have_nothing_to_do_with_one_another() -> None:
    arms = make_plan().arms
    both = [tuple(arm_of(salt, arms, customer).name for salt in ("exp_1", "exp_2")) for customer in CUSTOMERS]
    table = [[both.count((one, other)) for other in ("control", "b")] for one in ("control", "b")]
    assert chi2_contingency(table).pvalue > 0.001


shares = st.lists(st.integers(1, 4_000), min_size=1, max_size=8)


def joined(wanted: list[int]) -> list[Member]:
    members: list[Member] = []
    for number, slots in enumerate(wanted):
        members.append(Member(kind="campaign", id=f"m-{number}", slots=carve(members, slots)))
    return members


@given(wanted=shares, leaving=st.integers(0, 7), late=st.integers(1, 9_999))
def test_members_of_a_group_never_share_a_slot_whoever_comes_and_goes(
    wanted: list[int], leaving: int, late: int
) -> None:
    members = joined(wanted)
    members = [member for number, member in enumerate(members) if number != leaving]
    members.append(Member(kind="experiment", id="late", slots=carve(members, late)))
    ranges = sorted(one for member in members for one in member.slots)
    assert all(end <= start for (_, end), (start, _) in pairwise(ranges))
    assert all(0 <= start < end <= SLOTS for start, end in ranges)


@given(cuts=st.lists(st.integers(1, SLOTS - 1), min_size=1, max_size=6, unique=True), customer=st.text())
def test_members_that_share_everything_leave_nobody_out(cuts: list[int], customer: str) -> None:
    ends = [*sorted(cuts), SLOTS]
    members = joined([end - start for start, end in zip([0, *ends], ends, strict=False)])
    group = Group(name="all", salt="salt", members=tuple(members))
    slot = slot_of(group, customer)
    assert [member.holds(slot) for member in members].count(True) == 1
    assert group.free == 0


def test_experiments_of_one_group_share_no_customer_and_their_slices_have_their_shares() -> None:
    ids = ("exp_1", "exp_2")
    slots = (((0, 3_000),), ((3_000, 5_000),))
    members = tuple(Member(kind="experiment", id=id_, slots=own) for id_, own in zip(ids, slots, strict=True))
    running = tuple(make_experiment(salt=id_, id=id_) for id_ in ids)
    board = Board(groups=(Group(name="two", salt="salt", members=members),), running=running)
    found = [place(board, customer).experiment for customer in CUSTOMERS]
    assert [within(found.count(id_), share) for id_, share in (("exp_1", 0.3), ("exp_2", 0.2), ("", 0.5))] == [True] * 3
