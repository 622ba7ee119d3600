"""A model that reads customers' own words: asked once a text, bound to a schema, and believed only where it quotes.

What it answers is a claim about a text that we have, so every claim is held against that text (`memory.words.checks`):
a model that obeys an order in a review can at most leave things out. Texts that hold addresses, numbers, orders or
sensitive topics are not sent at all, and names are masked, each letter by one dash, so that places in the text stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from composer.json_style import unfenced
from composer.model_client import ModelError
from composer.model_writer import Model
from evals.text.lexicon import word_list
from memory.words.checks import values_of, why_refused
from memory.words.lexicon import Term
from memory.words.model import MAX_STATEMENTS, Found, Span, StatementKind
from memory.words.reading import fold_word
from memory.words.vetoes import unfit
from prompts.template import PromptTemplate

PROMPT = "read_words"
MAX_TOKENS = 400
MAX_CLAIMS = 20
LEAST_NAME = 3
"""Letters from which a part of a name is masked wherever it stands."""
_WORD = re.compile(r"[^\W\d_]+")


class Claim(BaseModel):
    """One statement, as the model has it."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    value: str
    quote: str


class Answer(BaseModel):
    """What the model must answer."""

    model_config = ConfigDict(extra="forbid")

    statements: list[Claim] = Field(max_length=MAX_CLAIMS)


_SCHEMA = Answer.model_json_schema()


@dataclass(frozen=True)
class WordsRead:
    """What came of one text: the statements that passed, and a reason for each that did not."""

    found: tuple[Found, ...] = ()
    refused: tuple[str, ...] = ()
    cost_usd: float = 0.0
    skipped: str | None = field(default=None)
    """Why the text was not sent: `memory.words.vetoes.unfit`."""


class WordReader:
    """Reads with one model."""

    def __init__(self, model: Model, prompt: PromptTemplate) -> None:
        self._model = model
        self._prompt = prompt

    @property
    def label(self) -> str:
        """The model and its prompt: another of either reads differently."""
        return f"{self._model.endpoint.model} {self._prompt.label}"

    async def read(
        self, text: str, field: str, terms: Mapping[str, Term], *, hidden: Collection[str], until: float
    ) -> WordsRead:
        """One call by `until` (`loop.time()`). `hidden`: the customer's names, which stay here.

        Raises: ModelError, `model_garbage` for an answer that is not of its schema.
        """
        reason = unfit(text)
        if reason is not None:
            return WordsRead(skipped=reason)
        completion = await self._model.complete(
            self._prompt.render(kinds=_quoted(values_of(terms)), text=_quoted(masked(text, hidden))),
            max_tokens=self._prompt.max_tokens or MAX_TOKENS,
            temperature=self._prompt.temperature,
            schema=_SCHEMA,
            until=until,
        )
        try:
            answer = Answer.model_validate_json(unfenced(completion.text))
        except ValidationError as error:
            raise ModelError("model_garbage", "The model's answer is not of its schema.") from error
        return _checked(answer, text, field, terms, completion.cost_usd)


def masked(text: str, hidden: Collection[str]) -> str:
    """The text with the customer's names and other first names as dashes; as long as before."""
    parts = (fold_word(word[0]) for name in hidden for word in _WORD.finditer(name))
    own = {part for part in parts if len(part) >= LEAST_NAME}
    return _WORD.sub(lambda word: "-" * len(word[0]) if _is_name(word[0], own) else word[0], text)


def _is_name(word: str, own: Collection[str]) -> bool:
    form = fold_word(word)
    if form in own:
        return True
    given = form in word_list("first_names") or form in word_list("given_names")
    return word[0].isupper() and given and form not in word_list("ambiguous_names")


def _checked(answer: Answer, text: str, field: str, terms: Mapping[str, Term], cost: float) -> WordsRead:
    found: dict[tuple[str, str], Found] = {}
    refused: list[str] = []
    for claim in answer.statements:
        one = _placed(claim, text, field)
        reason = "not_in_text" if one is None else why_refused(one, text, terms)
        if one is None or reason is not None:
            refused.append(reason or "not_in_text")
        else:
            found.setdefault((one.kind, one.value), one)
    return WordsRead(tuple(found.values())[:MAX_STATEMENTS], tuple(refused), cost)


def _placed(claim: Claim, text: str, field: str) -> Found | None:
    """The claim with its quote's place in the text; None when it is not there, or the kind is none of ours."""
    start = text.find(claim.quote) if claim.quote else -1
    kind = _KINDS.get(claim.kind)
    if start < 0 or kind is None:
        return None
    return Found(kind, claim.value, Span(field, start, start + len(claim.quote), claim.quote))


_KINDS: dict[str, StatementKind] = {kind: kind for kind in values_of({})}


def _quoted(material: object) -> str:
    """JSON in ASCII and without a tag: nothing in it can look like the end of its slot."""
    return json.dumps(material).replace("<", "\\u003c")
