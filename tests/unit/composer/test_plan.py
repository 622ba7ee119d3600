"""What is planned for a customer: picks within limits, facts within policy, a typed reason when there is nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from composer.campaigns import CampaignVersion
from composer.closed_world import at_hand, build_snapshot
from composer.plan import NothingToSay, Plan, make_plan
from prompts.model import FlowName
from store.errors import InvalidInput
from tests.kit.factories import (
    LIBRARY,
    NOW,
    FixedPicker,
    make_brand,
    make_campaign,
    make_memory,
    make_pick,
    make_picks,
    make_product,
    make_request,
    make_task,
    make_version,
)


def planned(flow: FlowName, picker: FixedPicker | None = None, step: str = "", **memory: object) -> Plan:
    return make_plan(
        make_request(step=step),
        make_version(flow),
        LIBRARY.flow(flow),
        make_memory(**memory),
        picker=picker or FixedPicker(make_picks()),
        shown=[("seen", NOW)],
        now=NOW,
    )


def test_a_cart_flow_without_a_cart_has_nothing_to_say() -> None:
    with pytest.raises(NothingToSay) as caught:
        planned("abandoned_cart")
    assert caught.value.reason == "no_cart"


def test_too_few_picks_is_a_reason_not_a_filler() -> None:
    with pytest.raises(NothingToSay) as caught:
        planned("newsletter", FixedPicker([]))
    assert caught.value.reason == "too_few_picks"


def test_a_flow_about_one_product_is_not_sent_about_others() -> None:
    with pytest.raises(NothingToSay) as caught:
        planned("replenishment")
    assert caught.value.reason == "nothing_to_lead"


def test_nothing_is_said_to_be_back_that_nobody_saw_gone() -> None:
    with pytest.raises(NothingToSay) as caught:
        planned("back_in_stock", FixedPicker([make_pick(kind="wished")]))
    assert caught.value.reason == "no_restock"


def test_replenishment_leads_with_what_is_running_low() -> None:
    picks = [make_pick(kind="running_low"), *make_picks()[1:]]
    assert planned("replenishment", FixedPicker(picks)).picks[0].kind == "running_low"


def test_an_unknown_step_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        planned("win_back", step="tomorrow")
    assert LIBRARY.flow("win_back").steps[0].name in str(caught.value)


def test_the_snapshot_holds_no_fact_the_flow_may_not_use() -> None:
    used = {fact.kind for fact in planned("newsletter").task.snapshot.facts}
    assert used <= set(LIBRARY.flow("newsletter").memory.use)


def test_a_fact_the_flow_may_use_but_not_say_is_marked_never_said() -> None:
    flow = LIBRARY.flow("newsletter")
    for fact in planned("newsletter").task.snapshot.facts:
        if fact.kind not in flow.memory.say:
            assert fact.say == "never"


def test_private_values_are_kept_for_leak_checks_only() -> None:
    person = make_task().snapshot.person
    assert person.private["email"] == "maeve.q@post.example"
    assert person.private["last_name"] == "Quillfeather"


def test_names_that_a_shops_events_shout_are_told_calmly() -> None:
    facts = [fact.model_dump() for fact in make_memory().facts]
    facts[0]["text"] = "You bought the CREAM HANGING HEART HOLDER on 31 October 2026."
    products = [make_memory().products[0].model_dump() | {"name": "CREAM HANGING HEART HOLDER"}]
    snapshot = planned("newsletter", facts=facts, products=products).task.snapshot
    assert snapshot.facts[0].text == "You bought the Cream Hanging Heart Holder on 31 October 2026."
    assert "Cream Hanging Heart Holder" in snapshot.other_titles


def test_a_sale_price_becomes_price_and_former_price() -> None:
    on_sale = make_product(sale_price=Decimal("9.50"))
    picks = [make_picks()[0].model_copy(update={"product": on_sale}), *make_picks()[1:]]
    product = planned("newsletter", FixedPicker(picks)).task.snapshot.products[0]
    assert (product.price, product.compare_at_price) == (Decimal("9.50"), Decimal("12.50"))


@pytest.mark.parametrize(
    ("currency", "basis", "former"),
    [
        ("GBP", None, Decimal("12.50")),
        ("EUR", None, None),
        ("EUR", "lowest_30_days", Decimal("12.50")),
    ],
)
def test_in_the_eu_a_former_price_without_its_basis_is_no_fact(
    currency: str, basis: str | None, former: Decimal | None
) -> None:
    product = make_product(sale_price=Decimal("9.50"), currency=currency, compare_at_basis=basis)
    picks = [make_pick(product)]
    decision = planned("newsletter").decision
    snapshot = build_snapshot(
        brand=make_brand(currency=currency),
        flow=LIBRARY.flow("newsletter"),
        memory=make_memory(),
        picks=picks,
        decision=decision,
        now=NOW,
    )
    assert (snapshot.products[0].price, snapshot.products[0].compare_at_price) == (Decimal("9.50"), former)
    assert ("sale" in at_hand(make_memory(), picks, make_brand(), NOW)) == (former is not None)


@pytest.mark.parametrize("basis", [None, "lowest_30_days"])
def test_a_price_drop_that_the_eu_forbids_to_show_is_not_written_about(basis: str | None) -> None:
    product = make_product(sale_price=Decimal("9.50"), currency="EUR", compare_at_basis=basis)
    version = CampaignVersion(make_campaign("price_drop"), make_brand(currency="EUR"), 1)
    args = (make_request(), version, LIBRARY.flow("price_drop"), make_memory())
    picker = FixedPicker([make_pick(product)])
    if basis:
        assert make_plan(*args, picker=picker, shown=(), now=NOW).task.snapshot.products[0].compare_at_price
        return
    with pytest.raises(NothingToSay) as caught:
        make_plan(*args, picker=picker, shown=(), now=NOW)
    assert caught.value.reason == "no_former_price"


def test_picks_are_asked_for_in_the_brands_currency_and_know_what_was_shown() -> None:
    picker = FixedPicker(make_picks())
    planned("newsletter", picker)
    taste, limits = picker.asked[0]
    assert limits.currency == "GBP"
    assert [signal.product_id for signal in taste.signals if signal.kind == "picked_before"] == ["seen"]


def test_the_same_request_plans_the_same_and_another_customer_differs_in_seed() -> None:
    first, again = planned("newsletter"), planned("newsletter")
    assert first == again
    other = make_plan(
        make_request(customer="c-2"),
        make_version("newsletter"),
        LIBRARY.flow("newsletter"),
        make_memory(external_id="c-2"),
        picker=FixedPicker(make_picks()),
        shown=(),
        now=NOW,
    )
    assert other.seed != first.seed


def test_the_customers_own_region_formats_prices_but_never_changes_the_language() -> None:
    profile = {"first_name": "Ana", "locale": "en-US"}
    assert planned("newsletter", profile=profile).task.snapshot.locale == "en-US"
    assert planned("newsletter", profile={**profile, "locale": "es-ES"}).task.snapshot.locale == "en-GB"


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": "Aaliyah", "last_name": "Okonkwo"},
        {"first_name": "Xiùyīng", "last_name": "Chén"},
        {"birthday": "1949-05-17"},
        {"traits": {"gender": "male", "age": 74}},
        {"address": {"city": "Toxteth", "postal_code": "L8 1TH", "country": "GB"}},
    ],
    ids=["name", "name in tones", "age", "gender", "postcode"],
)
def test_twins_are_decided_alike_to_the_last_digit(changes: dict[str, object]) -> None:
    person = {"first_name": "Maeve", "last_name": "Quillfeather", "email": "m@post.example", "locale": "en-GB"}
    first = planned("newsletter", profile=person).decision
    twin = planned("newsletter", profile={**person, **changes}).decision
    assert twin.logged() == first.logged()
    assert twin.situation == first.situation
