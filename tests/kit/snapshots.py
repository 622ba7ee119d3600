"""A closed world for tests of the guard, and the guard's answer in short."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from evals.draft import Block, BlockName
from evals.guard import check_block, why_held_back
from evals.snapshot import BrandFacts, OfferFacts, OrderFact, PersonFacts, ProductFacts, Snapshot
from evals.verdict import Verdict

SENT = date(2026, 3, 10)
TENT = ProductFacts(
    id="tent",
    name="Larch 2P Tent",
    price=Decimal("240.00"),
    compare_at_price=Decimal("300.00"),
    currency="USD",
    url="https://fernweh.example/p/larch",
    category="Tents",
    description="A two-person tent with an aluminium frame that pitches in the dark.",
    attributes={"waterproof": True, "weight": "1.9 kg", "poles": 3, "stock_left": 4},
)
MUG = ProductFacts(
    id="mug",
    name="Tin Mug No. 4",
    price=Decimal("14.50"),
    currency="USD",
    url="https://fernweh.example/p/tin-mug",
    category="Mugs",
    attributes={"material": "enamelled steel", "capacity": "350 ml", "dishwasher_safe": False},
)
SOLD_OUT = ProductFacts(
    id="lamp",
    name="Glow Lantern",
    price=Decimal("39.00"),
    currency="USD",
    url="https://fernweh.example/p/glow",
    in_stock=False,
)
BRAND = BrandFacts(
    name="Fernweh Outfitters",
    domain="fernweh.example",
    vertical="outdoor",
    currency="USD",
    competitors=("Basecamp Barn",),
    policies={"free_shipping_over": 75, "returns_days": 60, "warranty": "2 years"},
    forbidden_words=("adventure", "game-changer"),
    facts=("We are a small shop in Bend.",),
)
PERSON = PersonFacts(
    first_name="Mara",
    orders=(OrderFact(product="Trail Socks 3-Pack", date=date(2026, 1, 20)),),
    declared={"pet": {"name": "Biscuit", "species": "dog"}},
    private={
        "last_name": "Lindqvist",
        "email": "mara.lindqvist@mailbox.example",
        "phone": "+1 541-555-0142",
        "address": "418 NW Cedar St, Bend, OR 97703",
        "birthdate": "1987-09-04",
    },
    internal={"goal": "win back", "segment": "lapsed-high-ltv", "churn_risk": 0.82},
)
OFFER = OfferFacts(
    code="TRAIL15", kind="percent", value=Decimal(15), min_spend=Decimal(50), expires=date(2026, 3, 15), currency="USD"
)


def snapshot(**changes: Any) -> Snapshot:
    """An outdoor shop that writes to Mara about a reduced tent and a mug."""
    given: dict[str, Any] = {
        "flow": "newsletter",
        "locale": "en-US",
        "send_date": SENT,
        "brand": BRAND,
        "person": PERSON,
        "products": (TENT, MUG),
    }
    return Snapshot(**{**given, **changes})


def held_back(text: str, name: BlockName = "pitch", *, product_id: str | None = None, **changes: Any) -> list[Verdict]:
    """What holds a block back in that world."""
    return why_held_back(check_block(snapshot(**changes), Block(name=name, text=text, product_id=product_id)))


def rules_of(verdicts: list[Verdict]) -> set[str]:
    """The rules among verdicts."""
    return {verdict.rule for verdict in verdicts}
