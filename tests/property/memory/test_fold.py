"""The memory does not depend on how its events arrived."""

from __future__ import annotations

import gc
import sys
from datetime import timedelta
from types import FrameType
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory import merging
from memory import state as laws
from memory.email_hints import EmailHints, email_id_of
from memory.events import Event, parse
from memory.fold import fold, remember
from memory.merging import merge
from memory.profile import ProfileState, fold_profile, merge_profiles, to_profile
from memory.state import State, empty, moment_of, weight
from memory.view import to_memory
from store.ids import CustomerId
from tests.kit.events import KETTLE, NOW, histories, order, track


def _events(messages: list[dict[str, Any]]) -> list[Event]:
    events = [parse(message, NOW) for message in messages]
    for event in events:
        if email_id_of(event) is not None:
            hints = EmailHints("u1", "welcome", "story", "warm", "short", "plain", "look", products=("1", "2"))
            event.body["email_hints"] = hints.to_plain()
    return events


def _stored(state: State) -> State:
    """As it comes back from the database."""
    loaded: State = orjson.loads(orjson.dumps(state))
    return loaded


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few of everything that short histories already overflow every list and map."""
    for name in ("NEWEST_VIEWS", "NEWEST_SEARCHES", "NEWEST_REFUNDS", "NEWEST_CANCELLED", "ORDERS"):
        monkeypatch.setattr(f"memory.fold.{name}", 3)
        monkeypatch.setattr(merging, name, 3)
    for name in ("CART_PRODUCTS", "WISHED_PRODUCTS"):
        monkeypatch.setattr(f"memory.fold.{name}", 2)
        monkeypatch.setattr(merging, name, 2)
    for module in ("fold", "merging", "parts.interests"):
        monkeypatch.setattr(f"memory.{module}.SUM_KEYS", 2)
    monkeypatch.setattr("memory.parts.interests.KNOWN_PRODUCTS", 2)
    monkeypatch.setattr("memory.parts.tastes.OPINIONS", 2)
    monkeypatch.setattr(merging, "OPINIONS", 2)
    monkeypatch.setattr("memory.parts.words.NEWEST_WORDS", 2)
    monkeypatch.setattr(merging, "NEWEST_WORDS", 2)
    for name in ("MAILS", "MAILS_WITH_PRODUCTS"):
        monkeypatch.setattr(f"memory.parts.mails.{name}", 2)
        monkeypatch.setattr(merging, name, 2)
    monkeypatch.setattr(laws, "HALF_LIVES", 2)
    monkeypatch.setattr(laws, "ORDERS_WITH_LINES", 1)
    monkeypatch.setattr("memory.parts.words.NEWEST_WORDS", 2)
    monkeypatch.setattr(merging, "NEWEST_WORDS", 2)


def _check_orders(messages: list[dict[str, Any]], data: st.DataObject) -> None:
    events = _events(messages)
    expected = _stored(remember(events))
    shuffled = data.draw(st.permutations(events))
    state = empty()
    while shuffled:
        size = data.draw(st.integers(1, len(shuffled)))
        state = _stored(fold(state, shuffled[:size]))
        shuffled = shuffled[size:]
    assert state == expected


@given(histories(), st.data())
def test_any_order_and_any_batching_give_the_same_memory(messages: list[dict[str, Any]], data: st.DataObject) -> None:
    _check_orders(messages, data)


@pytest.mark.usefixtures("small_limits")
def test_that_holds_where_lists_and_maps_overflow() -> None:
    @settings(max_examples=200)
    @given(histories(), st.data())
    def check(messages: list[dict[str, Any]], data: st.DataObject) -> None:
        _check_orders(messages, data)

    check()


def _check_merge(messages: list[dict[str, Any]], data: st.DataObject) -> None:
    events = _events(messages)
    left = [event for event in events if data.draw(st.booleans())]
    right = [event for event in events if event not in left]
    assert _stored(merge(remember(left), remember(right))) == _stored(remember(events))


@given(histories(), st.data())
def test_two_memories_merge_into_that_of_both(messages: list[dict[str, Any]], data: st.DataObject) -> None:
    _check_merge(messages, data)


@pytest.mark.usefixtures("small_limits")
def test_they_also_merge_where_lists_and_maps_overflow() -> None:
    @settings(max_examples=200)
    @given(histories(), st.data())
    def check(messages: list[dict[str, Any]], data: st.DataObject) -> None:
        _check_merge(messages, data)

    check()


@given(histories(), st.data())
def test_a_profile_depends_on_neither_order_nor_split(messages: list[dict[str, Any]], data: st.DataObject) -> None:
    events = _events(messages)
    expected = fold_profile(ProfileState(), events)
    assert fold_profile(ProfileState(), data.draw(st.permutations(events))) == expected
    cut = data.draw(st.integers(0, len(events)))
    first, second = fold_profile({}, events[:cut]), fold_profile({}, events[cut:])
    assert merge_profiles(first, second) == expected


@given(histories())
def test_every_history_can_be_shown(messages: list[dict[str, Any]]) -> None:
    events = _events(messages)
    profile = to_profile(fold_profile(ProfileState(), events))
    memory = to_memory(CustomerId("cus_1"), "u1", remember(events), profile, NOW)
    assert len({fact.id for fact in memory.facts}) == len(memory.facts)
    assert all(fact.text.startswith(("You ", "Your ")) for fact in memory.facts)
    assert all(0 <= interest.strength <= 1 for interest in memory.interests)
    known = {event.message_id for event in events} | {email_id_of(event) for event in events}
    assert all(set(fact.sources) <= known for fact in memory.facts)
    for parts in (memory.interests, memory.cycles, memory.dislikes, memory.seasons):
        assert all(one.sources and set(one.sources) <= known for one in parts)


def _busy(count: int) -> State:
    """The memory of someone who does something new every half hour: every list, map and sum is full soon."""
    state = empty()
    for n in range(count):
        line = KETTLE | {"product_id": f"p{n}", "category": f"c{n}", "brand": f"b{n}", "size": f"s{n}", "cut": f"k{n}"}
        gift = {"is_gift": n % 3 == 0}
        mail = {"email_id": f"msg_{n:026}"}
        messages = [
            track("Product Viewed", line, days_ago=n / 50),
            track("Product Added", line, days_ago=n / 50),
            track("Product Added to Wishlist", line, days_ago=n / 50),
            track("Products Searched", {"query": f"q{n}"}, days_ago=n / 50),
            track("Order Completed", {"order_id": f"o{n}", "products": [line] * 3, **gift}, days_ago=n / 50),
            track("Product Reviewed", line | {"rating": 1, "review_body": "I love the linen."}, days_ago=n / 50),
            track("Email Delivered", mail, days_ago=n / 50),
            track("Email Opened", mail, days_ago=n / 50),
        ]
        state = fold(state, _events(messages))
    return state


def _calls(state: State, events: list[Event]) -> int:
    """How many functions are called to fold these, as any events after the first of a process."""
    fold(_stored(state), events)
    called = 0

    def count(_frame: FrameType, what: str, _argument: object) -> None:
        nonlocal called
        called += what in ("call", "c_call")

    # A collection would be counted, too: it calls whatever ends with what other tests left behind.
    gc.disable()
    sys.setprofile(count)
    try:
        fold(state, events)
    finally:
        sys.setprofile(None)
        gc.enable()
    return called


def test_a_memory_stays_small_and_an_event_costs_the_same_whatever_the_past() -> None:
    some, many = _busy(400), _busy(1_200)
    assert len(orjson.dumps(many)) == pytest.approx(len(orjson.dumps(some)), rel=0.03)
    new = KETTLE | {"product_id": "new", "category": "new", "brand": "new", "size": "new", "cut": "new"}
    events = _events([track("Product Viewed", new), track("Product Added", new), order("new", new, new)])
    assert _calls(many, events) == pytest.approx(_calls(some, events), rel=0.03)


@given(st.integers(0, 4 * 10**15), st.integers(0, 4 * 10**15))
def test_later_events_never_weigh_less(first: int, second: int) -> None:
    earlier, later = sorted((first, second))
    half_life = timedelta(days=60)
    (low, less), (high, more) = weight(earlier, half_life), weight(later, half_life)
    assert low <= high
    assert less * 2.0**low <= more * 2.0**high


@given(st.integers(1_000_000_000_000_000, 2_000_000_000_000_000))
def test_a_weight_doubles_every_half_life(time: int) -> None:
    half_life = timedelta(days=60)
    whole, mantissa = weight(time, half_life)
    assert weight(laws.micros(moment_of(time) + half_life), half_life) == (whole + 1, mantissa)
