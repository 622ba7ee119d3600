"""What all providers have in common: a call as it came, what was read in it, and why one is not believed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

import orjson
from pydantic import ValidationError

from api.errors import MalformedBody
from api.outcomes import MAX_URL, Outcome, OutcomeType
from memory.parts.mails import is_machine_agent
from store.errors import InvalidInput, NotAllowed

CLOCK_SKEW = timedelta(minutes=5)
"""How far two clocks may differ; also how long a signature is believed whose provider signs each attempt anew."""
EMAIL_ID = "email_id"
"""The name under which a provider gives our id back: custom argument, variable, metadata or tag."""
IGNORED, NOT_OURS, MALFORMED = "ignored", "not_ours", "malformed"
_OUR_ID = re.compile(r"msg_[0-9a-z]{26}")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_. -]{0,47}")
_OTHER = "other"


class Unsigned(NotAllowed):
    """Nothing shows that the provider sent this: nothing of it is believed."""

    reason = "bad_signature"


class BadSecret(InvalidInput):
    """This is not what the provider's webhooks can be verified with."""

    reason = "bad_hook_secret"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as it came over the wire."""

    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    at: datetime


class Passed(NamedTuple):
    """One report that is no outcome of an e-mail of ours."""

    kind: str
    reason: str


@dataclass(slots=True)
class Reading:
    """What a call says."""

    outcomes: list[Outcome] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    token: str = ""
    """May be honoured only once, where the signature covers no more than this."""

    def add(
        self, kind: Any, type_: OutcomeType | None, names: Iterable[Any], *, agent: Any = None, **told: Any
    ) -> None:
        """One report. `kind`: the provider's word for it; `type_`: ours, None where we have none.

        `names`: where the provider may have our e-mail's id (or a `Message-ID` with it in it), the surest first.
        `agent`: the user agent, not kept. `told`: fields of `Outcome`.
        """
        if type_ is None:
            self.passed.append(Passed(kind_of(kind), IGNORED))
            return
        email_id = email_id_in(names)
        if email_id is None:
            self.passed.append(Passed(type_, NOT_OURS))
            return
        told["machine"] = told.get("machine", False) or is_machine_agent(agent)
        told["url"] = url[:MAX_URL] if isinstance(url := told.get("url"), str) else None
        try:
            self.outcomes.append(Outcome(type=type_, email_id=email_id, **told))
        except ValidationError:
            self.passed.append(Passed(type_, MALFORMED))

    def unread(self) -> None:
        """One report that cannot be read."""
        self.passed.append(Passed(_OTHER, MALFORMED))


class Provider(Protocol):
    """One e-mail service provider."""

    name: str
    """As it stands in the URL."""
    title: str
    asks: str
    """What verifies its webhooks, and where to find it; empty where we make it up."""

    def checked(self, secret: str) -> str:
        """The secret as it is kept; a new one for an empty text, where we make it up. Raises BadSecret."""
        ...

    def guide(self, url: str, secret: str) -> list[str]:
        """What to do at the provider, step by step; `url` is where its webhooks go."""
        ...

    async def admit(self, call: Call, secrets: Sequence[str]) -> None:
        """Returns if one of the secrets shows that the provider sent this. Raises Unsigned, MalformedBody."""
        ...

    def read(self, call: Call) -> Reading:
        """What it says; only of a call that was admitted. Raises MalformedBody."""
        ...


def document_of(body: bytes) -> Any:
    """Raises MalformedBody."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedBody("The body is not valid JSON.", fix="Send it as the provider made it.") from error


def dig(document: Any, *path: str) -> Any:
    """What stands at a path of names; None where there is none."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def email_id_in(names: Iterable[Any]) -> str | None:
    """The first id of an e-mail of ours in any of these texts."""
    found = (_OUR_ID.search(name) for name in names if isinstance(name, str))
    return next((one.group() for one in found if one is not None), None)


def named(pairs: Any, name: str) -> Any:
    """A value out of `{name: value}`, or out of a list of `{"name": …, "value": …}`; a list of values gives its first.

    Names are compared as headers are (RFC 5322): whatever their case.
    """
    if isinstance(pairs, dict):
        value = next((value for key, value in pairs.items() if key.lower() == name.lower()), None)
    elif isinstance(pairs, list):
        value = next((dig(one, "value") for one in pairs if str(dig(one, "name")).lower() == name.lower()), None)
    else:
        return None
    return value[0] if isinstance(value, list) and value else value


def kind_of(word: Any) -> str:
    """A provider's word, if it looks like one: it becomes a key of a count."""
    return word if isinstance(word, str) and _KIND.fullmatch(word) else _OTHER


def from_epoch(seconds: Any) -> datetime | None:
    """Seconds since 1970, as a number or a text; None for what is none."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def from_iso(text: Any) -> datetime | None:
    """ISO 8601, UTC where it names no zone; None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def require_fresh(signed_at: datetime | None, call: Call, oldest: timedelta) -> None:
    """Raises Unsigned for a signature older than `oldest`, or from the future."""
    if signed_at is None or not -CLOCK_SKEW <= call.at - signed_at <= oldest:
        raise Unsigned(
            "The signature's time is missing, too long ago, or in the future.",
            fix="Check this machine's clock; what is older than the provider's retries is not taken.",
            reason="stale_signature",
        )
