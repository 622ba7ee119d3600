"""Writes blocks with a model. Two styles: `blocks` for small models, `json` for the others.

`blocks`: one short few-shot call a block and sample, all in flight at once; the examples show one turn of phrase, the
model carries it over to this reader and product. Only subject, opening and pitches: what a 135 M model cannot write
well (preheader, closing, button) is not offered, and the ladder takes the templated block.
`json`: one schema-bound call for all blocks; later rounds tell the model which rules its lines broke.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from composer.cleaning import clean
from composer.grounding import known_words, why_unfit
from composer.model_client import Completion, ModelClient, ModelError
from composer.model_settings import Style
from composer.notes import MAX_SENTENCE, Notes, notes_for, plain
from composer.writing import Attempt, Candidate, WriteOutcome, WriteTask
from evals.verdict import Verdict
from prompts.environment import as_sentence
from prompts.library import Library
from prompts.template import PromptTemplate

MARGIN = 0.05
"""Seconds kept back from the deadline to hand over what did come in."""
VARIANTS = 3
"""Turns of phrase each opening and subject prompt holds."""
HEAT = 0.15
"""Added to the temperature each round: the same answer again would fail the same check."""
_PITCHES = ("pitch.plain", "pitch.with")
_SENTENCES: dict[str, int | None] = {
    "subject": None,
    "preheader": 1,
    "opening": 2,
    "pitch": 2,
    "closing": 2,
    "cta": None,
}
_LIMITS = {
    "subject": "at most 50 characters",
    "preheader": "one sentence, at most 90 characters",
    "opening": "one or two sentences",
    "pitch": "one or two sentences",
    "closing": "one sentence",
    "cta": "two to four words for a button",
}


@dataclass(frozen=True)
class Ask:
    """One call to make. `keys` are the blocks it writes; `about` and `name` what a small model's line is held to."""

    keys: tuple[str, ...]
    prompt: PromptTemplate
    variables: Mapping[str, object]
    seed: int
    temperature: float | None
    name: str = ""
    about: str = ""


class ModelWriter:
    """A `composer.writing.Writer` over one model."""

    def __init__(
        self,
        client: ModelClient,
        library: Library,
        *,
        name: str,
        style: Style,
        samples: int = 1,
        rounds: int = 3,
        temperature: float | None = None,
    ) -> None:
        """`samples` completions a block and round (style `blocks`); `temperature` None takes the prompt's own."""
        self._client = client
        self._library = library
        self._name = name
        self._style = style
        self._samples = samples
        self._rounds = rounds
        self._temperature = temperature

    @property
    def name(self) -> str:
        """Short and stable, for records: `local/SmolLM2-135M-Instruct`."""
        return self._name

    @property
    def rounds(self) -> int:
        """How often the ladder may come back."""
        return self._rounds

    @property
    def client(self) -> ModelClient:
        """The door it calls through, for health checks and warming up."""
        return self._client

    async def write(
        self,
        task: WriteTask,
        keys: Sequence[str],
        *,
        round_: int,
        notes: Mapping[str, Sequence[Verdict]],
        until: float,
    ) -> WriteOutcome:
        """See `composer.writing.Writer`. Returns before `until` with whatever has come in."""
        told = notes_for(task)
        if self._style == "json":
            asks = [self._email(task, told, keys, round_, notes)] if keys else []
        else:
            asks = [
                ask
                for key in keys
                for sample in range(self._samples)
                if (ask := self._block(task, told, key, round_, sample))
            ]
        answers = await asyncio.gather(*(self._ask(ask, told, round_, until - MARGIN) for ask in asks))
        attempts = tuple(attempt for attempt, _ in answers)
        candidates = [
            Candidate(key=key, text=text, attempt=index)
            for index, (_, texts) in enumerate(answers)
            for key, text in texts.items()
        ]
        return WriteOutcome(candidates=tuple(candidates), attempts=attempts)

    def _block(self, task: WriteTask, notes: Notes, key: str, round_: int, sample: int) -> Ask | None:
        """The call for one block, or None for a block this style leaves to the template."""
        seed = _seed(task, key, round_, sample)
        block, _, product_id = key.partition(":")
        product = notes.product(product_id) if product_id else next(iter(notes.products), None)
        if product is None or block not in ("subject", "opening", "pitch"):
            return None
        if block == "pitch":
            return self._pitch(notes, key, product_id, round_ + sample, seed)
        variables: dict[str, object] = {"product": product.name, "variant": _variant(task, key, round_ + sample)}
        if block == "opening":
            variables["fact"] = next(iter(notes.facts), "")
        prompt = self._library.prompt(f"{block}.{task.flow.name}")
        return Ask((key,), prompt, variables, seed, self._heat(prompt, round_), name=product.name)

    def _pitch(self, notes: Notes, key: str, product_id: str, turn: int, seed: int) -> Ask | None:
        product = notes.product(product_id)
        if product is None or not product.about:
            return None
        place = notes.products.index(product)
        prompt = self._library.prompt(_PITCHES[(place + turn) % len(_PITCHES)])
        variables = {"name": product.name, "about": product.about}
        return Ask((key,), prompt, variables, seed, self._heat(prompt, turn), product.name, product.about)

    def _email(
        self,
        task: WriteTask,
        notes: Notes,
        keys: Sequence[str],
        round_: int,
        verdicts: Mapping[str, Sequence[Verdict]],
    ) -> Ask:
        """One call for all blocks."""
        prompt = self._library.prompt("email")
        names = _field_names(notes, keys)
        variables: dict[str, object] = {
            "blocks": [{"key": names[key], "limit": _LIMITS[_kind(key)]} for key in keys],
            "rejected": _rejected(verdicts, names),
            **{name: getattr(notes, name) for name in prompt.variables if hasattr(notes, name)},
        }
        seed = _seed(task, "email", round_, 0)
        return Ask(tuple(keys), prompt, variables, seed, self._heat(prompt, round_))

    async def _ask(self, ask: Ask, notes: Notes, round_: int, until: float) -> tuple[Attempt, dict[str, str]]:
        """One call: what happened, and the texts by key. Never raises ModelError."""
        messages = ask.prompt.render(**ask.variables)
        loop = asyncio.get_running_loop()
        started = loop.time()
        attempt = Attempt(
            writer=self._name, model=self._client.endpoint.model, prompt=ask.prompt.label, keys=ask.keys, round=round_
        )
        try:
            completion = await self._client.complete(
                messages,
                max_tokens=ask.prompt.max_tokens or 256,
                temperature=ask.temperature,
                seed=ask.seed,
                stop=ask.prompt.stop,
                schema=None if ask.name else _schema(_field_names(notes, ask.keys).values()),
                until=until,
            )
        except ModelError as error:
            failed = {"error": error.reason, "detail": error.message, "ms": (loop.time() - started) * 1000}
            return attempt.model_copy(update=failed), {}
        attempt = attempt.model_copy(update=_figures(completion))
        if ask.name:
            known = known_words(messages, [ask.name])
            text, wrong = _line(completion, ask, known)
            return _with(attempt, "not_offered" if wrong else None, wrong or ""), {} if wrong else {ask.keys[0]: text}
        return _read_email(attempt, completion.text, _field_names(notes, ask.keys))

    def _heat(self, prompt: PromptTemplate, round_: int) -> float | None:
        base = self._temperature if self._temperature is not None else prompt.temperature
        return None if base is None else min(2.0, base + HEAT * round_)


def _kind(key: str) -> str:
    return key.partition(":")[0]


def _digest(*parts: object) -> int:
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") & 0x7FFFFFFF


def _seed(task: WriteTask, key: str, round_: int, sample: int) -> int:
    """The same e-mail asked again draws the same words."""
    return _digest(task.snapshot.fingerprint(), key, round_, sample)


def _variant(task: WriteTask, key: str, turn: int) -> int:
    return (_digest(task.snapshot.fingerprint(), key) + turn) % VARIANTS


def _line(completion: Completion, ask: Ask, known: frozenset[str]) -> tuple[str, str | None]:
    """The text of a small model's block, and why it is not offered (None: it is)."""
    kind = _kind(ask.keys[0])
    sentences = _SENTENCES[kind]
    raw = completion.text
    if sentences is not None and completion.finish_reason == "stop":
        # A stop string takes the full stop away with it.
        raw = as_sentence(raw)
    elif completion.finish_reason != "stop" and sentences is None:
        return "", "was cut off"
    text = clean(raw, sentences=1 if kind == "pitch" else sentences)
    return text, why_unfit(text, ask.name, known, about=ask.about) if text else "holds no finished sentence"


def _read_email(attempt: Attempt, raw: str, names: Mapping[str, str]) -> tuple[Attempt, dict[str, str]]:
    """Texts by key from a JSON answer. Blocks the model left out are simply absent."""
    try:
        answer = json.loads(clean_json(raw))
    except json.JSONDecodeError as error:
        return _with(attempt, "model_garbage", f"The answer is not JSON: {error}"), {}
    if not isinstance(answer, dict):
        return _with(attempt, "model_garbage", "The answer is JSON, but no object."), {}
    texts = {
        key: clean(answer[name], sentences=_SENTENCES[_kind(key)])
        for key, name in names.items()
        if isinstance(answer.get(name), str)
    }
    return attempt, {key: text for key, text in texts.items() if text}


def clean_json(raw: str) -> str:
    """Without the Markdown fence some models put around it."""
    text = raw.strip()
    if text.startswith("```"):
        text = text.partition("\n")[2].rpartition("```")[0]
    return text


def _field_names(notes: Notes, keys: Sequence[str]) -> dict[str, str]:
    """Key to the name the model sees: pitches by the number of their pick, so that no id leaves."""
    numbers = {f"pitch:{product.id}": f"p{number}" for number, product in enumerate(notes.products, start=1)}
    return {key: numbers.get(key, key) for key in keys}


def _schema(names: Any) -> dict[str, Any]:
    fields = {name: {"type": "string"} for name in names}
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _rejected(verdicts: Mapping[str, Sequence[Verdict]], names: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"key": names[key], "reason": plain(verdict.reason, MAX_SENTENCE), "found": plain(verdict.found, MAX_SENTENCE)}
        for key, held in verdicts.items()
        if key in names
        for verdict in held[:2]
    ]


def _figures(completion: Completion) -> dict[str, object]:
    return {
        "raw": completion.text,
        "input_tokens": completion.input_tokens,
        "output_tokens": completion.output_tokens,
        "cost_usd": completion.cost_usd,
        "ms": completion.ms,
    }


def _with(attempt: Attempt, error: str | None, detail: str) -> Attempt:
    return attempt.model_copy(update={"error": error, "detail": detail})
