"""Whatever reviewers voted, the draw is a proper one: shares add up, none is lost, none leaves the allowed arms."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose, prod

from hypothesis import given
from hypothesis import strategies as st

from composer.bandit.policy import Prior
from composer.lessons.preferences import DIMENSIONS, EVENLY, Dimension, Preferences, Voted, Votes
from prompts.model import Flow
from tests.kit.deciding import make_decision
from tests.kit.factories import LIBRARY

FLOWS = st.sampled_from(LIBRARY.flows)


def arms(flow: Flow, dimension: Dimension) -> tuple[str, ...]:
    angles = tuple(angle.name for angle in flow.angles)
    return {"angle": angles, "tone": flow.tones, "length": flow.lengths}[dimension]


@st.composite
def voted(draw: st.DrawFn) -> Preferences:
    flows = draw(st.lists(FLOWS, min_size=1, max_size=3))
    votes = {
        Voted(flow.name, dimension, arm): Votes(draw(st.integers(0, 400)), draw(st.integers(0, 400)))
        for flow in flows
        for dimension in DIMENSIONS
        for arm in arms(flow, dimension)
        if draw(st.booleans())
    }
    return Preferences(votes)


@given(preferences=voted(), flow=FLOWS)
def test_shares_add_up_to_one_and_no_arm_is_lost_or_certain(preferences: Preferences, flow: Flow) -> None:
    for dimension in DIMENSIONS:
        names = arms(flow, dimension)
        shares = preferences.shares(flow.name, dimension, names)
        assert isclose(sum(shares), 1.0, abs_tol=1e-9)
        assert min(shares) >= EVENLY / len(names) - 1e-12
        assert len(names) == 1 or max(shares) <= 1 - EVENLY * (len(names) - 1) / len(names) + 1e-12


@given(preferences=voted(), flow=FLOWS, customer=st.text(min_size=1, max_size=12))
def test_the_logged_probability_is_exactly_that_of_what_was_drawn(
    preferences: Preferences, flow: Flow, customer: str
) -> None:
    everything = {need for angle in flow.angles for need in angle.needs}
    drawn = make_decision(flow, customer, topics=everything - {"offer"}, policy=Prior(preferences))
    possible = [angle.name for angle in flow.angles if "offer" not in angle.needs]
    allowed: dict[Dimension, Sequence[str]] = {"angle": possible, "tone": flow.tones, "length": flow.lengths}
    for dimension, names in allowed.items():
        choice = drawn.choices[dimension]
        assert choice.arms == tuple(names)
        likely = preferences.shares(flow.name, dimension, names)[names.index(choice.arm)]
        assert isclose(choice.probability, likely if len(names) > 1 else 1.0, rel_tol=1e-9)
    assert isclose(drawn.probability, prod(choice.probability for choice in drawn.choices.values()), rel_tol=1e-9)
    assert drawn.arms == prod(len(choice.arms) for choice in drawn.choices.values())


@given(flow=FLOWS, approvals=st.integers(0, 300))
def test_without_a_word_against_any_arm_the_draw_is_even(flow: Flow, approvals: int) -> None:
    only_good = Preferences({Voted(flow.name, "tone", flow.tones[0]): Votes(approvals, 0)})
    shares = only_good.shares(flow.name, "tone", flow.tones)
    assert len(set(shares)) == 1
