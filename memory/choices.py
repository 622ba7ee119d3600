"""What a person wants to hear about, how often, and what may be done with what is remembered of them.

Beside the yes or no to marketing e-mail (`memory.consent`) there are

* topics (`topic:offers`): what e-mails may be about; all of them until somebody says no;
* purposes (`purpose:personalisation`, `purpose:predictions`): what memory may be used for, until somebody objects
  (GDPR, article 21);
* `frequency` and `pause`: at most so many e-mails, and none before a day.

Each is kept as the greatest statement of each kind, [moment, …]: a join, so that statements may arrive in any order,
twice, and merge when two people turn out to be one. The laws are those of `memory.consent`: a declared yes never undoes
what a person said themselves, and at the same moment the no, or the stricter wish, wins.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from memory.contacting.judging import NO_WISH, Wish
from memory.contacting.rules import Limits
from memory.events import Event
from memory.state import micros, moment_of

Purpose = Literal["personalisation", "predictions"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
MARKETING = "marketing_email"
"""The third purpose: see `memory.consent`."""
Kind = Literal["granted", "declared", "withdrawn", "undeclared"]
Document = dict[str, dict[Kind, list[Any]]]
"""Key -> kind of statement -> [moment in µs, *what was said]."""

CHANGED = ("Consent Changed", "Segment Consent Preference Updated")
"""Events of a person's own choice: in a preference centre, say. The second is Segment's consent management."""
TOPIC, PURPOSE, FREQUENCY, PAUSE = "topic:", "purpose:", "frequency", "pause"
MAX_TOPICS = 40
"""Above this, those with the smallest hashes stay: see `memory.state`."""
MAX_EMAILS = 100
_TOPIC = re.compile(r"[a-z0-9_]{1,40}")
_DAYS = {"day": 30, "week": 4, "month": 1}
"""How often each comes around in 30 days, about: which of two wishes is the stricter."""
_WORDS: dict[str, dict[str, Any]] = {
    "daily": {"most": 1, "per": "day"},
    "weekly": {"most": 1, "per": "week"},
    "monthly": {"most": 1, "per": "month"},
    "no_limit": {"most": 0, "per": ""},
}
YES = frozenset({"true", "yes", "1", "subscribed", "opted_in"})
NO = frozenset({"false", "no", "0", "unsubscribed", "opted_out"})


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement, before anybody knows when and by whom."""

    key: str
    kind: Kind
    value: tuple[Any, ...] = ()
    """Of a frequency (-most in 30 days, most, per); of a pause (until, in µs)."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the statements add up to."""

    topics_off: frozenset[str] = frozenset()
    objects_to: frozenset[Purpose] = frozenset()
    wish: Wish = NO_WISH


NO_CHOICES = Choices()


def choices_of(document: Document | None) -> Choices:
    """What the newest statements add up to; `document` as it is stored."""
    if not document:
        return NO_CHOICES
    off = {key for key, said in document.items() if key.startswith((TOPIC, PURPOSE)) and _is_off(said)}
    until = _wish(document.get(PAUSE, {}))
    return Choices(
        topics_off=frozenset(key.removeprefix(TOPIC) for key in off if key.startswith(TOPIC)),
        objects_to=frozenset(purpose for purpose in PURPOSES if PURPOSE + purpose in off),
        wish=Wish(
            limits=_limits(_wish(document.get(FREQUENCY, {}))),
            paused_until=moment_of(until[1]) if until and until[1] else None,
        ),
    )


def _is_off(said: Mapping[Kind, list[Any]]) -> bool:
    """A no holds until a later yes; a person's, until a later one of their own."""
    granted, declared = (said.get(kind, [-1])[0] for kind in ("granted", "declared"))
    withdrawn, undeclared = (said.get(kind, [-1])[0] for kind in ("withdrawn", "undeclared"))
    if withdrawn >= 0 and granted <= withdrawn:
        return True
    return bool(undeclared >= 0 and max(granted, declared) <= undeclared)


def _wish(said: Mapping[Kind, list[Any]]) -> list[Any] | None:
    """The person's own; what the shop's data says goes over it only where it is later and stricter."""
    own, declared = said.get("granted"), said.get("declared")
    if own is None or declared is None:
        return own or declared
    return declared if declared > own and declared[1] > own[1] else own


def _limits(wish: list[Any] | None) -> Limits:
    if wish is None or not wish[2]:
        return Limits()
    return Limits(**{wish[3]: wish[2]})


def put(document: Document, stated: Stated, at: datetime) -> None:
    """Join a statement into `document`."""
    said = document.setdefault(stated.key, {})
    said[stated.kind] = max(said.get(stated.kind, []), [micros(at), *stated.value])
    _trim(document)


def merged(left: Document | None, right: Document | None) -> Document | None:
    """The statements of both; None where there are none."""
    joined: Document = {key: dict(said) for key, said in (left or {}).items()}
    for key, kinds in (right or {}).items():
        said = joined.setdefault(key, {})
        for kind, entry in kinds.items():
            said[kind] = max(said.get(kind, []), entry)
    _trim(joined)
    return joined or None


def columns_of(document: Document | None) -> dict[str, Any]:
    """`document` as the columns of `memory.tables.Consent` that keep it."""
    objects_to = choices_of(document).objects_to
    return {"choices": document, **{f"{purpose}_off": purpose in objects_to for purpose in PURPOSES}}


def _trim(document: Document) -> None:
    topics = [key for key in document if key.startswith(TOPIC)]
    for key in sorted(topics, key=lambda key: hashlib.blake2b(key.encode()).digest())[MAX_TOPICS:]:
        del document[key]


def said_in(event: Event) -> Iterator[Stated]:
    """What an event says. Values of the wrong shape say nothing, as with all traits."""
    if event.kind == "identify":
        yield from _said(event.traits, yes="declared", no="undeclared")
    elif event.name in CHANGED:
        # Their own no is always believed; their own yes needs to be told how it was given.
        yes: Kind = "granted" if is_shown(event) else "declared"
        yield from _said(event.properties, yes=yes, no="withdrawn")
        yield from _said({"topics": _kept(event).get("categoryPreferences")}, yes=yes, no="withdrawn")


def is_shown(event: Event) -> bool:
    """Does it say how the choice was made: `method` (a form, the preference page …), or more in `context.consent`?"""
    method = event.properties.get("method")
    return (isinstance(method, str) and method.strip() != "") or bool(_kept(event).keys() - {"categoryPreferences"})


def marketing_said(event: Event) -> bool | None:
    """What a `Consent Changed` says about marketing e-mail as a whole."""
    said = (_mapping(event.properties, "purposes").get(MARKETING), event.properties.get(MARKETING))
    found = [answer for answer in map(yes_or_no, said) if answer is not None]
    return all(found) if found and event.name in CHANGED else None


def yes_or_no(value: Any) -> bool | None:
    """As shops spell it."""
    spelled = str(value).lower()
    return True if spelled in YES else False if spelled in NO else None


def _kept(event: Event) -> dict[str, Any]:
    return _mapping(event.body.get("context") or {}, "consent")


def _mapping(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _said(said: Mapping[str, Any], *, yes: Kind, no: Kind) -> Iterator[Stated]:
    for name, value in _mapping(said, "topics").items():
        topic, answer = name.strip().lower().replace(" ", "_").replace("-", "_"), yes_or_no(value)
        if answer is not None and _TOPIC.fullmatch(topic):
            yield Stated(TOPIC + topic, yes if answer else no)
    purposes = _mapping(said, "purposes")
    for purpose in PURPOSES:
        answer = yes_or_no(purposes.get(purpose))
        if answer is not None:
            yield Stated(PURPOSE + purpose, yes if answer else no)
    frequency, until = frequency_of(said.get("email_frequency")), _until(said.get("email_paused_until"))
    if frequency is not None:
        yield Stated(FREQUENCY, yes, frequency)
    if until is not None:
        yield Stated(PAUSE, yes, (until,))


def frequency_of(value: Any) -> tuple[int, int, str] | None:
    """A wish as it is kept: `weekly`, `no_limit` …, or `{"most": 2, "per": "month"}`; None where it is neither."""
    if isinstance(value, str):
        value = _WORDS.get(value.strip().lower())
    if not isinstance(value, dict):
        return None
    most, per = value.get("most"), value.get("per")
    if most == 0 and per == "":
        return -_DAYS["day"] * MAX_EMAILS, 0, ""
    highest = 24 if per == "day" else MAX_EMAILS
    if isinstance(most, bool) or not isinstance(most, int) or per not in _DAYS or not 1 <= most <= highest:
        return None
    return -_DAYS[per] * most, most, per


def _until(value: Any) -> int | None:
    """An ISO 8601 day or moment in µs since 1970; 0 for an empty text, which ends a pause."""
    if not isinstance(value, str):
        return None
    if not value.strip():
        return 0
    try:
        moment = datetime.fromisoformat(value)
        return max(micros(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)), 0)
    except (ValueError, OverflowError):
        return None
