"""Prompts for models that follow instructions: one schema-bound call for all blocks of an e-mail.

A later round tells the model which rules its lines broke and asks for those blocks again. Lines that reviewers liked
(`composer.lessons`) go along as examples; a line that says one of them again is not offered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from composer.asking import Ask, Reading, draw, kind_of
from composer.cleaning import clean
from composer.lessons.parroting import why_parroted
from composer.model_client import Completion
from composer.notes import MAX_SENTENCE, Notes, plain, spelled
from composer.writing import Example, WriteTask
from evals.verdict import Verdict
from prompts.environment import as_sentence
from prompts.library import Library
from prompts.wording import Wording

_PROMPT = "email"
EXAMPLES = "examples"
"""The variable of a prompt that shows what reviewers liked."""
_MAX_FAULTS = 2
"""Faults told of one line: more confuse."""
_MAX_QUOTED = 60
"""Characters at fault that are quoted back; whole sentences would be copied, so they are to be put in other words."""
_FAULTS: Mapping[str, str] = {
    "attribute": "not in its notes",
    "claim": "unproven claim",
    "code": "code",
    "comparison": "comparison",
    "creepy": "watching the reader",
    "discount": "discount",
    "event": "not in the notes",
    "history": "not bought",
    "language": "wrong language",
    "length": "too long",
    "offer": "offer",
    "price": "price",
    "product": "other product",
    "prompt": "copied words",
    "repetition": "said twice",
    "scarcity": "stock",
    "sensitive": "private matter",
    "shipping": "delivery",
    "text": "unfinished",
    "urgency": "pressure",
    "other": "fault",
}
"""Family of a rule to the fault as a model is told it."""
_SENTENCES: Mapping[str, int | None] = {
    "subject": None,
    "preheader": 1,
    "opening": 2,
    "pitch": 2,
    "closing": 2,
    "cta": None,
}
_LIMITS: Mapping[str, str] = {
    "subject": "at most 50 characters",
    "preheader": "one sentence, at most 90 characters",
    "opening": "one or two sentences",
    "pitch": "one or two sentences",
    "closing": "one sentence",
    "cta": "two to four words for a button",
    "question": "a question",
    "product": "naming product 1",
    "plain": "naming no product, no question",
    "cta_product": "two to four words for a button, naming product 1",
    "cta_short": "one or two words for a button",
    "cta_long": "three or four words for a button",
}
"""Of blocks, then of the styles that a subject and a button may be drawn to have."""
_STYLED = frozenset({"question", "product", "plain"})
"""Styles of a subject that a model is told."""
OURS = frozenset({"name", "number"})
"""Styles of a subject that no model may write: it knows no name, and the shop adds all numbers."""


class JsonStyle:
    """A `composer.asking.PromptStyle`."""

    def __init__(self, library: Library) -> None:
        self._library = library

    @property
    def takes_examples(self) -> bool:
        """Unless a prompt of one's own has no place for them."""
        return EXAMPLES in self._library.prompt(_PROMPT).variables

    def wording(self, locale: str) -> Wording:
        """See `PromptStyle`."""
        return self._library.wording(locale)

    def asks(
        self,
        task: WriteTask,
        notes: Notes,
        keys: Sequence[str],
        round_: int,
        verdicts: Mapping[str, Sequence[Verdict]],
    ) -> list[Ask]:
        """See `PromptStyle`."""
        wanted = [key for key in keys if key != "subject" or task.subject not in OURS]
        if not wanted:
            return []
        names, locale = field_names(notes, wanted), task.snapshot.locale
        prompt, wording = self._library.prompt_in(_PROMPT, locale), self._library.wording(locale)
        limits, faults = (wording.spoken.limits, wording.spoken.faults) if wording.spoken else (_LIMITS, _FAULTS)
        variables: dict[str, object] = {
            **{name: getattr(notes, name) for name in prompt.variables if hasattr(notes, name)},
            "blocks": [{"key": names[key], "limit": _limit(task, key, limits)} for key in wanted],
            "rejected": _rejected(verdicts, names, faults),
        }
        messages = tuple(prompt.render(**variables))
        seed = draw(task, "email", round_)
        shown = notes.examples if self.takes_examples else ()
        typeset = partial(wording.typeset, names=[product.name for product in notes.products])
        judge = partial(_why_unfit, examples=shown, notes=notes, wording=wording)
        read = partial(_read, names, judge, typeset)
        return [Ask(tuple(wanted), prompt, messages, seed, read, _schema(names.values()), shown)]


def _why_unfit(key: str, text: str, *, examples: Sequence[Example], notes: Notes, wording: Wording) -> str | None:
    """None when the line may be offered, else what is wrong, in words for the record.

    A pitch is held to the name of its pick, as the prompts of other languages order: there a small model told "« Savon
    à l’huile d’olive » est parfumé à la lavande" of another soap, and "ce savon" of a razor. Blocks beside it may come
    from templates, so the form of address is theirs.
    """
    said = spelled(text)
    product = notes.product(key.partition(":")[2])
    names = frozenset(word for pick in notes.products for word in spelled(pick.name).split())
    if familiar := frozenset(said.split()).intersection(wording.familiar) - names:
        return f"speaks to a friend: {min(familiar)}"
    if wording.spoken is not None and product is not None and spelled(product.name) not in said:
        return "does not name its product"
    told = " / ".join(map(spelled, notes.facts))
    facts = wording.spoken.facts.values() if wording.spoken else ()
    claims = (spelled(fact.replace("{name}", pick.name)) for fact in facts for pick in notes.products)
    if any(claim in said and claim not in told for claim in claims):
        return "tells a fact of a product it was not told of"
    if key == "cta" and said in map(spelled, (notes.brand, *(pick.name for pick in notes.products))):
        return "is a name and asks for nothing"
    return why_parroted(text, examples=examples, notes=notes)


def _limit(task: WriteTask, key: str, limits: Mapping[str, str]) -> str:
    """How long a block may be, and in which style it was drawn to be."""
    if key == "cta":
        return limits.get(f"cta_{task.cta}", limits[key])
    said = limits.get(task.subject) if key == "subject" and task.subject in _STYLED else None
    return ", ".join(filter(None, (said, limits[kind_of(key)])))


def field_names(notes: Notes, keys: Sequence[str]) -> dict[str, str]:
    """Block key to the name the model sees: pitches by the number of their pick, so that no id leaves."""
    numbers = {f"pitch:{product.id}": f"p{number}" for number, product in enumerate(notes.products, start=1)}
    return {key: numbers.get(key, key) for key in keys}


def _schema(names: Iterable[str]) -> dict[str, Any]:
    fields = {name: {"type": "string"} for name in names}
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _rejected(
    verdicts: Mapping[str, Sequence[Verdict]], names: Mapping[str, str], faults: Mapping[str, str]
) -> list[dict[str, str]]:
    """What to leave out, and never the verdict's own sentence: small models answer by repeating it."""
    return [
        {
            "key": names[key],
            "fault": faults.get(verdict.rule.partition(".")[0], faults["other"]),
            "found": plain(verdict.found, MAX_SENTENCE) if len(verdict.found) <= _MAX_QUOTED else "",
        }
        for key, held in verdicts.items()
        if key in names
        for verdict in held[:_MAX_FAULTS]
    ]


def _read(
    names: Mapping[str, str],
    judge: Callable[[str, str], str | None],
    typeset: Callable[[str], str],
    completion: Completion,
) -> Reading:
    """Blocks that the answer left out, that are no strings, or that `judge` says something against are absent."""
    try:
        answer = json.loads(unfenced(completion.text))
    except ValueError as error:
        return Reading(error="model_garbage", detail=f"The answer is not JSON: {error}")
    if not isinstance(answer, dict):
        return Reading(error="model_garbage", detail="The answer is JSON, but no object.")
    written = {key: answer[name] for key, name in names.items() if isinstance(answer.get(name), str)}
    texts = {key: typeset(_text(text, kind_of(key))) for key, text in written.items()}
    wrong = {key: why for key, text in texts.items() if text and (why := judge(key, text))}
    kept = {key: text for key, text in texts.items() if text and key not in wrong}
    detail = "; ".join(f"{names[key]} {why}" for key, why in wrong.items())
    return Reading(kept, error=None if kept or not wrong else "not_offered", detail=detail)


def _text(raw: str, block: str) -> str:
    sentences = _SENTENCES[block]
    # The string is whole, or the answer would be no JSON: a missing full stop is only that.
    return clean(raw if sentences is None else as_sentence(raw), sentences=sentences)


def unfenced(raw: str) -> str:
    """Without the Markdown fence some models put around JSON."""
    text = raw.strip()
    return text.partition("\n")[2].rpartition("```")[0] if text.startswith("```") else text
