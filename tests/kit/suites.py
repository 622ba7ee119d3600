"""Suite files and labelled cases for tests of the eval harness."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from evals.harness.bench import Bench
from evals.harness.loading import load_suites
from evals.harness.result import CaseResult, SuiteResult
from evals.harness.run import run_suites

RAN_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""Before any known miss of a shipped suite expires: whether one has is for `penfriend eval` to tell, day by day."""
MUG = {"name": "Tin Mug", "price": 14.5, "currency": "USD", "url": "https://tent.example/mug", "attributes": {}}
TENT = {"name": "Larch Tent", "price": 240, "currency": "USD", "url": "https://tent.example/larch", "attributes": {}}


def row(id_: str, text: str, label: str | None = "ok", *violated: str, **changes: Any) -> dict[str, Any]:
    """A labelled line: an outdoor shop that writes to Mara about a mug and a tent."""
    given = {
        "id": id_,
        "category": "ok" if label == "ok" else "bad",
        "flow": "newsletter",
        "locale": "en-US",
        "send_date": "2026-03-10",
        "brand": {"name": "Tin and Tent", "domain": "tent.example", "currency": "USD", "policies": {}},
        "customer_facts": {"first_name": "Mara"},
        "products": [MUG, TENT],
        "offer": None,
        "block": "pitch",
        "text": text,
        "label": label,
        "violated": list(violated),
    }
    return {**given, **changes}


def write_suite(folder: Path, rows: Sequence[Mapping[str, Any]] = (), **fields: Any) -> Path:
    """A suite file `try.yaml` beside its cases; of kind `guard` unless told otherwise."""
    cases = "".join(json.dumps(line) + "\n" for line in rows)
    (folder / "cases.jsonl").write_text(cases, encoding="utf-8")
    path = folder / "try.yaml"
    path.write_text(yaml.safe_dump({"name": "try", "kind": "guard", "cases": "cases.jsonl", **fields}), "utf-8")
    return path


def no_bench() -> AbstractAsyncContextManager[Bench]:
    """For suites that compose nothing."""
    raise AssertionError("a suite of the guard alone asked for a bench")


def run_suite(source: Path | str, only: str = "") -> SuiteResult:
    """What a suite of the guard found."""
    suites = load_suites([source])
    narrowed = [suite.model_copy(update={"only": only}) for suite in suites]
    return asyncio.run(run_suites(narrowed, no_bench, started_at=RAN_AT)).suites[0]


def by_id(result: SuiteResult) -> dict[str, CaseResult]:
    """Its cases by id."""
    return {case.id: case for case in result.cases}


def figures(result: SuiteResult) -> dict[str, float | None]:
    """Its metrics by name."""
    return {metric.name: metric.value for metric in result.metrics}
