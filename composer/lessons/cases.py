"""Reviews as labelled cases (`evals.cases`): what a marketer said of a text becomes a test that the guard must keep.

A case holds the text with the facts it rested on, and nobody's identity: names, addresses, numbers and days of birth
give way to stand-ins wherever they stand, ids of customers and events are left out. What a customer bought stays, as
the text is judged by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from composer.contract import BlockReport
from composer.names import fill_first_name
from composer.reviews.model import RejectReason
from composer.writing import WriteTask
from evals.cases import case_from
from evals.guard import check_block
from evals.report import outcome
from evals.snapshot import Fact, PersonFacts

Row = dict[str, Any]

JUDGED_BY: Mapping[RejectReason, tuple[str, ...]] = {
    RejectReason.WRONG_FACT: (
        "attribute.*", "history.*", "claim.*", "product.*", "policy.*", "testimonial.*",
        "recipient.*", "name.*",
    ),
    RejectReason.WRONG_PRICE: (
        "price.*", "discount.*", "offer.*", "code.*", "shipping.*", "urgency.*", "scarcity.*",
    ),
    RejectReason.TOO_PERSONAL: ("creepy.*", "sensitive.*", "pii.*", "internal.*", "history.*"),
    RejectReason.OFF_VOICE: ("voice.*", "style.*", "brand.*", "emoji.*", "manipulation.*", "competitor.*"),
    RejectReason.BAD_LANGUAGE: (
        "language.*", "text.*", "repetition.*", "format.*", "placeholder.*", "chars.*", "profanity",
    ),
}  # fmt: skip
"""Families of rules that each reason is about. What is not here no check of a text can see: which products were
picked, how it looks, whether it is worth opening."""
STANDINS: Mapping[str, str] = {
    "first_name": "Robin",
    "last_name": "Marlowe",
    "email": "reader@post.example",
    "phone": "+44 20 7946 0018",
    "birthdate": "1980-02-29",
    "city": "Midham",
}
"""In place of who it was; the number is one of those that Ofcom keeps for fiction, the domain is RFC 2606's."""
ELSEWHERE = "Standin"
_NAMES = frozenset({"first_name", "last_name", "city"})
_TELLING = 4
"""Characters from which a value is no word of its own."""
WHOLE = "whole"


def rejected_case(task: WriteTask, blocks: Sequence[BlockReport], reasons: Sequence[RejectReason]) -> list[Row]:
    """The whole e-mail as one violation of the rules its reasons are about; none where no rule could see them."""
    violated = [rule for reason in reasons for rule in JUDGED_BY.get(reason, ())]
    if not violated:
        return []
    text = "\n\n".join(block.text for block in blocks)
    named = next(reason for reason in reasons if reason in JUDGED_BY)
    return [_row(task, WHOLE, text, {"label": "violation", "violated": violated, "category": f"review.{named.value}"})]


def sound_cases(task: WriteTask, blocks: Sequence[BlockReport]) -> list[Row]:
    """Each block as a text that may go out."""
    label = {"label": "ok", "violated": [], "category": "review.approved"}
    return [_row(task, block.key, block.text, label) for block in blocks]


class Standing:
    """What the guard says of a case today."""

    def __init__(self, row: Row) -> None:
        self.case = case_from(row)
        result = outcome(self.case, check_block(self.case.snapshot, self.case.block))
        self.rules = sorted(result.raised - result.crashed)
        self.kept = not result.is_held_back if self.case.label == "ok" else (result.is_named or not self.case.violated)
        """Whether guard and reviewer agree."""


def _row(task: WriteTask, key: str, text: str, label: Mapping[str, Any]) -> Row:
    snapshot = task.snapshot
    name, _, product_id = key.partition(":")
    facts = {
        "flow": snapshot.flow,
        "locale": snapshot.locale,
        "send_date": snapshot.send_date.isoformat(),
        "brand": snapshot.brand.model_dump(mode="json"),
        "customer_facts": _told(snapshot.person),
        "products": [product.model_dump(mode="json") for product in snapshot.products],
        "offer": snapshot.offer.model_dump(mode="json") if snapshot.offer else None,
        "facts": [_fact(fact) for fact in snapshot.facts],
        "other_titles": list(snapshot.other_titles),
        "block": name,
        **({"product_id": product_id} if product_id else {}),
        "text": fill_first_name(text, snapshot.person.first_name),
    }
    replaced: Row = _replaced(facts, _identity(snapshot.person))
    return {**label, **replaced}


def _told(person: PersonFacts) -> dict[str, Any]:
    told = person.model_dump(mode="json", exclude={"order_count", "signup_date"}, exclude_none=True)
    return {**told, "private": {key: STANDINS.get(key, ELSEWHERE) for key in person.private}}


def _fact(fact: Fact) -> dict[str, Any]:
    told: dict[str, Any] = fact.model_dump(mode="json", include={"kind", "text", "value", "say", "use", "learned_at"})
    return told


def _identity(person: PersonFacts) -> dict[str, str]:
    """What names the customer to what stands in for it. Of short values names alone: "IN" is a state, and a word."""
    named = {"first_name": person.first_name, "city": person.city, **person.private}
    return {
        value: STANDINS.get(key, ELSEWHERE)
        for key, value in named.items()
        if value and (key in _NAMES or len(value) >= _TELLING)
    }


def _replaced(value: Any, identity: Mapping[str, str]) -> Any:
    if not identity:
        return value
    longest = sorted(identity, key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<!\w){_any_case(one)}(?!\w)" for one in longest))
    folded = {real.casefold(): standin for real, standin in identity.items()}
    return _walked(value, lambda text: pattern.sub(lambda match: folded.get(match[0].casefold(), ELSEWHERE), text))


def _any_case(value: str) -> str:
    return f"(?i:{re.escape(value)})" if len(value) >= _TELLING else re.escape(value)


def _walked(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _walked(item, change) for key, item in value.items()}
    return [_walked(item, change) for item in value] if isinstance(value, list) else value


def numbered(lesson_id: str, rows: Sequence[Row]) -> Iterator[Row]:
    """The rows under ids of their own, as files of cases have them."""
    for number, row in enumerate(rows, 1):
        yield {"id": lesson_id if len(rows) == 1 else f"{lesson_id}-{number}", **row}
