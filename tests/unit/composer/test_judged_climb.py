"""Judges in the ladder: an objection sends the model's block down to its template, and never the template away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from composer.contract import Rung
from composer.deadline import Deadline
from composer.ladder import Climb, climb
from composer.panel import Judged, Judges, Panel, RecordedJudges
from composer.templates import BlockTemplates, draft_keys
from composer.timing import Stopwatch
from composer.writing import WriteTask
from evals.draft import Block
from evals.judges import Objection
from evals.snapshot import Snapshot
from tests.kit.factories import LIBRARY, make_task
from tests.kit.patience import PATIENCE_S
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
        self.asked: list[str] = []

    def judge(self, snapshot: Snapshot, block: Block) -> Sequence[Objection] | None:
        """One objection, or none."""
        self.asked.append(block.text)
        if self._broken:
            raise OSError("no answer")
        return [Objection(reason="No mornings.")] if "mornings" in block.text else []


class Asleep:
    """Would take an hour; the deadline comes once it is asked, however long writing took."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    async def review(self, task: WriteTask, blocks: Sequence[Block], *, number: int, until: float) -> list[Judged]:
        """Never heard."""
        self._deadline.tighten(0.05)
        await asyncio.sleep(3600)
        return []


async def climbed(panel: Panel | None, says: Mapping[str, str] = SOUND, *, deadline: Deadline | None = None) -> Climb:
    deadline = deadline or Deadline(PATIENCE_S)
    writer = ScriptedWriter(lambda key, round_: says.get(key))
    templates = BlockTemplates(LIBRARY.fallback(TASK.flow.name, "en-GB"), TASK, seed=7)
    return await climb(
        TASK, KEYS, writers=[writer], templates=templates, deadline=deadline, watch=Stopwatch(), panel=panel
    )


async def test_an_objection_costs_only_the_block_it_is_about() -> None:
    state = await climbed(Judges([AgainstMornings()]))
    assert (state.placed["subject"].rung, state.placed["subject"].reason) == (Rung.TEMPLATE_BLOCK, "judge.mornings")
    assert state.placed["opening"].block.text == SOUND["opening"]
    assert [verdict.reason for verdict in state.rejected] == ["No mornings."]


async def test_a_broken_judge_costs_the_model_s_text_and_not_the_e_mail() -> None:
    state = await climbed(Judges([AgainstMornings(broken=True)]))
    assert {placed.rung for placed in state.placed.values()} == {Rung.TEMPLATE_BLOCK}
    assert state.rejected != []
    assert all(verdict.crashed for verdict in state.rejected)


async def test_nobody_is_asked_to_lift_what_a_rule_holds_back_or_about_templates() -> None:
    judge = AgainstMornings()
    state = await climbed(Judges([judge]), {"opening": "The Sencha is £3.99 today only."})
    assert judge.asked == []
    assert "judge.mornings" not in {verdict.rule for verdict in state.rejected}


async def test_a_judge_that_is_asleep_is_left_at_the_deadline() -> None:
    deadline = Deadline(PATIENCE_S)
    state = await climbed(Asleep(deadline), deadline=deadline)
    assert {placed.rung for placed in state.placed.values()} == {Rung.TEMPLATE_BLOCK}
    assert {(verdict.rule, verdict.crashed) for verdict in state.rejected} == {("judge.deadline", True)}


async def test_what_was_said_once_decides_the_same_without_the_judges() -> None:
    first = await climbed(Judges([AgainstMornings()]))
    again = await climbed(RecordedJudges([round_.judged for round_ in first.rounds]))
    assert again.placed == first.placed
    assert again.rejected == first.rejected
    assert again.rounds == first.rounds
    assert again.placed != (await climbed(None)).placed
