"""Loading labelled cases, and counting what the guard made of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evals.cases import BadCase, Case, case_from, load_cases
from evals.report import Outcome, Share, report, wilson

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
    "line", ["{", '{"id": "x"}', json.dumps({**ROW, "label": "maybe"}), json.dumps({**ROW, "send_date": "soon"})]
)
def test_a_line_that_is_no_case_is_named_with_its_number(line: str) -> None:
    with pytest.raises(BadCase) as caught:
        list(load_cases([json.dumps(ROW), line]))
    assert caught.value.pointer == "line 2"


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
    spam = next(item for item in found.rules if item.rule == "style.spam")
    assert (spam.precision.hits, spam.precision.of, spam.false_alarms) == (2, 3, 1)


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
