"""What the page shows of a run with more cases than a page can hold."""

from __future__ import annotations

import json

from evals.harness.result import CaseStatus
from evals.reports.html import html
from evals.reports.sample import ALL_SHOWN, shown
from tests.unit.evals.reports.runs import a_case, a_failure, a_run, a_suite

MANY = ALL_SHOWN + 1
LOCALES = ("en-GB", "de-DE", "fr-FR", "es-ES")


def test_a_small_run_is_shown_whole() -> None:
    suite = a_suite(*(a_case(f"c{number}") for number in range(500)))
    assert shown([suite]) == [list(suite.cases)]


def test_of_a_large_run_everything_that_did_not_pass_is_shown() -> None:
    failed = [a_failure(f"f{number}") for number in range(300)]
    known = [a_case(f"k{number}", CaseStatus.KNOWN_MISS) for number in range(20)]
    suite = a_suite(*failed, *(a_case(f"c{number}") for number in range(MANY)), *known)
    ids = [case.id for case in shown([suite])[0]]
    assert set(ids) >= {case.id for case in (*failed, *known)}
    assert len(ids) < 1000
    assert ids == [case.id for case in suite.cases if case.id in set(ids)]


def test_each_rule_category_locale_and_flow_keeps_some_of_its_passed_cases() -> None:
    cases = [
        a_case(
            f"c{number}",
            category=f"category{number % 40}",
            locale=LOCALES[number % 4],
            flow=f"flow{number % 7}",
            rules=(f"rule.{number % 60}",),
        )
        for number in range(MANY)
    ]
    some = shown([a_suite(*cases)])[0]
    for name in ("category", "locale", "flow", "rules"):
        assert {getattr(case, name) for case in some} == {getattr(case, name) for case in cases}


def test_a_case_that_passes_again_can_be_followed_from_what_changed() -> None:
    cases = [a_case(f"c{number}") for number in range(MANY)]
    page = html(a_run(a_suite(*cases)), a_run(a_suite(*cases[:3333], a_case("c3333", CaseStatus.FAIL), *cases[3334:])))
    data = json.loads(page.split('id="data">', 1)[1].split("</script>", 1)[0])
    assert "c3333" in [case["id"] for case in data["cases"]]


def test_the_page_says_how_many_it_leaves_out() -> None:
    page = html(a_run(a_suite(*(a_case(f"c{number}") for number in range(MANY)))))
    data = json.loads(page.split('id="data">', 1)[1].split("</script>", 1)[0])
    assert data["leftOut"] == MANY - len(data["cases"]) > 0
    assert "The JSON report holds every one." in page
    assert len(page) < 500_000
    small = html(a_run(a_suite(a_case())))
    assert '"leftOut":0' in small
    assert "The JSON report holds every one." not in small
