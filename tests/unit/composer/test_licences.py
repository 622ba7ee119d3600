"""Which facts a line of an e-mail rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


SHOP = WORLD.model_copy(
    update={
        "products": (
            _product("p1", "Copper Kettle").model_copy(update={"price": Decimal("15.00")}),
            _product("p2", "Linen Apron"),
        ),
        "brand": BrandFacts(
            name="Alder",
            domain="shop.example",
            currency="GBP",
            policies={
                "free_shipping_over": 45,
                "returns_days": 60,
                "dispatch": "orders are packed in Kendal",
                "gift_wrap": True,
            },
            facts=("Varr Linen weaves and sews our linen.",),
        ),
    }
)


def _grounds(text: str, **of: str) -> list[tuple[str, tuple[str, ...]]]:
    block = Block.model_validate({"name": "closing", "text": text, **of})
    return [(text[one.start : one.end].strip(), one.sources) for one in Licensor(SHOP).sentences(block)]


def test_each_sentence_rests_on_what_it_says_itself() -> None:
    assert _grounds("How is the beech spoon, {first_name}? The Copper Kettle is back. See you soon.") == [
        ("How is the beech spoon, {first_name}?", ("bought", "name")),
        ("The Copper Kettle is back.", ("product:p1",)),
        ("See you soon.", ()),
    ]


def test_every_sentence_of_a_pitch_rests_on_its_product() -> None:
    found = _grounds("Made to last. Easy to wash.", name="pitch", product_id="p2")
    assert [sources for _, sources in found] == [("product:p2",), ("product:p2",)]


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Delivery is free over £45.", ("policy:free_shipping_over",)),
        ("Shipping is free from 45.00 pounds.", ("policy:free_shipping_over",)),
        ("Delivery is free over £50.", ()),
        ("You have 60 days to return it.", ("policy:returns_days",)),
        ("Packed in Kendal for you.", ("policy:dispatch",)),
        ("We gift wrap it.", ("policy:gift_wrap",)),
        ("Linen is soft.", ()),
        ("Varr Linen weaves and sews it.", ("brand:0",)),
        ("For £15 it is yours.", ("product:p1",)),
        ("15 EUR and it is yours.", ("product:p1",)),
        ("It is 15 cm wide.", ()),
        ("Enough for 45 cups, or 60 small ones.", ()),
    ],
)  # fmt: skip
def test_what_is_said_of_the_shop_rests_on_what_the_shop_says(text: str, sources: tuple[str, ...]) -> None:
    assert _grounds(text) == [(text, sources)]


@given(st.text(max_size=200))
def test_sentences_lie_in_the_text_in_order_and_leave_out_only_space(text: str) -> None:
    found = Licensor(SHOP).sentences(Block(name="opening", text=text))
    ends = [0, *(one.end for one in found)]
    assert all(before <= one.start < one.end <= len(text) for before, one in zip(ends, found, strict=False))
    between = [text[end : one.start] for end, one in zip(ends, found, strict=False)]
    assert not "".join(between).strip()
