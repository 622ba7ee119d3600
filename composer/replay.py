"""Rebuilds an e-mail from its record alone, and says where the bytes differ.

The whole ladder runs again, with writers that repeat what the record holds instead of models: so a replay proves
the record complete, and shows which rule of a newer guard would have decided otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from composer.contract import ComposeResult, ReplayReport
from composer.deadline import Deadline
from composer.edits import lay_over
from composer.finish import Output, render_output
from composer.ladder import NoSafeText, Round, climb, fall_to_templates
from composer.panel import RecordedJudges
from composer.record import ComposeRecord
from composer.render import Renderer
from composer.templates import BlockTemplates
from composer.timing import Stopwatch
from composer.writing import WriteOutcome, Writer, WriteTask
from evals.guard import GUARD_VERSION
from evals.verdict import Verdict
from prompts.library import Library

AMPLE_SECONDS = 3600.0
"""Nothing recorded is waited for."""


class RecordedWriter:
    """Says again what a writer said. Asked beyond the record, it offers nothing: there the deadline had passed."""

    def __init__(self, name: str, rounds: Sequence[Round]) -> None:
        self._name = name
        self._rounds = {round_.round: round_ for round_ in rounds}

    @property
    def name(self) -> str:
        """As recorded."""
        return self._name

    @property
    def rounds(self) -> int:
        """As many as were recorded."""
        return len(self._rounds)

    async def write(
        self,
        task: WriteTask,
        keys: Sequence[str],
        *,
        round_: int,
        notes: Mapping[str, Sequence[Verdict]],
        until: float,
    ) -> WriteOutcome:
        """The recorded outcome of this round."""
        recorded = self._rounds.get(round_)
        return recorded.outcome if recorded else WriteOutcome()


async def replay_record(result: ComposeResult, record: ComposeRecord, artifacts: Mapping[str, str]) -> ReplayReport:
    """Compare what the record gives today with what was stored."""
    library = Library.from_artifacts(record.manifest, artifacts)
    notes = []
    if record.guard_version != GUARD_VERSION:
        notes.append(f"guard: written under {record.guard_version}, replayed under {GUARD_VERSION}")
    try:
        output = await _again(record, library)
    except NoSafeText as error:
        return _report(record, [*notes, error.message])
    stored = Output(subject=result.subject, html=result.html, text=result.text, headers=result.headers)
    differences = _differences(stored, output)
    if output.sha256() != record.output_sha256 and not differences:
        differences.append("record: the stored e-mail and its replay agree, but not with the recorded hash")
    return _report(record, [*notes, *differences] if differences else [])


def _report(record: ComposeRecord, differences: list[str]) -> ReplayReport:
    return ReplayReport(
        id=record.email_id,
        campaign_version=record.campaign_version,
        brand=record.brand.id,
        brand_version=record.brand_version,
        identical=not differences,
        differences=differences,
    )


async def _again(record: ComposeRecord, library: Library) -> Output:
    task = record.task
    fallback = library.fallback(task.flow.name, task.snapshot.locale)
    templates = BlockTemplates(fallback, task, record.template_seed)
    writers: list[Writer] = [
        RecordedWriter(name, list(rounds)) for name, rounds in groupby(record.rounds, key=lambda round_: round_.writer)
    ]
    state = await climb(
        task,
        record.keys,
        writers=writers,
        templates=templates,
        deadline=Deadline(AMPLE_SECONDS),
        watch=Stopwatch(),
        panel=RecordedJudges([round_.judged for round_ in record.rounds]),
    )
    if record.forced_template:
        fall_to_templates(state, task.snapshot, templates, record.forced_template)
    lay_over(state, task.snapshot, record.edits)
    renderer = Renderer(library.layout(), library.wording)
    return render_output(record.envelope(), task.snapshot, state.draft, renderer, cta=task.cta)


def _differences(stored: Output, again: Output) -> list[str]:
    found = []
    for name in ("subject", "html", "text", "headers"):
        before, after = getattr(stored, name), getattr(again, name)
        if before != after:
            found.append(f"{name}: {_first_difference(_in_order(before), _in_order(after))}")
    return found


def _in_order(part: str | dict[str, str]) -> str:
    """Headers by name: those that are stored come back sorted."""
    return part if isinstance(part, str) else "\n".join(f"{name}: {part[name]}" for name in sorted(part))


def _first_difference(before: str, after: str) -> str:
    at = next(
        (index for index, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    return f"at character {at}: stored {before[at : at + 60]!r}, replayed {after[at : at + 60]!r}"
