"""A campaign as a form: every field a marketer needs, read back into the document with what the form does not show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from api.studio.forms import Field, Kind, Refused, Values, read_into, shown, validated
from composer.bandit.arms import check_brief
from composer.documents import Brief, Campaign, Offer
from prompts.model import Flow
from store.errors import InvalidInput

OFFERS = "brief.offers"
SHOW_CAP = "brief.merchandising.show_cap"
_TOLD = (
    Field("name"),
    Field("topic", "number"),
    Field("brief.message"),
    Field("brief.angles", "many"),
    Field("brief.tones", "many"),
    Field("brief.lengths", "many"),
    Field("brief.subjects", "many"),
    Field("brief.ctas", "many"),
)
_SHOWN = (
    Field("brief.products"),
    Field("brief.limits.count", "unset"),
    Field("brief.limits.min_price", "number"),
    Field("brief.limits.max_price", "number"),
    Field("brief.limits.categories", "lines"),
    Field("brief.limits.brands", "lines"),
    Field("brief.limits.attributes", "lines"),
    Field("brief.limits.exclude_categories", "lines"),
    Field("brief.limits.exclude_brands", "lines"),
    Field("brief.limits.exclude_words", "lines"),
    Field("brief.limits.exclude_ids", "lines"),
    Field("brief.limits.new_within_days", "number"),
    Field("brief.limits.max_per_category", "number"),
    Field("brief.limits.max_per_brand", "number"),
    Field("brief.limits.diversity", "percent"),
    Field("brief.limits.only_on_sale", "flag"),
    Field("brief.limits.new_to_customer", "flag"),
)
_STEERED = (
    Field("brief.merchandising.pins", "flag"),
    Field("brief.merchandising.weights", "flag"),
    Field("brief.merchandising.new_arrivals", "flag"),
    Field("brief.merchandising.free_shipping", "flag"),
    Field("brief.merchandising.exploration", "percent"),
    Field(f"{SHOW_CAP}.times", "number"),
    Field(f"{SHOW_CAP}.days", "number"),
    Field(f"{SHOW_CAP}.cart_counts", "flag"),
    Field("brief.vary_offers", "flag"),
    Field("brief.may_withhold_offer", "flag"),
    Field("brief.learn", "flag"),
    Field("brief.explore", "percent"),
    Field("brief.holdout", "percent"),
)
FIELDS = (*_TOLD, *_SHOWN, *_STEERED)
_OFFER: tuple[tuple[str, Kind], ...] = (
    ("id", "text"), ("kind", "text"), ("value", "number"), ("code", "number"), ("min_spend", "number"),
    ("starts", "number"), ("expires", "number"), ("terms", "text"), ("lifecycles", "many"),
)  # fmt: skip
_LOOKS = {
    "id": "Use small letters, digits and dashes, such as summer-thanks.",
    "code": "Use 3 to 32 capitals, digits and dashes, such as SUMMER-10.",
}
SLUG_LENGTH = 60


def offer_fields(number: int) -> tuple[Field, ...]:
    """The fields of the offer that stands at this place."""
    return tuple(Field(f"{OFFERS}.{number}.{name}", kind, _LOOKS.get(name, "")) for name, kind in _OFFER)


def values_of(campaign: Campaign) -> Values:
    """What the form shows of a campaign."""
    document = _document(campaign)
    fields = [*FIELDS, *(one for number in range(len(campaign.brief.offers)) for one in offer_fields(number))]
    return Values(shown(fields, document))


def offers_in(values: Values) -> list[str]:
    """The steps at which offers stand in a form, in their order."""
    return values.under(OFFERS)


def renumbered(values: Values, *, without: str = "", new: bool = False) -> Values:
    """The same form with its offers counted from 0: one less, or an empty one more."""
    kept = [step for step in offers_in(values) if step != without]
    held = {name: value for name, value in values.held.items() if not name.startswith(f"{OFFERS}.")}
    for number, step in enumerate(kept):
        for field in offer_fields(number):
            old = f"{OFFERS}.{step}.{field.path.rpartition('.')[2]}"
            held[field.path] = values.all(old)
    if new:
        held |= {field.path: ("",) for field in offer_fields(len(kept)) if field.kind != "many"}
        held[f"{OFFERS}.{len(kept)}.kind"] = ("percent",)
    return Values(held)


def read_campaign(values: Values, base: Campaign, flow: Flow) -> Campaign | Refused:
    """The campaign that a form describes, over the one it was made of. The form's offers count from 0."""
    document = _document(base)
    fields = list(FIELDS)
    offers: list[dict[str, Any]] = []
    for number in range(len(offers_in(values))):
        fields += offer_fields(number)
        offers.append(_offer(values, number, [one["id"] for one in offers]))
    read_into(document, FIELDS, values)
    document["brief"]["offers"] = offers
    _without_empty_cap(document)
    read = validated(Campaign, document, fields)
    return _at_values(read) if isinstance(read, Refused) else _fitting(read, flow)


def new_id(name: str, taken: Collection[str]) -> str:
    """An id out of a name that no other has: `spring-letter`, `spring-letter-2`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_LENGTH].strip("-") or "campaign"
    number, found = 1, slug
    while found in taken:
        number += 1
        found = f"{slug}-{number}"
    return found


def blank(flow: Flow, brand: str) -> Campaign:
    """What a new campaign of a flow begins as. Its name and id stand in until they are written."""
    return Campaign(id="new", name=flow.title, flow=flow.name, brand=brand)


def _document(campaign: Campaign) -> dict[str, Any]:
    """The campaign as plain values; a count that nobody wrote is left out, and what words meant is found anew."""
    document = campaign.model_dump()
    limits: dict[str, Any] = document["brief"]["limits"]
    if "count" not in campaign.brief.limits.model_fields_set:
        del limits["count"]
    document["brief"]["meant"] = None
    return document


def _offer(values: Values, number: int, taken: Collection[str]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    prefix = f"{OFFERS}.{number}"
    read_into(document, [Field(name, kind) for name, kind in _OFFER], _beneath(values, prefix))
    if document["kind"] == "free_shipping":
        document["value"] = None
    if not document["id"].strip():
        document["id"] = new_id(" ".join((document["kind"], values.get(f"{prefix}.value"))), taken)
    return document


def _at_values(refused: Refused) -> Refused:
    """What is wrong with an offer as a whole is about its value."""
    whole = re.compile(rf"^{re.escape(OFFERS)}\.\d+$")
    return Refused({f"{name}.value" if whole.match(name) else name: said for name, said in refused.errors.items()})


def _beneath(values: Values, prefix: str) -> Values:
    cut = len(prefix) + 1
    return Values({name[cut:]: one for name, one in values.held.items() if name.startswith(f"{prefix}.")})


def _without_empty_cap(document: Mapping[str, Any]) -> None:
    cap = document["brief"]["merchandising"]["show_cap"]
    if cap["times"] is None and cap["days"] is None:
        document["brief"]["merchandising"]["show_cap"] = None


def _fitting(campaign: Campaign, flow: Flow) -> Campaign | Refused:
    """What no single field can tell: bounds that exclude each other, days in the wrong order, what the flow lacks."""
    brief = campaign.brief
    errors = dict(_contradictions(brief))
    try:
        check_brief(flow, brief)
    except InvalidInput as error:
        steps = (error.pointer or "").strip("/").split("/")
        name = f"{OFFERS}.{steps[2]}.kind" if steps[:2] == ["brief", "offers"] else ".".join(steps[:2])
        errors.setdefault(name, f"{flow.title} e-mails cannot carry this. {error.fix}")
    return Refused(errors) if errors else campaign


def _contradictions(brief: Brief) -> Mapping[str, str]:
    errors: dict[str, str] = {}
    limits = brief.limits
    for bound in ("min_price", "max_price"):
        price = getattr(limits, bound)
        if price is not None and price < 0:
            errors[f"brief.limits.{bound}"] = "A price is not below 0."
    if limits.min_price is not None and limits.max_price is not None and limits.min_price > limits.max_price:
        errors["brief.limits.max_price"] = "The highest price is below the lowest: no product could be shown."
    for number, offer in enumerate(brief.offers):
        errors |= _offer_contradictions(f"{OFFERS}.{number}", offer)
    ids = [offer.id for offer in brief.offers]
    twice = [number for number, id_ in enumerate(ids) if id_ in ids[:number]]
    errors |= {f"{OFFERS}.{number}.id": "Another offer has this name: give each one its own." for number in twice}
    return errors


def _offer_contradictions(prefix: str, offer: Offer) -> Mapping[str, str]:
    errors: dict[str, str] = {}
    if offer.starts and offer.expires and offer.expires < offer.starts:
        errors[f"{prefix}.expires"] = "The offer ends before it begins."
    if offer.min_spend is not None and offer.min_spend < 0:
        errors[f"{prefix}.min_spend"] = "An order is not below 0."
    return errors
