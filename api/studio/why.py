"""Why an e-mail is what it is: its record, told to a marketer. Pure; `api.studio.grounds` tells what lines rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from api.studio.arm_words import DIMENSIONS, arm_words, dimension_words
from api.studio.grounds import Ground, Grounds, origins_of
from api.studio.reasons import block_title, failed_call, pick_kind, why_left
from composer.contract import BlockReport, ComposeResult, PickReport
from composer.experiments.model import Experiment
from composer.experiments.report import FELL_BACK, does
from composer.formats import offer_phrase
from composer.ladder import Round, make_block
from composer.licences import Licensor
from composer.names import clean_first_name, fill_first_name
from composer.record import ComposeRecord
from evals.rule_words import words_for
from evals.verdict import Severity, Status, Verdict
from memory.account.model import Source


class Piece(NamedTuple):
    """A stretch of text, marked where a check found something."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Sentence:
    """One sentence as it is read, and the numbers of what it rests on."""

    text: str
    grounds: tuple[int, ...]


@dataclass(frozen=True)
class Line:
    """One block of the e-mail."""

    key: str
    title: str
    about: str
    """Of a product text, the product."""
    rung: str
    why: str
    """Why it is not the model's first text; empty where it is."""
    sentences: tuple[Sentence, ...]
    grounds: tuple[Ground, ...]


@dataclass(frozen=True)
class Finding:
    """What a check found: the rule, the sentence why, and what speaks against it."""

    rule: str
    code: str
    reason: str
    against: str


@dataclass(frozen=True)
class Held:
    """A text that checks were not content with."""

    title: str
    about: str
    writer: str
    pieces: tuple[Piece, ...]
    findings: tuple[Finding, ...]
    times: int = 1


@dataclass(frozen=True)
class Evidence:
    """What speaks for a pick, and the event it came from, where it is one."""

    title: str
    text: str
    origin: str


@dataclass(frozen=True)
class Chosen:
    """One product, and why this one."""

    place: int
    pick: PickReport
    kind: str
    evidence: tuple[Evidence, ...]
    chance: float
    """How likely it was to take this place; 1 where nothing was left to chance."""


@dataclass(frozen=True)
class Call:
    """One call to a model."""

    model: str
    prompt: str
    blocks: str
    tokens: int
    seconds: float
    cost_usd: float
    failed: str


@dataclass(frozen=True)
class Draw:
    """One thing that was decided."""

    title: str
    what: str
    chance: float
    """How likely it was, 1 where nothing else fitted."""
    among: int
    note: str = ""
    """Where the e-mail came out otherwise."""


@dataclass(frozen=True)
class Tried:
    """The arm of an experiment that the e-mail is of."""

    experiment: str
    """Its id."""
    name: str
    arm: str
    does: str
    """What is different in it, in words; empty where the experiment is not known any more."""
    fell_back: str
    """Why it is written as the campaign is instead; empty where it is not."""


@dataclass(frozen=True)
class Told:
    """The decision in words."""

    angle: str
    tone: str
    length: str
    offer: str
    arms: int
    probability: float
    brief: str
    draws: tuple[Draw, ...]
    """Each thing for itself; none of an e-mail that was decided as a whole, as they once were."""


@dataclass(frozen=True)
class Why:
    """Everything beside the e-mail."""

    lines: tuple[Line, ...]
    grounds: tuple[Ground, ...]
    """What the lines rest on, numbered from 1 in the order of reading."""
    silent: tuple[Ground, ...]
    """Facts that were at hand and are not in the text; none for who reads in outline."""
    picks: tuple[Chosen, ...]
    held: tuple[Held, ...]
    """Texts that were not sent, each with what was wrong with it."""
    warnings: tuple[Held, ...]
    """What was said of the text that goes out without holding it back."""
    calls: tuple[Call, ...]
    told: Told
    tried: Tried | None
    """None where the customer was in no experiment."""
    versions: tuple[tuple[str, str], ...]
    """Templates and prompts, each with the beginning of its content's hash."""


def event_ids(result: ComposeResult, record: ComposeRecord) -> set[str]:
    """The events whose source is told on the page."""
    of_facts = {one for fact in record.task.snapshot.facts for one in fact.sources}
    return of_facts | {one["ref"] for pick in result.picks for one in pick.evidence if one.get("kind") == "event"}


def tried(result: ComposeResult, experiment: Experiment | None) -> Tried | None:
    """`experiment`: the e-mail's; None where it is in none, or it is not known any more."""
    if not result.experiment:
        return None
    arm = experiment.plan.arm(result.variant) if experiment else None
    return Tried(
        experiment=result.experiment,
        name=experiment.plan.name if experiment else result.experiment,
        arm=result.variant,
        does=does(arm) if arm else "",
        fell_back=FELL_BACK.get(result.fell_back, result.fell_back),
    )


def why_of(
    result: ComposeResult,
    record: ComposeRecord,
    sources: Mapping[str, Source],
    *,
    full: bool,
    experiment: Experiment | None = None,
) -> Why:
    """`sources`: the events of `event_ids` that are still stored. `full`: as `api.studio.people.person` has it.

    `experiment`: as `tried` has it.
    """
    grounds = Grounds(record.task.snapshot, sources, full=full)
    lines = _lines(result, record, grounds)
    return Why(
        lines=lines,
        grounds=grounds.used,
        silent=grounds.silent,
        picks=tuple(_chosen(place, pick, sources) for place, pick in enumerate(result.picks, 1)),
        held=_held(result, record),
        warnings=_warnings(result),
        calls=tuple(_calls(record)),
        told=_told(result, record),
        tried=tried(result, experiment),
        versions=tuple((path, digest[:10]) for path, digest in sorted(record.manifest.items())),
    )


def _lines(result: ComposeResult, record: ComposeRecord, grounds: Grounds) -> tuple[Line, ...]:
    snapshot = record.task.snapshot
    licensor, titles = Licensor(snapshot), {pick.product_id: pick.title for pick in result.picks}
    name = clean_first_name(snapshot.person.first_name)
    found = []
    for block in result.blocks:
        made = make_block(block.key, block.text)
        sentences = [
            Sentence(
                fill_first_name(block.text[one.start : one.end].strip(), name),
                tuple(grounds.number(source) for source in one.sources),
            )
            for one in licensor.sentences(made)
        ]
        numbers = dict.fromkeys(number for one in sentences for number in one.grounds)
        found.append(
            Line(
                key=block.key,
                title=block_title(block.key),
                about=titles.get(made.product_id or "", ""),
                rung=block.rung,
                why=why_left(block.reason),
                sentences=tuple(sentences),
                grounds=tuple(grounds.used[number - 1] for number in numbers),
            )
        )
    return tuple(found)


def _chosen(place: int, pick: PickReport, sources: Mapping[str, Source]) -> Chosen:
    evidence = []
    for one in pick.evidence:
        kind, _, said = one["text"].partition(": ")
        origin = origins_of([one["ref"]], sources)
        evidence.append(Evidence(pick_kind(kind), said, origin[0] if origin else ""))
    kind = pick_kind(pick.kind, [one["text"] for one in pick.evidence])
    return Chosen(place, pick, kind, tuple(evidence), pick.probability)


def _held(result: ComposeResult, record: ComposeRecord) -> tuple[Held, ...]:
    """Every text a model offered that does not go out, once each, with what was said against it."""
    final = {block.key: block.text for block in result.blocks}
    titles = {pick.product_id: pick.title for pick in result.picks}
    against = [verdict for verdict in result.verdicts if verdict.holds_back]
    offered: dict[tuple[str, str], list[Round]] = {}
    for round_ in record.rounds:
        for candidate in round_.outcome.candidates:
            if candidate.key in round_.keys and candidate.text != final.get(candidate.key):
                offered.setdefault((candidate.key, candidate.text), []).append(round_)
    return tuple(
        _held_text(key, text, rounds, [verdict for verdict in against if _is_about(verdict, key, text)], titles)
        for (key, text), rounds in offered.items()
    )


def _held_text(
    key: str, text: str, rounds: Sequence[Round], verdicts: Sequence[Verdict], titles: Mapping[str, str]
) -> Held:
    return Held(
        title=block_title(key),
        about=titles.get(key.partition(":")[2], ""),
        writer=rounds[0].writer,
        pieces=marked(text, verdicts),
        findings=findings(verdicts),
        times=len(rounds),
    )


def _warnings(result: ComposeResult) -> tuple[Held, ...]:
    titles = {pick.product_id: pick.title for pick in result.picks}
    soft = [one for one in result.verdicts if one.severity is Severity.WARN and one.status is Status.FAIL]
    blocks: dict[str, BlockReport] = {block.key: block for block in result.blocks}
    found = []
    for key, group in groupby(sorted(soft, key=lambda one: one.block), key=lambda one: one.block):
        verdicts, block = list(group), blocks.get(key)
        text, writer = (block.text, block.rung.value) if block else ("", "")
        found.append(
            Held(
                title=block_title(key),
                about=titles.get(key.partition(":")[2], ""),
                writer=writer,
                pieces=marked(text, verdicts),
                findings=findings(verdicts),
            )
        )
    return tuple(found)


def _is_about(verdict: Verdict, key: str, text: str) -> bool:
    """A verdict names its block and what it found there, not the text: of several it is about the one that holds it."""
    if key not in verdict.block.split("+"):
        return False
    start, end = verdict.span or (0, 0)
    return text[start:end] == verdict.found or (bool(verdict.found) and verdict.found in text)


def findings(verdicts: Iterable[Verdict]) -> tuple[Finding, ...]:
    """Each thing said once."""
    found = (Finding(words_for(one.rule), one.rule, one.reason, one.source or "") for one in verdicts)
    return tuple(dict.fromkeys(found))


def marked(text: str, verdicts: Iterable[Verdict]) -> tuple[Piece, ...]:
    """The text in pieces, those marked that a verdict's span covers and whose words are what it found."""
    spans = [one.span for one in verdicts if one.span and one.found and text[slice(*one.span)] == one.found]
    covered = [any(start <= place < end for start, end in spans) for place in range(len(text))]
    places = groupby(range(len(text)), key=covered.__getitem__)
    return tuple(Piece("".join(text[place] for place in run), inside) for inside, run in places)


def _calls(record: ComposeRecord) -> Iterable[Call]:
    for round_ in record.rounds:
        for attempt in round_.attempts:
            yield Call(
                model=attempt.model,
                prompt=attempt.prompt,
                blocks=", ".join(dict.fromkeys(block_title(key) for key in attempt.keys)),
                tokens=attempt.input_tokens + attempt.output_tokens,
                seconds=attempt.ms / 1000,
                cost_usd=attempt.cost_usd,
                failed=failed_call(attempt.error) if attempt.error else "",
            )


def _told(result: ComposeResult, record: ComposeRecord) -> Told:
    task, decision = record.task, record.decision
    offer = task.snapshot.offer
    return Told(
        angle=task.angle.instruction,
        tone=task.tone,
        length=task.length,
        offer=offer_phrase(offer, record.brand.currency, task.snapshot.locale) if offer else "",
        arms=decision.get("arms", 1),
        probability=decision.get("probability", 1.0),
        brief=task.message,
        draws=tuple(_draws(record)),
    )


_ONLY_WHERE_VARIED = frozenset({"exploration", "slot"})
"""What is worth no line where nothing could be otherwise."""


def _draws(record: ComposeRecord) -> Iterable[Draw]:
    decision, snapshot = record.decision, record.task.snapshot
    offer = snapshot.offer
    said = {"angle": record.task.angle.instruction}
    if offer:
        said["offer"] = offer_phrase(offer, record.brand.currency, snapshot.locale)
    realised = decision.get("realised", {})
    choices = decision.get("choices", {})
    for dimension in (one for one in DIMENSIONS if one in choices):
        choice = choices[dimension]
        arm = choice["arm"]
        if dimension in _ONLY_WHERE_VARIED and len(choice["arms"]) == 1:
            continue
        became = realised.get(dimension, arm)
        yield Draw(
            title=dimension_words(dimension),
            what=said.get(dimension) or arm_words(dimension, arm),
            chance=choice["probability"],
            among=len(choice["arms"]),
            note="" if became == arm else f"It became: {arm_words(dimension, became).lower()}.",
        )
