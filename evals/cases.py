"""Labelled texts: one JSON object a line, with the facts a text is judged against and whether it may go out.

The format is that of the shared corpora: `brand`, `customer_facts`, `products`, `offer`, `block`, `text`,
`label` and `violated` (rule ids of which any one raised counts as caught). Texts are kept byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Literal

from pydantic import ValidationError

from evals.draft import Block, BlockName
from evals.snapshot import BrandFacts, Frozen, OfferFacts, OrderFact, PersonFacts, ProductFacts, Snapshot
from store.errors import InvalidInput

_PERSON_FIELDS = frozenset(PersonFacts.model_fields) - {"declared"}


class BadCase(InvalidInput):
    """A line of a case file cannot be read as a case."""

    reason = "bad_case"


class Case(Frozen):
    """One labelled text."""

    id: str
    category: str
    snapshot: Snapshot
    block: Block
    label: Literal["ok", "violation"] | None = None
    violated: tuple[str, ...] = ()
    note: str = ""


def load_cases(lines: Iterable[str]) -> Iterator[Case]:
    """Cases from JSON lines; blank lines are skipped. Raises BadCase that names the line and the field."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _parse(line, number)


def _parse(line: str, number: int) -> Case:
    try:
        return case_from(json.loads(line))
    except (ValueError, KeyError, TypeError) as error:
        detail = error.errors()[0]["msg"] if isinstance(error, ValidationError) else f"{type(error).__name__}: {error}"
        raise BadCase(
            f"This is no labelled case: {detail}.",
            pointer=f"line {number}",
            fix="Compare it with the other lines of the file.",
        ) from error


def case_from(row: Mapping[str, Any]) -> Case:
    """A case from its decoded object. Raises KeyError or ValueError when a field is missing or wrong."""
    snapshot = Snapshot(
        flow=row["flow"],
        locale=row["locale"],
        send_date=date.fromisoformat(row["send_date"]),
        brand=BrandFacts(**row["brand"]),
        person=_person(row["customer_facts"]),
        products=tuple(_product(index, facts) for index, facts in enumerate(row["products"])),
        offer=_offer(row["offer"], row["brand"]["currency"]),
        other_titles=tuple(row.get("other_titles", ())),
    )
    block: BlockName = row["block"]
    product_id = snapshot.products[0].id if block == "pitch" and len(snapshot.products) == 1 else None
    return Case(
        id=row["id"],
        category=row["category"],
        snapshot=snapshot,
        block=Block(name=block, text=row["text"], product_id=product_id),
        label=row["label"],
        violated=tuple(row["violated"]),
        note=row.get("note", ""),
    )


def _person(facts: Mapping[str, Any]) -> PersonFacts:
    """Known fields as they are; whatever else the corpus knows of a customer was declared by them."""
    known = {key: value for key, value in facts.items() if key in _PERSON_FIELDS}
    orders = tuple(OrderFact(product=order["product"], date=order["date"]) for order in known.pop("orders", ()))
    declared = {key: value for key, value in facts.items() if key not in _PERSON_FIELDS}
    return PersonFacts(orders=orders, declared=declared, **known)


def _product(index: int, facts: Mapping[str, Any]) -> ProductFacts:
    prices = {key: None if facts[key] is None else str(facts[key]) for key in ("price", "compare_at_price")}
    return ProductFacts(**{"id": f"p{index}", **facts, **prices})


def _offer(facts: Mapping[str, Any] | None, currency: str) -> OfferFacts | None:
    if facts is None:
        return None
    numbers = {key: str(value) for key in ("value", "min_spend") if isinstance(value := facts.get(key), int | float)}
    return OfferFacts(**{"currency": currency, **facts, **numbers})
