"""Whose clicks they were: a scanner's at work for hours, or a person's among them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from composer.facts.mails import CLICKED, DELIVERED, MOST, mails_of
from memory.events import Event
from memory.parts.mails import BURST_LINKS, BURST_WITHIN, bursts

AT = datetime(2026, 6, 1, tzinfo=UTC)
EMAIL = "msg_" + "0" * 26
WITHIN = BURST_WITHIN // timedelta(microseconds=1)


def clicks(*seconds: float, links: int = 1, first: str = "d") -> list[Event]:
    """One a moment, of as many links by turns."""
    said = [{"email_id": EMAIL, "link_url": f"https://shop.example/{n % links}"} for n in range(len(seconds))]
    return [
        Event(f"{first}{at}", "track", CLICKED, "ada", None, AT + timedelta(seconds=at), {"properties": properties})
        for at, properties in zip(seconds, said, strict=True)
    ]


def delivered(seconds: float) -> Event:
    body = {"properties": {"email_id": EMAIL}}
    return Event("arrived", "track", DELIVERED, "ada", None, AT + timedelta(seconds=seconds), body)


def by_person(events: list[Event]) -> list[float]:
    return [(at - AT).total_seconds() for at in mails_of(events, {EMAIL})[EMAIL].by_person(CLICKED)]


def test_nobody_clicks_before_it_arrived_or_at_once() -> None:
    assert by_person([*clicks(1, 5, 6, 60), delivered(4)]) == [60]
    assert by_person(clicks(1, 5)) == [1, 5]


def test_a_person_is_told_from_the_scanner_before_and_after_them() -> None:
    scanned = clicks(*range(100, 130, 3), *range(900, 930, 3), links=7)
    assert by_person([*clicks(50, first="a"), *scanned, *clicks(500, 1_000, first="b")]) == [50, 500, 1_000]


def test_of_endless_clicks_the_first_count() -> None:
    assert len(by_person(clicks(*range(0, 40 * 2 * MOST, 40)))) == MOST


@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from("abcd")), max_size=40))
def test_bursts_are_where_many_links_are_clicked_at_once(some: list[tuple[int, str]]) -> None:
    """As the definition says, click by click; the shipped one looks at each click once."""
    found = sorted((at * 1_000_000, link) for at, link in some)
    scanned = set()
    for start, _ in found:
        near = [(at, link) for at, link in found if start <= at <= start + WITHIN]
        if len({link for _, link in near}) >= BURST_LINKS:
            scanned |= {at for at, _ in found if start <= at <= near[-1][0] + WITHIN}
    apart = bursts(found)
    assert {at for at, _ in found if any(since <= at <= until for since, until in apart)} == scanned
    assert all(one[1] < following[0] for one, following in pairwise(apart))
