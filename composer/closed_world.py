"""Builds the snapshot: the closed world of one e-mail, out of brand, memory, picks and offer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import TypeVar

from catalog.model import BasketPrice, Pick, Product
from catalog.text import calm_title
from catalog.untrusted import title_only
from composer.bandit.deciding import Decision
from composer.basket_fact import basket_facts
from composer.documents import Brand, Offer
from composer.untrusted import is_plain_answer, is_plain_name, sound_statements
from evals.market import is_eu_market
from evals.snapshot import (
    AttributeValue,
    BrandFacts,
    Fact,
    OfferFacts,
    OrderFact,
    PersonFacts,
    ProductFacts,
    Scalar,
    Snapshot,
)
from memory.model import CartLine, CustomerMemory, Order, OrderLine, ProductHistory, RememberedFact
from prompts.model import Flow

_N = TypeVar("_N", CartLine, OrderLine, ProductHistory)
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|\d{3}))?")
"""Language, script, region (BCP 47). What else a customer's trait may hold is no locale: it stands in the HTML."""
_MAX_FACTS = 20
_MAX_TITLES = 40
_MAX_ORDERS = 20


def build_snapshot(
    *,
    brand: Brand,
    flow: Flow,
    memory: CustomerMemory,
    picks: Sequence[Pick],
    decision: Decision,
    now: datetime,
    basket: BasketPrice | None = None,
) -> Snapshot:
    """Everything this e-mail may state. Facts are cut to what the flow may use, and to what it may say."""
    memory = _calmed(memory)
    facts = list(_facts(memory.facts, flow, brand, now))
    if basket and decision.offer is None:
        facts += basket_facts(basket, picks, flow, _locale(memory.profile.locale, brand), now)
    return Snapshot(
        flow=flow.name,
        locale=_locale(memory.profile.locale, brand),
        send_date=now.date(),
        brand=_brand_facts(brand),
        person=_person_facts(memory, flow, _orders(memory, facts, picks)),
        products=tuple(product_facts(pick, _locale(memory.profile.locale, brand), now) for pick in picks),
        offer=_offer_facts(decision.offer, brand),
        facts=tuple(facts),
        other_titles=_other_titles(memory, picks),
    )


def _calmed(memory: CustomerMemory) -> CustomerMemory:
    """Product names as they may be said, also within facts: in words where a shop's events shout them, and without
    what somebody hung onto a name. A fact about a product whose name is none is left out.
    """
    spoken = {name: title_only(calm_title(name)) for name in _names(memory)}
    changed = {name: words for name, words in spoken.items() if words != name}
    if not changed:
        return memory
    wrong = re.compile("|".join(re.escape(name) for name in sorted(changed, key=len, reverse=True)))

    def calm(text: str) -> str:
        return wrong.sub(lambda match: changed[match[0]], text)

    facts = [fact for fact in memory.facts if all(changed[name] for name in wrong.findall(fact.text))]
    return memory.model_copy(
        update={
            "orders": tuple(_calm_lines(order, calm) for order in memory.orders),
            "cart": tuple(_calm_name(line, calm) for line in memory.cart),
            "products": tuple(_calm_name(history, calm) for history in memory.products),
            "facts": tuple(fact.model_copy(update={"text": calm(fact.text)}) for fact in facts),
        }
    )


def _names(memory: CustomerMemory) -> Iterable[str]:
    yield from (history.name for history in memory.products if history.name)
    yield from (line.name for order in memory.orders for line in order.lines if line.name)
    yield from (line.name for line in memory.cart if line.name)


def _calm_lines(order: Order, calm: Callable[[str], str]) -> Order:
    return order.model_copy(update={"lines": tuple(_calm_name(line, calm) for line in order.lines)})


def _calm_name(named: _N, calm: Callable[[str], str]) -> _N:
    return named.model_copy(update={"name": calm(named.name) or None}) if named.name else named


def at_hand(memory: CustomerMemory, picks: Sequence[Pick], brand: Brand, now: datetime) -> frozenset[str]:
    """What there is to talk about: fact kinds that may be said or steer, pick kinds, `sale`, `attributes`."""
    facts = {fact.kind for fact in memory.facts if fact.use}
    kinds = {pick.kind for pick in picks}
    locale = _locale(memory.profile.locale, brand)
    sale = {"sale"} if any(former_price(pick.product, locale, now) for pick in picks) else set()
    attributes = {"attributes"} if any(pick.product.attributes for pick in picks) else set()
    return frozenset(facts | kinds | sale | attributes)


def _brand_facts(brand: Brand) -> BrandFacts:
    return BrandFacts(
        name=brand.name,
        domain=brand.domain,
        vertical=brand.vertical,
        currency=brand.currency,
        competitors=brand.competitors,
        policies=dict(brand.policies),
        forbidden_words=brand.forbidden_words,
        facts=sound_statements(brand),
    )


def _orders(memory: CustomerMemory, facts: Iterable[Fact], picks: Iterable[Pick]) -> tuple[OrderFact, ...]:
    """At most `_MAX_ORDERS` lines, latest first, and what is always among them: what a purchase fact tells, and picks
    that were bought before. Facts are kept one a product and orders line by line, and a true sentence about a purchase
    whose line was cut would read as invented.
    """
    bought = [
        OrderFact(product=line.name, date=order.at.date())
        for order in memory.orders
        for line in order.lines
        if line.name
    ]
    remembered = {history.product_id: history for history in memory.products}
    spoken_of = [*(str(fact.value) for fact in facts if fact.kind == "purchase"), *(pick.product.id for pick in picks)]
    told = dict.fromkeys(
        OrderFact(product=one.name, date=one.last_bought_at.date())
        for one in map(remembered.get, spoken_of)
        if one and one.name and one.last_bought_at
    )
    missing = [one for one in told if one not in bought]
    needed = {bought.index(one) for one in told if one in bought}
    others = (place for place in range(len(bought)) if place not in needed)
    kept = needed.union(islice(others, max(0, _MAX_ORDERS - len(told))))
    lines = [bought[place] for place in sorted(kept)] + missing
    return tuple(sorted(lines, key=lambda one: one.date, reverse=True) if missing else lines)


def _person_facts(memory: CustomerMemory, flow: Flow, orders: tuple[OrderFact, ...]) -> PersonFacts:
    profile = memory.profile
    private = {
        "last_name": profile.last_name,
        "email": profile.email,
        "phone": profile.phone,
        "birthdate": profile.birthday.isoformat() if profile.birthday else None,
        **{f"address_{part}": value for part, value in profile.address.items() if part != "country"},
    }
    names = {history.product_id: history.name for history in memory.products}
    return PersonFacts(
        first_name=profile.first_name,
        orders=orders,
        order_count=memory.order_count,
        cart=tuple(line.name or names.get(line.product_id) or line.product_id for line in memory.cart),
        browsed=tuple(h.name for h in memory.products if h.name and h.last_viewed_at)[:_MAX_ORDERS],
        signup_date=memory.known_since.date() if memory.known_since else None,
        private={name: value for name, value in private.items() if value},
        internal={"flow": flow.name, "stage": memory.lifecycle, "engagement": memory.engagement.level},
    )


def former_price(product: Product, locale: str, now: datetime) -> Decimal | None:
    """The price it is reduced from, where it may be shown: in the EU it must be the lowest of the 30 days before.

    Directive 98/6/EC, article 6a. What the catalogue does not vouch for is no fact of this e-mail, so neither the
    renderer nor the text can speak of a reduction.
    """
    founded = product.compare_at_basis is not None or not is_eu_market(locale, product.currency or "")
    return product.compare_at(now) if founded else None


def product_facts(pick: Pick, locale: str, now: datetime) -> ProductFacts:
    """What an e-mail may say of a pick at this moment."""
    product = pick.product
    former = former_price(product, locale, now)
    return ProductFacts(
        id=product.id,
        name=product.title,
        price=product.current_price(now),
        currency=product.currency or "",
        compare_at_price=former,
        compare_at_basis=product.compare_at_basis if former else None,
        url=product.link,
        image_url=product.image_link,
        in_stock=product.availability == "in_stock",
        brand=product.brand,
        category=product.category(),
        description=product.description,
        attributes=_attributes(product),
        reason=pick.reason,
    )


def _attributes(product: Product) -> dict[str, AttributeValue]:
    named: dict[str, Scalar] = {
        "color": product.color,
        "size": product.size,
        "material": product.material,
        "brand": product.brand,
    }
    own = {name: value for name, value in named.items() if value}
    return {**own, **product.attributes}


def _offer_facts(offer: Offer | None, brand: Brand) -> OfferFacts | None:
    if offer is None:
        return None
    value = offer.value if not isinstance(offer.value, Decimal) else offer.value.normalize()
    return OfferFacts(
        code=offer.code,
        kind=offer.kind,
        value=value,
        currency=brand.currency,
        min_spend=offer.min_spend,
        expires=offer.expires,
        terms=offer.terms,
    )


def _facts(facts: Iterable[RememberedFact], flow: Flow, brand: Brand, now: datetime) -> Iterable[Fact]:
    """What the flow may use and has not expired. A liking for the shop's own label is none."""
    usable = [
        fact
        for fact in facts
        if fact.use
        and fact.kind in flow.memory.use
        and (fact.expires_at is None or fact.expires_at > now)
        and not (fact.kind == "interest" and fact.value in (brand.name, f"brand={brand.name}"))
    ]
    for fact in usable[:_MAX_FACTS]:
        unsaid = fact.kind not in flow.memory.say or not _is_plain(fact)
        yield Fact(
            id=fact.id,
            kind=fact.kind,
            text=fact.text,
            value=fact.value,
            sources=fact.sources,
            learned_at=fact.learned_at,
            expires_at=fact.expires_at,
            use=fact.use,
            say="never" if unsaid else fact.say,
        )


def _is_plain(fact: RememberedFact) -> bool:
    """False for an answer or a category in which somebody wrote more than one: it steers, and is never repeated."""
    if fact.kind not in ("declared", "interest", "answer") or not isinstance(fact.value, str):
        return True
    if fact.kind == "interest":
        return is_plain_name(re.split(r"\s*[>/|]\s*", fact.value)[-1])
    return is_plain_answer(fact.value)


def _other_titles(memory: CustomerMemory, picks: Sequence[Pick]) -> tuple[str, ...]:
    shown = {pick.product.title for pick in picks}
    titles = dict.fromkeys(h.name for h in memory.products if h.name and h.name not in shown)
    return tuple(titles)[:_MAX_TITLES]


def _locale(wanted: str | None, brand: Brand) -> str:
    """The brand's texts are in the brand's language; a customer's locale only chooses the regional format."""
    if wanted and _LOCALE.fullmatch(wanted) and wanted.split("-")[0].lower() == brand.locale.split("-")[0].lower():
        return wanted
    return brand.locale
