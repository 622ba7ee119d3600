"""Shops that write in other languages: what lies on their shelves, and the world of one e-mail in each.

A language needs a shelf here as soon as there are templates in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from catalog.reason_words import words_for
from catalog.text import short_title
from evals.snapshot import AttributeValue, Fact, OfferFacts, OrderFact, PersonFacts, ProductFacts, Snapshot
from prompts.model import Flow, FlowName
from tests.kit.emails import make_fact, make_offer, make_product, make_snapshot

Item = tuple[str, str, str, Mapping[str, AttributeValue]]
"""Name, category, description, attributes; prices are those of the English shelf."""


@dataclass(frozen=True)
class Shelf:
    """A shop's products, and words of its own that an e-mail may name."""

    locale: str
    currency: str
    shop: str
    domain: str
    fact: str
    bought: str
    gift: str
    items: tuple[Item, ...]


SHELVES: Mapping[str, Shelf] = {
    "en": Shelf(
        "en-GB", "GBP", "Fennel Row", "fennelrow.example", "We are a small shop in Kendal.", "Oak Coffee Scoop",
        "Oak Coaster",
        (
            ("Moka Pot, Three Cups", "Coffee makers", "A stovetop pot that makes three small cups.", {}),
            ("Huehuetenango", "Coffee beans", "", {"roast": "dark", "origin": "Huehuetenango, Guatemala",
                                                   "tasting_notes": "cocoa, walnut, treacle"}),
            ("Linen Tea Towel", "Tea towels", "A plain towel.", {"material": "linen", "color": "pale oat"}),
            ("Round Teapot", "Teapots", "A round-bellied teapot that pours without dribbling.", {}),
            ("Beech Spoon", "Utensils", "", {"material": "beech", "length": "30 cm"}),
            ("Stoneware Mug", "Mugs", "A straight-sided mug with a roomy handle.", {"material": "stoneware"}),
        ),
    ),
    "de": Shelf(
        "de-DE", "EUR", "Fenchel & Söhne", "fenchelsoehne.example", "Wir sind ein kleiner Laden in Lüneburg.",
        "Kaffeelot aus Eiche", "Untersetzer Eiche",
        (
            ("Herdkanne Napoli, drei Tassen", "Kaffeebereiter", "Eine Herdkanne, die drei kleine Tassen füllt.", {}),
            ("Huehuetenango", "Kaffeebohnen", "", {"röstung": "dunkel", "herkunft": "Huehuetenango, Guatemala",
                                                   "geschmack": "Kakao, Walnuss, Sirup"}),
            ("Geschirrtuch Hafer", "Geschirrtücher", "Ein schlichtes Tuch.", {"material": "Leinen", "farbe": "hafer"}),
            ("Runde Teekanne", "Grüner Tee", "Eine bauchige Kanne, die ohne Tropfen ausgießt.", {}),
            ("Löffel, Buche", "Küchenhelfer", "", {"material": "Buche", "länge": "30 cm"}),
            ("Becher aus Steinzeug", "Becher", "Ein gerader Becher mit weitem Henkel.", {"material": "Steinzeug"}),
        ),
    ),
    "fr": Shelf(
        "fr-FR", "EUR", "Fenouil & Fils", "fenouiletfils.example", "Nous sommes une petite boutique à Annecy.",
        "Mesure à café en chêne", "Sous-verre en chêne",
        (
            ("Cafetière Napoli, trois tasses", "Cafetières", "Une cafetière qui remplit trois petites tasses.", {}),
            ("Huehuetenango", "Café en grains", "", {"torréfaction": "foncée", "origine": "Huehuetenango, Guatemala",
                                                     "saveur": "cacao, noix, mélasse"}),
            ("Torchon en lin", "Torchons", "Un torchon tout simple.", {"matière": "lin", "couleur": "avoine"}),
            ("Théière ronde", "Thé vert", "Une théière ventrue qui verse sans goutter.", {}),
            ("Cuillère en hêtre", "Ustensiles", "", {"matière": "hêtre", "longueur": "30 cm"}),
            ("Tasse en grès", "Tasses", "Une tasse droite avec une anse large.", {"matière": "grès"}),
        ),
    ),
    "es": Shelf(
        "es-ES", "EUR", "Hinojo e Hijos", "hinojoehijos.example", "Somos una pequeña tienda de Girona.",
        "Medidor de café de roble", "Posavasos de roble",
        (
            ("Cafetera Napoli, tres tazas", "Cafeteras", "Una cafetera que llena tres tazas pequeñas.", {}),
            ("Huehuetenango", "Café en grano", "", {"tueste": "oscuro", "origen": "Huehuetenango, Guatemala",
                                                    "sabor": "cacao, nuez, melaza"}),
            ("Paño de lino", "Paños de cocina", "Un paño sencillo.", {"material": "lino", "color": "avena"}),
            ("Tetera redonda", "Té verde", "Una tetera panzuda que sirve sin gotear.", {}),
            ("Cuchara de haya", "Utensilios", "", {"material": "haya", "longitud": "30 cm"}),
            ("Taza de gres", "Tazas", "Una taza recta con un asa ancha.", {"material": "gres"}),
        ),
    ),
}  # fmt: skip


def language_product(language: str, index: int, **changes: Any) -> ProductFacts:
    """The product at `index` of the shelf of a language; the ids are `p0`, `p1` …"""
    shelf = SHELVES[language]
    name, category, description, attributes = shelf.items[index % len(shelf.items)]
    own = {
        "name": name,
        "category": category,
        "description": description,
        "attributes": attributes,
        "currency": shelf.currency,
        "url": f"https://www.{shelf.domain}/p/{index}",
        "image_url": f"https://img.{shelf.domain}/{index}.jpg",
    }
    return make_product(index, **{**own, **changes})


def language_products(language: str, count: int, **changes: Any) -> tuple[ProductFacts, ...]:
    """The first `count` of a shelf."""
    return tuple(language_product(language, index, **changes) for index in range(count))


def language_offer(language: str, kind: str = "percent", **changes: Any) -> OfferFacts:
    """An offer of a kind, in the shop's currency."""
    shelf = SHELVES[language]
    values = {"percent": Decimal(10), "amount": Decimal(5), "free_shipping": None, "gift": shelf.gift}
    return make_offer(**{"kind": kind, "value": values[kind], "currency": shelf.currency, **changes})


def language_snapshot(language: str, flow: FlowName = "newsletter", **changes: Any) -> Snapshot:
    """Three picks and nothing remembered, in a shop that writes in this language."""
    shelf = SHELVES[language]
    brand = make_snapshot().brand.model_copy(
        update={
            "name": shelf.shop,
            "domain": shelf.domain,
            "currency": shelf.currency,
            "facts": (shelf.fact,),
            "vertical": "",
        }
    )
    own = {"locale": shelf.locale, "brand": brand, "products": language_products(language, 3)}
    return make_snapshot(flow, **{**own, **changes})


def remembering(language: str, flow: FlowName, count: int = 3, **changes: Any) -> Snapshot:
    """As `language_snapshot`, with a purchase, a cart and an interest that may be named."""
    products = language_products(language, count)
    if flow == "price_drop":
        products = language_products(language, count, compare_at_price=Decimal("60.00"))
    bought = products[0].name if flow == "replenishment" else SHELVES[language].bought
    products = _reasoned(flow, language, products, bought)
    own = {
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
            *_back(flow, products),
        ),
    }
    return language_snapshot(language, flow, **{**own, **changes})


def worlds(language: str, flow: Flow) -> list[Snapshot]:
    """Rich and bare, with and without an offer, one to six picks."""
    kinds = [None, *flow.offers]
    offers = [kind and language_offer(language, kind) for kind in kinds]
    found = [
        remembering(language, flow.name, count, offer=offers[count % len(offers)] or None) for count in range(1, 7)
    ]
    if flow.name != "price_drop":
        bare = language_products(language, 6, description="", attributes={}, category=None)
        bought = (OrderFact(product=SHELVES[language].bought, date=make_snapshot().send_date),)
        person = PersonFacts(orders=bought, order_count=1) if set(flow.requires) & {"purchase", "consumable"} else None
        known = {"person": person} if person else {}
        found.append(language_snapshot(language, flow.name, products=bare, facts=_back(flow.name, bare), **known))
    return found


def _reasoned(flow: FlowName, language: str, products: Sequence[ProductFacts], bought: str) -> tuple[ProductFacts, ...]:
    """The first product with a reason as the catalog words it: it runs low, or goes with or is like what was bought."""
    tie = "like_bought" if len(products) % 3 == 1 else "goes_with_bought"
    [reason, *_] = words_for(language).say("running_low" if flow == "replenishment" else tie, title=short_title(bought))
    return (products[0].model_copy(update={"reason": reason}), *products[1:])


def _back(flow: FlowName, products: Sequence[ProductFacts]) -> tuple[Fact, ...]:
    """What licenses an e-mail of what is back: its first product came back."""
    return (make_fact("restock", products[0].id),) if flow == "back_in_stock" else ()
