"""Judges in the ladder: an objection sends the model's block down to its template, and never the template away."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from composer.contract import Rung
from composer.deadline import Deadline
from composer.ladder import Climb, climb
from composer.templates import BlockTemplates, draft_keys
from composer.timing import Stopwatch
from evals.draft import Block
from evals.judges import Objection, judged_by
from evals.snapshot import Snapshot
from tests.kit.factories import LIBRARY, make_task
from tests.kit.writers import ScriptedWriter

TASK = make_task()
KEYS = draft_keys(TASK.snapshot)
SOUND = {
    "subject": "Green tea for quiet mornings",
    "opening": "Here are a few things from our shelves that go together well.",
}

pytestmark = pytest.mark.anyio


class AgainstMornings:
    """Objects to the word, and is broken when told so."""

    name = "mornings"

    def __init__(self, *, broken: bool = False) -> None:
        self._broken = broken

    def judge(self, snapshot: Snapshot, block: Block) -> Sequence[Objection] | None:
        """One objection, or none."""
        if self._broken:
            raise OSError("no answer")
        return [Objection(reason="No mornings.")] if "mornings" in block.text else []


async def climbed() -> Climb:
    writer = ScriptedWriter(lambda key, round_: SOUND.get(key))
    templates = BlockTemplates(LIBRARY.fallback(TASK.flow.name, "en-GB"), TASK, seed=7)
    return await climb(TASK, KEYS, writers=[writer], templates=templates, deadline=Deadline(5.0), watch=Stopwatch())


async def test_an_objection_costs_only_the_block_it_is_about() -> None:
    with judged_by(AgainstMornings()):
        state = await climbed()
    assert (state.placed["subject"].rung, state.placed["subject"].reason) == (Rung.TEMPLATE_BLOCK, "judge.mornings")
    assert state.placed["opening"].block.text == SOUND["opening"]
    assert [verdict.reason for verdict in state.rejected] == ["No mornings."]


async def test_a_broken_judge_costs_the_model_s_text_and_not_the_e_mail() -> None:
    with judged_by(AgainstMornings(broken=True)):
        state = await climbed()
    assert {placed.rung for placed in state.placed.values()} == {Rung.TEMPLATE_BLOCK}
    assert state.rejected != []
    assert all(verdict.crashed for verdict in state.rejected)
