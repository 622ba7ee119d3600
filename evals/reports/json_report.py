"""The run as JSON that reads back exactly: what the next run compares itself with, and what scripts look into."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from evals.harness.result import CaseStatus, Evaluation
from evals.snapshot import Frozen
from store.errors import InvalidInput, NotFound

VERSION: Literal[1] = 1
"""Raised when a reader of the old shape would misread the new one; added keys do not raise it."""


class SuiteSummary(Frozen):
    """What a script asks first, so that it need not count cases."""

    name: str
    passed: bool
    cases: dict[CaseStatus, int]


class Summary(Frozen):
    """The gate, as the process answers it."""

    exit_code: int
    reason: str
    suites: tuple[SuiteSummary, ...]


class Envelope(Frozen):
    """The file: what it is, in which version, the summary, and the run itself."""

    format: Literal["penfriend.evaluation"] = "penfriend.evaluation"
    version: Literal[1] = VERSION
    summary: Summary
    evaluation: Evaluation


def write_json(evaluation: Evaluation, path: Path) -> None:
    """Write the run to `path`; folders are made as needed.

    Raises:
        OSError: the file cannot be written.
    """
    envelope = Envelope(summary=_summary(evaluation), evaluation=evaluation)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(envelope.model_dump_json(indent=1), encoding="utf-8")


def read_json(path: Path) -> Evaluation:
    """The run that `write_json` wrote, equal to it in every field.

    Raises:
        NotFound: there is no such file.
        InvalidInput: the file is something else, or of a version this Penfriend does not know.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"There is no report {path}.", fix="Write one with `penfriend eval --report FOLDER`.") from error
    try:
        return Envelope.model_validate_json(content).evaluation
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InvalidInput(
            f"{path} is no eval report of version {VERSION}: {first['msg']}.",
            pointer="/" + "/".join(str(part) for part in first["loc"]),
            fix="Compare with a report.json that this version of Penfriend wrote.",
        ) from error


def _summary(evaluation: Evaluation) -> Summary:
    code, reason = evaluation.exit_code
    suites = tuple(
        SuiteSummary(
            name=suite.name, passed=suite.has_passed, cases={status: suite.count(status) for status in CaseStatus}
        )
        for suite in evaluation.suites
    )
    return Summary(exit_code=code, reason=reason, suites=suites)
