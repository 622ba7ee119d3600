"""Both parts are one e-mail: what the one says, the other says too."""

from __future__ import annotations

from collections.abc import Iterable

from evals.passage import TOKEN_NAME
from evals.preflight.message import Message
from evals.preflight.register import Problem, message_rule

_MARKS = ".,;:!?…()[]“”„\"'‘’«»*"


@message_rule("message.parts")
def agree(message: Message) -> Iterable[Problem]:
    """The same amounts, percentages, codes, dates and products in both. RFC 2046, section 5.1.4: alternatives hold
    the same information; differing parts are also a mark of spam."""
    apart = _figures(message.seen) ^ _figures(message.written)
    if apart:
        yield Problem(f"The parts name different figures: {', '.join(sorted(apart))}.")
    for pick in message.world.picks:
        name = " ".join(pick.facts.name.split())
        if (name in message.seen_line) != (name in message.text_line):
            yield Problem(f"Only one part names {name}.")


def _figures(text: str) -> set[str]:
    """Words with a digit, as they are written: one renderer writes both parts, so equal is equal to the letter.

    A space that does not break ("12,50 €", "1 249,00 €") parts words as any other does: what a page shows has lost it.
    """
    words = text.split()
    return {word.strip(_MARKS) for word in words if not word.isalpha() and any(map(str.isdigit, word))}


@message_rule("message.fields")
def fields(message: Message) -> Iterable[Problem]:
    """The one merge field that blocks may hold was filled in, in both parts and the subject.

    Our own rule: no model sees a name, so the renderer writes it.
    """
    if TOKEN_NAME in message.html or TOKEN_NAME in message.text or TOKEN_NAME in message.subject:
        yield Problem("The first name was never filled in.")
