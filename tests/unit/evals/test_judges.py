"""A judge may add a block. It lifts none, and when it is broken nothing passes for lack of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from evals.draft import Block
from evals.guard import why_held_back
from evals.judges import BadJudge, Objection, named, objections
from evals.snapshot import Snapshot
from evals.verdict import Status
from tests.kit.emails import make_snapshot

SNAPSHOT = make_snapshot()
SOUND = Block(name="opening", text="We put a few things aside for a quiet morning.")


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


def test_an_objection_holds_a_sound_text_back_and_says_where_and_why() -> None:
    objection = Objection(reason="Nobody here has quiet mornings.", span=(33, 46), source="the brand's voice")
    held = why_held_back(objections([ScriptedJudge([objection])], SNAPSHOT, SOUND))
    assert [(v.rule, v.found, v.reason, v.source, v.crashed) for v in held] == [
        ("judge.scripted", SOUND.text[33:46], "Nobody here has quiet mornings.", "the brand's voice", False)
    ]


def test_every_objection_of_every_judge_is_a_verdict() -> None:
    two = ScriptedJudge([Objection(reason="One."), Objection(reason="Two.")])
    verdicts = objections([two, ScriptedJudge([], name="content")], SNAPSHOT, SOUND)
    assert [(v.rule, v.status) for v in verdicts] == [
        ("judge.scripted", Status.FAIL),
        ("judge.scripted", Status.FAIL),
        ("judge.content", Status.PASS),
    ]


def test_a_judge_without_objections_lets_pass_what_the_rules_let_pass() -> None:
    assert why_held_back(objections([ScriptedJudge()], SNAPSHOT, SOUND)) == []


@pytest.mark.parametrize("answer", [None, RuntimeError("out of memory"), TimeoutError()])
def test_a_judge_that_cannot_tell_fails_closed_and_is_counted_apart(answer: Exception | None) -> None:
    found = objections([ScriptedJudge(answer)], SNAPSHOT, SOUND)
    assert [(v.holds_back, v.crashed) for v in found] == [(True, True)]
    assert "unjudged text is not sent" in found[0].reason


def test_a_judge_is_loaded_by_its_name() -> None:
    (judge,) = named([f"{__name__}:ScriptedJudge"])
    assert judge.name == "scripted"


@pytest.mark.parametrize("name", ["no_such_package:Judge", f"{__name__}:Missing", f"{__name__}:SOUND", "nonsense"])
def test_a_judge_that_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(BadJudge, match=name):
        named([name])
