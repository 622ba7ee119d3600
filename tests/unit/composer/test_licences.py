"""Which facts a line of an e-mail rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from composer.licences import Licensor
from evals.draft import Block
from evals.snapshot import BrandFacts, Fact, OfferFacts, ProductFacts, Snapshot

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def _product(number: str, name: str) -> ProductFacts:
    return ProductFacts(id=number, name=name, price=None, currency="GBP", url=f"https://shop.example/{number}")


def _fact(number: str, text: str, *, sayable: bool = True) -> Fact:
    return Fact(id=number, kind="purchase", text=text, learned_at=NOW, say="named" if sayable else "never")


WORLD = Snapshot(
    flow="newsletter",
    send_date=date(2026, 11, 2),
    brand=BrandFacts(name="Alder", domain="shop.example", currency="GBP"),
    products=(_product("p1", "Copper Kettle"), _product("p2", "Linen Apron")),
    offer=OfferFacts(code="TEA10", kind="percent", value=10),
    facts=(
        _fact("bought", "You bought the Beech Spoon in May"),
        _fact("secret", "You bought the Walnut Board in May", sayable=False),
    ),
)


@pytest.mark.parametrize(
    ("block", "licences"),
    [
        (Block(name="pitch", text="Made to last.", product_id="p2"), ["product:p2"]),
        (Block(name="opening", text="The copper kettle is back."), ["product:p1"]),
        (Block(name="opening", text="How is the beech spoon doing?"), ["bought"]),
        (Block(name="opening", text="How is the walnut board doing?"), []),
        (Block(name="closing", text="Use tea10 for the Linen Apron."), ["product:p2", "offer"]),
        (Block(name="closing", text="See you soon."), []),
    ],
)  # fmt: skip
def test_a_line_rests_on_what_it_names_and_may_say(block: Block, licences: list[str]) -> None:
    assert Licensor(WORLD).licences(block) == licences
