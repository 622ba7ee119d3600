"""What a cart and a pick cost together, as a fact of the e-mail: figures that follow from its own products."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from catalog.model import BasketPrice, Pick
from composer.formats import money, round_money
from evals.snapshot import Fact
from prompts.environment import sentence_case, with_article
from prompts.library import Library
from prompts.model import Flow
from prompts.wording import ENGLISH

_PLACES = re.compile(r"\{\w+\}")
BASKET = "basket"
"""The id of the fact."""


def basket_facts(
    basket: BasketPrice, picks: Sequence[Pick], flow: Flow, locale: str, now: datetime
) -> tuple[Fact, ...]:
    """The fact: `The Sencha and the Kettle together are £60.50. Delivery is free over £60.`, or nothing.

    Only in a flow that may speak of the cart, and where everything in the sum stands in the e-mail, one of each, and
    something is added: then the guardrails can reckon it again from the prices beside the text. It is kept with the
    e-mail, so the words are those that the package is shipped with.
    """
    if not basket.items or not basket.added or "cart" not in flow.memory.say:
        return ()
    names = {pick.product.id: pick.product.title for pick in picks}
    wanted = [product_id for product_id, _ in basket.items] + list(basket.added)
    single = all(units == 1 for _, units in basket.items)
    if not single or any(product_id not in names for product_id in wanted):
        return ()
    wording = Library.load().wording(locale)
    said = [names[product_id] for product_id in wanted]
    values = {
        "{items}": wording.list_of([with_article(name) for name in said] if wording is ENGLISH else said),
        "{total}": money(basket.total, basket.currency, locale),
        "{threshold}": round_money(basket.free_over, basket.currency, locale),
    }
    text = _PLACES.sub(lambda place: values[place[0]], wording.basket)
    return (Fact(id=BASKET, kind="cart", text=sentence_case(text), learned_at=now),)
