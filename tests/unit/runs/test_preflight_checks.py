"""What each check of a preflight says, at its edges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from composer.contract import ComposeResult, Path, Usage
from composer.documents import Brief, Offer
from composer.prices import Price
from composer.runs.audiences.members import BadRow
from composer.runs.audiences.report import AudienceReport
from composer.runs.model import RunRequest
from composer.runs.preflight import checks
from composer.runs.preflight.model import Check, Estimate, Level
from composer.runs.preflight.samples import Seen, Tried, extrapolate, links, spread, templates
from store.errors import InvalidInput
from tests.kit.factories import LIBRARY, NOW, make_brand, make_campaign

pytestmark = pytest.mark.anyio

NEWSLETTER = LIBRARY.flow("newsletter")


def report(**changes: Any) -> AudienceReport:
    """Ten customers who may all be written to."""
    return AudienceReport.model_validate({"customers": 10, "unknown": 0, "may_be_written_to": 10, **changes})


def estimate(**changes: Any) -> Estimate:
    """A hundred e-mails for a dollar."""
    values = {"based_on": "3 sample e-mails", "emails": 100, "calls": 100, "input_tokens": 900, "output_tokens": 100}
    return Estimate.model_validate({**values, "cost_usd": 1.0, "seconds": 10, **changes})


def request(**changes: Any) -> RunRequest:
    return RunRequest.model_validate({"audience": {"kind": "everyone"}, **changes})


def level(check: Check) -> str:
    return check.level.value


def tried(customer: str = "c-1", *, reason: str = "", html: str = "") -> Tried:
    """An e-mail, or a skip for this reason."""
    result = ComposeResult(
        id="" if reason else "msg_1",
        path=Path.SKIPPED if reason else Path.TEMPLATE,
        reason=reason or "ok",
        detail=f"Because of {reason}.",
        campaign="autumn",
        campaign_version=1,
        customer=customer,
        flow="newsletter",
        created_at=NOW,
        html=html,
    )
    return Tried(customer, result=result)


def test_rows_that_name_nobody_are_told_with_the_first_line_and_its_fix() -> None:
    row = BadRow(line=7, reason="There is no customer id in this row.", fix="Write one.")
    found = list(checks.audience(report(rejected=3, issues=[row], duplicates=2)))
    assert [(check.name, level(check)) for check in found] == [("audience", "ok"), ("audience file", "warn")]
    assert "3 rows name nobody; the first is line 7" in found[1].detail
    assert found[1].fix == "Write one."
    assert "2 were named more than once" in found[0].detail


def test_who_has_to_wait_is_counted_with_when_it_ends() -> None:
    waits = report(deferred={"capped": 3, "too_soon": 1}, deferred_until=NOW + timedelta(hours=5), quiet_now=2)
    waiting, quiet = checks.contact_rules(waits, request(defer_for="PT36H"), make_brand())
    assert (level(waiting), level(quiet)) == ("warn", "ok")
    assert "4 customers have to wait (3 capped, 1 too soon), the first until 2026-11-21 15:00 UTC" in waiting.detail
    assert "36 hours" in waiting.fix
    assert "2 customers" in quiet.detail


def test_without_anybody_waiting_the_rules_are_said_in_words() -> None:
    hours = make_brand(caps={"total": {"day": 1, "week": 3}}, quiet_hours={"start": "21:00", "end": "08:00"})
    [said] = checks.contact_rules(report(), request(), hours)
    assert said.detail == (
        "Nobody has to wait. At most 1 e-mail a day, 3 e-mails a week to one customer; none from 21:00 to 08:00."
    )
    [free] = checks.contact_rules(report(), request(), make_brand(caps={}))
    assert free.detail == "Nobody has to wait. As many e-mails to one customer as there are; at any hour."


def test_of_an_audience_of_nobody_it_is_not_told_too_that_consent_is_missing() -> None:
    nobody = report(customers=0, may_be_written_to=0)
    assert [check.name for check in (*checks.audience(nobody), *checks.consent(nobody))] == ["audience"]


@pytest.mark.parametrize(("may", "expected"), [(10, "ok"), (5, "ok"), (4, "warn"), (0, "stop")])
def test_consent_of_less_than_half_is_looked_at_and_of_nobody_stops(may: int, expected: str) -> None:
    assert level(*checks.consent(report(may_be_written_to=may, refusals={"no_consent": 10 - may}))) == expected


@pytest.mark.parametrize(
    ("offer", "send_in_days", "expected"),
    [
        pytest.param({}, 9, "ok", id="without an end"),
        pytest.param({"expires": 3}, 3, "ok", id="ends on the day of the last e-mail"),
        pytest.param({"expires": 3}, 4, "stop", id="ends before the last e-mail"),
        pytest.param({"expires": -1}, 4, "warn", id="ended"),
        pytest.param({"starts": 0}, 4, "ok", id="starts today"),
        pytest.param({"starts": 1}, 4, "warn", id="starts tomorrow"),
    ],
)
def test_an_offer_is_held_against_the_days_of_sending(offer: dict[str, int], send_in_days: int, expected: str) -> None:
    days = {name: (NOW + timedelta(days=ahead)).date() for name, ahead in offer.items()}
    brief = Brief(offers=(Offer.model_validate({"id": "ten", "kind": "percent", "value": 10, **days}),))
    campaign = make_campaign(brief=brief)
    (check,) = checks.offers(campaign, NEWSLETTER, NOW, NOW + timedelta(days=send_in_days))
    assert level(check) == expected


@pytest.mark.parametrize(
    ("fitting", "expected"),
    [
        (NEWSLETTER.picks.minimum - 1, "stop"),
        (NEWSLETTER.picks.minimum, "warn"),
        (NEWSLETTER.picks.count * checks.ENOUGH_PRODUCTS, "ok"),
    ],
)
def test_products_within_the_limits_are_enough_few_or_too_few(fitting: int, expected: str) -> None:
    found = list(checks.products(50, 50, 0, fitting, NEWSLETTER))
    assert [level(check) for check in found] == [expected, "ok"]


@pytest.mark.parametrize(("live", "indexed", "waiting"), [(50, 49, 0), (49, 50, 0), (50, 50, 1)])
def test_an_index_that_is_not_the_catalog_is_told(live: int, indexed: int, waiting: int) -> None:
    *_, index = checks.products(live, indexed, waiting, 50, NEWSLETTER)
    assert level(index) == "warn"


@pytest.mark.parametrize(
    ("limits", "takes", "expected"),
    [
        pytest.param({}, {}, "No budget is set", id="none"),
        pytest.param({"budget_usd": "1"}, {}, "covers", id="exactly enough"),
        pytest.param({"budget_usd": "0.99"}, {}, "$1.00 is needed, the budget is $0.99", id="short of money"),
        pytest.param({"budget_tokens": 1000}, {}, "covers", id="tokens are a budget too"),
        pytest.param({"budget_tokens": 999}, {}, "1,000 tokens are needed", id="short of tokens"),
        pytest.param({}, {"cost_usd": 0}, "costs nothing", id="free"),
        pytest.param({"budget_usd": "1"}, {"cost_usd": None}, "price of the model is not known", id="price unknown"),
        pytest.param({"budget_tokens": 1000}, {"cost_usd": None}, "covers", id="price unknown, tokens limited"),
    ],
)
def test_a_budget_is_there_and_lasts(limits: dict[str, Any], takes: dict[str, Any], expected: str) -> None:
    check = checks.budget(request(**limits), estimate(**takes))
    assert expected in check.detail
    assert (check.level is Level.OK) == (expected in ("covers", "costs nothing"))


def test_a_fact_that_no_email_rests_on_is_told_to_whoever_wrote_it() -> None:
    told = list(checks.brand(make_brand(facts=["We are in Whitby.", "Vote for Grubb."])))
    [fact] = [check for check in told if check.name == "brand facts"]
    assert fact.level is Level.WARN
    assert "Vote for Grubb." in fact.detail


def test_a_sentence_of_the_brief_that_no_writer_is_shown_is_told() -> None:
    brief = Brief(message="Spring is here. {{ first_name }}, look at the tulips.")
    [told] = checks.message(make_campaign(brief=brief))
    assert told.level is Level.WARN
    assert "look at the tulips" in told.detail
    assert list(checks.message(make_campaign(brief=Brief(message="Spring is here.")))) == []


def test_the_brand_of_an_example_is_told() -> None:
    (check,) = checks.brand(make_brand())
    assert "no mailbox provider" in check.detail


def test_a_customer_of_each_locale_comes_before_a_second_of_any() -> None:
    previewed = {"en": ["a1", "a2", "a3"], "de": ["b1"], "fr": ["c1", "c2"]}
    assert spread(previewed, 4) == ["a1", "b1", "c1", "a2"]
    assert spread({str(number): [f"x{number}"] for number in range(40)}, 20) == [f"x{number}" for number in range(12)]
    assert spread({}, 5) == []


def test_skips_are_a_warning_until_everybody_is_skipped() -> None:
    (some,) = templates([tried(), tried(reason="no_cart"), tried(reason="no_cart")])
    assert (level(some), some.detail) == (
        "warn",
        "2 of 3 sample customers would be skipped, most as no_cart: Because of no_cart.",
    )
    (every,) = templates([tried(reason="no_cart")])
    assert level(every) == "stop"
    (broken,) = templates([tried(), Tried("c-2", error=InvalidInput("No layout.", fix="Add it."))])
    assert (level(broken), broken.fix) == ("stop", "Add it.")
    assert list(templates([])) == []


async def test_a_foreign_link_stops_and_is_never_followed() -> None:
    async def follow(url: str) -> str | None:
        raise AssertionError(url)

    foreign = tried(html='<a href="https://harbourleaf.example.evil.example/p">Tea</a>')
    (check,) = await links([foreign], make_brand(), follow)
    assert level(check) == "stop"
    assert "is not harbourleaf.example" in check.detail


def test_what_samples_took_is_scaled_to_everybody() -> None:
    usage = Usage(calls=4, input_tokens=2_000, output_tokens=400, model_ms=4_000, own_ms=20)
    seen = Seen(2, usage, "2 sample e-mails")
    found = extrapolate(seen, emails=1_000, price=Price(1e-6, 1e-5), concurrency=10)
    assert (found.calls, found.input_tokens, found.output_tokens) == (2_000, 1_000_000, 200_000)
    assert found.cost_usd == pytest.approx(1 + 2)
    # Each waits two seconds for the model, ten at a time, with ten milliseconds of our own.
    assert found.seconds == pytest.approx(1_000 * 2.01 / 10)


def test_our_own_time_is_never_side_by_side() -> None:
    seen = Seen(1, Usage(calls=1, model_ms=100, own_ms=50), "1 sample e-mails")
    assert extrapolate(seen, emails=1_000, price=None, concurrency=500).seconds == pytest.approx(50)


def test_an_unknown_price_is_not_nothing_but_templates_are_free() -> None:
    called, templated = (Seen(1, Usage(calls=calls), "") for calls in (1, 0))
    assert extrapolate(called, emails=10, price=None, concurrency=1).cost_usd is None
    assert extrapolate(templated, emails=10, price=None, concurrency=1).cost_usd == 0
