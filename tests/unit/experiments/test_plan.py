"""What an experiment may be, where it puts customers, and whether its arms have their shares."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from composer.experiments.board import Board
from composer.experiments.model import Group, Holdout, Member
from composer.experiments.ratio import check_ratio
from tests.kit.experiments import CAMPAIGN, HALVES, make_experiment, make_plan, place
from tests.kit.factories import NOW, make_version

CONTROL = HALVES[0]
NAMES = [f"c-{number}" for number in range(400)]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"arms": [CONTROL, {"name": "b", "share": 0.4, "policy": "even"}]}, "come to 0.9", id="shares"),
        pytest.param({"arms": [CONTROL, {**HALVES[1], "name": "control"}]}, "same name", id="names"),
        pytest.param({"arms": [{**CONTROL, "name": "a"}, HALVES[1]]}, "called control", id="no control"),
        pytest.param(
            {
                "arms": [
                    {**CONTROL, "share": 0.4},
                    {"name": "b", "share": 0.3, "model": "m"},
                    {"name": "c", "share": 0.3, "model": "m"},
                ]
            },
            "do the same",
            id="alike",
        ),
        pytest.param(
            {"arms": [CONTROL, {"name": "b", "share": 0.5, "versions": {"other": 1}}]}, "is not on", id="elsewhere"
        ),
        pytest.param(
            {"arms": [CONTROL, {"name": "b", "share": 0.5, "nothing": True, "model": "m"}]}, "no e-mail", id="nothing"
        ),
        pytest.param({"campaigns": [CAMPAIGN, CAMPAIGN]}, "twice", id="campaigns"),
        pytest.param({"arms": [CONTROL, {"name": "B!", "share": 0.5}]}, "pattern", id="an arm's name"),
        pytest.param({"arms": [{**CONTROL, "share": float("nan")}, HALVES[1]]}, "share", id="no number"),
    ],
)
def test_what_cannot_be_an_experiment_says_why(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        make_plan(**changes)


def test_arms_that_are_all_the_campaign_as_it_is_make_an_a_a_test() -> None:
    assert len(make_plan(arms=[CONTROL, {"name": "again", "share": 0.5}]).arms) == 2


def test_the_shops_holdout_comes_before_everything_and_only_while_it_lasts() -> None:
    holdout = Holdout(id="h", share=0.5, salt="h", starts_at=NOW, ends_at=NOW + timedelta(days=1), set_by="user:maeve")
    board = Board(holdouts=(holdout,), running=(make_experiment(),))
    held = [name for name in NAMES if place(board, name).refusal == "global_holdout"]
    assert 100 < len(held) < 300
    assert {place(board, name).experiment for name in held} == {""}
    assert not board.refusal(CAMPAIGN, "campaign", held[0], NOW + timedelta(days=1))
    assert not board.refusal(CAMPAIGN, "campaign", held[0], NOW - timedelta(seconds=1))
    assert board.place(make_version(), "transactional", held[0], NOW).refusal == ""


def test_who_is_another_campaigns_is_left_to_it_and_is_nobodys_control() -> None:
    half = Member(kind="campaign", id=CAMPAIGN, slots=((0, 5_000),))
    other = Member(kind="campaign", id="other", slots=((5_000, 10_000),))
    board = Board(groups=(Group(name="g", salt="g", members=(half, other)),), running=(make_experiment(),))
    places = [place(board, name) for name in NAMES]
    left = [one for one in places if one.refusal == "other_experiment"]
    assert 100 < len(left) < 300
    assert {(one.experiment, one.variant) for one in left} == {("", "")}
    mine = {name for name in NAMES if not board.refusal(CAMPAIGN, "campaign", name, NOW)}
    theirs = {name for name in NAMES if not board.refusal("other", "campaign", name, NOW)}
    assert mine | theirs == set(NAMES)
    assert not mine & theirs


def test_whom_the_campaign_holds_out_is_in_no_arm() -> None:
    board = Board(running=(make_experiment(),))
    held = [one for one in (place(board, name, holdout=0.5) for name in NAMES) if one.refusal]
    assert 100 < len(held) < 300
    assert {(one.refusal, one.variant) for one in held} == {("holdout", "")}


def test_an_arm_without_e_mails_is_held_out_and_says_of_what() -> None:
    arms = [CONTROL, {"name": "silence", "share": 0.5, "nothing": True}]
    board = Board(running=(make_experiment(arms=arms),))
    found = {(one.refusal, one.variant) for one in (place(board, name) for name in NAMES)}
    assert found == {("", "control"), ("holdout", "silence")}


def test_other_campaigns_are_not_in_it() -> None:
    board = Board(running=(make_experiment(campaigns=["other"]),))
    assert {place(board, name).experiment for name in NAMES} == {""}


@pytest.mark.parametrize(
    ("counts", "mismatch", "why"),
    [
        pytest.param({"control": 5_010, "b": 4_990}, False, "as their shares say", id="as it should be"),
        pytest.param({"control": 5_000, "b": 4_500}, True, "b has 4,500|control has 5,000", id="lost some"),
        pytest.param({"control": 10_000}, True, "Do not believe", id="lost all"),
        pytest.param({"control": 3}, False, "Too few", id="too few"),
        pytest.param({}, False, "Too few", id="nobody"),
    ],
)
def test_arms_that_lost_customers_are_told(counts: dict[str, int], mismatch: bool, why: str) -> None:
    found = check_ratio(make_plan(), counts)
    assert found.mismatch is mismatch
    assert re.search(why, found.sentence)
