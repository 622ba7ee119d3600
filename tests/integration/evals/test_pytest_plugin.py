"""Eval suites in other people's pytest runs, by the plugin that ships."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from api.pytest_bench import bench
from evals import corpora
from evals.pytest_plugin import PAID_MARK
from evals.pytest_suites import SuiteTest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
PLUGIN = "evals.pytest_plugin"
CORPUS = {
    case["id"]: case
    for case in map(json.loads, (Path(corpora.__file__).parent / "guardrails.jsonl").read_text("utf-8").splitlines())
}
SOUND, WRONG_PRICE = CORPUS["ok-001"], CORPUS["price-wrong-001"]
UNSEEN = {**SOUND, "id": "unseen-1", "label": "violation", "violated": ["price.wrong"], "category": "bad_price_wrong"}
"""A text that breaks no rule and is labelled as if it did: the guard must miss it."""

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _only_our_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither other plugins nor an installed copy of ours take part."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", PLUGIN)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


@pytest.fixture
def write(pytester: pytest.Pytester) -> Write:
    """Writes a suite file of labelled cases into the project under test."""

    def suite(*cases: Mapping[str, Any], name: str = "shop", file: str = "shop.suite.yaml", **fields: Any) -> Path:
        lines = "\n".join(json.dumps(case) for case in cases)
        (pytester.path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        path = pytester.path / file
        content = {"name": name, "kind": "guard", "cases": [f"{name}.jsonl"], **fields}
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path

    return suite


def counted(result: pytest.RunResult) -> dict[str, int]:
    """Tests by outcome, without the warnings that come of running pytest inside pytest."""
    return {name: count for name, count in result.parseoutcomes().items() if name not in ("warning", "warnings")}


def test_a_shipped_suite_runs_by_name_with_an_id_for_each_case(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--penfriend-suite", "guard", "-k", "bad_price_wrong", "-v")
    result.stdout.fnmatch_lines(["guard?price-wrong-001? PASSED*"])
    outcome = counted(result)
    assert outcome["passed"] >= 20
    assert outcome["deselected"] > 500
    assert set(outcome) == {"passed", "deselected"}


def test_a_suite_file_among_the_tests_is_collected_beside_them(pytester: pytest.Pytester, write: Write) -> None:
    write(SOUND, WRONG_PRICE, thresholds={"recall": ">= 0.95"})
    pytester.makepyfile("def test_of_their_own(): pass")
    result = pytester.runpytest_inprocess("-v")
    result.assert_outcomes(passed=4)
    for name in ("ok-001", "price-wrong-001", "recall threshold"):
        result.stdout.fnmatch_lines([f"shop.suite.yaml::shop?{name}? PASSED*"])


def test_one_case_can_be_asked_for_by_its_id(pytester: pytest.Pytester, write: Write) -> None:
    write(SOUND, WRONG_PRICE)
    pytester.runpytest_inprocess("shop.suite.yaml::shop[ok-001]").assert_outcomes(passed=1)


def test_the_ini_file_can_name_suites(pytester: pytest.Pytester, write: Write) -> None:
    write(SOUND, file="elsewhere.yaml")
    pytester.makeini("[pytest]\npenfriend_suites = elsewhere.yaml\n")
    result = pytester.runpytest_inprocess("-v")
    result.stdout.fnmatch_lines(["shop?ok-001? PASSED*"])


def test_a_failure_says_rule_words_and_fact_without_a_traceback(pytester: pytest.Pytester, write: Write) -> None:
    write({**WRONG_PRICE, "id": "fine?", "label": "ok", "violated": []})
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*price.wrong: '*' at *–*: *", "Text:", WRONG_PRICE["text"], "Facts:", "- *"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line(f"*{SuiteTest.__module__.rpartition('.')[2]}.py*")


def test_a_missed_threshold_is_a_failing_test(pytester: pytest.Pytester, write: Write) -> None:
    write(WRONG_PRICE, UNSEEN, thresholds={"recall": ">= 0.95"}, cases_must_pass=False)
    result = pytester.runpytest_inprocess("-k", "threshold")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["recall is 50 % (1 of 2), wanted ≥ 95 %"])


@pytest.mark.parametrize(("bound", "outcome"), [(">= 0.4", "xfailed"), (">= 0.95", "failed")])
def test_where_only_thresholds_gate_a_miss_fails_with_them(
    pytester: pytest.Pytester, write: Write, bound: str, outcome: str
) -> None:
    write(WRONG_PRICE, UNSEEN, thresholds={"recall": bound}, cases_must_pass=False)
    assert pytester.runpytest_inprocess("-k", "unseen").parseoutcomes()[outcome] == 1


@pytest.mark.parametrize(("expires", "outcome"), [("2999-01-01", "xfailed"), ("2000-01-01", "failed")])
def test_a_known_miss_is_expected_until_its_day(
    pytester: pytest.Pytester, write: Write, expires: str, outcome: str
) -> None:
    write(UNSEEN, known_misses={"unseen-1": {"reason": "needs a dictionary", "expires": expires}})
    result = pytester.runpytest_inprocess("-rx")
    assert counted(result) == {outcome: 1}
    result.stdout.fnmatch_lines(["*needs a dictionary*"])


def test_what_could_not_be_judged_is_an_error_and_not_a_failure(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\npenfriend_bench = nowhere:nothing\n")
    result = pytester.runpytest_inprocess("--penfriend-suite", "golden")
    outcome = result.parseoutcomes()
    assert outcome["errors"] == 1
    result.stdout.fnmatch_lines(["*penfriend_bench is 'nowhere:nothing': No module named 'nowhere'*"])


def test_a_suite_that_does_not_exist_ends_the_run_with_the_names_that_do(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--penfriend-suite", "gaurd")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*There is no suite 'gaurd'*guard*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_wrong_suite_file_names_the_field(pytester: pytest.Pytester, write: Write) -> None:
    write(SOUND, thresholds={"recal": ">= 0.95"})
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(["*no metric 'recal'*shop.suite.yaml: thresholds.recal*"])


def test_a_suite_that_costs_money_waits_to_be_asked(pytester: pytest.Pytester, write: Write) -> None:
    write(SOUND, tags=["live"])
    asked_not = pytester.runpytest_inprocess("-rs")
    asked_not.assert_outcomes(skipped=1)
    asked_not.stdout.fnmatch_lines(["*costs money: run it with --penfriend-paid"])
    pytester.runpytest_inprocess("--penfriend-paid").assert_outcomes(passed=1)
    pytester.runpytest_inprocess("--penfriend-paid", "-m", f"not {PAID_MARK}").assert_outcomes(deselected=1)


def test_a_real_model_makes_a_suite_that_composes_cost_money(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--penfriend-suite", "golden", "--penfriend-model", "openai/gpt-5-mini")
    result.assert_outcomes(skipped=1)


def test_junit_of_pytest_itself_names_every_case(pytester: pytest.Pytester, write: Write) -> None:
    write(SOUND, UNSEEN)
    pytester.runpytest_inprocess("--junitxml=junit.xml")
    cases = ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    assert {case.get("name"): case.find("failure") is not None for case in cases} == {
        "shop[ok-001]": False,
        "shop[unseen-1]": True,
    }


def test_an_id_of_any_characters_is_a_test_id(pytester: pytest.Pytester, write: Write) -> None:
    write({**SOUND, "id": "größe \x1b[2J"})
    result = pytester.runpytest_inprocess("-v")
    result.assert_outcomes(passed=1)
    assert r"shop[gr\xf6\xdfe \x1b[2J] PASSED" in result.stdout.str()


def test_workers_of_xdist_share_one_run_of_a_suite(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        counting="""
        import os
        from contextlib import asynccontextmanager
        from pathlib import Path

        @asynccontextmanager
        async def bench(model):
            (Path(__file__).parent / f"opened-{os.getpid()}").touch()
            raise OSError("no shop today")
            yield
        """
    )
    pytester.makeini("[pytest]\npenfriend_bench = counting:bench\npythonpath = .\n")
    result = pytester.runpytest_subprocess(
        "-p", "xdist", "-n", "2", "--penfriend-suite", "golden", "-p", "no:cacheprovider"
    )
    assert result.parseoutcomes()["errors"] == 1
    assert len(list(pytester.path.glob("opened-*"))) == 1


def test_a_run_that_asks_for_no_suite_loads_nothing_of_penfriend(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_what_is_loaded():
            ours = {name for name in sys.modules if name.split(".")[0] in
                    ("api", "catalog", "composer", "evals", "memory", "prompts", "store")}
            assert ours == {"evals", "evals.pytest_plugin"}
            assert "pydantic" not in sys.modules
        """
    )
    pytester.runpytest_subprocess("--strict-markers").assert_outcomes(passed=1)


async def test_the_bench_that_ships_needs_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PENFRIEND_HOME", str(tmp_path))
    async with bench("scripted") as opened:
        assert opened.model == "scripted"
