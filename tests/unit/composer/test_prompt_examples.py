"""An answer like the examples of a prompt is one that is offered: else a small model is asked for what is refused."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from composer.block_style import _read_line
from composer.cleaning import respelled
from composer.grounding import known_words, turn_of_phrase, why_unfit
from composer.model_client import Completion
from prompts.library import Library
from prompts.model import Flow, Message

LIBRARY = Library.load()
FRAMES = ("pitch.plain", "pitch.meet", "pitch.has", "pitch.does")
PROMPTS = [*(f"{block}.{flow.name}" for flow in LIBRARY.flows for block in ("subject", "opening")), *FRAMES]
KINDS = ("", "purchase", "liking", "wish", "cart")


def shown(name: str) -> Iterator[Sequence[Message]]:
    """The messages of a prompt in each of its shapes."""
    prompt = LIBRARY.prompt(name)
    told = prompt.variables.get("kind") or ("liking" if "fact" in prompt.variables else "")
    for kind, variant, several in itertools.product(KINDS, range(3), (False, True)):
        if kind and kind not in told:
            continue
        values = {"product": "Sencha", "name": "Sencha", "about": "A tea.", "fact": kind, "kind": kind,
                  "variant": variant, "several": several}  # fmt: skip
        yield list(prompt.render(**{one: value for one, value in values.items() if one in prompt.variables}))


@pytest.mark.parametrize("name", PROMPTS)
def test_an_example_as_an_answer_is_offered_as_it_stands(name: str) -> None:
    block = name.partition(".")[0]
    refused = []
    for messages in shown(name):
        pairs = list(zip(messages[1:-1:2], messages[2:-1:2], strict=True))
        assert len(pairs) == 3
        for question, answer in pairs:
            others = [message for pair in pairs if pair[0] is not question for message in pair]
            told = dict(line.split(": ", 1) for line in question.content.splitlines() if ": " in line)
            product, fact = told["Product"], told.get("Fact", "")
            known = known_words([messages[0], *others, question], [product])
            turn = turn_of_phrase([messages[0], *others, question])
            judge = partial(why_unfit, name=product, known=known, about=told.get("Note", ""), fact=fact, turn=turn)
            completion = Completion(answer.content, "stop", 0, 0, 0.0, 0.0, "local")
            read = _read_line(block, judge, partial(respelled, name=product, others=fact), completion)
            if read != (answer.content, None):
                refused.append((answer.content, *read))
    assert refused == []


def test_several_are_spoken_of_as_several() -> None:
    said = [message.content for messages in shown("opening.abandoned_cart") for message in messages]
    assert any("Bells are still in your cart" in line for line in said)
    assert any("Bell is still in your cart" in line for line in said)
    assert any("Your cart is still here, and so are the Brass Bicycle Bells" in line for line in said)
    assert not any("cart are" in line for line in said)
    assert not any("[" in line for line in said)


@pytest.mark.parametrize("flow", LIBRARY.flows, ids=lambda flow: flow.name)
def test_no_example_says_here_is_of_several(flow: Flow) -> None:
    wrong = re.compile(r"\b(?:[Hh]ere|now) is the \w+ \w+ \w+s\b|s is\b")
    lines = [message.content for messages in shown(f"opening.{flow.name}") for message in messages[1:]]
    assert [line for line in lines if wrong.search(line)] == []
