"""What suites of labelled texts share: reading their files, judging a text, telling what was found."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from evals.cases import Case, load_cases
from evals.draft import Block
from evals.guard import check_block, why_held_back
from evals.harness.result import Mark
from evals.harness.suite import Suite
from evals.snapshot import Snapshot
from evals.verdict import Verdict
from store.errors import InvalidInput


class BadCaseFile(InvalidInput):
    """A file of labelled cases cannot be used by a suite; the pointer is `FILE: line or case`."""

    reason = "bad_case_file"


def read_labelled(suite: Suite) -> list[Case]:
    """All cases of a suite's files, before `only` is looked at.

    Raises BadCaseFile: for a line that is no case, for a case without a label, for an id that was there before.
    """
    found: dict[str, Case] = {}
    for path in suite.cases:
        try:
            # Bytes end at line feeds only; `str.splitlines` would also cut at a U+2028 inside a text.
            with path.open("rb") as lines:
                cases = list(load_cases(lines))
        except InvalidInput as error:
            raise _bad(path, error.pointer or "", error.message, error.fix or "") from error
        for case in cases:
            if case.label is None:
                raise _bad(path, case.id, "The case has no label.", "Add `label`: `ok` or `violation`.")
            if case.id in found:
                raise _bad(path, case.id, "The id is taken.", "Give each case of a suite an id of its own.")
            found[case.id] = case
    return list(found.values())


def _bad(path: Path, where: str, message: str, fix: str) -> BadCaseFile:
    return BadCaseFile(message, pointer=f"{path}: {where}", fix=fix)


class Judged(NamedTuple):
    """The guard's answer on one block, and how long it took."""

    verdicts: list[Verdict]
    held: list[Verdict]
    """Those for which the text may not go out."""
    seconds: float

    @property
    def has_crashed(self) -> bool:
        """True when a check raised: it fails closed, and is counted apart."""
        return any(verdict.crashed for verdict in self.verdicts)

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that hold the text back, each once."""
        return tuple(dict.fromkeys(verdict.rule for verdict in self.held))


def judge_block(snapshot: Snapshot, block: Block) -> Judged:
    """Judge one block, on the clock."""
    began = time.perf_counter()
    verdicts = check_block(snapshot, block)
    return Judged(verdicts, why_held_back(verdicts), time.perf_counter() - began)


def marks_of(verdicts: Iterable[Verdict]) -> tuple[Mark, ...]:
    """Where in the text each verdict points."""
    return tuple(
        Mark(span=verdict.span, rule=verdict.rule, reason=verdict.reason, source=verdict.source)
        for verdict in verdicts
        if verdict.span is not None
    )


def explain(verdicts: Sequence[Verdict]) -> str:
    """The verdicts in a line: rule, words and reason."""
    return "; ".join(f"{verdict.rule} on {verdict.found!r}: {verdict.reason}" for verdict in verdicts)


def fact_lines(snapshot: Snapshot) -> tuple[str, ...]:
    """What a text is judged by, a line a fact, for somebody who looks at a verdict. Private values are left out."""
    person = snapshot.person
    lines = [f"{snapshot.flow}, {snapshot.locale}, sent {snapshot.send_date}"]
    lines += [f"shop: {snapshot.brand.name} ({snapshot.brand.domain}, {snapshot.brand.currency})"]
    lines += [f"policy: {key} = {value}" for key, value in snapshot.brand.policies.items()]
    lines += [f"name: {person.first_name}"] if person.first_name else []
    lines += [f"bought: {order.product}, {order.date}" for order in person.orders]
    lines += [f"declared: {key} = {value}" for key, value in person.declared.items()]
    lines += [f"fact: {fact.text} (say: {fact.say})" for fact in snapshot.facts]
    for product in snapshot.products:
        former = f", was {product.compare_at_price}" if product.compare_at_price is not None else ""
        stock = "" if product.in_stock else ", sold out"
        lines += [f"pick: {product.name}, {product.price} {product.currency}{former}{stock}"]
        lines += [f"    {key} = {value}" for key, value in product.attributes.items()]
    if offer := snapshot.offer:
        given = {"min": offer.min_spend, "until": offer.expires, "code": offer.code}
        terms = "".join(f", {key} {value}" for key, value in given.items() if value is not None)
        lines += [f"offer: {offer.kind} {offer.value or ''}{terms}"]
    return tuple(lines)
