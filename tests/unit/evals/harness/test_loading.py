"""Suite files: what they may say, and what somebody who mistypes one is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evals.harness.loading import LIVE, BadSuite, NoSuite, default_suites, load_suites, shipped_suites
from evals.harness.result import Direction
from evals.harness.suite import KINDS, NoOptions, kind
from tests.kit.suites import row, write_suite

LINE = row("a", "A tent for two.")


def test_a_suite_is_read_with_its_cases_gates_and_known_misses(tmp_path: Path) -> None:
    miss = {"a": {"reason": "Being mended.", "expires": "2027-01-31"}}
    path = write_suite(tmp_path, [LINE], thresholds={"recall": ">= 0.95", "fpr": "<=0.01"}, known_misses=miss)
    (suite,) = load_suites([path])
    assert suite.cases == ((tmp_path / "cases.jsonl").resolve(),)
    assert (suite.thresholds["recall"].direction, suite.thresholds["recall"].bound) == (Direction.AT_LEAST, 0.95)
    assert (suite.thresholds["fpr"].direction, suite.thresholds["fpr"].bound) == (Direction.AT_MOST, 0.01)
    assert suite.known_misses["a"].expires.isoformat() == "2027-01-31"
    assert suite.cases_must_pass


def test_cases_may_be_globs_that_climb_and_match_nothing_yet(tmp_path: Path) -> None:
    (tmp_path / "suites").mkdir()
    (tmp_path / "rules").mkdir()
    for name in ("b", "a"):
        (tmp_path / "rules" / f"{name}.jsonl").write_text("", encoding="utf-8")
    path = write_suite(tmp_path / "suites", cases=["cases.jsonl", "../rules/*.jsonl", "../none/*.jsonl"])
    (suite,) = load_suites([path])
    assert [found.name for found in suite.cases] == ["cases.jsonl", "a.jsonl", "b.jsonl"]


WRONG: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"kind": "gaurd"}, "kind", "guard"),
    ({"thresholds": {"recal": ">= 0.9"}}, "thresholds.recal", "recall"),
    ({"thresholds": {"recall": "about 0.9"}}, "thresholds.recall", "thresholds"),
    ({"threshold": {"recall": ">= 0.9"}}, "threshold", "thresholds"),
    ({"name": "My suite"}, "name", "name"),
    ({"cases": "others.jsonl"}, "cases", "relative"),
    ({"cases": []}, "cases", "Name at least one file"),
    ({"cases": [7]}, "cases", "path"),
    ({"options": {"speed": 3}}, "options.speed", "none"),
    ({"kind": "latency", "options": {"emails": -1}}, "options.emails", "emails"),
    ({"known_misses": {"a": {"reason": "Soon."}}}, "known_misses.a.expires", "known_misses"),
    ({"known_misses": {"a": {"reason": "", "expires": "2027-01-31"}}}, "known_misses.a.reason", "known_misses"),
)


@pytest.mark.parametrize(("fields", "field", "fix"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_a_mistake_is_named_with_file_field_and_fix(
    tmp_path: Path, fields: dict[str, Any], field: str, fix: str
) -> None:
    path = write_suite(tmp_path, [LINE], **fields)
    with pytest.raises(BadSuite) as caught:
        load_suites([path])
    assert caught.value.pointer == f"{path}: {field}"
    assert fix in (caught.value.fix or "")


def test_a_pattern_that_matches_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSuite, match=r"Nothing matches \['shpo/\*\.jsonl'\]"):
        load_suites([write_suite(tmp_path, [LINE], cases=["shpo/*.jsonl"])])


def test_a_wrong_threshold_is_told_in_words_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(BadSuite) as caught:
        load_suites([write_suite(tmp_path, [LINE], thresholds={"recall": "0.95"})])
    assert caught.value.message.startswith("'0.95' is no threshold")


@pytest.mark.parametrize(("text", "where"), [("name: [", "line 1"), ("- a list", "line 1")])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str, where: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadSuite) as caught:
        load_suites([path])
    assert caught.value.pointer == f"{path}: {where}"


def test_two_suites_may_not_share_a_name(tmp_path: Path) -> None:
    path = write_suite(tmp_path, [LINE])
    with pytest.raises(BadSuite, match="Two suites"):
        load_suites([path, path])


def test_a_suite_nobody_knows_is_answered_with_those_that_ship() -> None:
    with pytest.raises(NoSuite) as caught:
        load_suites(["gard"])
    assert "guard" in (caught.value.fix or "")


def test_every_shipped_suite_loads_under_the_name_of_its_file_and_says_what_it_shows() -> None:
    for name, path in shipped_suites().items():
        (suite,) = load_suites([name])
        assert suite.name == path.stem
        assert suite.about.endswith(".")


def test_the_default_set_needs_no_real_model() -> None:
    assert {"guard", "metamorphic", "starvation", "latency"} <= {suite.name for suite in default_suites()}
    assert not any(LIVE in suite.tags for suite in default_suites())


def test_a_kind_is_registered_once() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        kind("guard", metrics=())(KINDS["guard"].run)
    assert KINDS["guard"].options is NoOptions


@pytest.mark.parametrize(
    ("only", "chosen"), [("", {"ok-1", "bad-1", "bad-10"}), ("bad-1", {"bad-1", "bad-10"}), ("*1", {"ok-1", "bad-1"})]
)
def test_some_cases_are_chosen_by_a_part_of_their_id_or_a_glob(tmp_path: Path, only: str, chosen: set[str]) -> None:
    (suite,) = load_suites([write_suite(tmp_path, [LINE], thresholds={"recall": ">= 1"})])
    narrowed = suite.narrowed(only)
    assert {name for name in ("ok-1", "bad-1", "bad-10") if narrowed.selects(name)} == chosen
    assert not narrowed.thresholds
