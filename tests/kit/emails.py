"""Makes brands, products, snapshots, tasks and drafts for tests: every field has a plausible default."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from composer.documents import Brand
from composer.render import Rendering
from composer.writing import WriteTask
from evals.draft import Block, Draft
from evals.snapshot import (
    AttributeValue,
    BrandFacts,
    Fact,
    OfferFacts,
    OrderFact,
    PersonFacts,
    ProductFacts,
    Say,
    Snapshot,
)
from prompts.model import Angle, Flow, FlowName

SEND_DATE = date(2026, 11, 21)
LEARNED = datetime(2026, 11, 1, tzinfo=UTC)

_SHELF: tuple[tuple[str, str, str, str, dict[str, AttributeValue]], ...] = (
    ("Moka Pot, Three Cups", "29.00", "Coffee makers", "A stovetop pot that makes three small cups.", {}),
    (
        "Huehuetenango",
        "9.50",
        "Coffee beans",
        "",
        {"roast": "dark", "origin": "Huehuetenango, Guatemala", "tasting_notes": "cocoa, walnut, treacle"},
    ),
    ("Linen Tea Towel", "14.00", "Tea towels", "A plain towel.", {"material": "linen", "color": "pale oat"}),
    ("Round Teapot", "38.00", "Teapots", "A round-bellied teapot that pours without dribbling.", {}),
    ("Beech Spoon", "6.00", "Utensils", "", {"material": "beech", "length": "30 cm"}),
    ("Stoneware Mug", "16.00", "Mugs", "A straight-sided mug with a roomy handle.", {"material": "stoneware"}),
)


def make_brand(**changes: Any) -> Brand:
    """A shop that sells in pounds."""
    return Brand.model_validate(
        {
            "id": "fennel-row",
            "name": "Fennel Row",
            "url": "https://www.fennelrow.example",
            "domain": "fennelrow.example",
            "vertical": "tea and coffee",
            "currency": "GBP",
            "locale": "en-GB",
            "sender": {"name": "Fennel Row", "email": "hello@fennelrow.example"},
            "postal_address": "4 Fennel Row, Kendal LA9 4XX, United Kingdom",
            "legal_lines": ["Fennel Row Ltd, registered in England."],
            "voice": {"description": "Calm and plain."},
            "facts": ["We are a small shop in Kendal."],
            "policies": {"free_shipping_over": 45, "returns_days": 60},
            "public_url": "https://mail.fennelrow.example",
        }
        | changes
    )


def make_product(index: int = 0, **changes: Any) -> ProductFacts:
    """The product at `index` of a small shelf; the ids are `p0`, `p1` …"""
    name, price, category, description, attributes = _SHELF[index % len(_SHELF)]
    return ProductFacts.model_validate(
        {
            "id": f"p{index}",
            "name": name,
            "price": price,
            "currency": "GBP",
            "url": f"https://www.fennelrow.example/p/{index}",
            "image_url": f"https://img.fennelrow.example/{index}.jpg",
            "category": category,
            "description": description,
            "attributes": attributes,
            "reason": "goes with what you have",
        }
        | changes
    )


def make_products(count: int, **changes: Any) -> tuple[ProductFacts, ...]:
    """The first `count` of the shelf."""
    return tuple(make_product(index, **changes) for index in range(count))


def make_offer(**changes: Any) -> OfferFacts:
    """Ten percent off from thirty pounds."""
    return OfferFacts.model_validate(
        {
            "kind": "percent",
            "value": Decimal(10),
            "code": "HELLO10",
            "currency": "GBP",
            "min_spend": Decimal(30),
            "expires": date(2026, 12, 5),
        }
        | changes
    )


def make_fact(kind: str, value: str, say: Say = "named") -> Fact:
    """A remembered statement about `value`."""
    return Fact(id=f"{kind}-{value}", kind=kind, text=f"{kind}: {value}", value=value, learned_at=LEARNED, say=say)


def make_snapshot(flow: FlowName = "newsletter", **changes: Any) -> Snapshot:
    """The closed world of one e-mail with three picks and nothing remembered."""
    brand = make_brand()
    return Snapshot.model_validate(
        {
            "flow": flow,
            "locale": "en-GB",
            "send_date": SEND_DATE,
            "brand": BrandFacts(
                name=brand.name,
                domain=brand.domain,
                vertical=brand.vertical,
                currency="GBP",
                policies=dict(brand.policies),
                facts=brand.facts,
            ),
            "products": make_products(3),
        }
        | changes
    )


def make_remembering_snapshot(flow: FlowName, count: int = 3, **changes: Any) -> Snapshot:
    """As `make_snapshot`, with a purchase, a cart and an interest that may be named; and that what is back was gone."""
    products = make_products(count)
    if flow == "price_drop":
        products = make_products(count, compare_at_price=Decimal("60.00"))
    bought = products[0].name if flow == "replenishment" else "Oak Coffee Scoop"
    return make_snapshot(
        flow,
        **{
            "products": products,
            "person": PersonFacts(
                first_name="Anna",
                orders=(OrderFact(product=bought, date=date(2026, 10, 1)),),
                order_count=1,
                cart=(products[0].name,),
            ),
            "facts": (
                make_fact("purchase", bought),
                make_fact("cart", products[0].name),
                make_fact("interest", products[0].category or ""),
                *((make_fact("restock", products[0].id),) if flow == "back_in_stock" else ()),
            ),
        }
        | changes,
    )


def make_task(
    snapshot: Snapshot,
    flow: Flow,
    *,
    step: str | None = None,
    angle: Angle | None = None,
    length: Literal["short", "medium"] = "short",
) -> WriteTask:
    """A task for the flow's first step and first angle."""
    return WriteTask(
        snapshot=snapshot,
        flow=flow,
        step=flow.steps[0].name if step is None else step,
        angle=angle or flow.angles[0],
        tone=flow.tones[0],
        length=length,
        voice=make_brand().voice,
    )


def make_draft(products: tuple[ProductFacts, ...], **texts: str) -> Draft:
    """A complete draft; `texts` replaces blocks by name (`pitch` replaces every pitch)."""
    words = {
        "subject": "A few things for you",
        "preheader": "Chosen for you.",
        "opening": "Here is what we chose.",
        "pitch": "One we like.",
        "closing": "That is all.",
        "cta": "See the shop",
    } | texts
    blocks = [Block.model_validate({"name": name, "text": text}) for name, text in words.items() if name != "pitch"]
    pitches = [Block(name="pitch", text=words["pitch"], product_id=product.id) for product in products]
    return Draft(blocks=tuple(blocks + pitches))


def make_rendering(products: tuple[ProductFacts, ...] | None = None, **changes: Any) -> Rendering:
    """All that one e-mail with three picks is rendered from."""
    shown = make_products(3) if products is None else products
    return Rendering.model_validate(
        {
            "brand": make_brand(),
            "draft": make_draft(shown),
            "products": shown,
            "first_name": "Anna",
            "locale": "en-GB",
            "unsubscribe_url": "https://mail.fennelrow.example/u/token",
        }
        | changes
    )
