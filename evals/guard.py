"""The guard: every rule on a block, on a draft, on the finished message. Pure functions of snapshot and text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evals import checks
from evals.draft import Block, Draft
from evals.draft_checks import repetitions, split_claims
from evals.judging import GUARD_VERSION, breaches, judge
from evals.passage import Passage, passage_of
from evals.preflight import check_message
from evals.snapshot import Snapshot
from evals.verdict import Status, Verdict
from evals.world import world_of

__all__ = ["GUARD_VERSION", "check_block", "check_draft", "check_message", "fails_of_block", "why_held_back"]


def check_block(snapshot: Snapshot, block: Block) -> list[Verdict]:
    """Judge one block by every rule that applies to it: one verdict a rule, several when it fails several times."""
    passage = _passage(snapshot, block)
    verdicts = judge(passage, passage.world, checks.BY_BLOCK[block.name])
    _remember(passage, block, [verdict for verdict in verdicts if verdict.status is Status.FAIL])
    return verdicts


def fails_of_block(snapshot: Snapshot, block: Block) -> list[Verdict]:
    """The fails among what `check_block` answers, in the same order: all that a decision needs, in a fraction of the
    time."""
    passage = _passage(snapshot, block)
    failed = breaches(passage, passage.world, checks.BY_BLOCK[block.name])
    _remember(passage, block, failed)
    return failed


def _passage(snapshot: Snapshot, block: Block) -> Passage:
    return passage_of(world_of(snapshot), block.name, block.key, block.text, block.product_id)


def _remember(passage: Passage, block: Block, failed: Sequence[Verdict]) -> None:
    """Lines of a block that passed every rule need not be judged again in the finished message."""
    if not failed:
        passage.world.sound.update((block.key, " ".join(line.split())) for line in block.text.splitlines())


def check_draft(snapshot: Snapshot, draft: Draft) -> list[Verdict]:
    """Judge what only shows across blocks: claims split over subject and preheader, and repetition.

    `check_block` is not run again: a draft may go out when its blocks and the draft pass.
    """
    world = world_of(snapshot)
    return [*split_claims(world, draft), *repetitions(world, draft)]


def why_held_back(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts for which the text may not go out as it is, in order."""
    return [verdict for verdict in verdicts if verdict.holds_back]
