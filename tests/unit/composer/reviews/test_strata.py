"""What an e-mail is sampled by: its kind, and how much there is to look at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from composer.contract import BlockReport, ComposeResult, Path, Rung
from composer.reviews.strata import WHY, in_words, look_at
from evals.sameness import RULE as REPEATS
from evals.verdict import Severity, Status, Verdict


def email(*blocks: tuple[Rung, str], verdicts: list[Verdict] | None = None, **more: Any) -> ComposeResult:
    keys = ("subject", "opening", "closing", "cta")
    return ComposeResult(
        id="msg_1",
        path=Path.MODEL,
        campaign="autumn",
        campaign_version=1,
        customer="c-1",
        flow="welcome",
        locale="en-GB",
        created_at=datetime(2026, 10, 1, tzinfo=UTC),
        blocks=[
            BlockReport(key=key, text="Tea", rung=rung, reason=reason)
            for key, (rung, reason) in zip(keys, blocks, strict=False)
        ],
        verdicts=verdicts or [],
        **{"facts": [{"id": "f1"}], **more},
    )


def failed(rule: str, severity: Severity = Severity.BLOCK, **more: Any) -> Verdict:
    return Verdict(**{"rule": rule, "status": Status.FAIL, "severity": severity, "block": "opening", **more})


def test_an_e_mail_with_nothing_to_look_at_has_no_risk_and_no_near_miss() -> None:
    look = look_at(email((Rung.MODEL, "ok"), (Rung.MODEL, "ok")), "new")
    assert look == ("welcome · new · en-GB · model · –", 0.0, ())


def test_the_worst_rung_counts_among_blocks_that_a_model_was_asked_for() -> None:
    look = look_at(email((Rung.MODEL, "ok"), (Rung.REPAIR, "price.wrong"), (Rung.TEMPLATE_BLOCK, "not_offered")), "new")
    assert look.stratum == "welcome · new · en-GB · repair · –"
    assert look.why == ("repaired",)


def test_templates_that_nobody_asked_a_model_for_are_no_reason_to_look() -> None:
    look = look_at(email((Rung.TEMPLATE_BLOCK, "no_writer"), (Rung.TEMPLATE_BLOCK, "no_writer")), "")
    assert look == ("welcome · – · en-GB · template_block · –", 0.0, ())


CASES: list[tuple[str, ComposeResult, bool]] = [
    ("held_back", email((Rung.REASK, "price.wrong"), verdicts=[failed("price.wrong")]), False),
    ("asked_again", email((Rung.REASK, "price.wrong")), False),
    ("other_model", email((Rung.OTHER_MODEL, "price.wrong")), False),
    ("repaired", email((Rung.REPAIR, "ok")), False),
    ("fell_back", email((Rung.TEMPLATE_BLOCK, "price.wrong")), False),
    ("warned", email((Rung.MODEL, "ok"), verdicts=[failed("style.spam", Severity.WARN)]), False),
    ("says_the_same", email((Rung.MODEL, "ok"), verdicts=[failed(REPEATS, Severity.WARN)]), False),
    ("check_crashed", email((Rung.MODEL, "ok"), verdicts=[failed("price.wrong", crashed=True)]), False),
    ("message_held_back", email((Rung.MODEL, "ok"), verdicts=[failed("url.foreign", block="message")]), False),
    ("thin_facts", email((Rung.MODEL, "ok"), facts=[]), False),
    ("first_offer", email((Rung.MODEL, "ok"), decision={"offer": "welcome-10"}), True),
]


@pytest.mark.parametrize(("code", "result", "first"), CASES, ids=[code for code, _, _ in CASES])
def test_each_thing_to_look_at_has_its_code_its_words_and_some_risk(
    code: str, result: ComposeResult, first: bool
) -> None:
    look = look_at(result, "active", first=first)
    assert code in look.why
    assert 0 < look.risk < 1
    assert WHY[code] in in_words(look.why)


def test_an_offer_in_a_later_e_mail_is_nothing_new() -> None:
    assert look_at(email((Rung.MODEL, "ok"), decision={"offer": "welcome-10"}), "active").why == ()


def test_two_things_to_look_at_are_more_than_one() -> None:
    one = look_at(email((Rung.REPAIR, "ok")), "new")
    two = look_at(email((Rung.REPAIR, "ok"), verdicts=[failed("style.spam", Severity.WARN)]), "new")
    assert two.risk > one.risk
    assert two.why[0] == "warned"


def test_the_near_miss_is_the_gravest_rule_and_what_is_said_before_how_it_is_said() -> None:
    verdicts = [failed("style.spam", Severity.WARN), failed("repetition.loop"), failed("price.wrong")]
    look = look_at(email((Rung.REASK, "ok"), verdicts=verdicts), "lapsed")
    assert look.stratum == "welcome · lapsed · en-GB · reask · price.wrong"


def test_a_code_that_nobody_knows_any_more_is_left_out() -> None:
    assert in_words(["warned", "of_long_ago"]) == [WHY["warned"]]


def test_every_code_has_words_without_an_underscore() -> None:
    assert all("_" not in words for words in WHY.values())
