"""Makers of documents, memories, products and tasks, with sound defaults: a test names only what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.merchandising import NOWHERE, Placement
from catalog.model import BasketPrice, Evidence, Limits, Pick, Product, Taste
from composer.campaigns import CampaignVersion
from composer.contract import ComposeRequest
from composer.documents import Brand, Campaign
from composer.plan import make_plan
from composer.writing import WriteTask
from evals.snapshot import Snapshot
from memory.model import CustomerMemory
from prompts.library import Library
from prompts.model import FlowName

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LIBRARY = Library.load()


def make_brand(**changes: Any) -> Brand:
    """A tea shop."""
    values: dict[str, Any] = {
        "id": "harbour",
        "name": "Harbour & Leaf",
        "url": "https://harbourleaf.example/",
        "domain": "harbourleaf.example",
        "vertical": "tea",
        "currency": "GBP",
        "locale": "en-GB",
        "sender": {"name": "Harbour & Leaf", "email": "hello@harbourleaf.example"},
        "postal_address": "Harbour & Leaf, 4 Quay Street, Whitby YO21 1AA",
        "voice": {"description": "warm, plain, a little dry"},
        "policies": {"free_shipping_over": 30, "returns_days": 30},
        "facts": ["We blend and pack by hand in Whitby."],
        "public_url": "https://mail.harbourleaf.example/",
    }
    return Brand.model_validate({**values, **changes})


def make_campaign(flow: FlowName = "newsletter", **changes: Any) -> Campaign:
    """A campaign of the tea shop."""
    values = {"id": "autumn", "name": "Autumn letter", "flow": flow, "brand": "harbour"}
    return Campaign.model_validate({**values, **changes})


def make_version(flow: FlowName = "newsletter", **changes: Any) -> CampaignVersion:
    """Version 1 of `make_campaign`."""
    return CampaignVersion(make_campaign(flow, **changes), make_brand(), 1)


def make_product(product_id: str = "sencha", **changes: Any) -> Product:
    """A tin of tea."""
    values: dict[str, Any] = {
        "id": product_id,
        "title": "Sencha 100 g",
        "description": "A bright, grassy green tea from Shizuoka with a soft sweetness at the end.",
        "link": f"https://harbourleaf.example/p/{product_id}",
        "image_link": f"https://harbourleaf.example/i/{product_id}.png",
        "price": Decimal("12.50"),
        "currency": "GBP",
        "product_type": "Tea > Green tea",
        "attributes": {"origin": "Shizuoka, Japan", "weight": "100 g"},
    }
    return Product.model_validate({**values, **changes})


def make_pick(product: Product | None = None, **changes: Any) -> Pick:
    """A pick with one piece of evidence."""
    product = product or make_product()
    values: dict[str, Any] = {
        "product": product,
        "kind": "interest",
        "score": 0.8,
        "reason": "Because you like green tea",
        "evidence": (Evidence(kind="interest", ref="category=Green tea", text="likes green tea"),),
    }
    return Pick.model_validate({**values, **changes})


def make_picks() -> list[Pick]:
    """Three different products."""
    kettle = make_product(
        "kettle",
        title="Copper Kettle",
        description="A one litre stovetop kettle with a slim spout that pours a steady line.",
        product_type="Kitchen > Kettles",
        price=Decimal("48.00"),
        attributes={"material": "copper", "capacity": "1 l"},
    )
    cup = make_product(
        "cup",
        title="Slate Cup",
        description="A small stoneware cup with an unglazed foot and a dark slate finish.",
        product_type="Tableware > Cups",
        price=Decimal("9.00"),
        attributes={"material": "stoneware"},
    )
    return [make_pick(), make_pick(kettle, kind="goes_with"), make_pick(cup, kind="popular")]


def make_memory(**changes: Any) -> CustomerMemory:
    """An active customer who bought green tea three weeks ago."""
    bought = NOW - timedelta(days=21)
    values: dict[str, Any] = {
        "customer_id": "cus_test",
        "external_id": "c-1",
        "as_of": NOW,
        "profile": {
            "first_name": "Maeve",
            "last_name": "Quillfeather",
            "email": "maeve.q@post.example",
            "locale": "en-GB",
        },
        "known_since": bought,
        "lifecycle": "active",
        "order_count": 1,
        "orders": [
            {
                "order_id": "o-1",
                "at": bought,
                "total": "12.50",
                "currency": "GBP",
                "lines": [{"product_id": "gyokuro", "name": "Gyokuro 50 g", "price": "12.50"}],
                "event_id": "e-1",
            }
        ],
        "products": [
            {
                "product_id": "gyokuro",
                "name": "Gyokuro 50 g",
                "category": "Green tea",
                "bought_times": 1,
                "last_bought_at": bought,
                "sources": ["e-1"],
            }
        ],
        "facts": [
            {
                "id": "f-purchase",
                "kind": "purchase",
                "text": "You bought the Gyokuro 50 g on 31 October 2026.",
                "value": "Gyokuro 50 g",
                "sources": ["e-1"],
                "learned_at": bought,
            },
            {
                "id": "f-interest",
                "kind": "interest",
                "text": "You often buy green tea.",
                "value": "Green tea",
                "sources": ["e-1"],
                "learned_at": bought,
                "say": "coarse",
            },
            {
                "id": "f-stage",
                "kind": "lifecycle",
                "text": "You are an active customer.",
                "value": "active",
                "learned_at": bought,
                "say": "never",
            },
        ],
    }
    return CustomerMemory.model_validate({**values, **changes})


def make_snapshot(**changes: Any) -> Snapshot:
    """What the planner makes of the defaults above."""
    return make_task().snapshot.model_copy(update=changes)


def make_task(flow: FlowName = "newsletter", **changes: Any) -> WriteTask:
    """A task for the default customer and three picks, with a subject that every model may write."""
    styles = {"subjects": ("product",), "ctas": ("long",)}
    return make_plan(
        make_request(),
        make_version(flow, **{"brief": styles, **changes}),
        LIBRARY.flow(flow),
        make_memory(),
        picker=FixedPicker(make_picks()),
        shown=(),
        now=NOW,
    ).task


def make_request(**changes: Any) -> ComposeRequest:
    """A request for the default campaign and customer."""

    return ComposeRequest.model_validate({"campaign": "autumn", "customer": "c-1", **changes})


class FixedPicker:
    """Picks the same products for everybody, and remembers with what it was asked."""

    def __init__(self, picks: list[Pick]) -> None:
        self.picks = picks
        self.asked: list[tuple[Taste, Limits]] = []
        self.placements: list[Placement] = []
        self.basket: BasketPrice | None = None
        self.reckoned: list[Placement] = []

    def pick(
        self, taste: Taste, limits: Limits, *, now: datetime, seed: int, placement: Placement = NOWHERE
    ) -> list[Pick]:
        """At most `limits.count` of them."""
        self.asked.append((taste, limits))
        self.placements.append(placement)
        return self.picks[: limits.count]

    def price_basket(self, placement: Placement, picked: Sequence[Pick], now: datetime) -> BasketPrice | None:
        """What it was told to say."""
        self.reckoned.append(placement)
        return self.basket
