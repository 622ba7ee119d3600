"""The register of rules: what a rule is, and how a check function becomes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from evals.draft import BLOCK_ORDER, BlockName
from evals.passage import Passage
from evals.signs import EVERYTHING, Signs
from evals.verdict import Severity
from evals.world import World

ALL_BLOCKS: frozenset[BlockName] = frozenset((*BLOCK_ORDER, "whole"))
PROSE: frozenset[BlockName] = frozenset(("opening", "pitch", "closing", "whole"))


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule. `span` is a half-open range of the passage's canonical text."""

    span: tuple[int, int]
    reason: str
    """A sentence a marketer understands."""
    source: str | None = None
    """The fact that contradicts or is missing."""
    repaired: str | None = None
    """The block's whole source text after a deterministic edit; turns the fail into a REPAIR."""
    severity: Severity | None = None
    """Set where one rule has breaches of unequal weight."""


Check = Callable[[Passage, World], Iterable[Finding]]
Needs = Callable[[World], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A check with its id, weight and the blocks it applies to. Compared by identity."""

    id: str
    check: Check
    severity: Severity
    blocks: frozenset[BlockName]
    needs: Needs | None
    """False means the world holds nothing to judge by: the verdict is NOT_JUDGED."""
    joined: bool
    """Run once more on subject and preheader read as one text, so that a claim split over both is seen."""
    mask: int = EVERYTHING
    """Bits of signs: a text that shows none of them passes without being read."""
    is_more: bool = False
    """True for checks that add to a rule, as long as its main check is not registered."""


RULES: dict[str, Rule] = {}
BY_BLOCK: dict[BlockName, tuple[Rule, ...]] = dict.fromkeys((*BLOCK_ORDER, "whole"), ())
"""The rules that apply to each block."""


def rule(
    id_: str,
    *,
    severity: Severity = Severity.BLOCK,
    blocks: frozenset[BlockName] = ALL_BLOCKS,
    needs: Needs | None = None,
    joined: bool = False,
    when: Signs | None = None,
    more: bool = False,
) -> Callable[[Check], Check]:
    """Register a check function under a rule id. Without `when` every text is read. `more` adds a check of its own
    file to a rule that has its main one elsewhere: what it finds is told under the same id.

    Raises ValueError when the id is taken: two files must not answer for one rule.
    """

    def register(check: Check) -> Check:
        taken = RULES.get(id_)
        if taken is not None and not (more or taken.is_more):
            raise ValueError(f"rule {id_!r} is registered twice")
        mask = when.mask if when else EVERYTHING
        made = Rule(id_, check, severity, blocks, needs, joined, mask, is_more=more)
        RULES[id_] = made if taken is None else _together(taken, made)
        _sort_by_block()
        return check

    return register


def _together(first: Rule, second: Rule) -> Rule:
    """One rule of two, each run where it applies."""

    def check(passage: Passage, world: World) -> Iterator[Finding]:
        for part in (first, second):
            if passage.name in part.blocks and part.mask & passage.signs:
                yield from part.check(passage, world)

    return Rule(
        first.id,
        check,
        first.severity,
        first.blocks | second.blocks,
        first.needs or second.needs,
        first.joined or second.joined,
        first.mask | second.mask,
        is_more=first.is_more and second.is_more,
    )


@contextmanager
def restored() -> Iterator[None]:
    """What is registered or left out inside is undone at the end. One register serves the process: not for threads."""
    kept = dict(RULES)
    try:
        yield
    finally:
        RULES.clear()
        RULES.update(kept)
        _sort_by_block()


@contextmanager
def without(id_: str) -> Iterator[None]:
    """The guard less one rule: what is caught all the same, other rules catch.

    Raises KeyError when there is no such rule.
    """
    with restored():
        del RULES[id_]
        _sort_by_block()
        yield


def _sort_by_block() -> None:
    for name in BY_BLOCK:
        BY_BLOCK[name] = tuple(rule for rule in RULES.values() if name in rule.blocks)
