"""A rule reads the folded state; what it says must be what the whole memory says."""

from __future__ import annotations

from math import inf
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from composer.runs.audiences.judging import NO_FIFTHS, Person, meant
from composer.runs.audiences.rules import Rule
from memory.events import parse
from memory.fold import remember
from memory.measures import DAY
from memory.model import CustomerMemory
from memory.profile import fold_profile, to_profile
from memory.view import to_memory
from store.ids import CustomerId
from tests.kit.events import NOW, histories

RULE: TypeAdapter[Rule] = TypeAdapter(Rule)
BOUNDS = st.integers(-1, 15)


def both(messages: list[dict[str, Any]]) -> tuple[Person, CustomerMemory]:
    """One customer as a rule sees them, and their whole memory."""
    events = [parse(message, NOW) for message in messages]
    state, traits = remember(events), fold_profile({}, events)
    memory = to_memory(CustomerId("cus_1"), "u1", state, to_profile(traits), NOW)
    return Person("u1", NOW, state, traits), memory


def holds(person: Person, rule: dict[str, Any]) -> bool:
    return meant(RULE.validate_python(rule), person, NO_FIFTHS)


@given(messages=histories(), bound=BOUNDS)
def test_measures_are_those_of_the_whole_memory(messages: list[dict[str, Any]], bound: int) -> None:
    person, memory = both(messages)
    opened = memory.engagement.last_opened_at
    known = memory.known_since
    expected = {
        "orders": memory.order_count,
        "recency_days": memory.rfm.recency_days if memory.rfm else None,
        "monetary": float(memory.rfm.monetary) if memory.rfm else None,
        "cadence_days": memory.cadence_days,
        "days_known": (NOW - known) / DAY if known else None,
        "days_since_order": memory.rfm.recency_days if memory.rfm else inf,
        "days_since_open": (NOW - opened) / DAY if opened else inf,
        "days_since_contact": inf,
    }
    for measure, value in expected.items():
        at_least = holds(person, {"field": measure, "at_least": bound})
        at_most = holds(person, {"field": measure, "at_most": bound})
        assert at_least == (value is not None and value >= bound), measure
        assert at_most == (value is not None and value <= bound), measure


@given(messages=histories(), strength=st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_stages_carts_and_leanings_are_those_of_the_whole_memory(
    messages: list[dict[str, Any]], strength: float
) -> None:
    person, memory = both(messages)
    assert holds(person, {"field": "lifecycle", "in": [memory.lifecycle]})
    assert holds(person, {"field": "engagement", "in": [memory.engagement.level]})
    assert holds(person, {"field": "cart"}) == bool(memory.cart)
    for kind, value in (("category", "TEA"), ("brand", "Hario")):
        leans = any(
            one.kind == kind and one.value.casefold() == value.casefold() and one.strength >= strength
            for one in memory.interests
        )
        assert holds(person, {"field": kind, "in": [value], "strength": strength}) == leans


CONDITIONS = st.one_of(
    st.builds(lambda bound: {"field": "orders", "at_least": bound}, BOUNDS),
    st.builds(lambda wanted: {"field": "cart", "is": wanted}, st.booleans()),
)
RULES = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


@given(messages=histories(max_size=8), parts=st.lists(RULES, min_size=1, max_size=3))
def test_groups_are_those_of_logic(messages: list[dict[str, Any]], parts: list[dict[str, Any]]) -> None:
    person, _ = both(messages)
    single = [holds(person, part) for part in parts]
    assert holds(person, {"all": parts}) == all(single)
    assert holds(person, {"any": parts}) == any(single)
    assert [holds(person, {"not": part}) for part in parts] == [not one for one in single]
