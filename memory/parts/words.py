"""What they said in their own words: reviews, answers, notes, as statements of a closed vocabulary.

Reading happens here, once an event: it is a pure function of the event, so a rebuild finds the same. What a model
found arrives as an event of our own, `Words Read`, which nobody else may send (`memory.events.RESERVED`).
"""

from __future__ import annotations

from typing import Any

from memory.events import WORDS_READ, Event
from memory.parts.steps import Step
from memory.state import State, put_newest
from memory.words.extract import read_event
from memory.words.sources import OWN_EVENTS, product_of

NEWEST_WORDS = 24
"""Events whose statements are kept."""


def _said(state: State, event: Event, time: int) -> None:
    found = [statement.as_list() for statement in read_event(event)]
    if found:
        entry = [time, event.message_id, OWN_EVENTS[event.name], "rules", product_of(event), event.message_id, found]
        put_newest(state["words"], entry, NEWEST_WORDS)


def _read_by_model(state: State, event: Event, time: int) -> None:
    """Whoever wrote the event has checked it against the text it is about (`memory.words.pending`)."""
    said: dict[str, Any] = event.properties
    entry = [time, event.message_id, said["source"], "model", said["product_id"], said["of"], said["statements"]]
    put_newest(state["words"], entry, NEWEST_WORDS)


STEPS: dict[str, Step] = {**dict.fromkeys(OWN_EVENTS, _said), WORDS_READ: _read_by_model}
