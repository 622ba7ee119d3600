"""Whatever a campaign says, its form says it back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from api.studio.campaign_form import new_id, read_campaign, renumbered, values_of
from catalog.merchandising import Narrowing, ShowCap
from catalog.model import Limits
from composer.documents import Brief, Campaign, Offer
from prompts.model import TOPIC_TITLES
from tests.kit.factories import LIBRARY

FLOWS = [flow for flow in LIBRARY.flows if flow.offers]
words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
lists = st.lists(words, max_size=3).map(tuple)
prices = st.decimals(Decimal(0), Decimal(999), places=2)
some = st.none() | st.integers(1, 9)
shares = st.integers(0, 500).map(lambda number: number / 1000)
texts = st.lists(words, max_size=6).map(" ".join)


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    """Limits, with a count or none."""
    low, high = sorted([draw(prices), draw(prices)])
    told = {
        "min_price": draw(st.sampled_from([None, low])),
        "max_price": draw(st.sampled_from([None, high])),
        **{name: draw(lists) for name in ("categories", "brands", "exclude_words", "exclude_ids", "attributes")},
        **{name: draw(some) for name in ("new_within_days", "max_per_category", "max_per_brand")},
        **{name: draw(st.booleans()) for name in ("only_on_sale", "new_to_customer")},
        "only_ids": draw(st.none() | lists),
        "diversity": draw(st.floats(0, 1)),
    }
    return Limits(**told, **({"count": draw(st.integers(1, 12))} if draw(st.booleans()) else {}))


@st.composite
def offers(draw: st.DrawFn, kinds: tuple[str, ...], number: int) -> Offer:
    """An offer of a kind that the flow can carry."""
    kind = draw(st.sampled_from(kinds))
    numbers = st.integers(1, 100).map(Decimal)
    value = {"free_shipping": st.none(), "gift": words}.get(kind, numbers)
    days = sorted([draw(st.dates(date(2026, 1, 1))), draw(st.dates(date(2026, 1, 1)))])
    return Offer.model_validate(
        {
            "id": f"offer-{number}",
            "kind": kind,
            "value": draw(value),
            "code": draw(st.none() | st.from_regex(r"[A-Z0-9][A-Z0-9_-]{2,31}", fullmatch=True)),
            "min_spend": draw(st.none() | prices),
            "starts": draw(st.sampled_from([None, days[0]])),
            "expires": draw(st.sampled_from([None, days[1]])),
            "terms": draw(texts),
            "lifecycles": draw(st.lists(st.sampled_from(["new", "active", "lapsed"]), unique=True)),
        }
    )


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    """A campaign that its flow can follow."""
    flow = draw(st.sampled_from(FLOWS))
    angles = [angle.name for angle in flow.angles]
    cap = draw(st.none() | st.builds(ShowCap, times=st.integers(1, 50), days=st.integers(1, 90)))
    count = draw(st.integers(0, 2))
    brief = Brief(
        message=draw(texts),
        products=draw(texts),
        angles=draw(st.lists(st.sampled_from(angles), unique=True)),
        tones=draw(st.lists(st.sampled_from(flow.tones), unique=True)),
        lengths=draw(st.lists(st.sampled_from(flow.lengths), unique=True)),
        limits=draw(limits()),
        merchandising=Narrowing(pins=draw(st.booleans()), exploration=draw(st.none() | st.just(0.05)), show_cap=cap),
        offers=tuple(draw(offers(flow.offers, number)) for number in range(count)),
        holdout=draw(shares),
        subjects=draw(st.lists(st.sampled_from(flow.subjects), unique=True)),
        ctas=draw(st.lists(st.sampled_from(flow.ctas), unique=True)),
        explore=draw(st.integers(20, 1000)) / 1000,
        **{name: draw(st.booleans()) for name in ("vary_offers", "may_withhold_offer", "learn")},
    )
    topic = draw(st.sampled_from([None, *TOPIC_TITLES]))
    return Campaign(id="made", name=draw(words), flow=flow.name, brand="leaf", topic=topic, brief=brief)


@given(campaigns())
def test_a_form_says_the_campaign_it_was_made_of(campaign: Campaign) -> None:
    read = read_campaign(renumbered(values_of(campaign)), campaign, LIBRARY.flow(campaign.flow))
    assert read == campaign
    assert isinstance(read, Campaign)
    counted = ["count" in one.brief.limits.model_fields_set for one in (campaign, read)]
    assert counted[0] == counted[1]


@given(st.text(max_size=200), st.sets(words, max_size=3))
def test_an_id_can_be_made_of_any_name(name: str, taken: set[str]) -> None:
    made = new_id(name, taken)
    assert made not in taken
    assert Campaign(id=made, name="Some", flow="newsletter", brand="leaf").id == made
