"""Each part of the state against the plain definition of what it keeps."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from memory.state import SUM_SOURCES, Entry, Sums, add_to_sum, put_last, put_newest

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
    assert sorted(kept.values()) == sorted(latest.values())[-LIMIT:]


@given(entries())
def test_sums_are_exact_for_the_keys_with_the_smallest_hashes(arrived: list[Entry]) -> None:
    sums: Sums = {}
    for time, message_id, key in arrived:
        add_to_sum(sums, key, time, [time, message_id], LIMIT)
    keys = sorted({key for _, _, key in arrived}, key=_hash)[:LIMIT]
    of = {key: [entry for entry in arrived if entry[2] == key] for key in keys}
    assert {key: int(found[0], 16) for key, found in sums.items()} == {
        key: sum(time for time, _, _ in of[key]) for key in keys
    }
    for key in keys:
        newest = sorted(([time, message_id] for time, message_id, _ in of[key]), reverse=True)[:SUM_SOURCES]
        assert sums[key][1] == newest


def _hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=8).digest()
