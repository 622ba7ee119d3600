"""Loading labelled cases, and counting what the guard made of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evals.cases import BadCase, Case, case_from, load_cases
from evals.report import Outcome, RuleFigures, Share, report, wilson

ROW: dict[str, Any] = {
    "id": "c-1",
    "category": "bad_price",
    "flow": "cart_abandon",
    "locale": "en-US",
    "send_date": "2026-03-10",
    "brand": {
        "name": "Shop",
        "domain": "shop.example",
        "vertical": "home",
        "currency": "USD",
        "competitors": [],
        "policies": {},
    },
    "customer_facts": {
        "first_name": "Mara",
        "orders": [{"product": "Mug", "date": "2026-01-02"}],
        "pet": {"name": "Biscuit"},
    },
    "products": [
        {
            "name": "Mug",
            "price": 14.1,
            "currency": "USD",
            "compare_at_price": None,
            "url": "https://shop.example/m",
            "in_stock": True,
            "attributes": {},
        }
    ],
    "offer": {"code": "MUG10", "kind": "percent", "value": 10, "min_spend": None, "expires": "2026-03-12"},
    "block": "pitch",
    "text": "The Mug is $15.",
    "label": "violation",
    "violated": ["price.wrong"],
    "note": "",
}


def case(case_id: str, label: str, *violated: str) -> Case:
    return case_from({**ROW, "id": case_id, "label": label, "violated": list(violated)})


def test_a_case_becomes_a_snapshot_with_exact_money_and_declared_facts() -> None:
    (loaded,) = load_cases([json.dumps(ROW), "  "])
    assert str(loaded.snapshot.products[0].price) == "14.1"
    assert loaded.snapshot.person.declared == {"pet": {"name": "Biscuit"}}
    assert loaded.block.product_id == loaded.snapshot.products[0].id
    assert loaded.snapshot.flow == "cart_abandon"


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("{", "line 2"),
        ("[1]", "line 2"),
        ('{"id": NaN}', "line 2"),
        ("[" * 100_000, "line 2"),
        (b"\xff\xfe", "line 2"),
        ('{"id": "x"}', "line 2, /brand"),
        (json.dumps({**ROW, "label": "maybe"}), "line 2, /label"),
        (json.dumps({**ROW, "send_date": "soon"}), "line 2, /send_date"),
        (json.dumps({**ROW, "block": "footer"}), "line 2, /block"),
        (json.dumps({**ROW, "text": None}), "line 2, /text"),
        (json.dumps({**ROW, "text": "\ud800"}), "line 2"),
        (json.dumps({**ROW, "violated": 3}), "line 2, /violated"),
        (json.dumps({**ROW, "products": [{"price": 3}]}), "line 2, /products/0/name"),
        (json.dumps({**ROW, "products": [{"name": "Mug", "price": "cheap"}]}), "line 2, /products/0/price"),
        (json.dumps({**ROW, "products": [{"name": "Mug", "price": "NaN"}]}), "line 2, /products/0/price"),
        (json.dumps({**ROW, "products": [{"name": "Mug", "in_stock": "some"}]}), "line 2, /products/0/in_stock"),
        (json.dumps({**ROW, "products": {"name": "Mug"}}), "line 2, /products"),
        (json.dumps({**ROW, "offer": {"code": "X1", "value": 3}}), "line 2, /offer/kind"),
        (json.dumps({**ROW, "offer": {"kind": "percent", "expires": "soon"}}), "line 2, /offer/expires"),
        (json.dumps({**ROW, "offer": [{}, {}]}), "line 2, /offer"),
        (
            json.dumps({**ROW, "customer_facts": {"orders": [{"product": "Mug"}]}}),
            "line 2, /customer_facts/orders/0/date",
        ),
        (
            json.dumps({**ROW, "brand": {"name": "Shop", "domain": "s.example"}, "products": [], "offer": None}),
            "line 2, /brand/currency",
        ),
    ],
)
def test_a_line_that_is_no_case_is_named_with_its_number_its_field_and_the_fix(line: str | bytes, place: str) -> None:
    with pytest.raises(BadCase) as caught:
        list(load_cases([json.dumps(ROW), line]))
    assert caught.value.pointer == place
    assert caught.value.fix


def test_what_may_be_missing_may_be_missing() -> None:
    least = {key: ROW[key] for key in ("locale", "send_date", "brand", "block", "text")}
    (loaded,) = load_cases([json.dumps(least)])
    assert (loaded.id, loaded.label, loaded.violated, loaded.snapshot.products) == ("line-1", None, (), ())
    nulls = {**ROW, **dict.fromkeys(("id", "category", "label", "violated", "note", "offer", "products"))}
    (loaded,) = load_cases([json.dumps({**nulls, "customer_facts": {"first_name": None, "orders": None}})])
    assert loaded.snapshot.person.orders == ()


def test_unknown_fields_become_what_the_text_may_say() -> None:
    product = {"title": "Mug", "price": "14,10 €", "rating": "4.6", "sku": "MG-1", "sizes": ["S", {"EU": [1, 2]}]}
    offer = {"kind": "percentage", "value": "15%", "ends": "2026-03-12T23:59:00Z", "first_order_only": True}
    policies = {"free_shipping_over": "£1,250.00", "warranty": "2 years", "free_returns": False}
    brand = {**ROW["brand"], "policies": policies, "founded": 2009, "values": ["repair", "reuse"]}
    facts = {"cart": [{"product": "Mug", "qty": 1}], "private": {"zip": 97703, "fax": None}, "skin": {"type": ["dry"]}}
    row = {**ROW, "products": [product], "offer": offer, "brand": brand, "customer_facts": facts, "variant": "b"}
    snapshot = case_from(row).snapshot
    (mug,) = snapshot.products
    assert (mug.name, str(mug.price), mug.currency) == ("Mug", "14.10", "USD")
    assert mug.attributes == {"rating": 4.6, "sku": "MG-1", "sizes": ["S", "EU 1, 2"]}
    assert snapshot.offer is not None
    assert (snapshot.offer.kind, str(snapshot.offer.value)) == ("percent", "15")
    assert str(snapshot.offer.expires) == "2026-03-12"
    assert snapshot.offer.terms == "first order only"
    assert snapshot.brand.policies == {**policies, "free_shipping_over": 1250}
    assert snapshot.brand.facts == ("2009 founded", "founded 2009", "values repair, reuse")
    assert (snapshot.person.cart, snapshot.person.private) == (("Mug",), {"zip": "97703"})
    assert snapshot.person.declared == {"skin": {"type": "dry"}}


def test_a_former_prices_basis_that_we_do_not_know_is_none() -> None:
    (mug,) = case_from({**ROW, "products": [{"name": "Mug", "compare_at_basis": "30_day_low"}]}).snapshot.products
    (known,) = case_from({**ROW, "products": [{"name": "Mug", "compare_at_basis": "lowest_30_days"}]}).snapshot.products
    assert (mug.compare_at_basis, known.compare_at_basis) == (None, "lowest_30_days")


@pytest.mark.parametrize(
    ("offer", "kind", "value"),
    [
        ({"kind": "Percent-Off", "value": 10}, "percent", "10"),
        ({"type": "fixed_amount", "value": "£1,299.50"}, "amount", "1299.50"),
        ({"value": "20 %"}, "percent", "20"),
        ({"kind": "free-delivery", "value": True}, "free_shipping", "None"),
        ({"kind": "gift_with_purchase", "value": "a tin"}, "gift", "a tin"),
        ({"kind": "bogo", "value": 2}, "gift", "bogo 2"),
    ],
)
def test_an_offers_kind_may_have_another_name(offer: dict[str, Any], kind: str, value: str) -> None:
    found = case_from({**ROW, "offer": offer}).snapshot.offer
    assert found is not None
    assert (found.kind, str(found.value)) == (kind, value)


def test_a_pitch_with_several_products_is_about_the_only_one_it_names() -> None:
    pair = [{"name": "Larch Tent", "price": 240}, {"name": "Tin Mug", "price": 14}]
    about = {
        text: case_from({**ROW, "products": pair, "text": text}).block.product_id
        for text in ("The Larch Tent is $240.", "The Larch Tent and the Tin Mug.", "For the weekend.")
    }
    assert list(about.values()) == ["p0", None, None]
    assert case_from({**ROW, "block": "opening"}).block.product_id is None


def test_extra_rules_on_a_violation_are_no_false_alarms_and_any_on_a_sound_text_is() -> None:
    found = report(
        [
            Outcome(case("a", "violation", "price.wrong"), frozenset({"price.wrong", "style.spam"})),
            Outcome(case("b", "violation", "price.wrong"), frozenset({"style.spam"})),
            Outcome(case("c", "violation", "chars.*"), frozenset()),
            Outcome(case("d", "ok"), frozenset({"style.spam"})),
            Outcome(case("e", "ok"), frozenset()),
        ]
    )
    assert (found.recall.hits, found.recall.of) == (2, 3)
    assert (found.named_recall.hits, found.named_recall.of) == (1, 3)
    assert (found.precision.hits, found.precision.of) == (2, 3)
    assert (found.false_positive_rate.hits, found.false_positive_rate.of) == (1, 2)
    assert (found.missed, found.false_alarms) == (("c",), ("d",))
    assert found.misnamed == ("b",)
    assert found.by_rule == (
        RuleFigures(group="chars.*", caught=0, missed=1, false_alarms=0, sound=2),
        RuleFigures(group="price.wrong", caught=1, missed=1, false_alarms=0, sound=2),
        RuleFigures(group="style.spam", caught=0, missed=0, false_alarms=1, sound=1),
    )
    assert found.by_locale == (RuleFigures(group="en-US", caught=2, missed=1, false_alarms=1, sound=1),)
    assert found.by_category == (RuleFigures(group="bad_price", caught=2, missed=1, false_alarms=1, sound=1),)


def test_hard_and_soft_rules_are_counted_by_the_rules_that_the_label_names() -> None:
    found = report(
        [
            Outcome(case("a", "violation", "price.wrong"), frozenset({"price.wrong"})),
            Outcome(case("b", "violation", "chars.bidi"), frozenset({"style.spam"})),
            Outcome(case("c", "violation", "history.invented"), frozenset()),
            Outcome(case("d", "violation", "profanity"), frozenset({"profanity"})),
            Outcome(case("e", "violation"), frozenset({"profanity"})),
        ]
    )
    assert found.hard_recall == Share(hits=1, of=2)
    assert found.soft_recall == Share(hits=0, of=1)
    assert found.named_recall == Share(hits=2, of=4)
    assert found.recall == Share(hits=4, of=5)


def test_a_broken_check_is_a_false_alarm_on_a_sound_text_and_catches_nothing_on_a_bad_one() -> None:
    broken = frozenset({"price.wrong"})
    found = report([Outcome(case(label, label, "price.wrong"), broken, broken) for label in ("ok", "violation")])
    assert (found.missed, found.false_alarms) == (("violation",), ("ok",))
    assert (found.false_positive_rate.hits, found.recall.hits) == (1, 0)


def test_a_text_without_a_label_counts_for_nothing() -> None:
    unlabelled = case("a", "ok").model_copy(update={"label": None})
    assert report([Outcome(unlabelled, frozenset({"style.spam"}))]).false_positive_rate.of == 0


def test_a_report_lists_the_first_thousand_mistakes_and_counts_them_all() -> None:
    found = report(Outcome(case(str(number), "violation", "empty"), frozenset()) for number in range(1002))
    assert (len(found.missed), found.recall.of) == (1000, 1002)


def test_a_family_in_the_label_is_met_by_any_of_its_rules() -> None:
    assert Outcome(case("a", "violation", "chars.*"), frozenset({"chars.bidi"})).is_named


def test_intervals_are_wilsons() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_share_of_nothing_says_so() -> None:
    assert Share(hits=0, of=0).value is None
    assert str(Share(hits=0, of=0)) == "– (0 of 0)"
    assert str(Share(hits=8, of=10)).startswith("0.800 (8 of 10")
