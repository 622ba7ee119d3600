"""Each part of the state against the plain definition of what it keeps."""

from __future__ import annotations

import hashlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.parts.interests import put_product
from memory.state import (
    HALF_LIVES,
    ONE,
    SUM,
    Decayed,
    Entry,
    Sums,
    Weight,
    add_decayed,
    add_to_sum,
    decayed,
    merge_sums,
    put_last,
    put_newest,
)

LIMIT = 3
times = st.integers(0, 9)


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    """Entries with distinct (time, message id) and a key out of few."""
    drawn = draw(st.lists(st.tuples(times, st.sampled_from("abcdef")), max_size=30))
    return [[time, f"m{number}", key] for number, (time, key) in enumerate(drawn)]


@given(entries())
def test_a_newest_list_is_the_newest_of_all(arrived: list[Entry]) -> None:
    kept: list[Entry] = []
    for entry in arrived:
        put_newest(kept, entry, LIMIT)
    assert kept == sorted(arrived, reverse=True)[:LIMIT]


@given(entries())
def test_a_last_writer_map_is_the_latest_of_each_key_and_of_those_the_latest(arrived: list[Entry]) -> None:
    kept: dict[str, Entry] = {}
    for entry in arrived:
        put_last(kept, entry[2], entry, LIMIT)
    latest = {entry[2]: entry for entry in sorted(arrived)}
    assert [*kept.values()] == sorted(latest.values())[-LIMIT:]


words = st.sampled_from(("", "a", "b"))


@given(st.lists(st.tuples(st.sampled_from("xyzw"), st.integers(0, 2), words, words, words, st.integers(0, 1))))
def test_of_a_product_the_latest_word_is_known_and_of_products_the_latest(
    said: list[tuple[str, int, str, str, str, int]],
) -> None:
    known: dict[str, Entry] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("memory.parts.interests.KNOWN_PRODUCTS", LIMIT)
        for product_id, *entry in said:
            put_product(known, product_id, entry)
    latest: dict[str, Entry] = {}
    for product_id, *entry in said:
        latest[product_id] = max(latest.get(product_id, entry), entry)
    ranked = sorted(latest, key=lambda product_id: (*latest[product_id][:2], product_id))[-LIMIT:]
    assert [*known.items()] == [(product_id, latest[product_id]) for product_id in ranked]


weights = st.tuples(st.integers(0, 30), st.integers(1, 100))


@given(st.lists(weights), st.randoms())
def test_a_decayed_sum_is_that_of_the_newest_half_lives_in_any_order(arrived: list[Weight], chance: Random) -> None:
    first: Decayed = []
    for half_life, amount in arrived:
        add_decayed(first, half_life, amount)
    chance.shuffle(arrived)
    second: Decayed = []
    for half_life, amount in arrived:
        add_decayed(second, half_life, amount)
    newest = max((half_life for half_life, _ in arrived), default=0)
    kept = [(half_life, amount) for half_life, amount in arrived if newest - half_life < HALF_LIVES]
    assert first == second
    assert (
        decayed(first, (newest, ONE)) == sum(amount * 2.0 ** (half_life - newest) for half_life, amount in kept) / ONE
    )
    assert len(first) <= 2 * HALF_LIVES


@given(entries())
def test_sums_are_kept_for_the_keys_with_the_smallest_hashes(arrived: list[Entry]) -> None:
    sums: Sums = {}
    for time, message_id, key in arrived:
        add_to_sum(sums, key, (time, 1), [time, message_id], LIMIT)
    keys = sorted({key for _, _, key in arrived}, key=_hash)[:LIMIT]
    of = {key: sorted(entry[:2] for entry in arrived if entry[2] == key) for key in keys}
    assert {key: found[:SUM] for key, found in sums.items()} == {key: [len(of[key]), *of[key][-1]] for key in keys}
    assert all(decayed(sums[key], (0, 1), SUM) == sum(2.0**time for time, _ in of[key]) for key in keys)


@given(entries(), st.integers(0, 30))
def test_sums_merge_into_those_of_all_events(arrived: list[Entry], cut: int) -> None:
    def of(some: list[Entry]) -> Sums:
        sums: Sums = {}
        for time, message_id, key in some:
            add_to_sum(sums, key, (3 * time, 1), [time, message_id], LIMIT)
        return sums

    merged = of(arrived[:cut])
    merge_sums(merged, of(arrived[cut:]), LIMIT)
    assert merged == of(arrived)


def _hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=8).digest()
