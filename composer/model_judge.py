"""A model that judges what another wrote: asked once a text, bound to a schema, and believed only when it objects.

The text it judges may try to talk to it, so it stands as a JSON string in a message of its own (OWASP LLM01:2025,
"Segregate and identify external content"), and nothing that the judge answers can lift a block. Its words go to the
marketer and never into an e-mail.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from composer.json_style import unfenced
from composer.model_client import Completion, ModelError
from composer.model_writer import MARGIN, Model
from composer.writing import Attempt, WriteTask
from evals.draft import Block
from evals.judges import Objection, objected, passed, unanswered
from evals.snapshot import Snapshot
from evals.verdict import Verdict
from prompts.template import PromptTemplate

NAME = "model"
MAX_TOKENS = 200
MAX_REASON = 300
Breach = Literal["none", "untrue", "unproven", "tone", "pressure", "private", "unclear"]


class Answer(BaseModel):
    """What the model must answer."""

    model_config = ConfigDict(extra="ignore")

    verdict: Literal["sound", "objection"]
    rule: Breach
    reason: str


_SCHEMA = {**Answer.model_json_schema(), "additionalProperties": False}


class ModelJudge:
    """See `composer.panel.AsksModel`. Its verdicts have the rule `judge.model.BREACH`."""

    def __init__(self, model: Model, prompt: PromptTemplate) -> None:
        self._model = model
        self._prompt = prompt

    async def review(self, task: WriteTask, block: Block, *, number: int, until: float) -> tuple[Verdict, Attempt]:
        """One call. Whatever fails, an answer that is none included, is a verdict that holds the text back."""
        attempt = Attempt(
            writer=f"judge/{self._model.endpoint.model}",
            model=self._model.endpoint.model,
            prompt=self._prompt.label,
            keys=(block.key,),
            round=number,
        )
        try:
            completion = await self._model.complete(
                self._prompt.render(facts=_quoted(_facts(task.snapshot)), block=_quoted(_slot(block))),
                max_tokens=self._prompt.max_tokens or MAX_TOKENS,
                temperature=self._prompt.temperature,
                schema=_SCHEMA,
                until=until - MARGIN,
            )
        except ModelError as error:
            failed = attempt.model_copy(update={"error": error.reason, "detail": error.message})
            return unanswered(NAME, block, f"The judge did not answer ({error.reason})"), failed
        return _read(block, completion, attempt.model_copy(update=_account(completion)))


def _read(block: Block, completion: Completion, attempt: Attempt) -> tuple[Verdict, Attempt]:
    try:
        answer = Answer.model_validate_json(unfenced(completion.text))
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]["msg"]
        told = attempt.model_copy(update={"error": "model_garbage", "detail": detail})
        return unanswered(NAME, block, "The judge's answer is not of its schema"), told
    if answer.verdict == "sound":
        return passed(NAME, block), attempt
    return objected(f"{NAME}.{answer.rule}", block, Objection(reason=answer.reason[:MAX_REASON])), attempt


def _account(completion: Completion) -> dict[str, object]:
    return {
        "raw": completion.text,
        "input_tokens": completion.input_tokens,
        "output_tokens": completion.output_tokens,
        "cost_usd": completion.cost_usd,
        "ms": completion.ms,
    }


def _slot(block: Block) -> dict[str, Any]:
    return {"kind": block.name, "text": block.text}


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    """What the text may rest on. Who the reader is stays here (design rule 3)."""
    shown = {"name", "price", "currency", "compare_at_price", "attributes", "description"}
    return {
        "shop": snapshot.brand.name,
        "flow": snapshot.flow,
        "locale": snapshot.locale,
        "about_the_reader": [fact.text for fact in snapshot.facts if fact.say != "never"],
        "offer": snapshot.offer.model_dump(mode="json") if snapshot.offer else None,
        "products": [product.model_dump(mode="json", include=shown) for product in snapshot.products],
    }


def _quoted(material: object) -> str:
    """JSON in ASCII and without a tag: nothing in it can look like the end of its slot."""
    return json.dumps(material).replace("<", "\\u003c")
