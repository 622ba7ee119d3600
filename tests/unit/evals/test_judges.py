"""A judge may add a block. It lifts none, and when it is broken nothing passes for lack of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from evals.draft import Block
from evals.guard import check_block, check_written, why_held_back
from evals.judges import Objection, in_force, judged_by
from evals.snapshot import Snapshot
from evals.verdict import Status, Verdict
from tests.kit.emails import make_snapshot

SNAPSHOT = make_snapshot()
SOUND = Block(name="opening", text="We put a few things aside for a quiet morning.")
WRONG = Block(name="opening", text="The Moka Pot is £3.99 today only.")


@dataclass
class ScriptedJudge:
    """Answers as told, and remembers what it was asked."""

    answer: Sequence[Objection] | Exception | None = ()
    name: str = "scripted"
    asked: list[str] = field(default_factory=list)

    def judge(self, snapshot: Snapshot, block: Block) -> Sequence[Objection] | None:
        """The answer, or the exception raised."""
        self.asked.append(block.text)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def of_judge(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.rule == "judge.scripted"]


def test_an_objection_holds_a_sound_text_back_and_says_where_and_why() -> None:
    objection = Objection(reason="Nobody here has quiet mornings.", span=(33, 46), source="the brand's voice")
    with judged_by(ScriptedJudge([objection])):
        held = why_held_back(check_written(SNAPSHOT, SOUND))
    assert [(v.rule, v.found, v.reason, v.source, v.crashed) for v in held] == [
        ("judge.scripted", SOUND.text[33:46], "Nobody here has quiet mornings.", "the brand's voice", False)
    ]


def test_every_objection_of_every_judge_is_a_verdict() -> None:
    two = ScriptedJudge([Objection(reason="One."), Objection(reason="Two.")])
    with judged_by(two, ScriptedJudge([], name="content")):
        verdicts = [v for v in check_written(SNAPSHOT, SOUND) if v.rule.startswith("judge.")]
    assert [(v.rule, v.status) for v in verdicts] == [
        ("judge.scripted", Status.FAIL),
        ("judge.scripted", Status.FAIL),
        ("judge.content", Status.PASS),
    ]


def test_a_judge_without_objections_lets_pass_what_the_rules_let_pass() -> None:
    with judged_by(ScriptedJudge()):
        assert why_held_back(check_written(SNAPSHOT, SOUND)) == []


def test_a_judge_is_not_asked_about_what_a_rule_holds_back_and_so_cannot_lift_it() -> None:
    judge = ScriptedJudge()
    with judged_by(judge):
        held = why_held_back(check_written(SNAPSHOT, WRONG))
    assert held == why_held_back(check_block(SNAPSHOT, WRONG)) != []
    assert judge.asked == []


@pytest.mark.parametrize("answer", [None, RuntimeError("out of memory"), TimeoutError()])
def test_a_judge_that_cannot_tell_fails_closed_and_is_counted_apart(answer: Exception | None) -> None:
    with judged_by(ScriptedJudge(answer)):
        found = of_judge(check_written(SNAPSHOT, SOUND))
    assert [(v.holds_back, v.crashed) for v in found] == [(True, True)]
    assert "unjudged text is not sent" in found[0].reason


def test_rules_alone_judge_templates() -> None:
    judge = ScriptedJudge([Objection(reason="No.")])
    with judged_by(judge):
        assert why_held_back(check_block(SNAPSHOT, SOUND)) == []
    assert judge.asked == []


def test_judges_are_in_force_within_their_block_only() -> None:
    before = in_force()
    with judged_by(ScriptedJudge()):
        assert [judge.name for judge in in_force()] == ["scripted"]
    assert in_force() == before
