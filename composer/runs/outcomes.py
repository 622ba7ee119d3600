"""What a recipient came to, and how that counts: the tally, and what says whether the model is worth going on with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from composer.batch import Written
from composer.contract import ComposeResult, Path, Usage
from composer.runs.model import EXAMPLES, RecipientStatus, Tally
from store.errors import PenfriendError

MAX_DETAIL = 500
_NOBODY_ASKED = frozenset({"no_writer", "not_offered"})
_NO_ANSWER = frozenset({"circuit_open", "deadline"})


@dataclass(frozen=True)
class Outcome:
    """One recipient after the model, before the database: written, or failed."""

    position: int
    customer: str
    attempts: int
    """How often it was begun and ended by now, earlier runs of its chunk included."""
    written: Written | None = None
    error: PenfriendError | None = None

    @property
    def usage(self) -> Usage:
        """What its model calls took."""
        finished = self.written.finished if self.written else None
        return finished.result.usage if finished else Usage()


@dataclass(frozen=True)
class Final:
    """One recipient as its row says it: final, or pending and deferred."""

    outcome: Outcome
    status: RecipientStatus
    """PENDING: deferred, to `not_before`."""
    reason: str = ""
    detail: str = ""
    result: ComposeResult | None = None

    @property
    def not_before(self) -> datetime | None:
        """When a deferred one is asked again."""
        return self.result.defer_until if self.result else None

    @property
    def email_id(self) -> str:
        """Empty where there is no e-mail."""
        return self.result.id if self.result else ""


def final_of(outcome: Outcome, stored: ComposeResult | PenfriendError | None) -> Final:
    """What an outcome came to; `stored` is what `Composing.store` made of it, None for one that failed before."""
    found = outcome.error if stored is None else stored
    if isinstance(found, ComposeResult):
        if found.path is Path.SKIPPED:
            status = RecipientStatus.SKIPPED if found.defer_until is None else RecipientStatus.PENDING
            return Final(outcome, status, found.reason, found.detail[:MAX_DETAIL], found)
        return Final(outcome, RecipientStatus.COMPOSED, result=found)
    if found is None:
        raise AssertionError("an outcome is written or an error")
    return Final(outcome, RecipientStatus.FAILED, found.reason, str(found)[:MAX_DETAIL])


def counted(finals: Iterable[Final]) -> Tally:
    """The tally of these recipients."""
    finals = list(finals)
    of = Counter(final.status for final in finals)
    results = [final.result for final in finals if final.result is not None]
    emails = [result for result in results if result.path is not Path.SKIPPED]
    return Tally(
        composed=of[RecipientStatus.COMPOSED],
        skipped=of[RecipientStatus.SKIPPED],
        failed=of[RecipientStatus.FAILED],
        deferred=of[RecipientStatus.PENDING],
        paths=dict(Counter(result.path.value for result in emails)),
        rungs=dict(Counter(block.rung.value for result in emails for block in result.blocks)),
        reasons=dict(Counter(final.reason for final in finals if final.reason and final.not_before is None)),
        rules=dict(Counter(rule for result in emails for rule in _held_by(result))),
        examples=_first((rule, [result.id]) for result in emails for rule in _held_by(result)),
        usage=summed_usage(final.outcome.usage for final in finals),
    )


def summed(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    tallies = list(tallies)
    return Tally(
        composed=sum(tally.composed for tally in tallies),
        skipped=sum(tally.skipped for tally in tallies),
        failed=sum(tally.failed for tally in tallies),
        cancelled=sum(tally.cancelled for tally in tallies),
        deferred=sum(tally.deferred for tally in tallies),
        paths=_merged(tally.paths for tally in tallies),
        rungs=_merged(tally.rungs for tally in tallies),
        reasons=_merged(tally.reasons for tally in tallies),
        rules=_merged(tally.rules for tally in tallies),
        examples=_first(pair for tally in tallies for pair in tally.examples.items()),
        usage=summed_usage(tally.usage for tally in tallies),
    )


def summed_usage(usages: Iterable[Usage]) -> Usage:
    """All of them together; `model` names every model that was asked."""
    usages = list(usages)
    names = dict.fromkeys(name for usage in usages for name in usage.model.split(", ") if name)
    return Usage(
        model=", ".join(names),
        calls=sum(usage.calls for usage in usages),
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        cost_usd=sum(usage.cost_usd for usage in usages),
        model_ms=round(sum(usage.model_ms for usage in usages), 1),
        own_ms=round(sum(usage.own_ms for usage in usages), 1),
    )


def _held_by(result: ComposeResult) -> list[str]:
    """Rules that held a text of this e-mail back, once each; what goes out is another text."""
    return sorted({verdict.rule for verdict in result.verdicts if verdict.holds_back})


def _first(found: Iterable[tuple[str, Sequence[str]]]) -> dict[str, list[str]]:
    """The first examples of each rule."""
    kept: dict[str, list[str]] = defaultdict(list)
    for rule, ids in found:
        kept[rule] += [one for one in ids if one not in kept[rule]][: EXAMPLES - len(kept[rule])]
    return dict(kept)


def _merged(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


@dataclass(frozen=True)
class Health:
    """How one recipient speaks for or against going on, each from 0 (fine) to 1."""

    model_failures: float = 0.0
    """Share of its blocks that lost a text to a model that did not answer."""
    check_failures: float = 0.0
    """Share of its blocks that lost a text to a check."""
    fallback: float = 0.0
    """1 where the whole e-mail came from templates though a model was asked."""
    failed: float = 0.0
    """1 where there is no e-mail because something broke."""


def health_of(final: Final) -> Health | None:
    """None for a recipient that says nothing about it: skipped, or written earlier."""
    if final.status is RecipientStatus.FAILED:
        return Health(failed=1.0)
    finished = final.outcome.written.finished if final.outcome.written else None
    if final.status is not RecipientStatus.COMPOSED or finished is None:
        return None
    reasons = [block.reason for block in finished.result.blocks if block.reason not in _NOBODY_ASKED]
    if not reasons:
        return Health()
    unanswered = sum(reason.startswith("model_") or reason in _NO_ANSWER for reason in reasons)
    held_back = sum(reason != "ok" for reason in reasons) - unanswered
    templated = finished.result.path is Path.TEMPLATE
    return Health(unanswered / len(reasons), held_back / len(reasons), float(templated))
