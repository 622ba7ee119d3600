"""What a cart and a pick come to is said only where the guardrails can reckon it again from the e-mail itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from catalog.model import BasketPrice, Pick
from composer.campaigns import CampaignVersion
from composer.plan import Plan, make_plan
from composer.templates import BlockTemplates
from evals.draft import Block
from evals.guard import check_block
from tests.kit.factories import (
    LIBRARY,
    NOW,
    FixedPicker,
    make_brand,
    make_campaign,
    make_memory,
    make_picks,
    make_request,
)

SAID = "The Sencha 100 g and the Copper Kettle together are £60.50. Delivery is free over £60."


def basket(**changes: Any) -> BasketPrice:
    values: dict[str, Any] = {
        "currency": "GBP",
        "items": (("sencha", 1),),
        "cart": Decimal("12.50"),
        "added": ("kettle",),
        "total": Decimal("60.50"),
        "free_over": Decimal(60),
    }
    return BasketPrice(**{**values, **changes})


def planned(found: BasketPrice | None, brief: Any = None) -> Plan:
    first, *others = make_picks()
    picks: list[Pick] = [first.model_copy(update={"kind": "cart"}), *others]
    picker = FixedPicker(picks)
    picker.basket = found
    line = {"product_id": "sencha", "name": "Sencha 100 g", "price": "12.50", "at": NOW, "event_id": "e-2"}
    brand = make_brand(policies={"free_shipping_over": 60})
    campaign = make_campaign("abandoned_cart", **({"brief": brief} if brief else {}))
    return make_plan(
        make_request(),
        CampaignVersion(campaign, brand, 1),
        LIBRARY.flow("abandoned_cart"),
        make_memory(cart=[line]),
        picker=picker,
        shown=(),
        now=NOW,
    )


def facts(plan: Plan) -> list[str]:
    return [fact.text for fact in plan.task.snapshot.facts if fact.id == "basket"]


def test_the_sum_of_cart_and_pick_is_a_fact_the_guardrails_agree_with() -> None:
    plan = planned(basket())
    assert facts(plan) == [SAID]
    verdicts = check_block(plan.task.snapshot, Block(name="closing", text=SAID))
    assert [verdict.rule for verdict in verdicts if verdict.status == "fail"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"items": (("sencha", 2),)},
        {"items": (("sencha", 1), ("not-shown", 1))},
        {"added": ()},
    ],
    ids=["two of one thing", "something not in the e-mail", "nothing added"],
)
def test_what_the_reader_could_not_reckon_again_is_not_said(changes: dict[str, Any]) -> None:
    plan = planned(basket(**changes))
    assert facts(plan) == []
    assert plan.basket == basket(**changes)


def test_beside_an_offer_there_is_no_second_threshold() -> None:
    offer = {"id": "o", "kind": "free_shipping", "code": "DOORSTEP", "min_spend": "25"}
    plan = planned(basket(), {"offers": [offer], "angles": ["with_offer"]})
    assert plan.decision.offer is not None
    assert facts(plan) == []


def test_an_email_that_is_not_about_a_cart_reckons_its_picks_and_says_nothing_of_it() -> None:
    picker = FixedPicker(make_picks())
    picker.basket = basket(items=(), cart=Decimal(0), added=("sencha", "kettle"))
    line = {"product_id": "sencha", "name": "Sencha 100 g", "at": NOW, "event_id": "e-2"}
    memory, flow = make_memory(cart=[line]), LIBRARY.flow("newsletter")
    version = CampaignVersion(make_campaign(), make_brand(), 1)
    plan = make_plan(make_request(), version, flow, memory, picker=picker, shown=(), now=NOW)
    assert plan.basket == picker.basket
    assert picker.reckoned[0].cart == ()
    assert facts(plan) == []


def test_without_a_basket_there_is_nothing_to_say() -> None:
    assert facts(planned(None)) == []


def test_a_template_says_it_in_the_closing() -> None:
    task = planned(basket()).task
    fallback = LIBRARY.fallback("abandoned_cart", "en")
    closings = {
        BlockTemplates(fallback, task, seed).block("closing", variant).text for seed in range(6) for variant in range(3)
    }
    assert SAID in closings
