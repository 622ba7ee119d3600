"""Whatever flow, brief and shop: no draw leaves what they allow, and its probability is the policy's own."""

from __future__ import annotations

from decimal import Decimal
from math import isclose, prod

from hypothesis import given
from hypothesis import strategies as st

from composer.bandit.arms import USUAL, AtHand
from composer.bandit.model import STATE_ONLY
from composer.bandit.policy import Thompson
from composer.best_time import SLOTS
from composer.documents import Brief, Offer
from prompts.model import Flow
from tests.kit.deciding import make_decision
from tests.kit.factories import LIBRARY

FLOWS = st.sampled_from(LIBRARY.flows)
TOPICS = sorted({need for flow in LIBRARY.flows for angle in flow.angles for need in angle.needs})
OFFER = Offer(id="ten", kind="percent", value=Decimal(10))


@st.composite
def briefs(draw: st.DrawFn, flow: Flow) -> Brief:
    """One that the flow can follow."""

    def some(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(draw(st.lists(st.sampled_from(names), unique=True)))

    offers = tuple(OFFER.model_copy(update={"id": f"offer-{number}"}) for number in range(draw(st.integers(0, 3))))
    told = {
        "angles": some(tuple(angle.name for angle in flow.angles)),
        "tones": some(flow.tones),
        "lengths": some(flow.lengths),
        "subjects": some(flow.subjects),
        "ctas": some(flow.ctas),
        "offers": offers if "percent" in flow.offers else (),
        "vary_offers": draw(st.booleans()),
        "may_withhold_offer": draw(st.booleans()),
    }
    return Brief.model_validate(told)


AT_HAND = st.builds(
    AtHand,
    topics=st.frozensets(st.sampled_from(TOPICS)),
    named=st.booleans(),
    lead=st.sampled_from(["", "Copper Kettle", "Hand-thrown Stoneware Breakfast Bowl"]),
    priced=st.booleans(),
    slots=st.sampled_from([(USUAL,), (USUAL, *SLOTS)]),
)


@given(st.data(), FLOWS, AT_HAND, st.text(max_size=8))
def test_no_draw_leaves_what_is_allowed(data: st.DataObject, flow: Flow, at_hand: AtHand, customer: str) -> None:
    brief = data.draw(briefs(flow))
    policy = Thompson(explore=brief.explore)
    one = make_decision(flow, customer, brief=brief, topics=at_hand.topics, at_hand=at_hand, policy=policy)
    for name, wanted in (("tone", brief.tones), ("length", brief.lengths)):
        assert not wanted or one.choices[name].arm in wanted  # type: ignore[index]  # the name of a dimension
    assert one.offer is None or one.offer in (brief.offers if brief.vary_offers else brief.offers[:1])
    assert one.offer is not None or brief.may_withhold_offer or not brief.offers
    assert one.subject != "name" or at_hand.named
    assert one.subject != "product" or at_hand.lead
    assert one.cta != "product" or at_hand.lead == "Copper Kettle"
    assert one.slot in at_hand.slots
    met = at_hand.topics | ({"offer"} if one.offer else set())
    least = min(len(angle.needs) for angle in flow.angles if not brief.angles or angle.name in brief.angles)
    assert met.issuperset(one.angle.needs) or len(one.angle.needs) == least


@given(st.data(), FLOWS, AT_HAND, st.text(max_size=8))
def test_each_draw_is_logged_with_the_policys_own_probability(
    data: st.DataObject, flow: Flow, at_hand: AtHand, customer: str
) -> None:
    policy = Thompson()
    one = make_decision(
        flow, customer, brief=data.draw(briefs(flow)), topics=at_hand.topics, at_hand=at_hand, policy=policy
    )
    assert one.situation is not None
    for dimension, choice in one.choices.items():
        assert choice.arm in choice.arms
        assert len(set(choice.arms)) == len(choice.arms)
        situation = one.situation.model_copy(update={"step": ""}) if dimension in STATE_ONLY else one.situation
        likely = dict(zip(choice.arms, policy.shares(situation, dimension, choice.arms), strict=True))
        assert isclose(choice.probability, likely[choice.arm])
    assert isclose(one.probability, prod(choice.probability for choice in one.choices.values()))
