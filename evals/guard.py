"""The guard: every rule on a block, on a draft, on the finished message. Pure functions of snapshot and text."""

from __future__ import annotations

from collections.abc import Iterable

from evals import checks
from evals.draft import Block, Draft
from evals.draft_checks import repetitions, split_claims
from evals.judging import GUARD_VERSION, judge
from evals.passage import passage_of
from evals.preflight import check_message
from evals.snapshot import Snapshot
from evals.verdict import Status, Verdict
from evals.world import world_of

__all__ = ["GUARD_VERSION", "check_block", "check_draft", "check_message", "why_held_back"]


def check_block(snapshot: Snapshot, block: Block) -> list[Verdict]:
    """Judge one block by every rule that applies to it: one verdict a rule, several when it fails several times."""
    world = world_of(snapshot)
    passage = passage_of(world, block.name, block.key, block.text, block.product_id)
    verdicts = judge(passage, world, checks.BY_BLOCK[block.name])
    if not any(verdict.status is Status.FAIL for verdict in verdicts):
        world.sound.update((block.key, " ".join(line.split())) for line in block.text.splitlines())
    return verdicts


def check_draft(snapshot: Snapshot, draft: Draft) -> list[Verdict]:
    """Judge what only shows across blocks: claims split over subject and preheader, and repetition.

    `check_block` is not run again: a draft may go out when its blocks and the draft pass.
    """
    world = world_of(snapshot)
    return [*split_claims(world, draft), *repetitions(world, draft)]


def why_held_back(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts for which the text may not go out as it is, in order."""
    return [verdict for verdict in verdicts if verdict.holds_back]
