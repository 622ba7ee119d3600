"""A former price beside a price, where the law says which one it must be."""

from __future__ import annotations

from collections.abc import Iterable

from evals.market import is_eu_market
from evals.preflight.message import Message
from evals.preflight.register import Problem, message_rule


@message_rule("message.reduction")
def prior_price(message: Message) -> Iterable[Problem]:
    """In the EU a struck price is the lowest of the 30 days before the reduction, and the catalogue must say so.

    Directive 98/6/EC, article 6a (in force since 28 May 2022); Commission notice 2021/C 526/02.
    """
    struck = [run.text.strip() for run in message.page.runs if run.look.struck and not run.hides]
    if not struck:
        return
    unfounded = [
        pick.facts.name
        for pick in message.world.picks
        if pick.on_sale
        and pick.facts.compare_at_basis is None
        and is_eu_market(message.world.locale, pick.facts.currency)
    ]
    for name in unfounded:
        yield Problem(
            f"A former price is shown for {name}; in the EU it must be the lowest of the last 30 days, and the "
            "catalogue does not say that it is (compare_at_basis)."
        )
