"""What votes come to: against scipy, by simulation, and where they must not be believed."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from composer.comparing.model import Choice, Vote
from composer.comparing.standing import PREFERENCE, decisions, pairs_needed, scotts_pi, sign_test, standing, told
from composer.comparing.voting import left_of

AT = datetime(2026, 6, 1, tzinfo=UTC)


def votes(choices: str, *, lefts: str = "", reviewer: str = "ada") -> list[Vote]:
    """`ab=-`: for A, for B, a tie, neither; one a pair. `lefts`: which side stood on the left."""
    known = {"a": Choice.A, "b": Choice.B, "=": Choice.TIE, "-": Choice.NEITHER}
    stood = lefts or "ab" * len(choices)
    return [
        Vote(position=place, reviewer=reviewer, left=stood[place], choice=known[said], at=AT)
        for place, said in enumerate(choices)
    ]


def test_nothing_is_said_before_the_first_vote() -> None:
    found = standing(votes("=-"))
    assert (found.verdict, found.win_rate, found.p_value, found.ties, found.neither) == (
        "nothing_yet",
        None,
        None,
        1,
        1,
    )
    assert told(found, "old", "new") == "Nobody has decided on a pair yet."


def test_a_few_pairs_for_one_side_are_not_believed_and_it_says_how_many_more_are_needed() -> None:
    found = standing(votes("bbab"))
    assert (found.verdict, found.b, found.needed) == ("cannot_tell_yet", 3, pairs_needed(PREFERENCE) - 4)
    assert told(found, "old", "new").startswith("Cannot tell yet: 3 of 4 decided pairs are for new")


@pytest.mark.parametrize(("choices", "verdict"), [("b" * 30 + "a" * 5, "b"), ("a" * 30 + "b" * 5, "a")])
def test_a_clear_preference_is_named(choices: str, verdict: str) -> None:
    found = standing(votes(choices))
    assert found.verdict == verdict
    assert {"a": "old", "b": "new"}[verdict] + " is preferred" in told(found, "old", "new")


def test_that_there_is_no_difference_is_an_answer_where_one_that_matters_is_ruled_out() -> None:
    found = standing(votes("ab" * 120))
    assert (found.verdict, found.needed) == ("no_difference", 0)
    assert "A preference of 60 % for either is ruled out." in told(found, "old", "new")


def test_that_nothing_was_seen_is_no_proof_that_nothing_is_there() -> None:
    # 55 % of 200: neither a half nor 60 % is outside the interval.
    found = standing(votes("b" * 110 + "a" * 90))
    assert (found.verdict, found.needed) == ("cannot_tell_yet", 0)
    said = told(found, "old", "new")
    assert said.endswith("A preference of 60 % is neither shown nor ruled out: compare on more customers.")
    assert " 0 more" not in said


@given(st.integers(0, 240), st.integers(0, 240))
def test_no_difference_is_said_only_with_a_difference_that_matters_outside_the_interval(a: int, b: int) -> None:
    found = standing(votes("a" * a + "b" * b))
    if found.verdict == "no_difference":
        exact = binomtest(b, a + b).proportion_ci(method="exact")
        assert 1 - PREFERENCE < exact.low < 0.5 < exact.high < PREFERENCE


def test_people_who_say_the_same_of_the_same_pairs_make_nothing_surer() -> None:
    one = standing(votes("bbab"))
    three = standing([vote for name in ("ada", "ben", "cleo") for vote in votes("bbab", reviewer=name)])
    assert (three.votes, three.a, three.b) == (12, 3, 9)
    for field in ("a_pairs", "b_pairs", "win_rate", "p_value", "verdict", "needed"):
        assert getattr(three, field) == getattr(one, field)
    assert told(three, "old", "new").startswith("Cannot tell yet: 3 of 4 decided pairs are for new")


def test_a_pair_goes_to_the_most_who_decided_and_to_neither_where_they_are_even() -> None:
    said = [*votes("ab=b-"), *votes("bba==", reviewer="ben"), *votes("=a-b=", reviewer="cleo")]
    assert decisions(said) == {0: Choice.TIE, 1: Choice.B, 2: Choice.A, 3: Choice.B}
    found = standing(said)
    assert (found.a_pairs, found.b_pairs, found.a, found.b) == (1, 2, 3, 5)
    assert found.left_share is not None
    assert found.left_share.value * 8 == pytest.approx(sum(vote.choice.value == vote.left for vote in said))
    split = standing([*votes("a"), *votes("b", reviewer="ben")])
    assert (split.verdict, split.p_value) == ("nothing_yet", None)
    assert told(split, "old", "new") == "People are split on every pair."


def test_who_always_takes_the_left_one_is_noticed() -> None:
    found = standing(votes("ab" * 20, lefts="ab" * 20))
    assert found.biased
    assert not standing(votes("ab" * 20, lefts="aabb" * 10)).biased


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_sign_test_is_scipys(a: int, b: int) -> None:
    if a + b:
        assert sign_test(a, b) == pytest.approx(binomtest(b, a + b).pvalue)


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_side_is_preferred_where_the_sign_test_says_so_and_nowhere_else(a: int, b: int) -> None:
    found = standing(votes("a" * a + "b" * b))
    assert (found.verdict in ("a", "b")) == (found.p_value is not None and found.p_value < 0.05)
    if found.win_rate is not None:
        exact = binomtest(b, a + b).proportion_ci(method="exact")
        assert found.win_rate.low == pytest.approx(exact.low)
        assert found.win_rate.high == pytest.approx(exact.high)


def test_four_pairs_of_four_are_not_believed() -> None:
    assert standing(votes("bbbb")).verdict == "cannot_tell_yet"
    assert standing(votes("bbbbbb")).verdict == "b"


def test_the_pairs_needed_see_the_preference_four_times_in_five() -> None:
    lot, count = random.Random(5), pairs_needed(PREFERENCE)
    seen = 0
    for _ in range(300):
        won = sum(lot.random() < PREFERENCE for _ in range(count))
        seen += standing(votes("b" * won + "a" * (count - won))).verdict == "b"
    assert 0.73 <= seen / 300 <= 0.88


def test_agreement_is_one_where_two_people_say_the_same_and_about_nothing_where_they_guess() -> None:
    same = votes("abab=") + votes("abab=", reviewer="ben")
    assert scotts_pi(same) == pytest.approx(1.0)
    lot = random.Random(2)
    guesses = ["".join(lot.choice("ab") for _ in range(400)) for _ in range(2)]
    found = scotts_pi(votes(guesses[0], lefts="a" * 400) + votes(guesses[1], lefts="a" * 400, reviewer="ben"))
    assert found == pytest.approx(0, abs=0.12)
    assert scotts_pi(votes("ab")) is None


def test_the_place_of_a_side_is_drawn_by_lot_and_stays() -> None:
    places = [left_of("cpr_1", position, "ada") for position in range(400)]
    assert places == [left_of("cpr_1", position, "ada") for position in range(400)]
    assert 160 <= places.count("a") <= 240
    assert places != [left_of("cpr_1", position, "ben") for position in range(400)]
