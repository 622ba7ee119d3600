"""Klaviyo: profiles as CSV or JSON:API, and events with the profiles and metrics they name (developers.klaviyo.com).

Events are exported with `include=profile,metric`; a file of several answers, one after another, will do. Subscribed is
a yes with its date and method; unsubscribed and suppressed are a no for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from memory.importers import cells
from memory.importers.klaviyo_metrics import NAMES, properties_of
from memory.importers.lookup import Lookup
from memory.importers.model import Consent, Customer, Happened, Person, Rows, Said
from memory.importers.options import ImportOptions
from memory.importers.plain import extra_traits
from memory.importers.sheet import Row, each, reading, rows_of
from store.files.issues import RowIssue
from store.files.json_items import items

Node = dict[str, Any]
SYSTEM = "Klaviyo"
LOCATION = {"address1": "street", "city": "city", "zip": "postalCode", "region": "state", "country": "country"}
CSV_LOCATION = {
    "address": "street", "city": "city", "zip code": "postalCode", "state / region": "state", "country": "country",
}  # fmt: skip
BOUNCED = frozenset({"HARD_BOUNCE", "INVALID_EMAIL"})
PROOFS = ("method", "method_detail", "custom_method_detail", "double_optin", "consent")


def customers_csv(file: Path, options: ImportOptions) -> Rows:
    """Profiles of a list or segment. Raises: FileMissing, FileUnreadable."""
    return each(rows_of(file, (("email",), ("klaviyo id",)), SYSTEM), partial(_profile_row, options=options))


def _profile_row(line: int, row: Row, options: ImportOptions) -> Customer:
    address = {part: cells.text(row.get(column)) for column, part in CSV_LOCATION.items()}
    traits = {
        "firstName": cells.text(row.get("first name")),
        "lastName": cells.text(row.get("last name")),
        "phone": cells.text(row.get("phone number")),
        "address": cells.compact(address),
        **extra_traits(row, options),
    }
    person = Person(
        user_id=cells.identifier(row.get("external id"), "External ID") or None,
        email=cells.email(row.get("email")),
        traits=cells.compact(traits),
        consents=tuple(_row_consents(row, options)),
    )
    return Customer(line, person, cells.moment(row.get("profile updated on"), "Profile Updated On", options))


def _row_consents(row: Row, options: ImportOptions) -> Iterator[Consent]:
    """`Email Marketing Consent` is a word, or the date of the yes; suppressions are listed beside it."""
    state = cells.text(row.get("email marketing consent")).upper().replace(" ", "_")
    at = cells.moment(row.get("email marketing consent timestamp"), "Email Marketing Consent Timestamp", options)
    if state == "SUBSCRIBED":
        yield Consent("yes", at, {"column": "Email Marketing Consent"})
    elif state == "UNSUBSCRIBED":
        yield Consent("unsubscribed", at)
    if suppressed := cells.text(row.get("email suppressions")):
        yield Consent("bounced" if "BOUNCE" in suppressed.upper() else "unsubscribed")


def customers_json(file: Path, options: ImportOptions) -> Rows:
    """Profiles of JSON:API documents. Raises: FileMissing, FileUnreadable."""
    for found in items(file):
        if isinstance(found, RowIssue):
            yield found
        elif found.values.get("type") == "profile":
            yield reading(found.line, _profile, found.line, found.values, options)


def _profile(line: int, node: Node, options: ImportOptions) -> Customer:
    given = _node(node, "attributes")
    location = _node(given, "location")
    traits = {
        "firstName": cells.text(given.get("first_name")),
        "lastName": cells.text(given.get("last_name")),
        "phone": cells.text(given.get("phone_number")),
        "locale": cells.text(given.get("locale")),
        "timezone": cells.text(location.get("timezone")),
        "address": cells.compact({part: cells.text(location.get(name)) for name, part in LOCATION.items()}),
        **extra_traits(_node(given, "properties"), options),
    }
    marketing = _node(_node(_node(given, "subscriptions"), "email"), "marketing")
    person = _who(given, cells.compact(traits), tuple(_consents(marketing, options)))
    return Customer(line, person, cells.moment(given.get("updated"), "updated", options))


def _who(given: Node, traits: Node | None = None, consents: tuple[Consent, ...] = ()) -> Person:
    return Person(
        user_id=cells.identifier(given.get("external_id"), "external_id") or None,
        email=cells.email(given.get("email")),
        traits=traits or {},
        consents=consents,
    )


def _consents(marketing: Node, options: ImportOptions) -> Iterator[Consent]:
    state = str(marketing.get("consent")).upper()
    dated = marketing.get("consent_timestamp") or marketing.get("last_updated") or marketing.get("timestamp")
    at = cells.moment(dated, "consent_timestamp", options)
    if state == "SUBSCRIBED":
        yield Consent("yes", at, cells.compact({name: marketing.get(name) for name in PROOFS}))
    elif state == "UNSUBSCRIBED":
        yield Consent("unsubscribed", at)
    for suppression in [*(marketing.get("suppression") or ()), *(marketing.get("suppressions") or ())]:
        reason = str(suppression.get("reason")).upper()
        yield Consent(
            _suppressed(reason), cells.moment(suppression.get("timestamp"), "suppression", options), {"reason": reason}
        )


def _suppressed(reason: str) -> Said:
    if reason in BOUNCED:
        return "bounced"
    return "complained" if "SPAM" in reason else "unsubscribed"


def events(file: Path, options: ImportOptions) -> Rows:
    """Events. Read twice: whom they name stands behind them. Raises: FileMissing, FileUnreadable."""
    with Lookup() as named:
        for found in items(file):
            if isinstance(found, RowIssue):
                yield found
            elif found.values.get("type") in ("profile", "metric"):
                named.put(f"{found.values['type']}/{found.values.get('id')}", _node(found.values, "attributes"))
        for found in items(file):
            if not isinstance(found, RowIssue) and found.values.get("type") == "event":
                yield reading(found.line, _event, found.line, found.values, named, options)


def _event(line: int, node: Node, named: Lookup, options: ImportOptions) -> Happened | RowIssue:
    profile = named.get(f"profile/{_related(node, 'profile')}")
    metric = named.get(f"metric/{_related(node, 'metric')}")
    if profile is None or metric is None:
        fix = "Export events with include=profile,metric."
        return RowIssue(line=line, reason="The file does not have the profile or metric of this event.", fix=fix)
    given = _node(node, "attributes")
    at = cells.moment(given.get("datetime") or given.get("timestamp"), "datetime", options)
    name = cells.text(metric.get("name"))
    return Happened(
        line=line,
        id=cells.needed(cells.identifier(node.get("id"), "id"), "id", "id", "Export events with their id."),
        person=_who(profile),
        name=NAMES.get(name, name),
        at=cells.needed(at, "datetime", "date", "Export events with their datetime."),
        properties=properties_of(name, _node(given, "event_properties")),
    )


def _related(node: Node, name: str) -> object:
    return _node(_node(_node(node, "relationships"), name), "data").get("id")


def _node(node: Node, name: str) -> Node:
    found = node.get(name)
    return found if isinstance(found, dict) else {}
