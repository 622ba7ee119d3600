"""What a recipient came to, and how that counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.batch import Prepared, Written
from composer.contract import BlockReport, ComposeRequest, ComposeResult, Path, Rung, Usage
from composer.finish import Finished
from composer.runs.model import EXAMPLES, RecipientStatus, Tally
from composer.runs.outcomes import Health, Outcome, counted, final_of, health_of, summed
from evals.verdict import Severity, Status, Verdict
from store.errors import NotFound
from tests.kit.factories import NOW

CALLS = Usage(model="one", calls=2, input_tokens=10, output_tokens=5, cost_usd=0.5)


def result(*reasons: str, path: Path = Path.MODEL, **changes: Any) -> ComposeResult:
    """An e-mail whose blocks came about for these reasons."""
    blocks = [BlockReport(key="subject", text="Tea", rung=Rung.MODEL, reason=reason) for reason in reasons]
    values = {"id": "msg_1", "campaign": "autumn", "campaign_version": 1, "customer": "c-1", "flow": "newsletter"}
    return ComposeResult.model_validate({**values, "path": path, "created_at": NOW, "blocks": blocks, **changes})


def written(finished: ComposeResult | None = None) -> Outcome:
    """One recipient after the model."""
    prepared = Prepared(ComposeRequest(campaign="autumn", customer="c-1"))
    made = cast(Finished, SimpleNamespace(result=finished)) if finished else None
    return Outcome(0, "c-1", 1, written=Written(prepared, finished=made))


def health(*reasons: str, path: Path = Path.MODEL) -> Health | None:
    """What such an e-mail says about going on."""
    email = result(*reasons, path=path)
    return health_of(final_of(written(email), email))


def test_each_outcome_is_one_status_with_its_reason() -> None:
    email = result("ok", usage=CALLS)
    skip = result(path=Path.SKIPPED, reason="holdout", detail="In the holdout.", id="")
    broken = Outcome(0, "c-1", 3, error=NotFound("There is no customer 'c-1'.", reason="unknown_customer"))
    finals = [final_of(written(email), email), final_of(written(), skip), final_of(broken, None)]
    assert [(final.status, final.reason, final.email_id) for final in finals] == [
        (RecipientStatus.COMPOSED, "", "msg_1"),
        (RecipientStatus.SKIPPED, "holdout", ""),
        (RecipientStatus.FAILED, "unknown_customer", ""),
    ]
    tally = counted(finals)
    assert (tally.composed, tally.skipped, tally.failed, tally.done) == (1, 1, 1, 3)
    assert (tally.paths, tally.rungs) == ({"model": 1}, {"model": 1})
    assert (tally.reasons, tally.usage) == ({"holdout": 1, "unknown_customer": 1}, CALLS)


def test_what_storing_refuses_is_a_failure() -> None:
    email = result("ok")
    assert final_of(written(email), NotFound("Gone.", reason="gone")).reason == "gone"


def test_a_call_that_was_paid_for_counts_though_another_e_mail_won() -> None:
    ours, theirs = result("ok", usage=CALLS), result("ok", id="msg_2")
    final = final_of(written(ours), theirs)
    assert (final.email_id, counted([final]).usage.cost_usd) == ("msg_2", 0.5)


def test_an_e_mail_that_was_there_already_costs_nothing() -> None:
    email = result("ok", usage=CALLS)
    final = final_of(written(), email)
    assert (counted([final]).composed, counted([final]).usage.calls) == (1, 0)
    assert health_of(final) is None


def test_tallies_add_up() -> None:
    email = result("ok", usage=CALLS)
    one = counted([final_of(written(email), email)])
    other = one.model_copy(update={"usage": CALLS.model_copy(update={"model": "two"})})
    both = summed([one, other, Tally()])
    assert (both.composed, both.rungs, both.usage.cost_usd, both.usage.model) == (2, {"model": 2}, 1.0, "one, two")


@pytest.mark.parametrize(
    ("reasons", "path", "expected"),
    [
        pytest.param(["ok", "ok"], Path.MODEL, Health(), id="fine"),
        pytest.param(["ok", "model_timeout"], Path.MODEL, Health(model_failures=0.5), id="one call unanswered"),
        pytest.param(["circuit_open", "deadline"], Path.TEMPLATE, Health(1.0, 0.0, 1.0), id="model away"),
        pytest.param(["ok", "price.wrong"], Path.MODEL, Health(check_failures=0.5), id="one text held back"),
        pytest.param(["ok", "not_offered"], Path.MODEL, Health(), id="blocks left to templates do not count"),
        pytest.param(["no_writer"], Path.TEMPLATE, Health(), id="no model at all"),
    ],
)
def test_an_e_mail_says_how_the_model_does(reasons: list[str], path: Path, expected: Health) -> None:
    assert health(*reasons, path=path) == expected


def test_a_failed_recipient_says_so_and_a_skipped_one_says_nothing() -> None:
    assert health_of(final_of(Outcome(0, "c-1", 1, error=NotFound("Gone.")), None)) == Health(failed=1.0)
    assert health_of(final_of(written(), result(path=Path.SKIPPED, reason="holdout"))) is None


def verdict(rule: str, severity: Severity = Severity.BLOCK) -> Verdict:
    return Verdict(rule=rule, status=Status.FAIL, severity=severity, block="opening")


def test_an_e_mail_counts_once_for_each_rule_that_held_a_text_of_it_back() -> None:
    held = [verdict("price.wrong"), verdict("price.wrong"), verdict("empty", Severity.REPAIR)]
    caught = result("ok", id="msg_1", verdicts=[*held, verdict("style.spam", Severity.WARN)])
    tally = counted([final_of(written(), caught)])
    assert tally.rules == {"price.wrong": 1, "empty": 1}
    assert tally.examples == {"price.wrong": ["msg_1"], "empty": ["msg_1"]}


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.lists(st.sampled_from("1234567"), max_size=3, unique=True))))
def test_few_examples_are_kept_of_each_rule_and_none_twice(parts: list[dict[str, list[str]]]) -> None:
    together = summed(Tally(examples=part) for part in parts).examples
    for rule, kept in together.items():
        offered = [one for part in parts for one in part.get(rule, [])]
        assert kept == list(dict.fromkeys(offered))[:EXAMPLES]
