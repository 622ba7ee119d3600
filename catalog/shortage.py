"""Why there are fewer picks than were asked for, gate by gate, in a marketer's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from catalog.merchandising import Merchandising
from catalog.model import Limits
from catalog.trace import DropCode, GateCode

GATES: dict[GateCode, str] = {
    "out_of_stock": "sold out, or without a price",
    "outside_limits": "outside the brief's limits",
    "excluded_by_rule": "excluded by a merchandising rule",
    "shown_enough": "shown to this customer as often as the shop's cap allows",
    "just_bought": "bought by this customer too lately to be offered again",
    "turned_away": "sent back, rated low or turned down by this customer",
}
DROPS: dict[DropCode, str] = {
    "same_as": "another size, colour or pack of something that is shown",
    "substitute": "for the same use as something in the cart",
    "over_cap": "too many of one category or brand",
    "below_line": "not among the best",
}
NAMELESS = "nothing speaks for them to this customer, and they are not among what sells best or is new"
EMPTY = "The catalog has no products yet."


def shortage(
    gates: Sequence[tuple[GateCode, str, int]],
    dropped: Sequence[DropCode],
    considered: int,
    products: int,
    limits: Limits,
    document: Merchandising,
) -> tuple[str, ...]:
    """What kept products back, in the order it happened: `28 of 40 products: sold out, or without a price`.

    `gates`: (code, rule, how many it took of those left). `considered`: candidates that were ranked.
    """
    if not products:
        return (EMPTY,)
    said, left = [], products
    for code, rule, count in gates:
        said.append(f"{_of(count, left)}: {_reason(code, rule, limits, document)}")
        left -= count
    if left > considered:
        said.append(f"{_of(left - considered, left)}: {NAMELESS}")
    left = min(left, considered)
    for drop, count in Counter(dropped).items():
        said.append(f"{_of(count, left)}: {DROPS[drop]}")
        left -= count
    return tuple(said)


def _of(count: int, left: int) -> str:
    noun = "product" if left == 1 else "products"
    return f"{count:,} of {left:,} {noun}" if count < left else f"All {left:,} {noun}" if left > 1 else "The last one"


def _reason(code: GateCode, rule: str, limits: Limits, document: Merchandising) -> str:
    if code == "outside_limits":
        return _of_limit(rule, limits)
    if code == "excluded_by_rule":
        number = rule.removeprefix("excludes[").removesuffix("]")
        named = document.excludes[int(number)].name if number.isdigit() else ""
        return f"{GATES[code]}, “{named}”" if named else f"{GATES[code]}, {rule}"
    return GATES[code]


def _of_limit(rule: str, limits: Limits) -> str:
    name, _, within = rule.partition("[")
    within = within.removesuffix("]")
    words = {
        "currency": f"not priced in {limits.currency}",
        "only_ids": "not among the products that the brief names",
        "categories": f"in no category that the brief asks for ({', '.join(limits.categories)})",
        "brands": f"of no brand that the brief asks for ({', '.join(limits.brands)})",
        "new_within_days": f"came into the catalog more than {limits.new_within_days} days ago",
        "only_on_sale": "not reduced now",
        "attributes": f"not of the {within} that the brief asks for",
        "exclude_categories": f"in a category that the brief leaves out ({', '.join(limits.exclude_categories)})",
        "exclude_brands": f"of a brand that the brief leaves out ({', '.join(limits.exclude_brands)})",
        "exclude_ids": "left out by the brief, by their ids",
        "exclude_words": f"speak of “{within}”, which the brief leaves out",
        "min_price": f"cheaper than the brief's {limits.min_price} {limits.currency or ''}".rstrip(),
        "max_price": f"dearer than the brief's {limits.max_price} {limits.currency or ''}".rstrip(),
        "new_to_customer": "bought by this customer before, and the brief wants what is new to them",
    }
    return words.get(name, GATES["outside_limits"])
