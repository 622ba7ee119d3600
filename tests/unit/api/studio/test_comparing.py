"""What a page of a comparison makes of two texts, of somebody's progress, and of what it will take."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.studio.compare_form import cost, read
from api.studio.comparing import Lines, Progress, Word, from_half, marked
from api.studio.forms import Values
from composer.comparing.expected import Pace
from composer.comparing.model import Choice, Comparison, NewComparison, Place, Side, Vote

AT = datetime(2026, 6, 1, tzinfo=UTC)
A, B = Side(campaign="autumn", version=1), Side(campaign="autumn", version=2)
TEXT = st.text(alphabet="ab .\n", max_size=40)


def progress(votable: str, voted: tuple[int, ...] = (), status: str = "ready") -> Progress:
    """`+` a pair to vote on, `=` one without anything to prefer, ` ` a gap."""
    comparison = Comparison(
        id="cpr_1", name="Which?", a=A, b=B, wanted=9, pairs=9, status=status, detail="", created_at=AT,
        created_by="account:ada", moved_at=AT,
    )  # fmt: skip
    places = [Place(number, kind == "+", f"c-{number}", "") for number, kind in enumerate(votable) if kind != " "]
    votes = {one: Vote(position=one, reviewer="account:ada", left="a", choice=Choice.A, at=AT) for one in voted}
    return Progress(comparison, places, votes, shown=False)


def told(words: list[Word]) -> str:
    return "".join(f"[{word.text}]" if word.only else word.text for word in words)


@given(TEXT, TEXT)
def test_nothing_of_either_text_is_lost_or_added(left: str, right: str) -> None:
    ours, theirs = marked(left, right)
    assert ("".join(word.text for word in ours), "".join(word.text for word in theirs)) == (left, right)


def test_words_that_follow_each_other_have_one_mark() -> None:
    ours, theirs = marked("We have missed you so.", "We have thought of you.")
    assert (told(ours), told(theirs)) == ("We have [missed you so.]", "We have [thought of you.]")


def test_a_text_that_only_one_has_is_marked_whole() -> None:
    assert marked("Only here.", "") == ([Word("Only here.", True)], [])
    assert not Lines("Opening", *marked("Only here.", "")).same
    assert Lines("Opening", *marked("The same.", "The same.")).same


def test_the_next_pair_is_the_next_undecided_one_and_behind_the_last_the_first() -> None:
    found = progress("+=+ ++", (2,))
    assert [found.next_after(place) for place in (-1, 0, 2, 4, 5)] == [0, 4, 4, 5, 0]
    assert progress("++", (0, 1)).next_after(1) is None


def test_who_decided_on_all_is_done_only_when_no_more_pairs_come() -> None:
    assert progress("+=+", (0, 2)).finished
    assert not progress("+=+", (0, 2), status="writing").finished
    assert not progress("+=+", (0,)).finished


def test_pairs_are_counted_without_the_gaps_of_who_was_erased() -> None:
    found = progress("+  ++")
    assert (found.number(3), found.beside(3), found.beside(0)) == (2, (0, 4), (None, 3))


def test_a_share_is_told_from_its_distance_to_a_half() -> None:
    assert [from_half(value) for value in (-0.5, 0.0, 0.1)] == ["0 %", "50 %", "60 %"]


def form(**changes: str) -> Values:
    told = {"a.what": "autumn:1", "b.what": "autumn:2", "a.model": "", "b.model": "", "pairs": "20"}
    return Values({name.replace("__", "."): (value,) for name, value in {**told, **changes}.items()})


def test_the_form_says_which_two_ways_are_compared() -> None:
    asked = read(form(name=" Warmer? "))
    assert asked == NewComparison(name="Warmer?", a=A, b=B, pairs=20)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"b.what": "autumn:1"}, "Both sides are the same"),
        ({"pairs": "many"}, "a number from 1 to 200"),
        ({"pairs": "201"}, "a number from 1 to 200"),
        ({"name": "x" * 201}, "too long"),
        ({"a.what": ""}, "Choose a campaign"),
        ({"a.what": "autumn:" + "9" * 5_000}, "not one of those in the list"),
        ({"name": "a\x00b"}, "cannot be shown"),
    ],
)
def test_the_form_says_what_is_wrong_in_words(changes: dict[str, str], said: str) -> None:
    asked = read(form(**changes))
    assert isinstance(asked, str)
    assert said in asked


PACE = Pace(emails=20, seconds=6.0, cost_usd=0.001)


@pytest.mark.parametrize(
    ("a", "b", "pace", "said"),
    [
        (A, B, PACE, "By the last 20 e-mails, that takes about 2 min and costs $0.0400."),
        (A, B.model_copy(update={"model": "templates"}), PACE, "costs $0.0200."),
        (
            A.model_copy(update={"model": "templates"}),
            B.model_copy(update={"model": "templates"}),
            PACE,
            "cost nothing",
        ),
        (A, B.model_copy(update={"model": "openai/other"}), PACE, "not known here until it has written"),
        (A, B, None, "not known here until it has written"),
    ],
)
def test_what_it_will_take_is_said_only_where_it_is_known(a: Side, b: Side, pace: Pace | None, said: str) -> None:
    told = cost(NewComparison(name="x", a=a, b=b, pairs=20), pace, "openai/set")
    assert told.startswith("20 customers, so up to 40 e-mails. None of them is sent.")
    assert said in told


def test_what_nobody_named_is_called_by_what_differs() -> None:
    assert read(form()) == NewComparison(name="Version 1, or version 2?", a=A, b=B, pairs=20)
    asked = read(form(b__what="autumn:1", a__model="openai/mini", b__model="templates"))
    assert isinstance(asked, NewComparison)
    assert asked.name == "openai/mini, or templates alone?"
