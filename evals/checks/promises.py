"""`policy.invented`: promises the shop did not make. A warranty or a right of return is a contract term."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from evals.licences import spaced, stems_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.snapshot import Scalar
from evals.text.canonical import fold
from evals.text.phrases import Hit
from evals.text.quantities import Kind, Quantity
from evals.text.units import UNITS
from evals.world import World

NEAR_MONTH = Decimal("0.02")
"""How far months may be from a term in days."""
_NIGHTS = re.compile(r"\b(\d+)[\s-]?(?:nights?|nächte|nuits|noches)\b", re.IGNORECASE)
_WHOLE_SPAN = re.compile(
    r"\b(?:a|one|(?:full|whole|entire)|ein(?:en|em|es)?|ganze[sn]|une?)\s(?:(?:full|whole|entire|volles|ganze[sn])\s)?"
    r"(years?|months?|jahr|monat|an|année|mois|año|mes)\b",
    re.IGNORECASE,
)
_RETURN_PARTS = ("return", "exchange", "refund", "trial")
_WARRANTY_PARTS = ("warranty", "guarantee")
_WARRANTY_WORDS = ("warrant", "guarant", "garant", "gewahr", "lifetime", "lebenslang")


_RETURNED = re.compile(
    r"zurück|rückg|rücks|umtausch|tausch|widerr|garant|gewähr|erstatt|geld|test|prob|ansicht|überleg|entscheid", re.I
)
_COVERS = ("covered", "protected", "backed", "insured")
"""They promise what stands behind them: "covered by our 30-day guarantee"."""
_FOR_SO_LONG = frozenset(f"{word} for" for word in _COVERS)
""" "Backed for ten years" is the warranty: one returns a thing, and nothing covers it, within days."""
_PRONOUNS = frozenset(
    "we ll it them you your our wir sie es dir ihnen nous on le la les vous te lo los las for of".split()
)
_BOUNDLESS = re.compile(
    r"\b(?:no (?:questions asked|time limit)|no questions\b(?! ?[,.]? ?just)|whenever you like|ohne (?:frist|zeitlimit)"
    r"|sans limite de temps|sin límite de tiempo)",
    re.IGNORECASE,
)
_FURTHER = (
    "free", "gratis", "gratuit", "offert", "lifetime", "for life", "lebenslang", "a vie", "de por vida",
    "no questions", "full refund", "buy ", "trade ", "new one", "new sole", "always", "jederzeit", "unbegrenzt",
    "unbefristet", "sans limite", "a tout moment", "sin limite", "sin plazo", "el doble", "cuando quieras",
    "en cualquier momento",
)  # fmt: skip
"""Words of a promise that go beyond a term."""


@rule("policy.invented", when=has(families=("policy.promise",)))
def policy(passage: Passage, world: World) -> Iterable[Finding]:
    """Warranty, returns and refunds as the policies have them, number and all."""
    for hit in passage.hits("policy.promise"):
        sentence = passage.sentence_at(hit.start)
        if "," in passage.text[hit.start : hit.end] and "free" in passage.text[hit.start : hit.end]:
            continue  # "ships free, returns are open for 90 days": free is what ships
        if world.snapshot.offer and any(other.end == hit.end for other in passage.hits("urgency.span")):
            continue  # "noch fünf Tage lang": how long the offer runs is judged with the deadlines
        if passage.tokens[hit.last - 1].word == "lang" and not _RETURNED.search(passage.text, *sentence):
            continue  # "sechs Wochen lang jeden Morgen": a span of anything
        if not passage.is_negated(hit.start, hit.end) and (
            problem := _broken(passage, world, hit, sentence.start, sentence.end)
        ):
            yield Finding((hit.start, hit.end), problem, source=_policies(world))


def _broken(passage: Passage, world: World, hit: Hit, start: int, end: int) -> str | None:
    word = fold(passage.text[hit.start : hit.end])
    said = word if not word.startswith(_COVERS) else fold(passage.text[hit.start : end])
    warranty = any(part in said for part in _WARRANTY_WORDS) and "money" not in said and "geld" not in said
    warranty = warranty or word in _FOR_SO_LONG
    values = _values(world, _WARRANTY_PARTS if warranty else _RETURN_PARTS)
    if not values:
        values = list(_said_by_brand(world, word))
    if not values:
        return "The shop has no such policy."
    spans = _spans_of(passage, world, hit, start, end) or _spans_of(
        passage, world, hit, *_sentence_before(passage, start)
    )
    if any(free in word for free in _FURTHER) or _BOUNDLESS.search(passage.text, start, end):
        return None if _is_stated(world, word) else "The policy does not go so far."
    allowed = {amount for value in values for amount in _days(value, warranty)}
    wrong = [item for item in spans if allowed and not any(_is_term(reading, allowed) for reading in item.readings)]
    return "The policy has another term." if wrong and not _other_policy(world, wrong) else None


def _is_term(said: Decimal, allowed: set[Decimal]) -> bool:
    """One of the terms; thirty days are a month, and sixty two of them."""
    months = said % UNITS["months"].factor == 0
    return said in allowed or (months and any(abs(said - one) <= one * NEAR_MONTH for one in allowed))


def _is_stated(world: World, promise: str) -> bool:
    """A policy says so in these words, or in the same ones otherwise ("we replace it free": "replaced free if …")."""
    said = {_bare(word) for word in stems_in(promise) - _PRONOUNS}
    # The key speaks, too: "returns: free".
    stated = [f"{spaced(key)} {value}" for key, value in world.snapshot.brand.policies.items() if value]
    return any(promise in fold(text) or said <= {_bare(word) for word in stems_in(text)} for text in stated)


def _bare(word: str) -> str:
    """Without the ending of a past; "for life" is what lasts a lifetime."""
    return "lif" if word.startswith("lifetim") else word.removesuffix("d").removesuffix("e")


def _spans_of(passage: Passage, world: World, hit: Hit, start: int, end: int) -> list[Quantity]:
    """Spans of time that belong to the promise: of its clause, else of its sentence; no attribute's."""
    facts = (item for pick in world.picks for item in pick.quantities if item.what == "time")
    known = {reading for item in facts for reading in item.readings}
    spans = [
        item
        for item in (*passage.quantities, *_loose_spans(passage))
        if start <= item.start < end and item.what == "time" and known.isdisjoint(item.readings)
    ]
    first, last = passage.clause_at(hit.start, hit.end)
    return [item for item in spans if first <= item.start < last] or spans


def _loose_spans(passage: Passage) -> list[Quantity]:
    """Spans that are no measure elsewhere: "100 nights", "a full year"."""
    nights = [(match, int(match[1]) * UNITS["days"].factor) for match in _NIGHTS.finditer(passage.text)]
    whole = [(match, UNITS[fold(match[1])].factor) for match in _WHOLE_SPAN.finditer(passage.text)]
    return [Quantity(Kind.MEASURE, *match.span(), (seconds,), what="time") for match, seconds in (*nights, *whole)]


def _sentence_before(passage: Passage, start: int) -> tuple[int, int]:
    """The sentence in front of the one at `start`; an empty range when there is none."""
    before = [part for part in passage.sentences if part.end <= start]
    return (before[-1].start, before[-1].end) if before else (start, start)


def _other_policy(world: World, items: list[Quantity]) -> bool:
    """A sentence may state two policies: each span must be one of them."""
    every = policy_spans(world)
    return all(any(reading in every for reading in item.readings) for item in items)


def _values(world: World, parts: tuple[str, ...]) -> list[Scalar]:
    """Values of the policies whose key holds one of the parts; a product may have a warranty of its own."""
    policies = world.snapshot.brand.policies
    own = [pick.facts.attributes.get("warranty") for pick in world.picks] if "warranty" in parts else []
    found = [value for key, value in policies.items() if any(part in key for part in parts)]
    return [
        value for value in (*found, *(one for one in own if isinstance(one, str | int))) if value not in (None, False)
    ]


def _said_by_brand(world: World, word: str) -> list[str]:
    return [fact for fact in world.snapshot.brand.facts if word.split()[0][:6] in fold(fact)]


def _days(value: Scalar, warranty: bool) -> set[Decimal]:
    """Seconds in a policy's value: "2 years", or a bare number of days (years for a warranty)."""
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int | float):
        unit = UNITS["years" if warranty else "days"]
        return {Decimal(str(value)) * unit.factor}
    numbers = re.findall(r"(\d+)[\s-]*([^\W\d_]+)", str(value))
    return {Decimal(number) * UNITS[fold(word)].factor for number, word in numbers if fold(word) in UNITS}


def policy_spans(world: World) -> set[Decimal]:
    """Seconds of every span of time in the policies."""
    policies = world.snapshot.brand.policies.items()
    return {
        span
        for key, value in policies
        if isinstance(value, str) or any(part in key for part in ("day", *_RETURN_PARTS, *_WARRANTY_PARTS))
        for span in _days(value, "warranty" in key or "guarantee_years" in key)
    }


def _policies(world: World) -> str:
    return "; ".join(f"{key}: {value}" for key, value in world.snapshot.brand.policies.items()) or "no policies"
