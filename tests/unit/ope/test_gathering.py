"""The log of decisions as it is read: what the new policy would do with each row, and rows that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.bandit.model import Situation
from composer.bandit.money import UsualOrders
from composer.bandit.policy import Even
from composer.ope.gathering import LogBuilder
from composer.ope.log import BadLog
from composer.ope.policies import WhatIf, what_if
from store.errors import InvalidInput
from tests.kit.decisions import TONES, decision, situation
from tests.kit.events import NOW

WARM = WhatIf(odds={"tone": {"warm": 3.0, "plain": 1.0}})


def built(rows: list[Any], candidate: Any = WARM) -> Any:
    """The log of these."""
    builder = LogBuilder((candidate, candidate), UsualOrders())
    for row in rows:
        builder.add(row)
    return builder.build()


def test_a_row_weighs_how_much_more_likely_the_new_policy_makes_it() -> None:
    log = built([decision(n, NOW, tone) for n, tone in enumerate(TONES)])
    assert log.weights == pytest.approx([0.25 * 3, 0.75 * 3, 0.0])
    assert [step.name for step in log.steps] == ["tone"]
    assert log.steps[0].shares.sum(axis=1) == pytest.approx([1.0, 1.0, 1.0])


def test_what_a_file_does_not_name_stays_as_it_was_decided() -> None:
    choices = {"tone": ["warm", 0.2, list(TONES)], "length": ["short", 0.9, ["short", "medium"]]}
    log = built([decision(1, NOW, choices=choices)])
    assert log.weights == pytest.approx([0.75 / 0.2])


def test_in_its_own_flow_a_file_says_something_else() -> None:
    file = WhatIf(odds={"tone": {"warm": 1.0}}, flows={"welcome": {"tone": {"plain": 1.0}}})
    rows = [decision(1, NOW, "warm"), decision(2, NOW, "warm", flow="welcome", situation=_of("welcome"))]
    assert built(rows, file).weights == pytest.approx([3.0, 0.0])


def _of(flow: str) -> dict[str, Any]:
    return situation(flow).model_dump(mode="json")


def test_where_no_arm_that_is_named_is_allowed_all_are_alike() -> None:
    file = WhatIf(odds={"tone": {"shouting": 1.0}})
    assert built([decision(1, NOW)], file).weights == pytest.approx([1.0])


def test_every_outcome_is_a_metric_and_what_did_not_arrive_is_left_out() -> None:
    rows = [
        decision(1, NOW, clicked=True, orders=1, revenue=425_000),
        decision(2, NOW, unsubscribed=True),
        decision(3, NOW, bounced=True),
        decision(4, NOW, delivered=False),
    ]
    log = built(rows)
    figures = dict(zip(log.metrics, log.rewards.T, strict=True))
    assert len(log) == 2
    assert figures["clicks"].tolist() == [1, 0]
    assert figures["orders"].tolist() == [1, 0]
    assert figures["revenue"].tolist() == [42.5, 0]
    assert figures["unsubscribes"].tolist() == [0, 1]
    assert figures["reward"][0] == 1.0
    assert figures["reward"][1] < 0


def test_an_arm_that_was_drawn_for_sure_among_several_leaves_the_others_unsupported() -> None:
    sure = {"tone": ["warm", 1.0, list(TONES)]}
    assert built([decision(1, NOW, choices=sure)]).unsupported == pytest.approx([0.25])
    alone = {"tone": ["warm", 1.0, ["warm"]]}
    assert built([decision(1, NOW, choices=alone)]).unsupported.tolist() == [0.0]


@given(st.lists(st.floats(0.05, 1), min_size=2, max_size=5))
def test_under_the_policy_that_drew_it_every_e_mail_weighs_one(odds: list[float]) -> None:
    arms = [f"arm{number}" for number in range(len(odds))]
    rows = [
        decision(number, NOW, choices={"tone": [arm, odds[number] / sum(odds), arms]})
        for number, arm in enumerate(arms)
    ]
    same = WhatIf(odds={"tone": dict(zip(arms, odds, strict=True))})
    assert built(rows, same).weights == pytest.approx(np.ones(len(odds)))


HOSTILE: dict[str, Any] = {
    "nothing": ["warm", 0.0, list(TONES)],
    "below": ["warm", -0.2, list(TONES)],
    "above": ["warm", 1.5, list(TONES)],
    "no number": ["warm", float("nan"), list(TONES)],
    "missing": ["warm", None, list(TONES)],
    "text": ["warm", "0.3", list(TONES)],
    "a truth": ["warm", True, list(TONES)],
    "short": ["warm", 0.3],
    "not allowed": ["shouting", 0.3, list(TONES)],
    "twice": ["warm", 0.3, ["warm", "warm", "plain"]],
    "alone": ["warm", 0.3, ["warm"]],
    "no list": "warm",
}


@pytest.mark.parametrize("logged", HOSTILE.values(), ids=HOSTILE)
def test_a_row_that_cannot_be_is_named(logged: Any) -> None:
    row = decision(7, NOW, choices={"tone": logged})
    with pytest.raises(BadLog, match="msg_00000000000000000000000007 cannot be") as refused:
        built([row], Even())
    assert refused.value.pointer == "/msg_00000000000000000000000007/choices/tone"


@pytest.mark.parametrize("about", [{"situation": {"flow": "newsletter"}}, {"choices": ["warm"]}])
def test_a_row_without_a_situation_or_choices_is_named(about: dict[str, Any]) -> None:
    with pytest.raises(BadLog, match="msg_00000000000000000000000007"):
        built([decision(7, NOW, **about)])


# Files --------------------------------------------------------------------------------------------------------------


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "gentle.yaml"
    file.write_text("name: gentle\nodds: {tone: {warm: 3, plain: 1}}\nflows: {win_back: {length: {short: 1}}}\n")
    found = what_if(str(file))
    assert found.name == "gentle"
    assert found.shares(situation(), "tone", TONES) == (0.25, 0.75, 0.0)
    assert found.shares(situation("win_back"), "length", ("short", "medium")) == (1.0, 0.0)
    assert found.shares(situation(), "length", ("short", "medium")) is None
    assert found.arms == {("tone", "warm"), ("tone", "plain"), ("length", "short")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("odds: {mood: {warm: 1}}", "mood"),
        ("odds: {tone: {warm: -1}}", "greater than or equal to 0"),
        ("odds: {tone: {warm: .nan}}", "finite"),
        ("odds: {tone: {warm: 0}}", "odds above 0"),
        ("odds: {tone: {}}", "at least 1"),
        ("name: nothing", "at least one of"),
        ("oods: {tone: {warm: 1}}", "Extra inputs"),
        ("[", "cannot be read"),
    ],
)
def test_a_file_that_says_nothing_or_nonsense_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    with pytest.raises(InvalidInput, match=said):
        what_if(str(file))


def test_a_name_that_is_no_policy_is_told_which_there_are() -> None:
    with pytest.raises(InvalidInput, match="even, prior, thompson, learned, or a YAML file"):
        what_if("thomson")


def test_a_situation_names_the_flow_that_odds_are_of() -> None:
    asked = Situation(flow="newsletter", lifecycle="active")
    assert WARM.shares(asked, "angle", ("a", "b")) is None
