"""The ladder: from the model's text down to a template, each step with its reason.

    model → repair → ask again → other model → templated block → templated e-mail → no e-mail

Writers only offer text; here the guard decides. Whatever happens, `climb` ends with a draft in which every
block passed its checks, or says with which rule even the template failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from composer.contract import Rung
from composer.courtesy import give_way
from composer.deadline import Deadline
from composer.panel import Judged, Panel, unjudged
from composer.timing import Stopwatch
from composer.writing import Attempt, Value, WriteOutcome, Writer, WriteTask
from evals.draft import Block, Draft
from evals.guard import check_draft, fails_of_block
from evals.snapshot import Snapshot
from evals.verdict import Severity, Status, Verdict
from store.errors import PenfriendError

# Below this there is no time for a model call that could succeed; the template answers at once.
_LEAST_MODEL_SECONDS = 0.15
_TEMPLATE_TRIES = 8
_SETTLE_TRIES = 12
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
    judged: tuple[Judged, ...] = ()

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every model call of the round, judges' included."""
        return (*self.outcome.attempts, *(attempt for judged in self.judged for attempt in judged.attempts))


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
        return [attempt for round_ in self.rounds for attempt in round_.attempts]


async def climb(
    task: WriteTask,
    keys: Sequence[str],
    *,
    writers: Sequence[Writer],
    templates: Templates,
    deadline: Deadline,
    watch: Stopwatch,
    panel: Panel | None = None,
) -> Climb:
    """Find a text for every key before the deadline. `panel` may object to what a model wrote.

    Raises NoSafeText when a templated block fails its checks too.
    """
    state = Climb(keys=tuple(keys))
    for position, writer in enumerate(writers):
        await _ask(state, task, writer, first=position == 0, deadline=deadline, watch=watch, panel=panel)
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
    state: Climb,
    task: WriteTask,
    writer: Writer,
    *,
    first: bool,
    deadline: Deadline,
    watch: Stopwatch,
    panel: Panel | None,
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
        await give_way()
        rung = Rung.OTHER_MODEL if not first else Rung.MODEL if number == 0 else Rung.REASK
        round_ = Round(writer=writer.name, rung=rung, round=number, keys=keys, outcome=outcome)
        tried = _tried(task.snapshot, round_)
        judged = await _reviewed(task, tried, panel, len(state.rounds), deadline, watch)
        state.rounds.append(round_.model_copy(update={"judged": tuple(judged)}))
        notes = _place(state, round_, _with_objections(tried, judged))
        if outcome.attempts and all(attempt.raw is None for attempt in outcome.attempts):
            return  # The model is down, not clumsy: asking it again would only burn the deadline.


@dataclass(frozen=True)
class _Tried:
    """A candidate after its checks, and after the edits that these asked for."""

    block: Block
    verdicts: Sequence[Verdict]
    repaired: bool

    @property
    def held(self) -> list[Verdict]:
        """Why it may not go out."""
        return [verdict for verdict in self.verdicts if verdict.holds_back]


def _tried(snapshot: Snapshot, round_: Round) -> list[_Tried]:
    wanted = (candidate for candidate in round_.outcome.candidates if candidate.key in round_.keys)
    return [_repaired(snapshot, make_block(candidate.key, candidate.text)) for candidate in wanted]


async def _reviewed(
    task: WriteTask,
    tried: Sequence[_Tried],
    panel: Panel | None,
    number: int,
    deadline: Deadline,
    watch: Stopwatch,
) -> Sequence[Judged]:
    """What the panel says of each text that passed every rule: it may add a block, and is never asked to lift one."""
    sound = list({(one.block.key, one.block.text): one.block for one in tried if not one.held}.values())
    if panel is None or not sound:
        return ()
    with watch.waiting():
        judged = await deadline.run(panel.review(task, sound, number=number, until=deadline.until))
    return unjudged(sound) if judged is None else judged


def _with_objections(tried: Sequence[_Tried], judged: Sequence[Judged]) -> list[_Tried]:
    said = {(one.key, one.text): one.verdicts for one in judged}
    return [
        _Tried(one.block, (*one.verdicts, *said.get((one.block.key, one.block.text), ())), one.repaired)
        for one in tried
    ]


def _place(state: Climb, round_: Round, tried: Sequence[_Tried]) -> dict[str, list[Verdict]]:
    """Place the best sound candidate of each key; return why the others were held back."""
    offered: dict[str, list[_Tried]] = defaultdict(list)
    for one in tried:
        offered[one.block.key].append(one)
    notes: dict[str, list[Verdict]] = {}
    for key in round_.keys:
        if key not in offered:
            state.reasons[key] = _why_absent(key, round_.outcome)
            continue
        state.tries[key] += len(offered[key])
        held = _place_best(state, key, offered[key], round_.rung)
        if held:
            notes[key] = held
            state.reasons[key] = held[0].rule
    return notes


def _place_best(state: Climb, key: str, offered: Sequence[_Tried], rung: Rung) -> list[Verdict]:
    """Fewest warnings wins, then the order offered. Returns the verdicts against, when none is sound."""
    sound: list[tuple[int, int, Placed]] = []
    against: list[Verdict] = []
    for order, one in enumerate(offered):
        if one.held:
            against += one.held
            continue
        placed = Placed(
            block=one.block,
            rung=Rung.REPAIR if one.repaired else rung,
            reason=state.reasons.get(key, "ok"),
            attempts=state.tries[key],
            warnings=_warnings(one.verdicts),
        )
        sound.append((len(placed.warnings) + one.repaired, order, placed))
    state.rejected += against
    if not sound:
        return against
    state.placed[key] = min(sound, key=lambda entry: entry[:2])[2]
    return []


def _repaired(snapshot: Snapshot, block: Block) -> _Tried:
    """Apply at most one deterministic edit a rule, then judge everything again: no edit launders a violation."""
    verdicts = fails_of_block(snapshot, block)
    repaired = False
    for _ in range(2):
        held = [verdict for verdict in verdicts if verdict.holds_back]
        if not held or any(v.severity is not Severity.REPAIR or v.repaired is None for v in held):
            break
        block = block.model_copy(update={"text": held[0].repaired})
        verdicts, repaired = fails_of_block(snapshot, block), True
    return _Tried(block, verdicts, repaired)


def _place_template(state: Climb, snapshot: Snapshot, templates: Templates, key: str, rung: Rung) -> None:
    """The first variant that passes and was not turned down before. Raises NoSafeText when there is none."""
    held: list[Verdict] = []
    for variant in range(_TEMPLATE_TRIES):
        tried = _repaired(snapshot, templates.block(key, variant))
        held = tried.held
        if not held and tried.block.text not in state.turned_down[key]:
            state.placed[key] = Placed(
                block=tried.block,
                rung=rung,
                reason=state.reasons.get(key, "no_writer"),
                attempts=state.tries[key],
                warnings=_warnings(tried.verdicts),
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
