"""Settings of the model that reads customers' own words."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from composer.model_settings import Endpoint


class WordSettings(BaseModel):
    """`[words]` in penfriend.toml. Without a model the rules read alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = None
    """Any LiteLLM model string: `openai/gpt-5-mini`, `ollama/qwen3` … The embedded model is too small to read."""
    api_base: str | None = None
    api_key: SecretStr | None = None
    per_hour: int = Field(default=500, ge=1, le=100_000)
    """Reviews, surveys and notes at most that are read in an hour, by each process that serves."""

    @property
    def endpoint(self) -> Endpoint | None:
        """The model that reads; None when there is none."""
        return Endpoint(model=self.model, api_base=self.api_base, api_key=self.api_key) if self.model else None
