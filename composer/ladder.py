"""The ladder: from the model's text down to a template, each step with its reason.

    model → repair → ask again → other model → templated block → templated e-mail → no e-mail

Writers only offer text; here the guard decides. Whatever happens, `climb` ends with a draft in which every
block passed its checks, or says with which rule even the template failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from composer.contract import Rung
from composer.deadline import Deadline
from composer.timing import Stopwatch
from composer.writing import Attempt, Candidate, Value, WriteOutcome, Writer, WriteTask
from evals.draft import Block, Draft
from evals.guard import check_block, check_draft, check_written
from evals.snapshot import Snapshot
from evals.verdict import Severity, Status, Verdict
from store.errors import PenfriendError

# Below this there is no time for a model call that could succeed; the template answers at once.
_LEAST_MODEL_SECONDS = 0.15
_TEMPLATE_TRIES = 8
_SETTLE_TRIES = 12
BlockCheck = Callable[[Snapshot, Block], list[Verdict]]
TEMPLATED = frozenset({Rung.TEMPLATE_BLOCK, Rung.TEMPLATE_EMAIL})


class NoSafeText(PenfriendError):
    """Not even the templates pass the guard for this snapshot: nothing may be sent."""

    reason = "no_safe_text"


class Templates(Protocol):
    """The bottom rungs. Pure: the same arguments give the same text."""

    def block(self, key: str, variant: int) -> Block:
        """The templated block; `variant` walks through the alternatives, best match first."""
        ...


class Round(Value):
    """What one writer offered in one round, kept for replay."""

    writer: str
    rung: Rung
    round: int
    keys: tuple[str, ...]
    outcome: WriteOutcome


class Placed(Value):
    """A block that has found its text."""

    block: Block
    rung: Rung
    reason: str
    attempts: int
    warnings: tuple[Verdict, ...] = ()
    """What its checks said without holding it back."""


@dataclass
class Climb:
    """The state of one climb, and at the end its result."""

    keys: tuple[str, ...]
    placed: dict[str, Placed] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=list)
    rejected: list[Verdict] = field(default_factory=list)
    """Verdicts that held candidates back, in order."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Per key: why the last rung was left."""
    tries: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    turned_down: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Per key: sound texts that clash with another block."""

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(key for key in self.keys if key not in self.placed)

    @property
    def draft(self) -> Draft:
        return Draft(blocks=tuple(self.placed[key].block for key in self.keys))

    @property
    def warnings(self) -> list[Verdict]:
        """Of the blocks that go out."""
        return [warning for key in self.keys for warning in self.placed[key].warnings]

    @property
    def attempts(self) -> list[Attempt]:
        return [attempt for round_ in self.rounds for attempt in round_.outcome.attempts]


async def climb(
    task: WriteTask,
    keys: Sequence[str],
    *,
    writers: Sequence[Writer],
    templates: Templates,
    deadline: Deadline,
    watch: Stopwatch,
) -> Climb:
    """Find a text for every key before the deadline.

    Raises NoSafeText when a templated block fails its checks too.
    """
    state = Climb(keys=tuple(keys))
    for position, writer in enumerate(writers):
        await _ask(state, task, writer, first=position == 0, deadline=deadline, watch=watch)
    for key in state.missing:
        _place_template(state, task.snapshot, templates, key, Rung.TEMPLATE_BLOCK)
    _settle_draft(state, task.snapshot, templates)
    return state


def fall_to_templates(state: Climb, snapshot: Snapshot, templates: Templates, reason: str) -> None:
    """The last rung before silence: every block from a template. Raises NoSafeText."""
    for key in state.keys:
        state.reasons[key] = reason
        _place_template(state, snapshot, templates, key, Rung.TEMPLATE_EMAIL)
    held = _settled(state, snapshot, templates, Rung.TEMPLATE_EMAIL)
    if held:
        raise NoSafeText(f"The templated e-mail fails {held[0].rule}: {held[0].reason}", pointer=held[0].block)


async def _ask(
    state: Climb, task: WriteTask, writer: Writer, *, first: bool, deadline: Deadline, watch: Stopwatch
) -> None:
    notes: dict[str, list[Verdict]] = {}
    for number in range(writer.rounds):
        keys = state.missing
        if not keys:
            return
        if deadline.left() < _LEAST_MODEL_SECONDS:
            state.reasons.update(dict.fromkeys(keys, "deadline"))
            return
        offer = writer.write(task, keys, round_=number, notes=notes, until=deadline.until)
        with watch.waiting():
            outcome = await deadline.run(offer)
        if outcome is None:
            state.reasons.update(dict.fromkeys(keys, "deadline"))
            return
        rung = Rung.OTHER_MODEL if not first else Rung.MODEL if number == 0 else Rung.REASK
        round_ = Round(writer=writer.name, rung=rung, round=number, keys=keys, outcome=outcome)
        state.rounds.append(round_)
        notes = _judge(state, task.snapshot, round_)
        if outcome.attempts and all(attempt.raw is None for attempt in outcome.attempts):
            return  # The model is down, not clumsy: asking it again would only burn the deadline.


def _judge(state: Climb, snapshot: Snapshot, round_: Round) -> dict[str, list[Verdict]]:
    """Place the best sound candidate of each key; return why the others were held back."""
    offered: Mapping[str, list[Candidate]] = defaultdict(list)
    for candidate in round_.outcome.candidates:
        offered[candidate.key].append(candidate)
    notes: dict[str, list[Verdict]] = {}
    for key in round_.keys:
        if key not in offered:
            state.reasons[key] = _why_absent(key, round_.outcome)
            continue
        state.tries[key] += len(offered[key])
        held = _place_best(state, snapshot, key, [candidate.text for candidate in offered[key]], round_.rung)
        if held:
            notes[key] = held
            state.reasons[key] = held[0].rule
    return notes


def _place_best(state: Climb, snapshot: Snapshot, key: str, texts: Sequence[str], rung: Rung) -> list[Verdict]:
    """Fewest warnings wins, then the order offered. Returns the verdicts against, when none is sound."""
    sound: list[tuple[int, int, Placed]] = []
    against: list[Verdict] = []
    for order, text in enumerate(texts):
        block, verdicts, repaired = _repaired(snapshot, make_block(key, text), check_written)
        held = [verdict for verdict in verdicts if verdict.holds_back]
        if held:
            against += held
            continue
        placed = Placed(
            block=block,
            rung=Rung.REPAIR if repaired else rung,
            reason=state.reasons.get(key, "ok"),
            attempts=state.tries[key],
            warnings=_warnings(verdicts),
        )
        sound.append((len(placed.warnings) + repaired, order, placed))
    state.rejected += against
    if not sound:
        return against
    state.placed[key] = min(sound, key=lambda entry: entry[:2])[2]
    return []


def _repaired(snapshot: Snapshot, block: Block, check: BlockCheck) -> tuple[Block, list[Verdict], bool]:
    """Apply at most one deterministic edit a rule, then judge everything again: no edit launders a violation."""
    verdicts = check(snapshot, block)
    repaired = False
    for _ in range(2):
        held = [verdict for verdict in verdicts if verdict.holds_back]
        if not held or any(v.severity is not Severity.REPAIR or v.repaired is None for v in held):
            break
        block = block.model_copy(update={"text": held[0].repaired})
        verdicts, repaired = check(snapshot, block), True
    return block, verdicts, repaired


def _place_template(state: Climb, snapshot: Snapshot, templates: Templates, key: str, rung: Rung) -> None:
    """The first variant that passes and was not turned down before. Raises NoSafeText when there is none."""
    held: list[Verdict] = []
    for variant in range(_TEMPLATE_TRIES):
        block, verdicts, _ = _repaired(snapshot, templates.block(key, variant), check_block)
        held = [verdict for verdict in verdicts if verdict.holds_back]
        if not held and block.text not in state.turned_down[key]:
            state.placed[key] = Placed(
                block=block,
                rung=rung,
                reason=state.reasons.get(key, "no_writer"),
                attempts=state.tries[key],
                warnings=_warnings(verdicts),
            )
            return
        state.rejected += held
    why = f"{held[0].rule}: {held[0].reason}" if held else "every variant clashes with another block"
    raise NoSafeText(f"The templated {key} fails {why}", pointer=key)


def _warnings(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    return tuple(verdict for verdict in verdicts if verdict.status is Status.FAIL)


def _settle_draft(state: Climb, snapshot: Snapshot, templates: Templates) -> None:
    """Checks over several blocks; when they cannot be settled block by block, the whole e-mail is templated."""
    held = _settled(state, snapshot, templates, Rung.TEMPLATE_BLOCK)
    if held:
        state.turned_down.clear()
        fall_to_templates(state, snapshot, templates, held[0].rule)


def _settled(state: Climb, snapshot: Snapshot, templates: Templates, rung: Rung) -> list[Verdict]:
    """Replace what clashes, the model's part first, until nothing does. Returns what still clashes in the end."""
    held: list[Verdict] = []
    for _ in range(_SETTLE_TRIES):
        held = [verdict for verdict in check_draft(snapshot, state.draft) if verdict.holds_back]
        if not held:
            return []
        state.rejected += held
        for key in _to_replace(state, held[0]):
            state.reasons[key] = held[0].rule
            state.turned_down[key].add(state.placed[key].block.text)
            _place_template(state, snapshot, templates, key, rung)
    return held


def _to_replace(state: Climb, verdict: Verdict) -> list[str]:
    keys = [key for key in verdict.block.split("+") if key in state.placed]
    written = [key for key in keys if state.placed[key].rung not in TEMPLATED]
    return written or keys[-1:]


def _why_absent(key: str, outcome: WriteOutcome) -> str:
    """The model's error for this block; `not_offered` when this writer leaves such blocks to the template."""
    errors = [attempt.error for attempt in outcome.attempts if key in attempt.keys and attempt.error]
    return errors[-1] if errors else "not_offered"


def make_block(key: str, text: str) -> Block:
    """`pitch:<product id>` and the plain names."""
    name, _, product_id = key.partition(":")
    return Block.model_validate({"name": name, "text": text, "product_id": product_id or None})
