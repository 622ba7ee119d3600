"""Suites as pytest's collectors and cases as its tests. Loaded by `evals.pytest_plugin` when a suite is asked for.

A suite tells which cases it has by running, so it runs while tests are collected: once, also with pytest-xdist.
"""

from __future__ import annotations

import asyncio
import hashlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from evals.harness.bench import OBEDIENT, SCRIPTED, Bench
from evals.harness.kinds import KINDS
from evals.harness.loading import LIVE, load_suites
from evals.harness.result import CaseResult, CaseStatus, Evaluation, Metric, SuiteResult
from evals.harness.run import run_suites
from evals.harness.suite import Suite
from evals.pytest_plugin import PAID_MARK, SHARED_FOLDER
from evals.reports import read_json, write_json
from evals.reports.wording import details, missed, visible
from store.errors import InvalidInput, PenfriendError


class NotKept(AssertionError):
    """A case failed or a threshold was missed: the message is all there is to say."""


class NotJudged(PenfriendError):
    """The harness could not judge a case."""

    reason = "not_judged"


class BadBench(InvalidInput):
    """The ini setting `penfriend_bench` names nothing that can be called."""

    reason = "bad_bench"


class SuiteCollector(pytest.Collector):
    """A suite: a test for each case, and one for each threshold."""

    def collect(self) -> Iterator[pytest.Item]:
        """Run the suite, and give out its tests. Raises what a bad suite file raises."""
        (suite,) = load_suites([self.source])
        if not _is_paid(suite, self.config):
            yield from self._tests(suite)
            return
        is_wanted = self.config.getoption("--penfriend-paid")
        for test in self._tests(suite) if is_wanted else [self._test(PaidSuite, suite.name)]:
            test.add_marker(PAID_MARK)
            yield test

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is wrong with the suite file, in a sentence."""
        return str(excinfo.value) if isinstance(excinfo.value, PenfriendError) else super().repr_failure(excinfo)

    @property
    def source(self) -> str | Path:
        """What to load: a path, or the name of a shipped suite."""
        return self.path

    def _tests(self, suite: Suite) -> Iterator[pytest.Item]:
        result = _result(suite, self.config)
        for case in result.cases:
            yield self._test(CaseTest, f"{suite.name}[{_plain(case.id)}]", suite=result, case=case)
        for metric in result.metrics:
            if metric.threshold is not None:
                yield self._test(ThresholdTest, f"{suite.name}[{metric.name} threshold]", metric=metric)

    def _test(self, kind: type[SuiteTest], name: str, **about: Any) -> pytest.Item:
        return kind.from_parent(self, name=name, **about)


class SuiteFile(SuiteCollector, pytest.File):
    """A `*.suite.yaml` among the tests."""


class NamedSuite(SuiteCollector):
    """A suite that was asked for by name; its tests' ids begin with that name and not with a path."""

    def __init__(self, *, source: str, **node: Any) -> None:
        super().__init__(**node)
        self._source = source

    @property
    def source(self) -> str:
        """See `SuiteCollector.source`."""
        return self._source

    def _test(self, kind: type[SuiteTest], name: str, **about: Any) -> pytest.Item:
        return kind.from_parent(self, name=name, nodeid=name, **about)


def collect_named(session: pytest.Session, source: str) -> Iterator[pytest.Item]:
    """The tests of a suite by shipped name or path, with ids as `guard[price-wrong-001]`."""
    return session.genitems(NamedSuite.from_parent(session, name=source, nodeid=source, source=source))


class SuiteTest(pytest.Item):
    """A test of a suite: fails with words, not with a traceback."""

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it is from: no line of code."""
        return self.path, None, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What there is to say."""
        if isinstance(excinfo.value, NotKept | NotJudged):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class CaseTest(SuiteTest):
    """A case. `-k` knows it by its id, category, locale, flow and the rules raised."""

    def __init__(self, *, suite: SuiteResult, case: CaseResult, **node: Any) -> None:
        super().__init__(**node)
        self._suite = suite
        self._case = case
        self.extra_keyword_matches.update(filter(None, (case.category, case.locale, case.flow, *case.rules)))

    def setup(self) -> None:
        """Where the harness could not judge, pytest reports an error and not a failure. Raises NotJudged."""
        if self._case.status is CaseStatus.ERROR:
            raise NotJudged(details(self._case))

    def runtest(self) -> None:
        """Say what the suite found. Raises NotKept."""
        if self._case.status is CaseStatus.KNOWN_MISS:
            pytest.xfail(visible(self._case.message))
        if self._case.status is not CaseStatus.FAIL:
            return
        if self._suite.tolerates_failures:
            pytest.xfail(f"within the thresholds: {visible(self._case.message)}")
        raise NotKept(details(self._case))


class ThresholdTest(SuiteTest):
    """A threshold: the gate as a test."""

    def __init__(self, *, metric: Metric, **node: Any) -> None:
        super().__init__(**node)
        self._metric = metric

    def runtest(self) -> None:
        """Raises NotKept."""
        if not self._metric.is_met:
            raise NotKept(missed(self._metric))


class PaidSuite(SuiteTest):
    """Stands for a suite that costs money, in a run that did not ask for it."""

    def runtest(self) -> None:
        """Skip."""
        pytest.skip("costs money: run it with --penfriend-paid")


def _is_paid(suite: Suite, config: pytest.Config) -> bool:
    asks_a_model = KINDS[suite.kind].needs_bench and config.getoption("--penfriend-model") not in (SCRIPTED, OBEDIENT)
    return asks_a_model or LIVE in suite.tags


def _result(suite: Suite, config: pytest.Config) -> SuiteResult:
    """Run the suite, or read what another of pytest-xdist's workers found."""
    shared = getattr(config, "workerinput", {}).get(SHARED_FOLDER)
    if shared is None:
        return _run(suite, config).suites[0]
    found = Path(shared) / f"{hashlib.sha256(suite.model_dump_json().encode()).hexdigest()}.json"
    with FileLock(found.with_suffix(".lock")):
        if not found.exists():
            write_json(_run(suite, config), found)
        return read_json(found).suites[0]


def _run(suite: Suite, config: pytest.Config) -> Evaluation:
    def open_bench() -> AbstractAsyncContextManager[Bench]:
        return _bench(config.getini("penfriend_bench"))(config.getoption("--penfriend-model"))

    # Collecting is synchronous: no event loop runs meanwhile.
    return asyncio.run(run_suites([suite], open_bench, started_at=datetime.now(UTC)))


def _bench(name: str) -> Callable[[str], AbstractAsyncContextManager[Bench]]:
    """What the setting names. By name, because evals know nothing of what composes the e-mails they judge."""
    try:
        bench: Callable[[str], AbstractAsyncContextManager[Bench]] = pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadBench(f"penfriend_bench is {name!r}: {error}.", fix="Write it as MODULE:FUNCTION.") from error
    return bench


def _plain(case_id: str) -> str:
    """An id as pytest writes them: in ASCII, without controls."""
    return case_id.encode("unicode_escape").decode()
