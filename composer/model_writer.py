"""Offers blocks written by a model. A `PromptStyle` says how it is asked; what may go out, the ladder decides."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from composer.asking import Ask, PromptStyle, Reading
from composer.model_client import Completion, ModelError
from composer.model_settings import Endpoint
from composer.notes import notes_for
from composer.writing import Attempt, Candidate, WriteOutcome, WriteTask
from evals.verdict import Verdict
from prompts.model import Message
from prompts.template import PromptTemplate

MARGIN = 0.05
"""Seconds kept back from the deadline to hand over what did come in."""
HEAT = 0.15
"""Added to the temperature each round: the same answer again would fail the same check."""
MAX_TOKENS = 256
"""For prompts that name none."""
_HELLO = (Message(role="user", content="Say hello."),)


class Model(Protocol):
    """What a writer needs of `composer.model_client.ModelClient`."""

    @property
    def endpoint(self) -> Endpoint: ...

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        until: float,
        temperature: float | None = None,
        seed: int | None = None,
        stop: Sequence[str] = (),
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """One completion by `until`, or a ModelError."""
        ...


class ModelWriter:
    """A `composer.writing.Writer` over one model."""

    def __init__(
        self, model: Model, style: PromptStyle, *, name: str, rounds: int, temperature: float | None = None
    ) -> None:
        """`temperature` None takes each prompt's own."""
        self._model = model
        self._style = style
        self._name = name
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
    def takes_examples(self) -> bool:
        """Whether it is shown what reviewers liked."""
        return self._style.takes_examples

    @property
    def model(self) -> Model:
        """The model it asks, for health checks and warming up."""
        return self._model

    def asked_with(self, style: PromptStyle) -> ModelWriter:
        """The same model, asked another way."""
        return ModelWriter(self._model, style, name=self._name, rounds=self._rounds, temperature=self._temperature)

    async def write(
        self,
        task: WriteTask,
        keys: Sequence[str],
        *,
        round_: int,
        notes: Mapping[str, Sequence[Verdict]],
        until: float,
    ) -> WriteOutcome:
        """All calls of the round at once. Returns before `until` with whatever has come in."""
        told = notes_for(task, self._style.wording(task.snapshot.locale))
        asks = self._style.asks(task, told, keys, round_, notes)
        answers = await asyncio.gather(*(self._ask(ask, round_, until - MARGIN) for ask in asks))
        candidates = tuple(
            Candidate(key=key, text=text, attempt=index)
            for index, (_, reading) in enumerate(answers)
            for key, text in reading.texts.items()
        )
        return WriteOutcome(candidates=candidates, attempts=tuple(attempt for attempt, _ in answers))

    async def _ask(self, ask: Ask, round_: int, until: float) -> tuple[Attempt, Reading]:
        """One call, told as an attempt whatever becomes of it."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        attempt = Attempt(
            writer=self._name,
            model=self._model.endpoint.model,
            prompt=ask.label,
            lessons=tuple(example.lesson for example in ask.examples),
            keys=ask.keys,
            round=round_,
        )
        try:
            completion = await self._model.complete(
                ask.messages,
                max_tokens=ask.prompt.max_tokens or MAX_TOKENS,
                temperature=self._heat(ask.prompt, round_),
                seed=ask.seed,
                stop=ask.prompt.stop,
                schema=ask.schema,
                until=until,
            )
        except ModelError as error:
            waited = (loop.time() - started) * 1000
            failed = {"error": error.reason, "detail": error.message, "ms": waited}
            return attempt.model_copy(update=failed), Reading()
        reading = ask.read(completion)
        return attempt.model_copy(update=_account(completion, reading)), reading

    def _heat(self, prompt: PromptTemplate, round_: int) -> float | None:
        base = self._temperature if self._temperature is not None else prompt.temperature
        return None if base is None else min(2.0, base + HEAT * round_)


async def probe(writer: ModelWriter, seconds: float) -> float:
    """Milliseconds of one call of a few tokens, within `seconds`. Raises ModelError."""
    until = asyncio.get_running_loop().time() + seconds
    return (await writer.model.complete(_HELLO, max_tokens=4, until=until)).ms


def _account(completion: Completion, reading: Reading) -> dict[str, object]:
    return {
        "raw": completion.text,
        "error": reading.error,
        "detail": reading.detail,
        "input_tokens": completion.input_tokens,
        "output_tokens": completion.output_tokens,
        "cost_usd": completion.cost_usd,
        "ms": completion.ms,
    }
