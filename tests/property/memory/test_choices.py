"""What people chose, put right and had forgotten: the same in any order, never undone by what came before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from memory.choices import FREQUENCY, PAUSE, Document, Kind, Stated, choices_of, merged, put
from memory.events import FACT_CORRECTED, FACT_FORGOTTEN, Event, OurMessage, parse
from memory.fold import fold, remember
from memory.merging import merge
from memory.parts.forgetting import without_forgotten
from memory.profile import ProfileState, effective_traits, fold_profile, merge_profiles
from memory.state import empty
from tests.kit.events import NOW, TEA, histories, identify, track

kinds: st.SearchStrategy[Kind] = st.sampled_from(["granted", "declared", "withdrawn", "undeclared"])
moments = st.integers(0, 6).map(lambda days: NOW - timedelta(days=days))
flags = st.builds(Stated, st.sampled_from(["topic:offers", "topic:newsletter", "purpose:predictions"]), kinds)
wishes = st.builds(
    Stated,
    st.just(FREQUENCY),
    st.sampled_from(["granted", "declared"]),
    st.sampled_from([(-1, 1, "month"), (-4, 1, "week"), (-3000, 0, "")]),
)
untils = st.integers(0, 3).map(lambda number: (number * 10**15,))
pauses = st.builds(Stated, st.just(PAUSE), st.sampled_from(["granted", "declared"]), untils)
said = st.lists(st.tuples(st.one_of(flags, wishes, pauses), moments), max_size=12)
Said = list[tuple[Stated, Any]]


def _document(statements: Said) -> Document:
    document: Document = {}
    for stated, at in statements:
        put(document, stated, at)
    return document


@given(said, st.data())
def test_choices_depend_on_neither_order_nor_repetition(statements: Said, data: st.DataObject) -> None:
    again = data.draw(st.permutations(statements + statements[:3]))
    assert _document(again) == _document(statements)


@given(said, st.integers(0, 12))
def test_the_choices_of_two_who_are_one_are_those_of_both(statements: Said, cut: int) -> None:
    joined = merged(_document(statements[:cut]), _document(statements[cut:]))
    assert (joined or {}) == _document(statements)


@given(said, moments, st.lists(moments, max_size=4))
def test_a_declared_yes_never_undoes_what_a_person_said(statements: Said, at: Any, exports: list[Any]) -> None:
    own = [one for one in statements if one[0].kind != "granted" or one[0].key != "topic:offers"]
    no = (Stated("topic:offers", "withdrawn"), at)
    declared = [(Stated("topic:offers", "declared"), moment) for moment in exports]
    assert "offers" in choices_of(_document([*own, no, *declared])).topics_off


@given(said, moments)
def test_who_says_no_last_and_who_says_yes_last_are_believed(statements: Said, at: Any) -> None:
    later = NOW + timedelta(days=1)
    assert "offers" in choices_of(_document([*statements, (Stated("topic:offers", "withdrawn"), later)])).topics_off
    yes = _document([*statements, (Stated("topic:offers", "granted"), later)])
    assert "offers" not in choices_of(yes).topics_off


@given(said)
def test_the_shop_never_loosens_a_wish_of_the_persons_own(statements: Said) -> None:
    own = (Stated(FREQUENCY, "granted", (-1, 1, "month")), NOW)
    looser = (Stated(FREQUENCY, "declared", (-4, 1, "week")), NOW + timedelta(days=1))
    stated = [one for one in statements if one[0].key != FREQUENCY]
    assert choices_of(_document([*stated, own, looser])).wish.limits.month == 1


def _ours(name: str, days_ago: float, **properties: Any) -> dict[str, Any]:
    return OurMessage(track(name, properties, days_ago=days_ago))


def _corrections() -> st.SearchStrategy[dict[str, Any]]:
    values = st.sampled_from(["Ada", "Grace", "dark", None])
    change = st.fixed_dictionaries(
        {
            "path": st.sampled_from(["first_name", "plan", "preferences/roast"]),
            "value": values,
            "instead_of": st.lists(values.filter(lambda one: one is not None), max_size=2),
        }
    )
    return st.builds(
        lambda days, changes: _ours(FACT_CORRECTED, days, traits=changes),
        st.integers(0, 9),
        st.lists(change, max_size=2, unique_by=lambda one: str(one["path"])),
    )


def _parsed(messages: list[dict[str, Any]]) -> list[Event]:
    return [parse(message, NOW) for message in messages]


@given(histories(max_size=15), st.lists(_corrections(), max_size=4), st.data())
def test_a_corrected_profile_depends_on_neither_order_nor_split(
    messages: list[dict[str, Any]], corrections: list[dict[str, Any]], data: st.DataObject
) -> None:
    events = _parsed([*messages, *corrections])
    expected = fold_profile(ProfileState(), events)
    assert fold_profile({}, data.draw(st.permutations(events))) == expected
    cut = data.draw(st.integers(0, len(events)))
    assert merge_profiles(fold_profile({}, events[:cut]), fold_profile({}, events[cut:])) == expected


@given(st.lists(st.integers(-9, 9), max_size=6), st.data())
def test_what_was_put_right_outlives_every_export_of_the_old_value(exports: list[int], data: st.DataObject) -> None:
    wrong = [identify({"firstName": "Adda"}, days_ago=10 + days) for days in exports]
    right = _ours(FACT_CORRECTED, 10, traits=[{"path": "first_name", "value": "Ada", "instead_of": ["Adda"]}])
    events = _parsed(data.draw(st.permutations([*wrong, right])))
    assert effective_traits(fold_profile({}, events)) == {"first_name": "Ada"}
    assert effective_traits(fold_profile({}, [*events, *_parsed([identify({"firstName": "Eve"})])])) == {
        "first_name": "Eve"
    }


SUBJECTS = ("product=1", "product=2", "viewed=1", "wish=2", "category=Tea", "brand=Hario", "search=a", "color=sage")


@given(
    histories(max_size=25), st.lists(st.tuples(st.sampled_from(SUBJECTS), st.integers(0, 12)), max_size=4), st.data()
)
def test_forgetting_depends_on_neither_order_nor_split(
    messages: list[dict[str, Any]], forgotten: list[tuple[str, int]], data: st.DataObject
) -> None:
    ours = [_ours(FACT_FORGOTTEN, days, subjects=[subject]) for subject, days in forgotten]
    events = _parsed([*messages, *ours])
    expected = remember(events)
    assert fold(empty(), data.draw(st.permutations(events))) == expected
    cut = data.draw(st.integers(0, len(events)))
    assert merge(remember(events[:cut]), remember(events[cut:])) == expected


@given(histories(max_size=25), st.data())
def test_what_was_forgotten_does_not_come_back_with_old_events_however_late(
    messages: list[dict[str, Any]], data: st.DataObject
) -> None:
    subjects = [f"product={number}" for number in range(1, 6)]
    subjects += [f"category={name}" for name in ("Tea", "Kettles", "Textiles")]
    ours = [_ours(FACT_FORGOTTEN, 0, subjects=subjects)]
    read = without_forgotten(remember(_parsed(data.draw(st.permutations([*messages, *ours])))))
    assert (read["views"], read["cart"], read["wishes"]) == ([], {}, {})
    assert all(entry[4] == [] for entry in read["orders"].values())
    assert read["sums"].get("category", {}).keys() <= {""}


@given(st.integers(0, 100), st.integers(1, 100))
def test_an_interest_that_was_forgotten_may_be_had_anew(before: int, after: int) -> None:
    old = [track("Product Viewed", TEA, days_ago=200 + number) for number in range(before)]
    new = [track("Product Viewed", TEA, days_ago=after / 10)]
    forgotten = _ours(FACT_FORGOTTEN, 200, subjects=[f"category={TEA['category']}"])
    with_old = without_forgotten(remember(_parsed([*old, forgotten, *new])))["sums"]["category"]
    only_new = remember(_parsed(new))["sums"]["category"]
    assert [*with_old] == [*only_new]
    assert [found[3:] for found in with_old.values()] == [found[3:] for found in only_new.values()]
