"""Settings of runs: how much one process does at a time, and how long a dead one keeps what it held."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RunSettings(BaseModel):
    """`[runs]` in penfriend.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concurrency: int = Field(default=100, ge=1, le=5_000)
    """E-mails that one process writes at the same time, over all runs."""
    embedded: Literal["auto", "on", "off"] = "auto"
    """Whether `penfriend serve` works on runs itself. auto: on SQLite, where no worker would, in a process beside it
    that comes and goes with the work; on: in its own process, beside the requests."""
    lease_s: float = Field(default=30.0, ge=0.5, le=3_600)
    """Seconds after which the chunks of a process that fell silent are taken over."""
    grace_s: float = Field(default=8.0, ge=0.0, le=600)
    """Seconds that e-mails being written get at shut-down; what is not done by then, whoever comes next writes."""
    worker_max_mb: int = Field(default=1_500, ge=0)
    """MiB of its own from which a process that does nothing but runs finishes its chunks and begins anew; 0: never."""
