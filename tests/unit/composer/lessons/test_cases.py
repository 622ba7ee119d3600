"""What a reviewer said of a text is a case the guard is held to, and names nobody."""

from __future__ import annotations

import json

import pytest

from composer.contract import BlockReport, Rung
from composer.lessons.cases import JUDGED_BY, STANDINS, Row, Standing, numbered, rejected_case, sound_cases
from composer.reviews.model import RejectReason
from composer.writing import WriteTask
from evals.cases import load_cases
from evals.checking import Checker
from evals.snapshot import PersonFacts
from tests.kit.factories import make_task

PITCH = "The Copper Kettle has a slim spout that pours a steady line."
LICENSED = "You bought the Gyokuro 50 g on 31 October 2026."


def blocks(**texts: str) -> list[BlockReport]:
    keyed = {key.replace("_", ":"): text for key, text in texts.items()}
    return [BlockReport(key=key, text=text, rung=Rung.MODEL, reason="ok") for key, text in keyed.items()]


def test_an_approved_text_is_a_sound_case_and_passes_as_it_did() -> None:
    rows = sound_cases(make_task(), blocks(opening=LICENSED, pitch_kettle=PITCH))
    assert [Standing(row).kept for row in rows] == [True, True]
    assert [Standing(row).case.block.key for row in rows] == ["opening", "pitch:kettle"]


def test_a_wrong_price_that_got_through_is_caught_once_a_check_sees_it() -> None:
    [caught] = rejected_case(make_task(), blocks(opening="The Slate Cup is £4 today."), [RejectReason.WRONG_PRICE])
    [missed] = rejected_case(make_task(), blocks(opening="Here is the Slate Cup."), [RejectReason.WRONG_PRICE])
    assert Standing(caught).kept
    assert "price.wrong" in Standing(caught).rules
    assert not Standing(missed).kept


def test_another_rule_than_the_reason_is_about_does_not_count_as_caught() -> None:
    [row] = rejected_case(make_task(), blocks(opening="The Slate Cup is £4 today."), [RejectReason.TOO_PERSONAL])
    assert Standing(row).rules
    assert not Standing(row).kept


@pytest.mark.parametrize("reason", sorted(set(RejectReason) - set(JUDGED_BY)))
def test_what_no_check_of_a_text_can_see_makes_no_case(reason: RejectReason) -> None:
    assert rejected_case(make_task(), blocks(opening="Here is the Slate Cup."), [reason]) == []


def of_somebody() -> WriteTask:
    task = make_task()
    person = task.snapshot.person.model_copy(
        update={"city": "Whitby", "private": {**task.snapshot.person.private, "address_state": "IN"}}
    )
    return task.model_copy(update={"snapshot": task.snapshot.model_copy(update={"person": person})})


def test_no_name_address_or_id_is_in_a_case_and_the_text_keeps_its_sense() -> None:
    text = "{first_name}, MAEVE Quillfeather, in Whitby: write to maeve.q@post.example."
    [row] = sound_cases(of_somebody(), blocks(opening=text))
    said = json.dumps(row)
    for secret in ("Maeve", "MAEVE", "Quillfeather", "maeve.q@post.example", "e-1", "f-purchase"):
        assert secret not in said
    assert row["text"].startswith("Robin, Robin Marlowe, in Midham: write to ")
    assert STANDINS["email"] in row["text"]
    assert row["customer_facts"]["orders"], "the text is judged by what was bought"


def test_a_short_part_of_an_address_is_a_word_where_it_stands_in_a_text() -> None:
    [row] = sound_cases(of_somebody(), blocks(closing="Come IN and look around."))
    assert row["text"] == "Come IN and look around."


def test_a_customer_of_whom_nothing_is_known_makes_a_case_too() -> None:
    task = make_task()
    nobody = task.model_copy(update={"snapshot": task.snapshot.model_copy(update={"person": PersonFacts()})})
    [row] = sound_cases(nobody, blocks(closing="Hello {first_name}, have a quiet look around."))
    assert row["text"] == "Hello, have a quiet look around."


def test_a_file_of_them_is_read_and_judged_like_any_other() -> None:
    rows: list[Row] = sound_cases(make_task(), blocks(opening=LICENSED, closing="Have a quiet look around."))
    rows += rejected_case(make_task(), blocks(opening="The Slate Cup is £4 today."), [RejectReason.WRONG_PRICE])
    lines = [json.dumps(row).encode() for row in numbered("les_1", rows)]
    assert [case.id for case in load_cases(lines)] == ["les_1-1", "les_1-2", "les_1-3"]
    checker = Checker()
    answers = list(checker.check(lines))
    assert (checker.judged, checker.unread, checker.mistakes) == (3, 0, [])
    assert len(answers) == 3
