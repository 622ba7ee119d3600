"""Reports over facts made by hand, on both databases: what is compared, what is attributed, what is never added up."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from composer.bandit.tables import DecisionRow
from composer.campaigns import save_brand, save_campaign
from composer.experiments.tables import HoldoutRow
from composer.facts.forgetting import forget_episodes
from composer.facts.tables import EpisodeRow
from composer.facts.updating import FACTS
from composer.facts.updating import VERSION as FACTS_VERSION
from composer.reports.flat import as_csv
from composer.reports.model import Period, Report
from composer.reports.reading import learn_reports, read_report
from composer.results.reading import all_results, results_of
from composer.tables import CampaignVersionRow
from memory.learned import Learned, save_learned
from store.database import Database
from store.errors import InvalidInput
from store.upsert import table_of
from tests.kit.factories import make_brand, make_campaign
from tests.kit.reports import SENT, email, episode, keep, withdraw

pytestmark = pytest.mark.anyio

PERIOD = Period(date(2026, 6, 1), date(2026, 7, 1))
TODAY = datetime(2026, 6, 28, 12, tzinfo=UTC)


async def open_shop(database: Database, **campaign: Any) -> None:
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(**campaign))


async def report_of(database: Database, period: Period = PERIOD, currency: str = "") -> Report:
    async with database.session(readonly=True) as session:
        return await read_report(session, period, currency)


def two_sides(mailed: int, held: int, *, side: str = "holdout", **changes: Any) -> list[EpisodeRow | DecisionRow]:
    """600 customers on each side, of whom so many bought for 50."""
    bought = [("mailed", mailed), (side, held)]
    return [
        episode(number + 1_000 * (which != "mailed"), which, 50.0 if number < buyers else 0.0, **changes)
        for which, buyers in bought
        for number in range(600)
    ]


async def test_what_the_e_mails_made_is_told_first_and_what_is_attributed_is_called_no_proof(
    database: Database,
) -> None:
    await open_shop(database)
    await keep(
        database, [*two_sides(300, 100), *(email(number, 50.0 if number < 30 else 0.0) for number in range(600))]
    )
    found = await report_of(database)
    [campaign], [flow] = found.campaigns, found.flows
    assert campaign.comparison.verdict == flow.comparison.verdict == "more"
    assert (campaign.mailed, campaign.held_out) == (600, 600)
    assert campaign.comparison.revenue is not None
    assert campaign.comparison.revenue.value == pytest.approx(50 * 200 / 600)
    assert "than those held out" in flow.sentence
    assert found.attributed_note.startswith("Attributed: not proof")
    assert found.total.orders == 30
    assert found.rules == ["r1"]
    assert list(Report.model_fields).index("campaigns") < list(Report.model_fields).index("total")


async def test_rates_are_of_e_mails_with_what_they_may_as_well_be(database: Database) -> None:
    await open_shop(database)
    rows: list[EpisodeRow | DecisionRow] = [
        email(number, 20.0 if number < 4 else 0.0, clicked=number < 10, opened=number < 40, machine_opened=number >= 90)
        for number in range(100)
    ]
    rows += [email(200, lifecycle="lapsed", flow="win_back", unsubscribed=True, complained=True)]
    rows += [
        episode(number, spent=20.0 + 20.0 * (number == 1), margin=None if number else 50_000) for number in range(3)
    ]
    await keep(database, rows)
    found = await report_of(database)
    by_flow = {line.key: line for line in found.lines["flow"]}
    line = by_flow["newsletter"]
    assert line.click_rate is not None
    assert line.click_rate.value == pytest.approx(0.1)
    assert 0.05 < line.click_rate.low < 0.1 < line.click_rate.high < 0.18
    assert line.open_rate is not None
    assert line.open_rate.value == pytest.approx(0.4)
    assert (line.machine_opened, line.converted, line.revenue) == (10, 4, 80.0)
    assert line.per_email == pytest.approx(0.8)
    assert line.rpe is None
    # Of what they bought: three orders, of one of which the cost is known.
    assert line.aov == pytest.approx(80 / 3)
    assert line.margin_rate == pytest.approx(0.25)
    assert line.margin_known == pytest.approx(20 / 80)
    assert by_flow["win_back"].unsubscribed == by_flow["win_back"].complained == 1
    assert {one.key for one in found.lines["lifecycle"]} == {"active", "lapsed"}


async def test_only_e_mails_that_left_and_were_counted_are_in_a_report(database: Database) -> None:
    await open_shop(database)
    taken_back = email(1, clicked=True)
    await keep(database, [email(0), taken_back, email(2, counted_at=None), email(3, at=SENT - timedelta(days=60))])
    async with database.session(readonly=True) as session:
        row = await session.get(DecisionRow, f"msg_{1:026}")
    assert row is not None
    await withdraw(database, row, 1)
    assert (await report_of(database)).total.emails == 1


async def test_against_the_shops_holdout_stands_everybody_who_was_not_in_it_on_days_it_was_in_force(
    database: Database,
) -> None:
    await open_shop(database)
    rows: list[EpisodeRow | DecisionRow] = [*two_sides(300, 100, side="global_holdout")]
    # Held out of a campaign is not held out of the shop: these belong to who may be written to.
    rows += [episode(3_000 + number, "holdout", 50.0 if number < 100 else 0.0) for number in range(200)]
    await keep(database, rows)
    held: dict[str, Any] = {"id": "h", "share": 0.1, "salt": "s", "set_by": "me", "changed_at": SENT}
    async with database.session() as session:
        session.add(HoldoutRow(**held, starts_at=SENT - timedelta(days=5), ends_at=SENT + timedelta(days=9)))
    found = (await report_of(database)).shop_in_windows
    assert found is not None
    assert (found.per, found.mailed, found.held_out) == ("occasion", 800, 600)
    assert found.comparison.revenue is not None
    assert found.comparison.revenue.value == pytest.approx(50 * (400 / 800 - 100 / 600))
    # Whole days on which it was in force: nobody is compared with those who were written to before.
    assert (found.compared_since, found.compared_until) == (date(2026, 6, 6), date(2026, 6, 19))


async def test_what_a_comparison_leaves_out_is_counted_and_said_with_the_reason(database: Database) -> None:
    await open_shop(database)
    async with database.session() as session:
        await save_campaign(session, make_campaign(id="alone", name="Alone"))
    rows = [*two_sides(300, 100), *(episode(5_000 + number, campaign_id="alone") for number in range(30))]
    rows += [episode(6_000, spent=50.0, other_currency=1), episode(6_001, "holdout", 50.0, other_currency=1)]
    await keep(database, rows)
    found = await report_of(database)
    [flow] = found.flows
    by_name = {one.key: one for one in found.campaigns}
    assert [(one.why, one.count, one.of) for one in by_name["autumn"].left_out] == [("other_currency", 2, "orders")]
    assert "their money is not" in by_name["autumn"].left_out[0].sentence
    assert [(one.why, one.count) for one in flow.left_out] == [("no_holdout", 1), ("other_currency", 2)]
    told = list(csv.DictReader(io.StringIO(as_csv(found, "campaign"))))
    [row] = [one for one in told if (one["by"], one["metric"]) == ("flow", "left_out_no_holdout")]
    assert (row["value"], row["unit"]) == ("1", "campaigns")
    assert row["note"] == "1 campaign is not compared: nobody was held out, or too few to compare."


async def test_who_came_while_another_share_was_held_out_and_days_of_sums_alone_are_left_out_and_counted(
    sqlite_database: Database,
) -> None:
    database = sqlite_database
    await open_shop(database, brief={"holdout": 0.1})
    async with database.session() as session:
        await save_campaign(session, make_campaign(brief={"holdout": 0.5}))
        versions = table_of(CampaignVersionRow)
        for version, at in ((1, SENT - timedelta(days=90)), (2, SENT - timedelta(days=2))):
            await session.execute(update(versions).where(versions.c.version == version).values(created_at=at))
    times = (SENT - timedelta(days=6), SENT - timedelta(days=4), SENT)
    rows: list[EpisodeRow | DecisionRow] = [
        episode(1_000 * place + number, "holdout" if number % 2 else "mailed", begins=begins)
        for place, begins in enumerate(times)
        for number in range(10 * (place + 1))
    ]
    await keep(database, rows)
    async for _ in forget_episodes(database, SENT - timedelta(days=5)):
        pass
    [campaign] = (await report_of(database)).campaigns
    assert {one.why: one.count for one in campaign.left_out} == {"other_share": 20, "sums_only": 10}


async def test_days_asked_for_make_no_claim_of_their_own(database: Database) -> None:
    """In the first days those held out bought more, in the last those who were written to: together, nothing."""
    await open_shop(database)
    before, period = SENT - timedelta(days=40), Period(date(2026, 6, 1), date(2026, 7, 1))
    await keep(database, [*two_sides(100, 300, begins=before), *two_sides(300, 100)])
    found = await report_of(database, period)
    [campaign], [flow] = found.campaigns, found.flows
    for one in (campaign, flow):
        assert (one.comparison.verdict, one.compared_since, one.mailed) == ("cannot_tell_yet", before.date(), 600)
        assert "This is of all days since 01 May 2026, not only of those asked for." in one.sentence
        assert one.in_period is not None
        assert one.in_period.one_look_difference is not None
        assert one.in_period.one_look_difference.value == pytest.approx(50 * 200 / 600)
        assert one.in_period.one_look_difference.low > 10
        assert (one.in_period.mailed, one.in_period.held_out) == (600, 600)
    # A page of the last days claims as little as the report.
    async with database.session(readonly=True) as session:
        [panel] = await all_results(session, since=period.since)
        alone = await results_of(session, "autumn", since=period.since)
    assert panel.comparison == alone.comparison == campaign.comparison
    assert panel.mailed.customers == 600
    assert panel.in_period is not None
    assert campaign.in_period is not None
    assert panel.in_period.one_look_difference == campaign.in_period.one_look_difference


async def test_what_is_compared_of_a_flow_does_not_depend_on_which_of_its_campaigns_ran_in_the_period(
    sqlite_database: Database,
) -> None:
    await open_shop(sqlite_database)
    async with sqlite_database.session() as session:
        await save_campaign(session, make_campaign(id="spring", name="Spring"))
    await keep(sqlite_database, two_sides(300, 100, campaign_id="spring", begins=SENT - timedelta(days=40)))
    await keep(sqlite_database, two_sides(100, 100))
    all_days = await report_of(sqlite_database, Period(date(2026, 4, 1), PERIOD.until))
    late = await report_of(sqlite_database)
    assert late.flows[0].comparison == all_days.flows[0].comparison
    assert all_days.flows[0].in_period is None
    assert [one.key for one in late.campaigns] == ["autumn"]
    assert late.campaigns[0].in_period is None
    # Days on which none of them came to anybody are none of theirs.
    after = await report_of(sqlite_database, Period(PERIOD.until, PERIOD.until + timedelta(days=9)))
    assert (after.flows, after.campaigns) == ([], [])


async def test_whom_the_shop_holds_out_is_not_said_to_be_left_out_of_a_campaigns_comparison(
    sqlite_database: Database,
) -> None:
    database, old = sqlite_database, SENT - timedelta(days=10)
    await open_shop(database, brief={"holdout": 0.1})
    sides = {"mailed": range(10), "holdout": range(100, 110), "global_holdout": range(200, 700)}
    await keep(database, [episode(number, side, begins=old) for side, some in sides.items() for number in some])
    await keep(database, [episode(2_000 + number, ("mailed", "holdout")[number % 2]) for number in range(60)])
    async for _ in forget_episodes(database, SENT - timedelta(days=5)):
        pass
    [campaign] = (await report_of(database, Period(date(2026, 5, 1), PERIOD.until))).campaigns
    assert {one.why: one.count for one in campaign.left_out} == {"sums_only": 20}
    assert campaign.compared_since == (SENT - timedelta(days=5)).date()


async def test_without_any_holdout_no_lift_is_named(database: Database) -> None:
    await open_shop(database)
    await keep(database, [episode(number, spent=50.0) for number in range(100)])
    found = await report_of(database)
    assert found.shop is None
    [campaign] = found.campaigns
    assert campaign.comparison.verdict == "no_holdout"
    assert campaign.comparison.revenue is None
    assert "nobody knows" in campaign.sentence


async def test_of_one_customer_nothing_is_concluded(database: Database) -> None:
    await open_shop(database)
    await keep(database, [episode(0, spent=50.0), email(0, 50.0)])
    found = await report_of(database)
    assert found.campaigns[0].comparison.revenue is None
    assert found.total.emails == 1
    assert found.total.click_rate is not None
    assert found.total.click_rate.high > 0.7


async def test_an_empty_shop_has_an_empty_report(database: Database) -> None:
    found = await report_of(database)
    assert (found.currency, found.campaigns, found.total.emails, found.total.click_rate) == ("", [], 0, None)
    assert as_csv(found, "campaign").splitlines()[0].startswith("since,until,section,by,key,name,metric,value")


async def test_money_of_two_currencies_is_never_added_up(database: Database) -> None:
    await open_shop(database)
    async with database.session() as session:
        await save_brand(session, make_brand(id="hafen", currency="EUR", locale="de-DE"))
        await save_campaign(session, make_campaign(id="herbst", brand="hafen"))
    rows: list[EpisodeRow | DecisionRow] = [episode(0, spent=50.0), episode(2, spent=50.0), email(0, 50.0)]
    rows += [episode(1, spent=70.0, campaign_id="herbst"), email(1, 70.0, campaign_id="herbst")]
    await keep(database, rows)
    pounds, euros = await report_of(database), await report_of(database, currency="EUR")
    assert (pounds.currency, pounds.currencies, pounds.total.revenue) == ("GBP", ["GBP", "EUR"], 50.0)
    assert (euros.currency, euros.total.revenue, euros.flows[0].mailed) == ("EUR", 70.0, 1)
    assert [one.sentence for one in pounds.left_out] == [
        "1 campaign is in another currency: each currency has its own report."
    ]
    with pytest.raises(InvalidInput, match="No brand has this currency"):
        await report_of(database, currency="USD")


async def test_arms_compare_as_if_everybody_had_got_each(database: Database) -> None:
    """Warm went mostly to those who click: unweighted it would look better, though it changes nothing."""
    await open_shop(database)
    rows: list[EpisodeRow | DecisionRow] = []
    for number in range(2_000):
        eager = number % 2 == 0
        warm = 0.8 if eager else 0.2
        arm = "warm" if number // 2 % 10 < warm * 10 else "plain"
        choice = {"tone": [arm, warm if arm == "warm" else 1 - warm, ["plain", "warm"]]}
        # Of the eager one in five clicks in either arm, of the others nobody.
        rows.append(email(number, arm=arm, clicked=eager and number // 20 % 5 == 0, choices=choice))
    other = {"tone": ["warm", 1 / 3, ["plain", "warm", "expert"]]}
    rows += [email(5_000, clicked=True, choices=other), email(5_001, choices={"tone": ["warm", 1.0, ["warm"]]})]
    await keep(database, rows)
    [group] = (await report_of(database)).arms
    rates = {one.arm: one.click_rate for one in group.arms}
    for rate in rates.values():
        assert rate is not None
        assert rate.value == pytest.approx(0.1, abs=0.005)
    assert (group.emails, [(one.why, one.count) for one in group.left_out]) == (2_000, [("other_ways", 1)])
    assert all(one.effective < one.emails for one in group.arms)
    assert group.sentence == "Cannot tell yet which of them is clicked most."


async def test_reports_of_usual_periods_are_made_beforehand_and_hold_until_it_is_counted_again(
    database: Database,
) -> None:
    await open_shop(database)
    await keep(database, [email(0)])
    period = Period.last(28, TODAY.date())
    async with database.session() as session:
        await save_learned(session, Learned(FACTS, FACTS_VERSION, TODAY, {}))
    await learn_reports(database, TODAY)
    await keep(database, [email(1)])
    assert (await report_of(database, period)).total.emails == 1
    assert (await report_of(database, Period(period.since, period.until + timedelta(days=1)))).total.emails == 2
    async with database.session() as session:
        await save_learned(session, Learned(FACTS, FACTS_VERSION, TODAY + timedelta(hours=1), {}))
    assert (await report_of(database, period)).total.emails == 2


@pytest.mark.parametrize(
    "period", [Period(date(2026, 6, 2), date(2026, 6, 2)), Period(date(2020, 1, 1), date(2026, 1, 1))]
)
async def test_a_period_of_no_day_or_of_too_many_is_refused(database: Database, period: Period) -> None:
    with pytest.raises(InvalidInput):
        await report_of(database, period)
