"""The eval report in a real browser: closed to the outside, readable at any width, usable by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from evals.harness.result import CaseResult, CaseStatus, Evaluation, Mark
from evals.reports import write_html
from tests.kit.axe import Axe
from tests.unit.evals.reports.runs import MARK, a_case, a_failure, a_run, a_share, a_suite, a_timing, some_groups

HOSTILE = "<img src=x onerror=\"document.title='pwned'\"></script><script>document.title='pwned'</script>"
OVERLAP = Mark(span=(14, 21), rule="claim.unsubstantiated", reason="Nothing says so.", source=None)
LOOSE = Mark(span=(0, 0), rule="name.missing", reason="The name is not there.", source="customer 7")
MANY = 3000


def the_run() -> Evaluation:
    """Three suites: one failed with hostile texts, one of thousands, one that could not be judged."""
    guard = a_suite(
        a_failure("wrong-price", marks=(MARK, OVERLAP, LOOSE), rules=("price.wrong", "chars.zero_width")),
        a_failure("hostile", text=HOSTILE, message=HOSTILE, facts=(HOSTILE,), marks=(), rules=(), category=HOSTILE),
        a_case("accepted", CaseStatus.KNOWN_MISS),
        a_case("many-facts", facts=tuple(f"fact number {number}" for number in range(12))),
        metrics=(a_share(hits=90), a_share("precision", at_least=None), a_timing()),
        by_rule=some_groups(),
        by_locale=some_groups(),
    )
    relations = a_suite(*map(_relation, range(MANY)), name="metamorphic", metrics=(a_share("kept", MANY, MANY),))
    golden = a_suite(a_case("g1", CaseStatus.ERROR, message="No server answered."), name="golden")
    return a_run(guard, relations, golden, minute=45)


def _relation(number: int) -> CaseResult:
    return a_case(f"m{number:04}", locale="de-DE" if number % 2 else "fr-FR", flow="welcome", category="reformat")


def the_run_before() -> Evaluation:
    """An earlier run: other cases failed, another figure."""
    guard = a_suite(a_case("wrong-price"), a_failure("many-facts"), metrics=(a_share(hits=97),))
    return a_run(guard, a_suite(*map(_relation, range(MANY)), name="metamorphic"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run with everything in it."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_html(the_run(), path, the_run_before())
    return path


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """The page, which fails its test when it asks anybody for anything, breaks its own policy or raises."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    troubles = watched(opened)
    opened.goto(report.as_uri())
    yield opened
    assert troubles == []
    opened.close()


def watched(page: Page) -> list[str]:
    """Requests for anything but the page itself, errors and broken policies, as they come."""
    troubles: list[str] = []

    def note(request: Request) -> None:
        if not request.is_navigation_request():
            troubles.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text))
    return troubles


def shown(page: Page) -> list[str]:
    """Ids of the cases on the list."""
    return page.locator(".case h3").all_inner_texts()


def choose(page: Page, name: str, value: str) -> None:
    """Set a filter."""
    page.get_by_label(name, exact=True).select_option(value)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_reads_well_in_every_light_and_width(browser: Browser, report: Path, width: int, scheme: Any) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    troubles = watched(page)
    page.goto(report.as_uri())
    for summary in page.locator(".groups > summary").all():
        summary.click()
    page.locator("mark").first.focus()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"
    problems = [(found["id"], found["nodes"][0]["html"]) for found in Axe().run(page).response["violations"]]
    assert problems == []
    assert troubles == []
    page.close()


def test_the_first_screen_says_what_failed_and_what_changed(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("2 of 3 suites failed or could not be judged")
    changes = page.get_by_role("region", name="Since the run of 3 May 2026, 09:30 UTC")
    expect(changes).to_contain_text("3 new failures")
    expect(changes).to_contain_text("1 mended")
    expect(changes).to_contain_text("97 % → 90 %")
    changes.get_by_role("link", name="guard[wrong-price]").click()
    expect(page.get_by_role("status")).to_have_text("1 of 3,005 cases")
    assert shown(page) == ["wrong-price"]


def test_a_card_says_whether_each_threshold_is_met(page: Page) -> None:
    card = page.get_by_role("article").filter(has=page.get_by_role("heading", name="guard"))
    expect(card.get_by_text("≥ 95 %")).to_have_text("✗ ≥ 95 % missed")
    expect(card.get_by_text("≤ 10 ms")).to_have_text("✓ ≤ 10 ms met")


def test_failures_come_first_and_thousands_of_cases_come_in_pages(page: Page) -> None:
    assert shown(page)[:4] == ["wrong-price", "hostile", "g1", "accepted"]
    assert len(shown(page)) == 20
    pages = page.get_by_role("navigation", name="Pages of cases")
    expect(pages).to_contain_text("1 of 151")
    pages.get_by_role("button", name="Next").click()
    expect(pages).to_contain_text("2 of 151")
    assert "wrong-price" not in shown(page)
    pages.get_by_role("button", name="Back").click()
    assert shown(page)[0] == "wrong-price"


def test_each_filter_leaves_its_cases(page: Page) -> None:
    left = {
        ("Suite", "golden"): 1,
        ("Status", "known_miss"): 1,
        ("Rule", "price.wrong"): 1,
        ("Category", "reformat"): MANY,
        ("Locale", "de-DE"): MANY // 2,
        ("Flow", "welcome"): MANY,
    }
    for (name, value), count in left.items():
        choose(page, name, value)
        expect(page.get_by_role("status")).to_have_text(f"{count:,} of 3,005 cases")
        page.get_by_role("button", name="Clear").click()


def test_filters_combine_survive_a_reload_and_are_cleared(page: Page) -> None:
    choose(page, "Suite", "metamorphic")
    choose(page, "Locale", "fr-FR")
    page.get_by_label("Search").fill("M0124")
    assert shown(page) == ["m0124"]
    page.reload()
    assert shown(page) == ["m0124"]
    page.get_by_label("Search").fill("m0125")
    expect(page.get_by_text("No case is like that.")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("status")).to_have_text("3,005 cases")


def test_a_marked_word_tells_rule_reason_and_fact_to_mouse_and_keyboard(page: Page) -> None:
    tip = page.get_by_role("tooltip")
    marks = page.locator(".case").first.locator("mark")
    assert marks.all_inner_texts() == [" is ", "£49"]
    marks.last.hover()
    expect(tip).to_contain_text("price.wrong")
    expect(tip).to_contain_text("No pick costs that.")
    expect(tip).to_contain_text("Fact: Moka Pot, 39.00 GBP")
    expect(tip).to_contain_text("claim.unsubstantiated")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.locator(".case").first.get_by_role("link", name="wrong-price").focus()
    page.keyboard.press("Tab")
    expect(marks.first).to_be_focused()
    expect(tip).to_contain_text("Nothing says so.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(tip).to_be_hidden()


def test_the_facts_stand_beside_the_text_and_the_contradicting_one_comes_first(page: Page) -> None:
    case = page.locator(".case").first
    assert case.locator(".facts li.cited").all_inner_texts() == ["customer 7", "Moka Pot, 39.00 GBP"]
    assert case.locator(".facts li").all_inner_texts() == ["customer 7", "Moka Pot, 39.00 GBP", "name: Ana"]
    expect(case.locator(".notes")).to_have_text("name.missing The name is not there. (customer 7)")
    text, facts = case.locator(".said").bounding_box(), case.locator(".facts").bounding_box()
    assert text is not None
    assert facts is not None
    assert facts["x"] > text["x"] + text["width"]


def test_a_long_list_of_facts_opens_on_demand(page: Page) -> None:
    page.get_by_label("Search").fill("many-facts")
    expect(page.get_by_text("fact number 11")).to_be_hidden()
    page.get_by_text("8 more").click()
    expect(page.get_by_text("fact number 11")).to_be_visible()


def test_hostile_text_is_shown_as_text(page: Page) -> None:
    page.get_by_label("Search").fill("hostile")
    expect(page.locator(".said")).to_have_text(HOSTILE)
    expect(page.locator(".message")).to_have_text(HOSTILE)
    assert page.title() != "pwned"
    assert page.locator("img").count() == 0


def test_a_table_sorts_by_the_column_asked_for_and_leads_to_its_cases(page: Page) -> None:
    page.get_by_text("guard by rule").click()
    table = page.get_by_role("table").first
    names = table.get_by_role("rowheader")
    table.get_by_role("button", name="Recall").click()
    assert names.all_inner_texts() == ["chars.*", "price.wrong"]
    table.get_by_role("button", name="Recall").click()
    assert names.all_inner_texts() == ["price.wrong", "chars.*"]
    names.get_by_role("link", name="chars.*").click()
    expect(page.get_by_role("status")).to_have_text("1 of 3,005 cases")


def test_a_first_run_has_nothing_to_compare_and_says_nothing_of_it(browser: Browser, tmp_path: Path) -> None:
    write_html(a_run(), tmp_path / "report.html")
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text("The suite passed")
    assert page.get_by_text("Since the run").count() == 0
    page.close()


def test_a_rule_leads_to_what_it_missed_too(browser: Browser, tmp_path: Path) -> None:
    missed = a_case("missed", CaseStatus.FAIL, expected=("price.wrong",))
    figures = tuple(a_share(f"hold_{number}", at_least=None) for number in range(12))
    suite = a_suite(missed, a_failure("caught"), a_case("other"), by_rule=some_groups(), metrics=figures)
    write_html(a_run(suite), tmp_path / "page.html")
    page = browser.new_page()
    page.goto(f"{(tmp_path / 'page.html').as_uri()}#rule=price.wrong")
    assert sorted(shown(page)) == ["caught", "missed"]
    expect(page.get_by_role("list", name="Wanted one of")).to_contain_text("price.wrong")
    expect(page.get_by_text("hold 11")).to_be_hidden()
    page.get_by_text("5 more figures").click()
    expect(page.get_by_text("hold 11")).to_be_visible()
    page.close()


def test_a_whole_e_mail_scrolls_in_its_place(browser: Browser, tmp_path: Path) -> None:
    write_html(a_run(a_suite(a_case("long", text="A line of it.\n" * 200))), tmp_path / "page.html")
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    box = page.locator(".said").bounding_box()
    assert box is not None
    assert box["height"] < 600
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    page.close()
