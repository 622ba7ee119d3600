"""`starvation` suites: facts are taken away one kind at a time. The guard must neither crash nor grow lenient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evals.cases import Case
from evals.harness.bench import Bench
from evals.harness.figures import share_metric
from evals.harness.labelled import Judged, explain, fact_lines, judge_block, marks_of, read_labelled
from evals.harness.result import CaseResult, CaseStatus, Metric, SuiteResult
from evals.harness.suite import Progress, Suite, kind
from evals.report import Share, is_of
from evals.snapshot import PersonFacts, Snapshot


@dataclass(frozen=True, slots=True)
class Lack:
    """Facts that are missing."""

    id: str
    take: Callable[[Snapshot], Snapshot]
    blinds: frozenset[str] = frozenset()
    """Rules and families whose breach is one only by these facts: without them nobody could tell."""


def _without(**empty: Any) -> Callable[[Snapshot], Snapshot]:
    return lambda snapshot: snapshot.model_copy(update=empty)


def _brand_without(**empty: Any) -> Callable[[Snapshot], Snapshot]:
    return lambda snapshot: snapshot.model_copy(update={"brand": snapshot.brand.model_copy(update=empty)})


def _person_without(**empty: Any) -> Callable[[Snapshot], Snapshot]:
    return lambda snapshot: snapshot.model_copy(update={"person": snapshot.person.model_copy(update=empty)})


def _products_without(**empty: Any) -> Callable[[Snapshot], Snapshot]:
    def take(snapshot: Snapshot) -> Snapshot:
        products = tuple(product.model_copy(update=empty) for product in snapshot.products)
        return snapshot.model_copy(update={"products": products})

    return take


def _bare(snapshot: Snapshot) -> Snapshot:
    """A name and a domain are left, nothing else."""
    brand = snapshot.brand.model_copy(update={"policies": {}, "competitors": (), "forbidden_words": (), "facts": ()})
    gone = {"products": (), "offer": None, "person": PersonFacts(), "facts": (), "other_titles": ()}
    return snapshot.model_copy(update={**gone, "brand": brand})


_PERSONAL = frozenset(("pii.leak",))
_INTERNAL = frozenset(("internal.leak",))
_RIVALS = frozenset(("competitor.mention",))
_FORBIDDEN = frozenset(("brand.forbidden",))
_TITLES = frozenset(("product.*",))
"""Rules that speak of a product they must first know by its title."""
_BY_PRODUCT = frozenset(("history.invented", "text.truncated"))
"""Rules with breaches that only the pick gives away: "enjoy your new lamp" says nothing of a lamp nobody sells, and
what "has come back" may be a friend."""
LACKS = (
    Lack("no_products", _without(products=()), _TITLES | _BY_PRODUCT),
    Lack("no_attributes", _products_without(attributes={}, description="")),
    Lack("no_prices", _products_without(price=None, compare_at_price=None)),
    Lack("no_former_prices", _products_without(compare_at_price=None)),
    Lack("no_offer", _without(offer=None)),
    Lack("no_orders", _person_without(orders=(), order_count=None), _TITLES),
    Lack("no_names", _person_without(first_name=None)),
    Lack("no_browsing", _person_without(cart=(), browsed=()), _TITLES),
    Lack("nothing_declared", _person_without(declared={}, city=None, signup_date=None)),
    Lack("nothing_private", _person_without(private={}), _PERSONAL),
    Lack("nothing_internal", _person_without(internal={}), _INTERNAL),
    Lack("nothing_remembered", _without(facts=())),
    Lack("no_policies", _brand_without(policies={})),
    Lack("no_brand_facts", _brand_without(facts=())),
    Lack("no_competitors", _brand_without(competitors=()), _RIVALS),
    Lack("no_forbidden_words", _brand_without(forbidden_words=()), _FORBIDDEN),
    Lack("no_other_titles", _without(other_titles=()), _TITLES),
    Lack("bare", _bare, _TITLES | _BY_PRODUCT | _PERSONAL | _INTERNAL | _RIVALS | _FORBIDDEN),
)
"""What may be missing, one kind of fact at a time, and at last all at once."""


@kind("starvation", metrics=("crashed", "still_held", "sound_held"))
async def run(suite: Suite, bench: Bench | None, progress: Progress) -> SuiteResult:
    """One case for each labelled text and kind of fact that it has: id `CASE~LACK`.

    It fails when a check crashes, or when a bad text passes that the facts held back. Sound texts may be held: without
    the fact that licenses them they are claims. Bad texts that the guard lets pass with all facts are left out.
    """
    cases = read_labelled(suite)
    results: list[CaseResult] = []
    for group in _by_world(cases):
        results += _starve(suite, group)
        progress(len(results), len(cases) * len(LACKS))
    return SuiteResult(name=suite.name, kind=suite.kind, cases=tuple(results), metrics=tuple(_metrics(results)))


def _by_world(cases: Sequence[Case]) -> list[list[Case]]:
    """Cases with equal facts side by side: what the guard derives from facts is then derived once."""
    worlds: dict[str, list[Case]] = {}
    for case in cases:
        worlds.setdefault(case.snapshot.fingerprint(), []).append(case)
    return list(worlds.values())


def _starve(suite: Suite, cases: Sequence[Case]) -> Iterator[CaseResult]:
    """Judge cases of one world under each lack that takes something away."""
    full = cases[0].snapshot
    judged = [case for case in cases if _is_held_if_bad(case)]
    for lack in LACKS:
        starved = lack.take(full)
        if starved == full:
            continue
        for case in judged:
            if suite.selects(_id(case, lack)):
                yield _judge(case, lack, starved)


def _is_held_if_bad(case: Case) -> bool:
    return case.label == "ok" or bool(judge_block(case.snapshot, case.block).held)


def _id(case: Case, lack: Lack) -> str:
    return f"{case.id}~{lack.id}"


def _judge(case: Case, lack: Lack, starved: Snapshot) -> CaseResult:
    answer = judge_block(starved, case.block)
    message = _mistake(case, lack, answer)
    return CaseResult(
        id=_id(case, lack),
        status=CaseStatus.FAIL if message else CaseStatus.PASS,
        category=f"{lack.id}, {case.label}",
        locale=starved.locale,
        flow=starved.flow,
        rules=answer.rules,
        text=case.block.text,
        marks=marks_of(answer.held) if message else (),
        facts=fact_lines(starved) if message else (),
        message=message,
        seconds=answer.seconds,
    )


def _mistake(case: Case, lack: Lack, answer: Judged) -> str:
    if answer.has_crashed:
        return f"A check crashed. {explain(answer.held)}"
    is_blind = is_of(case.violated, lack.blinds)
    if case.label == "violation" and not answer.held and not is_blind:
        return f"Held back with its facts ({' or '.join(case.violated)}), let pass with {lack.id.replace('_', ' ')}."
    return ""


def _metrics(results: Sequence[CaseResult]) -> list[Metric]:
    bad = [result for result in results if result.category.endswith("violation")]
    sound = [result for result in results if result.category.endswith("ok")]
    return [
        Metric(name="crashed", value=sum(result.message.startswith("A check crashed") for result in results)),
        share_metric("still_held", Share(hits=sum(bool(result.rules) for result in bad), of=len(bad))),
        share_metric("sound_held", Share(hits=sum(bool(result.rules) for result in sound), of=len(sound))),
    ]
