"""The rules on text once more, on what the message says: text part, preview line, alt and title texts.

A line that is a sound block's to the letter was judged before, by more rules. Of the others, those with figures in
a product's paragraph are judged as words about that product, and the rest together, as the assembled e-mail.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from evals.draft import BlockName
from evals.judging import GUARD_VERSION, judge
from evals.passage import Passage, passage_of
from evals.preflight.message import Message
from evals.rules import RULES, Rule
from evals.snapshot import ProductFacts
from evals.verdict import Status, Verdict

KEY = "message"
TEXT_RULES = (
    "price.wrong", "discount.invented", "code.invented", "shipping.invented", "offer.misstated", "urgency.invented",
    "scarcity.invented", "placeholder.leftover", "internal.leak", "pii.leak", "html.injection", "subject.deceptive",
)  # fmt: skip
"""What numbers, offers and secrets the assembled e-mail may state (guardrail rules 1 to 7), and what never."""
GIVEN_RULES = ("placeholder.leftover",)
"""For lines that are given, the shop's own and the reasons of picks: an address and a phone may stand there, a gap
may not."""


def text_verdicts(message: Message) -> list[Verdict]:
    """One verdict a rule, several when it fails several times."""
    rules = _registered(TEXT_RULES)
    verdicts: list[Verdict] = []
    for passage in _passages(message):
        verdicts += judge(passage, message.world, _fitting(rules, passage.name))
    given = [message.footer_text, *(pick.facts.reason for pick in message.world.picks)]
    for passage in _plain(message, ["\n".join(given)]):
        verdicts += judge(passage, message.world, _registered(GIVEN_RULES))
    return _summed(verdicts)


def _registered(names: Iterable[str]) -> list[Rule]:
    """The rules of these names, less one that is left out to show that it is needed (`evals.rules.without`)."""
    return [RULES[name] for name in names if name in RULES]


def _fitting(rules: Iterable[Rule], name: BlockName) -> list[Rule]:
    return [rule for rule in rules if name in rule.blocks]


def _summed(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Every fail, and for a rule without one a single verdict: PASS where it was judged at all."""
    failed = [verdict for verdict in verdicts if verdict.status is Status.FAIL]
    others: dict[str, Status] = {}
    for verdict in verdicts:
        if others.get(verdict.rule) is not Status.PASS:
            others[verdict.rule] = verdict.status
    calm = others.keys() - {verdict.rule for verdict in failed}
    return [
        *(verdict.model_copy(update={"block": KEY}) for verdict in failed),
        *(_quiet(rule, others[rule]) for rule in others if rule in calm),
    ]


@lru_cache(maxsize=64)
def _quiet(rule: str, status: Status) -> Verdict:
    return Verdict(rule=rule, status=status, block=KEY, version=GUARD_VERSION)


def _passages(message: Message) -> Iterable[Passage]:
    world, rest = message.world, list[str]()
    reasons = {pick.facts.reason.strip().casefold() for pick in world.picks}
    for key, text in (("subject", message.subject), ("preheader", message.page.preview)):
        if (key, text) not in world.sound:
            yield passage_of(world, "subject" if key == "subject" else "preheader", key, text, None)
    for paragraph in message.body_text.split("\n\n"):
        product = _product(message, paragraph)
        for line in (" ".join(line.split()) for line in paragraph.split("\n")):
            if line.casefold() in reasons or any((key, line) in world.sound for key in _keys(product)):
                continue
            if product and product.name not in line and any(map(str.isdigit, line)):
                yield passage_of(world, "pitch", f"pitch:{product.id}", line, product.id)
            else:
                rest.append(line)
    yield from _plain(message, ["\n".join(filter(None, rest)), *_spoken(message)])


def _keys(product: ProductFacts | None) -> Iterable[str]:
    """Keys of the blocks that may stand here."""
    return ("opening", "closing", f"pitch:{product.id}") if product else ("opening", "closing")


def _plain(message: Message, texts: Iterable[str]) -> Iterable[Passage]:
    for text in texts:
        if text.strip():
            yield passage_of(message.world, "whole", KEY, text.strip(), None)


def _product(message: Message, paragraph: str) -> ProductFacts | None:
    """The pick whose name stands in the first line; the longest name where several do."""
    head = paragraph.lstrip("\n").split("\n", 1)[0]
    named = [pick.facts for pick in message.world.picks if pick.facts.name in head]
    return max(named, key=lambda facts: len(facts.name)) if named else None


def _spoken(message: Message) -> Iterable[str]:
    """Attribute texts that say more than what can be seen, and is judged there."""
    known = f"{message.seen}\n{message.text}\n{message.subject}"
    for text in sorted({*message.page.spoken, message.page.title}):
        if not all(piece in known for piece in text.split(": ")):
            yield text
