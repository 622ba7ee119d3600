"""What is said of a sample, in words that promise no more than was shown."""

from __future__ import annotations

import pytest

from composer.reviews.acceptance import (
    Found,
    Standing,
    TooMuchToRead,
    percent,
    plan_for,
    require_readable,
    statement,
    surer,
)
from composer.reviews.model import ReviewTerms

USUAL = ReviewTerms()
CASES = [
    (Found(), "Read 59: if none is rejected, at most 5 % of 200,000 are bad, 95 % sure"),
    (Found(12), "12 of 59 read, none rejected: so far at most 23 % bad, 95 % sure"),
    (Found(59), "0 of 59 rejected: at most 5 % bad, 95 % sure"),
    (Found(30, rejected=2), "2 of 59 rejected: more than you accept"),
    (Found(30, edited=1), "1 of 59 edited: more than you accept"),
    (Found(59, rejected=1, edited=1), "1 of 59 rejected and 1 edited: more than you accept"),
]


@pytest.mark.parametrize(("found", "words"), CASES, ids=[str(index) for index in range(len(CASES))])
def test_every_state_of_the_usual_sample_of_a_large_run_is_in_words(found: Found, words: str) -> None:
    assert plan_for(USUAL, 200_000).size == 59
    assert statement(USUAL, 200_000, 59, found).words == words


def test_behind_a_gate_it_is_said_that_the_run_stays_closed() -> None:
    said = statement(ReviewTerms(gate=True), 200_000, 59, Found(40, rejected=2))
    assert said.words == "2 of 59 rejected: more than you accept; the run stays closed"
    assert said.standing is Standing.TOO_MANY


def test_an_edited_e_mail_counts_as_bad_as_it_was() -> None:
    terms = ReviewTerms(allowed=1)
    plan = plan_for(terms, 200_000)
    assert (plan.size, plan.allowed) == (93, 1)
    enough = statement(terms, 200_000, 93, Found(93, edited=1))
    assert (enough.standing, enough.words) == (Standing.ENOUGH, "1 of 93 edited: at most 5 % bad, 95 % sure")
    assert statement(terms, 200_000, 93, Found(50, rejected=1, edited=1)).standing is Standing.TOO_MANY


def test_of_a_handful_all_are_read_and_nothing_is_left_to_say() -> None:
    plan = plan_for(USUAL, 12)
    assert (plan.size, plan.allowed) == (12, 0)
    assert (
        statement(USUAL, 12, 12, Found()).words == "All 12 are to be read: too few for a sample to speak for the others"
    )
    assert statement(USUAL, 12, 12, Found(5)).standing is Standing.READING
    assert statement(USUAL, 12, 12, Found(12)).words == "All 12 read, none rejected: there are no others"


def test_with_one_allowed_it_says_how_many_may_be_rejected() -> None:
    said = statement(ReviewTerms(allowed=1), 200_000, 93, Found())
    assert said.words.startswith("Read 93: if no more than one is rejected, at most 5 % of 200,000 are bad")


def test_a_share_is_rounded_up_so_that_the_promise_holds() -> None:
    assert [percent(share) for share in (0.0, 0.001, 0.0041, 0.0493, 0.05, 0.2209, 1.0)] == [
        "0 %",
        "0.1 %",
        "0.5 %",
        "5 %",
        "5 %",
        "23 %",
        "100 %",
    ]
    # How sure one is, down.
    assert [percent(share, up=False) for share in (0.95, 0.995, 1 - 0.05 / 6)] == ["95 %", "99.5 %", "99.16 %"]


def test_each_refused_sample_makes_the_next_one_surer_and_longer_and_it_says_so() -> None:
    again = surer(USUAL, 1)
    assert again.confidence == pytest.approx(0.975)
    assert plan_for(again, 200_000).size == 72
    assert plan_for(surer(USUAL, 2), 200_000).size > 72
    assert surer(USUAL, 0) == USUAL
    said = statement(again, 200_000, 72, Found(72), refused=1)
    why = "97.5 % sure, more than usual because 1 of its samples was refused"
    assert (said.standing, said.words) == (Standing.ENOUGH, f"0 of 72 rejected: at most 5 % bad, {why}")
    assert statement(again, 200_000, 72, Found(), refused=1).words.endswith(why)
    assert statement(surer(USUAL, 2), 200_000, 80, Found(), refused=2).words.endswith(
        "98.33 % sure, more than usual because 2 of its samples were refused"
    )


def test_who_was_erased_unread_lowers_no_bar() -> None:
    few = statement(USUAL, 200_000, 50, Found(50), erased=9)
    assert few.standing is Standing.TOO_FEW
    assert few.words == (
        "50 of 59 could be read, none rejected: at most 6 % bad, 95 % sure; too few, for the others were erased"
    )
    assert statement(USUAL, 200_000, 0, Found(), erased=59).standing is Standing.TOO_FEW


def test_where_everything_that_still_exists_was_read_there_is_nothing_left_to_prove() -> None:
    left = statement(USUAL, 12, 11, Found(11), erased=1)
    assert (left.standing, left.words) == (Standing.ENOUGH, "All 11 read, none rejected: there are no others")
    none = statement(USUAL, 12, 0, Found(), erased=12)
    assert (none.standing, none.words.partition(":")[0]) == (Standing.ENOUGH, "Everybody it was drawn from was erased")


def test_what_nobody_can_read_enough_for_is_refused_with_the_number() -> None:
    with pytest.raises(TooMuchToRead, match="29,9") as caught:
        require_readable(ReviewTerms(defect_rate=0.0001), "/review/defect_rate")
    assert caught.value.pointer == "/review/defect_rate"
    require_readable(ReviewTerms(defect_rate=0.001))
