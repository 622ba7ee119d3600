"""Documents survive JSON, and a wrong one says which field is wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from composer.documents import Brand, Campaign, Offer, load_document
from evals.snapshot import OfferFacts
from store.errors import InvalidInput
from tests.kit.factories import make_brand, make_campaign

OFFERS: list[dict[str, Any]] = [
    {"id": "p", "kind": "percent", "value": Decimal("12.5")},
    {"id": "a", "kind": "amount", "value": Decimal(10), "min_spend": Decimal(50)},
    {"id": "s", "kind": "free_shipping", "min_spend": Decimal(30)},
    {"id": "g", "kind": "gift", "value": "20 g of Sencha"},
]


@pytest.mark.parametrize("values", OFFERS, ids=[offer["kind"] for offer in OFFERS])
def test_offers_come_back_from_json_as_they_went(values: dict[str, Any]) -> None:
    offer = Offer.model_validate(values)
    assert Offer.model_validate_json(offer.model_dump_json()) == offer
    facts = OfferFacts(kind=offer.kind, value=offer.value)
    assert OfferFacts.model_validate_json(facts.model_dump_json()) == facts


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "percent", "value": 0},
        {"kind": "percent", "value": 101},
        {"kind": "percent"},
        {"kind": "percent", "value": "ten"},
        {"kind": "amount", "value": -5},
        {"kind": "gift", "value": " "},
        {"kind": "free_shipping", "value": 5},
        {"kind": "percent", "value": 10, "code": "lower case"},
    ],
)
def test_an_offer_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Offer.model_validate({"id": "x", **wrong})


def test_brands_and_campaigns_come_back_from_json_as_they_went() -> None:
    brand, campaign = make_brand(), make_campaign(brief={"offers": OFFERS})
    assert Brand.model_validate_json(brand.model_dump_json()) == brand
    assert Campaign.model_validate_json(campaign.model_dump_json()) == campaign


def test_a_wrong_field_in_a_file_is_named(tmp_path: Path) -> None:
    document = make_brand().model_dump(mode="json")
    document["sender"]["email"] = "nobody"
    path = tmp_path / "brand.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        load_document(Brand, path)
    assert caught.value.pointer == "/sender/email"


@pytest.mark.parametrize("text", ["{", "[1, 2]", "", "\x00"])
def test_a_file_that_is_no_document_is_an_error_not_a_crash(tmp_path: Path, text: str) -> None:
    path = tmp_path / "campaign.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput):
        load_document(Campaign, path)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        load_document(Campaign, tmp_path / "nowhere.yaml")
