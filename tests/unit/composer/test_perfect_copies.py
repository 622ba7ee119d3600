"""A model that copies its examples without a slip: what is wrong with its lines would be wrong with the examples."""

from __future__ import annotations

import asyncio
import re

import pytest

from composer.block_style import BlockStyle
from composer.ladder import make_block
from composer.model_writer import ModelWriter
from evals.guard import fails_of_block
from evals.snapshot import Fact, Snapshot
from prompts.library import Library
from prompts.model import Flow
from tests.kit.emails import make_task
from tests.kit.languages import remembering
from tests.kit.models import Asked, ScriptedClient
from tests.kit.patience import PATIENCE_S

LIBRARY = Library.load()
_WORDS = {"purchase": "You bought the {}", "cart": "You left the {} in your cart", "interest": "You like {}"}
_TOLD = re.compile(r"(?:the|like|buy) (.+?)(?: on your wish list| in your cart)?\.")


def copied(asked: Asked) -> str:
    """The last answer shown, with this product, note and fact in place of its own."""
    shown, answer, question = (message.content for message in asked.messages[-3:])
    for number, label in enumerate(("Note", "Fact", "Product")):
        before, now = told(label, shown), told(label, question)
        answer = answer.replace(before, f"\0{number}{now}\0") if before else answer
        answer = answer.replace(before[:1].lower() + before[1:], now[:1].lower() + now[1:]) if before else answer
    return re.sub("\0\\d?", "", answer)


def told(label: str, question: str) -> str:
    line = re.search(rf"^{label}: (.+)$", question, re.MULTILINE)
    if line is None or label == "Product":
        return line[1] if line else ""
    fact = _TOLD.search(line[1]) if label == "Fact" else None
    return fact[1] if fact else line[1].rstrip(".")


def snapshots(flow: Flow) -> list[Snapshot]:
    """With something remembered that bears on the first pick, and without."""
    known = [remembering("en", flow.name, count) for count in (1, 2, 3)]
    worded = [one.model_copy(update={"facts": tuple(map(as_memory_puts_it, one.facts))}) for one in known]
    silent = [one.model_copy(update={"facts": one.facts[len(_WORDS) :]}) for one in known]
    return [*worded, *silent]


def as_memory_puts_it(fact: Fact) -> Fact:
    words = _WORDS.get(fact.kind)
    about = str(fact.value).lower() if fact.kind == "interest" else fact.value
    return fact.model_copy(update={"text": words.format(about)}) if words else fact


@pytest.mark.parametrize("flow", LIBRARY.flows, ids=lambda flow: flow.name)
async def test_every_turn_of_phrase_may_go_out_as_it_is_shown(flow: Flow) -> None:
    held = []
    for snapshot in snapshots(flow):
        pitches = [f"pitch:{product.id}" for product in snapshot.products]
        writer = ModelWriter(ScriptedClient(copied), BlockStyle(LIBRARY, samples=3), name="copyist", rounds=1)
        until = asyncio.get_running_loop().time() + PATIENCE_S
        task = make_task(snapshot, flow)
        keys = ["subject", "opening", *pitches]
        written = await writer.write(task, keys, round_=0, notes={}, until=until)
        held += [(attempt.raw, attempt.detail) for attempt in written.attempts if attempt.error]
        for one in written.candidates:
            verdicts = fails_of_block(snapshot, make_block(one.key, one.text))
            held += [(one.text, verdict.rule) for verdict in verdicts if verdict.holds_back]
        assert {"subject", "opening"} <= {one.key for one in written.candidates}
    assert held == []
