"""The facts of a labelled line, read with goodwill: what is known goes to its field, what is not is kept as a fact.

Files of this format come from many hands. A field that is missing or null has its default, a number may be written as
text, an offer's kind may have another name. Fields nobody has told us of become attributes (products), facts (brand),
terms (offer) or declared facts (customer), because each of them is something the text may truly say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import BaseModel, ValidationError

from evals.licences import attribute_text, spaced
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
from store.errors import InvalidInput

Row = Mapping[str, Any]

LOWEST_PRICE = "lowest_30_days"
"""The one basis of a former price that a snapshot knows; any other says nothing it could use."""
_TITLE_KEYS = ("product", "name", "title")
_PRODUCT_ALIASES = {"title": "name", "link": "url", "image_link": "image_url"}
_OFFER_ALIASES = {
    **dict.fromkeys(("ends", "end_date", "ends_on", "expires_at", "expiry", "valid_until", "until"), "expires"),
    **dict.fromkeys(("minimum", "minimum_spend", "min_order", "min_subtotal"), "min_spend"),
    "type": "kind",
}
_KINDS = (
    ("percent", re.compile(r"percent|pct|prozent|%", re.IGNORECASE)),
    ("free_shipping", re.compile(r"shipping|delivery|postage|versand", re.IGNORECASE)),
    ("gift", re.compile(r"gift|sample|gwp|freebie", re.IGNORECASE)),
    ("amount", re.compile(r"amount|fixed|flat|money|cash|voucher|\boff\b", re.IGNORECASE)),
)
_AMOUNT = re.compile(r"(?:[A-Z]{3}|[$£€])? ?((?:\d{1,3}(?:,\d{3})+|\d+)(?:[.,]\d{1,2})?) ?(?:[A-Z]{3}|[$£€])?")
_COUNTED = frozenset(("rating", "review_count", "stock_left"))
"""Attributes the checks count with."""
_NUMBER = re.compile(r"[^\d.,+-]*([+-]?[\d.,]*\d)[^\d]*")
_DECIMAL_COMMA = re.compile(r"\d,\d{1,2}$")


class BadCase(InvalidInput):
    """A line of a case file cannot be read as a case: `pointer` leads to the field, in files after the line."""

    reason = "bad_case"


def snapshot_from(row: Row) -> Snapshot:
    """The closed world of a decoded line. Raises BadCase with the pointer of the first field that is wrong."""
    brand, products, offer = _object(row, "brand"), list(_objects(row.get("products"), "/products")), _offer_row(row)
    brand = {"currency": _currency((brand, *products, offer)), **_present(brand)}
    with pointing_at(""):
        return Snapshot(
            is_finished=True,
            flow=str(row.get("flow") or ""),
            locale=str(_required(row, "locale", "")),
            send_date=_date(_required(row, "send_date", ""), "/send_date"),
            brand=_brand(brand),
            person=_person(_object(row, "customer_facts", required=False)),
            products=tuple(_product(number, facts, brand["currency"]) for number, facts in enumerate(products)),
            offer=_offer(offer, brand["currency"]),
            facts=tuple(_facts(row)),
            other_titles=_titles(row.get("other_titles"), "/other_titles"),
        )


def _brand(facts: Row) -> BrandFacts:
    known, other = _split(facts, BrandFacts)
    for field in ("name", "domain"):
        _required(known, field, "/brand")
    names: dict[str, Any] = {key: _flat(known[key]) for key in ("name", "vertical") if key in known}
    lists = {key: _titles(known.get(key), f"/brand/{key}") for key in ("competitors", "forbidden_words", "facts")}
    policies = {key: _number_or(_scalar(value)) for key, value in _mapping(known.get("policies"), "policies").items()}
    lists["facts"] += tuple(_lines(other))
    fields: dict[str, Any] = {**known, **names, **lists, "policies": policies}
    with pointing_at("/brand"):
        return BrandFacts(**fields)


def _person(facts: Row) -> PersonFacts:
    known, other = _split(facts, PersonFacts)
    pointer = "/customer_facts"
    known["orders"] = tuple(_orders(known.get("orders")))
    known |= {field: _flat(known[field]) for field in ("first_name", "city") if field in known}
    for field in ("cart", "browsed"):
        known[field] = _titles(known.get(field), f"{pointer}/{field}")
    if "signup_date" in known:
        known["signup_date"] = _date(known["signup_date"], f"{pointer}/signup_date")
    declared = {**_mapping(known.get("declared"), "declared"), **other}
    private = _present(_mapping(known.get("private"), "private"))
    known["declared"] = {key: _attribute(value) for key, value in declared.items()}
    known["private"] = {key: _flat(value) for key, value in private.items()}
    known["internal"] = {key: _scalar(value) for key, value in _mapping(known.get("internal"), "internal").items()}
    with pointing_at(pointer):
        return PersonFacts(**known)


def _orders(listed: Any) -> Iterator[OrderFact]:
    for number, order in enumerate(_objects(listed, "/customer_facts/orders")):
        pointer = f"/customer_facts/orders/{number}"
        bought = _date(_required(order, "date", pointer), f"{pointer}/date")
        yield OrderFact(product=_title(order, pointer), date=bought)


def _facts(row: Row) -> Iterator[Fact]:
    """Remembered statements, as live e-mails have them; learned on the day of the e-mail where nothing else is said."""
    for number, fact in enumerate(_objects(row.get("facts"), "/facts")):
        known = {"id": f"f{number}", "kind": "declared", "learned_at": row.get("send_date"), **_present(fact)}
        with pointing_at(f"/facts/{number}"):
            yield Fact.model_validate(known)


def _product(number: int, facts: Row, currency: str) -> ProductFacts:
    pointer = f"/products/{number}"
    known, other = _split(facts, ProductFacts, _PRODUCT_ALIASES)
    if known.get("compare_at_basis") != LOWEST_PRICE:
        known.pop("compare_at_basis", None)
    attributes = {**_mapping(known.get("attributes"), "attributes"), **other}
    counted = {key: _number_or(_scalar(attributes[key])) for key in _COUNTED & attributes.keys()}
    prices = {key: _amount(known.get(key), f"{pointer}/{key}") for key in ("price", "compare_at_price")}
    texts: dict[str, Any] = {
        key: _flat(known[key]) for key in ("id", "name", "brand", "category", "description") if key in known
    }
    in_stock = known.get("in_stock", True)
    typed = {
        "attributes": {key: _attribute(value) for key, value in attributes.items()} | counted,
        "in_stock": bool(in_stock) if isinstance(in_stock, int | float) else in_stock,
        **prices,
    }
    _required(known, "name", pointer)
    fields: dict[str, Any] = {"id": f"p{number}", "currency": currency, "url": "", **known, **texts, **typed}
    with pointing_at(pointer):
        return ProductFacts(**fields)


def _offer_row(row: Row) -> Row:
    offer = row.get("offer") or {}
    if isinstance(offer, list) and len(offer) == 1:
        offer = offer[0]
    if not isinstance(offer, Mapping):
        raise BadCase("An e-mail has one offer or none.", pointer="/offer", fix="Write one object, or null.")
    return offer


def _offer(facts: Row, currency: str) -> OfferFacts | None:
    known, other = _split(facts, OfferFacts, _OFFER_ALIASES)
    if not facts:
        return None
    kind, value = _kind(known)
    terms = [_flat(known["terms"])] if "terms" in known else []
    typed = {
        "kind": kind,
        "value": _amount(value, "/offer/value") if kind in ("percent", "amount") else _flat_or_none(value),
        "min_spend": _amount(known.get("min_spend"), "/offer/min_spend"),
        "expires": _date(known["expires"], "/offer/expires") if "expires" in known else None,
        "terms": ". ".join([*terms, *_lines(other)]),
        "code": _flat_or_none(known.get("code")),
    }
    with pointing_at("/offer"):
        return OfferFacts(**{"currency": currency, **known, **typed})


def _kind(known: Row) -> tuple[str, Any]:
    """Kind and value. An offer of a kind we have no check for is, like a gift, what its words say."""
    said, value = str(known.get("kind", "")), known.get("value")
    kind = next((kind for kind, pattern in _KINDS if pattern.search(spaced(said) or str(value))), None)
    if kind is None and not said:
        raise BadCase(
            "The offer does not say what kind it is.",
            pointer="/offer/kind",
            fix="Write percent, amount, free_shipping or gift.",
        )
    return (kind, value) if kind else ("gift", f"{spaced(said)} {_flat(value)}".strip())


def _currency(rows: Iterable[Row]) -> Any:
    found = next((row["currency"] for row in rows if row.get("currency")), None)
    if found is None:
        raise BadCase(
            "No currency is given.", pointer="/brand/currency", fix="Write the shop's ISO 4217 code, as in EUR."
        )
    return found


def _split(facts: Row, model: type[BaseModel], aliases: Mapping[str, str] | None = None) -> tuple[dict[str, Any], Row]:
    """The fields a model knows, and all others; nulls are left out, so that defaults apply."""
    present = _present(facts)
    fields = model.model_fields
    renamed = {other: present[key] for key, other in (aliases or {}).items() if key in present and other not in present}
    known = renamed | {key: value for key, value in present.items() if key in fields}
    return known, {key: value for key, value in present.items() if key not in fields and key not in (aliases or {})}


def _present(facts: Row) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if value is not None}


def _required(row: Row, key: str, pointer: str) -> Any:
    value = row.get(key)
    if value is None or value == "":
        raise BadCase(f"The field {key} is missing.", pointer=f"{pointer}/{key}", fix="Add it: nothing else says it.")
    return value


def _object(row: Row, key: str, *, required: bool = True) -> Row:
    value = _required(row, key, "") if required else row.get(key) or {}
    if not isinstance(value, Mapping):
        raise BadCase(f"The field {key} is no object.", pointer=f"/{key}", fix="Write it as {…} with its fields.")
    return value


def one_of(row: Row, key: str, allowed: tuple[str, ...]) -> Any:
    """A required field with a closed set of values. Raises BadCase that names the set."""
    value = _required(row, key, "")
    if value not in allowed:
        raise BadCase(f"{value!r} is no {key}.", pointer=f"/{key}", fix=f"Write one of {', '.join(allowed)}.")
    return value


def _objects(listed: Any, pointer: str) -> Iterator[Row]:
    for number, item in enumerate(_list(listed, pointer)):
        if not isinstance(item, Mapping):
            raise BadCase("This is no object.", pointer=f"{pointer}/{number}", fix="Write it as {…} with its fields.")
        yield item


def _list(listed: Any, pointer: str) -> list[Any]:
    if listed is None:
        return []
    if not isinstance(listed, list | tuple):
        raise BadCase("This is no list.", pointer=pointer, fix="Write it in […], also when it holds one thing.")
    return list(listed)


def _titles(listed: Any, pointer: str) -> tuple[str, ...]:
    """Titles, given as such or as objects that have one."""
    return tuple(
        _title(item, f"{pointer}/{number}") if isinstance(item, Mapping) else _flat(item)
        for number, item in enumerate(_list(listed, pointer))
    )


def _title(item: Row, pointer: str) -> str:
    found = next((str(item[key]) for key in _TITLE_KEYS if item.get(key)), None)
    if found is None:
        raise BadCase("The product has no name.", pointer=f"{pointer}/product", fix="Add the product's title.")
    return found


def _date(value: Any, pointer: str) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise BadCase(f"{value!r} is no date.", pointer=pointer, fix="Write it as YYYY-MM-DD.") from error


def _amount(value: Any, pointer: str) -> Decimal | None:
    """A finite number, also when it is written as text and with its sign ("24,50 €", "15%"): as the number it is."""
    if value is None or value == "":
        return None
    match = _NUMBER.fullmatch(str(value).strip())
    try:
        amount = Decimal(_with_point(match[1]) if match and isinstance(value, str) else str(value))
    except InvalidOperation as error:
        raise BadCase(f"{value!r} is no number.", pointer=pointer, fix="Write a plain number, as in 24.50.") from error
    if not amount.is_finite():
        raise BadCase(f"{value!r} is no amount.", pointer=pointer, fix="Write a plain number, as in 24.50.")
    return amount


def _with_point(number: str) -> str:
    """ "1.299,00" and "24,50" with a decimal point; other commas group thousands."""
    if _DECIMAL_COMMA.search(number):
        whole, _, cents = number.rpartition(",")
        return f"{re.sub('[.,]', '', whole)}.{cents}"
    return number.replace(",", "")


def _number_or(value: Scalar) -> Scalar:
    """The number of an amount that is written as text ("£50"): checks count with numbers only."""
    match = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(_with_point(match[1])) if match else value


def _mapping(value: Any, name: str) -> Row:
    if value is None:
        return {}
    return value if isinstance(value, Mapping) else {name: value}


def _attribute(value: Any) -> AttributeValue:
    """A value as attributes may hold it: what is nested deeper becomes text."""
    if isinstance(value, Mapping):
        return {str(key): _scalar(item) for key, item in value.items()}
    if not isinstance(value, list | tuple):
        return _scalar(value)
    if value and all(isinstance(item, Mapping) for item in value):
        return [{str(key): _scalar(one) for key, one in item.items()} for item in value]
    return [_scalar(item) for item in value]


def _scalar(value: Any) -> Scalar:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else _flat(value)


def _flat(value: Any) -> str:
    """Any value as text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{spaced(str(key))} {_flat(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_flat(item) for item in value)
    return "" if value is None else str(value)


def _flat_or_none(value: Any) -> str | None:
    return None if isinstance(value, bool) else _flat(value) or None


def _lines(facts: Row) -> list[str]:
    """Unknown fields as statements, one each."""
    return attribute_text({key: _attribute(value) for key, value in facts.items()}).splitlines()


@contextmanager
def pointing_at(pointer: str) -> Iterator[None]:
    """Turn what a model refuses into a BadCase that points at the field of the line."""
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        place = pointer + "".join(f"/{part}" for part in first["loc"])
        raise BadCase(f"{first['msg']}.", pointer=place, fix="Give it the shape it has in other cases.") from error
