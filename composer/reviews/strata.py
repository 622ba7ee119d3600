"""What tells e-mails apart for whoever reads a sample of them: their kind (stratum), and how much there is to look at.

Both are read off the finished e-mail when it is stored, at some microseconds each: what held a draft back, what stands
as a warning, who wrote the blocks. The weights are ours, in the order in which a reviewer would want to see things;
they decide only what is read first, and no statement about all e-mails rests on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from composer.contract import BlockReport, ComposeResult, Path, Rung
from evals.sameness import RULE as REPEATS
from evals.verdict import Severity, Verdict

SEPARATOR = " · "
UNASKED = frozenset({"no_writer", "not_offered"})
"""Why a block is templated that no model was asked for."""
_WORST_LAST = (
    Rung.MODEL,
    Rung.REVIEWER,
    Rung.REASK,
    Rung.REPAIR,
    Rung.OTHER_MODEL,
    Rung.TEMPLATE_BLOCK,
    Rung.TEMPLATE_EMAIL,
)
_PLACES = {rung: place for place, rung in enumerate(_WORST_LAST)}
_GRAVITY = {Severity.BLOCK: 0, Severity.REPAIR: 1, Severity.WARN: 2}
_OF_FORM = frozenset({"repetition", "sameness", "style", "text"})
"""Families of rules about how something is said: small models break them all the time, and they tell little apart."""
_WEIGHTS: Mapping[str, float] = {
    "check_crashed": 0.6,
    "message_held_back": 0.5,
    "says_the_same": 0.45,
    "warned": 0.4,
    "repaired": 0.3,
    "fell_back": 0.25,
    "held_back": 0.25,
    "thin_facts": 0.2,
    "asked_again": 0.15,
    "other_model": 0.15,
    "first_offer": 0.15,
}
WHY: Mapping[str, str] = {
    "check_crashed": "A check broke down while it looked at this e-mail",
    "message_held_back": "The finished e-mail failed a check, so the whole of it fell back to templates",
    "says_the_same": "Says nearly the same as an earlier e-mail to this customer",
    "warned": "A warning stands against it",
    "fell_back": "A block fell back to its template, because what the model wrote would not do",
    "repaired": "A check edited what the model wrote",
    "held_back": "A check held a first version back",
    "thin_facts": "Rests on nothing that we know of this customer",
    "asked_again": "The model was asked again",
    "other_model": "The second model wrote part of it",
    "first_offer": "Their first e-mail from us, and it names an offer",
}
"""The codes of what makes an e-mail worth a look, as a reviewer reads them."""


class Look(NamedTuple):
    """What an e-mail is sampled by."""

    stratum: str
    """`welcome · new · en-GB · model · price.wrong`: flow, lifecycle, locale, worst rung, near miss."""
    risk: float
    """From 0, nothing to look at, to below 1."""
    why: tuple[str, ...]
    """Codes of `WHY`, the gravest first."""


UNSEEN = Look("", 0.0, ())
"""Of an e-mail that nobody looked at so."""


def look_at(result: ComposeResult, lifecycle: str, *, first: bool = False) -> Look:
    """`lifecycle` of its customer as it was written; `first`: they had no e-mail of ours lately."""
    codes = _codes(result, first)
    why = tuple(code for code in _WEIGHTS if code in codes)
    good = 1.0
    for code in why:
        good *= 1 - _WEIGHTS[code]
    parts = (result.flow, lifecycle, result.locale, _worst(result.blocks).value, _near_miss(result.verdicts))
    return Look(SEPARATOR.join(part or "–" for part in parts)[:200], round(1 - good, 4), why)


def in_words(codes: Iterable[str]) -> list[str]:
    """What the codes mean; one that nobody knows any more is left out."""
    return [WHY[code] for code in codes if code in WHY]


def _codes(result: ComposeResult, first: bool) -> set[str]:
    rungs = {block.rung for block in result.blocks}
    codes = {code for code, so in _by_verdict(result.verdicts) if so}
    if any(_fell_back(block) for block in result.blocks):
        codes.add("fell_back")
    for rung, code in ((Rung.REPAIR, "repaired"), (Rung.REASK, "asked_again"), (Rung.OTHER_MODEL, "other_model")):
        if rung in rungs:
            codes.add(code)
    if not result.facts and result.path is Path.MODEL:
        codes.add("thin_facts")
    if first and result.decision.get("offer"):
        codes.add("first_offer")
    return codes


def _by_verdict(verdicts: Sequence[Verdict]) -> Iterable[tuple[str, bool]]:
    for verdict in verdicts:
        yield "check_crashed", verdict.crashed
        yield "says_the_same", verdict.rule == REPEATS
        yield "message_held_back", verdict.holds_back and verdict.block == "message"
        yield "held_back", verdict.holds_back
        yield "warned", not verdict.holds_back and verdict.rule != REPEATS


def _fell_back(block: BlockReport) -> bool:
    return block.rung in (Rung.TEMPLATE_BLOCK, Rung.TEMPLATE_EMAIL) and block.reason not in UNASKED


def _worst(blocks: Sequence[BlockReport]) -> Rung:
    """Of the blocks a model was asked for: that a button comes from its template says nothing."""
    asked = [block for block in blocks if block.reason not in UNASKED] or blocks
    return max((block.rung for block in asked), key=_PLACES.__getitem__, default=Rung.TEMPLATE_EMAIL)


def _near_miss(verdicts: Sequence[Verdict]) -> str:
    """The gravest rule that something of it failed before it passed; empty where nothing did."""
    grave = min(verdicts, key=_graver, default=None)
    return "" if grave is None else grave.rule


def _graver(verdict: Verdict) -> tuple[int, bool]:
    return _GRAVITY[verdict.severity], verdict.rule.partition(".")[0] in _OF_FORM
