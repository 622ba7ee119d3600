"""Who is meant: in order, once each, whatever is added and taken away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from composer.runs.audiences.members import Members

IDS = st.lists(st.sampled_from([f"c-{number}" for number in range(12)]), max_size=40)


def listed(members: Members, size: int = 5) -> list[str]:
    return [customer for batch in members.batches(size) for customer in batch]


@given(first=IDS, second=IDS, gone=IDS, size=st.integers(1, 7))
def test_they_are_what_was_added_less_what_was_removed_in_order(
    first: list[str], second: list[str], gone: list[str], size: int
) -> None:
    with Members() as members:
        members.add(first)
        members.add(second)
        assert members.duplicates == len(first + second) - len({*first, *second})
        members.remove(gone)
        expected = [customer for customer in dict.fromkeys(first + second) if customer not in gone]
        assert listed(members, size) == expected
        assert len(members) == len(expected)


@given(customers=IDS, limit=st.integers(1, 15), draw=st.text(max_size=3))
def test_a_draw_keeps_as_many_as_it_says_and_a_larger_one_keeps_them_too(
    customers: list[str], limit: int, draw: str
) -> None:
    with Members() as few, Members() as more:
        for members, kept in ((few, limit), (more, limit + 2)):
            members.add(customers)
            members.keep(kept, draw)
        assert len(few) == min(limit, len(set(customers)))
        assert set(listed(few)) <= set(listed(more))


@given(customers=IDS, gone=IDS, size=st.integers(1, 15))
def test_a_sample_is_of_them_and_as_large_as_it_can_be(customers: list[str], gone: list[str], size: int) -> None:
    with Members() as members:
        members.add(customers)
        members.remove(gone)
        sample = members.sample(size)
        assert len(sample) == len(set(sample)) == min(size, len(members))
        assert set(sample) <= set(listed(members))
