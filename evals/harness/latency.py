"""`latency` suites: how long the guard takes, a block and an e-mail of nine blocks, and what its detectors weigh."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import cycle, islice

from pydantic import Field, ValidationError

from evals.cases import Case
from evals.checks.language import classify
from evals.draft import Block, BlockName, Draft
from evals.guard import check_block, check_draft
from evals.harness.bench import Bench
from evals.harness.detector_memory import Memory
from evals.harness.figures import timing_metrics
from evals.harness.labelled import judge_block, read_labelled
from evals.harness.result import CaseResult, CaseStatus, Metric, SuiteResult
from evals.harness.suite import Progress, Suite, kind
from evals.snapshot import Fact, Frozen, Snapshot

NINE_BLOCKS: tuple[BlockName, ...] = (
    "subject", "preheader", "opening", "pitch", "pitch", "pitch", "pitch", "closing", "cta",
)  # fmt: skip
SHARES = (0.50, 0.95, 0.99)
METRICS = (
    *(f"{what}_p{share * 100:.0f}" for what in ("block_ms", "email_ms") for share in SHARES),
    "detectors_mb",
    "guard_mb",
)
MEBIBYTE = 2**20


class LatencyOptions(Frozen):
    """How much is timed."""

    blocks: int = Field(default=2000, ge=1)
    """At most: each labelled text is judged once, because texts seen before are cheaper."""
    emails: int = Field(default=200, ge=0)
    """E-mails of nine blocks, each with facts of its own, so that what is derived from them is timed too."""
    warm_up: int = Field(default=20, ge=0)
    """Blocks judged before the clock counts: the first one loads word lists and language models."""


@kind("latency", metrics=METRICS, options=LatencyOptions)
async def run(suite: Suite, bench: Bench | None, progress: Progress) -> SuiteResult:
    """Time checks on labelled texts in this process, one after the other; a case a text, never failing by itself."""
    options = LatencyOptions.model_validate(suite.options)
    cases = [case for case in read_labelled(suite) if suite.selects(case.id)]
    memory = await _memory()
    for case in cases[: options.warm_up]:
        check_block(case.snapshot, case.block)
    timed = cases[: options.blocks]
    of = len(timed) + options.emails
    blocks, emails = [], []
    for case in timed:
        blocks.append(_time_block(case))
        progress(len(blocks), of)
    for snapshot, draft in _emails(cases, options.emails):
        emails.append(_time_email(snapshot, draft))
        progress(len(timed) + len(emails), of)
    metrics = [
        *timing_metrics("block_ms", [result.seconds for result in blocks], SHARES),
        *timing_metrics("email_ms", emails, SHARES),
        *_memory_metrics(memory),
    ]
    return SuiteResult(name=suite.name, kind=suite.kind, cases=tuple(blocks), metrics=tuple(metrics))


def _time_block(case: Case) -> CaseResult:
    # What other suites of this run had classified would come from memory here.
    classify.cache_clear()
    answer = judge_block(case.snapshot, case.block)
    return CaseResult(
        id=case.id,
        status=CaseStatus.PASS,
        category=case.block.name,
        locale=case.snapshot.locale,
        flow=case.snapshot.flow,
        text=case.block.text,
        seconds=answer.seconds,
    )


def _emails(cases: Sequence[Case], count: int) -> Iterator[tuple[Snapshot, Draft]]:
    """Drafts of nine blocks: texts of one locale under the facts of one case, marked so that no two are equal."""
    for number, case in enumerate(islice(cycle(cases), count)):
        texts = cycle(other.block.text for other in cases if other.snapshot.locale == case.snapshot.locale)
        start = islice(texts, number % len(cases), None)
        blocks = tuple(
            Block(name=name, text=text, product_id=f"p{place}" if name == "pitch" else None)
            for place, (name, text) in enumerate(zip(NINE_BLOCKS, start, strict=False))
        )
        yield _marked(case.snapshot, number), Draft(blocks=blocks)


def _marked(snapshot: Snapshot, number: int) -> Snapshot:
    """The same facts under another fingerprint."""
    mark = Fact(
        id=f"mark-{number}", kind="engagement", text="", say="never", learned_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    return snapshot.model_copy(update={"facts": (*snapshot.facts, mark)})


def _time_email(snapshot: Snapshot, draft: Draft) -> float:
    classify.cache_clear()
    began = time.perf_counter()
    for block in draft.blocks:
        check_block(snapshot, block)
    check_draft(snapshot, draft)
    return time.perf_counter() - began


async def _memory() -> Memory | None:
    """Measured in a fresh process: in this one the detectors are loaded. None where memory cannot be read."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "evals.harness.detector_memory", stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    try:
        return Memory.model_validate_json(answer)
    except ValidationError:
        return None


def _memory_metrics(memory: Memory | None) -> list[Metric]:
    sizes = {} if memory is None else {"detectors_mb": memory.after - memory.before, "guard_mb": memory.after}
    values = {name: size / MEBIBYTE for name, size in sizes.items()}
    return [Metric(name=name, value=values.get(name), unit="MiB") for name in ("detectors_mb", "guard_mb")]
