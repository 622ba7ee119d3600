"""What each side wrote: how much of it, by whom, what checks held back, what it took; and how pairs were decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from composer.comparing.model import Choice, Pair, Vote
from composer.comparing.standing import decisions, share
from composer.contract import ComposeResult, Path, Rung
from composer.results.model import Interval


class Wrote(BaseModel):
    """One side over all pairs."""

    emails: int
    skipped: dict[str, int]
    """Reason code to the customers whom this side alone did not write to."""
    rungs: dict[Rung, int]
    """Who wrote its blocks."""
    held_back: int
    """Texts that a check held back."""
    tokens: int
    """Of prompts and answers together."""
    cost_usd: float
    seconds: float
    """For one e-mail, on average."""


class Preferred(BaseModel):
    """What the votes say of one kind of customers."""

    lifecycle: str
    a: int
    """Pairs."""
    b: int
    win_rate: Interval
    """Of B, with an exact interval."""


def wrote(pairs: Sequence[Pair], side: str) -> Wrote:
    """What `a` or `b` wrote."""
    made = [pair.side(side) for pair in pairs]
    emails = [one for one in made if one.path is not Path.SKIPPED]
    return Wrote(
        emails=len(emails),
        skipped=Counter(one.reason for one in made if one.path is Path.SKIPPED),
        rungs=Counter(block.rung for one in emails for block in one.blocks),
        held_back=sum(verdict.holds_back for one in emails for verdict in one.verdicts),
        tokens=sum(one.usage.input_tokens + one.usage.output_tokens for one in emails),
        cost_usd=sum(one.usage.cost_usd for one in emails),
        seconds=sum(_seconds(one) for one in emails) / max(1, len(emails)),
    )


def by_lifecycle(pairs: Iterable[Pair], votes: Iterable[Vote]) -> list[Preferred]:
    """Decided pairs by where the customer stands with the shop, the most first; ties are none."""
    stages = {pair.position: pair.lifecycle for pair in pairs}
    counts: dict[str, Counter[Choice]] = {}
    for position, choice in decisions(votes).items():
        if choice is not Choice.TIE and position in stages:
            counts.setdefault(stages[position], Counter())[choice] += 1
    found = [_preferred(stage, count[Choice.A], count[Choice.B]) for stage, count in counts.items()]
    return sorted(found, key=lambda one: (-one.a - one.b, one.lifecycle))


def _preferred(stage: str, a: int, b: int) -> Preferred:
    rate = share(b, a + b)
    if rate is None:
        raise AssertionError("a stage is there because of a vote")
    return Preferred(lifecycle=stage, a=a, b=b, win_rate=rate)


def _seconds(one: ComposeResult) -> float:
    return (one.usage.model_ms + one.usage.own_ms) / 1000
