"""Metamorphic and starvation suites: they pass a guard that holds, and fail one that was weakened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evals import checks
from evals.cases import case_from
from evals.draft import BlockName
from evals.harness.result import CaseStatus
from evals.harness.starvation import LACKS
from evals.passage import Passage
from evals.rules import ALL_BLOCKS, Finding, Rule
from evals.snapshot import Fact
from evals.verdict import Severity
from evals.world import World
from tests.kit.suites import MUG, by_id, figures, row, run_suite, write_suite

OFFER = {"code": "TRAIL15", "kind": "percent", "value": 15, "min_spend": 50, "expires": "2026-03-15"}
STRICT = {"name": "Tin and Tent", "domain": "tent.example", "currency": "USD", "forbidden_words": ["roam"]}
CASES = (
    row("price", "The Larch Tent is $240 and the Tin Mug is $14.50."),
    row("name", "Hi Mara, spring is here.", block="opening"),
    row("offer", "TRAIL15 takes 15% off over $50.", block="closing", offer=OFFER),
    row("negated", "The Tin Mug is not on sale.", category="negation"),
    row("lie", "The Tin Mug is $99.", "violation", "price.wrong"),
    row("roam", "Roam a little further.", "violation", "brand.forbidden", brand=STRICT),
)


def weaken(monkeypatch: pytest.MonkeyPatch, *lost: str) -> None:
    """A guard without these rules."""
    for block, rules in checks.BY_BLOCK.items():
        kept = tuple(rule for rule in rules if rule.id not in lost)
        monkeypatch.setitem(checks.BY_BLOCK, block, kept)


def add(monkeypatch: pytest.MonkeyPatch, check: Any, block: BlockName = "pitch") -> None:
    """A guard with one rule more."""
    rule = Rule("added.rule", check, Severity.BLOCK, ALL_BLOCKS, None, False)
    monkeypatch.setitem(checks.BY_BLOCK, block, (rule, *checks.BY_BLOCK[block]))


def failed(path: Path) -> set[str]:
    """Ids of the cases that fail."""
    return {case.id for case in run_suite(path).cases if case.status is CaseStatus.FAIL}


@pytest.fixture
def metamorphic(tmp_path: Path) -> Path:
    return write_suite(tmp_path, CASES, kind="metamorphic", thresholds={"relations_hold": ">= 1"})


@pytest.fixture
def starvation(tmp_path: Path) -> Path:
    return write_suite(tmp_path, CASES, kind="starvation", thresholds={"crashed": "<= 0"})


def test_a_guard_that_holds_keeps_every_relation(metamorphic: Path) -> None:
    result = run_suite(metamorphic)
    assert result.has_passed
    assert {"price~first_digit", "name~common_name", "negated~negation_dropped", "lie~upper_case"} <= set(by_id(result))
    assert figures(result)["hold_zero_width"] == 1.0


WEAKENED = (
    ("price.wrong", "price~first_digit"),
    ("price.wrong", "price~last_digit"),
    ("price.wrong", "price~prices_swapped"),
    ("discount.invented", "negated~negation_dropped"),
    ("chars.garbled", "price~zero_width"),
    ("chars.garbled", "price~homoglyph"),
    ("url.foreign", "price~foreign_url"),
    ("placeholder.leftover", "price~braces"),
    ("placeholder.leftover", "price~brackets"),
    ("name.wrong", "name~common_name"),
    ("code.invented", "offer~code_changed"),
)


@pytest.mark.parametrize(("rule", "relation"), WEAKENED)
def test_a_weakened_guard_breaks_a_relation(
    metamorphic: Path, monkeypatch: pytest.MonkeyPatch, rule: str, relation: str
) -> None:
    weaken(monkeypatch, rule, *(["offer.misstated"] if rule == "code.invented" else []))
    assert relation in failed(metamorphic)


def test_a_guard_that_is_confused_by_spelling_breaks_a_relation(
    metamorphic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strict(passage: Passage, _world: World) -> Iterable[Finding]:
        if "\u00a0" in passage.source:
            yield Finding((0, 1), "An odd space.")

    add(monkeypatch, strict)
    assert "price~no_break_space" in failed(metamorphic)
    assert "price~curly_quotes" not in failed(metamorphic)


def test_a_lie_must_be_held_back_by_the_rule_it_breaks(metamorphic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(passage: Passage, _world: World) -> Iterable[Finding]:
        if "\u200b" in passage.source:
            yield Finding((0, 1), "Another reason.")

    weaken(monkeypatch, "chars.garbled")
    add(monkeypatch, other)
    case = by_id(run_suite(metamorphic))["price~zero_width"]
    assert case.status is CaseStatus.FAIL
    assert "held back, but not by chars.garbled" in case.message


def test_labelled_cases_that_the_guard_gets_wrong_have_no_followups(
    metamorphic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weaken(monkeypatch, "price.wrong")
    assert not any(name.startswith("lie~") for name in by_id(run_suite(metamorphic)))


def test_only_the_chosen_relations_run(metamorphic: Path) -> None:
    assert set(by_id(run_suite(metamorphic, only="*~brackets"))) == {
        "price~brackets", "name~brackets", "offer~brackets", "negated~brackets",
    }  # fmt: skip


def test_a_guard_without_facts_neither_crashes_nor_lets_pass(starvation: Path) -> None:
    result = run_suite(starvation)
    assert result.has_passed
    cases = by_id(result)
    assert cases["lie~no_prices"].rules
    assert cases["offer~no_offer"].rules, "without its offer a code is invented"
    assert figures(result)["crashed"] == 0
    assert 0 < (figures(result)["sound_held"] or 0) < 1


def test_facts_that_are_not_there_are_not_taken_away(starvation: Path) -> None:
    assert "offer~no_offer" in by_id(run_suite(starvation))
    assert "price~no_offer" not in by_id(run_suite(starvation))
    assert "price~no_orders" not in by_id(run_suite(starvation))


def test_a_breach_that_only_the_missing_fact_makes_one_is_excused(starvation: Path) -> None:
    cases = by_id(run_suite(starvation))
    assert cases["roam~no_forbidden_words"].status is CaseStatus.PASS
    assert not cases["roam~no_forbidden_words"].rules


def test_a_rule_that_grows_lenient_without_its_facts_fails(starvation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weaken(monkeypatch, "price.wrong", "product.not_in_picks")

    def lenient(passage: Passage, world: World) -> Iterable[Finding]:
        if "$99" in passage.text and any(pick.facts.price for pick in world.picks):
            yield Finding((0, 1), "No price of ours.")

    add(monkeypatch, lenient)
    assert failed(starvation) == {"lie~no_products", "lie~no_prices", "lie~bare"}


def test_a_check_that_needs_its_facts_crashes_and_is_counted(starvation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def needy(_passage: Passage, world: World) -> Iterable[Finding]:
        assert world.picks[0]
        return ()

    add(monkeypatch, needy)
    result = run_suite(starvation)
    assert (figures(result)["crashed"] or 0) > 0
    assert "price~no_products" in failed(starvation)


@pytest.mark.parametrize("lack", LACKS, ids=lambda lack: lack.id)
def test_every_lack_can_be_seen_in_a_rich_world(lack: Any) -> None:
    from_facts = row(
        "rich",
        "A tent.",
        customer_facts={
            "first_name": "Mara", "orders": [{"product": "Socks", "date": "2026-01-02"}], "cart": ["Mug"],
            "pet": "Biscuit", "private": {"email": "m@x.example"}, "internal": {"segment": "lapsed"},
        },
        products=[{**MUG, "compare_at_price": 20, "attributes": {"poles": 3}}],
        offer=OFFER,
        other_titles=["Larch 3P"],
    )  # fmt: skip
    full = case_from(from_facts).snapshot
    brand = full.brand.model_copy(
        update={"policies": {"returns_days": 30}, "competitors": ("Barn",), "forbidden_words": ("x",), "facts": ("y",)}
    )
    fact = Fact(id="f", kind="purchase", text="Bought socks.", learned_at=datetime(2026, 1, 2, tzinfo=UTC))
    full = full.model_copy(update={"brand": brand, "facts": (fact,)})
    assert lack.take(full) != full
