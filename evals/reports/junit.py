"""The run as JUnit XML, as Jenkins, GitLab and GitHub actions read it: a test suite a suite, a test case a case.

Elements and their order are those of the schema Jenkins' JUnit plugin publishes (`jenkins-junit.xsd`), and no
attribute GitLab does not know carries meaning. A reader sees a failure or an error exactly when the run's exit code
is not 0: a case that fails in a suite where only thresholds gate, and keep, is reported as skipped with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from xml.etree import ElementTree

from evals.harness.result import CaseResult, CaseStatus, Evaluation, Metric, SuiteResult
from evals.reports import figures
from evals.reports.wording import details, missed, visible

THRESHOLD = "threshold"
"""Category and failure type of the test case that stands for a threshold."""
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
    element.extend(_case(case, suite) for case in suite.cases)
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
    name = f"{metric.name} {figures.goal(metric)}"
    element = _element("testcase", {"name": name, "classname": f"{suite.name}.{THRESHOLD}", "time": "0.000"})
    if not metric.is_met:
        message = missed(metric)
        element.append(_element("failure", {"type": THRESHOLD, "message": message}, message))
    return element


def _case(case: CaseResult, suite: SuiteResult) -> ElementTree.Element:
    classname = f"{suite.name}.{case.category}" if case.category else suite.name
    element = _element("testcase", {"name": case.id, "classname": classname, "time": f"{case.seconds:.3f}"})
    if case.status is CaseStatus.ERROR:
        element.append(_element("error", {"type": "harness", "message": case.message}, details(case)))
    elif case.status is CaseStatus.KNOWN_MISS:
        element.append(_element("skipped", {"message": f"known miss: {case.message}"}))
    elif case.status is CaseStatus.FAIL and suite.tolerates_failures:
        element.append(_element("skipped", {"message": f"within the thresholds: {case.message}"}))
    elif case.status is CaseStatus.FAIL:
        kind = " ".join(case.rules) or suite.kind
        element.append(_element("failure", {"type": kind, "message": case.message}, details(case)))
    return element


def _element(tag: str, attributes: Attributes, text: str | None = None) -> ElementTree.Element:
    element = ElementTree.Element(tag, {name: visible(value) for name, value in attributes.items()})
    element.text = None if text is None else visible(text)
    return element
