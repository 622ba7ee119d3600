"""Which texts of which events are a customer's own words, and which words name the products they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from memory.events import Event
from memory.lines import Line, lines, units
from memory.words.lexicon import CONTENT_STOP, FUNCTION_WORDS, LEAST_LETTERS, QUALITIES, Term, lookup
from memory.words.model import Source
from memory.words.reading import fold_word, words_in

OWN_EVENTS: dict[str, Source] = {
    "Product Reviewed": "review",
    "Survey Answered": "survey",
    "Survey Completed": "survey",
    "Quiz Completed": "quiz",
    "Support Ticket Created": "support",
    "Support Note": "support",
    "Ticket Closed": "support",
}
"""By Segment's names and those that survey and help-desk tools send in its shape."""
TEXT_FIELDS: dict[Source, tuple[str, ...]] = {
    "review": ("review_title", "review_body"),
    "survey": (),
    "quiz": (),
    "support": ("subject", "body"),
}
MAX_TEXTS = 30
"""Of one event: no survey asks more of which anything is learned."""
MAX_ABOUT = 3
"""Products of one event whose words are known."""
MAX_OWN_TERMS = 24
TOP_RATING = 5
ONE_UNIT = 10_000
_TITLE_ENDS = re.compile(r"[.!?:;|({\[<]")
_STEP = re.compile(r"\s*[>/|]\s*")


@dataclass(frozen=True, slots=True)
class Text:
    """One text of an event. `question` is what it answers, where something was asked."""

    field: str
    """JSON pointer into the properties."""
    text: str
    question: str = ""


def texts_of(event: Event) -> Iterator[Text]:
    """The own words in an event of `OWN_EVENTS`, at most `MAX_TEXTS`."""
    source = OWN_EVENTS[event.name]
    named = ((name, event.properties.get(name)) for name in TEXT_FIELDS[source])
    yield from (Text(f"/{name}", value) for name, value in named if isinstance(value, str) and value)
    if source in ("survey", "quiz"):
        for count, answer in enumerate(_answers(event.properties)):
            if count == MAX_TEXTS:
                return
            yield answer


def rating_of(event: Event) -> float | None:
    """Of five; None when there is none that can be read."""
    rating = units(event.properties.get("rating"))
    return rating / ONE_UNIT if rating is not None and rating <= TOP_RATING * ONE_UNIT else None


def product_of(event: Event) -> str | None:
    """The product a review is about."""
    about = lines(event)[:1] if event.name == "Product Reviewed" else []
    return about[0].product_id if about else None


def terms_of(event: Event) -> dict[str, Term]:
    """The words that the event's products are called, categorised and described by, by their folded form."""
    found: dict[str, Term] = {}
    for line in lines(event)[:MAX_ABOUT]:
        for label in _labels(line):
            for word in _TITLE_ENDS.split(label, maxsplit=1)[0].split():
                _learn(found, word)
    return found


def _labels(line: Line) -> Iterator[str]:
    yield line.name or ""
    yield _STEP.split(line.category or "")[-1]
    yield from line.attributes.values()
    if line.brand and len(line.brand.split()) == 1:
        yield line.brand


def _learn(found: dict[str, Term], word: str) -> None:
    form = fold_word(word)
    plain = word.isalpha() and len(word) >= LEAST_LETTERS and form not in CONTENT_STOP and form not in FUNCTION_WORDS
    known = lookup(form, found) or lookup(form, QUALITIES)
    if plain and known is None and len(found) < MAX_OWN_TERMS:
        found[form] = Term(word.lower(), "own")


def _answers(properties: dict[str, Any]) -> Iterator[Text]:
    answers = properties.get("answers")
    if isinstance(answers, dict):
        for question, answer in answers.items():
            yield from _texts(f"/answers/{_escaped(question)}", answer, question)
    elif isinstance(answers, list):
        for position, item in enumerate(answers):
            if isinstance(item, dict) and isinstance(item.get("question"), str):
                yield from _texts(f"/answers/{position}/answer", item.get("answer"), item["question"])
    elif isinstance(properties.get("question"), str):
        yield from _texts("/answer", properties.get("answer"), properties["question"])


def _texts(field: str, answer: Any, question: str) -> Iterator[Text]:
    if isinstance(answer, str) and answer:
        yield Text(field, answer, question)
    elif isinstance(answer, list):
        several = enumerate(answer)
        yield from (Text(f"{field}/{at}", one, question) for at, one in several if isinstance(one, str) and one)


def _escaped(name: str) -> str:
    """RFC 6901, section 3."""
    return name.replace("~", "~0").replace("/", "~1")


def question_in_words(question: str) -> str:
    """A question or the name of a field, as it can be shown: on one line, `favourite_roast` as `favourite roast`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", question) if " " not in question else question
    return " ".join(spaced.replace("_", " ").split())


def question_words(question: str) -> frozenset[str]:
    """Its folded words."""
    return frozenset(words_in(question_in_words(question)))
