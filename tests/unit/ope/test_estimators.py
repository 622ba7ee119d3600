"""What another policy would have come to: true in the mean, as sure as it says, and silent where it cannot know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from composer.ope.estimators import Estimator, estimates
from composer.ope.judging import judge
from composer.ope.log import BadLog, Log, Step, ratios
from composer.ope.outcomes import control
from composer.ope.weights import effective, overlap
from composer.ope.wording import reach_told, told
from tests.unit.ope.logs import ARMS, LOGGED, NEW, made, step

NAMES: tuple[Estimator, ...] = ("ips", "snips", "dr")
FEW = 2
"""Of the bootstrap, where it is not what is tested."""


def repeated(runs: int, **options: float) -> tuple[np.ndarray, float]:
    """(runs, estimators, [value less the truth, error, whether the interval holds the truth])."""
    found, truth = [], 0.0
    for seed in range(runs):
        log, truth = made(seed, 1_000, **options)  # type: ignore[arg-type]
        one = estimates(log.rewards, log.weights, control(log), log.customers, FEW)[0]
        candidates = [one.candidate[name] for name in NAMES]
        found.append([[each.value - truth, each.error, each.low <= truth <= each.high] for each in candidates])
    return np.array(found), truth


@pytest.mark.parametrize("options", [{}, {"interaction": 1.0}, {"emails": 5}], ids=["good model", "bad", "customers"])
def test_all_estimators_are_true_in_the_mean_and_as_sure_as_they_say(options: dict[str, float]) -> None:
    runs = 60
    found, _ = repeated(runs, **options)
    off, error, held = found[:, :, 0], found[:, :, 1], found[:, :, 2]
    assert np.all(np.abs(off.mean(axis=0)) < 3.5 * off.std(axis=0) / np.sqrt(runs) + 0.005)
    assert error.mean(axis=0) == pytest.approx(off.std(axis=0), rel=0.35)
    assert np.all(held.mean(axis=0) >= 0.87)


def test_a_good_model_makes_doubly_robust_surer_than_weights_alone() -> None:
    found, _ = repeated(40)
    ips, snips, robust = found[:, :, 1].mean(axis=0)
    assert robust < 0.7 * ips
    assert robust < 0.95 * snips


def test_customers_not_e_mails_are_what_is_independent() -> None:
    log, _ = made(3, 2_000, emails=10)
    added = control(log)
    alone = np.arange(len(log), dtype=np.int32)
    together, apart = (estimates(log.rewards, log.weights, added, whose)[0] for whose in (log.customers, alone))
    assert together.logged.error > 2 * apart.logged.error


def test_the_policy_that_sent_the_log_differs_from_it_by_nothing() -> None:
    log, _ = made(1)
    same = replace(log, steps=(replace(log.steps[0], ratio=np.ones(len(log))),))
    found = estimates(same.rewards, same.weights, np.zeros_like(same.rewards), same.customers)[0]
    for name in NAMES:
        assert found.difference[name].value == 0
        assert found.difference[name].error == pytest.approx(0)


def test_what_is_allowed_may_depend_on_what_was_drawn_before() -> None:
    """After the first arm of the first draw only two are allowed in the second: doubly robust stays true."""
    off = []
    for seed in range(60):
        draw = np.random.default_rng(seed)
        n = 1_000
        first = (draw.random(n) < 0.5).astype(int)
        open_to = np.where(first[:, None] == 0, [True, True, False, False], [True, True, True, True])
        logged = open_to / open_to.sum(axis=1, keepdims=True)
        new = open_to * [1.0, 3.0, 2.0, 4.0]
        new = new / new.sum(axis=1, keepdims=True)
        second = (draw.random(n)[:, None] > logged.cumsum(axis=1)[:, :-1] - 1e-12).sum(axis=1)
        value = np.array([0.0, 1.0, 2.0, 3.0])
        rewards = 2.0 * first + value[second] + draw.normal(0, 0.3, n)
        one = np.tile([0.9, 0.1, 0.0, 0.0], (n, 1))
        log = Log(
            metrics=("reward",), rewards=rewards[:, None], customers=np.arange(n, dtype=np.int32),
            segments=np.zeros(n, dtype=np.int32), flows=np.zeros(n, dtype=np.int32), flow_names=("welcome",),
            steps=(
                step("offer", first, one, np.tile([0.5, 0.5, 0, 0], (n, 1)), 0, 2 * ARMS),
                step("angle", second, new, logged, ARMS, 2 * ARMS),
            ),
            features=2 * ARMS,
        )  # fmt: skip
        by_first = [sum(value[:2] * [0.25, 0.75]), 2.0 + sum(value * [0.1, 0.3, 0.2, 0.4])]
        truth = 0.9 * by_first[0] + 0.1 * by_first[1]
        off.append(
            estimates(log.rewards, log.weights, control(log), log.customers, FEW)[0].candidate["dr"].value - truth
        )
    assert abs(np.mean(off)) < 3.5 * np.std(off) / np.sqrt(len(off))


def test_what_doubly_robust_adds_is_nothing_in_the_mean_however_wrong_the_model() -> None:
    added = []
    for seed in range(40):
        log, _ = made(seed, 1_000, interaction=1.0)
        added.append(float(control(log).mean()))
    assert abs(np.mean(added)) < 3.5 * np.std(added) / np.sqrt(len(added))


@settings(max_examples=8)
@given(st.randoms(use_true_random=False))
def test_the_order_of_e_mails_changes_no_figure(random: object) -> None:
    log, _ = made(2, 400)
    rows = np.arange(len(log))
    random.shuffle(rows)  # type: ignore[attr-defined]
    one, other = judge(log)[0], judge(log.rows(rows))[0]
    assert one.reach is not None
    assert other.reach is not None
    assert other.reach.effective == pytest.approx(one.reach.effective)
    mine, theirs = one.metrics[0], other.metrics[0]
    assert theirs.verdict == mine.verdict
    for name in NAMES:
        assert theirs.candidate[name].value == pytest.approx(mine.candidate[name].value)
        assert theirs.candidate[name].error == pytest.approx(mine.candidate[name].error)


# Whether anything can be told ---------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0.01, 100))
def test_effective_e_mails_are_at_most_as_many_and_do_not_depend_on_the_unit(
    weights: list[float], times: float
) -> None:
    found = effective(np.array(weights))
    assert 0 <= found <= len(weights) * (1 + 1e-9)
    assert effective(np.array(weights) * times) == pytest.approx(found)
    assert effective(np.ones(len(weights))) == pytest.approx(len(weights))


def test_weights_are_one_in_the_mean_and_flows_are_told_apart() -> None:
    log, _ = made(4)
    scopes = judge(log)
    assert scopes[0].flow == ""
    assert {scope.flow for scope in scopes[1:]} == {"welcome", "newsletter"}
    assert scopes[0].reach is not None
    assert abs(scopes[0].reach.mean - 1) < 4 * scopes[0].reach.mean_error
    assert scopes[0].metrics[0].verdict == "better"
    assert "The log can tell" in reach_told(scopes[0])


def narrow(n: int, arm: int) -> Log:
    """A new policy that always takes one arm."""
    log, _ = made(5, n)
    new = np.zeros((n, ARMS))
    new[:, arm] = 1.0
    rows, arms = np.arange(n), log.steps[0].chosen
    ratio = ratios(new[rows, arms], LOGGED[log.flows][rows, arms])
    return replace(log, steps=(Step("angle", ratio, arms, sparse.csr_array(new)),))


def test_a_policy_that_the_log_hardly_ever_followed_cannot_be_told() -> None:
    log = narrow(600, 2)
    scope = judge(log)[0]
    assert scope.verdict == "out_of_reach"
    assert scope.metrics[0].verdict == "out_of_reach"
    [only] = told("bold", [scope], False, [])
    assert only.startswith("bold: Cannot tell: the log has too few e-mails like those the new policy would send.")
    assert "What differs most is the angle" in only


def test_probabilities_that_are_not_those_that_were_drawn_by_are_found_out() -> None:
    log, _ = made(6)
    log = log.rows(np.flatnonzero(log.flows == 0))
    uniform = replace(log.steps[0], ratio=NEW[0, log.steps[0].chosen] / 0.25)
    scope = judge(replace(log, steps=(uniform,)))[0]
    assert scope.verdict == "bad_probabilities"
    assert "ought to be 1" in reach_told(scope)


def test_what_could_not_be_drawn_is_out_of_reach() -> None:
    log, _ = made(7)
    scope = judge(replace(log, unsupported=np.full(len(log), 0.3)))[0]
    assert scope.verdict == "out_of_reach"
    assert "30% of what it would choose had no chance of being sent" in reach_told(scope)


def test_a_handful_of_outcomes_or_of_customers_decides_nothing() -> None:
    log, _ = made(8)
    rare = np.zeros_like(log.rewards)
    rare[:15] = 1.0
    assert judge(replace(log, rewards=rare))[0].metrics[0].verdict == "too_few_outcomes"
    few = replace(log, customers=log.customers % 50)
    assert "of 50 customers, and it takes 100" in reach_told(judge(few)[0])


def test_an_empty_log_says_so() -> None:
    log, _ = made(9)
    [scope] = judge(log.rows(np.arange(0)))
    assert scope.verdict == "empty"
    assert "there is no e-mail yet that left at least a week ago" in reach_told(scope)


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.1, np.nan, np.inf])
def test_a_probability_that_cannot_be_names_its_row(bad: float) -> None:
    logged = np.array([0.5, 0.5, bad, 0.5])
    with pytest.raises(BadLog, match="Row 2 has the logged probability") as refused:
        ratios(np.full(4, 0.5), logged)
    assert refused.value.pointer == "/2"


def test_overlap_says_which_dimension_asks_too_much() -> None:
    log = narrow(2_000, 0)
    calm = replace(log.steps[0], name="tone", ratio=np.ones(len(log)))
    found = overlap(replace(log, steps=(calm, *log.steps)))
    assert found.by_dimension["tone"] == pytest.approx(1.0)
    assert found.by_dimension["angle"] < 0.5
