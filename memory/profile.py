"""Who a customer is, folded from `identify` traits: the last word on each trait, by (time, message id)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson

from memory.events import FACT_CORRECTED, FACT_FORGOTTEN, Event
from memory.model import Profile
from memory.state import Entry, micros, order_key
from store.crypto import Keyring

ProfileState = dict[str, Entry]
"""Trait -> [time in µs, message id, value]."""

OTHER_TRAITS = 100
"""Traits beyond the known ones. Above this, those with the smallest hashes stay: see `memory.state`."""
MAX_TRAIT_BYTES = 4_096
CORRECTED = "\x1fcorrected"
"""Where corrections stand beside the traits: no trait has a control character in its name."""
CORRECTING = frozenset({FACT_CORRECTED, FACT_FORGOTTEN})
CORRECTIONS = 100
"""Traits put right. Above this, those with the smallest hashes stay."""
REFUSED_VALUES = 8
CANONICAL = {
    "firstName": "first_name",
    "lastName": "last_name",
    "firstname": "first_name",
    "lastname": "last_name",
    "first_name": "first_name",
    "last_name": "last_name",
    "name": "name",
    "email": "email",
    "phone": "phone",
    "address": "address",
    "birthday": "birthday",
    "locale": "locale",
    "language": "locale",
    "timezone": "timezone",
}
"""Spellings of the traits we know, Segment's reserved ones among them, and our name for each."""
KNOWN = frozenset(CANONICAL.values())
ADDRESS_PARTS = {
    "street": "street",
    "city": "city",
    "postalCode": "postal_code",
    "postal_code": "postal_code",
    "state": "state",
    "country": "country",
}
_EMAIL = re.compile(r"[^@\s<>\"',;:]{1,64}@[^@\s<>\"',;:]{1,189}")
_NOT_IN_PHONE = re.compile(r"[^0-9]")


def fold_profile(state: ProfileState, events: Iterable[Event]) -> ProfileState:
    """Fold the traits of `identify` events, and corrections, into `state`, which the caller gives away."""
    for event in events:
        if event.name in CORRECTING:
            _correct(state, event)
        if event.kind != "identify":
            continue
        context = event.body.get("context") or {}
        surroundings = {name: context[name] for name in ("locale", "timezone") if name in context}
        for name, value in (surroundings | event.traits).items():
            _put(state, CANONICAL.get(name, name), [micros(event.at), event.message_id, value])
    return state


def merge_profiles(left: ProfileState, right: ProfileState) -> ProfileState:
    """The profile of both sets of events. `left` is consumed."""
    for name, entry in right.items():
        if name == CORRECTED:
            _join_corrections(_corrections(left), entry[2])
        else:
            _put(left, name, entry)
    return left


def _correct(state: ProfileState, event: Event) -> None:
    """`traits` of our own events: what each is now (null: forgotten), and which values it is no more."""
    time = micros(event.at)
    for said in event.properties.get("traits", ()):
        refused = {_plain([0, "", value]).decode(): time for value in said["instead_of"]}
        entry = [time, event.message_id, said["value"], refused]
        _join_corrections(_corrections(state), {said["path"]: entry})


def _corrections(state: ProfileState) -> dict[str, Entry]:
    """Path of a trait (`preferences/roast`) -> [time, message id, value, what it is not -> when that was said]."""
    found: dict[str, Entry] = state.setdefault(CORRECTED, [0, "", {}])[2]
    return found


def _join_corrections(left: dict[str, Entry], right: dict[str, Entry]) -> None:
    for path, entry in right.items():
        present = left.get(path, entry)
        refused: dict[str, int] = {
            value: max(present[3].get(value, 0), entry[3].get(value, 0)) for value in present[3] | entry[3]
        }
        newest = sorted(refused, key=lambda value: (refused[value], value), reverse=True)[:REFUSED_VALUES]
        last = max(present, entry, key=order_key)
        left[path] = [*last[:3], {value: refused[value] for value in newest}]
    while len(left) > CORRECTIONS:
        del left[max(left, key=_hash)]


def _put(state: ProfileState, name: str, entry: Entry) -> None:
    present = state.get(name)
    # Two spellings of one trait in one message: the greater value wins, whatever their order.
    if present is not None and (order_key(present), _plain(present)) >= (order_key(entry), _plain(entry)):
        return
    if len(_plain(entry)) > MAX_TRAIT_BYTES:
        return
    state[name] = entry
    others = state.keys() - KNOWN - {CORRECTED}
    if len(others) > OTHER_TRAITS:
        del state[max(others, key=_hash)]


def _plain(entry: Entry) -> bytes:
    return orjson.dumps(entry[2], option=orjson.OPT_SORT_KEYS)


def _hash(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=8).digest()


def to_profile(state: ProfileState) -> Profile:
    """The profile as the house reads it; values of the wrong shape are left out."""
    traits = effective_traits(state)
    first, last = _names(traits)
    return Profile(
        email=email_of(traits.get("email")),
        first_name=first,
        last_name=last,
        phone=_text(traits.get("phone")),
        address=_address(traits.get("address")),
        birthday=_date(traits.get("birthday")),
        locale=_text(traits.get("locale")),
        timezone=_text(traits.get("timezone")),
        traits={name: value for name, value in sorted(traits.items()) if name not in KNOWN},
    )


def effective_traits(state: ProfileState) -> dict[str, Any]:
    """Each trait as it stands: as said last; or as put right, where that was later, or what was said last is what
    was wrong. A shop whose nightly export repeats the old value does not bring it back."""
    traits = {name: entry[2] for name, entry in state.items() if entry[2] is not None and name != CORRECTED}
    if CORRECTED in state:
        for path, correction in state[CORRECTED][2].items():
            name, _, inner = path.partition("/")
            said = state.get(name)
            if said is None or _is_overruled(_at(said[2], inner), said, correction):
                _set(traits, name, inner, correction[2])
    return traits


def _is_overruled(value: Any, said: Entry, correction: Entry) -> bool:
    plain = _plain([0, "", value]).decode()
    repeats = plain in correction[3] and plain != _plain([0, "", correction[2]]).decode()
    return repeats or order_key(said) <= order_key(correction)


def _at(value: Any, inner: str) -> Any:
    if not inner:
        return value
    return value.get(inner) if isinstance(value, dict) else None


def _set(traits: dict[str, Any], name: str, inner: str, value: Any) -> None:
    whole = {**traits[name]} if isinstance(traits.get(name), dict) else {}
    target, key = (whole, inner) if inner else (traits, name)
    if value is None:
        target.pop(key, None)
    else:
        target[key] = value
    if inner:
        traits[name] = whole


def email_of(value: Any) -> str | None:
    """An e-mail address, None when it does not look like one."""
    text = _text(value)
    return text if text is not None and _EMAIL.fullmatch(text) else None


def email_index(keyring: Keyring, email: str) -> str:
    """The blind index of an address. Upper and lower case are one address, as every mail provider has it."""
    return keyring.blind_index("email", email.strip().lower())


def phone_index(keyring: Keyring, phone: str) -> str:
    """The blind index of a phone number: its digits."""
    return keyring.blind_index("phone", _NOT_IN_PHONE.sub("", phone))


def _names(traits: dict[str, Any]) -> tuple[str | None, str | None]:
    """First and last name; from `name`, the first word and the rest, when they were not sent apart."""
    first, last = _text(traits.get("first_name")), _text(traits.get("last_name"))
    whole = _text(traits.get("name"))
    if first is None and last is None and whole is not None:
        first, _, rest = whole.partition(" ")
        last = rest.strip() or None
    return first, last


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return " ".join(value.split()) or None


def _address(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    parts = ((ours, _text(value.get(theirs))) for theirs, ours in ADDRESS_PARTS.items())
    return {name: text for name, text in parts if text is not None}


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
