"""The guard as others call it: crashes, drafts, and what holds a text back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from evals.draft import Block, Draft
from evals.guard import GUARD_VERSION, check_block, check_draft, fails_of_block, why_held_back
from evals.judging import judge
from evals.passage import Passage
from evals.rules import ALL_BLOCKS, Finding, Rule, restored, rule
from evals.signs import has
from evals.verdict import Severity, Status, Verdict
from evals.world import World, world_of
from tests.kit.snapshots import rules_of, snapshot


def _raises(passage: Passage, world: World) -> Iterable[Finding]:
    raise ZeroDivisionError("no facts")


def test_a_check_that_crashes_holds_the_block_back_and_is_counted_apart() -> None:
    broken = Rule("test.broken", _raises, Severity.WARN, ALL_BLOCKS, None, joined=False)
    world = world_of(snapshot())
    (verdict,) = judge(Passage("cta", "cta", "See it", world), world, [broken])
    assert verdict.crashed
    assert verdict.holds_back
    assert "ZeroDivisionError" in verdict.reason


def test_two_files_cannot_answer_for_one_rule() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        rule("price.wrong")(_raises)


def test_a_file_of_its_own_may_add_a_check_to_a_rule_and_its_signs() -> None:
    def look(passage: Passage, world: World) -> Iterator[Finding]:
        yield Finding((0, 1), "It is told.")

    texts = ("A zebra.", "A tent.")
    with restored():
        rule("price.wrong", more=True, blocks=frozenset(("cta",)), when=has(marks=("zebra",)))(look)
        shown = [fails_of_block(snapshot(), Block(name="cta", text=text)) for text in texts]
        elsewhere = fails_of_block(snapshot(), Block(name="opening", text=texts[0]))
    assert [[verdict.rule for verdict in fails] for fails in shown] == [["price.wrong"], []]
    assert elsewhere == []


def test_warnings_do_not_hold_a_block_back() -> None:
    text = "A subject that is rather longer than an inbox on a phone will show"
    verdicts = check_block(snapshot(), Block(name="subject", text=text))
    warned = [verdict for verdict in verdicts if verdict.status is Status.FAIL]
    assert [verdict.severity for verdict in warned] == [Severity.WARN]
    assert why_held_back(verdicts) == []


def test_verdicts_carry_the_version_of_the_guard() -> None:
    verdicts = check_block(snapshot(), Block(name="cta", text="See it"))
    assert {verdict.version for verdict in verdicts} == {GUARD_VERSION}


def test_a_pitch_is_judged_by_the_product_it_is_about() -> None:
    right = Block(name="pitch", text="Yours for $14.50.", product_id="mug")
    wrong = Block(name="pitch", text="Yours for $14.50.", product_id="tent")
    assert why_held_back(check_block(snapshot(), right)) == []
    assert rules_of(why_held_back(check_block(snapshot(), wrong))) == {"price.wrong"}


def _held(*blocks: Block) -> list[Verdict]:
    return why_held_back(check_draft(snapshot(), Draft(blocks=blocks)))


def test_a_claim_split_over_subject_and_preheader_is_caught() -> None:
    subject, preheader = Block(name="subject", text="Today: 50%"), Block(name="preheader", text="off the Tin Mug No. 4")
    assert "discount.invented" in rules_of(_held(subject, preheader))


def test_a_true_claim_split_over_subject_and_preheader_passes() -> None:
    assert _held(Block(name="subject", text="20%"), Block(name="preheader", text="off the Larch 2P Tent")) == []


def test_a_sentence_said_in_two_blocks_is_cut_from_the_second() -> None:
    opening = Block(name="opening", text="The evenings are getting longer. Time to sleep outside.")
    closing = Block(name="closing", text="The evenings are getting longer. See you at the trailhead, we hope.")
    (verdict,) = _held(opening, closing)
    assert (verdict.rule, verdict.block) == ("repetition.loop", "closing")
    assert verdict.repaired == "See you at the trailhead, we hope."


def test_three_blocks_that_begin_alike_are_too_many() -> None:
    texts = ("This is a tent for two people.", "This is a mug of good tin.", "This is a last word from us.")
    blocks = [Block(name="pitch", text=text, product_id=str(at)) for at, text in enumerate(texts)]
    assert [verdict.block for verdict in _held(*blocks)] == ["pitch:1", "pitch:2"]
    assert _held(*blocks[:2]) == []


def test_a_varied_draft_passes() -> None:
    verdicts = check_draft(
        snapshot(), Draft(blocks=(Block(name="subject", text="A tent"), Block(name="opening", text="Spring is near.")))
    )
    assert {verdict.status for verdict in verdicts} <= {Status.PASS, Status.NOT_JUDGED}
    assert verdicts


def test_the_worlds_of_hundreds_of_emails_in_the_making_stay_at_hand() -> None:
    made = [snapshot(other_titles=(f"Teapot {number}",)) for number in range(300)]
    worlds = [world_of(one) for one in made]
    assert [world_of(one) for one in made] == worlds
