"""What stands on an order and is no product: carriage, postage, gift cards, fees. It was paid for, and is never told as
something bought, nor does anything go with it.

Shops bill it as a line with a code of its own. A line is such a one where its whole name says so, or its code where it
has none: words for it in the four languages we write, beside nothing but words like "express", "DHL" or an amount. What
an import should leave out by its codes is set there (`memory.importers.options`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from evals.text.canonical import fold
from memory.model import CustomerMemory

_ALWAYS = re.compile(
    r"\b(?:p ?(?:&|and) ?p|(?:post|postage) (?:&|and) packing"
    r"|(?:e ?)?gift ?(?:card|voucher|certificate)s?|store credits?|bank charges|amazon ?fee"
    r"|versandkosten(?:pauschale|anteil)?|(?:standard|express|expres|inselzuschlag)versand|lieferkosten|liefergebuhr"
    r"|frachtkosten|(?:geschenk|wert|kauf|einkaufs)?gutscheine?|geschenkkarten?"
    r"|(?:frais|participation aux frais) d(?:e |')(?:port|livraison|envoi|expedition)"
    r"|(?:carte|cheque|bon)s?(?:[ -]| d')(?:cadeau|achat)x?|(?:gastos|costes?) de envio"
    r"|(?:tarjeta|cheque|vale|bono)s? (?:de )?regalo)\b"
)
"""In folded text: accents and capitals removed."""
_CARRIAGE = re.compile(
    r"\b(?:carriage|postage|shipping|delivery|freight|versand|lieferung|fracht|livraison|expedition|envio)\b"
)
"""Books and games are called so, too: where the shop files it, what it is filed under has to say so as well."""
_UNLESS_SOLD = re.compile(r"\b(?:porto|portes?|port|franqueo|entrega|gift wrap(?:ping)?|geschenkverpackung)\b")
"""What may as well be the name of a product: only where the shop says of no category that it is of."""
_BESIDE = frozenset(
    """
    dhl dpd ups fedex hermes evri gls usps tnt yodel royal mail post colissimo chronopost mondial relay correos seur
    nacex inpost parcelforce poste laposte deutsche osterreichische swiss schweizer dotcom hd
    standard express expres next day nextday overnight first second class 1st 2nd tracked signed for economy economic
    international national domestic worldwide free priority saturday weekend courier kurier premium sameday same eu uk
    us usa europe europa deutschland france espana ireland
    charge charges cost costs fee fees price kosten gebuhr gebuhren pauschale pauschal frais gastos coste costes cout
    couts rate flat handling packing packaging insurance insured versichert rapide rapido urgente estandar domicile
    domicilio gratis kostenlos gratuit gratuite gratuito digital virtual online email e mail by to at home from and und
    et y de del d des du la le les l el los a per par por pour para nach zum zur fur im von of the value amount shop
    store website your our order bestellung commande pedido paket colis paquete gbp eur usd chf
    """.split()
)
_WORD = re.compile(r"[a-z]+|\d+(?:st|nd)?")
_DIGIT = re.compile(r"\d")
_CODES = frozenset(
    ("post", "dot", "postage", "carriage", "shipping", "ship", "delivery", "versand", "porto", "giftcard")
)
"""Of lines without a name."""


def without_extras(memory: CustomerMemory) -> CustomerMemory:
    """`memory` of products alone. How many orders there were, and what was spent, stays as it is."""
    lines = [(line.product_id, line.name, None) for order in memory.orders for line in order.lines]
    lines += [(line.product_id, line.name, None) for line in memory.cart]
    known = {one.product_id: one.category for one in memory.products}
    named = [(one.product_id, one.name, one.category) for one in memory.products]
    named += [(product, name, known.get(product)) for product, name, _ in lines]
    extras = {product for product, name, category in named if is_extra(product, name, category)}
    if not extras:
        return memory
    # What the shop files is on its shelves: a gift card may wait in a cart like anything else.
    wanted = {line.product_id for line in memory.cart if known.get(line.product_id) is not None}
    absent = extras - wanted
    return memory.model_copy(
        update={
            "products": tuple(one for one in memory.products if one.product_id not in absent),
            "orders": tuple(
                order.model_copy(update={"lines": tuple(one for one in order.lines if one.product_id not in extras)})
                for order in memory.orders
            ),
            "cart": tuple(line for line in memory.cart if line.product_id not in absent),
            "cycles": tuple(one for one in memory.cycles if one.product_id not in extras),
            "facts": tuple(
                fact
                for fact in memory.facts
                if not _tells_of(str(fact.value), absent if fact.kind == "cart" else extras)
            ),
        }
    )


def is_extra(product_id: str, name: str | None, category: str | None = None) -> bool:
    """Whether a line of an order is no product."""
    if not name:
        return fold(product_id) in _CODES
    return _is_extra(name, category is not None and not _names_extras(category))


@lru_cache(maxsize=16_384)
def _is_extra(name: str, sold: bool) -> bool:
    said = fold(name).replace("_", " ").replace("-", " ").replace("’", "'")
    rest = _ALWAYS.sub(" ", said)
    if not sold:
        rest = _CARRIAGE.sub(" ", rest)
    if rest == said and not sold and not _DIGIT.search(said):
        rest = _UNLESS_SOLD.sub(" ", rest)
    return rest != said and _BESIDE.issuperset(word for word in _WORD.findall(rest) if not word.isdigit())


def _tells_of(value: str, extras: Iterable[str]) -> bool:
    """A fact about such a line, or the liking of a category that holds nothing else."""
    return value in extras or _names_extras(value)


def _names_extras(category: str) -> bool:
    last = category.split(">")[-1].split("=")[-1].strip()
    rest = _CARRIAGE.sub(" ", fold(last))
    return _is_extra(last, sold=True) or (rest != fold(last) and _BESIDE.issuperset(_WORD.findall(rest)))
