"""The run as JUnit XML, as Jenkins, GitLab and GitHub actions read it: a test suite a suite, a test case a case.

Elements and their order are those of the schema Jenkins' JUnit plugin publishes (`jenkins-junit.xsd`), and no
attribute GitLab does not know carries meaning. A reader sees a failure or an error exactly when the run's exit code
is not 0: a case that fails in a suite where only thresholds gate, and keep, is reported as skipped with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from xml.etree import ElementTree

from evals.harness.result import CaseResult, CaseStatus, Evaluation, Mark, Metric, SuiteResult
from evals.reports import figures

THRESHOLD = "threshold"
"""Category and failure type of the test case that stands for a threshold."""
BAD_CHARACTER = re.compile(r"[^\t\n\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""What XML 1.0 (section 2.2) cannot carry, even escaped; and the carriage return, which a reader would turn into a
line feed."""

Attributes = dict[str, str]


def write_junit(evaluation: Evaluation, path: Path) -> None:
    """Write the run to `path`; folders are made as needed.

    Raises:
        OSError: the file cannot be written.
    """
    root = ElementTree.Element("testsuites", {"name": "penfriend eval", "time": f"{evaluation.seconds:.3f}"})
    for suite in evaluation.suites:
        root.append(_suite(suite, evaluation))
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ElementTree.indent(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _suite(suite: SuiteResult, evaluation: Evaluation) -> ElementTree.Element:
    element = _element("testsuite", {"name": suite.name})
    properties = ElementTree.SubElement(element, "properties")
    for name, value in _properties(suite, evaluation):
        properties.append(_element("property", {"name": name, "value": value}))
    element.extend(_threshold(metric, suite) for metric in suite.metrics if metric.threshold is not None)
    # What a suite tolerates while its thresholds keep is why it failed once they do not.
    gates = suite.cases_must_pass or not suite.has_passed
    element.extend(_case(case, suite, gates) for case in suite.cases)
    element.set("tests", str(len(element.findall("testcase"))))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(len(element.findall(f"testcase/{tag}"))))
    element.set("time", f"{suite.seconds:.3f}")
    # The schema's dateTime without an offset: readers take it as UTC.
    element.set("timestamp", evaluation.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    return element


def _properties(suite: SuiteResult, evaluation: Evaluation) -> Iterable[tuple[str, str]]:
    yield "kind", suite.kind
    yield "guard_version", evaluation.guard_version
    yield "model", evaluation.model
    yield "prompts_version", evaluation.prompts_version
    for metric in suite.metrics:
        yield metric.name, "" if metric.value is None else repr(metric.value)
        if metric.interval is not None:
            yield f"{metric.name}_interval", "{!r} {!r}".format(*metric.interval)
        if metric.threshold is not None and metric.direction is not None:
            yield f"{metric.name}_threshold", f"{metric.direction} {metric.threshold!r}"


def _threshold(metric: Metric, suite: SuiteResult) -> ElementTree.Element:
    wanted = figures.goal(metric)
    name = f"{metric.name} {wanted}"
    element = _element("testcase", {"name": name, "classname": f"{suite.name}.{THRESHOLD}", "time": "0.000"})
    if not metric.is_met:
        found = " ".join(filter(None, (figures.amount(metric.value, metric), figures.counts(metric))))
        message = f"{metric.name} is {found}, wanted {wanted}"
        element.append(_element("failure", {"type": THRESHOLD, "message": message}, message))
    return element


def _case(case: CaseResult, suite: SuiteResult, gates: bool) -> ElementTree.Element:
    classname = f"{suite.name}.{case.category}" if case.category else suite.name
    element = _element("testcase", {"name": case.id, "classname": classname, "time": f"{case.seconds:.3f}"})
    if case.status is CaseStatus.ERROR:
        element.append(_element("error", {"type": "harness", "message": case.message}, details(case)))
    elif case.status is CaseStatus.KNOWN_MISS:
        element.append(_element("skipped", {"message": f"known miss: {case.message}"}))
    elif case.status is CaseStatus.FAIL and gates:
        kind = " ".join(case.rules) or suite.kind
        element.append(_element("failure", {"type": kind, "message": case.message}, details(case)))
    elif case.status is CaseStatus.FAIL:
        element.append(_element("skipped", {"message": f"within the thresholds: {case.message}"}))
    return element


def details(case: CaseResult) -> str:
    """What failed, in lines: the sentence, each rule with what it found and the fact, the text, the facts."""
    lines = [case.message, *(_found(mark, case.text) for mark in case.marks)]
    lines += ["", "Text:", case.text] if case.text else []
    lines += ["", "Facts:", *(f"- {fact}" for fact in case.facts)] if case.facts else []
    return "\n".join(lines)


def _found(mark: Mark, text: str) -> str:
    start, end = mark.span
    found = f"{text[start:end]!r} at {start}–{end}: " if text[start:end] else ""
    fact = f" [fact: {mark.source}]" if mark.source else ""
    return f"{mark.rule}: {found}{mark.reason}{fact}"


def _element(tag: str, attributes: Attributes, text: str | None = None) -> ElementTree.Element:
    element = ElementTree.Element(tag, {name: _clean(value) for name, value in attributes.items()})
    element.text = None if text is None else _clean(text)
    return element


def _clean(text: str) -> str:
    """Hostile characters made visible: `\\x1b` for an escape, and so on."""
    return BAD_CHARACTER.sub(lambda found: ascii(found[0])[1:-1], text)
