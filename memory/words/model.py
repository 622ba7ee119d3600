"""A statement: one thing somebody said, in a closed vocabulary, with the span of their text that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from memory.frozen import Frozen

StatementKind = Literal[
    "likes", "prefers", "dislikes", "too_much", "fit", "bought_for", "complaint", "wants_news", "answered"
]
Source = Literal["review", "survey", "quiz", "support"]
Reader = Literal["rules", "model"]

KINDS: tuple[StatementKind, ...] = get_args(StatementKind)
LASTS: dict[StatementKind, timedelta] = {
    "likes": timedelta(days=365),
    "prefers": timedelta(days=365),
    "dislikes": timedelta(days=730),
    "too_much": timedelta(days=365),
    "fit": timedelta(days=730),
    "bought_for": timedelta(days=365),
    "complaint": timedelta(days=60),
    "wants_news": timedelta(days=180),
    "answered": timedelta(days=730),
}
"""How long after it was said a statement is believed. A complaint is soon over; a shoe size is not."""
MICROSECONDS = {kind: lasts // timedelta(microseconds=1) for kind, lasts in LASTS.items()}
"""The same, as the state counts time."""
MAX_VALUE = 40
MAX_SPAN = 160
MAX_STATEMENTS = 6
"""Of one event. Who says more is quoted with the first."""


Folded = list[Any]
"""[kind, value, about, field, start, end, text]."""


Choice = tuple[str, str]
"""What was asked and an answer to it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where in an event it was said. `text` is exactly `field`'s text from `start` to `end`, in characters."""

    field: str
    """JSON pointer into the event's properties (RFC 6901): `/review_body`, `/answers/2/answer`."""
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A statement as read from one text, before anybody knows whose it is."""

    kind: StatementKind
    value: str
    """Of the closed vocabulary, in lower case; for `answered` what was answered."""
    span: Span
    about: str = ""
    """For `answered`: what was asked, in a few words."""

    def as_list(self) -> Folded:
        """Plain JSON, as it is folded."""
        span = self.span
        return [self.kind, self.value, self.about, span.field, span.start, span.end, span.text]


class Statement(Frozen):
    """Something a customer said. See `Span` for field, start and end."""

    id: str
    """The same thing said again keeps its id; the fact made of it has it too."""
    kind: StatementKind
    value: str
    about: str = ""
    """For `answered`: what was asked."""
    is_choice: bool = False
    """For `answered`: several customers gave the same answer (`memory.words.choices`)."""
    product_id: str | None = None
    """The product a review is about."""
    source: Source
    reader: Reader
    """Who found it in the text."""
    event_id: str
    field: str
    start: int
    end: int
    text: str
    """The customer's own words, verbatim: untrusted data, for people to read and never for a prompt."""
    learned_at: datetime
    expires_at: datetime
