"""What only shows across the blocks of one e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evals.checks.shape import is_same, key_of
from evals.draft import Block, Draft
from evals.judging import GUARD_VERSION, judge
from evals.passage import Passage, passage_of
from evals.rules import RULES, Rule
from evals.verdict import Severity, Status, Verdict
from evals.world import World

REPETITION = "repetition.loop"
OPENING_WORDS = 3
MONOTONE = 3
"""So many blocks that begin with the same words are one too many; two are only pointed out."""
MIN_WORDS = 4


def split_claims(world: World, draft: Draft) -> list[Verdict]:
    """Rules that pass on subject and preheader but fail on the two read as one ("50%" + "off everything")."""
    subject, preheader = draft.get("subject"), draft.get("preheader")
    if subject is None or preheader is None:
        return []
    joined = Passage("subject", "subject+preheader", f"{subject.text} {preheader.text}", world)
    verdicts = judge(joined, world, _joined_rules())
    failed = {verdict.rule for verdict in verdicts if verdict.status is Status.FAIL}
    if not failed:
        return verdicts
    alone = {
        verdict.rule
        for block in (subject, preheader)
        for verdict in judge(_passage(world, block), world, [rule for rule in _joined_rules() if rule.id in failed])
        if verdict.status is Status.FAIL
    }
    return [verdict for verdict in verdicts if verdict.rule not in alone]


def _passage(world: World, block: Block) -> Passage:
    return passage_of(world, block.name, block.key, block.text, block.product_id)


def _joined_rules() -> list[Rule]:
    return [rule for rule in RULES.values() if rule.joined]


def repetitions(world: World, draft: Draft) -> list[Verdict]:
    """Sentences said in two blocks, and blocks that all begin alike."""
    prose = [block for block in draft.blocks if block.name != "cta"]
    found = [*_repeated_sentences(world, prose), *_same_openings(world, prose)]
    return found or [Verdict(rule=REPETITION, status=Status.PASS, block="draft", version=GUARD_VERSION)]


def _repeated_sentences(world: World, blocks: Sequence[Block]) -> Iterable[Verdict]:
    said: list[tuple[str, str]] = []
    for block in blocks:
        passage = _passage(world, block)
        own = [(key_of(passage.text[part.start : part.end]), part) for part in passage.sentences]
        for key, part in own:
            told = said if key.count(" ") >= MIN_WORDS - 1 else ()
            earlier = next((where for other, where in told if is_same(key, other)), None)
            if earlier is not None:
                span = passage.source_span(part.start, part.end)
                reason = f"{_told(world, earlier)} says this already."
                yield _failure(block, span, reason, _without(block.text, span))
        said.extend((key, block.key) for key, _ in own)


_TOLD = {"preheader": "The preview line", "cta": "The button"}


def _told(world: World, key: str) -> str:
    """A block as a marketer calls it."""
    name, _, product_id = key.partition(":")
    about = next((product.name for product in world.snapshot.products if product.id == product_id), "")
    return f"The text about {about}" if about else _TOLD.get(name, f"The {name}")


def _without(text: str, span: tuple[int, int]) -> str | None:
    kept = f"{text[: span[0]].rstrip()} {text[span[1] :].lstrip()}".strip()
    return kept if len(kept.split()) >= MIN_WORDS else None


def _same_openings(world: World, blocks: Sequence[Block]) -> Iterable[Verdict]:
    begun: dict[tuple[str, ...], list[Block]] = {}
    for block in blocks:
        opening = tuple(key_of(block.text).split()[:OPENING_WORDS])
        if len(opening) == OPENING_WORDS and not _is_name(world, " ".join(opening)):
            begun.setdefault(opening, []).append(block)
    for words, alike in begun.items():
        severity = Severity.BLOCK if len(alike) >= MONOTONE else Severity.WARN
        for block in alike[1:]:
            verdict = _failure(block, (0, 0), f"{len(alike)} blocks begin with “{' '.join(words)}”.", None)
            yield verdict.model_copy(update={"severity": severity})


def _is_name(world: World, words: str) -> bool:
    """Subject, preheader and pitch may each begin with the product they are about."""
    return any(words in key_of(f"the {product.name}") for product in world.snapshot.products)


def _failure(block: Block, span: tuple[int, int], reason: str, repaired: str | None) -> Verdict:
    return Verdict(
        rule=REPETITION,
        status=Status.FAIL,
        severity=Severity.REPAIR if repaired else Severity.BLOCK,
        block=block.key,
        span=span,
        found=block.text[span[0] : span[1]],
        reason=reason,
        repaired=repaired,
        version=GUARD_VERSION,
    )
