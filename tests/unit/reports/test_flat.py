"""A report as a spreadsheet: one figure a row, and no name that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest

from composer.reports.flat import as_csv
from composer.reports.model import (
    ArmGroup,
    ArmLine,
    ArmTold,
    By,
    Compared,
    Curve,
    CurvePoint,
    ExperimentTold,
    Line,
    Values,
)
from composer.reports.model import Report as Whole
from composer.results.leaving_out import left_out
from composer.results.model import Comparison, Interval

FORMULAS = ["=HYPERLINK(0)", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", " =1"]
SINCE, UNTIL = date(2026, 6, 1), date(2026, 7, 1)


def report(name: str = "Autumn") -> Whole:
    """Whose difference is below nothing."""
    made = Interval(value=-0.5, low=-2.0, high=1.0)
    compared = Compared(
        key="autumn", name=name, mailed=900, held_out=100, mailed_mean=1.0, held_out_mean=1.5, sentence="",
        comparison=Comparison(revenue=made, verdict="cannot_tell_yet"), compared_since=SINCE, compared_until=UNTIL,
    )  # fmt: skip
    line = Line(key="autumn", name=name, emails=800, orders=8, revenue=400.0, per_email=0.5)
    rest = left_out({"other_ways": 3})
    arm = ArmLine(
        arm=name, emails=9, effective=8.0, click_rate=made, conversion=None, unsubscribe_rate=None, rpe=None
    )  # fmt: skip
    told = ArmTold(arm="b", customers=10, verdict="cannot_tell_yet", difference=made, sentence="")
    test = ExperimentTold(id="exp_1", name=name, metric="", running=True, mismatch=False, arms=[told])
    curve = Curve(key="2026-03", customers=30, points=[CurvePoint(month=1, customers=30, value=made)])
    return Whole(
        since=SINCE, until=UNTIL, currency="GBP", currencies=["GBP"], window_days=7, counted_at=None,
        incremental_note="", shop=None, shop_in_windows=None, occasions_note="", flows=[], campaigns=[compared],
        experiments=[test], attributed_note="",
        left_out=[], rules=["r1"], total=line, lines={"campaign": [line]}, arms_note="",
        arms=[ArmGroup(dimension="tone", flow="", emails=9, left_out=rest, arms=[arm], sentence="")],
        values=Values(as_of=datetime(2026, 7, 1, tzinfo=UTC), currency="GBP", acquired=[curve], contacted=[]),
    )  # fmt: skip


def rows(name: str = "Autumn", by: By = "campaign") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(report(name), by))))


def test_what_may_be_believed_most_comes_first() -> None:
    assert list(dict.fromkeys(row["section"] for row in rows())) == ["incremental", "experiment", "attributed", "value"]
    assert "arm" in {row["section"] for row in rows(by="arm")}


def test_figures_are_numbers_also_below_nothing() -> None:
    [row] = [one for one in rows() if one["section"] == "incremental" and one["metric"] == "revenue_per_customer"]
    assert (row["value"], row["low"], row["high"]) == ("-0.5", "-2.0", "1.0")
    assert (row["verdict"], row["unit"]) == ("cannot_tell_yet", "GBP")


def test_what_is_left_out_stands_in_rows_of_its_own_with_the_reason_in_words() -> None:
    [row] = [one for one in rows(by="arm") if one["metric"].startswith("left_out")]
    assert (row["section"], row["by"], row["value"], row["unit"]) == ("arm", "tone", "3", "e-mails")
    assert row["note"] == "3 e-mails that could not have had all of these are left out."


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_that_is_a_formula_is_text(name: str) -> None:
    found = [row for by in ("campaign", "arm") for row in rows(name, by)]
    assert name in {row["name"].removeprefix("'") for row in found}
    for row in found:
        for cell in (row["key"], row["name"], row["verdict"], row["unit"], row["by"]):
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))
