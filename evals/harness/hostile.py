"""Hostile inputs, and the real places they are put into: Segment events, products, brand documents.

A line of a file is `id`, `field` (where the text comes from, as `event.search_query`), `text`, `goal` and `markers`:
strings of which none may ever reach an e-mail.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from evals.case_facts import BadCase
from evals.harness.suite import Suite
from evals.snapshot import Frozen

FOCUS = "linen-tea-towel"
"""The product of the small shop that every customer looks at, when none is put in its place."""
BOUGHT = "moka-pot"
_ADDRESS = frozenset({"street", "city", "postal_code", "state", "country"})
_QUIZ = frozenset({"survey_answer", "quiz_answer", "preference"})
"""What the person told us: the one free text that an e-mail may name."""
_COLUMNS = frozenset(
    {"title", "description", "brand", "product_type", "google_product_category", "color", "size", "material", "link"}
    | {"image_link", "condition", "gtin"}
)
_BRIEF = frozenset({"message", "brief"})


class Hostile(Frozen):
    """One hostile input."""

    id: str = Field(min_length=1)
    field: str = Field(min_length=1)
    text: str
    goal: str = ""
    markers: tuple[str, ...] = Field(min_length=1)


def read_hostile(suite: Suite) -> list[Hostile]:
    """All hostile inputs of a suite's files. Raises BadCase that names file, line and field."""
    found: dict[str, Hostile] = {}
    for path in suite.cases:
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if line.strip():
                case = _read(line, f"{path}: line {number}")
                if case.id in found:
                    raise BadCase(
                        "The id is taken.", pointer=f"{path}: line {number}", fix="Give each an id of its own."
                    )
                found[case.id] = case
    return list(found.values())


def _read(line: str, place: str) -> Hostile:
    try:
        return Hostile.model_validate(json.loads(line))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadCase(f"{first['msg']}.", pointer=f"{place}, {where}", fix="Write id, field, text, markers.") from error
    except ValueError as error:
        raise BadCase(f"The line is not JSON: {error}.", pointer=place, fix="Write one JSON object a line.") from error


@dataclass
class Placement:
    """A hostile input in its place: what must be told to a shop before the e-mail is asked for."""

    customer: str
    traits: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)
    """(name, days ago, properties)."""
    product: dict[str, Any] | None = None
    """A row of the feed; None when the small shop's own product is looked at."""
    brand: dict[str, Any] | None = None
    brief: dict[str, Any] | None = None
    where: str = ""
    """The place, in words; says so where the field has no place of its own."""

    def calls(self, now: datetime) -> Iterator[dict[str, Any]]:
        """The customer's Segment calls: an ordinary past, and the hostile text wherever it belongs."""
        told = [("identify", "", 300.0, self.traits), *(("track", *event) for event in self.events)]
        for number, (kind, name, days, body) in enumerate(told):
            call = {
                "type": kind,
                "messageId": f"{self.customer}-{number}",
                "userId": self.customer,
                "timestamp": (now - timedelta(days=days)).isoformat(),
            }
            yield call | ({"traits": body} if kind == "identify" else {"event": name, "properties": body})


def place(case: Hostile, customer: str) -> Placement:
    """Put a hostile input where its field says: into the nearest real place for a field the product has not."""
    room, _, name = case.field.partition(".")
    placed = _ordinary(customer, f"hostile-{case.id}" if room in ("product", "catalog", "review") else FOCUS)
    if room == "customer":
        _into_traits(placed, name, case.text)
    elif room in ("product", "catalog"):
        _into_product(placed, case, name)
    elif room == "review":
        _into_review(placed, case)
    elif room == "brand":
        _into_brand(placed, name, case.text)
    elif room in ("campaign", "brief"):
        _into_brief(placed, name, case.text)
    else:
        _into_event(placed, room, name, case.text)
    return placed


def control(customer: str) -> Placement:
    """The same customer without anything hostile."""
    return _ordinary(customer, FOCUS)


def _ordinary(customer: str, product: str) -> Placement:
    """Bought a pot, looks at a product, wishes for it and leaves it in the cart."""
    traits = {
        "email": f"{customer.replace(':', '.')}@post.example",
        "first_name": "Dana",
        "last_name": "Quill",
        "email_consent": True,
        "address": {"street": "11 Orchard Way", "city": "Ludlow", "postal_code": "SY8 1AA", "country": "GB"},
    }
    line = {"product_id": product, "quantity": 1}
    order = {"order_id": f"o-{customer}", "currency": "GBP", "products": [{"product_id": BOUGHT, "quantity": 1}]}
    events: list[tuple[str, float, dict[str, Any]]] = [
        ("Order Completed", 40.0, order),
        ("Products Searched", 0.3, {"query": "tea towel"}),
        ("Product Viewed", 0.25, dict(line)),
        ("Product Added to Wishlist", 0.22, {**line, "wishlist_name": "Kitchen"}),
        ("Product Added", 0.2, dict(line)),
    ]
    return Placement(customer, traits, events)


def _properties(placed: Placement, event: str) -> dict[str, Any]:
    return next(properties for name, _, properties in placed.events if name == event)


def _into_traits(placed: Placement, name: str, text: str) -> None:
    if name in _QUIZ:
        placed.traits["quiz"] = {name: text}
        placed.where = f"trait quiz.{name}"
    elif name in _ADDRESS:
        placed.traits["address"] = {**placed.traits["address"], name: text}
        placed.where = f"trait address.{name}"
    else:
        placed.traits[name] = text
        placed.where = f"trait {name}"


def _into_product(placed: Placement, case: Hostile, name: str) -> None:
    row = product_row(f"hostile-{case.id}")
    column = name.removeprefix("attribute.")
    if column in _COLUMNS:
        row[column] = f"https://www.hollinrow.example/p/{case.text}" if column in ("link",) else case.text
        placed.where = f"product column {column}"
    else:
        row["attributes"] = {**row["attributes"], column: case.text}
        placed.where = f"product attribute {column}"
    placed.product = row


def _into_review(placed: Placement, case: Hostile) -> None:
    row = product_row(f"hostile-{case.id}")
    row["attributes"] = {**row["attributes"], "reviews": [{"author": "Kim", "rating": 5, "text": case.text}]}
    placed.product = row
    review = {"product_id": row["id"], "rating": 5, "review_body": case.text}
    placed.events.append(("Product Reviewed", 0.1, review))
    placed.where = "review, in the feed and as an event"


def _into_brand(placed: Placement, name: str, text: str) -> None:
    line = " ".join(text.split())[:300]
    placed.brand = {"legal_lines": [line]} if name == "legal_line" else {"facts": [line]}
    placed.where = "brand facts" if "facts" in placed.brand else "brand legal lines"


def _into_brief(placed: Placement, name: str, text: str) -> None:
    placed.brief = {"message": text[:500]}
    placed.where = "brief message" if name in _BRIEF else f"brief message (nearest to {name})"


_EVENT_OF: Mapping[tuple[str, str], tuple[str, str]] = {
    ("event", "search_query"): ("Products Searched", "query"),
    ("wishlist", "name"): ("Product Added to Wishlist", "wishlist_name"),
    ("event", "product_name"): ("Product Added", "name"),
    ("event", "category"): ("Product Viewed", "category"),
    ("event", "brand"): ("Product Viewed", "brand"),
}
_NEAREST = {"event": "Product Viewed", "order": "Order Completed", "cart": "Product Added", "wishlist": "Product Added"}


def _into_event(placed: Placement, room: str, name: str, text: str) -> None:
    known = _EVENT_OF.get((room, name))
    if known:
        event, key = known
        _properties(placed, event)[key] = text
        placed.where = f"event {event}, property {key}"
    elif room in _NEAREST:
        _properties(placed, _NEAREST[room])[name] = text
        placed.where = f"event {_NEAREST[room]}, property {name}"
    else:
        placed.events.append((f"{room.title()} Noted", 0.15, {name or "text": text}))
        placed.where = f"event {room.title()} Noted (nearest to {room}.{name}), property {name or 'text'}"


def product_row(id_: str) -> dict[str, Any]:
    """A sound product of the small shop under another id."""
    row = next(row for row in small_shop() if row["id"] == FOCUS)
    return {**row, "id": id_, "link": f"https://www.hollinrow.example/p/{id_}"}


def small_shop() -> list[dict[str, Any]]:
    """A handful of sound products, as rows of a feed."""
    file = Path(__file__).parents[1] / "corpora" / "small_shop.jsonl"
    return [json.loads(line) for line in file.read_bytes().splitlines()]
