"""What may be compared beside campaigns: models and prompts that somebody with access to the server put on a list."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class CompareSettings(BaseModel):
    """Nobody names a model or a folder in a browser that is not on these lists."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[str, ...] = Field(default=(), max_length=50)
    """LiteLLM names of models to compare with, beside those that are set for writing."""
    prompts: Path | None = None
    """Holds folders with changed prompts; None: `prompts` in the home folder."""
